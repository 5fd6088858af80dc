// The project's own files, as the style tests see them.
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** Paths of all TypeScript files below these folders, from the root, generated ones left out. */
export async function sourceFiles(...folders: string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(root, folder), { recursive: true });
      return names.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).map((name) => join(folder, name));
    }),
  );
  return found.flat().sort();
}

export async function read(path: string): Promise<string> {
  return readFile(join(root, path), 'utf8');
}

export interface Import {
  /** A path from the root, or the name of a package or of a node module. */
  target: string;
  isTypeOnly: boolean;
}

/** What a file imports, static and dynamic. */
export async function importsOf(path: string): Promise<Import[]> {
  const text = await read(path);
  const statements = text.matchAll(
    /(?:^|\n)(?:import|export)\s+(type\s+)?[^;'"]*?from\s+['"]([^'"]+)['"]|(?:^|\n)import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
  );
  return [...statements].map(([, isType, from, bare, dynamic]) => {
    const target = (from ?? bare ?? dynamic) as string;
    const isOwn = target.startsWith('.');
    return {
      target: isOwn ? relative(root, resolve(root, dirname(path), target)) : target,
      isTypeOnly: isType !== undefined,
    };
  });
}
