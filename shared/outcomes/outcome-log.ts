// The port to the log of outcomes. Appending is at least once: the row id makes copies one row in the views.
// Implementations: bigquery-log.ts and memory-log.ts, held to one contract suite (test/contract).
import type { outcomeTables } from '../contracts/outcomes.ts';

export type Table = keyof typeof outcomeTables;

/** A row as BigQuery gets it; `row_id` is its insertId. */
export interface Row {
  table: Table;
  json: Record<string, unknown> & { row_id: string };
}

export interface OutcomeLog {
  /**
   * Appends all rows or rejects; a row that was appended before the rejection is appended again by the retry.
   * @throws AndanteError OUTCOMES_UNAVAILABLE, OUTCOME_ROW_INVALID when BigQuery refuses a row for good; the other rows
   *   are appended nevertheless
   */
  append(rows: readonly Row[]): Promise<void>;
}
