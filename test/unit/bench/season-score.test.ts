import assert from 'node:assert/strict';
import { createRandom } from '../../../emulators/world/random.ts';
import { calibrationError, coverageOf, nullError } from '../../bench/season-score.ts';

const range = { low: 10, mid: 20, high: 30 };

describe('The score of a season', () => {
  it('counts what is in its range, ends included', () => {
    const bands = [9, 10, 20, 30, 31].map((actual) => ({ range, actual }));
    assert.equal(coverageOf(bands), 3 / 5);
  });

  it('spreads what ends at the budget over the percentiles of its probability', () => {
    const atBudget = (probability: number) => ({ range, actual: 30, most: 30, probability });
    assert(Math.abs(coverageOf([atBudget(1)]) - 0.8) < 1e-12, 'a certain one is held as often as any other');
    assert(Math.abs(coverageOf([atBudget(0.5)]) - 0.8) < 1e-12);
    assert.equal(coverageOf([atBudget(0.1)]), 0, 'above the ninth decile');
    assert.equal(coverageOf([atBudget(0)]), 0);
  });

  it('holds four of five outcomes of a law that is right, whatever its budget', () => {
    const random = createRandom('season-score');
    for (const most of [5, 50, 80, 95]) {
      const probability = 1 - most / 100;
      const ofLaw = { low: Math.min(10, most), mid: Math.min(50, most), high: Math.min(90, most) };
      const bands = Array.from({ length: 20_000 }, () => ({
        range: ofLaw,
        actual: Math.min(most, 100 * random()),
        most,
        probability,
      }));
      assert(Math.abs(coverageOf(bands) - 0.8) < 0.02, `budget ${most}: ${coverageOf(bands)}`);
    }
  });

  it('finds a law that is too narrow', () => {
    const random = createRandom('season-score', 'narrow');
    const bands = Array.from({ length: 2000 }, () => ({
      range: { low: 30, mid: 50, high: 70 },
      actual: 100 * random(),
    }));
    assert(coverageOf(bands) < 0.45);
  });

  it('knows the error that right probabilities have by chance, and more of it where luck is shared', () => {
    const random = createRandom('season-score', 'null');
    const chances = Array.from({ length: 400 }, (_, index) => {
      const probability = 0.5 + 0.5 * random();
      return { probability, happened: random() < probability, weeks: [String(index % 20)] };
    });
    const alone = nullError(chances, 0, random, 200);
    const shared = nullError(chances, 0.5, random, 200);
    assert(alone > 0.02 && alone < 0.08, `${alone}`);
    assert(shared > alone, `${shared} above ${alone}`);
    assert(calibrationError(chances) < shared);
    const wrong = chances.map((one) => ({ ...one, happened: random() < one.probability - 0.3 }));
    assert(calibrationError(wrong) > shared, 'what is told too high is found');
  });
});
