// The offer of spot demand that an opportunity would go to if no line had it, and what it pays.
import type { Award, DecisionRequest } from '../contracts/decision.ts';
import { adjustmentOf, bidFor, countedCpm, isMoved } from './bid-adjustments.ts';
import type { CompiledPlan } from './compile-plan.ts';
import { leastWinning } from './least-winning.ts';

export type Offer = NonNullable<DecisionRequest['offers']>[number];

export interface OfferRace {
  plan: CompiledPlan;
  offers: readonly Offer[];
  /** What the slot is not sold below, micros for a thousand. An offer has to bid it, and to count it. */
  floorCpm: number;
  /** What the request's slots went to so far. */
  awards: readonly Award[];
}

/**
 * The offer that counts most of those that reach the floor and have no slot yet; of equals the first by `offerId`, so that
 * the order in which they come is nothing to it.
 * @param except one that does not count
 */
export function bestOffer({ plan, offers, floorCpm, awards }: OfferRace, except?: Offer): Offer | undefined {
  let best: Offer | undefined;
  let bestCpm = 0;
  for (const offer of offers) {
    const cpm = countedOf(plan, offer);
    if (offer.cpmMicros < floorCpm || cpm < floorCpm || offer === except || cpm < bestCpm) continue;
    if (best !== undefined && cpm === bestCpm && !isBefore(offer, best)) continue;
    if (awards.length > 0 && awards.some(({ offerId }) => offerId === offer.offerId)) continue;
    best = offer;
    bestCpm = cpm;
  }
  return best;
}

/** What an offer counts, micros for a thousand. */
export function countedOf(plan: CompiledPlan, offer: Offer): number {
  return countedCpm(adjustmentOf(plan.adjustments, offer.buyer), offer.cpmMicros);
}

/**
 * What the best offer pays, micros for a thousand: its bid, or, at second price, the least that it would have won with
 * against the next offer, the line that was drawn and the floor. Where an adjustment sets what the offer counts whatever
 * it bids, that is what is lowered; it never pays more than its bid.
 * @param rival net worth of that line in the slot, micros; 0 where there is none that reaches the floor
 */
export function offerPays(race: OfferRace, offer: Offer, rival: number): number {
  const { plan, floorCpm } = race;
  if (plan.auction.pricing === 'first') return offer.cpmMicros;
  const adjustment = adjustmentOf(plan.adjustments, offer.buyer);
  const next = bestOffer(race, offer);
  const nextCpm = next === undefined ? 0 : countedOf(plan, next);
  const winsTies = next === undefined || isBefore(offer, next);
  const isWon = (cpmMicros: number) => {
    const counted = isMoved(adjustment) ? countedCpm(adjustment, cpmMicros) : cpmMicros;
    const isAhead = winsTies ? counted >= nextCpm : counted > nextCpm;
    return isAhead && counted >= floorCpm && cpmMicros >= floorCpm && rival <= counted / 1000;
  };
  const guess = bidFor(adjustment, Math.max(nextCpm, floorCpm, rival * 1000));
  return leastWinning({ least: 0, most: offer.cpmMicros, guess }, isWon);
}

function isBefore(offer: Offer, other: Offer): boolean {
  if (offer.offerId !== other.offerId) return offer.offerId < other.offerId;
  return offer.cpmMicros > other.cpmMicros;
}
