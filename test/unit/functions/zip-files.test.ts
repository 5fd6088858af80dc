import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { zipFiles } from '../../../functions/zip-files.ts';
import { readZip } from '../../support/read-zip.ts';

const module = resolve(import.meta.dirname, '../../../functions/zip-files.ts');

describe('A zip of files', () => {
  let dir: string;
  before(async () => void (dir = await mkdtemp(resolve(tmpdir(), 'andante-zip-'))));
  after(() => rm(dir, { recursive: true }));

  it('holds what was given, sorted, with one mode, one time and nothing else of this machine', async () => {
    const path = resolve(dir, 'one.zip');
    await zipFiles(
      { 'b.json': Buffer.from('{}'), 'a.js': Buffer.from('é'.repeat(70_000)), empty: Buffer.alloc(0) },
      path,
    );
    const entries = readZip(await readFile(path));
    assert.deepEqual(
      entries.map(({ name, content, mode, extraBytes }) => [name, content.byteLength, mode, extraBytes]),
      [
        ['a.js', 140_000, 0o100644, 0],
        ['b.json', 2, 0o100644, 0],
        ['empty', 0, 0o100644, 0],
      ],
    );
    // 1980-01-01 12:00.
    assert(entries.every(({ modified }) => modified === (((1 << 5) | 1) << 16) + (12 << 11)));
  });

  it('is the same byte for byte in every time zone', async () => {
    const zips: string[] = [];
    for (const zone of ['UTC', 'Pacific/Kiritimati', 'America/St_Johns']) {
      const path = resolve(dir, `${zone.replaceAll('/', '-')}.zip`);
      const code = `import { zipFiles } from ${JSON.stringify(module)}; await zipFiles({ x: Buffer.from('1'), y: Buffer.from('2') }, ${JSON.stringify(path)});`;
      execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
        env: { ...process.env, TZ: zone },
        cwd: dir,
      });
      zips.push((await readFile(path)).toString('hex'));
    }
    assert.equal(new Set(zips).size, 1);
  });
});
