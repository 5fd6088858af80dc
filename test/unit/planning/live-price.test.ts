import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawInteger, drawLogNormal } from '../../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../../emulators/world/random.ts';
import { HIGHEST_PRICE, solveLivePrices, type LiveLines } from '../../../shared/planning/live-price.ts';
import type { LiveCells, RequestSample } from '../../../shared/planning/offer-curve.ts';
import { bestValue, dualValue, scaledRequests } from '../../bench/live-price-oracle.ts';
import { loadHighsSolver } from '../../../shared/cli/highs-solver.ts';

interface Market {
  sample: RequestSample;
  lines: LiveLines;
  cells: LiveCells;
}

interface Line {
  budget: number;
  worth?: number;
  clickPrice?: number;
  cells?: number[];
}

const floats = (...values: number[]) => Float64Array.from(values);
const indices = (...values: number[]) => Uint32Array.from(values);

/** Lines worth 1 at a click price of 1 in the first cell, unless they say otherwise. */
function linesOf(...lines: Line[]): LiveLines {
  const cells = lines.map((line) => line.cells ?? [0]);
  return {
    budget: floats(...lines.map(({ budget }) => budget)),
    worth: floats(...lines.map(({ worth }) => worth ?? 1)),
    clickPrice: floats(...lines.map(({ clickPrice }) => clickPrice ?? 1)),
    lineStart: indices(0, ...cells.map((_, line) => cells.slice(0, line + 1).flat().length)),
    edgeCell: indices(...cells.flat()),
  };
}

const nobody: RequestSample = { cell: indices(), multiplier: floats() };
const noLines = linesOf();

/** One cell with 1,000 clicks to come. */
const oneCell: LiveCells = { opportunities: floats(10_000), clickRate: floats(0.1) };

/** 200 requests of it whose offers are spread evenly from nothing to the money of two clicks at a click price of 1. */
const spread: RequestSample = {
  cell: indices(...new Array<number>(200).fill(0)),
  multiplier: new Float64Array(200).fill(1),
  offer: Float64Array.from({ length: 200 }, (_, request) => (0.2 * (request + 0.5)) / 200),
};

/** Up to 4 cells, 8 lines, 40 requests; in some markets all listeners and all offers are alike, or nobody offers. */
function drawMarket(random: Random): Market {
  const cellCount = drawInteger(random, 1, 4);
  const cells = {
    opportunities: Float64Array.from({ length: cellCount }, () => drawLogNormal(random, 1_000, 0.7)),
    clickRate: Float64Array.from({ length: cellCount }, () => drawLogNormal(random, 0.02, 0.5)),
  };
  const cell = Uint32Array.from({ length: drawInteger(random, 1, 40) }, () => drawInteger(random, 0, cellCount - 1));
  const sigma = random() < 0.3 ? 0 : 0.5;
  const multiplier = Float64Array.from(cell, () => drawLogNormal(random, 1, sigma));
  const level = random() < 0.2 ? 0 : 0.5;
  const offer = Float64Array.from(cell, (of) =>
    drawLogNormal(random, level * (cells.clickRate[of] as number), 2 * sigma),
  );
  const lineCount = drawInteger(random, 1, 8);
  const lines = Array.from({ length: lineCount }, () => ({
    budget: random() < 0.1 ? 0 : drawLogNormal(random, (20 * cellCount) / lineCount, 1),
    worth: drawInteger(random, 1, 4),
    clickPrice: drawLogNormal(random, 1, 0.5),
    cells: [...cells.clickRate.keys()].filter(() => random() < 0.6),
  }));
  return { sample: { cell, multiplier, offer }, lines: linesOf(...lines), cells };
}

const anyMarket = fc.integer({ min: 1, max: 1e6 }).map((seed) => drawMarket(createRandom(seed, 'live price market')));

function assertClose(actual: Float64Array, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((one, line) => {
    const other = expected[line] as number;
    assert(Math.abs(one - other) <= tolerance, `price of line ${line} is ${one}, expected ${other}`);
  });
}

describe('Live prices', () => {
  it('are the duals of the exact programme: no bound from them is 1.5% above the optimum, none below it', async () => {
    const solver = await loadHighsSolver({ crossover: true });
    let total = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const { sample, lines, cells } = drawMarket(createRandom(seed, 'live price oracle'));
      const requests = scaledRequests(sample, cells);
      const best = bestValue(solver, requests, lines);
      const bound = dualValue(requests, lines, solveLivePrices(sample, lines, { cells }));
      // Without offers and money nothing is worth anything.
      const gap = best === 0 ? bound : bound / best - 1;
      assert(gap > -1e-9, `seed ${seed}: the dual is below the optimum by ${-gap}`);
      assert(gap < 0.015, `seed ${seed}: the dual is above the optimum by ${gap}`);
      total += gap;
    }
    assert(total / 150 < 0.0025, `mean gap ${total / 150}`);
  });

  it('keep the line for the requests that outside demand pays least for', () => {
    // Money for 250 of 1,000 clicks: a quarter of the requests, whose offers are below half a click's money.
    const prices = solveLivePrices(spread, linesOf({ budget: 250 }), { cells: oneCell });
    assertClose(prices, [0.5], 0.02);
  });

  it('are 0 for a line that cannot spend its money, however much is left, and whatever it cost before', () => {
    for (const budget of [600, 6e4, 6e40]) {
      const start = floats(0.9);
      assertClose(solveLivePrices(spread, linesOf({ budget }), { cells: oneCell, start }), [0], 0);
    }
  });

  it('are 1 for a line without money, and the others are priced as if it were not there', () => {
    const both = solveLivePrices(spread, linesOf({ budget: 250 }, { budget: 0, worth: 9 }), { cells: oneCell });
    assert.equal(both[1], 1);
    assert.equal(both[0], solveLivePrices(spread, linesOf({ budget: 250 }), { cells: oneCell })[0]);
  });

  it('of lines that are the same are the same, and share by their money', () => {
    const alike = Array.from({ length: 40 }, () => ({ budget: 10 }));
    const prices = solveLivePrices(spread, linesOf(...alike), { cells: oneCell });
    assertClose(prices, new Array<number>(40).fill(prices[0] as number), 0);
    assert((prices[0] as number) > 0.05 && (prices[0] as number) < 0.3, `price ${prices[0]}`);
  });

  it('settle where all offers are one number: just about there', () => {
    const offer = new Float64Array(200).fill(0.05);
    const prices = solveLivePrices({ ...spread, offer }, linesOf({ budget: 400 }), { cells: oneCell });
    assertClose(prices, [0.5], 0.03);
  });

  it('respect the floor of a cell as an offer, also in a cell that no sampled request is of', () => {
    const cells = { opportunities: floats(0, 10_000), clickRate: floats(0.1, 0.1) };
    const line = linesOf({ budget: 400, cells: [1] });
    for (const [floor, price] of [[0.05, 0.5] as const, [0.11, 0] as const]) {
      const withFloor = { ...cells, floor: floats(0, floor) };
      assertClose(
        solveLivePrices({ ...spread, offer: new Float64Array(200) }, line, { cells: withFloor }),
        [price],
        0.03,
      );
      const cell = new Uint32Array(200).fill(1);
      assertClose(solveLivePrices({ cell, multiplier: spread.multiplier }, line, { cells: withFloor }), [price], 0.03);
    }
  });

  it('of a line with the market to itself leave it something: a price of 1 would never serve', () => {
    const [price] = solveLivePrices(nobody, linesOf({ budget: 1 }), { cells: oneCell });
    assert((price as number) > 0.5 && (price as number) < 1, `price ${price}`);
    const fallback = floats(1);
    const believed = solveLivePrices(nobody, linesOf({ budget: 1 }), { cells: oneCell, fallback });
    assert.deepEqual(believed, floats(HIGHEST_PRICE));
  });

  it('never rise with money, a line’s own or a rival’s: there is less of value left for the last of it', () => {
    const money = fc.double({ min: 0.01, max: 2_000, noNaN: true });
    fc.assert(
      fc.property(money, money, money, (some, other, rivals) => {
        // Expected spending is matched to 1%, and so is what a line keeps when all compete with offers alone.
        const keptOf = (...lines: Line[]) => {
          const [price] = solveLivePrices(spread, linesOf(...lines), { cells: oneCell });
          return 1 - (price as number);
        };
        const [less, more] = [Math.min(some, other), Math.max(some, other)];
        assert(keptOf({ budget: more }) >= 0.97 * keptOf({ budget: less }));
        const [alone, beside] = [keptOf({ budget: 100 }), keptOf({ budget: 100 }, { budget: rivals })];
        assert(beside >= 0.97 * alone, `${beside} kept beside a rival, ${alone} alone`);
      }),
      { numRuns: 60 },
    );
  });

  it('are numbers from 0 to 1 in any market, the same each time', () => {
    fc.assert(
      fc.property(anyMarket, ({ sample, lines, cells }) => {
        const prices = solveLivePrices(sample, lines, { cells });
        prices.forEach((price) => assert(price >= 0 && price <= 1, `price ${price}`));
        assert.deepEqual(solveLivePrices(sample, lines, { cells }), prices);
      }),
    );
  });

  it('do not depend on the order of requests, nor on the unit of weights', () => {
    fc.assert(
      fc.property(anyMarket, ({ sample, lines, cells }) => {
        const backwards = {
          cell: sample.cell.toReversed(),
          multiplier: sample.multiplier.toReversed(),
          offer: (sample.offer as Float64Array).toReversed(),
          weight: new Float64Array(sample.cell.length).fill(7),
        };
        assertClose(solveLivePrices(backwards, lines, { cells }), solveLivePrices(sample, lines, { cells }), 1e-6);
      }),
    );
  });

  it('do not depend on the unit of money, nor on that of worth', () => {
    fc.assert(
      fc.property(anyMarket, ({ sample, lines, cells }) => {
        const cents = (amounts: Float64Array) => amounts.map((amount) => amount * 1_000);
        const inCents = { ...lines, budget: cents(lines.budget), clickPrice: cents(lines.clickPrice) };
        const prices = solveLivePrices(sample, lines, { cells });
        const offer = cents(sample.offer as Float64Array);
        assertClose(solveLivePrices({ ...sample, offer }, inCents, { cells }), prices, 1e-6);
        const worth = cents(lines.worth);
        assertClose(solveLivePrices({ ...sample, offer }, { ...lines, worth }, { cells }), prices, 1e-6);
      }),
    );
  });

  it('take a request of weight 3 for three requests', () => {
    const { cell, multiplier, offer } = drawMarket(createRandom(5, 'weights')).sample as Required<RequestSample>;
    const { lines, cells } = drawMarket(createRandom(5, 'weights'));
    const three = (values: Float64Array) =>
      Float64Array.from([...values, ...values.slice(0, 1), ...values.slice(0, 1)]);
    const repeated = {
      cell: indices(...cell, cell[0] as number, cell[0] as number),
      multiplier: three(multiplier),
      offer: three(offer),
    };
    const weighted = solveLivePrices(
      { cell, multiplier, offer, weight: multiplier.map((_, request) => (request === 0 ? 3 : 1)) },
      lines,
      { cells },
    );
    // Only the share that a cell borrows tells twelve requests from the ten that they are.
    assertClose(weighted, solveLivePrices(repeated, lines, { cells }), 0.01);
  });

  it('end at the same place from any start, within the tolerance of spending', () => {
    const assertSamePlace = ({ sample, lines, cells }: Market, price: number) => {
      const requests = scaledRequests(sample, cells);
      const valueFrom = (start: Float64Array) =>
        dualValue(requests, lines, solveLivePrices(sample, lines, { cells, start }));
      const cold = valueFrom(new Float64Array(lines.budget.length));
      const warm = valueFrom(new Float64Array(lines.budget.length).fill(price));
      assert(Math.abs(warm - cold) <= 0.01 * cold, `${warm} from ${price}, ${cold} from 0`);
    };
    fc.assert(fc.property(anyMarket, fc.double({ min: 0, max: 1, noNaN: true }), assertSamePlace));
    // Far from highest to nothing.
    for (const seed of [2232, 8018, 21196]) assertSamePlace(drawMarket(createRandom(seed, 'live price market')), 1);
  });

  it('of few requests lean on the fallback, of none are the fallback, of ten and more forget it', () => {
    const fallback = floats(0.2);
    const pricesOf = (count: number) => {
      const sample = {
        cell: new Uint32Array(count),
        multiplier: new Float64Array(count).fill(1),
        offer: new Float64Array(count).fill(0.05),
      };
      return solveLivePrices(sample, linesOf({ budget: 400 }), { cells: oneCell, fallback });
    };
    assertClose(pricesOf(0), [0.2], 1e-12);
    assertClose(pricesOf(1), [0.1 * 0.5 + 0.9 * 0.2], 0.01);
    assertClose(pricesOf(5), [0.5 * 0.5 + 0.5 * 0.2], 0.02);
    assertClose(pricesOf(10), [0.5], 0.03);
  });

  it('lean on the fallback too where one request outweighs all the others', () => {
    const weight = new Float64Array(200).fill(1e-6);
    weight[50] = 1;
    const prices = solveLivePrices({ ...spread, weight }, linesOf({ budget: 400 }), {
      cells: oneCell,
      fallback: floats(1),
    });
    assert((prices[0] as number) > 0.9, `price ${prices[0]}`);
  });

  it('of a line that no sampled request could have served come from what the others saw', () => {
    const cells = { opportunities: floats(10_000, 10_000), clickRate: floats(0.1, 0.2) };
    const prices = solveLivePrices(spread, linesOf({ budget: 500, cells: [1] }), { cells });
    assertClose(prices, [0.5], 0.02);
  });

  it('exist in a market without lines, without cells, without traffic, without response, without worth', () => {
    assert.equal(solveLivePrices(nobody, noLines, { cells: oneCell }).length, 0);
    const noCells = { opportunities: floats(), clickRate: floats() };
    const adrift = linesOf({ budget: 5, cells: [] }, { budget: 0, cells: [] });
    assert.deepEqual(solveLivePrices(nobody, adrift, { cells: noCells }), floats(0, 1));
    const two = linesOf({ budget: 5 }, { budget: 0 });
    const fallback = floats(0.4, 0.4);
    for (const cells of [
      { opportunities: floats(0), clickRate: floats(0.1) },
      { opportunities: floats(100), clickRate: floats(0) },
    ]) {
      assert.deepEqual(solveLivePrices(spread, two, { cells, fallback }), floats(0, 1));
    }
    const silent = { ...spread, multiplier: new Float64Array(200) };
    assert.deepEqual(solveLivePrices(silent, two, { cells: oneCell }), floats(0, 1));
    assert.deepEqual(solveLivePrices(spread, linesOf({ budget: 5, worth: 0 }), { cells: oneCell }), floats(0));
    assert.deepEqual(solveLivePrices(spread, linesOf({ budget: 5, clickPrice: 0 }), { cells: oneCell }), floats(0));
  });

  it('survive amounts at the ends of what is allowed', () => {
    const ends = [0, 1e-50, 1e-9, 1, 1e9, 1e50];
    const amount = fc.constantFrom(...ends);
    fc.assert(
      fc.property(
        fc.array(fc.record({ budget: amount, worth: amount, clickPrice: amount }), { maxLength: 4 }),
        fc.array(fc.record({ multiplier: amount, offer: amount }), { maxLength: 4 }),
        fc.record({ opportunities: amount, clickRate: amount, floor: amount }),
        (lines, requests, { opportunities, clickRate, floor }) => {
          const sample = {
            cell: new Uint32Array(requests.length),
            multiplier: floats(...requests.map(({ multiplier }) => multiplier)),
            offer: floats(...requests.map(({ offer }) => offer)),
          };
          const cells = { opportunities: floats(opportunities), clickRate: floats(clickRate), floor: floats(floor) };
          solveLivePrices(sample, linesOf(...lines), { cells }).forEach((price) =>
            assert(price >= 0 && price <= 1, `price ${price}`),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of a hundred thousand lines in one cell take no longer than they must', () => {
    const count = 100_000;
    const lines = {
      budget: new Float64Array(count).fill(0.01),
      worth: new Float64Array(count).fill(1),
      clickPrice: new Float64Array(count).fill(1),
      lineStart: Uint32Array.from({ length: count + 1 }, (_, line) => line),
      edgeCell: new Uint32Array(count),
    };
    assertClose(solveLivePrices(spread, lines, { cells: oneCell }), new Float64Array(count), 0);
  });

  describe('refuse', () => {
    const good = { sample: spread, lines: linesOf({ budget: 5 }), cells: oneCell };
    const bad: {
      name: string;
      input: Partial<Market> & { start?: Float64Array; fallback?: Float64Array };
      message: RegExp;
    }[] = [
      {
        name: 'a budget that is no number',
        input: { lines: linesOf({ budget: NaN }) },
        message: /budget of line 0 is NaN/,
      },
      {
        name: 'a budget without end',
        input: { lines: linesOf({ budget: Infinity }) },
        message: /budget of line 0 is Infinity/,
      },
      {
        name: 'a negative budget',
        input: { lines: linesOf({ budget: 1 }, { budget: -2 }) },
        message: /budget of line 1 is -2/,
      },
      {
        name: 'a negative worth',
        input: { lines: linesOf({ budget: 1, worth: -1 }) },
        message: /worth of line 0 is -1/,
      },
      {
        name: 'a click price that is no number',
        input: { lines: linesOf({ budget: 1, clickPrice: NaN }) },
        message: /click price of line 0 is NaN/,
      },
      {
        name: 'a line in a cell that is not there',
        input: { lines: linesOf({ budget: 1, cells: [0, 3] }) },
        message: /cell of edge 1 is 3, but there are 1 cells/,
      },
      {
        name: 'worths of fewer lines',
        input: { lines: { ...linesOf({ budget: 1 }), worth: floats() } },
        message: /worth of line: expected 1 numbers, got 0/,
      },
      {
        name: 'too few starts of lines',
        input: { lines: { ...linesOf({ budget: 1 }), lineStart: indices(0) } },
        message: /starts of lines: expected 2 numbers, got 1/,
      },
      {
        name: 'edges that end before they start',
        input: { lines: { ...linesOf({ budget: 1 }, { budget: 1 }), lineStart: indices(0, 3, 2) } },
        message: /edges of line 1 start at 3 and end before, at 2/,
      },
      {
        name: 'edges that belong to no line',
        input: { lines: { ...linesOf({ budget: 1 }), edgeCell: indices(0, 0) } },
        message: /edges of lines go from 0 to 1, expected 0 to 2/,
      },
      {
        name: 'a forecast that is no number',
        input: { cells: { ...oneCell, opportunities: floats(NaN) } },
        message: /opportunities of cell 0 is NaN/,
      },
      {
        name: 'click rates of more cells',
        input: { cells: { ...oneCell, clickRate: floats(1, 1) } },
        message: /click rate of cell: expected 1 numbers, got 2/,
      },
      {
        name: 'a negative floor',
        input: { cells: { ...oneCell, floor: floats(-1) } },
        message: /floor of cell 0 is -1/,
      },
      {
        name: 'a request of a cell that is not there',
        input: { sample: { cell: indices(1), multiplier: floats(1) } },
        message: /cell of request 0 is 1, but there are 1 cells/,
      },
      {
        name: 'a negative multiplier',
        input: { sample: { cell: indices(0), multiplier: floats(-1) } },
        message: /multiplier of request 0 is -1/,
      },
      {
        name: 'multipliers of fewer requests',
        input: { sample: { cell: indices(0, 0), multiplier: floats(1) } },
        message: /multiplier of request: expected 2 numbers, got 1/,
      },
      {
        name: 'an offer that is no number',
        input: { sample: { cell: indices(0), multiplier: floats(1), offer: floats(NaN) } },
        message: /offer of request 0 is NaN/,
      },
      {
        name: 'a request that stands for none',
        input: { sample: { cell: indices(0), multiplier: floats(1), weight: floats(0) } },
        message: /weight of request 0 is 0/,
      },
      {
        name: 'a start above 1',
        input: { start: floats(1.01) },
        message: /start price of line 0 is 1.01, expected 0 to 1/,
      },
      {
        name: 'a fallback that is no number',
        input: { fallback: floats(NaN) },
        message: /fallback price of line 0 is NaN/,
      },
      {
        name: 'fallbacks of more lines',
        input: { fallback: floats(0, 0) },
        message: /fallback price of line: expected 1 numbers, got 2/,
      },
    ];
    for (const { name, input, message } of bad) {
      it(name, () => {
        const { sample, lines, ...rest } = { ...good, ...input };
        assert.throws(() => solveLivePrices(sample, lines, rest), { code: 'INVALID_PROBLEM', message });
      });
    }
  });
});
