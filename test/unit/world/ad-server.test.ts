import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ReportBodyWire } from '../../../shared/contracts/events.ts';
import type { Plan } from '../../../shared/contracts/plan.ts';
import { DEFAULT_AUCTION } from '../../../shared/contracts/serving.ts';
import { reportBody } from '../../../shared/contracts/validators.generated.js';
import { createAdServer } from '../../../emulators/world/ad-server.ts';
import { createAudience } from '../../../emulators/world/audience.ts';
import type { PulledPlan } from '../../../emulators/world/functions-client.ts';
import { createPanel } from '../../../emulators/world/listeners.ts';
import { createRequestLog } from '../../../emulators/world/request-log.ts';
import type { SpotDemand } from '../../../emulators/world/spot-demand.ts';
import { worldDefaults } from '../../../emulators/world/world-settings.ts';

const TICK_MS = 300_000;
const START_MS = Date.UTC(2026, 0, 5, 12);
const CELL = { segment: 'casual', surface: 'home' };

interface LineInput {
  id: string;
  grantedMicros: number;
  spendUntilAtMs?: number;
  endAtMs?: number;
  segment?: string;
  terms?: Partial<Plan['lines'][number]>;
}

const LATER_MS = START_MS + 10 ** 9;

function planOf(version: number, lines: LineInput[], auction: Partial<Plan['auction']> = {}): PulledPlan {
  const plan: Plan = {
    schemaVersion: 1,
    market: 'SE',
    planVersion: version,
    supplyVersion: 1,
    slot: version,
    publishedAtMs: START_MS,
    validUntilAtMs: LATER_MS,
    auction: { ...DEFAULT_AUCTION, houseCpmMicros: 0, ...auction },
    response: [{ ...CELL, clickPpm: 20_000 }],
    lines: lines.map(({ id, grantedMicros, spendUntilAtMs = LATER_MS, endAtMs = LATER_MS, segment, terms }) => ({
      campaignId: `c-${id}`,
      subcampaignId: id,
      segments: [segment ?? CELL.segment],
      surfaces: [CELL.surface],
      startAtMs: START_MS,
      endAtMs,
      clickPriceMicros: 500_000,
      price: 0,
      worth: 1,
      fallbackShare: 0,
      leases: [{ group: 'SE-a', grantedMicros, returnedMicros: 0, spendUntilAtMs }],
      ...terms,
    })),
  };
  return { plan, hash: `hash-${version}` };
}

const NO_OFFERS: SpotDemand = { offers: () => [] };

function createServer({ seed = 1, duplicateShare = 0, spotDemand = NO_OFFERS, listeners = 3000 } = {}) {
  const sent: ReportBodyWire[] = [];
  const client = {
    pullPlan: async () => undefined,
    postReport: async (report: ReportBodyWire) => {
      assert(reportBody(report), JSON.stringify(reportBody.errors));
      sent.push(report);
      return 0;
    },
  };
  const log = createRequestLog();
  const panel = createPanel(1, 'SE', CELL.segment);
  const server = createAdServer({
    seed,
    market: 'SE',
    group: 'SE-a',
    client,
    delays: { ...worldDefaults, bucketMs: TICK_MS },
    cells: [{ ...CELL, clickRate: 0.02, surfaceShare: 0.5 }],
    clickFactor: 1,
    audience: createAudience({ labels: [seed, 'SE-a'], segments: [{ segment: CELL.segment, panel, listeners }] }),
    spotDemand,
    log,
    duplicateShare,
  });
  const play = (tick: number, pulled: PulledPlan, opportunities: number, isCutOff = false) => {
    const startAtMs = START_MS + tick * TICK_MS;
    const traffic = [{ ...CELL, opportunities }];
    return server.playInterval({ startAtMs, endAtMs: startAtMs + TICK_MS }, pulled, traffic, isCutOff);
  };
  return { sent, play, log, server };
}

function sumOf(
  reports: ReportBodyWire[],
  field: 'impressions' | 'clicks' | 'conversions' | 'chargedMicros' | 'clickMicros' | 'reached',
  id?: string,
): number {
  return reports
    .flatMap((report) => report.lines)
    .filter((line) => id === undefined || line.subcampaignId === id)
    .reduce((sum, line) => sum + (line[field] ?? 0), 0);
}

describe('ad server', () => {
  it('gives each request to a line that it is for, and tells traffic, sample and listeners', async () => {
    const { sent, play, log } = createServer();
    const lines = [
      { id: 'a', grantedMicros: 10 ** 12 },
      { id: 'b', grantedMicros: 10 ** 12 },
      { id: 'other', grantedMicros: 10 ** 12, segment: 'lapsed' },
    ];
    const count = await play(0, planOf(1, lines), 3000);
    assert.equal(count.opportunities, 3000);
    assert.equal(count.awards.WORTH_MOST, 3000);
    // Equal lines draw by listener: each has about half, and of a listener's day all.
    for (const id of ['a', 'b']) assert(Math.abs(sumOf(sent, 'impressions', id) - 1500) < 150);
    assert.equal(sumOf(sent, 'impressions', 'other'), 0);
    assert.deepEqual(sent[0]?.opportunities, [{ ...CELL, opportunities: 3000 }]);
    assert.equal(log.count(), 3000);
    const { sample = [] } = sent[0] ?? {};
    assert.equal(sample.length, 8);
    assert(new Set(sample.map(({ responseMultiplier }) => responseMultiplier)).size > 4);
    for (const { listener, offerCpmMicros } of sample)
      assert.deepEqual([offerCpmMicros, (listener?.allVisits ?? 0) >= 1], [0, true]);
  });

  it('never charges above a lease, and its reports add up to what it charged', async () => {
    const line = fc.record({ granted: fc.nat(3_000_000), price: fc.double({ min: 0, max: 0.9, noNaN: true }) });
    const input = fc.record({
      seed: fc.nat(),
      lines: fc.array(line, { minLength: 1, maxLength: 3 }),
      traffic: fc.array(fc.nat(400), { maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ seed, lines, traffic }) => {
        const { sent, play } = createServer({ seed, listeners: 300 });
        const grants = lines.map(({ granted, price }, index) => ({
          id: `s${index}`,
          grantedMicros: granted,
          terms: { price },
        }));
        let counted = 0;
        for (const [tick, opportunities] of traffic.entries()) {
          const { lines: reported } = await play(
            tick,
            planOf(tick + 1, grants, { positions: [1, 0.7] }),
            opportunities,
          );
          counted += reported.reduce((sum, line) => sum + line.chargedMicros, 0);
        }
        assert.equal(sumOf(sent, 'chargedMicros'), counted);
        for (const { id, grantedMicros } of grants) assert(sumOf(sent, 'chargedMicros', id) <= grantedMicros);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps a cap of one a day, and says whom it reached', async () => {
    const { sent, play } = createServer({ listeners: 400 });
    const line = { id: 'a', grantedMicros: 10 ** 12, terms: { perListenerDay: 1 } };
    const counts = [];
    for (let tick = 0; tick < 12; tick += 1) counts.push(await play(tick, planOf(tick + 1, [line]), 100));
    const shown = sumOf(sent, 'impressions');
    assert.equal(sumOf(sent, 'reached'), shown);
    assert(shown < 400 && shown > 100, `${shown} of 1200 requests`);
    const house = counts.reduce((sum, { awards }) => sum + awards.HOUSE, 0);
    assert.equal(house + shown, 1200);
  });

  it('counts a listener once over the days of a flight', async () => {
    const { sent, play } = createServer({ listeners: 200 });
    const line = { id: 'a', grantedMicros: 10 ** 12, terms: { perListenerDay: 1 } };
    const dayTicks = (24 * 3_600_000) / TICK_MS;
    for (const tick of [0, dayTicks, 2 * dayTicks]) await play(tick, planOf(tick + 1, [line]), 250);
    assert(sumOf(sent, 'reached') < sumOf(sent, 'impressions'));
    assert(sumOf(sent, 'reached') <= 200);
  });

  it('sells to spot demand what is worth more there, and never for more than was offered', async () => {
    const offered = { offerId: 'dsp', buyer: 'dsp', cpmMicros: 9_000_000 };
    const { play } = createServer({ spotDemand: { offers: () => [offered] } });
    const line = { id: 'a', grantedMicros: 10 ** 12 };
    const second = await play(0, planOf(1, [line]), 2000);
    // A click is worth 0.5 and comes with 2% of impressions: an average listener is worth 10 for a thousand.
    assert(second.spot.impressions > 500 && second.awards.WORTH_MOST > 500);
    assert.equal(second.spot.impressions + second.awards.WORTH_MOST, 2000);
    assert.equal(second.spot.offeredMicros, second.spot.impressions * 9000);
    assert(second.spot.paidMicros < second.spot.offeredMicros);
    const first = await play(1, planOf(2, [line], { pricing: 'first' }), 2000);
    assert.equal(first.spot.paidMicros, first.spot.offeredMicros);
  });

  it('asks of an auctioned click what the auction set, and of a guaranteed one its price', async () => {
    const { sent, play } = createServer();
    const lines = [{ id: 'bids', grantedMicros: 10 ** 12, terms: { isAuctioned: true as const } }];
    await play(0, planOf(1, lines, { floors: [{ cpmMicros: 1_000_000 }] }), 20_000);
    for (let tick = 1; tick < 60; tick += 1) await play(tick, planOf(tick + 1, []), 0);
    const [clicks, clickMicros] = [sumOf(sent, 'clicks'), sumOf(sent, 'clickMicros')];
    assert(clicks > 200 && clickMicros > 0);
    assert(clickMicros < clicks * 500_000 * 0.6, `${clickMicros} for ${clicks} clicks`);
    const plain = createServer();
    await plain.play(0, planOf(1, [{ id: 'a', grantedMicros: 10 ** 12 }]), 20_000);
    for (let tick = 1; tick < 60; tick += 1) await plain.play(tick, planOf(tick + 1, []), 0);
    assert.equal(sumOf(plain.sent, 'clickMicros'), sumOf(plain.sent, 'clicks') * 500_000);
  });

  it('goes on inside its leases while it is cut off, and reports all of it afterwards', async () => {
    const { sent, play, server } = createServer();
    const line = { id: 'a', grantedMicros: 20_000_000, spendUntilAtMs: START_MS + 4 * TICK_MS };
    const plan = planOf(1, [line]);
    let charged = 0;
    for (let tick = 0; tick < 6; tick += 1) {
      const count = await play(tick, plan, 400, true);
      charged += count.lines.reduce((sum, one) => sum + one.chargedMicros, 0);
      assert.deepEqual([count.closings, count.lateReports, sent.length], [0, 0, 0]);
    }
    assert(charged > 10_000_000 && charged <= 20_000_000, `${charged}`);
    assert.equal(server.openMicros(START_MS + 3 * TICK_MS), 20_000_000 - charged);
    const back = await play(6, planOf(2, []), 400);
    assert.equal(back.lateReports, 6);
    assert.equal(sent.length, 7);
    assert.equal(sumOf(sent, 'chargedMicros'), charged);
    const closing = await play(7, planOf(3, []), 0);
    assert.equal(back.closings + closing.closings, 1);
    assert.equal(sent.flatMap(({ closings }) => closings)[0]?.chargedMicros, charged);
  });

  it('writes the same bytes for the same seed and plans', async () => {
    const bytes = async (seed: number) => {
      const { sent, play } = createServer({ seed });
      for (let tick = 0; tick < 5; tick += 1)
        await play(tick, planOf(tick + 1, [{ id: 'a', grantedMicros: 10 ** 9 }]), 300);
      return JSON.stringify(sent);
    };
    assert.equal(await bytes(5), await bytes(5));
    assert.notEqual(await bytes(5), await bytes(6));
  });

  it('stops at the end of the flight and of the lease, also within an interval', async () => {
    const { sent, play } = createServer();
    const half = START_MS + TICK_MS / 2;
    const lines = [
      { id: 'flight', grantedMicros: 10 ** 12, endAtMs: half },
      { id: 'lease', grantedMicros: 10 ** 12, spendUntilAtMs: half },
    ];
    await play(0, planOf(1, lines), 4000);
    assert.equal(sumOf(sent, 'impressions', 'flight') + sumOf(sent, 'impressions', 'lease'), 2000);
    for (const id of ['flight', 'lease']) assert(sumOf(sent, 'impressions', id) > 800, id);
    await play(1, planOf(2, lines), 4000);
    assert.equal(sumOf(sent.slice(1), 'impressions'), 0);
  });

  it('closes a lease once, in a report after the one with its last charge', async () => {
    const { sent, play } = createServer();
    const line = { id: 'a', grantedMicros: 10 ** 9, spendUntilAtMs: START_MS + TICK_MS };
    await play(0, planOf(1, [line]), 500);
    assert.deepEqual(sent[0]?.closings, []);
    await play(1, planOf(2, []), 500);
    const chargedMicros = sumOf(sent, 'chargedMicros');
    assert.deepEqual(sent[1]?.closings, [
      { campaignId: 'c-a', subcampaignId: 'a', grantedMicros: 10 ** 9, chargedMicros },
    ]);
    for (let tick = 2; tick < 6; tick += 1) await play(tick, planOf(tick + 1, [line]), 500);
    assert.equal(sent.slice(2).flatMap((report) => report.closings).length, 0);
    assert.equal(sumOf(sent, 'chargedMicros'), chargedMicros);
  });

  it('serves nothing by a plan older than one it has followed', async () => {
    const { sent, play } = createServer();
    const line = { id: 'a', grantedMicros: 10 ** 9 };
    await play(0, planOf(7, []), 100);
    await play(1, planOf(6, [line]), 100);
    assert.equal(sumOf(sent, 'impressions'), 0);
  });

  it('reports late clicks after the flight, without impressions, on the hour of the impression', async () => {
    const { sent, play } = createServer();
    const line = { id: 'a', grantedMicros: 10 ** 12, endAtMs: START_MS + TICK_MS };
    await play(0, planOf(1, [line]), 20_000);
    for (let tick = 1; tick < 80; tick += 1) await play(tick, planOf(tick + 1, []), 0);
    const late = sent.slice(1).flatMap((report) => report.lines);
    assert(late.length > 5);
    for (const { hourAt, impressions, chargedMicros, clicks, conversions } of late) {
      assert.equal(hourAt, '2026-01-05T12:00:00.000Z');
      assert.equal(impressions + chargedMicros, 0);
      assert(clicks + conversions > 0);
    }
    assert(Math.abs(sumOf(sent, 'clicks') - 400) < 80, `${sumOf(sent, 'clicks')} clicks`);
  });

  it('sends the share of its reports twice that it was told to', async () => {
    const { sent, play } = createServer({ duplicateShare: 0.3 });
    let duplicates = 0;
    for (let tick = 0; tick < 200; tick += 1) duplicates += (await play(tick, planOf(tick + 1, []), 3)).duplicates;
    assert(duplicates > 35 && duplicates < 85, `${duplicates} duplicates`);
    assert.equal(sent.length, 200 + duplicates);
    assert.equal(new Set(sent.map((report) => JSON.stringify(report))).size, 200);
  });
});
