// The BigQuery emulator over HTTP. Every answer is JSON, every failure is BigQuery's error JSON, nothing is thrown out.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError, asApiError, errorBody } from './api-error.ts';
import { createCatalog } from './catalog.ts';
import { openDatabase } from './database.ts';
import { createDatasetsApi } from './datasets-api.ts';
import { createInsertIdWindow } from './insert-all.ts';
import { createJobRunner } from './jobs.ts';
import { createJobsApi } from './jobs-api.ts';
import { readJsonBody } from './request-body.ts';
import { route } from './routes.ts';
import type { Apis } from './routes.ts';
import { createTablesApi } from './tables-api.ts';

export interface BigQueryOptions {
  /** 0 takes any free port. */
  port?: number;
  host?: string;
  /** How long an insertId is remembered; BigQuery promises about a minute. */
  insertIdWindowMs?: number;
  /** The clock of that window. */
  now?: () => number;
  /** Told about every request that fails; the payload is never part of it. */
  log?: (entry: { method: string; path: string; code: number; message: string }) => void;
}

export interface BigQueryServer {
  endpoint: string;
  port: number;
  close(): Promise<void>;
}

export const DEFAULT_INSERT_ID_WINDOW_MS = 60_000;

/** Starts the emulator with an empty in-memory database; rejects when the port is taken. */
export async function startBigQuery(options: BigQueryOptions = {}): Promise<BigQueryServer> {
  const { port = 0, host = '127.0.0.1', insertIdWindowMs = DEFAULT_INSERT_ID_WINDOW_MS, now = Date.now, log } = options;
  const database = await openDatabase();
  const catalog = createCatalog();
  const insertIds = createInsertIdWindow(insertIdWindowMs, now);
  const apis: Apis = {
    datasets: createDatasetsApi({ catalog, database }),
    tables: createTablesApi({ catalog, database, insertIds }),
    jobs: createJobsApi(createJobRunner({ catalog, database })),
  };
  const underWay = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const answered = answer(apis, { request, response, log }).finally(() => underWay.delete(answered));
    underWay.add(answered);
  });
  try {
    await listen(server, port, host);
  } catch (error) {
    database.close();
    throw error;
  }
  const address = server.address() as AddressInfo;
  return {
    endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await Promise.all(underWay);
      server.closeAllConnections();
      await closed;
      database.close();
    },
  };
}

async function answer(
  apis: Apis,
  { request, response, log }: { request: IncomingMessage; response: ServerResponse; log: BigQueryOptions['log'] },
): Promise<void> {
  const { method = 'GET' } = request;
  try {
    const url = parseUrl(request.url ?? '/');
    const body = await readJsonBody(request);
    const result = await route(apis, { method, url, body });
    if (result === undefined) send(response, 204, undefined);
    else send(response, 200, result);
  } catch (thrown) {
    const error = asApiError(thrown);
    log?.({ method, path: request.url ?? '/', code: error.httpCode, message: error.message });
    send(response, error.httpCode, errorBody(error));
  }
}

function send(response: ServerResponse, code: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(code, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function parseUrl(path: string): URL {
  // The leading slashes are kept from being read as a host.
  const url = URL.parse(`http://emulator/${path.replace(/^\/+/, '')}`);
  if (!url) throw new ApiError('notFound', 'Not found: the path is not valid');
  return url;
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
