import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawBinomial, drawLogNormal, drawPoisson } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { arrivedShare, fitDelayCurve } from '../../../shared/forecasting/delay-curve.ts';
import { clicksToCome, expectedOutstanding, projectFinal } from '../../../shared/forecasting/expected-outstanding.ts';
import { ForecastError } from '../../../shared/forecasting/forecast-error.ts';

const HOUR_MS = 3_600_000;
const WINDOW_MS = 6 * HOUR_MS;
const curve = fitDelayCurve([], WINDOW_MS, { medianMs: HOUR_MS, sigma: 1 });
const micros = fc.oneof(fc.constantFrom(0, 1, 1e6, Number.MAX_SAFE_INTEGER), fc.integer({ min: 0, max: 1e9 }));
const price = fc.constantFrom(1, 250_000, 400_000, Number.MAX_SAFE_INTEGER);
const age = fc.oneof(
  fc.constantFrom(-1, 0, 1, WINDOW_MS, 1e300, Infinity),
  fc.double({ min: 0, max: WINDOW_MS, noNaN: true }),
);

describe('what is outstanding of a charge', () => {
  it('is all of it at first, none when the window has closed, and whole micros between', () => {
    fc.assert(
      fc.property(micros, micros, price, age, (chargedMicros, confirmedMicros, clickPriceMicros, ageMs) => {
        const cohort = { chargedMicros, confirmedMicros, clickPriceMicros };
        const outstanding = expectedOutstanding({ ...cohort, ageMs }, curve);
        assert(Number.isSafeInteger(outstanding) && outstanding >= 0 && outstanding <= chargedMicros, `${outstanding}`);
        assert.equal(expectedOutstanding({ ...cohort, ageMs: 0 }, curve), chargedMicros);
        assert.equal(expectedOutstanding({ ...cohort, ageMs: WINDOW_MS }, curve), 0);
      }),
    );
  });

  it('never rises with age, and never falls with what was confirmed or charged', () => {
    fc.assert(
      fc.property(
        micros,
        micros,
        price,
        age,
        age,
        micros,
        (chargedMicros, confirmedMicros, clickPriceMicros, one, other, more) => {
          const cohort = { chargedMicros, confirmedMicros, clickPriceMicros, ageMs: Math.min(one, other) };
          const outstanding = expectedOutstanding(cohort, curve);
          assert(expectedOutstanding({ ...cohort, ageMs: Math.max(one, other) }, curve) <= outstanding);
          const most = Number.MAX_SAFE_INTEGER;
          assert(
            expectedOutstanding({ ...cohort, confirmedMicros: Math.min(most, confirmedMicros + more) }, curve) >=
              outstanding,
          );
        },
      ),
    );
  });

  it('believes the prediction for one click, and the clicks for a thousand', () => {
    const share = arrivedShare(curve, HOUR_MS);
    const of = (clicks: number, rate: number) =>
      clicksToCome({ expected: clicks, confirmed: rate * clicks * share, ageMs: HOUR_MS }, curve) /
      (clicks * (1 - share));
    assert(Math.abs(of(1, 2) - 1) < 0.05);
    assert(Math.abs(of(1000, 2) - 2) < 0.05);
    assert(Math.abs(of(50, 1) - 1) < 1e-12);
  });

  it('is right on average, and nearer than the prediction alone and than the clicks alone', () => {
    const random = createRandom(1, 'outstanding');
    const errors = { ours: 0, prediction: 0, clicks: 0 };
    let [bias, whole] = [0, 0];
    for (let cohort = 0; cohort < 20_000; cohort++) {
      const ageMs = WINDOW_MS * (0.05 + 0.6 * random());
      const share = arrivedShare(curve, ageMs);
      const clicks = drawPoisson(random, 20 * drawLogNormal(random, Math.exp(-0.045), 0.3));
      const confirmed = drawBinomial(random, clicks, share);
      const toCome = clicksToCome({ expected: 20, confirmed, ageMs }, curve);
      const truth = clicks - confirmed;
      bias += toCome - truth;
      whole += truth;
      errors.ours += (toCome - truth) ** 2;
      errors.prediction += (20 * (1 - share) - truth) ** 2;
      errors.clicks += ((confirmed * (1 - share)) / share - truth) ** 2;
    }
    assert(Math.abs(bias / whole) < 0.02, `${bias / whole}`);
    assert(errors.ours < errors.prediction && errors.ours < errors.clicks);
  });

  it('refuses amounts, prices and ages that cannot be', () => {
    const cohort = { chargedMicros: 1e6, confirmedMicros: 0, clickPriceMicros: 4e5, ageMs: 1 };
    const bad = [-1, NaN, Infinity];
    for (const [name, values] of Object.entries({
      chargedMicros: bad,
      confirmedMicros: bad,
      clickPriceMicros: [0, 0.5, ...bad],
      ageMs: [NaN],
    })) {
      for (const value of values) {
        assert.throws(
          () => expectedOutstanding({ ...cohort, [name]: value }, curve),
          (error: unknown) => error instanceof ForecastError && error.code === 'INVALID_RESPONSE',
          `${name} ${value}`,
        );
      }
    }
    assert.throws(() => clicksToCome({ expected: -1, confirmed: 0, ageMs: 1 }, curve), /expected must be/);
  });
});

describe('the final count', () => {
  it('is what came once all windows have closed, and what was expected before anything could come', () => {
    assert.deepEqual(projectFinal([{ expected: 9, confirmed: 4, ageMs: WINDOW_MS }], curve), {
      final: 4,
      low: 4,
      high: 4,
    });
    assert.equal(projectFinal([{ expected: 9, confirmed: 0, ageMs: 0 }], curve).final, 9);
    assert.deepEqual(projectFinal([], curve), { final: 0, low: 0, high: 0 });
  });

  it('lies between low and high four times in five, for conversions over fourteen days', () => {
    const random = createRandom(2, 'conversions');
    const windowMs = 14 * 24 * HOUR_MS;
    const slow = fitDelayCurve([], windowMs, { medianMs: 48 * HOUR_MS, sigma: 1.2 });
    let [inside, bias, whole] = [0, 0, 0];
    for (let campaign = 0; campaign < 2000; campaign++) {
      let truth = 0;
      const cohorts = Array.from({ length: 10 }, (_, day) => {
        const conversions = drawPoisson(random, 8 * drawLogNormal(random, Math.exp(-0.045), 0.3));
        const ageMs = (day + 0.5) * 24 * HOUR_MS;
        truth += conversions;
        return { expected: 8, confirmed: drawBinomial(random, conversions, arrivedShare(slow, ageMs)), ageMs };
      });
      const { final, low, high } = projectFinal(cohorts, slow);
      if (low <= truth && truth <= high) inside++;
      bias += final - truth;
      whole += truth;
    }
    assert(inside / 2000 > 0.75 && inside / 2000 < 0.88, `${inside / 2000}`);
    assert(Math.abs(bias / whole) < 0.01, `${bias / whole}`);
  });
});
