import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allocate } from '../../../shared/planning/allocation.ts';
import { createProblem } from '../../../shared/planning/create-problem.ts';
import { allocateExactly } from '../../../shared/planning/exact-allocation.ts';
import { createMarketInstance, problemOf } from '../../bench/allocation-instances.ts';
import { loadHighsSolver, type HighsSolver } from '../../../shared/cli/highs-solver.ts';
import { assertFeasible, problemInputs, problems, tidyProblems } from '../../support/problems.ts';

const near = (actual: number, expected: number, tolerance = 1e-6) =>
  assert(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);

describe('an allocation', () => {
  let highs: HighsSolver;
  before(async () => void (highs = await loadHighsSolver({ crossover: true })));

  it('gives a contended cell to the dearer line, and the cheaper one what is left elsewhere', () => {
    const edges = { cell: [0, 0, 1], line: [0, 1, 1], worth: [2, 1, 1] };
    const { y, value } = allocate(createProblem({ supply: [100, 10], demand: [80, 60], edges }), { fairness: false });
    [80, 20, 10].forEach((units, edge) => near(y[edge] as number, units, 1e-3));
    near(value, 190, 1e-3);
  });

  it('has the prices of cells and demands', () => {
    const edges = { cell: [0, 0], line: [0, 1], worth: [2, 1] };
    const { cellPrice, linePrice } = allocate(createProblem({ supply: [100], demand: [80, 60], edges }), {
      fairness: false,
    });
    near(cellPrice[0] as number, 1, 0.02);
    near(linePrice[0] as number, 1, 0.02);
    near(linePrice[1] as number, 0, 0.02);
  });

  it('gives nothing of nothing', () => {
    const none = { cell: [], line: [], worth: [] };
    assert.equal(allocate(createProblem({ supply: [], demand: [], edges: none })).value, 0);
    const lonely = allocate(createProblem({ supply: [5], demand: [5, 5], edges: none }));
    assert.deepEqual([lonely.value, lonely.y.length, [...lonely.linePrice]], [0, 0, [0, 0]]);
    for (const [supply, demand, cap] of [
      [0, 5, 9],
      [5, 0, 9],
      [5, 5, 0],
    ]) {
      const edges = { cell: [0], line: [0], worth: [1], cap: [cap as number] };
      const { y, value } = allocate(createProblem({ supply: [supply as number], demand: [demand as number], edges }));
      assert.deepEqual([[...y], value], [[0], 0]);
    }
  });

  it('is feasible, with fairness and without', () => {
    fc.assert(
      fc.property(problems, fc.boolean(), (problem, fairness) => {
        assertFeasible(problem, allocate(problem, { fairness }).y);
      }),
      { numRuns: 300 },
    );
  });

  it('is worth what it says, and no more than the optimum', () => {
    fc.assert(
      fc.property(tidyProblems, (problem) => {
        const { y, value } = allocate(problem, { fairness: false });
        near(
          value,
          y.reduce((sum, units, edge) => sum + units * (problem.worth[edge] as number), 0),
          1e-9,
        );
        const exact = allocateExactly(highs, problem, { fairness: false });
        assert(value <= exact.value * (1 + 1e-7) + 1e-7, `${value} is above ${exact.value}`);
      }),
      { numRuns: 100 },
    );
  });

  it('is the same bit for bit when done again', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const copy = structuredClone(problem);
        assert.deepEqual(allocate(problem), allocate(problem));
        assert.deepEqual(problem, copy);
      }),
      { numRuns: 30 },
    );
  });

  it('does not depend on the order in which edges were given', () => {
    const shuffled = problemInputs.chain((input) => {
      const order = Array.from(input.edges.cell, (_, edge) => edge);
      return fc.tuple(fc.constant(input), fc.shuffledSubarray(order, { minLength: order.length }));
    });
    fc.assert(
      fc.property(shuffled, ([input, order]) => {
        const pick = (column: ArrayLike<number> | undefined) => order.map((edge) => column?.[edge] as number);
        const { cell, line, worth, use, cap } = input.edges;
        const edges = { cell: pick(cell), line: pick(line), worth: pick(worth), use: pick(use), cap: pick(cap) };
        const one = allocate(createProblem(input), { fairness: false });
        const other = allocate(createProblem({ ...input, edges }), { fairness: false });
        near(one.value, other.value, 1e-6);
      }),
      // Of supplies that differ by 170 digits the last digit of a value is that of the order.
      { seed: 20261123 },
    );
  });

  it('does not depend on the unit of money, nor on that of supply', () => {
    fc.assert(
      fc.property(problemInputs, fc.constantFrom(2 ** -30, 2 ** -3, 2 ** 20), (input, unit) => {
        const scaled = (column: ArrayLike<number>) => Array.from(column, (one) => one * unit);
        const plain = allocate(createProblem(input));
        const worth = scaled(input.edges.worth);
        const inMoney = allocate(createProblem({ ...input, edges: { ...input.edges, worth } }));
        near(inMoney.value / unit, plain.value, 1e-6);
        const cap = scaled(input.edges.cap as number[]);
        const [supply, demand] = [scaled(input.supply), scaled(input.demand)];
        const inUnits = allocate(createProblem({ supply, demand, edges: { ...input.edges, cap } }));
        near(inUnits.value / unit, plain.value, 1e-6);
      }),
    );
  });

  it('may start from any prices, and from none for lines that are new', () => {
    const price = fc.oneof(fc.double({ min: -1, max: 20, noNaN: true }), fc.constantFrom(NaN, Infinity, -Infinity));
    fc.assert(
      fc.property(
        problems,
        fc.array(price, { minLength: 8, maxLength: 8 }),
        fc.boolean(),
        (problem, prices, fairness) => {
          const start = Float64Array.from(problem.demand, (_, line) => prices[line] as number);
          const { y, value } = allocate(problem, { fairness, start });
          assertFeasible(problem, y);
          assert(Number.isFinite(value));
        },
      ),
    );
  });

  it('is as good from the prices of a market that was a little different', () => {
    const shape = { cells: 100, lines: 40, edgesPerLine: 15, load: 1.15, rows: 'money' } as const;
    const problem = problemOf(createMarketInstance(shape, 1));
    const { linePrice } = allocate({
      ...problem,
      supply: problem.supply.map((units, cell) => units * (1 + 0.1 * Math.sin(cell))),
    });
    linePrice[3] = NaN;
    const exact = allocateExactly(highs, problem, { fairness: false });
    for (const start of [undefined, linePrice]) {
      const { value } = allocate(problem, start ? { fairness: false, start } : { fairness: false });
      assert(value >= 0.9995 * exact.value && value <= exact.value * (1 + 1e-8), `${value} of ${exact.value}`);
    }
  });

  it('takes a hundred thousand lines over one cell', () => {
    const lines = 100_000;
    const line = Uint32Array.from({ length: lines }, (_, index) => index);
    const worth = Float64Array.from(line, (index) => 1 + (index % 7));
    const edges = { cell: new Uint32Array(lines), line, worth };
    const problem = createProblem({ supply: [lines / 2], demand: new Float64Array(lines).fill(1), edges });
    const { y, value } = allocate(problem, { fairness: false });
    assertFeasible(problem, y);
    // The dearest half: of the worths 7, 6 and 5 a seventh each, and of 4 half a seventh.
    near(value, (lines / 7) * (7 + 6 + 5 + 2), 1e-3);
  });

  it('ends where supplies, demands and worths differ by so much that sums lose the smaller ones', () => {
    const edges = 17;
    const problem = {
      supply: Float64Array.of(
        0,
        1000000000000000,
        49315.657824247166,
        0.009779175831172531,
        1e-9,
        13057.790219795574,
        1000000000000000,
        0.05299914222373015,
      ),
      demand: Float64Array.of(82056.06669718967, 15.753817128592475, 1e-9, 371.1791581021862),
      lineStart: Uint32Array.of(0, 4, 7, 12, 17),
      edgeCell: Uint32Array.of(0, 2, 4, 5, 1, 4, 6, 1, 2, 3, 5, 6, 0, 3, 4, 5, 7),
      use: new Float64Array(edges).fill(1),
      worth: Float64Array.of(
        32.767436915132066,
        32.767436915132066,
        32.767436915132066,
        32.767436915132066,
        1e-9,
        1e-9,
        1e-9,
        1,
        1,
        1,
        1,
        1,
        548.1310419939127,
        548.1310419939127,
        548.1310419939127,
        548.1310419939127,
        548.1310419939127,
      ),
      cap: new Float64Array(edges).fill(Infinity),
    };
    problem.cap[2] = 1e9;
    for (const fairness of [true, false]) {
      const { y, value } = allocate(problem, { fairness });
      assertFeasible(problem, y);
      near(value, allocateExactly(highs, problem, { fairness: false }).value, 1e-3);
    }
  });
});
