// What package-lock.json says of a package and of all it needs. Bundles ship a lock of their own, so that what Google
// installs beside them is what was tested.
import assert from 'node:assert/strict';

/** What a lock says of one package. */
export interface LockedPackage {
  version: string;
  integrity?: string;
  license?: string;
  dependencies?: Record<string, string>;
}

export interface PackageLock {
  lockfileVersion: number;
  /** By path: `node_modules/a`, `node_modules/a/node_modules/b`; `''` is the project itself. */
  packages: Record<string, LockedPackage>;
}

/** The paths of a package and of everything it needs, found as Node finds them, sorted. */
export function neededPaths({ packages }: PackageLock, name: string): string[] {
  const found = new Set<string>();
  const open = [resolvePath(packages, '', name)];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const { dependencies = {} } = packages[path] as LockedPackage;
    for (const needed of Object.keys(dependencies)) open.push(resolvePath(packages, path, needed));
  }
  return [...found].sort();
}

/** The nearest `node_modules` above a package that has `name`. */
function resolvePath(packages: PackageLock['packages'], from: string, name: string): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const path = `${folder}${folder === '' ? '' : '/'}node_modules/${name}`;
    if (path in packages) return path;
    assert(folder !== '', `package-lock.json has no ${name}, which ${from || 'the project'} needs: run npm install`);
  }
}

/** The lock of a package.json whose only dependency is `name`, cut out of the project's. */
export function lockFor(
  lock: PackageLock,
  manifest: { name: string; dependencies: Record<string, string> },
): { name: string; lockfileVersion: number; packages: Record<string, object> } {
  const [name] = Object.keys(manifest.dependencies) as [string];
  const needed = neededPaths(lock, name).map((path) => [path, lock.packages[path] as LockedPackage] as const);
  return {
    name: manifest.name,
    lockfileVersion: lock.lockfileVersion,
    packages: { '': manifest, ...Object.fromEntries(needed) },
  };
}
