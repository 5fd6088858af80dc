// Refuses an allocation problem that makes no sense, before anything is computed from it.
import { PlanningError } from './planning-error.ts';
import type { AllocationProblem } from './problem.ts';

/**
 * Passes every well-formed problem, degenerate ones too: no cells, no lines, no edges, zero supply, zero demand.
 * @throws PlanningError `INVALID_PROBLEM` naming the first thing that is wrong and its value
 */
export function assertProblem(problem: AllocationProblem): void {
  const { supply, demand, lineStart, edgeCell, use, worth, cap } = problem;
  const edges = edgeCell.length;
  if (lineStart.length !== demand.length + 1)
    refuse(`lineStart has ${lineStart.length} entries for ${demand.length} lines, expected one more than lines`);
  for (const [name, values] of Object.entries({ use, worth, cap })) {
    if (values.length !== edges) refuse(`${name} has ${values.length} entries for ${edges} edges`);
  }
  if (lineStart[0] !== 0) refuse(`lineStart begins with ${lineStart[0]}, expected 0`);
  if (lineStart[demand.length] !== edges) refuse(`lineStart ends with ${lineStart[demand.length]} for ${edges} edges`);
  supply.forEach((value, cell) => {
    if (!(value >= 0 && value < Infinity)) refuse(`cell ${cell} has supply ${value}, expected a finite amount`);
  });
  for (let line = 0; line < demand.length; line++) {
    const value = demand[line] as number;
    if (!(value >= 0 && value < Infinity)) refuse(`line ${line} has demand ${value}, expected a finite amount`);
    const [start, end] = [lineStart[line] as number, lineStart[line + 1] as number];
    if (start > end) refuse(`lineStart falls from ${start} to ${end} at line ${line}`);
  }
  for (let edge = 0; edge < edges; edge++) {
    const [cell, used, most] = [edgeCell[edge] as number, use[edge] as number, cap[edge] as number];
    if (cell >= supply.length) refuse(`edge ${edge} takes from cell ${cell} of ${supply.length}`);
    if (!(used > 0 && used < Infinity)) refuse(`edge ${edge} has use ${used}, expected a finite amount above 0`);
    if (!(most >= 0)) refuse(`edge ${edge} has cap ${most}, expected 0 or more`);
  }
}

function refuse(message: string): never {
  throw new PlanningError('INVALID_PROBLEM', message);
}
