import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRandom } from '../../../emulators/world/random.ts';
import { drawFactor, factorAtMost } from '../../../shared/auction/draw-factor.ts';
import { drawWeight } from '../../../shared/planning/draw-weight.ts';

const LAST = 2 ** 32 - 1;
const draws = fc.oneof(
  fc.integer({ min: 0, max: LAST }),
  fc.integer({ min: 0, max: 99 }),
  fc.integer({ min: LAST - 99, max: LAST }),
  fc.integer({ min: 0, max: 31 }).map((bit) => 2 ** bit),
  fc.integer({ min: 1, max: 32 }).map((bit) => 2 ** bit - 1),
);

describe('the factor of a draw', () => {
  it('is the 64th root of 1 over minus the logarithm of its share', () => {
    fc.assert(
      fc.property(draws, (draw) => {
        const share = (draw + 0.5) / 2 ** 32;
        const known = (-(share > 0.5 ? Math.log1p(share - 1) : Math.log(share))) ** (-1 / 64);
        assert(Math.abs(drawFactor(draw) / known - 1) < 1e-13, `${draw}: ${drawFactor(draw)}, not ${known}`);
      }),
      { numRuns: 2000 },
    );
  });

  it('rises with the draw', () => {
    fc.assert(
      fc.property(draws, draws, (one, other) => {
        if (one !== other) assert.equal(drawFactor(one) < drawFactor(other), one < other);
      }),
    );
    for (const draw of [0, 1, 2 ** 24 - 1, 2 ** 31 - 1, Math.floor(Math.SQRT1_2 * 2 ** 32), LAST - 1]) {
      for (let next = Math.max(0, draw - 50); next < Math.min(LAST, draw + 50); next++) {
        assert(drawFactor(next) < drawFactor(next + 1), `from ${next}`);
      }
    }
  });

  it('is never above what bounds it', () => {
    fc.assert(fc.property(draws, (draw) => assert(drawFactor(draw) <= factorAtMost(draw))));
  });

  it('makes the highest score a draw by the weight of net worths', () => {
    const netWorths = [1, 0.995, 0.98, 0.95, 0.8];
    const weights = netWorths.map((netWorth) => drawWeight(netWorth, 1));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const random = createRandom(7, 'races');
    const races = 40_000;
    const wins = netWorths.map(() => 0);
    for (let race = 0; race < races; race++) {
      const scores = netWorths.map((netWorth) => netWorth * drawFactor(Math.floor(random() * 2 ** 32)));
      const winner = scores.indexOf(Math.max(...scores));
      wins[winner] = (wins[winner] as number) + 1;
    }
    for (const [line, weight] of weights.entries()) {
      const chance = weight / sum;
      // Five standard deviations.
      const margin = 5 * Math.sqrt((chance * (1 - chance)) / races);
      assert(Math.abs((wins[line] as number) / races - chance) <= margin, `line ${line} won ${wins[line]} of ${races}`);
    }
  });
});
