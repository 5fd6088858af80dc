// The allocation store in memory: for tests and simulations. It keeps the same stored form as Firestore, runs
// transactions optimistically, and therefore reruns bodies under contention, as Firestore does.
import { AndanteError } from '../runtime/errors.ts';
import {
  AlreadyExists,
  type AllocationStore,
  type Documents,
  type Found,
  type Kind,
  type Ref,
  type Stored,
} from './allocation-store.ts';
import { fromFields, toFields, type Fields } from './stored-form.ts';

const MAX_ATTEMPTS = 5;

interface Cell {
  kind: Kind;
  fields: Fields;
  version: number;
}

export function createMemoryStore(): AllocationStore {
  const cells = new Map<string, Cell>();
  let version = 0;

  const load = <K extends Kind>(ref: Ref<K>): Documents[K] | undefined => {
    const cell = cells.get(ref.path);
    return cell && fromFields(ref.kind, ref.path, structuredClone(cell.fields));
  };
  const loadAll = <R extends readonly Ref[]>(refs: readonly [...R]) => refs.map(load) as unknown as Found<R>;
  const save = <K extends Kind>(ref: Ref<K>, document: Documents[K]) => {
    cells.set(ref.path, { kind: ref.kind, fields: structuredClone(toFields(ref.kind, document)), version: ++version });
  };
  const select = <K extends Kind>(
    kind: K,
    limit: number,
    afterId: string | undefined,
    matches: (fields: Fields) => boolean,
  ): Stored<K>[] =>
    [...cells]
      .filter(
        ([path, cell]) => cell.kind === kind && (afterId === undefined || idOf(path) > afterId) && matches(cell.fields),
      )
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .slice(0, limit)
      .map(([path]) => ({ ref: { kind, path }, document: load({ kind, path }) as Documents[K] }));

  return {
    read: async (refs) => loadAll(refs),
    async transact(body) {
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
        const read = new Map<string, number | undefined>();
        const writes: { ref: Ref; document: Documents[Kind]; isNew: boolean }[] = [];
        const result = await body({
          get: async (refs) => {
            if (writes.length > 0) throw new Error('a transaction reads before it writes');
            for (const ref of refs) read.set(ref.path, cells.get(ref.path)?.version);
            return loadAll(refs);
          },
          set: (ref, document) => void writes.push({ ref, document, isNew: false }),
          create: (ref, document) => void writes.push({ ref, document, isNew: true }),
        });
        if ([...read].some(([path, seen]) => cells.get(path)?.version !== seen)) continue;
        const taken = writes.find(({ ref, isNew }) => isNew && cells.has(ref.path));
        if (taken) throw new AlreadyExists(`${taken.ref.path} exists`);
        for (const { ref, document } of writes) save(ref, document);
        return result;
      }
      throw new AndanteError('STORE_UNAVAILABLE', `a transaction was overtaken ${MAX_ATTEMPTS} times`);
    },
    async create(ref, document) {
      if (cells.has(ref.path)) return false;
      save(ref, document);
      return true;
    },
    waitingReports: async (market, limit) =>
      select('ledger', limit, undefined, (fields) => fields['waitingFor'] === market),
    undrained: async (limit, afterId) => select('ledger', limit, afterId, (fields) => fields['undrained'] === true),
    quarantined: async (limit, afterId) => select('quarantine', limit, afterId, () => true),
    async markDrained(refs, expireAtMs) {
      for (const ref of refs) {
        const cell = cells.get(ref.path);
        if (!cell) throw new Error(`${ref.path} is missing`);
        const { undrained: _drained, ...fields } = cell.fields;
        cells.set(ref.path, { ...cell, fields: { ...fields, expireAt: new Date(expireAtMs) }, version: ++version });
      }
    },
    markets: async () => [...cells].flatMap(([path, cell]) => (cell.kind === 'market' ? [idOf(path)] : [])).sort(),
  };
}

function idOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
