import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allocate } from '../../../shared/planning/allocation.ts';
import { createProblem } from '../../../shared/planning/create-problem.ts';
import { servingShares } from '../../../shared/planning/serving-shares.ts';
import { problems } from '../../support/problems.ts';

describe('serving shares', () => {
  const edges = { cell: [0, 0, 1], line: [0, 1, 1], worth: [2, 1, 1] };

  it('are the fractions of a cell that is given away wholly', () => {
    const problem = createProblem({ supply: [10, 5], demand: [4, 100], edges });
    assert.deepEqual([...servingShares(problem, new Float64Array([4, 6, 5]))], [0.4, 0.6, 1]);
  });

  it('offer what is left of a cell to all its lines, by the worth of a fair share', () => {
    const problem = createProblem({ supply: [10, 10], demand: [2, 4], edges });
    // Fair shares: .2 of cell 0 for line 0, worth .4; .2 for line 1, worth .2. Six units are left.
    const shares = servingShares(problem, new Float64Array([2, 2, 2])).map((share) => Math.round(share * 1e9) / 1e9);
    assert.deepEqual([...shares], [0.6, 0.4, 1]);
  });

  it('are nothing of a cell without supply, and for lines without demand or worth', () => {
    const problem = createProblem({ supply: [10, 0], demand: [0, 5], edges: { ...edges, worth: [2, 0, 1] } });
    assert.deepEqual([...servingShares(problem, new Float64Array(3))], [0, 0, 0]);
  });

  it('are never below what is planned, and add up to at most all of a cell', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { y } = allocate(problem);
        const shares = servingShares(problem, y);
        const sums = new Float64Array(problem.supply.length);
        shares.forEach((share, edge) => {
          const cell = problem.edgeCell[edge] as number;
          const planned = (y[edge] as number) / (problem.supply[cell] as number);
          assert(share >= 0 && (Number.isNaN(planned) || share >= Math.min(1, planned)), `${share} of ${planned}`);
          sums[cell] = (sums[cell] as number) + share;
        });
        for (const sum of sums) assert(sum <= 1 + 1e-9, `${sum}`);
      }),
    );
  });
});
