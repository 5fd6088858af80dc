import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { inParallel } from '../support/pushes.ts';
import { bugs } from './bugs.ts';
import { playSeeds, type Played } from './play-seeds.ts';

const WITHIN = 2_000;

describe('The simulator', () => {
  const played = new Map<string, Played>();

  // A bug is in a thread's modules from their loading on: each takes a thread of its own, two at a time.
  before(async function () {
    this.timeout(600_000);
    await inParallel(bugs, 2, async ({ name }) => {
      played.set(name, await playSeeds({ seeds: WITHIN, bug: name, threads: 1 }));
    });
  });

  it('knows at least 15 bugs, each fitting one place of the code', async () => {
    assert(bugs.length >= 15);
    assert.equal(new Set(bugs.map(({ name }) => name)).size, bugs.length);
    for (const { name, file, find } of bugs) {
      const source = await readFile(resolve(import.meta.dirname, '../../shared', file), 'utf8');
      assert.equal(source.split(find).length, 2, `${name} does not fit ${file}`);
    }
  });

  for (const { name, about } of bugs) {
    it(`catches ${name} within ${WITHIN.toLocaleString('en')} seeds: ${about}`, () => {
      const { failures, seeds } = played.get(name) as Played;
      assert(failures.length > 0, `${seeds} seeds found nothing`);
    });
  }
});
