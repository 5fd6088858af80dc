import assert from 'node:assert/strict';
import fc from 'fast-check';
import { modelMarket, type SoldDemand } from '../../../shared/planning/market-model.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDays } from '../../support/markets.ts';

const segments = ['a', 'b'];
const cells = segments.map((segment) => cell({ segment, q50: 1000, clickPpm: 100_000 }));
const supply = supplyDays(3, { cells });
/** Expected clicks of one cell on a whole day. */
const CLICKS = 100;
const median = ({ q50 }: { q50: number }) => q50;

function sold(own: Partial<SoldDemand> = {}): SoldDemand {
  const flight = { startAtMs: START_MS, endAtMs: START_MS + DAY_MS };
  return {
    segments: ['a'],
    surfaces: ['home'],
    clickPriceMicros: 500_000,
    remainingMicros: 5_000_000,
    ...flight,
    ...own,
  };
}

/** The cells of a line, as what they are. */
function cellsOf(model: ReturnType<typeof modelMarket>, line: number) {
  const { problem, cuts, audiences } = model;
  return [...problem.edgeCell.subarray(problem.lineStart[line], problem.lineStart[line + 1])].map((index) => {
    const interval = Math.floor(index / audiences.length);
    return {
      segment: audiences[index % audiences.length]?.segment,
      fromHour: ((cuts[interval] as number) - START_MS) / HOUR_MS,
      toHour: ((cuts[interval + 1] as number) - START_MS) / HOUR_MS,
      clicks: problem.supply[index],
    };
  });
}

describe('modelMarket', () => {
  it('makes one cell of an audience between two ends of flights, however many days that is', () => {
    const model = modelMarket([sold({ endAtMs: START_MS + 3 * DAY_MS })], supply, START_MS, median);
    assert.deepEqual(cellsOf(model, 0), [{ segment: 'a', fromHour: 0, toHour: 72, clicks: 3 * CLICKS }]);
    assert.deepEqual([...model.problem.demand], [10]);
    assert.deepEqual([...model.problem.worth], [500_000]);
  });

  it('cuts at the ends of every flight, by the hours of the day', () => {
    const morning = sold({ segments: ['a', 'b'], endAtMs: START_MS + 8 * HOUR_MS });
    const model = modelMarket([sold(), morning], supply, START_MS, median);
    const early = { fromHour: 0, toHour: 8, clicks: CLICKS / 2 };
    assert.deepEqual(cellsOf(model, 0), [
      { segment: 'a', ...early },
      { segment: 'a', fromHour: 8, toHour: 24, clicks: CLICKS / 2 },
    ]);
    assert.deepEqual(cellsOf(model, 1), [
      { segment: 'a', ...early },
      { segment: 'b', ...early },
    ]);
  });

  it('offers nothing of what has passed', () => {
    const model = modelMarket([sold()], supply, START_MS + 8 * HOUR_MS, median);
    assert.deepEqual(cellsOf(model, 0), [{ segment: 'a', fromHour: 8, toHour: 24, clicks: CLICKS / 2 }]);
    assert.deepEqual(cellsOf(modelMarket([sold()], supply, START_MS + DAY_MS, median), 0), []);
  });

  it('gives no cell to a line whose audience or days have no supply, nor to nobody', () => {
    const model = modelMarket(
      [
        sold({ segments: ['x'] }),
        sold({ startAtMs: START_MS + 5 * DAY_MS, endAtMs: START_MS + 6 * DAY_MS }),
        sold({ startAtMs: START_MS + DAY_MS }),
      ],
      supply,
      START_MS,
      median,
    );
    assert.equal(model.problem.edgeCell.length, 0);
    assert.equal(modelMarket([], supply, START_MS, median).problem.supply.length, 0);
    assert.deepEqual(cellsOf(modelMarket([sold()], new Map(), START_MS, median), 0), []);
  });

  it('owes no clicks for a budget that is overspent', () => {
    assert.deepEqual([...modelMarket([sold({ remainingMicros: -3 })], supply, START_MS, median).problem.demand], [0]);
  });

  it('rounds flights inward to hours where they begin and end at too many instants, and keeps short ones', () => {
    const lines = Array.from({ length: 400 }, (_, index) =>
      sold({ startAtMs: START_MS + index * 60_000, endAtMs: START_MS + 3 * DAY_MS - index * 60_000 }),
    );
    const short = sold({ startAtMs: START_MS + 600_000, endAtMs: START_MS + 1_200_000 });
    const model = modelMarket([...lines, short], supply, START_MS, median);
    assert(model.cuts.length <= 256);
    const own = cellsOf(model, 1);
    assert.deepEqual([own[0]?.fromHour, own.at(-1)?.toHour], [1, 71]);
    assert.deepEqual(
      cellsOf(model, 400).map(({ fromHour, toHour }) => [fromHour, toHour]),
      [[1 / 6, 1 / 3]],
    );
  });

  it('gives a line all clicks of its audience in its flight, however the flights of others cut it', () => {
    const hours = fc.record({ from: fc.nat(60), hours: fc.integer({ min: 1, max: 12 }) });
    fc.assert(
      fc.property(fc.array(hours, { minLength: 1, maxLength: 10 }), (flights) => {
        const lines = flights.map(({ from, hours: long }) => {
          const startAtMs = START_MS + from * HOUR_MS;
          return sold({ startAtMs, endAtMs: startAtMs + long * HOUR_MS });
        });
        const together = modelMarket(lines, supply, START_MS, median);
        lines.forEach((line, index) => {
          const sum = (of: ReturnType<typeof cellsOf>) => of.reduce((all, { clicks = 0 }) => all + clicks, 0);
          const alone = sum(cellsOf(modelMarket([line], supply, START_MS, median), 0));
          assert(Math.abs(sum(cellsOf(together, index)) - alone) < 1e-9 * alone);
        });
      }),
    );
  });
});
