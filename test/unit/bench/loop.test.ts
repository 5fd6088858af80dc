import assert from 'node:assert/strict';
import type { Plan, PlanLine } from '../../../shared/contracts/plan.ts';
import { DEFAULT_AUCTION } from '../../../shared/contracts/serving.ts';
import { playDay } from '../../bench/live-price-day.ts';
import type { LivePriceWorld } from '../../bench/live-price-world.ts';
import { firstCome, revive } from '../../bench/loop-baselines.ts';
import { createLoopLeases } from '../../bench/loop-leases.ts';
import { drawLoopMarket } from '../../bench/loop-world.ts';
import { run } from '../../bench/loop.ts';
import { UsageError } from '../../bench/usage-error.ts';

const T0 = Date.parse('2026-03-12T00:00:00Z');

describe('The options of the loop bench', () => {
  for (const own of [{ days: '0' }, { days: '8' }, { days: '1.5' }, { seed: '-1' }, { seed: 'one' }, { seed: '' }]) {
    it(`are refused as ${JSON.stringify(own)}`, async () => {
      await assert.rejects(run({ own }), UsageError);
    });
  }
});

describe('A group of the loop bench with its leases', () => {
  const line = { campaignId: 'c1', subcampaignId: 's1' };

  it('charges whole impressions, never above what it was granted, and says when it can no more', () => {
    const leases = createLoopLeases('edge-a');
    leases.adopt(planOf([{ group: 'edge-a', grantedMicros: 1000, returnedMicros: 100, spendUntilAtMs: T0 }]));
    assert.equal(leases.charge(line, 5, 100), 5);
    assert.equal(leases.isSpent()[0], 0);
    assert.equal(leases.charge(line, 9, 100), 4);
    assert.equal(leases.isSpent()[0], 1);
    assert.equal(leases.charge(line, 1, 100), 0);
  });

  it('charges nothing where only another group has a lease', () => {
    const leases = createLoopLeases('edge-a');
    leases.adopt(planOf([{ group: 'edge-b', grantedMicros: 1000, returnedMicros: 0, spendUntilAtMs: T0 }]));
    assert.equal(leases.charge(line, 1, 100), 0);
    assert.deepEqual(leases.takeClosings(T0), []);
  });

  it('closes what has ended once, and opens it with a newer grant only', () => {
    const leases = createLoopLeases('edge-a');
    const lease = { group: 'edge-a', grantedMicros: 1000, returnedMicros: 0, spendUntilAtMs: T0 };
    leases.adopt(planOf([lease]));
    leases.charge(line, 3, 100);
    assert.deepEqual(leases.takeClosings(T0 - 1), []);
    assert.deepEqual(leases.takeClosings(T0), [{ ...line, grantedMicros: 1000, chargedMicros: 300 }]);
    assert.deepEqual(leases.takeClosings(T0), []);
    leases.adopt(planOf([{ ...lease, spendUntilAtMs: T0 + 1 }]));
    assert.equal(leases.charge(line, 1, 100), 0, 'the same grant');
    leases.adopt(planOf([{ ...lease, grantedMicros: 1500, returnedMicros: 700, spendUntilAtMs: T0 + 1 }]));
    assert.equal(leases.charge(line, 9, 100), 5, 'what is left of both grants');
  });
});

describe('The rules beside the loop', () => {
  it('give everything to the line that was booked first until its money is gone', () => {
    assert.equal(playDay(worldOf({ budget: [2, 1] }), firstCome()), 3 + 7 * 0.5);
  });

  it('spread contract lines over the day, and leave the rest to those who pay more', () => {
    const world = worldOf({ budget: [5, 0] });
    const value = playDay(
      world,
      revive(world, () => false),
    );
    // Half of the requests, give or take: a draw each.
    assert(value > 5 + 0.5 && value <= 5 + 5 * 0.5, String(value));
  });

  it('give a contract line without money nothing, and a zone without requests no chance', () => {
    const world = worldOf({ budget: [0, 0] });
    assert.equal(
      playDay(
        world,
        revive(world, () => false),
      ),
      10 * 0.5,
    );
  });
});

describe('The world of the loop bench', () => {
  const settings = { seed: 1, market: 'M0', responseSigma: 0.8, load: 1.2, clickDelayMedianMs: 600_000, days: 1 };
  const market = drawLoopMarket(settings);

  it('is the same for the same seed', () => {
    assert.deepEqual(drawLoopMarket(settings).requests, market.requests);
    assert.notDeepEqual(drawLoopMarket({ ...settings, seed: 2 }).requests, market.requests);
  });

  it('has requests in their order, of listeners who respond like their cell on average', () => {
    const { atMs, multiplier } = market.requests;
    assert(atMs.every((at, request) => request === 0 || at >= (atMs[request - 1] as number)));
    const mean = multiplier.reduce((sum, one) => sum + one, 0) / multiplier.length;
    assert(Math.abs(mean - 1) < 0.05, String(mean));
  });

  it('sells clicks by its load, in the same money to the platform and to the bound', () => {
    const { world, entries } = market;
    const clicks = world.forecast.reduce((sum, count, at) => sum + count * (world.clickRate[at % 32] as number), 0);
    const sold = world.lines.budget.reduce((sum, one, line) => sum + one / (world.lines.clickPrice[line] as number), 0);
    assert(Math.abs(sold / clicks - 1.2) < 1e-4, String(sold / clicks));
    entries.forEach(({ budgetMicros, segments, surfaces }, line) => {
      assert(Math.abs(budgetMicros / 50e6 - (world.lines.budget[line] as number)) < 1e-9);
      const cells = (world.lines.lineStart[line + 1] as number) - (world.lines.lineStart[line] as number);
      assert.equal(segments.length * surfaces.length, cells);
    });
  });
});

function planOf(leases: PlanLine['leases']): Plan {
  return {
    schemaVersion: 1,
    market: 'M0',
    planVersion: 1,
    supplyVersion: 1,
    slot: 1,
    publishedAtMs: T0,
    validUntilAtMs: T0,
    response: [],
    auction: DEFAULT_AUCTION,
    lines: [
      {
        campaignId: 'c1',
        subcampaignId: 's1',
        segments: ['fans'],
        surfaces: ['home'],
        startAtMs: T0,
        endAtMs: T0,
        clickPriceMicros: 1,
        price: 0,
        worth: 1,
        fallbackShare: 0,
        leases,
      },
    ],
  };
}

/** Ten requests in two hours, each worth 1 to both lines and 0.5 to spot demand. */
function worldOf({ budget }: { budget: number[] }): LivePriceWorld {
  const requests = 10;
  return {
    hours: 2,
    clickRate: Float64Array.of(1),
    forecast: Float64Array.of(5, 5),
    expectedOffer: Float64Array.of(0.5),
    lines: {
      budget: Float64Array.from(budget),
      worth: Float64Array.of(1, 1),
      clickPrice: Float64Array.of(1, 1),
      lineStart: Uint32Array.of(0, 1, 2),
      edgeCell: Uint32Array.of(0, 0),
    },
    requests: {
      cell: new Uint32Array(requests),
      multiplier: new Float64Array(requests).fill(1),
      offer: new Float64Array(requests).fill(0.5),
    },
    hourStart: Uint32Array.of(0, 5, 10),
  };
}
