// Allocation problems for tests and benches of availability: written by line, and drawn by fast-check.
import fc from 'fast-check';
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

/** Small whole numbers meet each other often: ties, exactly full cells, zeros. */
export const amount = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.double({ min: 1e-6, max: 9, noNaN: true }));
export const cap = fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, { weight: 1, arbitrary: amount });

/** Up to 6 cells and 7 lines; a line may name a cell twice, or none. */
export const unitProblem = fc.integer({ min: 1, max: 6 }).chain((cells) =>
  fc
    .tuple(
      fc.array(amount, { minLength: cells, maxLength: cells }),
      fc.array(
        fc.record({
          demand: amount,
          edges: fc.array(fc.record({ cell: fc.nat(cells - 1), cap }), { maxLength: cells + 1 }),
        }),
        { minLength: 1, maxLength: 7 },
      ),
    )
    .map(([supply, lines]) => problemOf(supply, lines)),
);

/** The same with uses that are a factor of the cell times a factor of the line. */
const productProblem = fc
  .tuple(
    unitProblem,
    fc.array(fc.double({ min: 0.01, max: 3, noNaN: true }), { minLength: 7, maxLength: 7 }),
    fc.array(fc.double({ min: 0.2, max: 90, noNaN: true }), { minLength: 7, maxLength: 7 }),
  )
  .map(([problem, ofCell, ofLine]) => {
    const use = problem.use.slice();
    problem.demand.forEach((_, line) => {
      for (let edge = problem.lineStart[line] as number; edge < (problem.lineStart[line + 1] as number); edge++)
        use[edge] = (ofCell[problem.edgeCell[edge] as number] as number) * (ofLine[line] as number);
    });
    return { ...problem, use };
  });

/** Either: plain flow. */
export const plainProblem = fc.oneof(unitProblem, productProblem);

/** The same with uses of their own: flow with gains. */
export const gainProblem = unitProblem.chain((problem) =>
  fc
    .array(fc.oneof(fc.constantFrom(0.5, 1, 2), fc.double({ min: 0.1, max: 5, noNaN: true })), {
      minLength: problem.use.length,
      maxLength: problem.use.length,
    })
    .map((uses) => ({ ...problem, use: Float64Array.from(uses) })),
);

export const anyProblem = fc.oneof(plainProblem, gainProblem);
