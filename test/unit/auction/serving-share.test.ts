import assert from 'node:assert/strict';
import { servingShare } from '../../../shared/auction/serving-share.ts';
import type { PlanLine } from '../../../shared/contracts/plan.ts';
import { DEFAULT_AUCTION } from '../../../shared/contracts/serving.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';

const line: PlanLine = {
  campaignId: 'c1',
  subcampaignId: 's1',
  segments: ['casual'],
  surfaces: ['home'],
  startAtMs: START_MS,
  endAtMs: START_MS + DAY_MS,
  clickPriceMicros: 500_000,
  price: 0,
  worth: 1,
  fallbackShare: 0.4,
  leases: [],
};
const plan = {
  auction: DEFAULT_AUCTION,
  response: ['home', 'search'].map((surface) => ({ segment: 'casual', surface, clickPpm: 20_000 })),
  validUntilAtMs: START_MS + 2 * DAY_MS,
};
const planned: PlanLine = { ...line, surfaces: ['home', 'search'], cells: [1], shares: [0.1] };
const hour = { startAtMs: START_MS, endAtMs: START_MS + HOUR_MS, spendUntilAtMs: START_MS + DAY_MS };

describe('The share of a line in an opportunity', () => {
  for (const { name, of = line, place = 0, interval = hour, share } of [
    { name: 'is its fallback share where the plan says no cells', share: 0.4 },
    { name: 'is what the plan gives it of the cell', of: planned, place: 1, share: 0.1 },
    { name: 'is nothing in a cell that the plan gives it nothing of', of: planned, share: 0 },
    {
      name: 'is its fallback share when the plan is stale',
      of: { ...planned, endAtMs: START_MS + 9 * DAY_MS },
      place: 1,
      interval: {
        startAtMs: plan.validUntilAtMs,
        endAtMs: plan.validUntilAtMs + HOUR_MS,
        spendUntilAtMs: START_MS + 9 * DAY_MS,
      },
      share: 0.4,
    },
    { name: 'is nothing on another surface', place: 1, share: 0 },
    { name: 'is nothing in another segment', of: { ...line, segments: ['super'] }, share: 0 },
    { name: 'is nothing in a cell that the plan does not know', place: 2, share: 0 },
    { name: 'counts from the start of the flight', of: { ...line, startAtMs: START_MS + HOUR_MS / 2 }, share: 0.2 },
    { name: 'counts to the end of the flight', of: { ...line, endAtMs: START_MS + HOUR_MS / 4 }, share: 0.1 },
    {
      name: 'counts to the end of the lease',
      interval: { ...hour, spendUntilAtMs: START_MS + HOUR_MS / 2 },
      share: 0.2,
    },
    { name: 'is nothing after the lease', interval: { ...hour, spendUntilAtMs: START_MS - 1 }, share: 0 },
    { name: 'is nothing in an empty interval', interval: { ...hour, endAtMs: START_MS }, share: 0 },
  ]) {
    it(name, () => assert.equal(servingShare(plan, of, place, interval), share));
  }
});
