import assert from 'node:assert/strict';
import { drawPoisson } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { aimedMoney } from '../../../shared/planning/aimed-money.ts';

/** Of 300 lines with so many impressions left, the share that a day of 100 solves leaves without a hundredth of it or more. */
function shareMissed(impressions: number, aim: (left: number, impression: number) => number): number {
  const random = createRandom('aimed money', impressions);
  let missed = 0;
  for (let line = 0; line < 300; line++) {
    let left = impressions;
    for (let slot = 0; slot < 100; slot++) left -= Math.min(left, drawPoisson(random, aim(left, 1) / (100 - slot)));
    missed += left > impressions / 100 ? 1 / 300 : 0;
  }
  return missed;
}

describe('The money that a guaranteed line aims at', () => {
  it('leaves hardly a line short by chance, where aiming at what is left leaves many', () => {
    for (const impressions of [50, 200, 1000]) {
      assert(shareMissed(impressions, aimedMoney) <= 0.01, `${impressions} impressions`);
    }
    assert(shareMissed(50, (left) => left) >= 0.1);
  });

  it('is what is left and one deviation more, whatever money is counted in', () => {
    assert.equal(aimedMoney(10_000, 1), 10_100);
    assert.equal(aimedMoney(40_000, 4), 40_400);
  });

  it('is nothing where nothing is left, and what is left where an impression costs nothing', () => {
    assert.equal(aimedMoney(0, 5), 0);
    assert.equal(aimedMoney(7, 0), 7);
  });
});
