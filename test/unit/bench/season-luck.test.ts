import assert from 'node:assert/strict';
import { drawNormal } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { normalCdf } from '../../../shared/forecasting/normal-cdf.ts';
import { sharedLuck } from '../../bench/season-luck.ts';

/** Outcomes as `nullError` draws them, in weeks of ten. */
function draw(shared: number, shift = 0) {
  const random = createRandom('season-luck', shared);
  return Array.from({ length: 120 }, (_, week) => {
    const common = drawNormal(random);
    return Array.from({ length: 10 }, () => {
      const probability = 0.3 + 0.6 * random();
      const luck = normalCdf(Math.sqrt(shared) * common + Math.sqrt(1 - shared) * drawNormal(random));
      return { probability, happened: luck < probability + shift, weeks: [String(week)] };
    });
  }).flat();
}

describe('The luck that campaigns of a week share', () => {
  for (const shared of [0, 0.2, 0.5]) {
    it(`is found where it is ${shared}`, () => {
      assert(Math.abs(sharedLuck([draw(shared)]) - shared) < 0.1, `${sharedLuck([draw(shared)])}`);
    });
  }

  it('is not what probabilities are wrong by', () => {
    assert(sharedLuck([draw(0, -0.25)]) < 0.1);
  });

  it('is none where there is nothing to learn from', () => {
    assert.equal(sharedLuck([]), 0);
    assert.equal(sharedLuck([[{ probability: 1, happened: true, weeks: ['w'] }]]), 0);
  });
});
