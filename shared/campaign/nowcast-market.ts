// How supply turns out beside its forecast: what reports saw against what was expected of the same windows, and once a day
// the factor that the plan multiplies the forecasts of days to come with.
import type { Market, SupplyDay } from '../contracts/documents.ts';
import type { SupplyObserved } from '../contracts/outcomes.ts';
import { nowcastFactor } from '../forecasting/nowcast.ts';
import { dayOf, shareOfDay } from '../forecasting/traffic-clock.ts';

type Nowcast = NonNullable<Market['nowcast']>;

export interface Observed {
  observed: readonly SupplyObserved[];
  /** Today's supply. */
  supply: SupplyDay | undefined;
  nowMs: number;
  /** The tick before: what lies between counts as expected if any group reported of it. */
  lastMs: number;
  isHeard: boolean;
}

/** What a day's ratio says beside the days before: each counts half of the next. */
const MEMORY = 0.5;
/** A day of which less was covered than this share of a day's traffic says nothing. */
const COVERED_SHARE = 0.25;
/** The spread of a day's ratio around the factor of its market, as a logarithm. */
const OWN_SPREAD = 0.05;
/** What a market's factor is taken to spread at least and at most, whatever its forecast says of itself. */
const [LEAST_SPREAD, MOST_SPREAD] = [0.05, 0.5];
const MAX_OBSERVED = 2 ** 50;
/** No day is remembered for more than this many times what was expected: one absurd report must not last. */
const MOST_RATIO = 4;

/** The nowcast after a tick. Its factor moves with the first tick of a day. */
export function nowcastMarket(
  known: Nowcast | undefined,
  { observed, supply, nowMs, lastMs, isHeard }: Observed,
): Nowcast | undefined {
  if (!supply) return known;
  const day = dayOf(nowMs);
  const before = known ?? { factor: 1, day, observed: 0, expected: 0 };
  const now = before.day === day ? before : nextDay(before, supply);
  const midnightMs = Date.parse(supply.day);
  const share = isHeard ? shareOfDay(supply.hourShape, midnightMs, Math.max(lastMs, midnightMs), nowMs) : 0;
  const seen = observed.flatMap(({ opportunities }) => opportunities);
  return {
    ...now,
    observed: Math.min(
      MAX_OBSERVED,
      seen.reduce((sum, cell) => sum + cell.opportunities, now.observed),
    ),
    expected: now.expected + share * trafficOf(supply, 'q50'),
  };
}

function nextDay(before: Nowcast, supply: SupplyDay): Nowcast {
  const day = supply.day;
  const [median, low] = [trafficOf(supply, 'q50'), trafficOf(supply, 'q10')];
  if (before.expected < COVERED_SHARE * median || median === 0) return { ...before, day };
  const market = Math.min(MOST_SPREAD, Math.max(LEAST_SPREAD, Math.log(median / low) / SIGMAS_OF_Q10));
  const factor = nowcastFactor([before], { market, own: OWN_SPREAD });
  return {
    day,
    factor: Math.min(10, Math.max(0.1, factor)),
    observed: Math.floor(Math.min(before.observed, MOST_RATIO * before.expected) * MEMORY),
    expected: before.expected * MEMORY,
  };
}

/** The first decile of a normal law lies so many sigma below its median. */
const SIGMAS_OF_Q10 = 1.2815515655446004;

function trafficOf({ cells }: SupplyDay, quantile: 'q10' | 'q50'): number {
  return cells.reduce((sum, cell) => sum + cell[quantile], 0);
}
