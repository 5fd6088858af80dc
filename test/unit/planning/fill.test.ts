import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createProblem } from '../../../shared/planning/create-problem.ts';
import { fill } from '../../../shared/planning/fill.ts';
import { assertFeasible, problems } from '../../support/problems.ts';

describe('the fill', () => {
  const edges = { cell: [0, 0, 1], line: [0, 1, 1], worth: [2, 1, 1], use: [1, 1, 2], cap: [Infinity, Infinity, 3] };
  const problem = createProblem({ supply: [10, 10], demand: [6, 8], edges });

  it('gives what is left to the edges that earn most for a unit of demand', () => {
    const units = new Float64Array(3);
    assert.equal(fill(problem, units), 18);
    assert.deepEqual([...units], [6, 4, 2]);
  });

  it('cuts lines to their demand and edges to their cap', () => {
    const units = new Float64Array([12, 0, 9]);
    fill(problem, units);
    assert.deepEqual([...units], [6, 2, 3]);
  });

  it('cuts the edges of a cell that is over-filled in proportion', () => {
    const units = new Float64Array([6, 14, 0]);
    fill(createProblem({ supply: [10, 0], demand: [20, 20], edges }), units);
    assert.deepEqual([...units], [3, 7, 0]);
  });

  it('leaves an allocation as it is that has nothing to cut and nothing to give', () => {
    const units = new Float64Array([6, 4, 2]);
    fill(problem, units);
    assert.deepEqual([...units], [6, 4, 2]);
  });

  it('makes anything feasible, and leaves no edge with room in its cell, its line and its cap', () => {
    const start = fc.array(fc.double({ min: -10, max: 1000, noNaN: true }), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(problems, start, (drawn, numbers) => {
        const units = Float64Array.from(drawn.edgeCell, (_, edge) => numbers[edge] as number);
        fill(drawn, units);
        assertFeasible(drawn, units);
        const { lineStart, edgeCell, use, cap, supply, demand } = drawn;
        const left = supply.slice();
        units.forEach(
          (one, edge) => (left[edgeCell[edge] as number] = (left[edgeCell[edge] as number] as number) - one),
        );
        for (let line = 0; line < demand.length; line++) {
          const [start, end] = [lineStart[line] as number, lineStart[line + 1] as number];
          let wanted = demand[line] as number;
          for (let edge = start; edge < end; edge++) wanted -= (units[edge] as number) * (use[edge] as number);
          for (let edge = start; edge < end; edge++) {
            const cell = edgeCell[edge] as number;
            const isRoom =
              (left[cell] as number) > 1e-9 * (supply[cell] as number) &&
              wanted > 1e-9 * (demand[line] as number) &&
              (cap[edge] as number) - (units[edge] as number) > 1e-9 * (cap[edge] as number);
            assert(!isRoom, `edge ${edge} has room left`);
          }
        }
      }),
    );
  });
});
