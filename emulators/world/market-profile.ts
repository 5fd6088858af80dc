// How big a market is and when its listeners listen: its weekly rhythm, by UTC hour. Built-in profiles are invented;
// traffic-file.ts makes them from measured shares.
import assert from 'node:assert/strict';

const HOURS_OF_WEEK = 168;

/** A market's size against the others, and its rhythm. Days are Monday first. */
export interface MarketProfile {
  market: string;
  /** Opportunities of its average day, as a multiple of the population's `dailyOpportunities`. */
  size: number;
  /** Traffic of each weekday against the average day; adds up to 7. */
  dayFactors: number[];
  /** For each weekday, the share of its traffic in each hour; each adds up to 1. */
  hourShapes: number[][];
}

/**
 * The profile of a market from the weights of its 168 hours, Monday 00:00 first, in any unit: shares of a week
 * and shares of a day give the same rhythm, as long as each weekday has some traffic.
 */
export function profileFromWeek(market: string, size: number, week: readonly number[]): MarketProfile {
  assert.equal(week.length, HOURS_OF_WEEK, 'profileFromWeek: a week has 168 hours');
  const total = week.reduce((sum, weight) => sum + weight, 0);
  const days = Array.from({ length: 7 }, (_day, index) => week.slice(index * 24, index * 24 + 24));
  const sums = days.map((hours) => hours.reduce((sum, weight) => sum + weight, 0));
  assert(
    sums.every((sum) => sum > 0),
    'profileFromWeek: every weekday needs traffic',
  );
  return {
    market,
    size,
    dayFactors: sums.map((sum) => (sum * 7) / total),
    hourShapes: days.map((hours, index) => hours.map((weight) => weight / (sums[index] ?? 1))),
  };
}

/** The first `count` built-in markets. Their clocks differ, so their peaks do too. */
export function builtInProfiles(count: number): MarketProfile[] {
  return firstMarkets(PLACES, count).map(([market, size, offsetHours]) => {
    const week = Array.from({ length: HOURS_OF_WEEK }, (_weight, utcHour) => {
      const local = (utcHour + offsetHours + HOURS_OF_WEEK) % HOURS_OF_WEEK;
      const hours = local >= 120 ? WEEKEND_HOURS : WORKDAY_HOURS;
      return (hours[local % 24] ?? 0) * (LOCAL_DAYS[Math.floor(local / 24)] ?? 1);
    });
    return profileFromWeek(market, size, week);
  });
}

/** The first `count` of these, in their own order; an Error when there are not so many. */
export function firstMarkets<T>(markets: readonly T[], count: number): T[] {
  const isPossible = Number.isSafeInteger(count) && count >= 1 && count <= markets.length;
  if (!isPossible) throw new Error(`markets must be a whole number from 1 to ${markets.length}, got ${count}`);
  return markets.slice(0, count);
}

/** Market, size, hours its clock is ahead of UTC. Daylight saving is left out. */
const PLACES: [string, number, number][] = [
  ['SE', 0.7, 1],
  ['DE', 1.3, 1],
  ['BR', 1.2, -3],
  ['US', 1.8, -6],
  ['GB', 1.1, 0],
  ['FR', 0.9, 1],
  ['MX', 1.0, -6],
  ['JP', 0.8, 9],
  ['ES', 0.8, 1],
  ['NL', 0.6, 1],
  ['PL', 0.7, 1],
  ['AU', 0.6, 10],
  ['CA', 0.7, -5],
  ['IT', 0.7, 1],
  ['NO', 0.4, 1],
];

/** How many markets {@link builtInProfiles} knows. */
export const BUILT_IN_MARKETS = PLACES.length;

/** Local hours of a workday: commute, lunch, and an evening that is higher than both. */
const WORKDAY_HOURS = [18, 10, 7, 6, 8, 16, 36, 58, 62, 52, 48, 50, 56, 54, 52, 56, 66, 78, 82, 80, 76, 66, 48, 30];
/** Local hours of a weekend day: later, flatter. */
const WEEKEND_HOURS = [30, 22, 15, 10, 8, 9, 14, 24, 38, 52, 62, 68, 72, 72, 70, 70, 72, 76, 80, 82, 80, 72, 58, 42];
/** Level of each local day, Monday first. */
const LOCAL_DAYS = [0.96, 0.97, 0.99, 1.02, 1.1, 1.04, 0.94];
