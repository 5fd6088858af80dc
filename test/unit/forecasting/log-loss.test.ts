import assert from 'node:assert/strict';
import { ForecastError } from '../../../shared/forecasting/forecast-error.ts';
import { calibrationOf, logLoss, normalisedEntropy } from '../../../shared/forecasting/log-loss.ts';

const near = (actual: number | undefined, expected: number) =>
  assert(actual !== undefined && Math.abs(actual - expected) < 1e-12, `${actual}, not ${expected}`);

describe('the scores of predicted rates', () => {
  it('count each impression once, clicked or not', () => {
    near(logLoss([{ rate: 0.2, impressions: 10, clicks: 3 }]), -(3 * Math.log(0.2) + 7 * Math.log(0.8)) / 10);
    const together = logLoss([{ rate: 0.2, impressions: 10, clicks: 3 }]);
    near(
      logLoss([
        { rate: 0.2, impressions: 4, clicks: 3 },
        { rate: 0.2, impressions: 6, clicks: 0 },
      ]),
      together,
    );
  });

  it('call the mean of the clicks 1, better predictions less, worse ones more', () => {
    const entropyOf = (a: number, b: number) =>
      normalisedEntropy([
        { rate: a, impressions: 100, clicks: 10 },
        { rate: b, impressions: 100, clicks: 30 },
      ]);
    near(entropyOf(0.2, 0.2), 1);
    assert(entropyOf(0.1, 0.3) < 1);
    assert(entropyOf(0.3, 0.1) > 1);
  });

  it('tell by which share predictions are too high, and how much of that chance explains', () => {
    const calibration = calibrationOf([
      { rate: 0.3, impressions: 100, clicks: 20 },
      { rate: 0.1, impressions: 100, clicks: 20 },
    ]);
    near(calibration?.ratio, 1);
    near(calibration?.error, Math.sqrt(30) / 40);
    near(calibrationOf([{ rate: 0.3, impressions: 100, clicks: 20 }])?.ratio, 1.5);
  });

  it('have an answer for certainty and for one class', () => {
    assert(logLoss([{ rate: 0, impressions: 10, clicks: 1 }]) > 2);
    assert(logLoss([{ rate: 1, impressions: 10, clicks: 9 }]) > 2);
    assert(logLoss([{ rate: 0, impressions: 10, clicks: 0 }]) < 1e-11);
    assert.equal(normalisedEntropy([{ rate: 0.5, impressions: 10, clicks: 0 }]), 1);
    assert.equal(normalisedEntropy([{ rate: 0.5, impressions: 10, clicks: 10 }]), 1);
    assert.equal(calibrationOf([{ rate: 0.5, impressions: 10, clicks: 0 }]), undefined);
  });

  it('refuse what is no prediction, and nothing', () => {
    for (const [rate, impressions, clicks] of [
      [-0.1, 1, 0],
      [1.1, 1, 0],
      [NaN, 1, 0],
      [0.5, 1, 2],
      [0.5, 1, -1],
      [0.5, Infinity, 1],
      [0.5, NaN, 0],
    ] as const) {
      for (const score of [logLoss, normalisedEntropy, calibrationOf]) {
        assert.throws(
          () => score([{ rate, impressions, clicks }]),
          (error: unknown) =>
            error instanceof ForecastError && error.code === 'INVALID_RESPONSE' && /prediction 0/.test(error.message),
        );
      }
    }
    assert.throws(() => logLoss([]), /no impressions/);
    assert.throws(() => normalisedEntropy([{ rate: 0.5, impressions: 0, clicks: 0 }]), /no impressions/);
  });
});
