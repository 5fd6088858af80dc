import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LinearSolver } from '../../../shared/planning/exact-allocation.ts';
import { createProblem } from '../../../shared/planning/create-problem.ts';
import { displacement } from '../../../shared/planning/displacement.ts';
import { openFlow, route, routed } from '../../../shared/planning/flow.ts';
import type { AllocationProblem } from '../../../shared/planning/problem.ts';
import { toLinearProgram } from '../../../shared/planning/exact-allocation.ts';
import { loadHighsSolver } from '../../../shared/cli/highs-solver.ts';

interface Sale {
  cells: number[];
  clicks: number;
  worth: number;
}

const sales = fc.record({
  cells: fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 }),
  clicks: fc.integer({ min: 0, max: 12 }),
  worth: fc.integer({ min: 0, max: 9 }),
});

/** Up to five cells and seven lines of whole clicks; the last line is the one that wants more. */
const markets = fc.tuple(
  fc.array(fc.nat(10), { minLength: 5, maxLength: 5 }),
  fc.array(sales, { minLength: 1, maxLength: 7 }),
);

function problemOf(supply: readonly number[], lines: readonly Sale[]): AllocationProblem {
  const edges = lines.flatMap(({ cells, worth }, line) => cells.map((cell) => ({ cell, line, worth })));
  return createProblem({
    supply,
    demand: lines.map(({ clicks }) => clicks),
    edges: {
      cell: edges.map(({ cell }) => cell),
      line: edges.map(({ line }) => line),
      worth: edges.map(({ worth }) => worth),
    },
  });
}

function sellAll(problem: AllocationProblem) {
  const flow = openFlow(problem);
  const got = Array.from(problem.demand, (clicks, line) => route(flow, line, clicks));
  return { flow, got };
}

describe('displacement', () => {
  let solver: LinearSolver;
  before(async () => (solver = await loadHighsSolver({ crossover: true })));

  /** What others lose when the last line gets a little more than it has, by the linear programme; Infinity where it cannot. */
  function lossByProgram(supply: readonly number[], lines: readonly Sale[], got: readonly number[]): number {
    const more = 1 / 8;
    const last = lines.length - 1;
    const wanted = lines.map((line, index) => ({
      ...line,
      clicks: (got[index] as number) + (index === last ? more : 0),
      worth: index === last ? 1000 : line.worth,
    }));
    const { columns } = solver.maximise(toLinearProgram(problemOf(supply, wanted), false));
    let [edge, loss] = [0, 0];
    let own = 0;
    wanted.forEach(({ cells, worth, clicks }, index) => {
      const has = cells.reduce((sum) => sum + (columns[edge++] as number), 0);
      if (index === last) own = has;
      else loss += (clicks - has) * worth;
    });
    return own < (got[last] as number) + more / 2 ? Infinity : loss / more;
  }

  it('is what others lose by the linear programme', () => {
    fc.assert(
      fc.property(markets, ([supply, lines]) => {
        const { flow, got } = sellAll(problemOf(supply, lines));
        const last = lines.length - 1;
        const worth = lines.map((line, index) => (index === last ? Infinity : line.worth));
        const found = displacement(flow, worth).line[last] as number;
        const expected = lossByProgram(supply, lines, got);
        assert(
          found === expected || Math.abs(found - expected) < 1e-5,
          `found ${found}, the programme says ${expected}`,
        );
      }),
      { numRuns: 120, seed: 7 },
    );
  });

  it('is nothing where others can move, and the cheapest that is in the way where they cannot', () => {
    const sold = [
      { cells: [0, 1], clicks: 10, worth: 4 },
      { cells: [1], clicks: 5, worth: 3 },
      { cells: [2], clicks: 1, worth: 1 },
    ];
    const asks = { cells: [0], clicks: 0, worth: 0 };
    const worth = [4, 3, 1, Infinity];
    const wide = displacement(sellAll(problemOf([10, 10, 1], [...sold, asks])).flow, worth);
    assert.deepEqual([...wide.cell], [0, 0, 1]);
    assert.deepEqual([...wide.line], [0, 0, 1, 0]);
    const { cell, line } = displacement(sellAll(problemOf([10, 5, 1], [...sold, asks])).flow, worth);
    assert.deepEqual([...cell], [3, 3, 1]);
    assert.equal(line[3], 3);
  });

  it('is infinite for a line without cells, and where nobody may lose anything', () => {
    const lines = [
      { cells: [0], clicks: 5, worth: 2 },
      { cells: [], clicks: 5, worth: 2 },
      { cells: [0], clicks: 0, worth: 2 },
    ];
    const { flow } = sellAll(problemOf([5], lines));
    assert.deepEqual([...displacement(flow, [Infinity, Infinity, Infinity]).line], [Infinity, Infinity, Infinity]);
    assert.deepEqual([...displacement(flow, [2, 2, Infinity]).line], [2, Infinity, 2]);
  });

  it('passes on that a unit of one line is several of another', () => {
    const problem = createProblem({
      supply: [10],
      demand: [30, 100],
      edges: { cell: [0, 0], line: [0, 1], worth: [1, 1], use: [3, 0.5] },
    });
    const { flow, got } = sellAll(problem);
    assert.equal(got[0], 30);
    assert.equal(routed(flow, 1), 0);
    const { cell, line } = displacement(flow, [2, Infinity]);
    assert.deepEqual([...cell], [6]);
    assert.deepEqual([...line], [2, 12]);
  });

  const nothing = openFlow(problemOf([1], [{ cells: [0], clicks: 1, worth: 1 }]));
  for (const [worth, message] of [
    [[], /0 worths for 1 lines/],
    [[1, 1], /2 worths for 1 lines/],
    [[-1], /worth -1 of line 0/],
    [[NaN], /worth NaN of line 0/],
  ] as const) {
    it(`refuses worths of [${worth.join()}]`, () => {
      assert.throws(() => displacement(nothing, worth), { code: 'INVALID_PROBLEM', message });
    });
  }
});
