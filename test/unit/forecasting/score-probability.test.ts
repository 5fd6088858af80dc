import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRandom } from '../../../emulators/world/random.ts';
import { reliabilityTable } from '../../../shared/forecasting/reliability-table.ts';
import { scoreProbabilities, type SettledProbability } from '../../../shared/forecasting/score-probability.ts';

const settledOf = (...pairs: [number, 0 | 1][]): SettledProbability[] =>
  pairs.map(([probability, happened]) => ({ probability, happened: happened === 1 }));
const near = (actual: number, expected: number) =>
  assert(Math.abs(actual - expected) < 1e-12, `${actual}, ${expected}`);
const anySettled = fc.array(
  fc.record({ probability: fc.double({ min: 0, max: 1, noNaN: true }), happened: fc.boolean() }),
  {
    minLength: 1,
  },
);

describe('scores of probabilities', () => {
  it('are what is worked out by hand', () => {
    const score = scoreProbabilities(settledOf([0.85, 1], [0.85, 1], [0.85, 0], [0.15, 0], [0.15, 1]));
    near(score.brier, (2 * 0.15 ** 2 + 0.85 ** 2 + 0.15 ** 2 + 0.85 ** 2) / 5);
    near(score.logScore, -(3 * Math.log(0.85) + 2 * Math.log(0.15)) / 5);
    near(score.ece, (3 / 5) * Math.abs(0.85 - 2 / 3) + (2 / 5) * Math.abs(0.15 - 1 / 2));
    near(score.uncertainty, 0.6 * 0.4);
    near(score.resolution, (3 / 5) * (2 / 3 - 0.6) ** 2 + (2 / 5) * (1 / 2 - 0.6) ** 2);
    near(score.reliability, (3 / 5) * (0.85 - 2 / 3) ** 2 + (2 / 5) * (0.15 - 0.5) ** 2);
  });

  it('are best for those who know, and finite for those who were sure and wrong', () => {
    const knowing = scoreProbabilities(settledOf([1, 1], [0, 0]));
    assert.deepEqual([knowing.brier, knowing.ece, knowing.eceOfEqualCounts], [0, 0, 0]);
    assert(Math.abs(knowing.logScore) < 1e-12);
    const wrong = scoreProbabilities(settledOf([0, 1], [1, 0]));
    assert.equal(wrong.brier, 1);
    near(wrong.logScore, Math.log(1e6));
  });

  it('split into parts that add up where all of a bin were told the same', () => {
    const told = fc.constantFrom(0.05, 0.35, 0.75);
    fc.assert(
      fc.property(fc.array(fc.record({ probability: told, happened: fc.boolean() }), { minLength: 1 }), (settled) => {
        const { brier, reliability, resolution, uncertainty } = scoreProbabilities(settled);
        near(brier, reliability - resolution + uncertainty);
      }),
    );
  });

  it('do not depend on the order, and stay within their bounds', () => {
    fc.assert(
      fc.property(anySettled, (settled) => {
        const [one, other] = [scoreProbabilities(settled), scoreProbabilities([...settled].reverse())];
        near(one.brier, other.brier);
        near(one.ece, other.ece);
        for (const value of [one.brier, one.ece, one.eceOfEqualCounts]) assert(value >= 0 && value <= 1);
      }),
    );
  });

  it('find a world calibrated that is, and one that boasts not', () => {
    const random = createRandom('scores');
    const worlds = Array.from({ length: 5000 }, () => {
      const chance = random();
      return { chance, happened: random() < chance };
    });
    const boasting = ({ chance, happened }: (typeof worlds)[number]) => ({
      probability: chance > 0.5 ? 1 - (1 - chance) / 4 : chance / 4,
      happened,
    });
    const honest = scoreProbabilities(worlds.map(({ chance, happened }) => ({ probability: chance, happened })));
    const boaster = scoreProbabilities(worlds.map(boasting));
    assert(
      honest.ece < 0.03 && boaster.ece > 0.15 && honest.brier < boaster.brier && honest.logScore < boaster.logScore,
    );
  });

  it('refuse nothing, and what is no probability', () => {
    assert.throws(() => scoreProbabilities([]), { code: 'INVALID_QUOTE', message: /no settled probability/ });
    for (const probability of [-0.1, 1.1, NaN, Infinity]) {
      assert.throws(() => scoreProbabilities([{ probability, happened: true }]), {
        code: 'INVALID_QUOTE',
        message: new RegExp(`probability 0 must be from 0 to 1, not ${probability}`),
      });
    }
  });
});

describe('the reliability table', () => {
  it('has a row for each width that something fell into, lowest first, 1 in the last', () => {
    const table = reliabilityTable(settledOf([1, 1], [0, 0], [0.1, 0], [0.95, 1], [0.05, 0]));
    assert.deepEqual(
      table.map(({ low, count, rate }) => [low, count, rate]),
      [
        [0, 2, 0],
        [0.1, 1, 0],
        [0.9, 2, 1],
      ],
    );
  });

  it('gives the interval of Wilson', () => {
    // 8 of 10: .4902 to .9433 (Newcombe, Statistics in Medicine 17, 1998, method 3).
    const [bin] = reliabilityTable(
      settledOf(...Array.from({ length: 10 }, (_, index) => [0.75, index < 8 ? 1 : 0] as [number, 0 | 1])),
    );
    assert(bin && Math.abs(bin.rateLow - 0.4902) < 1e-4 && Math.abs(bin.rateHigh - 0.9433) < 1e-4);
  });

  it('makes bins of one count that differ by one at most, and leaves nobody out', () => {
    fc.assert(
      fc.property(anySettled, fc.integer({ min: 1, max: 15 }), (settled, bins) => {
        for (const by of ['width', 'count'] as const) {
          const table = reliabilityTable(settled, { bins, by });
          assert.equal(
            table.reduce((sum, { count }) => sum + count, 0),
            settled.length,
          );
          const counts = table.map(({ count }) => count);
          if (by === 'count') assert(Math.max(...counts) - Math.min(...counts) <= 1);
          for (const { rate, rateLow, rateHigh, meanProbability, low, high } of table) {
            assert(0 <= rateLow && rateLow <= rate && rate <= rateHigh && rateHigh <= 1);
            assert(meanProbability >= low - 1e-9 && meanProbability <= high + 1e-9);
          }
        }
      }),
    );
  });

  it('is empty for nothing, and refuses a number of bins that is none', () => {
    assert.deepEqual(reliabilityTable([]), []);
    for (const bins of [0, -1, 1.5, NaN]) {
      assert.throws(() => reliabilityTable([], { bins, by: 'width' }), {
        code: 'INVALID_QUOTE',
        message: /1 bin or more/,
      });
    }
  });
});
