import assert from 'node:assert/strict';
import { seededStore } from '../../support/stores.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import {
  budgetApplied,
  observed,
  promised,
  quoteIssued,
  rowOf,
  subcampaignEnded,
  supplyForecast,
} from '../../support/observed-rows.ts';
import type { Outcome } from '../../../shared/contracts/outcomes.ts';
import { createCommandLine } from './command-line.ts';

/** Campaigns with a promise of 90%, every third of which is spent in full, and two days of forecasts of SE. */
async function scoredWorld() {
  const world = createCommandLine({ store: await seededStore() });
  let events = 0;
  const append = (outcomes: readonly Outcome[], atMs = START_MS) =>
    world.log.append(outcomes.map((outcome) => rowOf(outcome, `e${++events}`, atMs)));
  for (let index = 0; index < 6; index++) {
    const campaignId = `c${index}`;
    const subcampaigns = [{ subcampaignId: 's1', market: 'SE', ...promised({ fullSpendPpm: 900_000 }) }];
    await append([
      quoteIssued({ campaignId, subcampaigns, fullSpendPpm: 900_000 }),
      budgetApplied({ campaignId, budgetMicros: 50_000_000 }),
      subcampaignEnded({
        campaignId,
        market: 'SE',
        subcampaignId: 's1',
        billedMicros: index % 3 ? 40_000_000 : 50_000_000,
      }),
    ]);
  }
  for (let hour = 0; hour < 48; hour++) {
    const windowStartAtMs = START_MS + hour * HOUR_MS;
    const opportunities = [{ segment: 'casual', surface: 'home', opportunities: 10 }];
    await append([observed({ market: 'SE', windowStartAtMs, opportunities })], windowStartAtMs);
  }
  const day = { days: 1, q10: 200, q50: 240, q90: 300 };
  await append([
    supplyForecast({ market: 'SE', fromAtMs: START_MS, totals: [day] }),
    supplyForecast({ market: 'SE', fromAtMs: START_MS + DAY_MS, totals: [{ ...day, q10: 250, q50: 264 }] }),
  ]);
  return world;
}

describe('calibration', () => {
  it('shows a table, a plot of reliability and bars of coverage', async () => {
    const { run } = await scoredWorld();
    const { exit, stdout } = await run(['calibration']);
    assert.equal(exit, 0);
    assert.match(stdout, /^kind +market +model +n +bias +coverage +Brier +ECE +from +to$/m);
    assert.match(stdout, /^market-supply-1d +SE +m1 +2 +-0\.048 +50\.0% +- +- +2026-03-02 +2026-03-02$/m);
    assert.match(stdout, /^full-spend +q1 +6 +- +- +0\.5433 +0\.5667 /m);
    assert.match(stdout, /^full-spend +SE +q1 +6 /m);
    assert.match(stdout, /^market-supply-1d +\[#{20} {12}\| {7}\] +50\.0% {2}of 2$/m);
    const plot = stdout.split('\n').filter((line) => /^[01]\.\d \|/.test(line));
    assert.equal(plot.length, 10);
    assert.match(plot[0] ?? '', /^1\.0 \| {49}\.$/);
    assert.match(plot[6] ?? '', /^0\.4 \| {19}\. {29}\*$/);
    assert.match(stdout, /^ +0 +0 +0 +0 +0 +0 +0 +0 +0 +6 {2}of them$/m);
  });

  it('keeps to one market, and gives programs the numbers', async () => {
    const { run } = await scoredWorld();
    const { json } = await run(['calibration', '--market', 'SE', '--json']);
    const { calibration, reliability } = json() as { calibration: { market: string }[]; reliability: object[] };
    assert(calibration.length === 6 && calibration.every(({ market }) => market === 'SE'));
    assert.deepEqual(reliability, [{ market: 'SE', modelId: 'q1', bin: 9, n: 6, forecast: 0.9, observed: 1 / 3 }]);
  });

  it('says so where nothing has been scored yet, and where there is no such market', async () => {
    const { run } = createCommandLine({ store: await seededStore() });
    const nothing = await run(['calibration']);
    assert.equal(nothing.exit, 0);
    assert.match(nothing.stdout, /^nothing has been scored yet: .* when its campaign has ended$/m);
    assert.match((await run(['calibration', '--market', 'SE'])).stdout, /^nothing of SE has been scored yet/);
    const unknown = await run(['calibration', '--market', 'SX']);
    assert.equal(unknown.exit, 1);
    assert.match(unknown.stdout, /SX/);
  });

  it('refuses what it does not understand', async () => {
    const { run } = createCommandLine();
    assert.equal((await run(['calibration', 'SE'])).exit, 2);
    assert.equal((await run(['calibration', '--market', 'S/E'])).exit, 2);
    assert.equal((await run(['calibration', '--tenant', 't1'])).exit, 2);
  });
});
