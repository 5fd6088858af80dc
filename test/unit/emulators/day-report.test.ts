import assert from 'node:assert/strict';
import { reportDay } from '../../../emulators/day-report.ts';
import type { DayReadings } from '../../../emulators/day-readings.ts';
import { renderDay } from '../../../emulators/day-table.ts';
import { builtInProfiles } from '../../../emulators/world/market-profile.ts';
import { createPopulation } from '../../../emulators/world/population.ts';
import { createRequestLog } from '../../../emulators/world/request-log.ts';
import type { PlayResult } from '../../../emulators/world-stack.ts';
import type { Campaign } from '../../../shared/contracts/documents.ts';
import { GUARANTEE_WORTH } from '../../../shared/planning/guarantee-worth.ts';
import { HOUR_MS, START_MS, TICK_MS } from '../../support/instants.ts';

const population = createPopulation({ seed: 1, profiles: builtInProfiles(1) });
const market = population.markets[0] as string;
const [home] = population.cells(market);
assert(home);

const part = (subcampaignId: string, own: Partial<Campaign['subcampaigns'][number]> = {}) => ({
  subcampaignId,
  market,
  page: 'p00',
  segments: [home.segment],
  surfaces: [home.surface],
  clickPriceMicros: 500_000,
  weightMicros: 1,
  medianMicros: 1,
  trafficByDay: [1],
  budgetMicros: 2_000_000,
  status: 'ended' as const,
  spentMicros: 1_000_000,
  inFlightMicros: 0,
  leasedMicros: 0,
  overrunMicros: 0,
  impressions: 100,
  clicks: 2,
  conversions: 0,
  ...own,
});
const campaign: Campaign = {
  schemaVersion: 1,
  tenantId: 't1',
  campaignId: 'c1',
  status: 'ended',
  budgetVersion: 0,
  statusVersion: 0,
  splitVersion: 1,
  terms: {
    currency: 'EUR',
    objective: 'clicks',
    ifShort: 'refuse',
    startAtMs: START_MS,
    endAtMs: START_MS + 4 * HOUR_MS,
  },
  requestedMicros: 4_000_000,
  budgetMicros: 4_000_000,
  escrowMicros: 0,
  subcampaigns: [part('s1'), part('s2')],
};
const bill = (subcampaignId: string) => ({
  campaignId: 'c1',
  subcampaignId,
  billedMicros: 1_000_000,
  endedAtMs: START_MS + 12 * HOUR_MS,
});
const readings: DayReadings = {
  campaigns: [campaign],
  ledger: [],
  quarantined: [],
  rows: [],
  paced: [{ atMs: START_MS + HOUR_MS, campaignId: 'c1', subcampaignId: 's1', accruedMicros: 500_000, leasedMicros: 0 }],
  billed: [bill('s1'), bill('s2')],
  finals: [],
  refused: [
    { campaignId: 'c8', counterOffers: 2 },
    { campaignId: 'c9', counterOffers: 0 },
  ],
  cancelledAtMs: new Map(),
  reached: new Map([
    ['c1/s1', 70],
    ['c1/s2', 30],
    ['c2/s1', 1000],
  ]),
  notices: { 'make-good-offered': 1, 'campaign-final': 2 },
  supply: new Map(),
  quotes: [{ campaignId: 'c1', fullSpend: 0.9, clicks: 7 }],
  scores: [],
  shown: new Map(),
};

/** So many requests of the first cell, each for an average listener and with one offer. */
function playOf(requests: number, own: Partial<PlayResult> = {}): PlayResult {
  const log = createRequestLog();
  for (let index = 0; index < requests; index += 1)
    log.add({ atMs: START_MS + index, place: 0, responseMultiplier: 1, slots: 1, bestOffer: 1, secondOffer: 0 });
  const count = { impressions: 100, clicks: 2, conversions: 0, chargedMicros: 0, clickMicros: 1_000_000 };
  return {
    opportunities: requests,
    ...{ impressions: 200, clicks: 4, conversions: 0, chargedMicros: 0 },
    ...{ reports: 0, lateReports: 0, duplicates: 3, retries: 0, closings: 0 },
    spot: { [market]: { impressions: 10, paidMicros: 400_000.4, offeredMicros: 500_000 } },
    awards: { WORTH_MOST: 190, OFFER_WORTH_MOST: 10, EXPLORED: 10, FALLBACK: 1, HOUSE: 5 },
    subcampaigns: [
      { campaignId: 'c1', subcampaignId: 's1', market, ...count, reached: 70, expectedMicros: 900_000 },
      { campaignId: 'c1', subcampaignId: 's2', market, ...count, reached: 30, expectedMicros: 9_000_000 },
    ],
    published: [],
    booked: [],
    requests: new Map([[market, log]]),
    reachedAtMs: START_MS,
    ...{ ticks: 144, doubledTicks: 1, clickFactor: 1, overfullPlans: [] },
    ...own,
  };
}

describe('the report of a played day', () => {
  const report = reportDay(readings, playOf(1000), population, TICK_MS);

  it('says of a campaign whom it reached, what a click cost it and how it went against its plan', () => {
    const [line, ...others] = report.campaigns;
    assert.equal(others.length, 0);
    assert.deepEqual([line?.reach, line?.clickCostMicros, line?.quoted?.clicks], [100, 500_000, 7]);
    assert.equal(line?.series.length, 5);
    assert(line.pacingError !== undefined && line.pacingError > 0.3 && line.pacingError < 0.7);
  });

  it('adds up revenue of campaigns and of spot demand', () => {
    const { revenueMicros, billedMicros, spotMicros, reach, counterOffered } = report.totals;
    assert.deepEqual([revenueMicros, billedMicros, spotMicros], [2_400_000, 2_000_000, 400_000]);
    assert.deepEqual([reach, counterOffered], [100, 1]);
  });

  it('counts what was asked and booked over HTTP, and no campaign that was only asked for to be let go of', () => {
    const lineOf = (campaignId: string, result: 'accepted' | 'refused') => ({
      ...{ campaignId, result, requestedMicros: 1, budgetMicros: result === 'accepted' ? 1 : 0 },
    });
    const bookedOf = (lines: ReturnType<typeof lineOf>[], isOption = false): PlayResult['booked'][number] => ({
      ...{ key: 'b1', tenantId: 't1', quotes: lines.length, isOption },
      answer: {
        ...{ bookingId: 'b1', status: isOption ? 'released' : 'confirmed', mode: 'best-subset' },
        progress: { campaigns: lines.length, held: 0, refused: 0, applied: 0 },
        lines,
      },
    });
    const booked = [
      bookedOf([lineOf('c1', 'accepted'), lineOf('c2', 'refused')]),
      bookedOf([lineOf('c1-again', 'accepted')], true),
    ];
    const { totals } = reportDay(readings, playOf(1, { booked }), population, TICK_MS);
    const { campaigns, refused, quotes, bookings, bookedOverHttp } = totals;
    assert.deepEqual([campaigns, refused, quotes, bookings, bookedOverHttp], [2, 1, 3, 2, 1]);
  });

  it('values what was served in expected clicks up to budgets, and offers as they were made', () => {
    assert.equal(report.yield.worthMicros, GUARANTEE_WORTH * (900_000 + 2_000_000) + 500_000);
    // Two lines of 2.0 and 1,000 requests for half of a click's price times its rate, or 1 micro: all go to the lines.
    const all = GUARANTEE_WORTH * Math.min(4_000_000, 1000 * home.clickRate * 500_000);
    assert(report.yield.boundMicros >= all && report.yield.boundMicros < 1.02 * all + 1000);
    const half = reportDay(readings, playOf(1000, { clickFactor: 0.1 }), population, TICK_MS);
    assert(half.yield.boundMicros < 0.5 * report.yield.boundMicros, 'fewer clicks are worth less');
  });

  it('has no yield without requests, no cost of a click without clicks, and no error where all is due at once', () => {
    const idle = reportDay({ ...readings, campaigns: [] }, playOf(0, { spot: {} }), population, TICK_MS);
    assert.equal(idle.yield.share, 0);
    const subcampaigns = [part('s1', { pacing: 'asap', clicks: 0 })];
    const [line] = reportDay(
      { ...readings, campaigns: [{ ...campaign, subcampaigns }] },
      playOf(1),
      population,
      TICK_MS,
    ).campaigns;
    assert.deepEqual([line?.clickCostMicros, line?.pacingError], [undefined, undefined]);
  });

  it('says of a cancelled campaign that it is, and expects nothing of it afterwards', () => {
    const cancelledAtMs = new Map([['c1', START_MS + 50]]);
    const kept = reportDay(readings, playOf(100), population, TICK_MS);
    const cancelled = reportDay({ ...readings, cancelledAtMs }, playOf(100), population, TICK_MS);
    assert.match(renderDay(cancelled), /c1 +t1 +cancelled/);
    assert(cancelled.yield.boundMicros < 0.6 * kept.yield.boundMicros);
  });

  it('is printed with its new columns and totals', () => {
    const text = renderDay(report);
    for (const part of [
      /reach .* eCPC .* against plan/,
      /delivered revenue 2\.40: 2\.00 of campaigns, 0\.40 of spot demand; yield \d+\.\d% of the hindsight bound; reach 100 listeners/,
      /to campaigns 190, to explore 10, under stale plans 1, to spot demand 10, to the house 5/,
      /notices campaign-final 2, make-good-offered 1/,
      /▄ as planned/,
    ])
      assert.match(text, part);
    const [line] = text.split('\n').slice(2);
    assert.match(line ?? '', /c1 +t1 +ended .* 100 .* 0\.50 .*[▁▂▃▄▅▆▇█]{4}$/);
    assert.doesNotMatch(renderDay({ ...report, totals: { ...report.totals, notices: {} } }), /notices/);
  });
});
