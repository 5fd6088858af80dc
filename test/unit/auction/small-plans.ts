// Plans and requests for examples: one cell of rock listeners at home, where 2% of impressions are clicked.
import type { DecisionRequest } from '../../../shared/contracts/decision.ts';
import type { Plan, PlanLine } from '../../../shared/contracts/plan.ts';
import { DEFAULT_AUCTION, type AuctionSettings } from '../../../shared/contracts/serving.ts';

export const NOON_AT_MS = Date.parse('2026-03-02T12:00:00Z');
const HOUR_MS = 3_600_000;

/** An impression brings 5,000 micros in expectation: 2% of a click at 250,000. */
export function smallLine(campaignId: string, fields: Partial<PlanLine> = {}): PlanLine {
  return {
    campaignId,
    subcampaignId: 's1',
    segments: ['rock'],
    surfaces: ['home'],
    startAtMs: NOON_AT_MS - HOUR_MS,
    endAtMs: NOON_AT_MS + 100 * HOUR_MS,
    clickPriceMicros: 250_000,
    price: 0,
    worth: 1,
    fallbackShare: 0,
    leases: [
      { group: 'north', grantedMicros: 9_000_000, returnedMicros: 0, spendUntilAtMs: NOON_AT_MS + 10 * HOUR_MS },
    ],
    ...fields,
  };
}

export function smallPlan(lines: PlanLine[], auction: Partial<AuctionSettings> = {}): Plan {
  return {
    schemaVersion: 1,
    market: 'SE',
    planVersion: 7,
    supplyVersion: 2,
    slot: 5,
    publishedAtMs: NOON_AT_MS,
    validUntilAtMs: NOON_AT_MS + HOUR_MS,
    response: [{ segment: 'rock', surface: 'home', clickPpm: 20_000 }],
    auction: { ...DEFAULT_AUCTION, ...auction },
    lines,
  };
}

export function smallRequest(
  fields: Partial<DecisionRequest> = {},
  listener: Partial<DecisionRequest['listener']> = {},
): DecisionRequest {
  return {
    requestId: 'request-1',
    market: 'SE',
    segment: 'rock',
    surface: 'home',
    atMs: NOON_AT_MS,
    listener: { id: 'listener-1', ...listener },
    ...fields,
  };
}
