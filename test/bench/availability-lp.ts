// Availability by linear programming: the oracle of the flows, solved by HiGHS.
import assert from 'node:assert/strict';
import loader, { type Highs } from 'highs';
import type { AllocationProblem } from '../../shared/planning/problem.ts';

/** HiGHS. Its types describe the CommonJS build, whose default export is one level deeper than that of the module. */
export const loadHighs = loader as unknown as typeof loader.default;

/** What each line is owed, in the unit of its demand; [least, most]. */
export type Bounds = (line: number) => readonly [number, number];

/**
 * The most that all `of` lines together can be delivered in their units of demand, when every other line gets what
 * `bounds` says. -1 when they cannot all get their least.
 */
export function mostByLp(
  highs: Highs,
  { supply, demand, lineStart, edgeCell, use, cap }: AllocationProblem,
  isOf: (line: number) => boolean,
  bounds: Bounds,
): number {
  const edges = edgeCell.length;
  if (edges === 0) return 0;
  const [rowLower, rowUpper] = [
    new Float64Array(supply.length + demand.length),
    new Float64Array(supply.length + demand.length),
  ];
  rowUpper.set(supply);
  rowLower.fill(-highs.infinity, 0, supply.length);
  const [cost, starts] = [new Float64Array(edges), new Int32Array(edges + 1)];
  const [indices, values] = [new Int32Array(2 * edges), new Float64Array(2 * edges)];
  for (let line = 0; line < demand.length; line++) {
    const [least, most] = bounds(line);
    rowLower[supply.length + line] = least;
    rowUpper[supply.length + line] = most === Infinity ? highs.infinity : most;
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
      if (isOf(line)) cost[edge] = use[edge] as number;
      indices.set([edgeCell[edge] as number, supply.length + line], 2 * edge);
      values.set([1, use[edge] as number], 2 * edge);
      starts[edge + 1] = 2 * (edge + 1);
    }
  }
  return highs.withModel(
    {
      numCols: edges,
      numRows: supply.length + demand.length,
      sense: highs.constants.objectiveSense.maximize,
      colCost: cost,
      colLower: new Float64Array(edges),
      colUpper: cap.map((most) => (most === Infinity ? highs.infinity : most)),
      rowLower,
      rowUpper,
      matrix: { format: 'csc', numRows: supply.length + demand.length, numCols: edges, starts, indices, values },
    },
    (model) => {
      model.options.set({ output_flag: false, primal_feasibility_tolerance: 1e-10, dual_feasibility_tolerance: 1e-10 });
      model.run();
      const { modelStatus } = highs.constants;
      if (model.getModelStatus() === modelStatus.infeasible) return -1;
      assert.equal(model.getModelStatus(), modelStatus.optimal);
      return model.getObjectiveValue();
    },
  );
}
