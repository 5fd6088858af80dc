// DuckDB behind a small pool of connections. A session is one connection for as long as its holder needs it, so a
// script's variables and transactions stay together. Data definition and DML run one at a time: DuckDB answers
// concurrent writers of the same rows with a conflict, BigQuery queues them.
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { PRELUDE } from './prelude.ts';

/** A value bound to `$name` in a statement. */
export type BoundValues = Record<string, DuckDBValue>;

/** What one statement answered. */
export interface StatementResult {
  columns: { name: string; type: DuckDBType }[];
  rows: DuckDBValue[][];
  rowsChanged: number;
}

/** One connection, held exclusively. */
export interface Session {
  run(sql: string, values?: BoundValues, types?: Record<string, DuckDBType>): Promise<StatementResult>;
  interrupt(): void;
}

export interface Database {
  /** Lends a session; waits while all are lent. */
  use<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Like `use`, one at a time: for whatever changes tables or rows in place. */
  useExclusively<T>(work: (session: Session) => Promise<T>): Promise<T>;
  close(): void;
}

const CONNECTION_COUNT = 4;
const CONFLICT_RETRY_LIMIT = 8;
const CONFLICT = /TransactionContext Error|write-write conflict|Conflict on/i;

/** Opens an in-memory database that can reach neither files nor the network. */
export async function openDatabase(): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', {
    enable_external_access: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connections: DuckDBConnection[] = [];
  for (let index = 0; index < CONNECTION_COUNT; index += 1) {
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    connections.push(connection);
  }
  for (const statement of PRELUDE) await connections[0]!.run(statement);

  const idle = [...connections];
  const waiting: ((connection: DuckDBConnection) => void)[] = [];
  let lastExclusive: Promise<unknown> = Promise.resolve();

  async function use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const connection = idle.pop() ?? (await new Promise<DuckDBConnection>((resolve) => waiting.push(resolve)));
    try {
      return await work(createSession(connection));
    } finally {
      await endTransaction(connection);
      const next = waiting.shift();
      if (next) next(connection);
      else idle.push(connection);
    }
  }

  return {
    use,
    useExclusively(work) {
      const turn = lastExclusive.then(() => use(work));
      lastExclusive = turn.catch(() => undefined);
      return turn;
    },
    close() {
      // Dropped, not closed: closing under results that are not collected yet has crashed the process.
      idle.length = 0;
      connections.length = 0;
    },
  };
}

/** An SQL identifier in double quotes. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** An SQL string literal. */
export function quoteString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function createSession(connection: DuckDBConnection): Session {
  async function runOnce(sql: string, values: BoundValues = {}, types?: Record<string, DuckDBType>) {
    const reader = await connection.runAndReadAll(sql, values, types);
    const types_ = reader.columnTypes();
    const columns = reader.columnNames().map((name, index) => ({ name, type: types_[index]! }));
    return { columns, rows: reader.getRows(), rowsChanged: reader.rowsChanged };
  }

  return {
    async run(sql, values, types) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await runOnce(sql, values, types);
        } catch (error) {
          // A statement outside a transaction had no effect when it failed, so a conflict may simply be tried again.
          const again = error instanceof Error && CONFLICT.test(error.message) && attempt < CONFLICT_RETRY_LIMIT;
          if (!again) throw error;
          await new Promise((resolve) => setTimeout(resolve, attempt * 5));
        }
      }
    },
    interrupt: () => connection.interrupt(),
  };
}

async function endTransaction(connection: DuckDBConnection): Promise<void> {
  try {
    await connection.run('ROLLBACK');
  } catch {
    // No transaction was open, which is the usual case.
  }
}
