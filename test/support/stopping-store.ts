// A store whose process dies: what was written up to a point stays, nothing more is written or read after it.
import type { AllocationStore } from '../../shared/store/allocation-store.ts';

export interface StoppingStore {
  store: AllocationStore;
  /** Whether the process has died. */
  hasStopped: () => boolean;
  /** Writes so far: transactions, documents created, marks. */
  writes: () => number;
}

/** @param after writes after which it dies, before it learns that the last one succeeded; it lives on when there are fewer */
export function stoppingStore(store: AllocationStore, after: number): StoppingStore {
  let writes = 0;
  const alive = () => {
    if (writes >= after) throw new Error('the process is dead');
  };
  const reading = <A extends unknown[], T>(read: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      alive();
      return read(...args);
    };
  };
  const writing = <A extends unknown[], T>(write: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      alive();
      const result = await write(...args);
      writes += 1;
      alive();
      return result;
    };
  };
  return {
    hasStopped: () => writes >= after,
    writes: () => writes,
    store: {
      read: reading(store.read) as AllocationStore['read'],
      transact: writing(store.transact) as AllocationStore['transact'],
      create: writing(store.create) as AllocationStore['create'],
      markDrained: writing(store.markDrained),
      waitingReports: reading(store.waitingReports),
      undrained: reading(store.undrained),
      openBookings: reading(store.openBookings),
      quarantined: reading(store.quarantined),
      markets: reading(store.markets),
    },
  };
}
