// How often the truth lies within the intervals of a cell that has just begun: 0, 1, 3 and 7 days after, with the other
// markets as its analogues. Markets of several invented kinds, and public series taken as if each began late.
import { analoguePrior, type Analogue } from '../../shared/forecasting/analogue-prior.ts';
import { forecastColdStart, startCell, totalColdStart } from '../../shared/forecasting/cold-start.ts';
import { NO_PRIOR, type ColdStartPrior } from '../../shared/forecasting/cold-start-prior.ts';
import type { HourlyHistory } from '../../shared/forecasting/clean-observations.ts';
import type { Figure } from './figure.ts';
import { createMarkets, marketKinds } from './forecast-markets.ts';
import { median } from './median.ts';
import { readM4, readNab, readTrafficShares } from './public-series.ts';

const OWN_DAYS = [0, 1, 3, 7];
const AHEAD_HOURS = 168;
const SEEDS = 12;
const MARKETS = 8;
const DAYS = 56;
/** Newcomers of one population: more say nothing new, fewer nothing. */
const [LEAST_NEWCOMERS, MOST_NEWCOMERS] = [20, 48];

/** Counts of hours, and of totals of a day and a week, by days of own history. */
interface Tally {
  newcomers: number;
  hours: number;
  inside: number;
  widths: number[];
  totals: number;
  totalsInside: number;
}

/** @param dataDir where the public series are */
export async function measureColdStart(dataDir: string): Promise<Figure[]> {
  const populations: [string, Analogue[][]][] = marketKinds.map((kind) => [
    kind.name,
    Array.from({ length: SEEDS }, (_, seed) => createMarkets(kind, seed, MARKETS, DAYS)),
  ]);
  const publicOnes: [string, Analogue[][]][] = [
    ['M4 hourly', groupsOf(await readM4(dataDir), MARKETS)],
    ['NAB', [await readNab(dataDir)]],
    ['traffic shares', groupsOf(await readTrafficShares(dataDir, DAYS), MARKETS)],
  ];
  populations.push(...publicOnes, ['all public series', publicOnes.flatMap(([, groups]) => groups)]);
  return populations.flatMap(([name, groups]) => figuresOf(name, tallyOf(groups)));
}

function groupsOf<T>(all: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let from = 0; from + size <= all.length; from += size) groups.push(all.slice(from, from + size));
  return groups;
}

/** By days of own history. */
function tallyOf(groups: readonly Analogue[][]): Tally[] {
  const tallies = OWN_DAYS.map((): Tally => ({
    newcomers: 0,
    hours: 0,
    inside: 0,
    widths: [],
    totals: 0,
    totalsInside: 0,
  }));
  const perGroup = Math.max(1, Math.ceil(MOST_NEWCOMERS / groups.length));
  for (const group of groups) {
    for (const newcomer of group.slice(0, perGroup)) {
      const others = group.filter((market) => market !== newcomer);
      const prior = analoguePrior(others, newcomer.activeListeners) ?? NO_PRIOR;
      OWN_DAYS.forEach((days, index) => {
        addNewcomer(tallies[index] as Tally, newcomer.history, prior, days * 24);
      });
    }
  }
  return tallies;
}

/** It begins in the middle of its history. */
function addNewcomer(tally: Tally, history: HourlyHistory, prior: ColdStartPrior, ownHours: number): void {
  const begin = Math.floor((history.values.length - AHEAD_HOURS - OWN_DAYS.length * 24) / 2);
  const now = begin + ownHours;
  const own = { startHour: history.startHour + begin, values: history.values.slice(begin, now) };
  const start = startCell(own, prior);
  const fromHour = history.startHour + now;
  const { mean, lower, upper } = forecastColdStart(start, fromHour, AHEAD_HOURS);
  const truth = history.values.subarray(now, now + AHEAD_HOURS);
  tally.newcomers += 1;
  truth.forEach((value, hour) => {
    tally.hours += 1;
    if (value >= (lower[hour] as number) && value <= (upper[hour] as number)) tally.inside += 1;
    tally.widths.push(((upper[hour] as number) - (lower[hour] as number)) / Math.max(1e-9, mean[hour] as number));
  });
  for (const hours of [24, 168]) {
    const { q10, q90 } = totalColdStart(start, fromHour, hours);
    const total = truth.subarray(0, hours).reduce((sum, value) => sum + value, 0);
    tally.totals += 1;
    if (total >= q10 && total <= q90) tally.totalsInside += 1;
  }
}

function figuresOf(name: string, tallies: readonly Tally[]): Figure[] {
  return tallies.flatMap(({ newcomers, hours, inside, widths, totals, totalsInside }, index): Figure[] => {
    const of = `cold start, ${name}, ${OWN_DAYS[index]} days`;
    const coverage = inside / hours;
    // Hours of one newcomer are right or wrong together: of few, no share of hours says whether intervals are honest.
    const isJudged = newcomers >= LEAST_NEWCOMERS;
    const figure = { name: `${of}: 95% intervals cover`, measured: coverage, unit: 'of hours' };
    return [
      ...(isJudged
        ? [
            { ...figure, name: `${figure.name}, at least`, bar: { atLeast: 0.85 } },
            { ...figure, name: `${figure.name}, at most`, bar: { atMost: 0.99 } },
          ]
        : [figure]),
      { name: `${of}: width of intervals, median`, measured: median(widths), unit: 'of the mean' },
      { name: `${of}: q10-q90 of totals cover`, measured: totalsInside / totals, unit: 'of totals' },
    ];
  });
}
