// `npm run bench -- NAME`: measures, prints each figure beside its bar, and exits 1 when one is missed. No bar is a time,
// but for those that availability and decision promise: each is a count, a price, or a ratio between two things measured
// in turns within one run.
import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';
import { exitCodeOf, formatFigures, thisMachine, toJson, type BenchResult } from './figure.ts';

export interface BenchOptions {
  /** How often each side is measured; the bench's own number when absent. */
  rounds?: number;
  /** What was given of the bench's own options, by name. */
  own?: Readonly<Record<string, string | boolean>>;
}

export interface Bench {
  run(options: BenchOptions): Promise<BenchResult>;
}

interface Entry {
  about: string;
  /** It counts and times nothing: doing it again would change nothing. */
  isCount?: true;
  /** Options that only this bench takes: a flag, or one with a value and what it is called. */
  options?: Record<string, { type: 'boolean' | 'string'; value?: string; about: string }>;
  load(): Promise<Bench>;
}

const benches: Record<string, Entry> = {
  events: {
    about: 'throughput from publish to rows beside a bare function on the same stack; reads and writes per event',
    load: () => import('./events.ts'),
  },
  'tick-cost': {
    about: 'documents, rows and dollars of a minute of ticks, beside a document and a row per subcampaign',
    isCount: true,
    load: () => import('./tick-cost.ts'),
  },
  cost: {
    about: 'dollars of a million events and subcampaign-minutes at list prices, and which quota binds first',
    isCount: true,
    load: () => import('./cost.ts'),
  },
  coldstart: {
    about: 'load time and memory of every bundle beside a bare function with the same Google clients',
    load: () => import('./coldstart.ts'),
  },
  hostile: {
    about: 'how long hostile requests wait beside good ones; the slowest pattern over text made for it',
    load: () => import('./hostile.ts'),
  },
  allocation: {
    about: 'value, time and fairness of allocation beside the linear programme; or of one instance from a file',
    options: {
      instance: { type: 'string', value: 'FILE', about: 'solve this instance (JSON) instead of the built-in suite' },
      out: { type: 'string', value: 'FILE', about: 'write {"y": [units of each edge, in the order of the file]}' },
      warm: {
        type: 'string',
        value: 'FILE',
        about: 'start from the line prices of this instance (by line id): ms and speedup are the warm ones',
      },
      fairness: { type: 'boolean', about: 'give lines their proportional part first; off for an instance otherwise' },
    },
    load: () => import('./allocation.ts'),
  },
  split: {
    about: 'response of a split budget beside the best there is, on S-shaped and concave curves',
    load: () => import('./split.ts'),
  },
  'live-price': {
    about: 'value of one live price per line beside priority, greedy and cell draws, over the hindsight bound',
    load: () => import('./live-price.ts'),
  },
  auction: {
    about:
      'guaranteed contracts, auctioned lines and spot in one decision, over the most that was possible in hindsight',
    isCount: true,
    options: { seed: { type: 'string', value: 'N', about: 'draw worlds from this seed on, 1 when left out' } },
    load: () => import('./auction.ts'),
  },
  loop: {
    about:
      'value of a day through handlers, leases and late clicks, over the hindsight bound; beside rules without prices',
    isCount: true,
    options: {
      seed: { type: 'string', value: 'N', about: 'play this seed alone; three otherwise' },
      days: { type: 'string', value: 'N', about: 'flights of N days, 1 when left out' },
    },
    load: () => import('./loop.ts'),
  },
  decision: {
    about:
      'decisions a second by a plan of 1,000 subcampaigns, the slowest of a hundred, lines over HTTP beside a bare function',
    load: () => import('./decision.ts'),
  },
  booking: {
    about: '1,000 campaigns booked in one call on the emulators, and bulks that race for the same scarce supply',
    isCount: true,
    options: { trials: { type: 'string', value: 'N', about: 'races of two bulks, 200 when left out' } },
    load: () => import('./booking.ts'),
  },
  quote: {
    about: 'quotes a second over HTTP and the slowest of a hundred beside a bare function; promises; a season of them',
    options: {
      seed: {
        type: 'string',
        value: 'N',
        about: 'draw the judged markets, requests and season from this seed, 1 when left out',
      },
    },
    load: () => import('./quote.ts'),
  },
  pacing: {
    about: 'value of pacing over the best in hindsight, late clicks, spend curves; or decisions for a log from a file',
    isCount: true,
    options: {
      log: { type: 'string', value: 'FILE', about: 'decide this log (CSV: minute,value,price) instead, one by one' },
      budget: { type: 'string', value: 'B', about: 'its money, in the units of price' },
      history: { type: 'string', value: 'FILE', about: 'an earlier log of the same form; without one it starts cold' },
      out: { type: 'string', value: 'FILE', about: 'write index,won,paid of each opportunity' },
    },
    load: () => import('./pacing.ts'),
  },
  availability: {
    about: 'availability beside the linear programme; how fast its quick answers are, and that none promises too much',
    load: () => import('./availability.ts'),
  },
  reach: {
    about: 'reach, frequency and flights beside listeners served one by one; fits of exposures beside published ones',
    isCount: true,
    options: {
      file: {
        type: 'string',
        value: 'FILE',
        about: 'fit this table of exposures (CSV: exposures,people) and nothing else',
      },
      data: { type: 'string', value: 'DIR', about: 'the public data; ../shared/data otherwise' },
    },
    load: () => import('./reach.ts'),
  },
  'full-spend': {
    about: 'calibration of the probability of full spend, its spread estimated from past errors; or of settled quotes',
    options: {
      file: { type: 'string', value: 'FILE', about: 'score these quotes (JSON lines) instead of synthetic markets' },
    },
    load: () => import('./full-spend.ts'),
  },
  season: {
    about: 'quotes of a simulated season beside what came: ranges, probabilities of full spend, sure ones',
    isCount: true,
    options: {
      season: { type: 'string', value: 'NAME', about: 'usual, crowded, calm, stormy or young; usual when left out' },
      seed: { type: 'string', value: 'N', about: 'draw the season from this seed, 1 when left out' },
    },
    load: () => import('./season.ts'),
  },
  response: {
    about: 'rates of clicks on Open Bandit logs, delays, the click filter and increments beside their truth',
    isCount: true,
    options: {
      data: { type: 'string', value: 'DIR', about: 'where the public data are (default ../shared/data)' },
      file: { type: 'string', value: 'FILE', about: 'only rates, of this log of the same form' },
    },
    load: () => import('./response.ts'),
  },
  forecast: {
    about:
      'hourly forecasts on public series as M4 scores them, totals and their bands, speed; or of series from files',
    options: {
      train: { type: 'string', value: 'FILE', about: 'forecast these series (CSV: id, values) instead of the suite' },
      test: { type: 'string', value: 'FILE', about: 'what came after them, the same ids; its length is the horizon' },
      season: { type: 'string', value: 'N', about: 'steps after which the series repeat, 24 when left out' },
      out: { type: 'string', value: 'FILE', about: 'write rows id,kind,values: kind is mean, lower or upper' },
      data: { type: 'string', value: 'DIR', about: 'the folder of public data, ../shared/data when left out' },
    },
    load: () => import('./forecast.ts'),
  },
};

const USAGE = `npm run bench -- NAME [--rounds N] [--json]

${Object.entries(benches)
  .map(([name, { about }]) => `  ${name.padEnd(14)}${about}`)
  .join('\n')}

  --rounds N  measure each side N times (events, coldstart, hostile, allocation, split, live-price, availability, forecast, decision, quote)
  --json      print the result as one JSON object on the last line
  --help      this text
${Object.entries(benches).map(describeOptions).join('')}
Exits 0 when every bar is reached, 1 when one is missed, 2 for arguments that make no sense.
`;

function describeOptions([name, { options = {} }]: [string, Entry]): string {
  const rows = Object.entries(options).map(([option, { value, about }]) => {
    return `  ${`--${option}${value === undefined ? '' : ` ${value}`}`.padEnd(18)}${about}\n`;
  });
  return rows.length === 0 ? '' : `\n${name} alone:\n${rows.join('')}`;
}

async function main(args: string[]): Promise<number> {
  const { name, json, options } = parse(args);
  if (name === undefined) {
    process.stdout.write(USAGE);
    return 0;
  }
  const bench = await (benches[name] as Entry).load();
  const result = await bench.run(options);
  console.log(formatFigures(result.figures));
  for (const note of result.notes) console.log(`\n${note}`);
  if (json) console.log(JSON.stringify(toJson(name, result, thisMachine())));
  return exitCodeOf(result.figures);
}

/** @throws UsageError */
function parse(args: string[]): { name: string | undefined; json: boolean; options: BenchOptions } {
  const { values, positionals } = read(args);
  const [name, ...others] = positionals;
  if (others.length > 0) throw new UsageError(`one bench at a time: ${others.join(' ')} is too much`);
  if (values.help === true) return { name: undefined, json: false, options: {} };
  if (name !== undefined && !Object.hasOwn(benches, name)) {
    throw new UsageError(`there is no bench ${name}; there are ${Object.keys(benches).join(', ')}`);
  }
  if (name !== undefined && benches[name]?.isCount && values.rounds !== undefined) {
    throw new UsageError(`${name} counts, it takes no rounds`);
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= 100)) {
    throw new UsageError(`--rounds takes a whole number from 1 to 100, not ${values.rounds}`);
  }
  const own = ownOptions(name, values);
  return { name, json: values.json === true, options: rounds === undefined ? { own } : { rounds, own } };
}

/** @throws UsageError for an option of another bench */
function ownOptions(name: string | undefined, values: Record<string, string | boolean | undefined>) {
  const own: Record<string, string | boolean> = {};
  for (const [option, value] of Object.entries(values)) {
    if (value === undefined || Object.hasOwn(commonOptions, option)) continue;
    if (!Object.hasOwn(benches[name ?? '']?.options ?? {}, option)) {
      throw new UsageError(`--${option} is no option of ${name ?? 'the list of benches'}`);
    }
    own[option] = value;
  }
  return own;
}

const commonOptions = {
  json: { type: 'boolean' },
  help: { type: 'boolean' },
  rounds: { type: 'string' },
} as const;

interface Values extends Record<string, string | boolean | undefined> {
  json?: boolean;
  help?: boolean;
  rounds?: string;
}

function read(args: string[]): { values: Values; positionals: string[] } {
  try {
    const own = Object.values(benches).flatMap(({ options = {} }) =>
      Object.entries(options).map(([option, { type }]) => [option, { type }] as const),
    );
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { ...Object.fromEntries(own), ...commonOptions },
    });
    return { values: values, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

main(process.argv.slice(2)).then(
  // Clients keep connections open: what was measured is printed, and nothing is left to wait for.
  (code) => process.exit(code),
  (error: unknown) => {
    const isUsage = error instanceof UsageError;
    console.error(isUsage ? `${error.message}\n\n${USAGE}` : error);
    process.exit(isUsage ? 2 : 1);
  },
);
