// The collections that the code stores documents in and the fields that it asks for, read from its text: Firestore has no list.
import { readModuleFile, type Configuration } from './configuration.ts';

/** Ids of collections: of each path, every other part from the last but one. */
export function storedCollections(configuration: Configuration): Set<string> {
  const text = readModuleFile(configuration, '../shared/store/allocation-store.ts').toString();
  const paths = [...text.matchAll(/path: `([^`]+)`/g)].map(([, path]) =>
    (path as string).replaceAll(/\$\{[^}]*\}/g, '*').split('/'),
  );
  return new Set(paths.map((parts) => parts.at(-2) as string));
}

/** `collection.field` of every query. */
export function queriedFields(configuration: Configuration): Set<string> {
  const text = readModuleFile(configuration, '../shared/store/firestore-store.ts').toString();
  return new Set(
    [...text.matchAll(/collection\('(\w+)'\)\s*\.where\('(\w+)'/g)].map(
      ([, name, field]) => `${name as string}.${field as string}`,
    ),
  );
}
