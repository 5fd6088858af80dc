import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawBinomial, drawLogNormal } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { ForecastError } from '../../../shared/forecasting/forecast-error.ts';
import { calibrationOf, logLoss, type ScoredRate } from '../../../shared/forecasting/log-loss.ts';
import { fitRecalibration, recalibrateRate } from '../../../shared/forecasting/recalibrate-rate.ts';

/** Predictions that overstate differences: the true rate goes with the square root of the predicted one. */
function overconfident(seed: number, rows = 4000): ScoredRate[] {
  const random = createRandom(seed, 'recalibration');
  return Array.from({ length: rows }, () => {
    const rate = Math.min(0.5, drawLogNormal(random, 0.01, 1));
    return { rate, impressions: 100, clicks: drawBinomial(random, 100, 0.1 * Math.sqrt(rate)) };
  });
}

describe('recalibration', () => {
  it('straightens predictions that overstate differences, for impressions it has not seen', () => {
    const curve = fitRecalibration(overconfident(1));
    const later = overconfident(2);
    const corrected = later.map((own) => ({ ...own, rate: recalibrateRate(curve, own.rate) }));
    assert(logLoss(corrected) < logLoss(later) - 0.001);
    const sorted = corrected.toSorted((a, b) => a.rate - b.rate);
    for (let part = 0; part < 4; part++) {
      const { ratio } = calibrationOf(sorted.slice(part * 1000, (part + 1) * 1000)) as { ratio: number };
      assert(Math.abs(ratio - 1) < 0.15, `quarter ${part}: ${ratio}`);
    }
  });

  it('makes of predictions in the wrong order one rate, not a falling curve', () => {
    const curve = fitRecalibration([
      { rate: 0.01, impressions: 100_000, clicks: 5000 },
      { rate: 0.05, impressions: 100_000, clicks: 1000 },
    ]);
    assert.equal(curve.predicted.length, 1);
    assert(recalibrateRate(curve, 0.01) < recalibrateRate(curve, 0.05));
  });

  it('leaves predictions alone that are right, and those it knows nothing of', () => {
    const right = overconfident(3).map((own) => ({ ...own, rate: 0.1 * Math.sqrt(own.rate) }));
    const curve = fitRecalibration(right);
    for (const rate of [0.004, 0.01, 0.03]) assert(Math.abs(recalibrateRate(curve, rate) / rate - 1) < 0.15);
    for (const rate of [0, 0.3, 1]) assert.equal(recalibrateRate(fitRecalibration([]), rate), rate);
  });

  it('corrects the level alone where clicks are few, and by less than they say', () => {
    const curve = fitRecalibration([{ rate: 0.01, impressions: 1000, clicks: 20 }]);
    assert.equal(curve.predicted.length, 1);
    assert(Math.abs(recalibrateRate(curve, 0.01) - (0.01 * 25) / 15) < 1e-15);
    assert(Math.abs(recalibrateRate(curve, 0.02) - (0.02 * 25) / 15) < 1e-15);
  });

  it('never falls, stays within 0 and 1, and is JSON, whatever it is fitted to', () => {
    const row = fc
      .record({
        rate: fc.oneof(fc.constantFrom(0, 1e-300, 1), fc.double({ min: 0, max: 1, noNaN: true })),
        impressions: fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constantFrom(1e9, 1e15)),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ rate, impressions, share }) => ({ rate, impressions, clicks: Math.floor(share * impressions) }));
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 40 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
        (rows, rates) => {
          const curve = fitRecalibration(rows);
          assert.deepEqual(JSON.parse(JSON.stringify(curve)), curve);
          assert.deepEqual(fitRecalibration(rows.toReversed()).predicted.length, curve.predicted.length);
          let last = 0;
          for (const rate of [0, 1e-300, ...rates, 1].sort((a, b) => a - b)) {
            const corrected = recalibrateRate(curve, rate);
            assert(corrected >= last - 1e-12 && corrected <= 1, `${rate}: ${corrected} after ${last}`);
            last = corrected;
          }
        },
      ),
    );
  });

  it('refuses rates and counts that cannot be', () => {
    const refuses = (run: () => unknown) =>
      assert.throws(run, (error: unknown) => error instanceof ForecastError && error.code === 'INVALID_RESPONSE');
    refuses(() => fitRecalibration([{ rate: 0.1, impressions: 1, clicks: 2 }]));
    refuses(() => fitRecalibration([{ rate: 2, impressions: 1, clicks: 1 }]));
    for (const rate of [-1e-9, 1.1, NaN]) refuses(() => recalibrateRate(fitRecalibration([]), rate));
  });
});
