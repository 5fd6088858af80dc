// HiGHS in WebAssembly as the exact solver behind audits, tests and benches. Slow: never loaded by functions.
import assert from 'node:assert/strict';
import highsModule from 'highs';
import type { LinearProgram, LinearSolution, LinearSolver } from '../planning/exact-allocation.ts';

export interface HighsSolver extends LinearSolver {
  /** How long the last solve took, without handing the model over. */
  lastRunMs(): number;
  /** How long handing the model over took. */
  lastBuildMs(): number;
}

// The package declares a default export, and what its file exports is that default itself.
const loadHighs = highsModule as unknown as typeof highsModule.default;

/**
 * The interior point method, without presolve: the fastest that it has for these programmes.
 * @param settings.crossover true ends in a vertex: slower, and as exact as it gets
 */
export async function loadHighsSolver({ crossover }: { crossover: boolean }): Promise<HighsSolver> {
  const highs = await loadHighs();
  let [runMs, buildMs] = [0, 0];
  return {
    lastRunMs: () => runMs,
    lastBuildMs: () => buildMs,
    maximise: (program: LinearProgram): LinearSolution => {
      const { objective, upper, rowUpper, starts, rows, values } = program;
      const [columnCount, rowCount] = [objective.length, rowUpper.length];
      const startedAtMs = performance.now();
      const model = highs.createModel({
        numCols: columnCount,
        numRows: rowCount,
        sense: highs.constants.objectiveSense.maximize,
        colCost: objective,
        colLower: new Float64Array(columnCount),
        colUpper: upper,
        rowLower: new Float64Array(rowCount).fill(-Infinity),
        rowUpper,
        matrix: { format: 'csc', numRows: rowCount, numCols: columnCount, starts, indices: rows, values },
      });
      try {
        const switches = { output_flag: false, solver: 'ipm', presolve: 'off' };
        model.options.set({ ...switches, run_crossover: crossover ? 'on' : 'off' });
        buildMs = performance.now() - startedAtMs;
        const run = () => {
          const runAtMs = performance.now();
          model.run();
          runMs = performance.now() - runAtMs;
          return model.getModelStatus() === highs.constants.modelStatus.optimal;
        };
        let isOptimal = run();
        if (!isOptimal && !crossover) {
          // It sometimes stops a little short of its tolerance: then crossover ends it.
          model.options.set('run_crossover', 'on');
          isOptimal = run();
        }
        assert(isOptimal, 'HiGHS finds an optimum');
        const { colValue, rowDual } = model.getSolution();
        const iterations = Number(model.info.get('ipm_iteration_count'));
        return { objective: model.getObjectiveValue(), columns: colValue, rowPrices: rowDual, iterations };
      } finally {
        model.dispose();
      }
    },
  };
}
