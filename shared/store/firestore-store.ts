// The allocation store on Firestore. Contention, lost answers and retries are the client's: it may run a transaction's
// body five times, which the ledger makes harmless.
import { FieldPath, FieldValue, Firestore, type DocumentSnapshot, type Query } from '@google-cloud/firestore';
import {
  AlreadyExists,
  type AllocationStore,
  type Documents,
  type Found,
  type Kind,
  type Ref,
  type Stored,
} from './allocation-store.ts';
import { translateFirestoreError } from './firestore-error.ts';
import { createLatch } from './latch.ts';
import { fromFields, toFields } from './stored-form.ts';

const MAX_BATCH = 500;

/** The store of a project; FIRESTORE_EMULATOR_HOST is honoured by the client. */
export function openFirestoreStore({ projectId }: { projectId: string }): AllocationStore {
  return createFirestoreStore(new Firestore({ projectId }));
}

export function createFirestoreStore(db: Firestore): AllocationStore {
  const doc = (ref: Ref) => db.doc(ref.path);
  const inTurns = createLatch();

  async function page<K extends 'ledger' | 'quarantine' | 'booking'>(
    kind: K,
    query: Query,
    limit: number,
    afterId?: string,
  ): Promise<Stored<K>[]> {
    const ordered = query.orderBy(FieldPath.documentId());
    const from = afterId === undefined ? ordered : ordered.startAfter(afterId);
    const found = await guard(from.limit(limit).get());
    return found.docs.map((snapshot) => ({
      ref: { kind, path: snapshot.ref.path },
      document: decode({ kind, path: snapshot.ref.path }, snapshot) as Documents[K],
    }));
  }

  return {
    async read(refs) {
      return decodeAll(refs, refs.length === 0 ? [] : await guard(db.getAll(...refs.map(doc))));
    },
    async transact(body, contended = []) {
      const attempt = () =>
        db.runTransaction((transaction) =>
          body({
            get: async (refs) => decodeAll(refs, refs.length === 0 ? [] : await transaction.getAll(...refs.map(doc))),
            set: (ref, document) => void transaction.set(doc(ref), toFields(ref.kind, document)),
            create: (ref, document) => void transaction.create(doc(ref), toFields(ref.kind, document)),
            delete: (ref) => void transaction.delete(doc(ref)),
          }),
        );
      const keys = contended.map(({ path }) => path);
      return guard(inTurns(keys, attempt));
    },
    async create(ref, document) {
      try {
        await guard(doc(ref).create(toFields(ref.kind, document)));
        return true;
      } catch (error) {
        if (error instanceof AlreadyExists) return false;
        throw error;
      }
    },
    waitingReports: (market, limit) => page('ledger', db.collection('ledger').where('waitingFor', '==', market), limit),
    undrained: (limit, afterId) =>
      page('ledger', db.collection('ledger').where('undrained', '==', true), limit, afterId),
    openBookings: (limit, afterId) =>
      page('booking', db.collection('bookings').where('isOpen', '==', true), limit, afterId),
    quarantined: (limit, afterId) => page('quarantine', db.collection('quarantine'), limit, afterId),
    async markDrained(refs, expireAtMs) {
      for (let start = 0; start < refs.length; start += MAX_BATCH) {
        const batch = db.batch();
        for (const ref of refs.slice(start, start + MAX_BATCH)) {
          batch.update(doc(ref), { undrained: FieldValue.delete(), expireAt: new Date(expireAtMs) });
        }
        await guard(batch.commit());
      }
    },
    async markets() {
      const found = await guard(db.collection('markets').select().get());
      return found.docs.map(({ id }) => id);
    },
  };
}

function decodeAll<R extends readonly Ref[]>(refs: readonly [...R], snapshots: readonly DocumentSnapshot[]): Found<R> {
  return refs.map((ref, index) => decode(ref, snapshots[index] as DocumentSnapshot)) as unknown as Found<R>;
}

function decode<K extends Kind>(ref: Ref<K>, snapshot: DocumentSnapshot): Documents[K] | undefined {
  const fields = snapshot.data();
  return fields && fromFields(ref.kind, ref.path, fields);
}

async function guard<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw translateFirestoreError(error);
  }
}
