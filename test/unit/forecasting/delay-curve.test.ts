import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawLogNormal } from '../../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../../emulators/world/random.ts';
import { arrivedShare, fitDelayCurve, type DelayCount } from '../../../shared/forecasting/delay-curve.ts';
import { ForecastError } from '../../../shared/forecasting/forecast-error.ts';
import { normalCdf } from '../../../shared/forecasting/normal-cdf.ts';

const MINUTE_MS = 60_000;
const WINDOW_MS = 360 * MINUTE_MS;
const GUESS = { medianMs: 30 * MINUTE_MS, sigma: 1.5 };

/** Clicks that came by now, of impressions spread over the hours before it. */
function truncatedLog(seed: number, clicks: number, hours: number, delay: (random: Random) => number): DelayCount[] {
  const random = createRandom(seed, 'delays');
  const counts: DelayCount[] = [];
  for (let click = 0; click < clicks; click++) {
    const [observableMs, delayMs] = [random() * hours * 60 * MINUTE_MS, delay(random)];
    if (delayMs <= observableMs && delayMs <= WINDOW_MS) counts.push({ delayMs, observableMs, count: 1 });
  }
  return counts;
}

const logNormal = (minutes: number, sigma: number) => (random: Random) =>
  drawLogNormal(random, minutes * MINUTE_MS, sigma);
const shareOf = (minutes: number, sigma: number) => (ageMs: number) =>
  normalCdf(Math.log(ageMs / (minutes * MINUTE_MS)) / sigma) /
  normalCdf(Math.log(WINDOW_MS / (minutes * MINUTE_MS)) / sigma);
const AGES_MS = [1, 3, 10, 30, 90, 200, 330].map((minutes) => minutes * MINUTE_MS);

describe('the delay curve', () => {
  it('finds the law again from impressions too young to show all of their clicks', () => {
    for (const [minutes, sigma, hours] of [
      [10, 1, 24],
      [60, 0.7, 12],
      [120, 1, 6.5],
    ] as const) {
      const curve = fitDelayCurve(truncatedLog(1, 60_000, hours, logNormal(minutes, sigma)), WINDOW_MS, GUESS);
      for (const ageMs of AGES_MS) {
        const error = arrivedShare(curve, ageMs) - shareOf(minutes, sigma)(ageMs);
        assert(Math.abs(error) < 0.02, `${minutes} min, ${ageMs / MINUTE_MS}: ${error}`);
      }
    }
  });

  it('follows delays that are of no law: some at once, the others after an hour', () => {
    const delay = (random: Random) => (random() < 0.5 ? 1 : 60 + 10 * random()) * MINUTE_MS;
    const curve = fitDelayCurve(truncatedLog(2, 60_000, 12, delay), WINDOW_MS, GUESS);
    for (const [minutes, expected] of [
      [5, 0.5],
      [45, 0.5],
      [100, 1],
    ] as const) {
      assert(Math.abs(arrivedShare(curve, minutes * MINUTE_MS) - expected) < 0.03, `${minutes}`);
    }
  });

  it('guesses ages that no impression has reached by the law of the younger ones', () => {
    const curve = fitDelayCurve(truncatedLog(3, 60_000, 2, logNormal(40, 0.6)), WINDOW_MS, GUESS);
    const share = arrivedShare(curve, 60 * MINUTE_MS);
    assert(Math.abs(share - shareOf(40, 0.6)(60 * MINUTE_MS)) < 0.05, `${share}`);
  });

  it('is the guess while nothing was seen, and moves away from it click by click', () => {
    const empty = fitDelayCurve([], WINDOW_MS, GUESS);
    for (const ageMs of AGES_MS) {
      assert(Math.abs(arrivedShare(empty, ageMs) - shareOf(30, 1.5)(ageMs)) < 0.015, `${ageMs / MINUTE_MS}`);
    }
    const errorAfter = (clicks: number) => {
      const curve = fitDelayCurve(truncatedLog(4, clicks, 24, logNormal(5, 1)), WINDOW_MS, GUESS);
      return Math.abs(arrivedShare(curve, 10 * MINUTE_MS) - shareOf(5, 1)(10 * MINUTE_MS));
    };
    assert(errorAfter(100) < errorAfter(0) / 2 && errorAfter(5000) < 0.02);
  });

  it('rises from 0 to 1 at the window and is JSON, whatever was counted', () => {
    const delay = fc.oneof(
      fc.constantFrom(0, 1e-300, 1, 1e300),
      fc.double({ min: 0, max: 3 * WINDOW_MS, noNaN: true }),
    );
    const counted = fc.record({ delayMs: delay, more: delay, count: fc.constantFrom(0, 1e-300, 1, 7, 1e9, 1e300) });
    const guess = fc.record({
      medianMs: fc.constantFrom(1e-300, 1, 6e5, 1e300),
      sigma: fc.constantFrom(1e-300, 0.1, 1, 1e300),
    });
    fc.assert(
      fc.property(
        fc.array(counted, { maxLength: 10 }),
        fc.constantFrom(1, WINDOW_MS, 14 * 86_400_000),
        guess,
        (drawn, windowMs, law) => {
          const counts = drawn.map(({ delayMs, more, count }) => ({ delayMs, observableMs: delayMs + more, count }));
          const curve = fitDelayCurve(counts, windowMs, law);
          assert.deepEqual(JSON.parse(JSON.stringify(curve)), curve);
          let last = 0;
          for (let step = 0; step <= 200; step++) {
            const share = arrivedShare(curve, windowMs * (step / 200) ** 3);
            assert(share >= last && share <= 1, `${step}: ${share} after ${last}`);
            last = share;
          }
          assert.equal(last, 1);
          assert.equal(arrivedShare(curve, 0), 0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('knows the ends: nothing before the impression, all after the window', () => {
    const curve = fitDelayCurve([], WINDOW_MS, GUESS);
    assert.deepEqual(
      [-Infinity, -1, 0, WINDOW_MS, 1e300, Infinity].map((ageMs) => arrivedShare(curve, ageMs)),
      [0, 0, 0, 1, 1, 1],
    );
    assert(arrivedShare(curve, 1) > 0);
  });

  it('refuses counts, windows and guesses that cannot be', () => {
    const refuses = (run: () => unknown, message: RegExp) =>
      assert.throws(
        run,
        (error: unknown) =>
          error instanceof ForecastError && error.code === 'INVALID_RESPONSE' && message.test(error.message),
      );
    const good = { delayMs: 1, observableMs: 2, count: 1 };
    for (const bad of [
      { ...good, delayMs: -1 },
      { ...good, delayMs: NaN },
      { ...good, delayMs: 3 },
      { ...good, observableMs: NaN },
      { ...good, count: -1 },
      { ...good, count: Infinity },
    ]) {
      refuses(() => fitDelayCurve([good, bad], WINDOW_MS, GUESS), /count 1 makes no sense/);
    }
    for (const windowMs of [0, -1, NaN, Infinity])
      refuses(() => fitDelayCurve([], windowMs, GUESS), /windowMs must be above 0/);
    refuses(() => fitDelayCurve([], WINDOW_MS, { ...GUESS, medianMs: 0 }), /medianMs/);
    refuses(() => fitDelayCurve([], WINDOW_MS, { ...GUESS, sigma: NaN }), /sigma/);
    refuses(() => arrivedShare(fitDelayCurve([], WINDOW_MS, GUESS), NaN), /age must be a number/);
  });
});
