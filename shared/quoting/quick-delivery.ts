// What a budget brings, by the quick law: the fields of spend-delivery.ts within some hundredths.
import type { CappedDays } from '../forecasting/capped-days.ts';
import type { ClickRate } from '../forecasting/click-law.ts';
import type { SpendTerms } from '../forecasting/full-spend.ts';
import type { LaterBookings } from '../forecasting/later-bookings.ts';
import { reachRange, type Delivery, type DeliveryRange } from '../forecasting/spend-delivery.ts';
import {
  quickBeside,
  quickClicks,
  quickImpressions,
  quickKept,
  quickLaw,
  quickSpendBeside,
  type QuickLaw,
} from './quick-law.ts';

export interface QuickDelivery extends Omit<QuickTerms, 'supply' | 'rate'> {
  /** Of all that is free. */
  law: QuickLaw;
}

/** As `DeliveryTerms` of spend-delivery.ts. */
export interface QuickTerms extends SpendTerms {
  conversion: ClickRate;
  paced: CappedDays;
  later: LaterBookings;
  mixVariance: number;
  reachAt: ((impressions: number) => number) | undefined;
}

const Z90 = 1.2815515655446004;

export function quickDelivery({ supply, rate, ...terms }: QuickTerms): QuickDelivery {
  return { ...terms, law: quickLaw({ supply, rate }) };
}

export function quickDeliveryOf(quick: QuickDelivery, budgetMicros: number): Delivery {
  const { clickPriceMicros, paced, conversion, reachAt } = quick;
  const law = lawOf(quick, budgetMicros);
  const fullSpend = fullSpendOf(quick, budgetMicros);
  // What is spent in full with a greater probability is spent in full at that percentile.
  const spendMicros = rangeOf((probability) =>
    fullSpend >= probability
      ? budgetMicros
      : Math.min(budgetMicros, paced.spentOf(quickClicks(law, probability) * clickPriceMicros)),
  );
  const clicks = mapRange(spendMicros, (micros) => micros / clickPriceMicros);
  const shown = shownOf(quick, law);
  const payable = budgetMicros / clickPriceMicros;
  const impressions = rangeOf((probability) => quickImpressions(shown, payable, quick.mixVariance, probability));
  const reach = reachAt && reachRange(impressions, mapRange(impressions, reachAt));
  return {
    budgetMicros,
    fullSpend,
    spendMicros,
    clicks,
    impressions,
    conversions: conversionsOf(clicks, conversion),
    ...(reach && { reach, frequency: frequencyOf(impressions, reach) }),
  };
}

/** Halvings after which a budget is known to some thousandths. */
const HALVINGS = 12;

/** The clicks that are reached with the probability by a budget of just so many, caps of money aside: a real number. */
export function quickMost({ law, later }: QuickDelivery, probability: number): number {
  const isReached = (clicks: number) => quickSpendBeside(law, clicks, clicks, later) >= probability;
  const most = quickClicks(law, probability);
  if (most < 1 || isReached(most)) return most;
  let [low, high] = [0, Math.log(most)];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (isReached(Math.exp(middle))) low = middle;
    else high = middle;
  }
  return low > 0 || isReached(1) ? Math.exp(low) : 0;
}

/** The middle of one measure alone. */
export function quickMid(quick: QuickDelivery, kind: 'reach' | 'clicks' | 'conversions', budgetMicros: number): number {
  const { clickPriceMicros, paced, conversion, reachAt, mixVariance } = quick;
  const law = lawOf(quick, budgetMicros);
  if (kind === 'reach') {
    const payable = budgetMicros / clickPriceMicros;
    return reachAt ? reachAt(quickImpressions(shownOf(quick, law), payable, mixVariance, 0.5)) : 0;
  }
  const mid = Math.min(budgetMicros, paced.spentOf(quickClicks(law, 0.5) * clickPriceMicros)) / clickPriceMicros;
  if (kind === 'clicks') return mid;
  return mid * meanOf(conversion);
}

/** What is left when others have booked beside a budget. */
function lawOf({ law, clickPriceMicros, later }: QuickDelivery, budgetMicros: number): QuickLaw {
  return quickBeside(law, budgetMicros / clickPriceMicros, later);
}

function fullSpendOf({ law, paced, clickPriceMicros, later }: QuickDelivery, budgetMicros: number): number {
  const neededMicros = paced.neededFor(budgetMicros);
  if (neededMicros === Infinity) return 0;
  const clicks = Math.ceil(neededMicros / clickPriceMicros - 1e-9);
  return quickSpendBeside(law, clicks, budgetMicros / clickPriceMicros, later);
}

/** What caps of money leave of it. */
function shownOf({ paced, clickPriceMicros }: QuickDelivery, law: QuickLaw): QuickLaw {
  const worth = Math.exp(law.logRate + law.rateVariance / 2) * clickPriceMicros;
  if (!paced.isCapped || !(worth > 0)) return law;
  return quickKept(law, (opportunities) => paced.spentOf(opportunities * worth) / (opportunities * worth));
}

/** As if widths of logarithms added up like those of normal laws: clicks, the rate, chance. */
function conversionsOf(clicks: DeliveryRange, conversion: ClickRate): DeliveryRange {
  const share = meanOf(conversion);
  const mid = clicks.mid * share;
  if (mid <= 0) return { low: 0, mid: 0, high: clicks.high * share };
  const variance = Math.log1p(conversion.beta / conversion.alpha / (conversion.alpha + conversion.beta + 1));
  const side = (decile: number, sign: 1 | -1): number => {
    if (decile <= 0) return 0;
    const width = Math.log(decile / clicks.mid);
    let conversions = mid;
    for (let step = 0; step < 2; step++) {
      const chance = variance + 1 / Math.max(1, conversions);
      conversions = mid * Math.exp(sign * Math.sqrt(width * width + Z90 * Z90 * chance));
    }
    return conversions;
  };
  return { low: side(clicks.low, -1), mid, high: side(clicks.high, 1) };
}

function meanOf({ alpha, beta }: ClickRate): number {
  return alpha > 0 ? alpha / (alpha + beta) : 0;
}

function frequencyOf(impressions: DeliveryRange, reach: DeliveryRange): DeliveryRange {
  const per = (shown: number, reached: number) => (reached > 0 ? shown / reached : 0);
  const [low, mid, high] = [
    per(impressions.low, reach.low),
    per(impressions.mid, reach.mid),
    per(impressions.high, reach.high),
  ];
  return { low: Math.min(low, mid), mid, high: Math.max(mid, high) };
}

function rangeOf(reached: (probability: number) => number): DeliveryRange {
  const mid = reached(0.5);
  return { low: Math.min(mid, reached(0.9)), mid, high: Math.max(mid, reached(0.1)) };
}

function mapRange({ low, mid, high }: DeliveryRange, map: (value: number) => number): DeliveryRange {
  return { low: map(low), mid: map(mid), high: map(high) };
}
