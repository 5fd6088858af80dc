// Lets work on the same documents run one after the other inside one process. Firestore takes read locks: two transactions
// that read one book and then write it wait for each other until both are aborted, and ten of them make no progress at all.
// What contends across processes is still Firestore's to settle.

/** Runs work once everything that named one of its keys before it is done. */
export type Latch = <T>(keys: readonly string[], work: () => Promise<T>) => Promise<T>;

export function createLatch(): Latch {
  const last = new Map<string, Promise<void>>();
  return async (keys, work) => {
    const before = keys.flatMap((key) => last.get(key) ?? []);
    const { promise: done, resolve: finish } = Promise.withResolvers<void>();
    // All keys in one step: whoever came first is first everywhere, so nobody waits for each other.
    for (const key of keys) last.set(key, done);
    try {
      await Promise.all(before);
      return await work();
    } finally {
      for (const key of keys) if (last.get(key) === done) last.delete(key);
      finish();
    }
  };
}
