// The in-memory store as a process meets it over a network: every call can be refused, every commit can be aborted or
// succeed without a word, and the process can die before and after each.
import type { Random } from '../../emulators/world/random.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import type { AllocationStore, Transaction } from '../../shared/store/allocation-store.ts';
import type { Faults } from './faults.ts';

export interface FaultyStoreDeps {
  store: AllocationStore;
  random: Random;
  /** The faults of the moment: they are switched off for the end. */
  faults: () => Faults;
  /** An await of the process: it may die here. */
  pause: () => Promise<void> | undefined;
  note: (what: string) => void;
}

class Aborted extends Error {}

export function createFaultyStore({ store, random, faults, pause, note }: FaultyStoreDeps): AllocationStore {
  const happens = (fault: 'storeUnavailable' | 'aborted' | 'answerLost' | 'answerLostForGood') =>
    random() < faults()[fault];
  const unavailable = (what: string) => {
    note(what);
    return new AndanteError('STORE_UNAVAILABLE', what);
  };
  const asked = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = pause();
    if (before) await before;
    if (happens('storeUnavailable')) throw unavailable('the store did not answer');
    const result = await work();
    const after = pause();
    if (after) await after;
    return result;
  };

  return {
    read: (refs) => asked(() => store.read(refs)),
    waitingReports: (market, limit) => asked(() => store.waitingReports(market, limit)),
    undrained: (limit, afterId) => asked(() => store.undrained(limit, afterId)),
    quarantined: (limit, afterId) => asked(() => store.quarantined(limit, afterId)),
    openBookings: (limit, afterId) => asked(() => store.openBookings(limit, afterId)),
    markets: () => asked(() => store.markets()),
    async markDrained(refs, expireAtMs) {
      await asked(() => store.markDrained(refs, expireAtMs));
      if (happens('answerLostForGood')) throw unavailable('entries were marked, the answer was lost');
    },
    async create(ref, document) {
      const isNew = await asked(() => store.create(ref, document));
      if (happens('answerLostForGood')) throw unavailable(`${ref.path} was created, the answer was lost`);
      if (!happens('answerLost')) return isNew;
      note(`${ref.path} was created, the answer was lost, the client creates again`);
      return store.create(ref, document);
    },
    async transact(body) {
      await pause();
      if (happens('storeUnavailable')) throw unavailable('the store did not answer');
      const slowBody = (transaction: Transaction) =>
        body({
          ...transaction,
          get: (refs) => {
            const before = pause();
            return before ? before.then(() => transaction.get(refs)) : transaction.get(refs);
          },
        });
      if (happens('aborted')) {
        note('a transaction is aborted and runs again');
        const attempt = store.transact(async (transaction) => {
          await slowBody(transaction);
          throw new Aborted();
        });
        await attempt.catch((error: unknown) => {
          if (!(error instanceof Aborted)) throw error;
        });
      }
      const result = await store.transact(slowBody);
      await pause();
      if (happens('answerLostForGood')) throw unavailable('a transaction was committed, the answer was lost');
      if (!happens('answerLost')) return result;
      note('a transaction was committed, the answer was lost, the client runs it again');
      return store.transact(slowBody);
    },
  };
}
