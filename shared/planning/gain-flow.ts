// Exact availability where a unit of a cell uses up a different amount of every line (money rows with click rates of
// their own): flow with gains. As in flow.ts lines are routed one after another, and what a line has is never reduced.
// The linear programme "the most for this line, all others keep theirs" is solved by the generalised network simplex,
// from the basis that the line before left behind.
import { clearTree, copyBasis, enter, findChange, growTree, leave, openBasis, type GainBasis } from './gain-basis.ts';
import { PlanningError } from './planning-error.ts';
import type { AllocationProblem } from './problem.ts';

/** What is routed now. Opaque: read it by the functions of this file. */
export interface GainFlow {
  basis: GainBasis;
}

/** A cell is never over-filled by more than this, nor a line ever reduced, relative to the largest it could have. */
const TOLERANCE = 1e-11;

/** Steps in a row that may change nothing before Bland's rule takes over, which cannot go in circles. */
const STALLS = 60;

/**
 * A flow of nothing, for any uses. Amounts are in the unit of `demand`; worth and demand are not read.
 * @throws PlanningError `INVALID_PROBLEM`
 */
export function openGainFlow(problem: AllocationProblem): GainFlow {
  return { basis: openBasis(problem) };
}

/**
 * Routes up to `amount` more for a line (Infinity: all it can get), moving others between their cells but never
 * reducing what anybody has.
 * @returns what was routed, to 1e-9 of the optimum
 * @throws PlanningError `INVALID_PROBLEM` for a line that does not exist, an amount that is negative or NaN
 */
export function routeGain({ basis }: GainFlow, line: number, amount: number): number {
  assertLine(basis, line);
  if (!(amount >= 0))
    throw new PlanningError('INVALID_PROBLEM', `amount ${amount} for line ${line}, expected 0 or more`);
  const row = basis.cells + line;
  const own = basis.edges + row;
  const had = basis.amount[own] as number;
  if (basis.scale[own] === 0) return 0;
  basis.most[own] = had + amount;
  maximise(basis, row);
  const got = Math.max(0, (basis.amount[own] as number) - had);
  basis.least[own] = basis.most[own] = basis.amount[own] as number;
  return Math.min(amount, got);
}

/** What a line has, in the unit of its demand. */
export function routedGain({ basis }: GainFlow, line: number): number {
  assertLine(basis, line);
  return Math.max(0, basis.amount[basis.edges + basis.cells + line] as number);
}

/** What every edge carries, in units of its cell. */
export function routedGainByEdge({ basis }: GainFlow): Float64Array {
  return basis.amount.subarray(0, basis.edges).map((units) => Math.max(0, units));
}

/** The same flow, to route on without changing the first. */
export function copyGainFlow({ basis }: GainFlow): GainFlow {
  return { basis: copyBasis(basis) };
}

/**
 * Why a line cannot get more: the full cells whose supply, and the other lines whose booking, would change what it can
 * get (those with a dual price). Both empty when it can get more, or when nothing but its own caps is in its way.
 * @throws PlanningError `INVALID_PROBLEM` for a line that does not exist
 */
export function gainBottleneck(flow: GainFlow, line: number): { lines: number[]; cells: number[] } {
  assertLine(flow.basis, line);
  const copy = copyGainFlow(flow);
  const { basis } = copy;
  const row = basis.cells + line;
  const most = basis.scale[basis.edges + row] as number;
  if (most === 0 || routeGain(copy, line, Infinity) > 1e-9 * most) return { lines: [], cells: [] };
  growTree(basis, row);
  const rows = [...basis.tree.rows.subarray(1, basis.tree.count)].sort((a, b) => a - b);
  return {
    lines: rows.filter((found) => found >= basis.cells).map((found) => found - basis.cells),
    cells: rows.filter((found) => found < basis.cells),
  };
}

/** Pivots until the line of a row has all it may have. */
function maximise(basis: GainBasis, row: number): void {
  const own = basis.edges + row;
  for (let stalls = 0; (basis.amount[own] as number) < (basis.most[own] as number);) {
    const isBland = stalls > STALLS;
    let entering: Entering | undefined = { arc: own, sign: 1 };
    if (basis.isBasic[own] === 1) {
      growTree(basis, row);
      entering = isBland ? lowestEntering(basis) : nearestEntering(basis);
      if (!entering) return;
    } else clearTree(basis.tree);
    stalls = pivot(basis, entering, isBland) > 0 ? 0 : stalls + 1;
  }
}

/** A column outside of the basis, to grow or to shrink. */
interface Entering {
  arc: number;
  sign: 1 | -1;
}

/** The most promising edge of the first line, from the root on, that has one; then edges that should give way. */
function nearestEntering(basis: GainBasis): Entering | undefined {
  const { tree, cells, problem } = basis;
  for (let at = 0; at < tree.count; at++) {
    const line = (tree.rows[at] as number) - cells;
    if (line < 0) continue;
    let [best, arc, sign]: [number, number, 1 | -1] = [0, -1, 1];
    for (let edge = problem.lineStart[line] as number; edge < (problem.lineStart[line + 1] as number); edge++) {
      const gain = gainOfEntering(basis, edge);
      if (Math.abs(gain) > best) [best, arc, sign] = [Math.abs(gain), edge, gain > 0 ? 1 : -1];
    }
    if (arc >= 0) return { arc, sign };
  }
  return basis.hasCaps ? lowestEntering(basis) : undefined;
}

/** Bland's rule: the first edge of all that helps. */
function lowestEntering(basis: GainBasis): Entering | undefined {
  for (let edge = 0; edge < basis.edges; edge++) {
    const gain = gainOfEntering(basis, edge);
    if (gain !== 0) return { arc: edge, sign: gain > 0 ? 1 : -1 };
  }
  return undefined;
}

/**
 * What a unit more of an edge outside of the basis gives to the root's line, relative to its two parts. 0 when the edge
 * can only move the other way, or when what is left of the two parts is rounding.
 */
function gainOfEntering({ problem, edgeLine, cells, tree, isBasic, amount, scale }: GainBasis, edge: number): number {
  if (isBasic[edge] === 1 || scale[edge] === 0) return 0;
  const cell = problem.edgeCell[edge] as number;
  const row = cells + (edgeLine[edge] as number);
  const lost = tree.isIn[cell] === 1 ? -(tree.gain[cell] as number) : 0;
  const won = tree.isIn[row] === 1 ? (tree.gain[row] as number) * (problem.use[edge] as number) : 0;
  const gain = won - lost;
  if (Math.abs(gain) <= TOLERANCE * (won + lost)) return 0;
  return gain > 0 === (amount[edge] as number) > 0 ? 0 : gain / (won + lost);
}

/** Moves the entering arc as far as it can go, and lets the arc that stopped it leave. Returns how far it went. */
function pivot(basis: GainBasis, { arc, sign }: Entering, isBland: boolean): number {
  const { amount, least, most, changes } = basis;
  findChange(basis, arc, sign);
  const leaving = isBland ? firstToStop(basis, arc) : steadiestToStop(basis, arc);
  const step = Math.max(0, room(basis, leaving) / Math.abs(changes.by[leaving] as number));
  for (let at = 0; at < changes.count; at++) {
    const moved = changes.arcs[at] as number;
    amount[moved] = (amount[moved] as number) + step * (changes.by[moved] as number);
  }
  amount[leaving] = ((changes.by[leaving] as number) > 0 ? most : least)[leaving] as number;
  if (leaving !== arc) {
    leave(basis, leaving);
    enter(basis, arc);
  }
  return step;
}

/** Of the arcs that stop the change within the tolerance, the one that moves most: small divisors make rounding large (Harris, Mathematical Programming 5, 1973). */
function steadiestToStop(basis: GainBasis, entering: number): number {
  const { changes, scale } = basis;
  let furthest = Infinity;
  for (let at = 0; at < changes.count; at++) {
    const arc = changes.arcs[at] as number;
    const ratio =
      (Math.max(0, room(basis, arc)) + TOLERANCE * (scale[arc] as number)) / Math.abs(changes.by[arc] as number);
    if (ratio < furthest) furthest = ratio;
  }
  let [best, leaving] = [0, entering];
  for (let at = 0; at < changes.count; at++) {
    const arc = changes.arcs[at] as number;
    const speed = Math.abs(changes.by[arc] as number);
    if (speed / (scale[arc] as number) > best && room(basis, arc) <= furthest * speed)
      [best, leaving] = [speed / (scale[arc] as number), arc];
  }
  return leaving;
}

/** The arc that stops the change first, the lowest of several. */
function firstToStop(basis: GainBasis, entering: number): number {
  const { changes } = basis;
  let [least, leaving] = [Infinity, entering];
  for (let at = 0; at < changes.count; at++) {
    const arc = changes.arcs[at] as number;
    const ratio = Math.max(0, room(basis, arc)) / Math.abs(changes.by[arc] as number);
    if (ratio < least || (ratio === least && arc < leaving)) [least, leaving] = [ratio, arc];
  }
  return leaving;
}

/** How far an arc can go the way it changes. */
function room({ amount, least, most, changes }: GainBasis, arc: number): number {
  const direction = changes.by[arc] as number;
  if (direction === 0) return Infinity;
  return direction > 0
    ? (most[arc] as number) - (amount[arc] as number)
    : (amount[arc] as number) - (least[arc] as number);
}

function assertLine({ problem }: GainBasis, line: number): void {
  const count = problem.demand.length;
  if (!(Number.isInteger(line) && line >= 0 && line < count))
    throw new PlanningError('INVALID_PROBLEM', `there is no line ${line} of ${count}`);
}
