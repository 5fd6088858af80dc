// `npm run simulate`: plays seeds of the simulation, or one of them with a trace of all that happens.
import { parseArgs } from 'node:util';
import { bugs, switchOn } from './bugs.ts';
import { playSeeds, type Played } from './play-seeds.ts';

const USAGE = `npm run simulate -- [options]

Plays the real handlers over ports that fail, in an order that each seed draws: copies, losses, aborts, deaths of
processes. Every commit and the end are checked against what was published.

  --seeds N    play N seeds (default 2000)
  --from N     begin with this seed (default 1)
  --seed S     play seed S alone and print all that happens
  --bug NAME   with this bug in the code: ends with the first seed that catches it
  --list-bugs  the bugs there are
  --json       print the result as one JSON object on the last line
  --help       this text

Exits 0 when every promise held, 1 when one was broken, 2 for arguments that make no sense.
`;

class UsageError extends Error {}

interface Options {
  help: boolean;
  listBugs: boolean;
  json: boolean;
  seeds: number;
  from: number;
  seed: number | undefined;
  bug: string | undefined;
}

async function main(args: string[]): Promise<number> {
  const options = parse(args);
  if (options.help) console.log(USAGE);
  else if (options.listBugs) console.log(listOfBugs());
  else return options.seed === undefined ? playMany(options) : playOne(options.seed, options);
  return 0;
}

function listOfBugs(): string {
  const width = Math.max(...bugs.map(({ name }) => name.length));
  return bugs.map(({ name, about }) => `${name.padEnd(width)}  ${about}`).join('\n');
}

async function playMany({ seeds, from, bug, json }: Options): Promise<number> {
  let toldAtMs = performance.now();
  const played = await playSeeds({
    ...{ seeds, from, bug },
    onProgress: (sum) => {
      if (performance.now() - toldAtMs < 2000) return;
      toldAtMs = performance.now();
      console.error(`${sum.seeds} of ${seeds} seeds, ${sum.failures.length} failed, ${rate(sum.seeds, sum)} a second`);
    },
  });
  report(played, bug, json);
  return played.failures.length > 0 ? 1 : 0;
}

const MAX_SHOWN = 10;

function report(played: Played, bug: string | undefined, json: boolean): void {
  const { seeds, events, handlerRuns, failures } = played;
  for (const { seed, violations } of failures.slice(0, MAX_SHOWN)) {
    console.log(
      `seed ${seed}: ${violations[0] ?? ''}${violations.length > 1 ? ` (and ${violations.length - 1} more)` : ''}`,
    );
  }
  const again =
    failures[0] && `npm run simulate -- --seed ${failures[0].seed}${bug === undefined ? '' : ` --bug ${bug}`}`;
  if (failures.length > MAX_SHOWN) console.log(`and ${failures.length - MAX_SHOWN} seeds more`);
  console.log(
    `${seeds} seeds, ${events} events, ${handlerRuns} handler runs in ${played.seconds.toFixed(1)} s (${rate(seeds, played)} seeds and ${rate(handlerRuns, played)} handler runs a second): ${failures.length === 0 ? 'every promise held' : `${failures.length} seeds broke one`}`,
  );
  if (again) console.log(`To see one happen: ${again}`);
  if (json) console.log(JSON.stringify(toJson(played)));
}

function toJson(played: Played) {
  const { seeds, events, handlerRuns, failures, seconds } = played;
  const violations = failures.reduce((sum, failure) => sum + failure.violations.length, 0);
  const [seedsPerSecond, handlerRunsPerSecond] = [seeds / seconds, handlerRuns / seconds].map(Math.round);
  return {
    seeds,
    events,
    handlerRuns,
    violations,
    seedsPerSecond,
    handlerRunsPerSecond,
    failures: failures.slice(0, MAX_SHOWN),
  };
}

function rate(count: number, { seconds }: Played): string {
  return (count / seconds).toFixed(0);
}

async function playOne(seed: number, { bug, json }: Options): Promise<number> {
  const wanted = bugs.find(({ name }) => name === bug);
  if (wanted) switchOn(wanted);
  const { runSeed } = await import('./run-seed.ts');
  const startedAtMs = performance.now();
  const { events, handlerRuns, violations } = await runSeed(seed, (line) => console.log(line));
  const seconds = (performance.now() - startedAtMs) / 1000;
  const failures = violations.length > 0 ? [{ seed, violations }] : [];
  for (const violation of violations) console.log(`seed ${seed}: ${violation}`);
  console.log(
    `seed ${seed}: ${events} events, ${handlerRuns} handler runs, ${violations.length === 0 ? 'every promise held' : `${violations.length} broken promises`}`,
  );
  if (json) console.log(JSON.stringify(toJson({ seeds: 1, events, handlerRuns, seconds, failures })));
  return violations.length > 0 ? 1 : 0;
}

/** @throws UsageError */
function parse(args: string[]): Options {
  const { values } = read(args);
  const whole = (name: 'seeds' | 'from' | 'seed', low: number) => {
    if (values[name] === undefined) return undefined;
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < low)
      throw new UsageError(`--${name} takes a whole number from ${low}, not ${values[name]}`);
    return value;
  };
  const { bug } = values;
  if (bug !== undefined && !bugs.some(({ name }) => name === bug))
    throw new UsageError(`there is no bug ${bug}: --list-bugs says which there are`);
  const seed = whole('seed', 0);
  if (seed !== undefined && (values.seeds !== undefined || values.from !== undefined))
    throw new UsageError('--seed plays one seed: it takes neither --seeds nor --from');
  const { help = false, json = false, 'list-bugs': listBugs = false } = values;
  return { help, json, listBugs, bug, seed, seeds: whole('seeds', 1) ?? 2000, from: whole('from', 0) ?? 1 };
}

function read(args: string[]) {
  try {
    const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const;
    const options = { seeds: text, from: text, seed: text, bug: text, 'list-bugs': flag, json: flag, help: flag };
    return parseArgs({ args, options });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error));
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
