// `npm run andante -- <command>`: finds the command, parses its line, connects when it asks for it, prints what it
// concludes and answers with its exit code.
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parseConfig, readEnvironment, type Config } from '../runtime/config.ts';
import { AndanteError } from '../runtime/errors.ts';
import { audit } from './audit.ts';
import { calibration } from './calibration.ts';
import { backfill } from './backfill.ts';
import {
  exitCodes,
  UsageError,
  type Arguments,
  type Command,
  type Conclusion,
  type Context,
  type Ports,
} from './command.ts';
import { decide } from './decide.ts';
import { eraseListener } from './erase-listener.ts';
import { globalOptions, helpOf, helpOfAll } from './help.ts';
import { inspect } from './inspect.ts';
import { suggestion } from './nearest.ts';
import { preview } from './preview.ts';
import { publish } from './publish.ts';
import { reconcile } from './reconcile.ts';
import { replay } from './replay.ts';
import { stackFileOnDisk, withStack, type StackFileDeps, type Variables } from './stack-file.ts';
import { serving } from './serving.ts';
import { settings } from './settings.ts';
import { smoke } from './smoke.ts';
import { tick } from './tick.ts';

export const commands: readonly Command[] = [
  preview,
  publish,
  inspect,
  tick,
  settings,
  serving,
  backfill,
  replay,
  reconcile,
  audit,
  calibration,
  decide,
  eraseListener,
  smoke,
];

export interface Sink {
  write(text: string): unknown;
}

/** Everything outside the process that a command can touch. */
export interface CommandLineDeps {
  stdout: Sink;
  stderr: Sink;
  env: Variables;
  stackFile: StackFileDeps;
  openPorts: (config: Config) => Promise<Ports>;
  readInput(path: string): Promise<string>;
  clock(): number;
  sleep(durationMs: number): Promise<void>;
}

/** Runs one command and resolves to its exit code; it never rejects. */
export async function runCommand(argv: readonly string[], deps: CommandLineDeps): Promise<number> {
  const isJson = argv.includes('--json');
  const connection = createConnection(deps);
  try {
    const conclusion = await conclude(argv, {
      ...deps,
      progress: (line) => void deps.stderr.write(`${line}\n`),
      connect: connection.open,
    });
    deps.stdout.write(`${isJson ? JSON.stringify(conclusion.json) : conclusion.text}\n`);
    return exitCodes[conclusion.exit].code;
  } catch (error) {
    const { exit, code, message } = explain(error);
    deps.stderr.write(`${message}\n`);
    if (isJson) deps.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    return exitCodes[exit].code;
  } finally {
    await connection.close();
  }
}

async function conclude(argv: readonly string[], context: Context): Promise<Conclusion> {
  const [name, ...rest] = argv;
  if (name === undefined) throw new UsageError(helpOfAll(commands));
  if (name === '--help' || name === 'help') return help(helpOfAll(commands));
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    const names = commands.map((known) => known.name);
    throw new UsageError(
      `there is no command ${name}${suggestion(name, names) || '.'} Commands: ${names.join(', ')}; --help explains them`,
    );
  }
  const args = parse(command, rest);
  return args.values['help'] === true ? help(helpOf(command)) : command.run(args, context);
}

function help(helpText: string): Conclusion {
  return { exit: 'ok', text: helpText, json: { help: helpText } };
}

function parse(command: Command, args: readonly string[]): Arguments {
  const options = { ...command.options, ...globalOptions };
  const config = {
    args: [...args],
    options: Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }])),
  };
  const { tokens } = parseArgs({ ...config, allowPositionals: true, strict: false, tokens: true });
  const unknown = tokens.find((token) => token.kind === 'option' && !Object.hasOwn(options, token.name));
  if (unknown?.kind === 'option') {
    const known = Object.keys(options).map((option) => `--${option}`);
    throw new UsageError(
      `${command.name} has no option ${unknown.rawName}${suggestion(unknown.rawName, known) || '.'} Options: ${known.join(', ')}`,
    );
  }
  try {
    const { positionals, values } = parseArgs({ ...config, allowPositionals: true, strict: true });
    return { positionals, values };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Opens once, and closes what was opened. */
function createConnection({ env, stackFile, openPorts, stderr }: CommandLineDeps) {
  let opened: Promise<{ ports: Ports; config: Config }> | undefined;
  const connect = async () => {
    const { variables, isStack } = withStack(env, stackFile);
    const config = parseConfig(variables);
    stderr.write(`${describe(config, isStack)}\n`);
    return { ports: await openPorts(config), config };
  };
  return {
    open: () => (opened ??= connect()),
    async close() {
      const connected = await opened?.catch(() => undefined);
      await connected?.ports.close();
    },
  };
}

function describe(
  { projectId, dataset, firestoreHost, pubsubHost, bigqueryEndpoint }: Config,
  isStack: boolean,
): string {
  const where = `project ${projectId}, dataset ${dataset}`;
  if (isStack) return `${where}: the local stack`;
  const hosts = Object.entries({ Firestore: firestoreHost, 'Pub/Sub': pubsubHost, BigQuery: bigqueryEndpoint });
  const emulated = hosts.filter(([, host]) => host !== undefined).map(([name]) => name);
  if (emulated.length === 0) return `${where}: Google Cloud`;
  if (emulated.length === hosts.length) return `${where}: emulators`;
  return `${where}: an emulator of ${emulated.join(' and ')}, but Google Cloud itself for the others`;
}

const connectionMend =
  'check that npm start is running, or GOOGLE_CLOUD_PROJECT, the emulator hosts and your credentials';

function explain(error: unknown): { exit: keyof typeof exitCodes; code: string; message: string } {
  if (error instanceof UsageError) return { exit: 'usage', code: 'USAGE', message: error.message };
  if (!(error instanceof AndanteError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { exit: 'connection', code: 'UNEXPECTED', message: `${message}: ${connectionMend}` };
  }
  const { code } = error;
  if (error.permanent) return { exit: 'refused', code, message: `${code}: ${error.message}` };
  const mend = error.retryable ? `: ${connectionMend}` : '';
  return { exit: 'connection', code, message: `${code}: ${error.message}${mend}` };
}

if (import.meta.main) {
  process.exitCode = await runCommand(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    env: readEnvironment(),
    stackFile: stackFileOnDisk,
    // Google's clients are loaded when a command connects: help and checks need none.
    openPorts: async (config) => (await import('./connect.ts')).openPorts(config),
    readInput: (path) => (path === '-' ? text(process.stdin) : readFile(path, 'utf8')),
    clock: Date.now,
    sleep: (durationMs) => sleep(durationMs),
  });
}
