// Which operation a method and path mean. Paths come with `/bigquery/v2` (apiEndpoint) or without it
// (BIGQUERY_EMULATOR_HOST), and the client sometimes doubles a slash.
import { ApiError } from './api-error.ts';
import type { DatasetsApi } from './datasets-api.ts';
import type { JobsApi } from './jobs-api.ts';
import type { TablesApi } from './tables-api.ts';

/** A request as an operation sees it. */
export interface ApiRequest {
  method: string;
  url: URL;
  body: Record<string, unknown>;
}

export interface Apis {
  datasets: DatasetsApi;
  tables: TablesApi;
  jobs: JobsApi;
}

type Operation = (apis: Apis, parameters: string[], request: ApiRequest) => unknown;

const PROJECT = '/projects/:';
const DATASET = `${PROJECT}/datasets/:`;
const TABLE = `${DATASET}/tables/:`;
const JOB = `${PROJECT}/jobs/:`;

const OPERATIONS: [method: string, path: string, operation: Operation][] = [
  ['GET', `${PROJECT}/datasets`, ({ datasets }, [p]) => datasets.list(p!)],
  ['POST', `${PROJECT}/datasets`, ({ datasets }, [p], { body }) => datasets.insert(p!, body)],
  ['GET', DATASET, ({ datasets }, path) => datasets.get(datasetOf(path))],
  ['PATCH', DATASET, ({ datasets }, path, { body }) => datasets.patch(datasetOf(path), body)],
  ['PUT', DATASET, ({ datasets }, path, { body }) => datasets.patch(datasetOf(path), body)],
  [
    'DELETE',
    DATASET,
    ({ datasets }, path, { url }) =>
      datasets.remove(datasetOf(path), url.searchParams.get('deleteContents') === 'true'),
  ],
  ['GET', `${DATASET}/tables`, ({ tables }, path, { url }) => tables.list(datasetOf(path), url.searchParams)],
  ['POST', `${DATASET}/tables`, ({ tables }, path, { body }) => tables.insert(datasetOf(path), body)],
  ['GET', TABLE, ({ tables }, path) => tables.get(tableOf(path))],
  ['PATCH', TABLE, ({ tables }, path, { body }) => tables.patch(tableOf(path), body)],
  ['PUT', TABLE, ({ tables }, path, { body }) => tables.patch(tableOf(path), body)],
  ['DELETE', TABLE, ({ tables }, path) => tables.remove(tableOf(path))],
  ['GET', `${TABLE}/data`, ({ tables }, path, { url }) => tables.rows(tableOf(path), url.searchParams)],
  ['POST', `${TABLE}/insertAll`, ({ tables }, path, { body }) => tables.insertRows(tableOf(path), body)],
  ['POST', `${PROJECT}/queries`, ({ jobs }, [p], { body }) => jobs.query(p!, body)],
  ['GET', `${PROJECT}/queries/:`, ({ jobs }, [p, job], { url }) => jobs.results(p!, job!, url.searchParams)],
  ['GET', `${PROJECT}/jobs`, ({ jobs }, [p]) => jobs.list(p!)],
  ['POST', `${PROJECT}/jobs`, ({ jobs }, [p], { body }) => jobs.insert(p!, body)],
  ['GET', JOB, ({ jobs }, [p, job]) => jobs.get(p!, job!)],
  ['POST', `${JOB}/cancel`, ({ jobs }, [p, job]) => jobs.cancel(p!, job!)],
  ['DELETE', `${JOB}/delete`, ({ jobs }, [p, job]) => jobs.remove(p!, job!)],
];

const ROUTES = OPERATIONS.map(([method, path, operation]) => ({
  method,
  segments: path.slice(1).split('/'),
  operation,
}));

/** Runs the operation of a request; throws `notFound` for a path that is none. */
export async function route(apis: Apis, request: ApiRequest): Promise<unknown> {
  const segments = request.url.pathname
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeSegment);
  const path = segments[0] === 'bigquery' && segments[1] === 'v2' ? segments.slice(2) : segments;
  for (const { method, segments: pattern, operation } of ROUTES) {
    if (method !== request.method || pattern.length !== path.length) continue;
    if (!pattern.every((part, index) => part === ':' || part === path[index])) continue;
    return operation(
      apis,
      path.filter((_, index) => pattern[index] === ':'),
      request,
    );
  }
  throw new ApiError('notFound', `Not found: ${request.method} ${request.url.pathname}`);
}

function datasetOf([projectId, datasetId]: string[]) {
  return { projectId: projectId!, datasetId: datasetId! };
}

function tableOf([projectId, datasetId, tableId]: string[]) {
  return { projectId: projectId!, datasetId: datasetId!, tableId: tableId! };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ApiError('notFound', 'Not found: the path is not valid');
  }
}
