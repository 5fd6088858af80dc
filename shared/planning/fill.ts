// Makes an allocation exact: cuts what is above a line's demand, then gives what is left of cells to lines that still
// want it. What it returns is feasible whatever it was given.
import type { AllocationProblem } from './problem.ts';

/**
 * Changes `units` (of each edge of the problem) so that caps, supplies and demands hold: lines above their demand and
 * cells above their supply are scaled down, then leftovers go to the edges that earn most for a unit of demand.
 * @returns its worth
 */
export function fill(problem: AllocationProblem, units: Float64Array): number {
  const { supply, demand, lineStart, edgeCell, use, worth, cap } = problem;
  const left = supply.slice();
  for (let edge = 0; edge < units.length; edge++) {
    const taken = Math.min(Math.max(0, units[edge] as number), cap[edge] as number);
    units[edge] = taken;
    const cell = edgeCell[edge] as number;
    left[cell] = (left[cell] as number) - taken;
  }
  const scale = left.map((rest, cell) => (rest < 0 ? (supply[cell] as number) / ((supply[cell] as number) - rest) : 1));
  const wanted = demand.slice();
  left.set(supply);
  for (let line = 0; line < demand.length; line++) {
    const start = lineStart[line] as number;
    const end = lineStart[line + 1] as number;
    let used = 0;
    for (let edge = start; edge < end; edge++) {
      units[edge] = (units[edge] as number) * (scale[edgeCell[edge] as number] as number);
      used += (units[edge] as number) * (use[edge] as number);
    }
    const whole = demand[line] as number;
    const keep = used > whole ? whole / used : 1;
    for (let edge = start; edge < end; edge++) {
      units[edge] = (units[edge] as number) * keep;
      const cell = edgeCell[edge] as number;
      left[cell] = (left[cell] as number) - (units[edge] as number);
    }
    wanted[line] = Math.max(0, whole - used);
  }
  giveLeftovers(problem, units, left, wanted);
  let value = 0;
  for (let edge = 0; edge < units.length; edge++) value += (units[edge] as number) * (worth[edge] as number);
  return value;
}

/** Shares below this part of a supply or a demand are rounding, not leftovers. */
const CRUMB = 1e-12;

function giveLeftovers(
  { supply, demand, lineStart, edgeCell, use, worth, cap }: AllocationProblem,
  units: Float64Array,
  left: Float64Array,
  wanted: Float64Array,
): void {
  const open: { edge: number; line: number; earns: number }[] = [];
  for (let line = 0; line < demand.length; line++) {
    if ((wanted[line] as number) <= CRUMB * (demand[line] as number)) continue;
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
      const cell = edgeCell[edge] as number;
      if ((left[cell] as number) <= CRUMB * (supply[cell] as number)) continue;
      open.push({ edge, line, earns: (worth[edge] as number) / (use[edge] as number) });
    }
  }
  open.sort((one, other) => other.earns - one.earns || one.edge - other.edge);
  for (const { edge, line } of open) {
    const cell = edgeCell[edge] as number;
    const room = (cap[edge] as number) - (units[edge] as number);
    const given = Math.min(left[cell] as number, (wanted[line] as number) / (use[edge] as number), room);
    if (!(given > 0)) continue;
    units[edge] = (units[edge] as number) + given;
    left[cell] = (left[cell] as number) - given;
    wanted[line] = (wanted[line] as number) - given * (use[edge] as number);
  }
}
