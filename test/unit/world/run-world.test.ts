import assert from 'node:assert/strict';
import sinon from 'sinon';
import { builtInProfiles } from '../../../emulators/world/market-profile.ts';
import { createPopulation } from '../../../emulators/world/population.ts';
import { type WorldProgress, runWorld } from '../../../emulators/world/run-world.ts';
import { type FakeFunctionsInput, createFakeFunctions } from './fake-functions.ts';

const START_MS = Date.UTC(2026, 0, 5);
const HALF_HOUR_MS = 1_800_000;

function createWorld(options: Partial<FakeFunctionsInput> = {}) {
  const population = createPopulation({ seed: 9, profiles: builtInProfiles(2), dailyOpportunities: 6_000 });
  const functions = createFakeFunctions({
    population,
    startAtMs: START_MS,
    tickIntervalMs: HALF_HOUR_MS,
    groups: 2,
    grantMicros: 500_000,
    ...options,
  });
  const run = (seed = 9, more: Partial<Parameters<typeof runWorld>[0]> = {}) =>
    runWorld({
      seed,
      startAtMs: START_MS,
      tickIntervalMs: HALF_HOUR_MS,
      campaigns: 8,
      population,
      functionsUrl: 'http://functions',
      publish: functions.publish,
      fetch: functions.fetch,
      tick: functions.tick,
      pause: async () => {},
      ...more,
    });
  return { functions, run };
}

describe('run world', () => {
  it('plays a day and its drain, one tick per step', async () => {
    const { functions, run } = createWorld();
    const progress: WorldProgress[] = [];
    await run(9, { onProgress: (step) => void progress.push(step) });
    assert.equal(functions.ticks.length, 48 + 9);
    assert.equal(functions.ticks.at(-1), START_MS + 32 * 3_600_000);
    assert.equal(progress.at(-1)?.share, 1);
    assert.deepEqual(new Set(progress.map(({ phase }) => phase)), new Set(['day', 'drain']));
    assert.deepEqual(
      progress.map(({ impressions }) => impressions),
      progress.map(({ impressions }) => impressions).sort((a, b) => a - b),
    );
  });

  it('counts what its reports say', async () => {
    const { functions, run } = createWorld();
    const result = await run();
    const reports = functions.uniqueReports();
    const lines = reports.flatMap((report) => report.lines);
    for (const field of ['impressions', 'clicks', 'conversions', 'chargedMicros'] as const) {
      const reported = lines.reduce((sum, line) => sum + line[field], 0);
      assert(reported > 0, field);
      assert.equal(result[field], reported);
      assert.equal(
        result.subcampaigns.reduce((sum, count) => sum + count[field], 0),
        reported,
      );
    }
    assert.equal(result.reports, reports.length);
    assert.equal([...functions.reports.values()].flat().length, result.reports + result.duplicates);
    assert.equal(
      result.opportunities,
      reports.flatMap((report) => report.opportunities).reduce((sum, cell) => sum + cell.opportunities, 0),
    );
    assert.equal(
      functions.messages.length,
      result.published.reduce((sum, { copies, conflicts }) => sum + copies + conflicts, 0),
    );
  });

  it('books a part of its campaigns over HTTP, each once, and confirms what it holds', async () => {
    const { functions, run } = createWorld();
    const { booked, published } = await run(9, { campaigns: 16 });
    assert.deepEqual(booked.map(({ key }) => key).sort(), [...functions.bookings.keys()].sort());
    const statuses = new Set([...functions.bookings.values()].map(({ status }) => status));
    assert.deepEqual(statuses, new Set(['confirmed', 'released']));
    assert(booked.some(({ repeated }) => repeated));
    for (const { repeated, answer } of booked) if (repeated) assert.deepEqual(repeated, answer);
    const kept = booked.filter(({ answer }) => answer.status === 'confirmed');
    const ids = [
      ...published.filter(({ topic, isMalformed }) => topic === 'campaign-created' && !isMalformed),
      ...kept.flatMap(({ answer }) => answer.lines ?? []),
    ].map(({ campaignId }) => campaignId);
    assert.equal(ids.length, 16);
    assert.equal(new Set(ids).size, 16);
  });

  it('comes again with a booking that is busy, and names the booking that is refused', async () => {
    const problem = (code: string) =>
      Response.json({ status: 409, code, detail: 'others' }, { status: 409, headers: { 'retry-after': '1' } });
    const busy = new Set<number>();
    const intercept = (call: number, url: string) => {
      if (!url.endsWith('/v1/bookings') || busy.size >= 3) return undefined;
      busy.add(call);
      return problem('BOOKING_BUSY');
    };
    const { run } = createWorld({ intercept });
    const undisturbed = await createWorld().run();
    assert.deepEqual((await run()).booked, undisturbed.booked);
    assert.equal(busy.size, 3);
    const refused = createWorld({
      intercept: (_call, url) => (url.endsWith('/v1/bookings') ? problem('EVENT_CONFLICT') : undefined),
    });
    await assert.rejects(refused.run(), /tenant [a-z-]+, booking book-\S+: 409 EVENT_CONFLICT: others/);
  });

  it('gives the same bytes for the same seed', async () => {
    const bytes = async (seed: number) => {
      const { functions, run } = createWorld();
      const result = await run(seed);
      return JSON.stringify([[...functions.reports].sort(), functions.messages, { ...result, requests: undefined }]);
    };
    assert.equal(await bytes(9), await bytes(9));
    assert.notEqual(await bytes(9), await bytes(10));
  });

  it('closes every lease once its flight is over, with all it charged', async () => {
    const { functions, run } = createWorld();
    await run();
    const charged = new Map<string, number>();
    const closed = new Map<string, number[]>();
    for (const report of functions.uniqueReports()) {
      const group = report.eventId.split(':')[1];
      for (const line of report.lines) {
        const key = `${group}/${line.subcampaignId}`;
        charged.set(key, (charged.get(key) ?? 0) + line.chargedMicros);
      }
      for (const { subcampaignId, chargedMicros } of report.closings) {
        const key = `${group}/${subcampaignId}`;
        closed.set(key, [...(closed.get(key) ?? []), chargedMicros]);
      }
    }
    assert(charged.size > 0);
    for (const [key, chargedMicros] of charged) assert.deepEqual(closed.get(key), [chargedMicros], key);
  });

  it('survives answers that fail for a while, under the same event ids', async () => {
    const intercept = (call: number) => (call % 7 === 0 ? new Response('', { status: 503 }) : undefined);
    const { functions, run } = createWorld({ intercept });
    const calm = createWorld();
    const result = await run();
    assert(result.retries > 10);
    assert.equal(result.reports, functions.reports.size);
    const undisturbed = await calm.run();
    assert.deepEqual({ ...result, retries: 0, requests: undefined }, { ...undisturbed, requests: undefined });
  });

  it('uses the tag of the plan, so that an unchanged plan is not sent again', async () => {
    const { functions, run } = createWorld();
    let lag = 0;
    await run(9, {
      // The plan comes late: the world must ask more than once.
      tick: async (atMs) => {
        lag = 3;
        return atMs;
      },
      pause: async () => {
        if (lag > 0 && --lag === 0) await functions.tick(START_MS + functions.ticks.length * HALF_HOUR_MS);
      },
      drainHours: 0,
    });
    assert(functions.statuses.filter((status) => status === 304).length > 50);
  });

  it('names the market whose plan does not come, and how far it is', async () => {
    const { functions, run } = createWorld();
    await assert.rejects(
      run(9, { tick: async (atMs) => atMs, planTimeoutMs: 200 }),
      /market (SE|DE) did not reach slot \d+ in 200 ms: it has no plan/,
    );
    const stuck = createWorld();
    const tick = async (atMs: number) => (atMs === START_MS ? stuck.functions.tick(atMs) : atMs);
    await assert.rejects(
      stuck.run(9, { tick, planTimeoutMs: 200 }),
      /did not reach slot \d+ in 200 ms: its plan is at slot \d+/,
    );
    assert.equal(functions.reports.size, 0);
  });

  it('stops when it is told to', async () => {
    const { functions, run } = createWorld();
    const controller = new AbortController();
    const onProgress = sinon.fake(() => controller.abort(new Error('enough')));
    await assert.rejects(run(9, { signal: controller.signal, onProgress }), /enough/);
    assert.equal(functions.ticks.length, 1);
  });

  it('refuses settings that make no world before anything is published', async () => {
    const { functions, run } = createWorld();
    await assert.rejects(run(9, { days: 0 }), { code: 'INVALID_WORLD_SETTINGS' });
    assert.equal(functions.messages.length, 0);
  });
});
