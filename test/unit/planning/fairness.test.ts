import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allocate } from '../../../shared/planning/allocation.ts';
import { createProblem } from '../../../shared/planning/create-problem.ts';
import { firstParts, proportionalServing } from '../../../shared/planning/fairness.ts';
import { problems } from '../../support/problems.ts';

describe('proportional serving', () => {
  it('takes the same fraction of each cell of a line', () => {
    const edges = { cell: [0, 1], line: [0, 0], worth: [1, 1] };
    assert.deepEqual([...proportionalServing(createProblem({ supply: [30, 10], demand: [20], edges }))], [20]);
  });

  it('scales the lines over a short cell down together, and holds caps', () => {
    const edges = { cell: [0, 0, 1], line: [0, 1, 1], worth: [1, 1, 1], use: [1, 1, 2], cap: [Infinity, Infinity, 4] };
    const problem = createProblem({ supply: [30, 10], demand: [30, 50], edges });
    // Both want all of cell 0: 15 each. Line 1 wants all of cell 1 too, but its cap is 4 there, each using 2.
    assert.deepEqual([...proportionalServing(problem)], [15, 15 + 8]);
  });

  it('gives nothing to lines without demand, without cells, or without supply', () => {
    const edges = { cell: [0, 1], line: [0, 1], worth: [1, 1] };
    assert.deepEqual([...proportionalServing(createProblem({ supply: [5, 0], demand: [0, 7, 7], edges }))], [0, 0, 0]);
  });
});

describe('fairness', () => {
  it('adds twice what a unit of demand is worth on average over the supply', () => {
    const edges = { cell: [0, 1], line: [0, 0], worth: [1, 3], use: [1, 1] };
    const { amount, bonus } = firstParts(createProblem({ supply: [30, 10], demand: [20], edges }));
    assert.deepEqual([[...amount], [...bonus]], [[0.96 * 20], [3]]);
  });

  it('has no bonus where there is nothing to get', () => {
    const edges = { cell: [0], line: [0], worth: [1] };
    assert.deepEqual([...firstParts(createProblem({ supply: [0], demand: [20, 20], edges })).bonus], [0, 0]);
  });

  it('leaves no line without its part where all are worth nearly the same', () => {
    const edges = { cell: [0, 0, 0], line: [0, 1, 2], worth: [1.2, 1.1, 1] };
    const problem = createProblem({ supply: [100], demand: [80, 60, 40], edges });
    const get = (fairness: boolean) =>
      [...allocate(problem, { fairness }).y].map((units) => Math.round(units * 10) / 10);
    assert.deepEqual(get(false), [80, 20, 0]);
    assert.deepEqual(get(true), [46.7, 32, 21.3]);
  });

  it('asks for first parts that can be had all at once', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { amount } = firstParts(problem);
        amount.forEach((units, line) => assert(units <= (problem.demand[line] as number)));
      }),
    );
  });
});
