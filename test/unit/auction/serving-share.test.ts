import assert from 'node:assert/strict';
import { servingShare } from '../../../shared/auction/serving-share.ts';
import type { PlanLine } from '../../../shared/contracts/plan.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';

const line: PlanLine = {
  campaignId: 'c1',
  subcampaignId: 's1',
  segments: ['casual'],
  surfaces: ['home'],
  startAtMs: START_MS,
  endAtMs: START_MS + DAY_MS,
  clickPriceMicros: 500_000,
  fallbackShare: 0.4,
  leases: [],
};
const cell = { segment: 'casual', surface: 'home' };
const hour = { startAtMs: START_MS, endAtMs: START_MS + HOUR_MS, spendUntilAtMs: START_MS + DAY_MS };

describe('The share of a line in an opportunity', () => {
  for (const { name, of = line, on = cell, interval = hour, share } of [
    { name: 'is its fallback share while flight and lease are open', share: 0.4 },
    { name: 'is nothing on another surface', on: { ...cell, surface: 'search' }, share: 0 },
    { name: 'is nothing in another segment', on: { ...cell, segment: 'super' }, share: 0 },
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
    it(name, () => assert.equal(servingShare(of, on, interval), share));
  }
});
