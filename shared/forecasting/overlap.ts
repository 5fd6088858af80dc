// Campaigns of one tenant that run at the same time for the same listeners: whom they reach together, what one more adds,
// and who reaches whom when a listener gets one exposure of all of them (one per release).
import { ForecastError } from './forecast-error.ts';
import { reach } from './reach.ts';
import { assertOfferRate, assertSlots, type Slots } from './slots.ts';

/** Listeners who belong to no other audience of the list, a segment say, and what each campaign offers them. */
export interface SharedAudience {
  supply: Slots;
  /** By campaign, in one order for all audiences; 0 where it does not run. */
  offerRates: readonly number[];
}

/**
 * Listeners reached by at least one campaign: each slot is taken by any of them with 1 - product (1 - x_i).
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function unionReach(audiences: readonly SharedAudience[]): number {
  assertAudiences(audiences);
  return audiences.reduce((sum, { supply, offerRates }) => sum + reach(supply, anyOf(offerRates)), 0);
}

/**
 * Listeners whom only this campaign reaches: the union with it, without the union of the others.
 * @param campaign its index
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function marginalReach(audiences: readonly SharedAudience[], campaign: number): number {
  assertAudiences(audiences);
  const campaigns = audiences[0]?.offerRates.length ?? 0;
  if (!(Number.isInteger(campaign) && campaign >= 0 && campaign < campaigns))
    refuse(`there are ${campaigns} campaigns, and none of index ${campaign}`);
  const others = audiences.map(({ supply, offerRates }) => ({
    supply,
    offerRates: offerRates.map((rate, index) => (index === campaign ? 0 : rate)),
  }));
  return Math.max(0, unionReach(audiences) - unionReach(others));
}

/**
 * Listeners by campaign when the first exposure, by any campaign, is the last: where several would take the same slot, one
 * of them does, each as likely. They add up to the reach of the union.
 * @returns by campaign
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function reachOnePerRelease(audiences: readonly SharedAudience[]): Float64Array {
  assertAudiences(audiences);
  const reached = new Float64Array(audiences[0]?.offerRates.length ?? 0);
  for (const { supply, offerRates } of audiences) {
    const parts = offerRates.map((_, campaign) => partOf(offerRates, campaign));
    const any = parts.reduce((sum, part) => sum + part, 0);
    if (any === 0) continue;
    const together = reach(supply, anyOf(offerRates));
    parts.forEach((part, campaign) => {
      reached[campaign] = (reached[campaign] as number) + (together * part) / any;
    });
  }
  return reached;
}

function anyOf(offerRates: readonly number[]): number {
  return -Math.expm1(offerRates.reduce((sum, rate) => sum + Math.log1p(-rate), 0));
}

/**
 * The probability that a slot is taken by this campaign: x_i E[1 / (1 + N)] with N the others that want it, the integral of
 * product (1 - x_j + x_j u) over u from 0 to 1, term by term.
 */
function partOf(offerRates: readonly number[], campaign: number): number {
  // Probabilities of 0, 1, ... others.
  const masses = new Float64Array(offerRates.length);
  masses[0] = 1;
  offerRates.forEach((rate, other) => {
    if (other === campaign) return;
    for (let count = masses.length - 1; count >= 0; count--) {
      const fewer = count === 0 ? 0 : (masses[count - 1] as number);
      masses[count] = (masses[count] as number) * (1 - rate) + fewer * rate;
    }
  });
  return masses.reduce((sum, mass, others) => sum + ((offerRates[campaign] as number) * mass) / (others + 1), 0);
}

function assertAudiences(audiences: readonly SharedAudience[]): void {
  const campaigns = audiences[0]?.offerRates.length;
  for (const { supply, offerRates } of audiences) {
    assertSlots(supply);
    offerRates.forEach(assertOfferRate);
    if (offerRates.length !== campaigns) refuse(`audiences with ${campaigns} and ${offerRates.length} campaigns`);
  }
}

function refuse(problem: string): never {
  throw new ForecastError('INVALID_HISTOGRAM', problem);
}
