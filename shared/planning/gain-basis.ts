// The basis of a flow with gains: which columns of its linear programme carry the others, and how a change of one
// passes through them. Rows are the cells, then the lines. Columns ("arcs") are the edges, then one arc of each row
// alone ("end"): what is left of a cell, what a line has. Every component of a basis is a tree of edges with either one
// end or one more edge, which closes a cycle (Elam, Glover and Klingman, Math. of Operations Research 4, 1979).
import { assertProblem } from './assert-problem.ts';
import { edgesByCell } from './flow-network.ts';
import type { AllocationProblem } from './problem.ts';

export interface GainBasis {
  problem: AllocationProblem;
  edgeLine: Uint32Array;
  edges: number;
  cells: number;
  rows: number;
  /** Whether any edge has a cap below the supply of its cell. */
  hasCaps: boolean;
  /** Of each arc: units of an edge, units left of a cell, what a line has in the unit of its demand. */
  amount: Float64Array;
  least: Float64Array;
  most: Float64Array;
  /** The largest amount that an arc can have at all: tolerances are relative to it. */
  scale: Float64Array;
  isBasic: Uint8Array;
  /** The basic edges at each row, doubly linked. Half 2e is edge e at its cell, 2e + 1 at its line; -1 ends a list. */
  firstHalf: Int32Array;
  nextHalf: Int32Array;
  previousHalf: Int32Array;
  /** The tree of the line that is routed, and what a search elsewhere found. */
  tree: RowTree;
  search: RowTree;
  /** How arcs change when the entering one moves by 1. */
  changes: Changes;
}

export interface Changes {
  /** Of each arc; nonzero for those in the list only. */
  by: Float64Array;
  arcs: Uint32Array;
  count: number;
}

/** Rows reached from a root over basic edges, nearest first. */
export interface RowTree {
  rows: Int32Array;
  count: number;
  isIn: Uint8Array;
  /** The edge towards the root, -1 at the root. */
  parent: Int32Array;
  /** What one more at a row is worth in what the root's line has: above 0 for lines, below for cells. */
  gain: Float64Array;
}

/** Nothing is routed: the ends are the basis. @throws PlanningError `INVALID_PROBLEM` */
export function openBasis(problem: AllocationProblem): GainBasis {
  assertProblem(problem);
  const { supply, demand, edgeCell, use, cap } = problem;
  const [edges, cells] = [edgeCell.length, supply.length];
  const rows = cells + demand.length;
  const { edgeLine } = edgesByCell(problem);
  const scale = new Float64Array(edges + rows);
  const most = new Float64Array(edges + rows);
  for (let edge = 0; edge < edges; edge++) {
    const ofCell = supply[edgeCell[edge] as number] as number;
    const largest = Math.min(cap[edge] as number, ofCell);
    most[edge] = largest < ofCell ? largest : Infinity;
    scale[edge] = largest;
    const end = edges + cells + (edgeLine[edge] as number);
    scale[end] = (scale[end] as number) + largest * (use[edge] as number);
  }
  scale.set(supply, edges);
  most.fill(Infinity, edges, edges + cells);
  const amount = new Float64Array(edges + rows);
  amount.set(supply, edges);
  return {
    problem,
    edgeLine,
    edges,
    cells,
    rows,
    hasCaps: most.subarray(0, edges).some((units) => units < Infinity),
    amount,
    least: new Float64Array(edges + rows),
    most,
    scale,
    isBasic: new Uint8Array(edges + rows).fill(1, edges),
    firstHalf: new Int32Array(rows).fill(-1),
    nextHalf: new Int32Array(2 * edges),
    previousHalf: new Int32Array(2 * edges),
    tree: rowTree(rows),
    search: rowTree(rows),
    changes: { by: new Float64Array(edges + rows), arcs: new Uint32Array(edges + rows), count: 0 },
  };
}

function rowTree(rows: number): RowTree {
  return {
    rows: new Int32Array(rows),
    count: 0,
    isIn: new Uint8Array(rows),
    parent: new Int32Array(rows),
    gain: new Float64Array(rows),
  };
}

/** What can be changed is copied; scratch is shared, as it means nothing between two calls. */
export function copyBasis(basis: GainBasis): GainBasis {
  const { amount, least, most, isBasic, firstHalf, nextHalf, previousHalf } = basis;
  return {
    ...basis,
    amount: amount.slice(),
    least: least.slice(),
    most: most.slice(),
    isBasic: isBasic.slice(),
    firstHalf: firstHalf.slice(),
    nextHalf: nextHalf.slice(),
    previousHalf: previousHalf.slice(),
  };
}

/** Takes an arc into the basis. */
export function enter(basis: GainBasis, arc: number): void {
  basis.isBasic[arc] = 1;
  if (arc >= basis.edges) return;
  for (const half of [2 * arc, 2 * arc + 1]) {
    const row = rowOf(basis, half);
    const next = basis.firstHalf[row] as number;
    basis.nextHalf[half] = next;
    basis.previousHalf[half] = -1;
    if (next >= 0) basis.previousHalf[next] = half;
    basis.firstHalf[row] = half;
  }
}

/** Takes an arc out of the basis. */
export function leave(basis: GainBasis, arc: number): void {
  basis.isBasic[arc] = 0;
  if (arc >= basis.edges) return;
  for (const half of [2 * arc, 2 * arc + 1]) {
    const [previous, next] = [basis.previousHalf[half] as number, basis.nextHalf[half] as number];
    if (previous >= 0) basis.nextHalf[previous] = next;
    else basis.firstHalf[rowOf(basis, half)] = next;
    if (next >= 0) basis.previousHalf[next] = previous;
  }
}

/** Finds the tree of a row whose end is basic, with the gains of its rows. */
export function growTree(basis: GainBasis, root: number): void {
  const { tree, problem, firstHalf, nextHalf } = basis;
  const { rows, isIn, parent, gain } = tree;
  clearTree(tree);
  rows[tree.count++] = root;
  isIn[root] = 1;
  parent[root] = -1;
  gain[root] = 1;
  for (let at = 0; at < tree.count; at++) {
    const row = rows[at] as number;
    for (let half = firstHalf[row] as number; half >= 0; half = nextHalf[half] as number) {
      const edge = half >> 1;
      if (edge === parent[row]) continue;
      const other = rowOf(basis, half ^ 1);
      rows[tree.count++] = other;
      isIn[other] = 1;
      parent[other] = edge;
      const use = problem.use[edge] as number;
      gain[other] = half % 2 === 0 ? -(gain[row] as number) / use : -(gain[row] as number) * use;
    }
  }
}

/** Finds how the basis changes when an arc outside of it grows by `sign`: fills `changes`. */
export function findChange(basis: GainBasis, arc: number, sign: 1 | -1): void {
  const { changes, edges, cells, problem, edgeLine } = basis;
  for (let at = 0; at < changes.count; at++) changes.by[changes.arcs[at] as number] = 0;
  changes.count = 0;
  add(basis, arc, sign);
  if (arc >= edges) settle(basis, arc - edges, -sign * endCoefficient(basis, arc - edges));
  else {
    settle(basis, problem.edgeCell[arc] as number, -sign);
    settle(basis, cells + (edgeLine[arc] as number), -sign * (problem.use[arc] as number));
  }
}

/** Changes basic arcs so that they add `owed` to a row and nothing to all others. */
function settle(basis: GainBasis, row: number, owed: number): void {
  if (basis.tree.isIn[row] === 1) return settleUpwards(basis, basis.tree, row, owed);
  const { search, firstHalf, nextHalf } = basis;
  const { rows, isIn, parent } = search;
  clearTree(search);
  rows[search.count++] = row;
  isIn[row] = 1;
  parent[row] = -1;
  for (let at = 0; at < search.count; at++) {
    const found = rows[at] as number;
    if (basis.isBasic[basis.edges + found] === 1) return settleDownwards(basis, found, row, owed);
    for (let half = firstHalf[found] as number; half >= 0; half = nextHalf[half] as number) {
      if (half >> 1 === parent[found]) continue;
      const other = rowOf(basis, half ^ 1);
      if (isIn[other] === 1) return settleCycle(basis, half >> 1, row, owed);
      rows[search.count++] = other;
      isIn[other] = 1;
      parent[other] = half >> 1;
    }
  }
}

/** Along the parents to the root and its end. */
function settleUpwards(basis: GainBasis, { parent }: RowTree, from: number, owed: number): void {
  let [row, left] = [from, owed];
  for (let edge = parent[row] as number; edge >= 0; edge = parent[row] as number) {
    const change = left / coefficient(basis, edge, row);
    add(basis, edge, change);
    row = otherRow(basis, edge, row);
    left = -change * coefficient(basis, edge, row);
  }
  add(basis, basis.edges + row, left / endCoefficient(basis, row));
}

/** From a row with a basic end along its parents to the root, where `owed` must arrive. */
function settleDownwards(basis: GainBasis, end: number, root: number, owed: number): void {
  // Per unit of the end, what arrives at the root; then the same again in proportion.
  const perUnit = climb(basis, end, endCoefficient(basis, end), root, 0);
  add(basis, basis.edges + end, owed / perUnit);
  climb(basis, end, endCoefficient(basis, end), root, owed / perUnit);
}

/** By the edge that closes a cycle of the search: both ways round, then together to the root. */
function settleCycle(basis: GainBasis, closing: number, root: number, owed: number): void {
  const cell = basis.problem.edgeCell[closing] as number;
  const line = basis.cells + (basis.edgeLine[closing] as number);
  const perUnit = climb(basis, cell, 1, root, 0) + climb(basis, line, basis.problem.use[closing] as number, root, 0);
  const change = owed / perUnit;
  add(basis, closing, change);
  climb(basis, cell, 1, root, change);
  climb(basis, line, basis.problem.use[closing] as number, root, change);
}

/** Passes `surplus` of a row along its parents. Returns what arrives at the root; changes arcs in proportion to `times`. */
function climb(basis: GainBasis, from: number, surplus: number, root: number, times: number): number {
  let [row, left] = [from, surplus];
  while (row !== root) {
    const edge = basis.search.parent[row] as number;
    const change = -left / coefficient(basis, edge, row);
    if (times !== 0) add(basis, edge, change * times);
    row = otherRow(basis, edge, row);
    left = change * coefficient(basis, edge, row);
  }
  return left;
}

/** Where two ways cancel out, what is left of them is rounding. */
const CANCELLED = 1e-11;

function add({ changes }: GainBasis, arc: number, value: number): void {
  const before = changes.by[arc] as number;
  if (before === 0) changes.arcs[changes.count++] = arc;
  const sum = before + value;
  changes.by[arc] = Math.abs(sum) <= CANCELLED * Math.abs(value) ? 0 : sum;
}

/** Forgets what was reached. */
export function clearTree(tree: RowTree): void {
  for (let at = 0; at < tree.count; at++) tree.isIn[tree.rows[at] as number] = 0;
  tree.count = 0;
}

function rowOf({ problem, cells, edgeLine }: GainBasis, half: number): number {
  const edge = half >> 1;
  return half % 2 === 0 ? (problem.edgeCell[edge] as number) : cells + (edgeLine[edge] as number);
}

function otherRow({ problem, cells, edgeLine }: GainBasis, edge: number, row: number): number {
  return row < cells ? cells + (edgeLine[edge] as number) : (problem.edgeCell[edge] as number);
}

/** What a unit of an edge adds to a row. */
function coefficient({ problem, cells }: GainBasis, edge: number, row: number): number {
  return row < cells ? 1 : (problem.use[edge] as number);
}

/** A cell is used up to its supply: edges + left = supply. A line has what its edges give it: edges - had = 0. */
function endCoefficient({ cells }: GainBasis, row: number): 1 | -1 {
  return row < cells ? 1 : -1;
}
