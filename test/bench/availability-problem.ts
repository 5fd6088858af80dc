// Allocation problems written by line, for tests and benches of availability.
import type { AllocationProblem } from '../../shared/planning/problem.ts';

/** A cell that a line may take from. */
export interface LineEdge {
  cell: number;
  use?: number;
  cap?: number;
}

export interface Line {
  demand: number;
  edges: readonly LineEdge[];
}

export function problemOf(supply: readonly number[], lines: readonly Line[]): AllocationProblem {
  const edges = lines.flatMap((line) => line.edges);
  const lineStart = new Uint32Array(lines.length + 1);
  lines.forEach((line, index) => (lineStart[index + 1] = (lineStart[index] as number) + line.edges.length));
  return {
    supply: Float64Array.from(supply),
    demand: Float64Array.from(lines, ({ demand }) => demand),
    lineStart,
    edgeCell: Uint32Array.from(edges, ({ cell }) => cell),
    use: Float64Array.from(edges, ({ use }) => use ?? 1),
    worth: new Float64Array(edges.length).fill(1),
    cap: Float64Array.from(edges, ({ cap }) => cap ?? Infinity),
  };
}
