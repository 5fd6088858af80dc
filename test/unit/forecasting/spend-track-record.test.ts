import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRandom } from '../../../emulators/world/random.ts';
import { scoreProbabilities } from '../../../shared/forecasting/score-probability.ts';
import { recalibrate, trackRecord } from '../../../shared/forecasting/spend-track-record.ts';

/** Quotes whose true logit is intercept + slope x what is told. */
function createRecord(seed: number, count: number, { intercept = 0, slope = 1 } = {}) {
  const random = createRandom('record', seed);
  return Array.from({ length: count }, () => {
    const logit = 6 * random() - 3;
    const happened = random() < 1 / (1 + Math.exp(-intercept - slope * logit));
    return { probability: 1 / (1 + Math.exp(-logit)), happened };
  });
}

describe('the track record', () => {
  it('corrects nothing from few quotes, however wrong they were', () => {
    const wrong = Array.from({ length: 199 }, () => ({ probability: 0.9, happened: false }));
    assert.deepEqual(trackRecord(wrong), { intercept: 0, slope: 1, quotes: 199 });
    assert.deepEqual(trackRecord([]), { intercept: 0, slope: 1, quotes: 0 });
  });

  it('leaves calibrated quotes as they are', () => {
    const corrected = Array.from({ length: 40 }, (_, seed) => trackRecord(createRecord(seed, 400))).filter(
      ({ slope }) => slope !== 1,
    );
    assert(corrected.length <= 4, `${corrected.length} of 40`);
  });

  it('finds a boast and a doubt that lasts, and makes the next quotes better', () => {
    for (const truth of [{ slope: 0.5 }, { slope: 1.8 }, { intercept: 0.8 }, { intercept: -0.8 }]) {
      const record = trackRecord(createRecord(3, 2000, truth));
      assert(Math.abs(record.slope - (truth.slope ?? 1)) < 0.25, JSON.stringify({ truth, record }));
      assert(Math.abs(record.intercept - (truth.intercept ?? 0)) < 0.2, JSON.stringify({ truth, record }));
      const next = createRecord(2, 2000, truth);
      const corrected = next.map((one) => ({ ...one, probability: recalibrate(one.probability, record) }));
      const [before, after] = [scoreProbabilities(next), scoreProbabilities(corrected)];
      assert(after.brier < before.brier && after.ece < before.ece / 2, JSON.stringify(truth));
    }
  });

  it('does not take one bad season for a bias', () => {
    // One block in which everything fails, in an otherwise calibrated record.
    const record = createRecord(3, 1000).map((one, index) => (index < 60 ? { ...one, happened: false } : one));
    assert.equal(trackRecord(record).slope, 1);
  });

  it('keeps the order of probabilities, and certainty', () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    const record = { intercept: -0.4, slope: 0.6, quotes: 500 };
    fc.assert(
      fc.property(probability, probability, (one, other) => {
        const [low, high] = [recalibrate(Math.min(one, other), record), recalibrate(Math.max(one, other), record)];
        assert(low >= 0 && low <= high && high <= 1);
        assert.equal(recalibrate(one, { intercept: 0, slope: 1, quotes: 0 }), one);
      }),
    );
    assert.deepEqual([recalibrate(0, record), recalibrate(1, record)], [0, 1]);
  });

  it('stays a correction for records of one kind only', () => {
    for (const [probability, happened] of [
      [1, true],
      [0, false],
      [0, true],
      [1, false],
      [0.5, true],
    ] as const) {
      const { intercept, slope } = trackRecord(Array.from({ length: 300 }, () => ({ probability, happened })));
      assert(Number.isFinite(intercept) && slope > 0 && slope < 10);
    }
  });

  it('refuses what is no probability', () => {
    for (const probability of [-1, 2, NaN]) {
      assert.throws(() => trackRecord([{ probability, happened: true }]), {
        code: 'INVALID_QUOTE',
        message: new RegExp(`probability 0 must be from 0 to 1, not ${probability}`),
      });
    }
  });
});
