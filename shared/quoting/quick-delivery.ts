// What a budget brings, by the quick law: the fields of spend-delivery.ts within some hundredths.
import type { ClickRate } from '../forecasting/click-law.ts';
import type { SpendTerms } from '../forecasting/full-spend.ts';
import type { Delivery, DeliveryRange } from '../forecasting/spend-delivery.ts';
import type { PacedSpend } from './paced-spend.ts';
import { quickClicks, quickFullSpend, quickImpressions, quickLaw, type QuickLaw } from './quick-law.ts';

export interface QuickDelivery {
  law: QuickLaw;
  clickPriceMicros: number;
  conversion: ClickRate;
  paced: PacedSpend;
  /** Clicks that supply has, whatever the budget. */
  potential: DeliveryRange;
  reachAt: ((impressions: number) => number) | undefined;
}

export interface QuickTerms extends SpendTerms {
  conversion: ClickRate;
  paced: PacedSpend;
  reachAt: ((impressions: number) => number) | undefined;
}

const Z90 = 1.2815515655446004;

export function quickDelivery(terms: QuickTerms): QuickDelivery {
  const law = quickLaw(terms);
  const { clickPriceMicros, conversion, paced, reachAt } = terms;
  return {
    law,
    clickPriceMicros,
    conversion,
    paced,
    reachAt,
    potential: rangeOf((probability) => quickClicks(law, probability)),
  };
}

export function quickDeliveryOf(quick: QuickDelivery, budgetMicros: number): Delivery {
  const { law, clickPriceMicros, paced, potential, conversion, reachAt } = quick;
  const neededMicros = paced.neededFor(budgetMicros);
  const spendMicros = mapRange(potential, (most) => Math.min(budgetMicros, paced.spentOf(most * clickPriceMicros)));
  const clicks = mapRange(spendMicros, (micros) => micros / clickPriceMicros);
  const { payable, thinned } = payableOf(quick, budgetMicros);
  const impressions = rangeOf((probability) => quickImpressions(law, payable, thinned, probability));
  const reach = reachAt && mapRange(impressions, reachAt);
  return {
    budgetMicros,
    fullSpend: budgetMicros <= 0 ? 1 : quickFullSpend(law, Math.ceil(neededMicros / clickPriceMicros - 1e-9)),
    spendMicros,
    clicks,
    impressions,
    conversions: conversionsOf(clicks, conversion),
    ...(reach && { reach, frequency: frequencyOf(impressions, reach) }),
  };
}

/** The middle of one measure alone. */
export function quickMid(quick: QuickDelivery, kind: 'reach' | 'clicks' | 'conversions', budgetMicros: number): number {
  const { law, clickPriceMicros, paced, potential, conversion, reachAt } = quick;
  if (kind === 'reach') {
    const { payable, thinned } = payableOf(quick, budgetMicros);
    return reachAt ? reachAt(quickImpressions(law, payable, thinned, 0.5)) : 0;
  }
  const mid = Math.min(budgetMicros, paced.spentOf(potential.mid * clickPriceMicros)) / clickPriceMicros;
  if (kind === 'clicks') return mid;
  return mid * meanOf(conversion);
}

/** Clicks that can be paid for, and how many times the supply they take for being capped. */
function payableOf(
  { paced, clickPriceMicros }: QuickDelivery,
  budgetMicros: number,
): { payable: number; thinned: number } {
  const payableMicros = Math.min(budgetMicros, paced.limitMicros * (1 - 1e-9));
  const thinned = payableMicros > 0 ? paced.neededFor(payableMicros) / payableMicros : 1;
  return { payable: payableMicros / clickPriceMicros, thinned };
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
