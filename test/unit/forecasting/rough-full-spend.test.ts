import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fullSpend } from '../../../shared/forecasting/full-spend.ts';
import { roughFullSpend } from '../../../shared/forecasting/rough-full-spend.ts';

describe('the rough probability of full spend', () => {
  const terms = {
    supply: [{ weight: 2, median: 1e4, sigma: 0.25 }],
    rate: { alpha: 30, beta: 970 },
    clickPriceMicros: 500_000,
  };

  it('is within 0.03 of the exact one where ten clicks are needed and the rate rests on ten', () => {
    const sigma = fc.double({ min: 0.02, max: 1, noNaN: true });
    const node = fc.record({ weight: fc.double({ min: 0.1, max: 1, noNaN: true }), sigma });
    const drawn = fc.record({
      nodes: fc.array(node, { minLength: 1, maxLength: 4 }),
      logMedian: fc.double({ min: Math.log(1e3), max: Math.log(1e8), noNaN: true }),
      alpha: fc.double({ min: 10, max: 1e4, noNaN: true }),
      share: fc.double({ min: 0.001, max: 0.2, noNaN: true }),
      ratio: fc.double({ min: 0.2, max: 5, noNaN: true }),
    });
    fc.assert(
      fc.property(drawn, ({ nodes, logMedian, alpha, share, ratio }) => {
        const median = Math.exp(logMedian);
        const clicks = Math.max(10, Math.round(median * share * ratio));
        const world = {
          supply: nodes.map((one) => ({ ...one, median })),
          rate: { alpha, beta: (alpha * (1 - share)) / share },
          clickPriceMicros: 7,
        };
        const [rough, exact] = [roughFullSpend(world, clicks * 7), fullSpend(world, clicks * 7)];
        assert(Math.abs(rough - exact) < 0.03, `${rough} beside ${exact}`);
      }),
      { seed: 11, numRuns: 2000 },
    );
  });

  it('is 1 for a budget of nothing, and 0 without supply or without clicks', () => {
    assert.equal(roughFullSpend(terms, 0), 1);
    assert.equal(roughFullSpend({ ...terms, supply: [{ weight: 1, median: 0, sigma: 0.2 }] }, 1), 0);
    assert.equal(roughFullSpend({ ...terms, supply: [] }, 1), 0);
    assert.equal(roughFullSpend({ ...terms, rate: { alpha: 0, beta: 1 } }, 1), 0);
  });

  it('is a number for one click and for a rate that is known', () => {
    assert(roughFullSpend(terms, 1) > 0.99);
    const known = { ...terms, rate: { alpha: 1e9, beta: 1e9 * 99 }, supply: [{ weight: 1, median: 1e4, sigma: 0 }] };
    assert(roughFullSpend(known, 50 * 500_000) > 0.99);
    assert(roughFullSpend(known, 200 * 500_000) < 0.01);
  });
});
