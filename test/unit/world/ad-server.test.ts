import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ReportBodyWire } from '../../../shared/contracts/events.ts';
import type { Plan } from '../../../shared/contracts/plan.ts';
import { DEFAULT_AUCTION } from '../../../shared/contracts/serving.ts';
import { reportBody } from '../../../shared/contracts/validators.generated.js';
import { createAdServer } from '../../../emulators/world/ad-server.ts';
import { worldDefaults } from '../../../emulators/world/world-settings.ts';

const TICK_MS = 300_000;
const START_MS = Date.UTC(2026, 0, 5, 12);
const CELL = { segment: 'casual', surface: 'home' };

interface LineInput {
  id: string;
  share: number;
  grantedMicros: number;
  spendUntilAtMs?: number;
  endAtMs?: number;
  segment?: string;
}

function planOf(version: number, lines: LineInput[]): Plan {
  return {
    schemaVersion: 1,
    market: 'SE',
    planVersion: version,
    supplyVersion: 1,
    slot: version,
    publishedAtMs: START_MS,
    validUntilAtMs: START_MS + TICK_MS,
    auction: DEFAULT_AUCTION,
    response: [{ ...CELL, clickPpm: 20_000 }],
    lines: lines.map(
      ({ id, share, grantedMicros, spendUntilAtMs = START_MS + 10 ** 9, endAtMs = START_MS + 10 ** 9, segment }) => ({
        campaignId: 'c1',
        subcampaignId: id,
        segments: [segment ?? CELL.segment],
        surfaces: [CELL.surface],
        startAtMs: START_MS,
        endAtMs,
        clickPriceMicros: 500_000,
        price: 0,
        worth: 1,
        fallbackShare: share,
        leases: [{ group: 'SE-a', grantedMicros, returnedMicros: 0, spendUntilAtMs }],
      }),
    ),
  };
}

function createServer({ seed = 1, duplicateShare = 0 } = {}) {
  const sent: ReportBodyWire[] = [];
  const client = {
    pullPlan: async () => undefined,
    postReport: async (report: ReportBodyWire) => {
      assert(reportBody(report), JSON.stringify(reportBody.errors));
      sent.push(report);
      return 0;
    },
  };
  const delays = { ...worldDefaults, bucketMs: TICK_MS };
  const server = createAdServer({
    seed,
    market: 'SE',
    group: 'SE-a',
    client,
    delays,
    clickRate: () => 0.02,
    listener: () => ({ visits: 2, activeDays: 1, allVisits: 5, allActiveDays: 3 }),
    duplicateShare,
  });
  const play = (tick: number, plan: Plan, opportunities: number) => {
    const startAtMs = START_MS + tick * TICK_MS;
    const traffic = [{ ...CELL, opportunities }];
    return server.playInterval({ startAtMs, endAtMs: startAtMs + TICK_MS }, plan, traffic);
  };
  return { sent, play };
}

function sumOf(
  reports: ReportBodyWire[],
  field: 'impressions' | 'clicks' | 'conversions' | 'chargedMicros',
  id?: string,
): number {
  return reports
    .flatMap((report) => report.lines)
    .filter((line) => id === undefined || line.subcampaignId === id)
    .reduce((sum, line) => sum + line[field], 0);
}

describe('ad server', () => {
  it('serves each line its share of the opportunities and leaves the rest to the house', async () => {
    const { sent, play } = createServer();
    const lines = [
      { id: 'a', share: 0.5, grantedMicros: 10 ** 12 },
      { id: 'b', share: 0.3, grantedMicros: 10 ** 12 },
      { id: 'other', share: 1, grantedMicros: 10 ** 12, segment: 'lapsed' },
    ];
    const count = await play(0, planOf(1, lines), 100_000);
    assert.equal(count.opportunities, 100_000);
    assert(Math.abs(sumOf(sent, 'impressions', 'a') - 50_000) < 800);
    assert(Math.abs(sumOf(sent, 'impressions', 'b') - 30_000) < 800);
    assert.equal(sumOf(sent, 'impressions', 'other'), 0);
    assert.deepEqual(sent[0]?.opportunities, [{ ...CELL, opportunities: 100_000 }]);
    assert.equal(sent[0]?.sample.length, 8);
  });

  it('never charges above a lease, and its reports add up to what it charged', async () => {
    const line = fc.record({ share: fc.double({ min: 0, max: 0.5, noNaN: true }), granted: fc.nat(3_000_000) });
    const input = fc.record({
      seed: fc.nat(),
      lines: fc.array(line, { minLength: 1, maxLength: 3 }),
      traffic: fc.array(fc.nat(2000), { maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ seed, lines, traffic }) => {
        const { sent, play } = createServer({ seed });
        const grants = lines.map(({ share, granted }, index) => ({ id: `s${index}`, share, grantedMicros: granted }));
        let counted = 0;
        for (const [tick, opportunities] of traffic.entries()) {
          const { lines: reported } = await play(tick, planOf(tick + 1, grants), opportunities);
          counted += reported.reduce((sum, line) => sum + line.chargedMicros, 0);
        }
        assert.equal(sumOf(sent, 'chargedMicros'), counted);
        for (const { id, grantedMicros } of grants) {
          assert(sumOf(sent, 'chargedMicros', id) <= grantedMicros);
          assert.equal(sumOf(sent, 'chargedMicros', id), sumOf(sent, 'impressions', id) * 10_000);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('writes the same bytes for the same seed and plans', async () => {
    const bytes = async (seed: number) => {
      const { sent, play } = createServer({ seed });
      for (let tick = 0; tick < 5; tick += 1)
        await play(tick, planOf(tick + 1, [{ id: 'a', share: 0.4, grantedMicros: 10 ** 9 }]), 900);
      return JSON.stringify(sent);
    };
    assert.equal(await bytes(5), await bytes(5));
    assert.notEqual(await bytes(5), await bytes(6));
  });

  it('stops at the end of the flight and of the lease, also within an interval', async () => {
    const { sent, play } = createServer();
    const half = START_MS + TICK_MS / 2;
    const lines = [
      { id: 'flight', share: 0.5, grantedMicros: 10 ** 12, endAtMs: half },
      { id: 'lease', share: 0.5, grantedMicros: 10 ** 12, spendUntilAtMs: half },
    ];
    await play(0, planOf(1, lines), 40_000);
    for (const id of ['flight', 'lease']) assert(Math.abs(sumOf(sent, 'impressions', id) - 10_000) < 500);
    await play(1, planOf(2, lines), 40_000);
    assert.equal(sumOf(sent.slice(1), 'impressions'), 0);
  });

  it('closes a lease once, in a report after the one with its last charge', async () => {
    const { sent, play } = createServer();
    const line = { id: 'a', share: 1, grantedMicros: 10 ** 9, spendUntilAtMs: START_MS + TICK_MS };
    await play(0, planOf(1, [line]), 500);
    assert.deepEqual(sent[0]?.closings, []);
    await play(1, planOf(2, []), 500);
    const chargedMicros = sumOf(sent, 'chargedMicros');
    assert.deepEqual(sent[1]?.closings, [
      { campaignId: 'c1', subcampaignId: 'a', grantedMicros: 10 ** 9, chargedMicros },
    ]);
    for (let tick = 2; tick < 6; tick += 1) await play(tick, planOf(tick + 1, [line]), 500);
    assert.equal(sent.slice(2).flatMap((report) => report.closings).length, 0);
    assert.equal(sumOf(sent, 'chargedMicros'), chargedMicros);
  });

  it('serves nothing by a plan older than one it has followed', async () => {
    const { sent, play } = createServer();
    const line = { id: 'a', share: 1, grantedMicros: 10 ** 9 };
    await play(0, planOf(7, []), 100);
    await play(1, planOf(6, [line]), 100);
    assert.equal(sumOf(sent, 'impressions'), 0);
  });

  it('reports late clicks after the flight, without impressions, on the hour of the impression', async () => {
    const { sent, play } = createServer();
    const line = { id: 'a', share: 1, grantedMicros: 10 ** 12, endAtMs: START_MS + TICK_MS };
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
