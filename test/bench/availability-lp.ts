// Availability by linear programming: the oracle of the flows, solved by HiGHS.
import assert from 'node:assert/strict';
import loader, { type Highs } from 'highs';
import type { AllocationProblem } from '../../shared/planning/problem.ts';

/** HiGHS. Its types describe the CommonJS build, whose default export is one level deeper than that of the module. */
export const loadHighs = loader as unknown as typeof loader.default;

/**
 * The most that a line can be delivered, in its unit of demand, when every other line keeps what `kept` says (undefined:
 * it may be reduced). -1 when they cannot all keep it.
 */
export function mostByLp(
  highs: Highs,
  { supply, demand, lineStart, edgeCell, use, cap }: AllocationProblem,
  asking: number,
  kept: (line: number) => number | undefined,
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
    const owed = line === asking ? undefined : kept(line);
    // Rounded sums of what is owed may be over the optimum by their last digits.
    rowLower[supply.length + line] = owed === undefined ? 0 : owed * (1 - 1e-13);
    rowUpper[supply.length + line] = owed ?? highs.infinity;
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
      if (line === asking) cost[edge] = use[edge] as number;
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
