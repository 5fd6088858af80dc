import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createProblem } from '../../../shared/planning/create-problem.ts';
import { allocateExactly } from '../../../shared/planning/exact-allocation.ts';
import { loadHighsSolver, type HighsSolver } from '../../../shared/cli/highs-solver.ts';
import { assertFeasible, tidyProblems } from '../../support/problems.ts';

const near = (actual: number | undefined, expected: number, what: string) =>
  assert(
    Math.abs((actual as number) - expected) <= 1e-6 * Math.max(1, expected),
    `${what}: ${actual} is not ${expected}`,
  );

describe('an exact allocation', () => {
  let highs: HighsSolver;
  before(async () => void (highs = await loadHighsSolver({ crossover: true })));

  const edges = { cell: [0, 0, 1], line: [0, 1, 1], worth: [3, 1, 1], use: [2, 1, 1], cap: [Infinity, Infinity, 5] };
  const problem = createProblem({ supply: [100, 10], demand: [80, 100], edges });

  it('is the optimum with its prices', () => {
    const { y, value, cellPrice, linePrice } = allocateExactly(highs, problem, { fairness: false });
    [40, 60, 5].forEach((units, edge) => near(y[edge], units, `edge ${edge}`));
    near(value, 185, 'value');
    [1, 0].forEach((price, cell) => near(cellPrice[cell], price, `cell ${cell}`));
    [1, 0].forEach((price, line) => near(linePrice[line], price, `line ${line}`));
  });

  it('counts what proportional serving would give more, and reports the plain worth', () => {
    const contended = createProblem({
      supply: [100],
      demand: [100, 100],
      edges: { cell: [0, 0], line: [0, 1], worth: [3, 2] },
    });
    const { y, value, linePrice } = allocateExactly(highs, contended);
    // Proportional serving gives 50 to each; .96 of it counts three times.
    [52, 48].forEach((units, line) => near(y[line], units, `line ${line}`));
    near(value, 252, 'value');
    assert((linePrice[1] as number) < 0, 'a line in its first part outbids its own worth');
    assert.deepEqual([...allocateExactly(highs, contended, { fairness: false }).y].map(Math.round), [100, 0]);
  });

  it('is empty of a market without edges', () => {
    const none = createProblem({ supply: [1], demand: [1, 1], edges: { cell: [], line: [], worth: [] } });
    assert.deepEqual(allocateExactly(highs, none), {
      y: new Float64Array(0),
      cellPrice: new Float64Array(1),
      linePrice: new Float64Array(2),
      value: 0,
      iterations: 0,
    });
  });

  it('is worth what its prices say (strong duality)', () => {
    fc.assert(
      fc.property(tidyProblems, (drawn) => {
        const { y, value, cellPrice, linePrice } = allocateExactly(highs, drawn, { fairness: false });
        assertFeasible(
          { ...drawn, supply: drawn.supply.map(roomy), demand: drawn.demand.map(roomy), cap: drawn.cap.map(roomy) },
          y.map((units) => Math.max(0, units)),
        );
        const { supply, demand, lineStart, edgeCell, use, worth, cap } = drawn;
        let bound = 0;
        supply.forEach((units, cell) => (bound += units * (cellPrice[cell] as number)));
        demand.forEach((units, line) => (bound += units * (linePrice[line] as number)));
        for (let line = 0; line < demand.length; line++) {
          for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
            const cost =
              (cellPrice[edgeCell[edge] as number] as number) + (use[edge] as number) * (linePrice[line] as number);
            const gain = (worth[edge] as number) - cost;
            if (gain > 1e-7) bound += gain * (cap[edge] as number);
          }
        }
        near(bound, value, 'dual bound');
      }),
      { numRuns: 60 },
    );
  });
});

/** The solver's tolerance. */
function roomy(amount: number): number {
  return amount + 1e-6;
}
