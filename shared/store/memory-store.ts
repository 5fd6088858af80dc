// The allocation store in memory: for tests and simulations. It keeps the same stored form as Firestore, runs
// transactions optimistically, and therefore reruns bodies under contention, as Firestore does. What it gives out is
// frozen: a reader that changes a document it was lent fails at once.
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

/** One document that a commit wrote. */
export interface Write {
  ref: Ref;
  /** Undefined where the document is new. */
  before: Documents[Kind] | undefined;
  /** Undefined where it is gone. */
  after: Documents[Kind] | undefined;
}

export interface MemoryStoreOptions {
  /** Called with what was written, in the instant in which it was. */
  onCommit?: (writes: readonly Write[]) => void;
  /** Keeps documents as they were handed over, neither packed nor checked nor frozen: ten times faster. */
  isTrusting?: boolean;
}

interface Cell {
  version: number;
  /** The stored form; absent in a trusting store. */
  fields?: Fields;
  /** The document, once somebody has asked for it. */
  document?: Documents[Kind];
}

export function createMemoryStore({ onCommit, isTrusting = false }: MemoryStoreOptions = {}): AllocationStore {
  const collections = new Map<Kind, Map<string, Cell>>();
  let version = 0;

  const cellsOf = (kind: Kind): Map<string, Cell> => {
    const known = collections.get(kind);
    if (known) return known;
    const cells = new Map<string, Cell>();
    collections.set(kind, cells);
    return cells;
  };
  const cellOf = (ref: Ref) => cellsOf(ref.kind).get(ref.path);
  const load = <K extends Kind>(ref: Ref<K>): Documents[K] | undefined => {
    const cell = cellOf(ref);
    if (cell?.fields) cell.document ??= deepFreeze(fromFields(ref.kind, ref.path, structuredClone(cell.fields)));
    return cell?.document as Documents[K] | undefined;
  };
  const loadAll = <R extends readonly Ref[]>(refs: readonly [...R]) => refs.map(load) as unknown as Found<R>;
  const save = (written: readonly { ref: Ref; document: Documents[Kind] | undefined }[]) => {
    const writes = onCommit && written.map(({ ref, document }) => ({ ref, before: load(ref), after: document }));
    for (const { ref, document } of written) {
      if (document === undefined) {
        cellsOf(ref.kind).delete(ref.path);
        continue;
      }
      const kept = isTrusting ? { document } : { fields: structuredClone(toFields(ref.kind, document)) };
      cellsOf(ref.kind).set(ref.path, { ...kept, version: ++version });
    }
    if (writes) onCommit(writes);
  };
  const select = <K extends Kind>(
    kind: K,
    limit: number,
    afterId: string | undefined,
    matches: (document: Readonly<Record<string, unknown>>) => boolean,
  ): Stored<K>[] => {
    const found: string[] = [];
    for (const [path, cell] of cellsOf(kind)) {
      const shown = (cell.fields ?? cell.document) as Record<string, unknown>;
      if (matches(shown) && (afterId === undefined || idOf(path) > afterId)) found.push(path);
    }
    return found
      .sort()
      .slice(0, limit)
      .map((path) => ({ ref: { kind, path }, document: load({ kind, path }) as Documents[K] }));
  };

  return {
    read: async (refs) => loadAll(refs),
    async transact(body) {
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
        const read = new Map<Ref, number | undefined>();
        const writes: { ref: Ref; document: Documents[Kind] | undefined; isNew: boolean }[] = [];
        const isOvertaken = () => [...read].some(([ref, seen]) => cellOf(ref)?.version !== seen);
        const run = body({
          get: async (refs) => {
            if (writes.length > 0) throw new Error('a transaction reads before it writes');
            for (const ref of refs) read.set(ref, cellOf(ref)?.version);
            return loadAll(refs);
          },
          set: (ref, document) => void writes.push({ ref, document, isNew: false }),
          create: (ref, document) => void writes.push({ ref, document, isNew: true }),
          delete: (ref) => void writes.push({ ref, document: undefined, isNew: false }),
        });
        const result = await run.catch((error: unknown) => {
          // What it read was never there together: the error may be about nothing.
          if (!isOvertaken()) throw error;
        });
        if (isOvertaken()) continue;
        const taken = writes.find(({ ref, isNew }) => isNew && cellOf(ref) !== undefined);
        if (taken) throw new AlreadyExists(`${taken.ref.path} exists`);
        save(writes);
        return result as Awaited<typeof run>;
      }
      throw new AndanteError('STORE_UNAVAILABLE', `a transaction was overtaken ${MAX_ATTEMPTS} times`);
    },
    async create(ref, document) {
      if (cellOf(ref)) return false;
      save([{ ref, document }]);
      return true;
    },
    waitingReports: async (market, limit) =>
      select('ledger', limit, undefined, ({ waitingFor }) => waitingFor === market),
    undrained: async (limit, afterId) => select('ledger', limit, afterId, ({ undrained }) => undrained === true),
    openBookings: async (limit, afterId) => select('booking', limit, afterId, ({ isOpen }) => isOpen === true),
    quarantined: async (limit, afterId) => select('quarantine', limit, afterId, () => true),
    async markDrained(refs, expireAtMs) {
      const drained = refs.map((ref) => {
        const known = load(ref);
        if (!known) throw new Error(`${ref.path} is missing`);
        const { undrained: _drained, ...entry } = known;
        return { ref, document: { ...entry, expireAtMs } };
      });
      save(drained);
    },
    markets: async () => [...cellsOf('market').keys()].map(idOf).sort(),
  };
}

function idOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const field of Object.values(value)) deepFreeze(field);
  return Object.freeze(value);
}
