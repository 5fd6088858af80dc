import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRandom } from '../../../emulators/world/random.ts';
import { dueShare, expectedBy, promiseFor, type PartFlight } from '../../../shared/campaign/expected-delivery.ts';
import { campaignAfter } from '../../support/campaigns.ts';
import { campaignCreated } from '../../support/events.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { context, supplyDay } from '../../support/markets.ts';
import { promised } from '../../support/observed-rows.ts';

const { hourShape } = supplyDay();
const [booked] = campaignAfter([campaignCreated()], context()).subcampaigns;

/** A part of two days like each other, with a budget of 100. */
function part(own: Partial<PartFlight> = {}): PartFlight {
  const flight = { startAtMs: START_MS, endAtMs: START_MS + 2 * DAY_MS };
  return { ...(booked as NonNullable<typeof booked>), ...flight, ...own };
}

describe('the share of a delivery that is due', () => {
  for (const { name, own, atMs, share } of [
    { name: 'before the flight', own: {}, atMs: START_MS - 1, share: 0 },
    { name: 'as it begins', own: { pacing: 'asap' }, atMs: START_MS, share: 0 },
    { name: 'after a day of two', own: {}, atMs: START_MS + DAY_MS, share: 0.5 },
    { name: 'after eight hours that have half of a day', own: {}, atMs: START_MS + 8 * HOUR_MS, share: 0.25 },
    { name: 'after a day, front-loaded', own: { pacing: 'front-loaded' }, atMs: START_MS + DAY_MS, share: 0.75 },
    {
      name: 'after a day, by a curve of its own',
      own: { pacing: 'custom', spendCurve: [{ trafficShare: 0.5, spendShare: 0.2 }] },
      atMs: START_MS + DAY_MS,
      share: 0.2,
    },
    {
      name: 'as fast as its audience comes',
      own: { pacing: 'asap', medianMicros: 300_000_000 },
      atMs: START_MS + 8 * HOUR_MS,
      share: 0.75,
    },
    {
      name: 'all at once where its audience is large',
      own: { pacing: 'asap', medianMicros: 900_000_000 },
      atMs: START_MS + 8 * HOUR_MS,
      share: 1,
    },
    {
      name: 'no more than a cap for each day',
      own: { pacing: 'asap', medianMicros: 900_000_000, dailyCapMicros: 30_000_000 },
      atMs: START_MS + DAY_MS + 1,
      share: 0.6,
    },
    { name: 'all of it when the flight ends', own: { dailyCapMicros: 1 }, atMs: START_MS + 2 * DAY_MS, share: 1 },
    { name: 'of nothing', own: { budgetMicros: 0 }, atMs: START_MS + DAY_MS, share: 0.5 },
  ] satisfies { name: string; own: Partial<PartFlight>; atMs: number; share: number }[]) {
    it(`is ${share} ${name}`, () => {
      assert(Math.abs(dueShare(part(own), hourShape, atMs) - share) < 1e-12, `${dueShare(part(own), hourShape, atMs)}`);
    });
  }
});

describe('a promise for another budget', () => {
  it('is in proportion where the budget was raised', () => {
    const raised = promiseFor(promised(), 75_000_000);
    assert.deepEqual(raised.clicks, { low: 120, mid: 150, high: 180 });
    assert.deepEqual(raised.spendMicros, { low: 60_000_000, mid: 75_000_000, high: 75_000_000 });
    assert.equal(raised.budgetMicros, 75_000_000);
  });

  it('spends no more than the budget where it was cut, and keeps what was unlikely to be spent anyway', () => {
    const unlikely = { spendMicros: { low: 10_000_000, mid: 40_000_000, high: 50_000_000 } };
    const cut = promiseFor(promised({ ...unlikely, reach: { low: 8, mid: 10, high: 12 } }), 20_000_000);
    assert.deepEqual(cut.spendMicros, { low: 10_000_000, mid: 20_000_000, high: 20_000_000 });
    assert.deepEqual(cut.clicks, { low: 50, mid: 50, high: 50 });
    assert.deepEqual(cut.reach, { low: 5, mid: 5, high: 5 });
  });

  it('is the same for the same, and of nothing nothing', () => {
    assert.deepEqual(promiseFor(promised(), 50_000_000), promised());
    const none = promised({ budgetMicros: 0, spendMicros: { low: 0, mid: 0, high: 0 } });
    assert.deepEqual(promiseFor(none, 5), { ...none, budgetMicros: 5 });
    assert.deepEqual(promiseFor(promised(), 0).clicks, { low: 0, mid: 0, high: 0 });
  });

  it('keeps low, mid and high in order, and spends no more than the budget', () => {
    const range = fc.tuple(fc.nat(2 ** 40), fc.nat(2 ** 40), fc.nat(2 ** 40)).map((drawn) => {
      const [low, mid, high] = drawn.sort((a, b) => a - b);
      return { low, mid, high };
    });
    fc.assert(
      fc.property(
        range,
        range,
        fc.integer({ min: 0, max: 2 ** 41 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (clicks, spendMicros, budgetMicros, share) => {
          const quoted = promised({ budgetMicros: spendMicros.high, clicks, spendMicros });
          const scaled = promiseFor(quoted, budgetMicros);
          const now = expectedBy(scaled, share);
          for (const { low, mid, high } of [
            scaled.clicks,
            scaled.spendMicros,
            now.clicks,
            now.spendMicros,
            now.impressions,
          ])
            assert(low <= mid && mid <= high && low >= 0 && Number.isSafeInteger(high), `${low} ${mid} ${high}`);
          assert(now.spendMicros.high <= Math.max(1, budgetMicros, spendMicros.high === 0 ? 0 : budgetMicros) + 1);
        },
      ),
      { seed: 11 },
    );
  });
});

describe('what is expected by now', () => {
  it('is nothing at the beginning, and what was said at the end', () => {
    const nothing = { low: 0, mid: 0, high: 0 };
    assert.deepEqual(expectedBy(promised(), 0).clicks, nothing);
    const { impressions, clicks, conversions, spendMicros } = promised();
    assert.deepEqual(expectedBy(promised(), 1), { impressions, clicks, conversions, spendMicros });
  });

  it('has the tenth and the ninetieth percentile of clicks of which each comes by now or not', () => {
    const random = createRandom('expected by now');
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    for (const { mid, half, share } of [
      { mid: 1000, half: 200, share: 0.3 },
      { mid: 400, half: 10, share: 0.5 },
      { mid: 200, half: 100, share: 0.9 },
    ]) {
      const drawn = Array.from({ length: 4000 }, () => {
        const count = Math.round(mid + (normal() * half) / 1.2815515655446004);
        let come = 0;
        for (let click = 0; click < count; click++) if (random() < share) come++;
        return come;
      }).sort((a, b) => a - b);
      const { clicks } = expectedBy(promised({ clicks: { low: mid - half, mid, high: mid + half } }), share);
      const wide = clicks.high - clicks.low;
      for (const [quantile, value] of [
        [0.1, clicks.low],
        [0.5, clicks.mid],
        [0.9, clicks.high],
      ] as const)
        assert(
          Math.abs((drawn[Math.floor(quantile * 4000)] as number) - value) < 0.06 * wide,
          `${mid} ${quantile}: ${value}`,
        );
    }
  });
});
