// Runs the BigQuery emulator as a process: one line of JSON when it is ready, a clean exit on SIGTERM and SIGINT.
import { parseArgs } from 'node:util';
import { DEFAULT_INSERT_ID_WINDOW_MS, startBigQuery } from './server.ts';

const USAGE = `Usage: node emulators/bigquery/main.ts --port N [options]

A BigQuery REST API over an in-memory DuckDB database.

  --port N                  port to listen on; 0 takes any free port (required)
  --host H                  address to listen on (127.0.0.1)
  --insert-id-window-ms N   how long an insertId is remembered (${DEFAULT_INSERT_ID_WINDOW_MS})
  --help                    show this text`;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      'insert-id-window-ms': { type: 'string', default: String(DEFAULT_INSERT_ID_WINDOW_MS) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const port = parseWhole('--port', values.port, 65_535);
  const insertIdWindowMs = parseWhole('--insert-id-window-ms', values['insert-id-window-ms'], Number.MAX_SAFE_INTEGER);
  const server = await startBigQuery({ port, host: values.host, insertIdWindowMs });
  console.log(JSON.stringify({ endpoint: server.endpoint }));

  const stop = () => void server.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function parseWhole(name: string, text: string | undefined, limit: number): number {
  const value = Number(text);
  if (text === undefined || text === '' || !Number.isSafeInteger(value) || value < 0 || value > limit) {
    throw new Error(`${name} must be a whole number from 0 to ${limit}, got ${text ?? 'nothing'}`);
  }
  return value;
}

main(process.argv.slice(2)).catch((error: NodeJS.ErrnoException) => {
  const taken = error.code === 'EADDRINUSE';
  console.error(taken ? `The port is taken: ${error.message}` : error.message);
  process.exit(1);
});
