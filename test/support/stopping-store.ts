// A store whose process dies: what was written up to a point stays, nothing more is written or read after it.
import type { AllocationStore } from '../../shared/store/allocation-store.ts';

export interface StoppingStore {
  store: AllocationStore;
  /** Whether the process has died. */
  hasStopped: () => boolean;
}

/** @param after writes after which it dies, before it learns that the last one succeeded; it lives on when there are fewer */
export function stoppingStore(store: AllocationStore, after: number): StoppingStore {
  let writes = 0;
  const alive = () => {
    if (writes >= after) throw new Error('the process is dead');
  };
  const reading = async <T>(read: () => Promise<T>): Promise<T> => {
    alive();
    return read();
  };
  const writing = async <T>(write: () => Promise<T>): Promise<T> => {
    alive();
    const result = await write();
    writes += 1;
    alive();
    return result;
  };
  return {
    hasStopped: () => writes >= after,
    store: {
      read: (refs) => reading(() => store.read(refs)),
      transact: (body, contended) => writing(() => store.transact(body, contended)),
      create: (ref, document) => writing(() => store.create(ref, document)),
      markDrained: (refs, expireAtMs) => writing(() => store.markDrained(refs, expireAtMs)),
      waitingReports: (market, limit) => reading(() => store.waitingReports(market, limit)),
      undrained: (limit, afterId) => reading(() => store.undrained(limit, afterId)),
      openBookings: (limit, afterId) => reading(() => store.openBookings(limit, afterId)),
      quarantined: (limit, afterId) => reading(() => store.quarantined(limit, afterId)),
      markets: () => reading(() => store.markets()),
    },
  };
}
