import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { lockFor, neededPaths, type PackageLock } from '../../../functions/package-lock.ts';

const framework = '@google-cloud/functions-framework';

function lockOf(packages: Record<string, string[]>): PackageLock {
  const entries = Object.entries(packages).map(
    ([path, needs]) =>
      [path, { version: '1.0.0', dependencies: Object.fromEntries(needs.map((name) => [name, '*'])) }] as const,
  );
  return { lockfileVersion: 3, packages: Object.fromEntries(entries) };
}

describe('What a package needs', () => {
  it('is found at the nearest node_modules above each package, once, whatever goes in circles', () => {
    const lock = lockOf({
      '': ['a', 'z'],
      'node_modules/a': ['b', '@s/c'],
      'node_modules/a/node_modules/b': ['@s/c', 'd'],
      'node_modules/b': [],
      'node_modules/@s/c': ['a', 'b'],
      'node_modules/@s/c/node_modules/d': [],
      'node_modules/d': [],
      'node_modules/z': [],
    });
    assert.deepEqual(neededPaths(lock, 'a'), [
      'node_modules/@s/c',
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/b',
      'node_modules/d',
    ]);
  });

  it('must all be in the lock', () => {
    assert.throws(() => neededPaths(lockOf({ 'node_modules/a': ['b'] }), 'a'), /has no b, which node_modules\/a needs/);
    assert.throws(() => neededPaths(lockOf({}), 'a'), /has no a, which the project needs/);
  });
});

describe('The lock of a bundle', () => {
  it('is one that npm finds complete: it would install from it and from nothing else', async () => {
    const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as PackageLock;
    const { version } = lock.packages[`node_modules/${framework}`] as { version: string };
    const manifest = { name: 'plan', dependencies: { [framework]: version } };
    const cut = lockFor(lock, manifest);
    const dir = await mkdtemp(resolve(tmpdir(), 'andante-lock-'));
    const list = () =>
      JSON.parse(
        execFileSync('npm', ['ls', '--all', '--package-lock-only', '--json'], {
          cwd: dir,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        }),
      ) as { problems?: string[]; dependencies: Record<string, { version: string }> };
    try {
      await writeFile(resolve(dir, 'package.json'), JSON.stringify(manifest));
      await writeFile(resolve(dir, 'package-lock.json'), JSON.stringify(cut));
      const { problems, dependencies } = list();
      assert.equal(problems, undefined);
      assert.equal(dependencies[framework]?.version, version);
      const { 'node_modules/express': _gone, ...rest } = cut.packages;
      await writeFile(resolve(dir, 'package-lock.json'), JSON.stringify({ ...cut, packages: rest }));
      assert.throws(list, 'npm misses what is missing');
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
