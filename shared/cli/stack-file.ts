// Finds the local stack that `npm start` runs: it leaves its addresses in a small file while it is alive.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AndanteError } from '../runtime/errors.ts';

/** Where `npm start` writes its addresses. */
export const STACK_FILE = fileURLToPath(new URL('../../node_modules/.cache/andante/stack.json', import.meta.url));

export type Variables = Readonly<Record<string, string | undefined>>;

/** The variables that say where we connect to; any of them set means that the environment alone decides. */
export const connectionVariables = [
  'GOOGLE_CLOUD_PROJECT',
  'BIGQUERY_DATASET',
  'FIRESTORE_EMULATOR_HOST',
  'PUBSUB_EMULATOR_HOST',
  'BIGQUERY_EMULATOR_HOST',
] as const;

export interface StackFileDeps {
  /** The file's text, or undefined where there is none. */
  read: () => string | undefined;
  isAlive: (pid: number) => boolean;
}

/**
 * The environment, with the running stack's addresses where it names none itself. The two are never mixed: half of
 * production and half of an emulator is nobody's wish.
 * @throws AndanteError INVALID_CONFIG when neither says where to connect
 */
export function withStack(
  env: Variables,
  { read, isAlive }: StackFileDeps,
): { variables: Variables; isStack: boolean } {
  if (connectionVariables.some((name) => (env[name] ?? '') !== '')) return { variables: env, isStack: false };
  const stack = parseStack(read());
  if (stack && isAlive(stack.pid)) return { variables: { ...env, ...stack.variables }, isStack: true };
  const state = stack ? 'the stack of the last npm start has ended' : 'no local stack is running';
  throw new AndanteError(
    'INVALID_CONFIG',
    `${state}: run npm start, or set GOOGLE_CLOUD_PROJECT and BIGQUERY_DATASET, and for emulators ` +
      'FIRESTORE_EMULATOR_HOST, PUBSUB_EMULATOR_HOST and BIGQUERY_EMULATOR_HOST',
  );
}

/** The file and the processes of this machine. */
export const stackFileOnDisk: StackFileDeps = {
  read() {
    try {
      return readFileSync(STACK_FILE, 'utf8');
    } catch {
      return undefined;
    }
  },
  isAlive(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      // Somebody else's process is alive too.
      return (error as { code?: unknown }).code === 'EPERM';
    }
  },
};

const fields = [
  ['GOOGLE_CLOUD_PROJECT', 'projectId'],
  ['BIGQUERY_DATASET', 'dataset'],
  ['FIRESTORE_EMULATOR_HOST', 'firestoreHost'],
  ['PUBSUB_EMULATOR_HOST', 'pubsubHost'],
  ['BIGQUERY_EMULATOR_HOST', 'bigqueryEndpoint'],
  ['TICK_INTERVAL_MS', 'tickIntervalMs'],
] as const;

function parseStack(text: string | undefined): { pid: number; variables: Variables } | undefined {
  if (text === undefined) return undefined;
  try {
    const stack = JSON.parse(text) as Record<string, unknown>;
    const pid = stack['pid'];
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return undefined;
    const variables: Record<string, string> = {};
    for (const [name, field] of fields) {
      const value = stack[field];
      // Without one of its addresses the clients would turn to production.
      if (typeof value !== 'string' && typeof value !== 'number') return undefined;
      variables[name] = String(value);
    }
    return { pid, variables };
  } catch {
    // A file that is being written, or none of ours.
    return undefined;
  }
}
