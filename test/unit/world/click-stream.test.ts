import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createClickStream } from '../../../emulators/world/click-stream.ts';
import { createRandom } from '../../../emulators/world/random.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DELAYS = {
  bucketMs: 5 * MINUTE_MS,
  clickDelayMedianMs: 10 * MINUTE_MS,
  conversionDelayMedianMs: 30 * MINUTE_MS,
  conversionRate: 0.2,
  attributionWindowMs: 5 * HOUR_MS,
};
const START_MS = Date.UTC(2026, 0, 5, 23);
const SERVED = {
  campaignId: 'c1',
  subcampaignId: 's1',
  segment: 'casual',
  surface: 'home',
  startAtMs: START_MS + 55 * MINUTE_MS,
  endAtMs: START_MS + HOUR_MS,
  hourAtMs: START_MS,
  impressions: 20_000,
  clickRate: 0.05,
};

describe('click stream', () => {
  it('keeps late clicks on the hour of their impression', () => {
    const stream = createClickStream(DELAYS);
    stream.add(createRandom(1), SERVED);
    const atOnce = stream.take(SERVED.endAtMs);
    const late = stream.take(SERVED.endAtMs + 6 * HOUR_MS);
    assert(atOnce.length <= 1);
    assert.equal(late.length, 1);
    assert.equal(late[0]?.hourAtMs, START_MS);
    assert((late[0]?.clicks ?? 0) > 800, `only ${late[0]?.clicks} late clicks`);
    assert((late[0]?.conversions ?? 0) > 100);
  });

  it('brings half of the clicks within the median delay', () => {
    const stream = createClickStream(DELAYS);
    stream.add(createRandom(2), { ...SERVED, startAtMs: START_MS, endAtMs: START_MS + 1 });
    const soon = stream.take(START_MS + 10 * MINUTE_MS)[0]?.clicks ?? 0;
    const rest = stream.take(START_MS + 6 * HOUR_MS)[0]?.clicks ?? 0;
    assert(Math.abs(soon / (soon + rest) - 0.5) < 0.06, `${soon} soon, ${rest} later`);
  });

  it('tells each click once, however time is cut, and none after the window', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 }), (seed, steps) => {
        const whole = createClickStream(DELAYS);
        const cut = createClickStream(DELAYS);
        for (const stream of [whole, cut]) stream.add(createRandom(seed), { ...SERVED, impressions: 500 });
        const endMs = SERVED.endAtMs + DELAYS.attributionWindowMs;
        let untilMs = SERVED.startAtMs;
        let clicks = 0;
        for (const step of steps) {
          untilMs = Math.min(endMs, untilMs + step * DELAYS.bucketMs);
          for (const arrived of cut.take(untilMs)) clicks += arrived.clicks;
        }
        for (const arrived of cut.take(endMs)) clicks += arrived.clicks;
        assert.equal(clicks, whole.take(endMs)[0]?.clicks ?? 0);
        assert.deepEqual(cut.take(endMs + 100 * HOUR_MS), []);
      }),
    );
  });

  it('adds up what clicks cost, each with the price of its own impression', () => {
    const stream = createClickStream({ ...DELAYS, attributionWindowMs: 1000 * HOUR_MS });
    const random = createRandom(4);
    for (const clickPriceMicros of [300_000, 500_000, 250_001])
      stream.addClick(random, { ...SERVED, impressionAtMs: START_MS, clickPriceMicros });
    const [arrived, ...others] = stream.take(START_MS + 1000 * HOUR_MS);
    assert.deepEqual([arrived?.clicks, arrived?.clickMicros, others.length], [3, 1_050_001, 0]);
  });
});
