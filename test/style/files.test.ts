import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { read, root, sourceFiles } from './source-tree.ts';

const topLevel = new Set([
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'eslint.config.js',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'functions',
  'shared',
  'terraform',
  'emulators',
  'test',
]);

describe('The tree', () => {
  it('has nothing at the top that is not on the list', () => {
    const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
    const unexpected = new Set(
      tracked
        .map((path) => path.split('/')[0] as string)
        .filter((name) => !topLevel.has(name) && !name.startsWith('.')),
    );
    assert.deepEqual([...unexpected], []);
  });

  it('has no drawer: nothing is called utils, helpers, common, misc or types', async () => {
    for (const file of await sourceFiles('functions', 'shared', 'emulators', 'terraform', 'test')) {
      for (const part of file.split('/'))
        assert.doesNotMatch(part, /^(utils?|helpers?|common|misc|types)(\.ts)?$/, file);
    }
  });

  it('says at the top of every file what it is for', async () => {
    for (const file of await sourceFiles('functions', 'shared', 'emulators', 'terraform')) {
      assert.match(await read(file), /^(\/\/|\/\*\*)/, `${file} starts with a comment`);
    }
  });

  it('keeps files readable: none passes 350 lines', async () => {
    for (const file of await sourceFiles('functions', 'shared', 'emulators', 'terraform')) {
      const lines = (await read(file)).split('\n').length;
      assert(lines <= 350, `${file} has ${lines} lines`);
    }
  });

  it('skips and singles out no test', async () => {
    for (const file of await sourceFiles('test')) {
      if (basename(file) !== 'files.test.ts')
        assert.doesNotMatch(await read(file), /\b(describe|it)\.(skip|only)\(/, file);
    }
  });
});
