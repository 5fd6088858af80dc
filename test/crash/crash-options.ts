// The options of `npm run crash-test`, parsed once from an argument list.
import { parseArgs } from 'node:util';
import { UsageError } from '../../emulators/start-options.ts';

export interface CrashOptions {
  seed: number;
  /** Different events; copies come on top. */
  events: number;
  /** How long they flow and workers are killed. */
  seconds: number;
  json: boolean;
}

export const USAGE = `npm run crash-test -- [options]

Publishes events, some twice, while the two processes that run the functions are killed with SIGKILL every 2 to 5 seconds
and started again. Afterwards a separate verifier computes from the events what must be, and compares campaigns, books,
ledger and BigQuery with it.

  --seed N      the same seed publishes the same events and kills at the same moments (default 1)
  --events N    different events; three in ten are published twice (200 to 5000, default 5000)
  --seconds N   how long events flow and processes are killed (5 to 120, default 100); what a killed process had locked is
                waited for afterwards, which takes one to two minutes more
  --json        print the result as one JSON object on the last line
  --help        this text

Exits 0 when everything is as it must be, 1 when not, 2 for arguments that make no sense.
`;

/** More than this does not come to rest within five minutes where two cores are shared. */
const numbers = {
  seed: { low: 0, high: Number.MAX_SAFE_INTEGER, fallback: 1 },
  events: { low: 200, high: 5_000, fallback: 5_000 },
  seconds: { low: 5, high: 120, fallback: 100 },
} as const;

/** @throws UsageError */
export function parseCrashOptions(args: string[]): CrashOptions | 'help' {
  const values = readArguments(args);
  if (values['help'] === true) return 'help';
  const whole = (name: keyof typeof numbers) => {
    const { low, high, fallback } = numbers[name];
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (!Number.isSafeInteger(value) || value < low || value > high)
      throw new UsageError(`--${name} takes a whole number from ${low} to ${high}, not ${String(values[name])}`);
    return value;
  };
  return { seed: whole('seed'), events: whole('events'), seconds: whole('seconds'), json: values['json'] === true };
}

function readArguments(args: string[]): Record<string, string | boolean | undefined> {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const;
  try {
    return parseArgs({ args, options: { seed: text, events: text, seconds: text, json: flag, help: flag } }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error));
  }
}
