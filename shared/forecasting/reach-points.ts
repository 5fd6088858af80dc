// Reach as a function of money, and money of reach: what a quote says, and the curve that a split of budgets reads.
import { MAX_MICROS } from '../contracts/micros.ts';
import { ForecastError } from './forecast-error.ts';
import { impressions, offerRateForImpressions, offerRateForReach, reach } from './reach.ts';
import { assertCap, assertSlots, type Slots } from './slots.ts';

/** What money buys: slots at random until a listener has `cap` exposures. */
export interface ReachOffer {
  supply: Slots;
  /** Expected cost of one exposure, any number of at least 0. */
  costPerOpportunityMicros: number;
  /** Exposures of one listener; Infinity for any number. */
  cap: number;
}

export interface BoughtReach {
  /** Listeners. */
  reach: number;
  impressions: number;
  /** The probability that a slot is taken. */
  offerRate: number;
  /** What is spent of the budget, any number: no more than all exposures cost. */
  spentMicros: number;
}

/**
 * What a budget reaches. What costs nothing is all bought, without money.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function reachByBudget(offer: ReachOffer, budgetMicros: number): BoughtReach {
  assertOffer(offer);
  if (!(budgetMicros >= 0)) refuse(`a budget must be a number of at least 0, not ${budgetMicros}`);
  const { supply, costPerOpportunityMicros, cap } = offer;
  const isFree = costPerOpportunityMicros === 0;
  const affordable = isFree ? Infinity : budgetMicros / costPerOpportunityMicros;
  const offerRate = cap === 0 ? 0 : offerRateForImpressions(supply, affordable, cap);
  const bought = impressions(supply, offerRate, cap);
  return {
    reach: cap === 0 ? 0 : reach(supply, offerRate),
    impressions: bought,
    offerRate,
    spentMicros: Math.min(budgetMicros, bought * costPerOpportunityMicros),
  };
}

/**
 * The least budget, in whole micros, that reaches so many listeners; Infinity when no budget does.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function budgetForReach(offer: ReachOffer, listeners: number): number {
  assertOffer(offer);
  const { supply, costPerOpportunityMicros, cap } = offer;
  const offerRate = offerRateForReach(supply, listeners);
  if (offerRate === 0) return 0;
  if (cap === 0 || listeners > reach(supply, 1)) return Infinity;
  return Math.ceil(impressions(supply, offerRate, cap) * costPerOpportunityMicros);
}

/** The most points of a curve, and how near it they are, as a part of the highest reach. */
const POINTS = 33;
const NEARNESS = 1e-4;

/** How densely the curve is looked at: by equal factors from where nobody is likely to have two exposures, and by equal steps. */
const FACTORS = 300;
const STEPS = 200;

/**
 * `reachByBudget` as straight lines between at most 33 points: the first 0 and 0 (but for what costs nothing), whole micros
 * ascending, reach rising and concave; flat after the last. Within 1e-3 of the highest reach. Under a cap the true curve can
 * rise faster again, once those who come often have all they may; there the line above is drawn (the concave hull), which a
 * split of budgets needs.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function reachPoints(offer: ReachOffer): { micros: number[]; reach: number[] } {
  assertOffer(offer);
  const { supply, costPerOpportunityMicros, cap } = offer;
  const highest = cap === 0 ? 0 : reach(supply, 1);
  if (highest === 0) return { micros: [0], reach: [0] };
  if (costPerOpportunityMicros === 0) return { micros: [0], reach: [highest] };
  const most = supply.slots[supply.slots.length - 1] as number;
  const factors = Array.from({ length: FACTORS }, (_, index) => (1000 * most) ** (index / FACTORS - 1));
  const steps = Array.from({ length: STEPS }, (_, index) => (index + 1) / STEPS);
  const rates = [...factors, ...steps].sort((one, other) => one - other);
  const all = rates.map((rate) => ({
    micros: impressions(supply, rate, cap) * costPerOpportunityMicros,
    reach: reach(supply, rate),
  }));
  const chosen = nearestPoints(hullOf([{ micros: 0, reach: 0 }, ...all]), NEARNESS * highest);
  const whole = chosen.map(({ micros }) => Math.min(MAX_MICROS, Math.max(1, Math.round(micros))));
  const points = [...new Set(whole)].map((micros) => ({ micros, reach: reachByBudget(offer, micros).reach }));
  const curve = hullOf([{ micros: 0, reach: 0 }, ...points]);
  return { micros: curve.map(({ micros }) => micros), reach: curve.map(({ reach: people }) => people) };
}

interface Point {
  micros: number;
  reach: number;
}

/** The points of the least concave curve above all; ascending in and out. */
function hullOf(points: readonly Point[]): Point[] {
  const hull: Point[] = [];
  for (const point of points) {
    for (;;) {
      const [before, last] = [hull.at(-2), hull.at(-1)];
      if (last === undefined) break;
      const isRising = point.micros > last.micros && point.reach > last.reach;
      if (!isRising) break;
      if (before === undefined || slope(before, last) > slope(last, point)) break;
      hull.pop();
    }
    const last = hull.at(-1);
    if (last === undefined || (point.micros > last.micros && point.reach > last.reach)) hull.push(point);
  }
  return hull;
}

function slope(from: Point, to: Point): number {
  return (to.reach - from.reach) / (to.micros - from.micros);
}

/**
 * Some points of a concave curve after its first: equally far apart in the integral of the root of its curvature, so that
 * all lines are equally near (de Boor, A Practical Guide to Splines, chapter III): the square of that distance over 8.
 */
function nearestPoints(curve: readonly Point[], nearness: number): Point[] {
  const bends = curve.map((point, index) => {
    const [before, after] = [curve[index - 1], curve[index + 1]];
    if (before === undefined || after === undefined) return 0;
    return Math.sqrt(((slope(before, point) - slope(point, after)) * (after.micros - before.micros)) / 2);
  });
  const all = bends.reduce((sum, bend) => sum + bend, 0);
  const pieces = Math.min(POINTS - 1, Math.max(1, Math.ceil(all / Math.sqrt(8 * nearness))));
  let passed = 0;
  let cut = 1;
  const chosen = curve.filter((_, index) => {
    passed += bends[index] as number;
    if (cut >= pieces || passed < (cut * all) / pieces) return false;
    cut = Math.floor((passed * pieces) / all) + 1;
    return true;
  });
  return [...chosen, curve.at(-1) as Point];
}

function assertOffer({ supply, costPerOpportunityMicros, cap }: ReachOffer): void {
  assertSlots(supply);
  assertCap(cap);
  if (!(costPerOpportunityMicros >= 0 && costPerOpportunityMicros <= MAX_MICROS))
    refuse(`the cost of an opportunity must be from 0 to 2^53-1, not ${costPerOpportunityMicros}`);
}

function refuse(problem: string): never {
  throw new ForecastError('INVALID_HISTOGRAM', problem);
}
