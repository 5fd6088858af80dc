// What a command is, what it is given, and what it may answer.
import type { DeadLetters } from '../bus/dead-letters.ts';
import type { EventBus } from '../bus/event-bus.ts';
import { parseInstant } from '../contracts/instants.ts';
import type { CalibrationReader } from '../outcomes/calibration-reader.ts';
import type { FeatureReader } from '../outcomes/feature-reader.ts';
import type { OutcomeLog } from '../outcomes/outcome-log.ts';
import type { OutcomeReader } from '../outcomes/outcome-reader.ts';
import type { Config } from '../runtime/config.ts';
import type { AllocationStore } from '../store/allocation-store.ts';

/** The exit codes of every command; `--help` prints them from here. */
export const exitCodes = {
  ok: { code: 0, means: 'done' },
  different: { code: 1, means: 'differences were found, or nothing matched what was asked for' },
  usage: { code: 2, means: 'the command line is wrong' },
  connection: { code: 3, means: 'configuration or connection: nothing could be read, or not all of it written' },
  refused: { code: 4, means: 'an event was refused and nothing was published' },
} as const;

export type Outcome = keyof typeof exitCodes;

/** What a command concludes with: a text for people, an object for programs. */
export interface Conclusion {
  exit: Outcome;
  text: string;
  json: Readonly<Record<string, unknown>>;
}

export interface CommandOption {
  type: 'string' | 'boolean';
  /** What stands for the value in `--help`. */
  value?: string;
  help: string;
}

export interface Command {
  name: string;
  summary: string;
  /** The forms of the command, after `npm run andante --`. */
  usage: readonly string[];
  options: Readonly<Record<string, CommandOption>>;
  /** What a reader of `--help` must know beside the options. */
  notes: readonly string[];
  run(args: Arguments, context: Context): Promise<Conclusion>;
}

/** The command line, parsed. */
export interface Arguments {
  positionals: readonly string[];
  values: Readonly<Record<string, string | boolean | undefined>>;
}

/** The world as ports: Google Cloud, emulators, or memory. */
export interface Ports {
  store: AllocationStore;
  bus: EventBus;
  deadLetters: DeadLetters;
  reader: OutcomeReader;
  calibration: CalibrationReader;
  features: FeatureReader;
  outcomes: OutcomeLog;
  close(): Promise<void>;
}

export interface Context {
  /** Connects on the first call and says to which project on stderr. */
  connect: () => Promise<{ ports: Ports; config: Config }>;
  /** A line for people who wait, on stderr. */
  progress(line: string): void;
  /** The text of a file, or of standard input for `-`. */
  readInput(path: string): Promise<string>;
  /** Wall clock, epoch ms. */
  clock(): number;
  sleep(durationMs: number): Promise<void>;
}

/** The command line is wrong; the message says what would be right. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The value of a text option. */
export function textOption({ values }: Arguments, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * The value of an option that counts, within its limits.
 * @throws UsageError
 */
export function countOption(
  args: Arguments,
  name: string,
  { otherwise, most }: { otherwise: number; most: number },
): number {
  const text = textOption(args, name);
  if (text === undefined) return otherwise;
  const count = /^[0-9]{1,9}$/.test(text) ? Number(text) : NaN;
  if (count >= 1 && count <= most) return count;
  throw new UsageError(`--${name} is a number from 1 to ${most}, not "${text}"`);
}

/**
 * An id that is part of a document's path.
 * @throws UsageError
 */
export function pathPart(text: string | undefined, what: string): string {
  if (text !== undefined && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new UsageError(`${what} is expected: letters, digits, dots, underscores and hyphens, at most 64 of them`);
}

/**
 * `tenant/campaign` as its two ids.
 * @throws UsageError
 */
export function campaignName(text: string | undefined): { tenantId: string; campaignId: string } {
  const [tenantId, campaignId, ...more] = (text ?? '').split('/');
  if (more.length > 0 || !tenantId || !campaignId) throw new UsageError('a campaign is named as <tenant>/<campaign>');
  return { tenantId: pathPart(tenantId, 'a tenant'), campaignId: pathPart(campaignId, 'a campaign') };
}

/** An option that is an instant, in epoch milliseconds; undefined when it is not given. @throws UsageError */
export function instantOption(args: Arguments, name: string): number | undefined {
  const text = textOption(args, name);
  if (text === undefined) return undefined;
  try {
    if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(text))
      return parseInstant(text, `--${name}`);
  } catch {
    // said below
  }
  throw new UsageError(`--${name} is an instant that exists, such as 2026-01-31T00:00:00Z, not "${text}"`);
}
