// Query jobs: started at once, kept with their rows until newer jobs push them out. A job's promise never rejects; its
// error is part of its state.
import { randomUUID } from 'node:crypto';
import { ApiError, asApiError } from './api-error.ts';
import { createTable, datasetAt, dropTable, duckdbTableName, tableName } from './catalog.ts';
import type { Catalog, TableReference } from './catalog.ts';
import type { Database, Session } from './database.ts';
import { queryError } from './query-error.ts';
import { checkQuery, isReadOnly, runQuery, translateSelect } from './query-script.ts';
import type { Query, QueryOutcome } from './query-script.ts';

/** Where and how the rows of a job with a destination table are written. */
export interface Destination {
  reference: TableReference;
  write: 'WRITE_TRUNCATE' | 'WRITE_APPEND' | 'WRITE_EMPTY';
}

/** What a job was asked to do. */
export interface JobRequest {
  query: Query;
  /** The request's `configuration`, answered back as it came. */
  configuration: Record<string, unknown>;
  jobId?: string | undefined;
  dryRun?: boolean;
  destination?: Destination | undefined;
}

export interface Job {
  jobId: string;
  projectId: string;
  request: JobRequest;
  state: 'RUNNING' | 'DONE';
  error?: ApiError;
  outcome?: QueryOutcome;
  createdAtMs: number;
  endedAtMs?: number;
  done: Promise<void>;
  cancel(): void;
}

export interface JobRunner {
  /** Starts a job; throws `duplicate` when its id is taken. */
  start(request: JobRequest): Job;
  /** The job; throws `notFound`. */
  get(projectId: string, jobId: string): Job;
  list(projectId: string): Job[];
  remove(projectId: string, jobId: string): void;
}

const KEPT_JOB_COUNT = 500;
const INTERRUPT_INTERVAL_MS = 10;

export function createJobRunner({ database, catalog }: { database: Database; catalog: Catalog }): JobRunner {
  const jobs = new Map<string, Job>();

  function start(request: JobRequest): Job {
    const { projectId } = request.query;
    const jobId = request.jobId ?? `job_${randomUUID()}`;
    const key = `${projectId}:${jobId}`;
    if (jobs.has(key)) throw new ApiError('duplicate', `Already Exists: Job ${projectId}:US.${jobId}`);
    const running: { session?: Session; cancelled?: boolean } = {};
    const job: Job = {
      jobId,
      projectId,
      request,
      state: 'RUNNING',
      createdAtMs: Date.now(),
      done: Promise.resolve(),
      cancel() {
        running.cancelled = true;
        // Again and again: an interrupt between two statements is lost.
        const interrupting = setInterval(() => running.session?.interrupt(), INTERRUPT_INTERVAL_MS);
        void job.done.then(() => clearInterval(interrupting));
      },
    };
    job.done = execute(job, running);
    // A dry run is a question, not a job: BigQuery does not keep it either.
    if (!request.dryRun) jobs.set(key, job);
    forgetOldest();
    return job;
  }

  async function execute(job: Job, running: { session?: Session; cancelled?: boolean }): Promise<void> {
    const { query, dryRun, destination } = job.request;
    const work = async (session: Session) => {
      if (running.cancelled) throw new ApiError('stopped', 'Job execution was cancelled: User requested cancellation');
      running.session = session;
      try {
        if (dryRun) return await checkQuery(catalog, session, query);
        if (destination) return await runInto(catalog, session, { query, destination });
        return await runQuery(catalog, session, query);
      } finally {
        delete running.session;
      }
    };
    try {
      const shared = dryRun || (!destination && isReadOnly(query.sql));
      job.outcome = await (shared ? database.use(work) : database.useExclusively(work));
    } catch (error) {
      job.error = asApiError(error);
    }
    job.state = 'DONE';
    job.endedAtMs = Date.now();
  }

  function forgetOldest(): void {
    for (const [key, job] of jobs) {
      if (jobs.size <= KEPT_JOB_COUNT) return;
      if (job.state === 'DONE') jobs.delete(key);
    }
  }

  function get(projectId: string, jobId: string): Job {
    const job = jobs.get(`${projectId}:${jobId}`);
    if (!job) throw new ApiError('notFound', `Not found: Job ${projectId}:${jobId}`);
    return job;
  }

  return {
    start,
    get,
    list: (projectId) => [...jobs.values()].filter((job) => job.projectId === projectId).toReversed(),
    remove: (projectId, jobId) => void jobs.delete(`${projectId}:${get(projectId, jobId).jobId}`),
  };
}

async function runInto(
  catalog: Catalog,
  session: Session,
  { query, destination: { reference, write } }: { query: Query; destination: Destination },
): Promise<QueryOutcome> {
  const translation = translateSelect(catalog, query);
  try {
    const result = await session.run(translation.sql, translation.values);
    const table = datasetAt(catalog, reference).tables.get(reference.tableId);
    if (table && write === 'WRITE_EMPTY') {
      throw new ApiError('duplicate', `Already Exists: Table ${tableName(reference)}`);
    }
    if (table && write === 'WRITE_APPEND') {
      const columns = result.columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join(', ');
      const insert = `INSERT INTO ${duckdbTableName(reference)} (${columns}) ${translation.sql}`;
      await session.run(insert, translation.values);
    } else {
      if (table?.type === 'VIEW') await dropTable(catalog, session, reference);
      const settings = table?.settings ?? {};
      await createTable(catalog, session, { reference, fields: [], settings, rowsFrom: translation, replace: true });
    }
    return { statementType: 'SELECT', result, target: reference };
  } catch (error) {
    throw queryError(error, query.sql);
  }
}
