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
  const shown = SHARES.map((share) => quickOpportunities(law, share));
  const clicks = whole(SHARES.map((share) => (exact ? clicksReached(exact, share, guess) : quickClicks(law, share))));
  const micros = (count: number) => Math.round(count * terms.clickPriceMicros);
  return {
    ...(reachAt && { listeners: whole(shown.map(reachAt)) }),
    impressions: whole(shown),
    clicks,
    micros: { low: micros(clicks.low), mid: micros(clicks.mid), high: micros(clicks.high) },
  };
}

/** Probabilities of as much or more: low, mid and high. */
const SHARES = [0.9, 0.5, 0.1] as const;

function whole(amounts: readonly number[]): Supply['clicks'] {
  const [low, mid, high] = amounts.map(Math.round) as [number, number, number];
  return { low: Math.min(low, mid), mid, high: Math.max(mid, high) };
}
