// The checks after a played day, each broken once: a check that cannot fail proves nothing.
import assert from 'node:assert/strict';
import type { DayReadings, LedgerLine } from '../../../emulators/day-readings.ts';
import { dayViolations } from '../../../emulators/day-violations.ts';
import type { Booked } from '../../../emulators/world/booking-caller.ts';
import type { CampaignAnswer } from '../../../emulators/world/booking-client.ts';
import type { PlayResult } from '../../../emulators/world-stack.ts';
import { builtInProfiles } from '../../../emulators/world/market-profile.ts';
import { createPopulation } from '../../../emulators/world/population.ts';
import type { Campaign } from '../../../shared/contracts/documents.ts';
import { dayOf } from '../../../shared/forecasting/traffic-clock.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';

const population = createPopulation({ seed: 1, profiles: builtInProfiles(1) });
const market = population.markets[0] as string;
const sub: Campaign['subcampaigns'][number] = {
  subcampaignId: 's1',
  market,
  page: 'p00',
  segments: [population.segments[0] as string],
  surfaces: [population.surfaces[0] as string],
  clickPriceMicros: 500_000,
  weightMicros: 1,
  medianMicros: 1,
  trafficByDay: [1],
  budgetMicros: 2_000_000,
  status: 'ended',
  spentMicros: 2_500_000,
  inFlightMicros: 0,
  leasedMicros: 0,
  overrunMicros: 0,
  impressions: 100,
  clicks: 5,
  conversions: 1,
};
const campaign: Campaign = {
  schemaVersion: 1,
  tenantId: 't1',
  campaignId: 'c1',
  status: 'ended',
  budgetVersion: 0,
  statusVersion: 0,
  splitVersion: 1,
  terms: { currency: 'USD', objective: 'clicks', ifShort: 'refuse', startAtMs: START_MS, endAtMs: START_MS + DAY_MS },
  requestedMicros: 2_000_000,
  budgetMicros: 2_000_000,
  escrowMicros: 0,
  subcampaigns: [sub],
};
const line: LedgerLine = {
  schemaVersion: 1,
  source: 'booking',
  tenantId: 't1',
  eventId: 'e1',
  eventType: 'andante.campaign-created.v1',
  payloadHash: 'a'.repeat(64),
  occurredAtMs: START_MS,
  recordedAtMs: START_MS,
  result: 'applied',
  outcomeCount: 1,
};
const billed = { campaignId: 'c1', subcampaignId: 's1', billedMicros: 2_000_000, endedAtMs: START_MS + DAY_MS };
const row = { table: 'outcomes', appended: 2, distinct: 1, inView: 1 };
const good: DayReadings = {
  campaigns: [campaign],
  ledger: [line],
  quarantined: [],
  rows: [row],
  paced: [],
  billed: [billed],
  finals: [{ campaignId: 'c1', budgetMicros: 2_000_000, billedMicros: 2_000_000, refundMicros: 0 }],
  refused: [],
  cancelledAtMs: new Map(),
  reached: new Map([['c1/s1', 80]]),
  notices: {},
  supply: new Map([[market, [population.expectedSupply(market, dayOf(START_MS))]]]),
  quotes: [],
  scores: [],
  shown: new Map(),
};
const event = { eventId: 'e1', topic: 'campaign-created', tenantId: 't1', campaignId: 'c1' } as const;
const play = {
  published: [{ ...event, copies: 2, conflicts: 0, isMalformed: false }],
  subcampaigns: [
    {
      ...{ campaignId: 'c1', subcampaignId: 's1', market, impressions: 100, clicks: 5, conversions: 1 },
      ...{ chargedMicros: 1, clickMicros: 2_500_000, reached: 80, expectedMicros: 2_400_000 },
    },
  ],
  booked: [],
  overfullPlans: [] as string[],
  reports: 0,
} as unknown as PlayResult;
const withSub = (own: Partial<typeof sub>) => ({
  ...good,
  campaigns: [{ ...campaign, subcampaigns: [{ ...sub, ...own }] }],
});

type Line = NonNullable<Booked['answer']['lines']>[number];
const bookedAs = (line: Partial<Line>, own: Partial<Booked['answer']> = {}): Booked => ({
  key: 'b1',
  tenantId: 't1',
  quotes: 1,
  isOption: false,
  answer: {
    ...{ bookingId: 'b1', status: 'confirmed', mode: 'best-subset' },
    progress: { campaigns: 1, held: 1, refused: 0, applied: 1 },
    lines: [{ campaignId: 'c1', result: 'accepted', requestedMicros: 2_000_000, budgetMicros: 2_000_000, ...line }],
    ...own,
  },
});

const shownAs = (own: Partial<CampaignAnswer> = {}) => {
  const { status, budgetMicros } = campaign;
  return { status, budgetMicros, spentMicros: 2_500_000, billedMicros: 2_000_000, clicks: 5, ...own } as CampaignAnswer;
};

describe('The checks after a played day', () => {
  it('find nothing where owners read what is stored', () => {
    assert.deepEqual(dayViolations({ ...good, shown: new Map([['c1', shownAs()]]) }, play), []);
  });

  it('find nothing where what was booked over HTTP is there, and what was not is not', () => {
    const refused = bookedAs({ campaignId: 'c2', result: 'refused' });
    const released = bookedAs({ campaignId: 'c3' }, { status: 'released' });
    const same = bookedAs({});
    const booked = [{ ...same, repeated: same.answer }, refused, released];
    assert.deepEqual(dayViolations(good, { ...play, booked }), []);
  });

  it('find nothing where all is well, though more was clicked than the budget pays', () => {
    assert.deepEqual(dayViolations(good, play), []);
  });

  it('find nothing oversold in what was auctioned: it holds no supply', () => {
    const own = withSub({ budgetMicros: 2 ** 50, clicks: 5, isAuctioned: true });
    const readings = { ...own, billed: [{ ...billed, billedMicros: 2_500_000 }] };
    assert.deepEqual(
      dayViolations(readings, play).filter((text) => text.startsWith('2')),
      [],
    );
  });

  for (const { name, readings = good, played = play, says } of [
    {
      name: 'a bill above the budget',
      readings: { ...good, billed: [{ ...billed, billedMicros: 2_500_000 }] },
      says: /^1: s1: clicks for 2500000 .* billed was 2500000$/,
    },
    { name: 'an account that is missing', readings: { ...good, finals: [] }, says: /^1: c1: ended with 0 accounts$/ },
    {
      name: 'an account that came twice',
      readings: { ...good, finals: [...good.finals, ...good.finals] },
      says: /^1: c1: ended with 2 accounts$/,
    },
    {
      name: 'a refund of money that was billed',
      readings: { ...good, finals: good.finals.map((row) => ({ ...row, refundMicros: 5 })) },
      says: /^1: c1: 2000000 billed and 5 refunded of 2000000, its parts were billed 2000000$/,
    },
    {
      name: 'an account that is not its parts',
      readings: {
        ...good,
        finals: good.finals.map((row) => ({ ...row, billedMicros: 1_000_000, refundMicros: 1_000_000 })),
      },
      says: /^1: c1: 1000000 billed .* its parts were billed 2000000$/,
    },
    { name: 'a bill that is missing', readings: { ...good, billed: [] }, says: /^1: s1: .* billed was nothing$/ },
    {
      name: 'a bill that came twice',
      readings: { ...good, billed: [...good.billed, ...good.billed] },
      says: /^1: s1: .* 2000000 and 2000000$/,
    },
    {
      name: 'a split that lost a micro',
      readings: { ...good, campaigns: [{ ...campaign, escrowMicros: 1 }] },
      says: /^1: c1: .* add up to 2000001/,
    },
    { name: 'money still leased', readings: withSub({ leasedMicros: 7 }), says: /^1: s1 is ended with 7 leased/ },
    {
      name: 'a refused campaign that is there',
      played: { ...play, booked: [bookedAs({ result: 'refused' })] },
      says: /^4: c1: refused in confirmed booking b1, its campaign says otherwise$/,
    },
    {
      name: 'a campaign of a booking that was let go of',
      played: { ...play, booked: [bookedAs({}, { status: 'released' })] },
      says: /^4: c1: accepted in released booking b1/,
    },
    {
      name: 'a confirmed campaign that is not there',
      played: { ...play, booked: [bookedAs({ campaignId: 'c2' })] },
      says: /^4: c2: accepted in confirmed booking b1/,
    },
    {
      name: 'another tenant’s campaign',
      played: { ...play, booked: [{ ...bookedAs({}), tenantId: 't2' }] },
      says: /^4: c1: accepted in confirmed booking b1/,
    },
    {
      name: 'a booking that was never decided',
      played: { ...play, booked: [bookedAs({}, { status: 'staging', lines: [] })] },
      says: /^4: booking b1 was never decided$/,
    },
    {
      name: 'a booking that came to something else when it came again',
      played: { ...play, booked: [{ ...bookedAs({}), repeated: bookedAs({ result: 'scaled' }).answer }] },
      says: /^3: booking b1 came to something else/,
    },
    {
      name: 'a campaign whose owner reads something else',
      readings: { ...good, shown: new Map([['c1', shownAs({ spentMicros: 1 })]]) },
      says: /^4: c1: spentMicros is 2500000, its owner reads 1$/,
    },
    {
      name: 'a cell sold more than once',
      readings: { ...withSub({ budgetMicros: 2 ** 50, clicks: 5 }), billed: [{ ...billed, billedMicros: 2_500_000 }] },
      says: /^2: .* clicks were sold, supply has .*$/,
    },
    {
      name: 'a row missing from the view',
      readings: { ...good, rows: [{ ...row, inView: 0 }] },
      says: /^3: the ledger has 1 outcomes, the views show 0$/,
    },
    {
      name: 'rows still owed',
      readings: { ...good, ledger: [{ ...line, undrained: true as const }] },
      says: /^3: 1 ledger entries still owe/,
    },
    {
      name: 'an event without a trace',
      readings: { ...good, ledger: [{ ...line, eventId: 'other' }] },
      says: /^4: event e1 left no trace$/,
    },
    {
      name: 'a report that still waits',
      readings: { ...good, ledger: [{ ...line, waitingFor: market }] },
      says: /^4: report e1 still waits/,
    },
    {
      name: 'a report that was lost',
      played: { ...play, reports: 1 },
      says: /^4: 1 reports were accepted, the ledger has 0$/,
    },
    { name: 'a plan that promises too much', played: { ...play, overfullPlans: ['SE 3'] }, says: /^5: plan SE 3/ },
    {
      name: 'impressions that were dropped',
      readings: withSub({ impressions: 99 }),
      says: /^6: s1: ad servers counted 100 impressions, the campaign has 99$/,
    },
    {
      name: 'listeners that were counted twice',
      readings: { ...good, reached: new Map([['c1/s1', 160]]) },
      says: /^6: s1: ad servers counted 80 reached, the campaign has 160$/,
    },
    {
      name: 'a click that cost more than its auction set',
      readings: { ...withSub({ isAuctioned: true }), billed: [{ ...billed, billedMicros: 2_000_000 }] },
      played: {
        ...play,
        subcampaigns: play.subcampaigns.map((count) => ({ ...count, clickMicros: 1_400_000 })),
      },
      says: /^1: s1: clicks for 1400000 in a budget of 2000000 are 1400000, billed was 2000000$/,
    },
  ]) {
    it(`find ${name}`, () => {
      const found = dayViolations(readings, played);
      assert(
        found.some((violation) => says.test(violation)),
        found.join('\n') || 'nothing was found',
      );
    });
  }
});
