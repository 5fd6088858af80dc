// BigQuery's insertAll as the real log meets it: rows are kept with every copy, answers get lost, one row is called
// invalid and its neighbours are stopped.
import type { BigQuery } from '@google-cloud/bigquery';
import type { Random } from '../../emulators/world/random.ts';
import type { Faults } from './faults.ts';

/** A row as the table has it. */
export interface TableRow {
  insertId: string;
  json: Record<string, unknown> & { row_id: string };
}

export interface Warehouse {
  /** Every copy, in the order of their arrival. */
  tables: Map<string, TableRow[]>;
  rowIds: Set<string>;
}

export interface FaultyBigQueryDeps {
  warehouse: Warehouse;
  random: Random;
  faults: () => Faults;
  pause: () => Promise<void> | undefined;
  note: (what: string) => void;
}

/** As much of the vendor's client as the log uses. */
export function createFaultyBigQuery({ warehouse, random, faults, pause, note }: FaultyBigQueryDeps): BigQuery {
  const insert = async (table: string, rows: readonly TableRow[]) => {
    await pause();
    if (random() < faults().appendUnavailable) {
      note(`BigQuery did not take ${rows.length} rows of ${table}`);
      throw new Error('503');
    }
    if (random() < faults().rowStopped) {
      const bad = Math.floor(random() * rows.length);
      note(`BigQuery called row ${bad} of ${rows.length} invalid and stopped the others`);
      throw Object.assign(new Error('rows failed'), {
        name: 'PartialFailureError',
        errors: rows.map((row, index) => ({
          row,
          errors: [
            index === bad ? { reason: 'invalid', message: 'no such field' } : { reason: 'stopped', message: '' },
          ],
        })),
      });
    }
    const kept = warehouse.tables.get(table) ?? [];
    kept.push(...rows);
    for (const { json } of rows) warehouse.rowIds.add(json.row_id);
    warehouse.tables.set(table, kept);
    await pause();
    if (random() < faults().appendAnswerLost) {
      note(`BigQuery took ${rows.length} rows of ${table}, the answer was lost`);
      throw new Error('503');
    }
  };
  const client = {
    dataset: () => ({ table: (name: string) => ({ insert: (rows: TableRow[]) => insert(name, rows) }) }),
  };
  return client as unknown as BigQuery;
}
