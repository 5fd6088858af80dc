import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { generatedFiles } from '../../../shared/contracts/generate.ts';

describe('generated files', () => {
  it('are what `npm run generate` would write', async () => {
    const stale: string[] = [];
    const files = await generatedFiles();
    for (const [path, contents] of files) {
      const onDisk = await readFile(path, 'utf8').catch(() => undefined);
      if (onDisk !== contents) stale.push(relative(process.cwd(), path));
    }
    assert.deepEqual(stale, []);
    assert(files.size >= 7);
  });
});
