// Starts an emulator and the official client against it, for the tests of this folder.
import { BigQuery } from '@google-cloud/bigquery';
import { startBigQuery } from '../../../emulators/bigquery/server.ts';
import type { BigQueryOptions, BigQueryServer } from '../../../emulators/bigquery/server.ts';

export const PROJECT_ID = 'demo-andante';

/** A server of its own and a client of it; `close` both with the server. */
export async function startWithClient(
  options: BigQueryOptions = {},
): Promise<{ server: BigQueryServer; client: BigQuery }> {
  // Without this the client's authentication looks for a metadata server on the network first.
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  const server = await startBigQuery(options);
  return { server, client: new BigQuery({ projectId: PROJECT_ID, apiEndpoint: server.endpoint }) };
}

/** The JSON of a request without the client, for what the client does not send or show. */
export async function requestJson(
  server: BigQueryServer,
  path: string,
  init?: RequestInit,
): Promise<{ status: number; body: Answer }> {
  const response = await fetch(`${server.endpoint}${path}`, init);
  return { status: response.status, body: (await response.json()) as Answer };
}

/** What the tests look at in an answer. */
export interface Answer {
  error?: {
    code: number;
    message: string;
    status: string;
    errors: { reason: string; message: string; domain: string }[];
  };
  insertErrors?: { index: number; errors: { reason: string; location: string; message: string }[] }[];
  rows?: { f: { v: unknown }[] }[];
  jobComplete?: boolean;
  numDmlAffectedRows?: string;
}
