// The options of `npm start`, parsed once from an argument list.
import { parseArgs } from 'node:util';
import { type Scenario, type ScenarioName, scenarios } from './world/scenarios.ts';

export interface StartOptions {
  once: boolean;
  idle: boolean;
  ticks: boolean;
  report: string | undefined;
  traffic: string | undefined;
  charts: string | undefined;
  scenario: ScenarioName;
  seed: number;
  markets: number;
  campaigns: number;
  days: number;
  port: number;
  tickFaults: { doubledShare: number; lateShare: number; missingShare: number };
}

export const USAGE = `npm start -- [options]

Starts Firestore, Pub/Sub, BigQuery and every function on this machine, plays a day of campaigns, prints what became
of them, and stays up until Ctrl-C.

  --once               exit after the day: 0 if every invariant held, 1 if not
  --idle               only the stack, without traffic; the last line printed is one JSON object that says where it is
  --ticks              with --idle: also publish the scheduler's ticks, on the wall clock
  --report FILE        also write the result as JSON
  --traffic FILE       CSV region_id,dow,hour,traffic_share: its regions become the markets, its shares the rhythm
  --charts DIR         also draw spend against plan: DIR/overview.svg, and one SVG for each campaign
  --scenario NAME      what happens in the day (default steady); see below
  --seed N             the same seed plays the same day (default 1)
  --markets N          markets (default 4)
  --campaigns N        campaigns (default 24)
  --days N             days (default 1)
  --port N             port of the functions (default: a free one)
  --tick-doubled P     share of scheduler ticks published twice (default 0.02, or as the scenario says)
  --tick-late P        share of ticks published one tick late (default 0)
  --tick-missing P     share of ticks never published (default 0)
  --help               this text

Scenarios; the last line printed says what was to be seen in it:
${Object.entries(scenarios)
  .map(([name, { sentence }]) => `  ${name.padEnd(18)} ${sentence}`)
  .join('\n')}
`;

/** Thrown for arguments that make no sense; the message says which and what would. */
export class UsageError extends Error {}

const numbers = {
  seed: { low: 0, high: Number.MAX_SAFE_INTEGER, fallback: 1 },
  markets: { low: 1, high: 15, fallback: 4 },
  campaigns: { low: 1, high: 2000, fallback: 24 },
  days: { low: 1, high: 30, fallback: 1 },
  port: { low: 0, high: 65_535, fallback: 0 },
} as const;

const shares = { 'tick-doubled': 0.02, 'tick-late': 0, 'tick-missing': 0 } as const;

/** @throws UsageError */
export function parseStartOptions(args: string[]): StartOptions | 'help' {
  const values = readArguments(args);
  if (values['help'] === true) return 'help';
  const whole = (name: keyof typeof numbers) => {
    const { low, high, fallback } = numbers[name];
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (!Number.isSafeInteger(value) || value < low || value > high)
      throw new UsageError(`--${name} takes a whole number from ${low} to ${high}, not ${String(values[name])}`);
    return value;
  };
  const scenario = parseScenario(values['scenario']);
  const ofScenario = faultsOf(scenario);
  const share = (name: keyof typeof shares) => {
    const value = values[name] === undefined ? ofScenario[name] : Number(values[name]);
    if (!(value >= 0 && value <= 1))
      throw new UsageError(`--${name} takes a share from 0 to 1, not ${String(values[name])}`);
    return value;
  };
  const idle = values['idle'] === true;
  const once = values['once'] === true;
  if (idle && once) throw new UsageError('--idle stays up and --once does not: choose one');
  const ticks = values['ticks'] === true;
  if (ticks && !idle) throw new UsageError('--ticks is for --idle: a day that is played has its ticks');
  const file = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  const tickFaults = {
    doubledShare: share('tick-doubled'),
    lateShare: share('tick-late'),
    missingShare: share('tick-missing'),
  };
  if (tickFaults.doubledShare + tickFaults.lateShare + tickFaults.missingShare > 1)
    throw new UsageError('the shares of doubled, late and missing ticks add up to at most 1');
  const markets = whole('markets');
  const { hasNewMarket }: Scenario = scenarios[scenario];
  if (hasNewMarket && markets < 2)
    throw new UsageError(`--scenario ${scenario} needs another market that the new one is like: --markets 2 or more`);
  if (idle && scenario !== 'steady')
    throw new UsageError('--scenario is for days that are played, and --idle plays none');
  return {
    once,
    idle,
    ticks,
    report: file('report'),
    traffic: file('traffic'),
    charts: file('charts'),
    scenario,
    seed: whole('seed'),
    markets,
    campaigns: whole('campaigns'),
    days: whole('days'),
    port: whole('port'),
    tickFaults,
  };
}

/** @throws UsageError */
function parseScenario(value: string | boolean | undefined): ScenarioName {
  const name = value ?? 'steady';
  const known = Object.keys(scenarios).find((one): one is ScenarioName => one === name);
  if (known === undefined)
    throw new UsageError(`--scenario takes one of ${Object.keys(scenarios).join(', ')}, not ${String(name)}`);
  return known;
}

/** How often ticks go wrong where no option says it. */
function faultsOf(name: ScenarioName): Record<keyof typeof shares, number> {
  const { tickFaults }: Scenario = scenarios[name];
  if (!tickFaults) return shares;
  const { doubledShare, lateShare, missingShare } = tickFaults;
  return { 'tick-doubled': doubledShare, 'tick-late': lateShare, 'tick-missing': missingShare };
}

function readArguments(args: string[]): Record<string, string | boolean | undefined> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    once: flag,
    idle: flag,
    ticks: flag,
    help: flag,
    report: text,
    traffic: text,
    charts: text,
    scenario: text,
    ...Object.fromEntries([...Object.keys(numbers), ...Object.keys(shares)].map((name) => [name, text])),
  };
  try {
    return parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error));
  }
}
