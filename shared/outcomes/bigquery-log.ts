// The outcome log on BigQuery's insertAll: our row id as insertId, at most 500 rows a request, and rows that were only
// stopped by a bad neighbour sent again without it.
import { BigQuery } from '@google-cloud/bigquery';
import { AndanteError } from '../runtime/errors.ts';
import type { OutcomeLog, Row, Table } from './outcome-log.ts';

const MAX_ROWS = 500;
/** BigQuery takes 10 MB a request. */
const MAX_BYTES = 8_000_000;

/** The log of a project's dataset; BIGQUERY_EMULATOR_HOST is honoured by the client. */
export function openBigQueryLog({ projectId, dataset }: { projectId: string; dataset: string }): OutcomeLog {
  return createBigQueryLog(new BigQuery({ projectId }), dataset);
}

export function createBigQueryLog(client: BigQuery, dataset: string): OutcomeLog {
  return {
    async append(rows) {
      const refused: string[] = [];
      for (const [table, own] of Map.groupBy(rows, (row) => row.table)) {
        for (const batch of batches(own)) refused.push(...(await insert(client, dataset, table, batch)));
      }
      if (refused.length > 0)
        throw new AndanteError('OUTCOME_ROW_INVALID', `BigQuery refused ${refused.length} rows: ${refused[0] ?? ''}`);
    },
  };
}

function* batches(rows: readonly Row[]): Generator<Row[]> {
  let batch: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = JSON.stringify(row.json).length;
    if (batch.length > 0 && (batch.length === MAX_ROWS || bytes + size > MAX_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(row);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Returns what BigQuery said of the rows it will never take. */
async function insert(client: BigQuery, dataset: string, table: Table, rows: readonly Row[]): Promise<string[]> {
  try {
    const raw = rows.map(({ json }) => ({ insertId: json.row_id, json }));
    await client.dataset(dataset).table(table).insert(raw, { raw: true });
    return [];
  } catch (error) {
    const failures =
      (error as PartialFailure).name === 'PartialFailureError' ? (error as PartialFailure).errors : undefined;
    if (!failures)
      throw new AndanteError('OUTCOMES_UNAVAILABLE', `BigQuery did not take rows of ${table}`, { cause: error });
    const bad = new Map(
      failures
        .filter((failure) => failure.errors.some(({ reason }) => reason !== 'stopped'))
        .map(({ row, errors }) => [row.json.row_id, `${row.json.row_id}: ${errors[0]?.message ?? 'invalid'}`]),
    );
    const others = rows.filter(({ json }) => !bad.has(json.row_id));
    const rest = bad.size > 0 && others.length > 0 ? await insert(client, dataset, table, others) : [];
    return [...bad.values(), ...rest];
  }
}

interface PartialFailure {
  name: string;
  errors: { errors: { message: string; reason: string }[]; row: { json: { row_id: string } } }[];
}
