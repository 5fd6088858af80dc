// What a budget brings: impressions, listeners, clicks, conversions and spend, each as a careful, a middle and a hopeful number.
import type { CappedDays } from './capped-days.ts';
import { clickLaw, type ClickLaw, type ClickRate, type SupplyLaw } from './click-law.ts';
import { clicksReached, placeBetween } from './clicks-reached.ts';
import { ForecastError } from './forecast-error.ts';
import { fullSpendOf, type SpendTerms } from './full-spend.ts';
import { keptShares, lawBeside, type LaterBookings } from './later-bookings.ts';
import { normalCdf } from './normal-cdf.ts';

export interface DeliveryTerms extends SpendTerms {
  /** Conversions per click. */
  conversion: ClickRate;
  /** Listeners that so many impressions reach, not falling; absent where none were counted. */
  reachAt?: (impressions: number) => number;
  /** What others may still book of what the budget leaves; absent: nothing. */
  later?: LaterBookings;
  /** What its daily caps leave; absent where it has none. */
  capped?: CappedDays;
  /** Of the logarithm of the click rate: some of its cells are served more than others, nobody knows which. 0 when absent. */
  mixVariance?: number;
}

/** The tenth, the fiftieth and the ninetieth percentile: real numbers, low <= mid <= high. */
export interface DeliveryRange {
  low: number;
  mid: number;
  high: number;
}

export interface Delivery {
  budgetMicros: number;
  /** Probability that all of it is spent. */
  fullSpend: number;
  /** Never more than the budget. */
  spendMicros: DeliveryRange;
  clicks: DeliveryRange;
  impressions: DeliveryRange;
  conversions: DeliveryRange;
  reach?: DeliveryRange;
  /** Impressions per listener reached. */
  frequency?: DeliveryRange;
}

/**
 * The delivery of each budget. Supply, click rate and chance are one law for all budgets; what is delivered ends where the
 * first of money and supply does, so that medians rise ever more slowly with the budget.
 * @param budgetsMicros any order; one delivery each, in the same order
 * @param law of these terms, where it is known already
 * @throws ForecastError `INVALID_QUOTE` for amounts that are negative or no numbers, and a price of 0
 */
export function deliveryCurve(
  terms: DeliveryTerms,
  budgetsMicros: readonly number[],
  law: ClickLaw = clickLaw(terms.supply, terms.rate),
): Delivery[] {
  const { supply, rate, clickPriceMicros, conversion, later, capped, mixVariance = 0 } = terms;
  assertConversion(conversion);
  const free = later ? undefined : potentialOf(law, supply, rate);
  return budgetsMicros.map((budgetMicros) => {
    const payable = budgetMicros / clickPriceMicros;
    const own = later ? lawBeside(law, payable, later) : law;
    const kept = later ? keptShares(payable, later) : [{ weight: 1, share: 1 }];
    const left = supply.flatMap(({ weight, median, sigma }) =>
      kept.map((part) => ({ weight: weight * part.weight, median: median * part.share, sigma })),
    );
    const uncapped = free ?? potentialOf(own, left, rate);
    const ofCaps = (clicks: number) => (capped ? capped.spentOf(clicks * clickPriceMicros) / clickPriceMicros : clicks);
    const potential = mapRange(uncapped, ofCaps);
    const shown = capped
      ? left.map((node) => ({ ...node, median: node.median * keptOf(capped, node.median, terms) }))
      : left;
    const impressions = rangeOf((share) => impressionsReached({ supply: shown, rate, mixVariance }, payable, share));
    const neededMicros = capped ? capped.neededFor(budgetMicros) : budgetMicros;
    return {
      budgetMicros,
      fullSpend: neededMicros < Infinity ? fullSpendOf(own, clickPriceMicros, neededMicros) : 0,
      spendMicros: mapRange(potential, (most) => Math.min(budgetMicros, most * clickPriceMicros)),
      clicks: mapRange(potential, (most) => Math.min(most, payable)),
      impressions,
      conversions: rangeOf((share) => conversionsReached(potential, conversion, payable, share)),
      ...listeners(impressions, terms.reachAt),
    };
  });
}

/** The share of so many opportunities that daily caps leave. */
function keptOf(capped: CappedDays, opportunities: number, { rate, clickPriceMicros }: DeliveryTerms): number {
  const micros = rate.alpha > 0 ? (opportunities * clickPriceMicros * rate.alpha) / (rate.alpha + rate.beta) : 0;
  return micros > 0 ? capped.spentOf(micros) / micros : 1;
}

/** Clicks that supply has, whatever the budget; each is looked for where the law of the supply would have it. */
function potentialOf(law: ClickLaw, supply: SupplyLaw, rate: ClickRate): DeliveryRange {
  const weights = supply.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (of: (node: SupplyLaw[number]) => number) =>
    supply.reduce((sum, node) => sum + (node.weight / weights) * of(node), 0);
  const share = rate.alpha > 0 ? rate.alpha / (rate.alpha + rate.beta) : 0;
  const mid = clicksReached(law, 0.5, share * mean(({ median }) => median));
  const spread = Math.exp(Z90 * mean(({ sigma }) => sigma));
  return { low: clicksReached(law, 0.9, mid / spread), mid, high: clicksReached(law, 0.1, mid * spread) };
}

function rangeOf(reached: (probability: number) => number): DeliveryRange {
  return { low: reached(0.9), mid: reached(0.5), high: reached(0.1) };
}

function mapRange({ low, mid, high }: DeliveryRange, map: (value: number) => number): DeliveryRange {
  return { low: map(low), mid: map(mid), high: map(high) };
}

/** Who is reached by so many impressions varies with how often each is shown them: nobody varies where each sees one. */
const REACH_SPREAD = 0.2;

function listeners(impressions: DeliveryRange, reachAt: DeliveryTerms['reachAt']) {
  if (!reachAt) return {};
  const reach = reachRange(impressions, mapRange(impressions, reachAt));
  const per = (shown: number, reached: number) => (reached > 0 ? shown / reached : 0);
  const frequencies = [
    per(impressions.low, reach.low),
    per(impressions.mid, reach.mid),
    per(impressions.high, reach.high),
  ].sort((a, b) => a - b) as [number, number, number];
  return { reach, frequency: { low: frequencies[0], mid: frequencies[1], high: frequencies[2] } };
}

/** What impressions vary by and what their listeners do, as independent spreads of a logarithm. */
export function reachRange(impressions: DeliveryRange, reached: DeliveryRange): DeliveryRange {
  const { low, mid, high } = reached;
  if (mid <= 0) return reached;
  const own = Z90 * REACH_SPREAD * Math.max(0, 1 - mid / Math.max(mid, impressions.mid));
  return {
    low: low > 0 ? mid * Math.exp(-Math.hypot(Math.log(mid / low), own)) : 0,
    mid,
    high: Math.max(mid, Math.min(impressions.high, mid * Math.exp(Math.hypot(Math.log(high / mid), own)))),
  };
}

/**
 * Impressions end with the supply or with the click that spends the last money, whichever is first; the two are
 * independent. The impressions until a click are about log-normal.
 */
function impressionsReached(
  { supply, rate, mixVariance }: { supply: SupplyLaw; rate: ClickRate; mixVariance: number },
  payable: number,
  probability: number,
): number {
  if (payable === 0) return 0;
  if (rate.alpha === 0) return reached((impressions) => supplyAbove(supply, impressions), probability);
  const logNeeded = Math.log(payable) + Math.log1p(rate.beta / rate.alpha) + logVariance(rate) / 2;
  const deviation = Math.sqrt(logVariance(rate) + mixVariance + 1 / Math.max(1, payable));
  return reached((impressions) => {
    const isPaid = normalCdf((logNeeded - Math.log(impressions)) / deviation);
    return isPaid * supplyAbove(supply, impressions);
  }, probability);
}

/** Conversions come with clicks as clicks with impressions: so many need about a log-normal number of clicks. */
function conversionsReached(
  potential: DeliveryRange,
  conversion: ClickRate,
  payable: number,
  probability: number,
): number {
  if (conversion.alpha === 0 || payable === 0 || potential.high === 0) return 0;
  const logClicks = Math.log1p(conversion.beta / conversion.alpha);
  return reached((conversions) => {
    const deviation = Math.sqrt(logVariance(conversion) + 1 / Math.max(1, conversions));
    const logNeeded = Math.log(conversions) + logClicks;
    // Past the clicks that the budget pays for nothing converts.
    const end = Math.min(FURTHEST, (Math.log(payable) - logNeeded) / deviation);
    const step = (end + FURTHEST) / STEPS;
    let sum = 0;
    for (let node = 0; step > 0 && node <= STEPS; node++) {
      const z = node * step - FURTHEST;
      const weight = node === 0 || node === STEPS ? 0.5 : 1;
      sum += weight * Math.exp((-z * z) / 2) * clicksAbove(potential, Math.exp(logNeeded + z * deviation));
    }
    return (sum * step) / Math.sqrt(2 * Math.PI);
  }, probability);
}

/** How far out the normal law is followed, and in how many steps. */
const [FURTHEST, STEPS] = [4, 20];
/** The ninth decile of a standard normal law. */
const Z90 = 1.2815515655446004;

/** A log-normal law through the range, with one spread below its middle and one above. */
function clicksAbove({ low, mid, high }: DeliveryRange, clicks: number): number {
  const centre = Math.max(mid, 0.5);
  const decile = clicks < centre ? centre / Math.max(low, 0.25) : Math.max(high, 0.5) / centre;
  const spread = Math.log(decile) / Z90;
  const away = Math.log(centre / clicks);
  return spread > 0 ? normalCdf(away / spread) : away >= 0 ? 1 : 0;
}

function supplyAbove(supply: SupplyLaw, opportunities: number): number {
  let [sum, weights] = [0, 0];
  for (const { weight, median, sigma } of supply) {
    const away = Math.log(median / opportunities);
    weights += weight;
    sum += weight * (sigma > 0 ? normalCdf(away / sigma) : away >= 0 ? 1 : 0);
  }
  return sum / weights;
}

/** Of the logarithm of a Beta law, as if it were log-normal. */
function logVariance({ alpha, beta }: ClickRate): number {
  return Math.log1p(beta / alpha / (alpha + beta + 1));
}

/** Amounts that are searched are this far apart, in their logarithm: whoever looks for more never finds less. */
const GRID = 1e-5;
/** Less than this of anything is nothing. */
const LEAST = 1e-3;
/** The first step away from the least, 1,000 times it; every next one goes on from there. */
const FIRST_STEPS = Math.round(Math.log(1e3) / GRID);
const MOST_STEPS = Math.ceil(Math.log(Number.MAX_SAFE_INTEGER / LEAST) / GRID);

/** A step of the search must leave less than this part of the interval, or the next one halves it. */
const SLOW = 0.5;

/** The most that is reached with the probability, where the chance of more than x falls with x: as `clicksReached` looks for it. */
function reached(above: (x: number) => number, probability: number): number {
  const aboveAt = (steps: number) => above(LEAST * Math.exp(steps * GRID));
  let low = 0;
  let atLow = aboveAt(low);
  if (atLow < probability) return 0;
  let high = FIRST_STEPS;
  let atHigh = aboveAt(high);
  while (atHigh >= probability && high < MOST_STEPS) {
    [low, atLow] = [high, atHigh];
    high += FIRST_STEPS;
    atHigh = aboveAt(high);
  }
  for (let isSlow = false; high - low > 1;) {
    const width = high - low;
    const place = isSlow ? 0.5 : placeBetween(atLow, atHigh, probability);
    const middle = Math.max(low + 1, Math.min(high - 1, Math.round(low + place * width)));
    const atMiddle = aboveAt(middle);
    if (atMiddle >= probability) [low, atLow] = [middle, atMiddle];
    else [high, atHigh] = [middle, atMiddle];
    isSlow = !isSlow && high - low > SLOW * width;
  }
  return LEAST * Math.exp(low * GRID);
}

function assertConversion({ alpha, beta }: ClickRate): void {
  for (const [name, amount] of Object.entries({ alpha, beta })) {
    if (amount >= 0 && amount < Infinity) continue;
    throw new ForecastError('INVALID_QUOTE', `the ${name} of the conversion rate must be 0 or more, not ${amount}`);
  }
}
