// backfill: forecasts of many markets at once, where the schedule would take a night each: new markets, a new model, and
// forecasts as of past weeks, so that there is a record to score from the first day.
import { DAY_MS, HOUR_MS, dayOf } from '../forecasting/traffic-clock.ts';
import { refreshSupply, type Refreshed } from '../outcomes/refresh-supply.ts';
import { countOption, instantOption, pathPart, textOption, UsageError, type Command, type Context } from './command.ts';
import { formatTime } from './format-values.ts';
import { unknownMarket } from './nearest.ts';
import { formatTable } from './table.ts';

const SOURCE = 'command-line';
const WEEK_MS = 7 * DAY_MS;
const OBSERVED_DAYS = 70;
const BAR = 24;

interface Job {
  market: string;
  nowMs: number;
  isPast: boolean;
}

export const backfill: Command = {
  name: 'backfill',
  summary: 'forecast many markets now, and as of past weeks',
  usage: ['backfill [--market M] [--past N] [--at INSTANT] [--dry-run] [--json]'],
  options: {
    market: { type: 'string', value: 'M', help: 'one market; without it, every market that is known or observed' },
    past: { type: 'string', value: 'N', help: 'also what would have been forecast 1 to N weeks ago, to be scored' },
    at: { type: 'string', value: 'INSTANT', help: 'forecast from this time instead of now, RFC 3339' },
    'dry-run': { type: 'boolean', help: 'list what would be forecast and write nothing' },
  },
  notes: [
    'Forecasts of past weeks see nothing later than their week, are recorded to be scored, and sell nothing. What was',
    'forecast already in the same hour is left as it is: after Ctrl-C the same command goes on where it was stopped.',
    'Exit code 1: a market keeps its last good forecast, or none could be made.',
  ],
  async run(args, context) {
    if (args.positionals.length > 0) throw new UsageError('backfill takes options only, such as --market SE');
    const wanted = textOption(args, 'market');
    if (wanted !== undefined) pathPart(wanted, 'a market');
    const weeks = args.values['past'] === undefined ? 0 : countOption(args, 'past', { otherwise: 0, most: 52 });
    const nowMs = instantOption(args, 'at') ?? context.clock();
    const { ports } = await context.connect();
    const observed = await ports.features.markets(dayOf(nowMs - OBSERVED_DAYS * DAY_MS));
    const known = [...new Set([...(await ports.store.markets()), ...observed])].sort();
    if (wanted !== undefined && !known.includes(wanted)) {
      const text = unknownMarket(wanted, known);
      return { exit: 'different', text, json: { error: { message: text } } };
    }
    const jobs = (wanted === undefined ? known : [wanted]).flatMap((market): Job[] => [
      ...Array.from({ length: weeks }, (_, week) => ({
        market,
        nowMs: nowMs - (weeks - week) * WEEK_MS,
        isPast: true,
      })),
      { market, nowMs, isPast: false },
    ]);
    if (args.values['dry-run'] === true) {
      const list = jobs.map((job) => `${job.market} at ${formatTime(job.nowMs)}`);
      return { exit: 'ok', text: [...list, 'nothing was written'].join('\n'), json: { dryRun: true, jobs } };
    }
    return conclude(await forecastAll(jobs, context));
  },
};

async function forecastAll(jobs: readonly Job[], context: Context): Promise<(Job & Refreshed)[]> {
  const { ports } = await context.connect();
  const say = (line: string) => context.progress(line);
  const log = { info: () => {}, warn: say, error: say, critical: say };
  const done: (Job & Refreshed)[] = [];
  for (const job of jobs) {
    const { market, nowMs, isPast } = job;
    context.progress(`${bar(done.length, jobs.length)} ${market} at ${formatTime(nowMs)}`);
    const forecastId = `backfill:${market}:${Math.floor(nowMs / HOUR_MS)}`;
    const of = { market, forecastId, source: SOURCE, nowMs, isPast };
    done.push({ ...job, ...(await refreshSupply({ ...ports, log, clock: () => context.clock() }, of)) });
  }
  context.progress(bar(done.length, jobs.length));
  return done;
}

/** `[########........] 4 of 8`. */
function bar(done: number, all: number): string {
  const filled = all === 0 ? BAR : Math.round((BAR * done) / all);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${done} of ${all}`;
}

function conclude(done: readonly (Job & Refreshed)[]) {
  const rows = done.map(({ market, nowMs, result, cells, days, reasons }) => [
    market,
    formatTime(nowMs),
    result,
    cells,
    days,
    reasons.map(({ code, detail }) => `${code}: ${detail}`).join('; '),
  ]);
  const made = done.filter(({ result }) => result === 'refreshed').length;
  const kept = done.filter(({ result, isPast }) => result === 'frozen' && !isPast).length;
  const others = done.length - made - kept;
  const text =
    done.length === 0
      ? 'there is no market yet'
      : `${formatTable(['market', 'from', 'result', 'cells', 'days', 'why not'], rows)}\n${made} forecasts, ${kept} kept${others > 0 ? `, ${others} without either` : ''}`;
  return {
    exit: kept === 0 && done.length > 0 ? ('ok' as const) : ('different' as const),
    text,
    json: { forecasts: done },
  };
}
