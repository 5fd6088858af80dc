// The log in memory as the de-duplicating views show it.
import { instantOf } from './from-row.ts';
import type { MemoryLog } from './memory-log.ts';
import type { Row, Table } from './outcome-log.ts';

/** Each row of a table once, its first copy. */
export function rowsOnce(log: Pick<MemoryLog, 'rows'>, table: Table): Row[] {
  const first = new Map<string, Row>();
  for (const row of log.rows.filter((candidate) => candidate.table === table)) {
    const key = JSON.stringify([row.json['event_date'], row.json.row_id]);
    const known = first.get(key);
    if (!known || instantOf(row.json['ingested_at']) < instantOf(known.json['ingested_at'])) first.set(key, row);
  }
  return [...first.values()];
}
