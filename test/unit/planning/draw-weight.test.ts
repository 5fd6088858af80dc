import assert from 'node:assert/strict';
import { DRAW_POWER, drawWeight } from '../../../shared/planning/draw-weight.ts';

describe('The weight of a line in the draw', () => {
  it('is the power of what it is worth beside the best', () => {
    for (const ratio of [0.9, 0.99, 0.999]) {
      const weight = drawWeight(3 * ratio, 3);
      assert(Math.abs(weight / ratio ** DRAW_POWER - 1) < 1e-12, `${weight} of ${ratio}`);
    }
  });

  it('is 1 of the best and 0 of a line that is worth nothing, or next to nothing', () => {
    assert.equal(drawWeight(0.3, 0.3), 1);
    assert.equal(drawWeight(0, 0.3), 0);
    assert.equal(drawWeight(1e-9, 1e9), 0);
  });

  it('does not depend on the unit of money', () => {
    assert(Math.abs(drawWeight(97e-30, 100e-30) / drawWeight(97, 100) - 1) < 1e-12);
  });
});
