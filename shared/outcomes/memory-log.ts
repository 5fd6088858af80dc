// The outcome log in memory: for tests and simulations. Keeps every copy, as the table does.
import type { OutcomeLog, Row } from './outcome-log.ts';

export interface MemoryLog extends OutcomeLog {
  /** Everything appended, in order, copies included. */
  readonly rows: readonly Row[];
}

export function createMemoryLog(): MemoryLog {
  const rows: Row[] = [];
  return {
    rows,
    append: async (appended) => void rows.push(...structuredClone(appended)),
  };
}
