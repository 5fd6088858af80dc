// Asks BigQuery for what its views show, with named parameters.
import type { BigQuery } from '@google-cloud/bigquery';
import { AndanteError } from '../runtime/errors.ts';

export type Columns = Record<string, unknown>;

export interface ViewQuery {
  /** The full name of a view or table, in backquotes. */
  view: (name: string) => string;
  /** @throws AndanteError OUTCOMES_UNAVAILABLE */
  query: (sql: string, params: Record<string, string>) => Promise<Columns[]>;
}

export function createViewQuery(
  client: BigQuery,
  { projectId, dataset }: { projectId: string; dataset: string },
): ViewQuery {
  return {
    view: (name) => `\`${projectId}.${dataset}.${name}\``,
    async query(sql, params) {
      try {
        const [rows] = await client.query({ query: sql, params });
        return rows as Columns[];
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        throw new AndanteError('OUTCOMES_UNAVAILABLE', `BigQuery did not answer for ${dataset}: ${said}`, {
          cause: error,
        });
      }
    },
  };
}
