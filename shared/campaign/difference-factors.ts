// What a part's delivery was made of, beside what was planned: factors whose product is delivered over expected.
import type { DifferenceReason } from '../contracts/campaign-api.ts';
import type { CellHours } from '../forecasting/market-features.ts';
import type { FlightAudience } from '../forecasting/flight-audience.ts';
import { offerRateForImpressions } from '../forecasting/reach.ts';
import { DAY_MS, HOUR_MS } from '../forecasting/traffic-clock.ts';
import { passedTrafficShare } from '../pacing/spend-curve.ts';
import { isEligible } from '../planning/market-model.ts';
import type { PartFlight } from './expected-delivery.ts';

/** By how much something was larger than planned: 1 as planned, 0 none of it. */
export interface Factor {
  reason: DifferenceReason;
  ratio: number;
}

/** What is known of a part. */
export interface PartFacts {
  part: PartFlight;
  /** What was to be accrued by now, above 0, and the impressions that were to bring it. */
  expectedMicros: number;
  expectedImpressions: number;
  accruedMicros: number;
  impressions: number;
  /** Of its flight up to now, the share in which its owner did not have it paused. */
  runningShare: number;
  /** What ad servers counted of its market, by hour; empty where they did not. */
  observed: readonly CellHours[];
  /** Its listeners by their opportunities in the flight; absent where none were counted. */
  audience: FlightAudience | undefined;
  hourShape: readonly number[];
  untilMs: number;
}

/**
 * Money = opportunities of its audience x the time it ran x the share of them that go to listeners who may still be shown it x the
 * share of those that it is served x money of an impression.
 *
 * - supply: opportunities that were counted over those that were expected in the same hours when it was accepted.
 * - pause: the share of the time that its owner let it run.
 * - suppression: under a cap for each listener's flight, exposures for an offer are fewer the more listeners have had theirs. The offer
 *   rate x solves D = f sum n_k E[min(Bin(k, x), cap)] with its listeners n_k by their k opportunities and f from supply, for
 *   what was shown and for what was planned; the factor is the one's D / x over the other's.
 * - response: money of an impression.
 * - contention: what is left, the share of the opportunities it could be shown at that it was.
 *
 * What is not known is left out. Without supply or response the rest is no contention: it is unexplained.
 */
export function differenceFactors(facts: PartFacts): Factor[] {
  const { expectedMicros, expectedImpressions, accruedMicros, impressions, runningShare } = facts;
  const supply = supplyRatio(facts);
  const known: Factor[] = [];
  if (supply !== undefined) known.push({ reason: 'supply', ratio: supply });
  if (runningShare < 1) known.push({ reason: 'pause', ratio: runningShare });
  const rest: DifferenceReason = supply === undefined ? 'unexplained' : 'contention';
  // Without an impression, the first thing that there was none of made it so; nothing after it can be known.
  if (impressions === 0) return [known.find(({ ratio }) => ratio === 0) ?? { reason: rest, ratio: 0 }];
  const given = known.filter(({ ratio }) => ratio > 0);
  if (expectedImpressions === 0) return completed(given, 'unexplained', accruedMicros / expectedMicros);
  const response = accruedMicros / impressions / (expectedMicros / expectedImpressions);
  if (response === 0) return [{ reason: 'response', ratio: 0 }];
  const suppression = suppressionRatio(facts, given.find(({ reason }) => reason === 'supply')?.ratio ?? 1);
  if (suppression !== undefined) given.push({ reason: 'suppression', ratio: suppression });
  given.push({ reason: 'response', ratio: response });
  return completed(given, rest, accruedMicros / expectedMicros);
}

/** The factors, and the rest of the ratio under a name of its own. */
function completed(known: readonly Factor[], rest: DifferenceReason, ratio: number): Factor[] {
  if (ratio === 0) return [{ reason: rest, ratio: 0 }];
  return [...known, { reason: rest, ratio: ratio / known.reduce((product, one) => product * one.ratio, 1) }];
}

/** Opportunities counted over those expected, in the whole hours of its flight that the market was observed in. */
function supplyRatio({ part, observed, hourShape, untilMs }: PartFacts): number | undefined {
  const isOfFlight = (atMs: number) => atMs >= part.startAtMs && atMs + HOUR_MS <= untilMs;
  const hours = new Set(observed.flatMap(({ hoursAtMs }) => hoursAtMs.filter(isOfFlight)));
  const traffic = part.trafficByDay.reduce((sum, ofDay) => sum + ofDay, 0);
  let expected = 0;
  for (const atMs of hours) {
    const passed = passedTrafficShare(part, hourShape, atMs + HOUR_MS) - passedTrafficShare(part, hourShape, atMs);
    expected += traffic * passed;
  }
  if (expected <= 0) return undefined;
  let counted = 0;
  for (const cell of observed) {
    if (!isEligible(part, cell)) continue;
    cell.hoursAtMs.forEach((atMs, index) => {
      if (hours.has(atMs)) counted += cell.opportunities[index] ?? 0;
    });
  }
  return counted / expected;
}

function suppressionRatio({ part, audience, impressions, expectedImpressions, untilMs }: PartFacts, supply: number) {
  const days = Math.max(1, Math.ceil((untilMs - part.startAtMs) / DAY_MS));
  const perFlight = part.releaseId === undefined ? (part.perListenerFlight ?? Infinity) : 1;
  const cap = Math.min(perFlight, (part.perListenerDay ?? Infinity) * days);
  if (cap === Infinity || !audience) return undefined;
  const exposuresOfRate = (exposures: number) => exposures / offerRateForImpressions(audience, exposures, cap);
  const ratio = exposuresOfRate(impressions / supply) / exposuresOfRate(expectedImpressions);
  return ratio > 0 && ratio < Infinity ? ratio : undefined;
}
