import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cellProblem, fallbackPrices } from '../../../shared/planning/fallback-prices.ts';
import { HIGHEST_PRICE, type LiveLines } from '../../../shared/planning/live-price.ts';

const floats = (...values: number[]) => Float64Array.from(values);

/** Two lines over one cell of 1,000 clicks: the first pays double, the second has the cell's other half to itself. */
const lines: LiveLines = {
  budget: floats(400, 800),
  worth: floats(1, 1),
  clickPrice: floats(2, 1),
  lineStart: Uint32Array.of(0, 1, 2),
  edgeCell: Uint32Array.of(0, 0),
};
const cells = { opportunities: floats(10_000), clickRate: floats(0.1) };

function assertClose(actual: Float64Array, expected: number[]): void {
  expected.forEach((price, line) => {
    assert(Math.abs((actual[line] as number) - price) < 0.02, `price of line ${line} is ${actual[line]}, not ${price}`);
  });
}

describe('Fallback prices', () => {
  it('are what the line that can be spared leaves to the one that can not', () => {
    // 200 clicks are all the first one's money, and 800 all the second one's: there is as much as is wanted.
    // With 900 the second is short of supply, its price 0, and the first must only outbid it: half of its worth.
    assertClose(fallbackPrices({ ...lines, budget: floats(400, 900) }, cells), [0.5, 0]);
  });

  it('are net of the offers and floors that a line displaces', () => {
    // Supply for everybody: a line's money is worth what it brings above a click's offer of half a unit of money.
    const ample = { ...lines, budget: floats(40, 80) };
    assertClose(fallbackPrices(ample, { ...cells, offer: floats(0.05) }), [0.75, 0.5]);
    assertClose(fallbackPrices(ample, { ...cells, floor: floats(0.05) }), [0.75, 0.5]);
    assertClose(fallbackPrices(ample, { ...cells, offer: floats(0.01), floor: floats(0.05) }), [0.75, 0.5]);
  });

  it('are 0 where nothing can be gained, and 1 without money', () => {
    assert.deepEqual(
      fallbackPrices({ ...lines, budget: floats(0, 900) }, { ...cells, offer: floats(0.2) }),
      floats(1, 0),
    );
    assert.deepEqual(fallbackPrices(lines, { ...cells, clickRate: floats(0) }), floats(0, 0));
    assert.deepEqual(fallbackPrices(lines, { ...cells, opportunities: floats(0) }), floats(0, 0));
    assert.deepEqual(fallbackPrices({ ...lines, worth: floats(0, 0) }, cells), floats(0, 0));
  });

  it('leave something to a line with more supply than money: a price of 1 would never serve', () => {
    fallbackPrices({ ...lines, budget: floats(4, 8) }, cells).forEach((price) => {
      assert(price > 0.9 && price <= HIGHEST_PRICE, `price ${price}`);
    });
  });

  it('come from a problem without edges over which nothing is gained', () => {
    const { lineStart, edgeCell, use, worth } = cellProblem(lines, { ...cells, offer: floats(0.15) });
    assert.deepEqual([...lineStart], [0, 1, 1]);
    assert.deepEqual([...edgeCell], [0]);
    assert.deepEqual([...use], [0.2]);
    assert(Math.abs((worth[0] as number) - 0.05) < 1e-12);
  });

  it('are numbers from 0 to 1 in any market', () => {
    const amount = fc.double({ min: 0, max: 1_000, noNaN: true });
    const four = fc.array(amount, { minLength: 4, maxLength: 4 }).map((values) => floats(...values));
    fc.assert(
      fc.property(
        four,
        four,
        four,
        four,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (budget, worth, clickPrice, offer, rate) => {
          const over = {
            budget,
            worth,
            clickPrice,
            lineStart: Uint32Array.of(0, 2, 3, 6, 6),
            edgeCell: Uint32Array.of(0, 1, 1, 0, 1, 3),
          };
          const market = { opportunities: floats(900, 20, 5, 0), clickRate: floats(rate, 0.1, 0, 0.3), offer };
          fallbackPrices(over, market).forEach((price) => assert(price >= 0 && price <= 1, `price ${price}`));
        },
      ),
    );
  });

  it('exist in a market of nothing', () => {
    const none = { budget: floats(), worth: floats(), clickPrice: floats(), edgeCell: Uint32Array.of() };
    const noCells = { opportunities: floats(), clickRate: floats() };
    assert.equal(fallbackPrices({ ...none, lineStart: Uint32Array.of(0) }, noCells).length, 0);
  });

  it('refuse a market that makes no sense', () => {
    const refused = (message: RegExp) => ({ code: 'INVALID_PROBLEM', message });
    assert.throws(
      () => fallbackPrices({ ...lines, budget: floats(NaN, 1) }, cells),
      refused(/budget of line 0 is NaN/),
    );
    assert.throws(
      () => fallbackPrices({ ...lines, edgeCell: Uint32Array.of(0, 1) }, cells),
      refused(/cell of edge 1 is 1, but there are 1 cells/),
    );
    assert.throws(() => fallbackPrices(lines, { ...cells, offer: floats(-1) }), refused(/offer of cell 0 is -1/));
    assert.throws(() => fallbackPrices(lines, { ...cells, offer: floats() }), refused(/offer of cell: expected 1/));
  });
});
