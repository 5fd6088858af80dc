import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { bugs } from './bugs.ts';
import { playSeeds } from './play-seeds.ts';

const WITHIN = 2_000;

describe('The simulator', () => {
  it('knows at least 15 bugs, each fitting one place of the code', async () => {
    assert(bugs.length >= 15);
    assert.equal(new Set(bugs.map(({ name }) => name)).size, bugs.length);
    for (const { name, file, find } of bugs) {
      const source = await readFile(resolve(import.meta.dirname, '../../shared', file), 'utf8');
      assert.equal(source.split(find).length, 2, `${name} does not fit ${file}`);
    }
  });

  for (const { name, about } of bugs) {
    it(`catches ${name} within ${WITHIN.toLocaleString('en')} seeds: ${about}`, async function () {
      this.timeout(120_000);
      const { failures, seeds } = await playSeeds({ seeds: WITHIN, bug: name, threads: 2 });
      assert(failures.length > 0, `${seeds} seeds found nothing`);
    });
  }
});
