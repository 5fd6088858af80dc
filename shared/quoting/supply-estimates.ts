// How much there is of what a request asks for: all, what could be had, what can be had; low, mid and high.
import type { QuoteAnswer } from '../contracts/quotes.ts';
import { clickLaw } from '../forecasting/click-law.ts';
import { clicksReached } from '../forecasting/clicks-reached.ts';
import type { SpendTerms } from '../forecasting/full-spend.ts';
import { meanRate, medianOf } from './pooled-parts.ts';
import type { PreparedRequest } from './prepared-request.ts';
import { quickClicks, quickLaw, quickOpportunities } from './quick-law.ts';
import { requestReach } from './request-reach.ts';

type Supply = QuoteAnswer['matched'];

export function supplyEstimates(
  prepared: PreparedRequest,
  isExact: boolean,
): Pick<QuoteAnswer, 'matched' | 'possible' | 'available'> {
  const { matched, possible, available } = prepared;
  const reachAt = requestReach(prepared);
  const of = (terms: SpendTerms): Supply => supplyOf(terms, reachAt, isExact);
  const mostMatched = of(matched);
  const mostPossible = of(possible);
  return {
    matched: mostMatched,
    possible: mostPossible,
    available: available === possible ? mostPossible : of(available),
  };
}

function supplyOf(terms: SpendTerms, reachAt: ReturnType<typeof requestReach>, isExact: boolean): Supply {
  const law = quickLaw(terms);
  const exact = isExact ? clickLaw(terms.supply, terms.rate) : undefined;
  const guess = meanRate(terms.rate) * medianOf(terms.supply);
  const impressions = whole((probability) => quickOpportunities(law, probability));
  const clicks = whole((probability) =>
    exact ? clicksReached(exact, probability, guess) : quickClicks(law, probability),
  );
  const micros = (count: number) => Math.round(count * terms.clickPriceMicros);
  return {
    ...(reachAt && { listeners: whole((probability) => reachAt(quickOpportunities(law, probability))) }),
    impressions,
    clicks,
    micros: { low: micros(clicks.low), mid: micros(clicks.mid), high: micros(clicks.high) },
  };
}

function whole(reached: (probability: number) => number): Supply['clicks'] {
  const mid = Math.round(reached(0.5));
  return { low: Math.min(mid, Math.round(reached(0.9))), mid, high: Math.max(mid, Math.round(reached(0.1))) };
}
