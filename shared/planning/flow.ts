// Exact availability: maximum flow from lines into the cells they may take from, one line after another. What a line
// has been routed is never taken away again; it may be moved between its cells to make room for others.
import { flowNetwork, type FlowNetwork } from './flow-network.ts';
import { PlanningError } from './planning-error.ts';
import type { AllocationProblem } from './problem.ts';

/** What is routed now. Opaque: read it by the functions of this file. */
export interface Flow {
  network: FlowNetwork;
  /** Of each edge, whole grains. */
  sent: Float64Array;
  /** What is left of each cell, whole grains. */
  slack: Float64Array;
  /** 1 for a cell from which no re-routing leads to slack: as nothing is ever taken away, it stays so. */
  isClosed: Uint8Array;
  /** Shared by all copies: it means nothing between two calls. */
  scratch: Scratch;
}

interface Scratch {
  /** Distance from the line that is routed, 0 for what was not reached. */
  lineLevel: Uint32Array;
  cellLevel: Uint32Array;
  /** The edge of each line, and the place in each cell's list, that is tried next. */
  lineArc: Uint32Array;
  cellArc: Uint32Array;
  /** What was reached, in order. */
  lines: Uint32Array;
  cells: Uint32Array;
  lineCount: number;
  cellCount: number;
  /** Edges of a path: into a cell, back out of it to a line that frees room in it, into that line's other cell, ... */
  path: Uint32Array;
}

/**
 * A flow of nothing. Use must be 1 on every edge, or a factor of its cell times a factor of its line.
 * Amounts are in the unit of `demand`, exact up to 2^-51 of all supply; no cell is ever over-filled. Worth and demand are not read.
 * @throws PlanningError `INVALID_PROBLEM`
 */
export function openFlow(problem: AllocationProblem): Flow {
  const network = flowNetwork(problem);
  if (!network) throw new PlanningError('INVALID_PROBLEM', 'the uses are no product of a cell and a line factor');
  return flowOn(network);
}

/** A flow of nothing on a network. */
export function flowOn(network: FlowNetwork): Flow {
  const [lines, cells] = [network.demandPerGrain.length, network.supply.length];
  return {
    network,
    sent: new Float64Array(network.edgeCell.length),
    slack: network.supply.slice(),
    isClosed: new Uint8Array(cells),
    scratch: {
      lineLevel: new Uint32Array(lines),
      cellLevel: new Uint32Array(cells),
      lineArc: new Uint32Array(lines),
      cellArc: new Uint32Array(cells),
      lines: new Uint32Array(lines),
      cells: new Uint32Array(cells),
      lineCount: 0,
      cellCount: 0,
      path: new Uint32Array(2 * Math.min(lines, cells) + 1),
    },
  };
}

/**
 * Routes up to `amount` more for a line (Infinity: all it can get), moving others between their cells but never
 * reducing what anybody has. Dinic's phases from the one line (Dinic, Soviet Math. Doklady 11, 1970).
 * @returns what was routed, `amount` itself when all of it was
 * @throws PlanningError `INVALID_PROBLEM` for a line that does not exist, an amount that is negative or NaN
 */
export function route(flow: Flow, line: number, amount: number): number {
  assertLine(flow, line);
  if (!(amount >= 0))
    throw new PlanningError('INVALID_PROBLEM', `amount ${amount} for line ${line}, expected 0 or more`);
  const { network, scratch, isClosed } = flow;
  const demandPerGrain = network.demandPerGrain[line] as number;
  const wanted = Math.ceil(amount / demandPerGrain);
  let grains = 0;
  while (grains < wanted) {
    const isOpen = reach(flow, line, isClosed);
    if (isOpen) grains += push(flow, line, wanted - grains);
    else for (const cell of scratch.cells.subarray(0, scratch.cellCount)) isClosed[cell] = 1;
    forget(scratch);
    if (!isOpen) break;
  }
  return Math.min(amount, grains * demandPerGrain);
}

/** What a line has, in the unit of its demand. */
export function routed(flow: Flow, line: number): number {
  assertLine(flow, line);
  const { lineStart, demandPerGrain } = flow.network;
  let grains = 0;
  for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++)
    grains += flow.sent[edge] as number;
  return grains * (demandPerGrain[line] as number);
}

/** What every edge carries, in units of its cell. */
export function routedByEdge({ network, sent }: Flow): Float64Array {
  return sent.map((grains, edge) => grains / (network.grainsPerUnit[network.edgeCell[edge] as number] as number));
}

/** The same flow, to route on without changing the first. */
export function copyFlow(flow: Flow): Flow {
  return { ...flow, sent: flow.sent.slice(), slack: flow.slack.slice(), isClosed: flow.isClosed.slice() };
}

/**
 * Why a line cannot get more: the full cells it could take from directly or by moving others (the binding cells of the
 * minimum cut around it), and the other lines in them (contending). Both empty when the line can get more, or when
 * nothing but its own caps is in its way.
 * @throws PlanningError `INVALID_PROBLEM` for a line that does not exist
 */
export function bottleneck(flow: Flow, line: number): { lines: number[]; cells: number[] } {
  assertLine(flow, line);
  const { scratch } = flow;
  const canGetMore = reach(flow, line);
  const found = canGetMore
    ? { lines: [], cells: [] }
    : {
        lines: [...scratch.lines.subarray(1, scratch.lineCount)].sort((a, b) => a - b),
        cells: [...scratch.cells.subarray(0, scratch.cellCount)].sort((a, b) => a - b),
      };
  forget(scratch);
  return found;
}

/**
 * Breadth-first search from a line, to the first level that has a cell with slack.
 * @param isClosed cells to leave out
 * @returns whether there is such a level
 */
function reach({ network, sent, slack, scratch }: Flow, source: number, isClosed?: Uint8Array): boolean {
  const { lineStart, edgeCell, edgeLine, cellStart, cellEdge, cap } = network;
  const { lineLevel, cellLevel, lines, cells } = scratch;
  let [lineCount, cellCount, nextLine, nextCell] = [0, 0, 0, 0];
  lines[lineCount++] = source;
  lineLevel[source] = 1;
  let hasSlack = false;
  for (let level = 2; nextLine < lineCount && !hasSlack; level += 2) {
    for (; nextLine < lineCount; nextLine++) {
      const line = lines[nextLine] as number;
      scratch.lineArc[line] = lineStart[line] as number;
      for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
        const cell = edgeCell[edge] as number;
        if (cellLevel[cell] !== 0 || (cap[edge] as number) <= (sent[edge] as number)) continue;
        if (isClosed?.[cell] === 1) continue;
        cellLevel[cell] = level;
        cells[cellCount++] = cell;
        if ((slack[cell] as number) > 0) hasSlack = true;
      }
    }
    for (; nextCell < cellCount && !hasSlack; nextCell++) {
      const cell = cells[nextCell] as number;
      scratch.cellArc[cell] = cellStart[cell] as number;
      for (let at = cellStart[cell] as number; at < (cellStart[cell + 1] as number); at++) {
        const edge = cellEdge[at] as number;
        const line = edgeLine[edge] as number;
        if (lineLevel[line] !== 0 || sent[edge] === 0) continue;
        lineLevel[line] = level + 1;
        lines[lineCount++] = line;
      }
    }
  }
  scratch.lineCount = lineCount;
  scratch.cellCount = cellCount;
  return hasSlack;
}

/** Sends up to `wanted` grains along shortest paths until they are all blocked. Returns what was sent. */
function push(flow: Flow, source: number, wanted: number): number {
  const { network, sent, slack, scratch } = flow;
  const { lineStart, edgeCell, edgeLine, cellStart, cellEdge, cap } = network;
  const { lineLevel, cellLevel, lineArc, cellArc, path } = scratch;
  const lastLevel = cellLevel[scratch.cells[scratch.cellCount - 1] as number] as number;
  let grains = 0;
  let length = 0;
  while (grains < wanted) {
    if (length % 2 === 0) {
      const line = length === 0 ? source : (edgeLine[path[length - 1] as number] as number);
      const end = lineStart[line + 1] as number;
      let edge = lineArc[line] as number;
      while (
        edge < end &&
        !(
          cellLevel[edgeCell[edge] as number] === (lineLevel[line] as number) + 1 &&
          (cap[edge] as number) > (sent[edge] as number)
        )
      )
        edge++;
      lineArc[line] = edge;
      if (edge < end) path[length++] = edge;
      else if (length === 0) break;
      else {
        const cell = edgeCell[path[--length] as number] as number;
        cellArc[cell] = (cellArc[cell] as number) + 1;
      }
      continue;
    }
    const cell = edgeCell[path[length - 1] as number] as number;
    if (cellLevel[cell] === lastLevel) {
      if ((slack[cell] as number) > 0) {
        const amount = Math.min(wanted - grains, slack[cell] as number, narrowest(flow, length));
        grains += amount;
        slack[cell] = (slack[cell] as number) - amount;
        length = carry(flow, length, amount);
        continue;
      }
    } else {
      const end = cellStart[cell + 1] as number;
      let at = cellArc[cell] as number;
      while (
        at < end &&
        !(
          lineLevel[edgeLine[cellEdge[at] as number] as number] === (cellLevel[cell] as number) + 1 &&
          (sent[cellEdge[at] as number] as number) > 0
        )
      )
        at++;
      cellArc[cell] = at;
      if (at < end) {
        path[length++] = cellEdge[at] as number;
        continue;
      }
    }
    const line = edgeLine[path[--length] as number] as number;
    lineArc[line] = (lineArc[line] as number) + 1;
  }
  return grains;
}

/** The most that a path can carry. */
function narrowest({ network: { cap }, sent, scratch: { path } }: Flow, length: number): number {
  let amount = Infinity;
  for (let step = 0; step < length; step++) {
    const edge = path[step] as number;
    const room = step % 2 === 0 ? (cap[edge] as number) - (sent[edge] as number) : (sent[edge] as number);
    if (room < amount) amount = room;
  }
  return amount;
}

/** Sends an amount along a path. Returns the length of the part before the first edge that can carry no more. */
function carry({ network: { cap }, sent, scratch: { path } }: Flow, length: number, amount: number): number {
  let open = length - 1;
  for (let step = length - 1; step >= 0; step--) {
    const edge = path[step] as number;
    sent[edge] = (sent[edge] as number) + (step % 2 === 0 ? amount : -amount);
    if (step % 2 === 0 ? sent[edge] === cap[edge] : sent[edge] === 0) open = step;
  }
  return open;
}

function forget({ lineLevel, cellLevel, lines, cells, lineCount, cellCount }: Scratch): void {
  for (let at = 0; at < lineCount; at++) lineLevel[lines[at] as number] = 0;
  for (let at = 0; at < cellCount; at++) cellLevel[cells[at] as number] = 0;
}

function assertLine({ network }: Flow, line: number): void {
  const count = network.demandPerGrain.length;
  if (!(Number.isInteger(line) && line >= 0 && line < count))
    throw new PlanningError('INVALID_PROBLEM', `there is no line ${line} of ${count}`);
}
