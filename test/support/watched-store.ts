// A store that notes what is read of it, so that a test can say what a decision costs.
import type { AllocationStore, Ref } from '../../shared/store/allocation-store.ts';

export interface Watched {
  store: AllocationStore;
  /** Paths read outside transactions, in order. */
  outside: string[];
  /** Paths read inside transactions, in order. */
  inside: string[];
  /** Paths that transactions said others write too. */
  contended: string[];
}

/** Watches a store from now on. */
export function watched(store: AllocationStore): Watched {
  const [outside, inside, contended]: [string[], string[], string[]] = [[], [], []];
  const note = (list: string[], wanted: readonly Ref[]) => list.push(...wanted.map(({ path }) => path));
  return {
    outside,
    inside,
    contended,
    store: {
      ...store,
      async read(wanted) {
        note(outside, wanted);
        return store.read(wanted);
      },
      async transact(body, others = []) {
        note(contended, others);
        return store.transact(
          (transaction) =>
            body({
              ...transaction,
              async get(wanted) {
                note(inside, wanted);
                return transaction.get(wanted);
              },
            }),
          others,
        );
      },
    },
  };
}
