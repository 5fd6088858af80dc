// The jobs half of the REST API: jobs.insert, jobs.query, getQueryResults and their kin.
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, errorProto } from './api-error.ts';
import { etagOf } from './catalog.ts';
import type { DatasetReference, TableReference } from './catalog.ts';
import { fieldOfColumn } from './field-schema.ts';
import type { Destination, Job, JobRequest, JobRunner } from './jobs.ts';
import { parseQueryParameters } from './query-parameters.ts';
import { timestampFormatOf, wireRow } from './wire-format.ts';
import type { TimestampFormat } from './wire-format.ts';

/** A JSON object of a request. */
type Json = Record<string, unknown>;

const DEFAULT_TIMEOUT_MS = 10_000;
const PAGE_ROW_LIMIT = 10_000;
const REMEMBERED_REQUEST_LIMIT = 1_000;

export interface JobsApi {
  insert(projectId: string, body: Json): Promise<Json>;
  query(projectId: string, body: Json): Promise<Json>;
  results(projectId: string, jobId: string, search: URLSearchParams): Promise<Json>;
  get(projectId: string, jobId: string): Json;
  list(projectId: string): Json;
  cancel(projectId: string, jobId: string): Promise<Json>;
  remove(projectId: string, jobId: string): Json;
}

export function createJobsApi(runner: JobRunner): JobsApi {
  // jobs.query retried with the same requestId answers the first attempt's job: DML runs once.
  const jobsByRequestId = new Map<string, Job>();

  async function answerQuery(job: Job, page: Page): Promise<Json> {
    await Promise.race([job.done, delay(page.timeoutMs, undefined, { ref: false })]);
    if (job.error) throw job.error;
    return queryResponse(job, page);
  }

  return {
    async insert(projectId, body) {
      const job = runner.start(parseInsert(projectId, body));
      if (job.request.dryRun) {
        await job.done;
        if (job.error) throw job.error;
      }
      return jobResource(job);
    },

    async query(projectId, body) {
      const requestId = typeof body['requestId'] === 'string' ? body['requestId'] : undefined;
      const repeated = requestId === undefined ? undefined : jobsByRequestId.get(requestId);
      const dryRun = body['dryRun'] === true;
      const job = repeated ?? runner.start({ ...parseQuery(projectId, body), configuration: { query: body }, dryRun });
      if (requestId !== undefined && !dryRun) {
        jobsByRequestId.set(requestId, job);
        const [oldest] = jobsByRequestId.keys();
        if (jobsByRequestId.size > REMEMBERED_REQUEST_LIMIT && oldest !== undefined) jobsByRequestId.delete(oldest);
      }
      return answerQuery(job, {
        kind: 'bigquery#queryResponse',
        start: 0,
        maxResults: parseCount(body['maxResults'], PAGE_ROW_LIMIT, 'maxResults'),
        timeoutMs: parseCount(body['timeoutMs'], DEFAULT_TIMEOUT_MS, 'timeoutMs'),
        format: timestampFormatOf(objectOf(body['formatOptions'])),
      });
    },

    results(projectId, jobId, search) {
      const start = parseCount(search.get('pageToken') ?? search.get('startIndex'), 0, 'pageToken');
      return answerQuery(runner.get(projectId, jobId), {
        kind: 'bigquery#getQueryResultsResponse',
        start,
        maxResults: parseCount(search.get('maxResults'), PAGE_ROW_LIMIT, 'maxResults'),
        timeoutMs: parseCount(search.get('timeoutMs'), DEFAULT_TIMEOUT_MS, 'timeoutMs'),
        format: timestampFormatOf({
          useInt64Timestamp: search.get('formatOptions.useInt64Timestamp'),
          timestampOutputFormat: search.get('formatOptions.timestampOutputFormat'),
        }),
      });
    },

    get: (projectId, jobId) => jobResource(runner.get(projectId, jobId)),

    list: (projectId) => ({
      kind: 'bigquery#jobList',
      jobs: runner.list(projectId).map((job) => ({ ...jobResource(job), state: job.state })),
    }),

    async cancel(projectId, jobId) {
      const job = runner.get(projectId, jobId);
      job.cancel();
      await job.done;
      return { kind: 'bigquery#jobCancelResponse', job: jobResource(job) };
    },

    remove(projectId, jobId) {
      runner.remove(projectId, jobId);
      return {};
    },
  };
}

interface Page {
  kind: string;
  start: number;
  maxResults: number;
  timeoutMs: number;
  format: TimestampFormat;
}

function queryResponse(job: Job, { kind, start, maxResults, format }: Page): Json {
  const response: Json = { kind, jobReference: referenceOf(job), jobComplete: job.state === 'DONE', cacheHit: false };
  if (!job.outcome) return response;
  const { result, affectedRows, statementType } = job.outcome;
  if (affectedRows !== undefined) response['numDmlAffectedRows'] = String(affectedRows);
  const common = { ...response, statementType, totalBytesProcessed: '0', etag: etagOf([job.jobId, start]) };
  if (!result) return { ...common, totalRows: '0' };
  const fields = result.columns.map((column) => fieldOfColumn(column.name, column.type));
  const repeated = fields.map((field) => field.mode === 'REPEATED');
  const rows = job.request.dryRun ? [] : result.rows;
  const end = Math.min(start + Math.min(maxResults, PAGE_ROW_LIMIT), rows.length);
  return {
    ...common,
    schema: { fields },
    totalRows: String(rows.length),
    rows: rows.slice(start, end).map((row) => wireRow(row, repeated, format)),
    ...(end < rows.length ? { pageToken: String(end) } : {}),
  };
}

function jobResource(job: Job): Json {
  const { outcome, error, state, createdAtMs, endedAtMs, request } = job;
  const query = {
    statementType: outcome?.statementType,
    totalBytesProcessed: '0',
    totalBytesBilled: '0',
    cacheHit: false,
    ...(outcome?.affectedRows === undefined ? {} : { numDmlAffectedRows: String(outcome.affectedRows) }),
    ...(outcome?.target === undefined ? {} : { ddlTargetTable: outcome.target }),
    ...(request.dryRun && outcome?.result
      ? { schema: { fields: outcome.result.columns.map(({ name, type }) => fieldOfColumn(name, type)) } }
      : {}),
  };
  return {
    kind: 'bigquery#job',
    etag: etagOf([job.jobId, state]),
    id: `${job.projectId}:US.${job.jobId}`,
    jobReference: referenceOf(job),
    configuration: { jobType: 'QUERY', ...request.configuration },
    status: { state, ...(error ? { errorResult: errorProto(error), errors: [errorProto(error)] } : {}) },
    statistics: {
      creationTime: String(createdAtMs),
      startTime: String(createdAtMs),
      ...(endedAtMs === undefined ? {} : { endTime: String(endedAtMs) }),
      totalBytesProcessed: '0',
      query,
    },
  };
}

function referenceOf({ projectId, jobId }: Job): Json {
  return { projectId, jobId, location: 'US' };
}

function parseInsert(projectId: string, body: Json): JobRequest {
  const configuration = objectOf(body['configuration']);
  if (configuration['query'] === undefined) {
    throw new ApiError('invalid', 'This emulator runs query jobs only: expected configuration.query.');
  }
  const query = objectOf(configuration['query']);
  const { jobId } = objectOf(body['jobReference']);
  return {
    ...parseQuery(projectId, query),
    configuration,
    jobId: typeof jobId === 'string' ? jobId : undefined,
    dryRun: configuration['dryRun'] === true,
    destination: parseDestination(query),
  };
}

function parseQuery(projectId: string, body: Json): Pick<JobRequest, 'query'> {
  const { query: sql, useLegacySql, defaultDataset, queryParameters } = body;
  if (typeof sql !== 'string' || sql === '')
    throw new ApiError('required', 'Required parameter is missing: query', 'query');
  if (useLegacySql === true) throw new ApiError('invalid', 'Legacy SQL is not supported by this emulator.');
  const dataset = objectOf(defaultDataset);
  const reference: DatasetReference | undefined =
    typeof dataset['datasetId'] === 'string'
      ? {
          projectId: typeof dataset['projectId'] === 'string' ? dataset['projectId'] : projectId,
          datasetId: dataset['datasetId'],
        }
      : undefined;
  const parameters = parseQueryParameters(queryParameters);
  return { query: { sql, projectId, defaultDataset: reference, parameters } };
}

function parseDestination({ destinationTable, writeDisposition = 'WRITE_EMPTY' }: Json): Destination | undefined {
  if (destinationTable === undefined) return undefined;
  const { projectId, datasetId, tableId } = objectOf(destinationTable);
  const reference: TableReference = {
    projectId: String(projectId),
    datasetId: String(datasetId),
    tableId: String(tableId),
  };
  if (
    writeDisposition !== 'WRITE_TRUNCATE' &&
    writeDisposition !== 'WRITE_APPEND' &&
    writeDisposition !== 'WRITE_EMPTY'
  ) {
    throw new ApiError('invalid', `Invalid value for writeDisposition: ${String(writeDisposition)}`);
  }
  return { reference, write: writeDisposition };
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** A count of a request, a number or its text; throws `invalid`. */
export function parseCount(value: unknown, fallback: number, name: string): number {
  if (value === undefined || value === null || value === '') return fallback;
  const unwrapped = typeof value === 'object' ? (value as { value?: unknown }).value : value;
  const count = Number(unwrapped);
  if (!Number.isSafeInteger(count) || count < 0)
    throw new ApiError('invalid', `Invalid value for ${name}: ${String(unwrapped)}`, name);
  return count;
}
