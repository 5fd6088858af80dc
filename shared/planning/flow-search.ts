// Searches for room in a flow: breadth first for the nearest slack, then along all shortest paths to it at once
// (Dinic, Soviet Math. Doklady 11, 1970). Nothing here is checked; flow.ts is the way in.
import type { FlowNetwork } from './flow-network.ts';

/** What is routed now. Opaque: read it by the functions of this file. */
export interface Flow {
  network: FlowNetwork;
  /** Of each edge, whole grains. */
  sent: Float64Array;
  /** What is left of each cell, whole grains. */
  slack: Float64Array;
  /** The edges of each cell that carry something, or did: linked lists that end in NONE. UNLISTED for all other edges. */
  firstCarrying: Int32Array;
  nextCarrying: Int32Array;
  /** 1 for a cell from which no re-routing leads to slack: until something is given back, it stays so. */
  isClosed: Uint8Array;
  closedCount: number;
  /** Shared by all copies: it means nothing between two calls. */
  scratch: Scratch;
  /** Edges whose amount has changed, each once, for one who wants to take it all back; absent for all others. */
  trail?: Trail;
}

export interface Trail {
  edges: Uint32Array;
  count: number;
  isIn: Uint8Array;
}

export const NONE = -1;
export const UNLISTED = -2;

/** The level of cells that lead to no slack, or to none any more. */
const DEAD = 2 ** 32 - 1;

interface Scratch {
  /** Distance from the line that is routed, 0 for what was not reached. */
  lineLevel: Uint32Array;
  cellLevel: Uint32Array;
  /** The edge of each line, and the carrying edge of each cell, that is tried next. */
  lineArc: Uint32Array;
  cellArc: Int32Array;
  /** What was reached, in order. */
  lines: Uint32Array;
  cells: Uint32Array;
  lineCount: number;
  cellCount: number;
  /** Edges of a path: into a cell, back out of it to a line that frees room in it, into that line's other cell, ... */
  path: Uint32Array;
}

/** A flow of nothing on a network. */
export function flowOn(network: FlowNetwork): Flow {
  const [lines, cells] = [network.demandPerGrain.length, network.supply.length];
  return {
    network,
    sent: new Float64Array(network.edgeCell.length),
    slack: network.supply.slice(),
    firstCarrying: new Int32Array(cells).fill(NONE),
    nextCarrying: new Int32Array(network.edgeCell.length).fill(UNLISTED),
    isClosed: new Uint8Array(cells),
    closedCount: 0,
    scratch: {
      lineLevel: new Uint32Array(lines),
      cellLevel: new Uint32Array(cells),
      lineArc: new Uint32Array(lines),
      cellArc: new Int32Array(cells),
      lines: new Uint32Array(lines),
      cells: new Uint32Array(cells),
      lineCount: 0,
      cellCount: 0,
      path: new Uint32Array(2 * Math.min(lines, cells) + 1),
    },
  };
}

/** Routes up to `wanted` grains more for a line, moving others but never reducing what anybody has. Returns what it could. */
export function routeGrains(flow: Flow, line: number, wanted: number): number {
  const { scratch, isClosed } = flow;
  let grains = 0;
  while (grains < wanted) {
    const isOpen = reach(flow, line);
    if (isOpen) grains += push(flow, line, wanted - grains);
    else {
      for (const cell of scratch.cells.subarray(0, scratch.cellCount)) isClosed[cell] = 1;
      flow.closedCount += scratch.cellCount;
    }
    forget(scratch);
    if (!isOpen) break;
  }
  return grains;
}

/**
 * Breadth-first search from a line, to the first level that has a cell with slack; of that level it keeps no others.
 * @param withClosed whether cells that are closed are searched too
 * @returns whether there is such a level
 */
export function reach(flow: Flow, source: number, withClosed = false): boolean {
  const { network, sent, slack, isClosed, firstCarrying, nextCarrying, scratch } = flow;
  const { lineStart, edgeCell, edgeLine, cap } = network;
  const { lineLevel, cellLevel, lineArc, cellArc, lines, cells } = scratch;
  const all = withClosed ? slack.length : slack.length - flow.closedCount;
  let [lineCount, cellCount, nextLine, firstOfLevel] = [1, 0, 0, 0];
  lines[0] = source;
  lineLevel[source] = 1;
  lineArc[source] = lineStart[source] as number;
  let hasSlack = false;
  for (let level = 2; nextLine < lineCount && !hasSlack; level += 2) {
    firstOfLevel = cellCount;
    for (; nextLine < lineCount && cellCount < all; nextLine++) {
      const line = lines[nextLine] as number;
      const end = lineStart[line + 1] as number;
      for (let edge = lineStart[line] as number; edge < end; edge++) {
        const cell = edgeCell[edge] as number;
        if (cellLevel[cell] !== 0 || (cap[edge] as number) <= (sent[edge] as number)) continue;
        if (!withClosed && isClosed[cell] === 1) continue;
        cellLevel[cell] = level;
        cells[cellCount++] = cell;
        if ((slack[cell] as number) > 0) hasSlack = true;
      }
    }
    nextLine = lineCount;
    for (let next = firstOfLevel; next < cellCount && !hasSlack; next++) {
      const cell = cells[next] as number;
      cellArc[cell] = firstCarrying[cell] as number;
      for (let edge = firstCarrying[cell] as number; edge !== NONE; edge = nextCarrying[edge] as number) {
        const line = edgeLine[edge] as number;
        if (lineLevel[line] !== 0 || sent[edge] === 0) continue;
        lineLevel[line] = level + 1;
        lineArc[line] = lineStart[line] as number;
        lines[lineCount++] = line;
      }
    }
  }
  for (let at = firstOfLevel; at < cellCount && hasSlack; at++) {
    const cell = cells[at] as number;
    if (slack[cell] === 0) cellLevel[cell] = DEAD;
  }
  scratch.lineCount = lineCount;
  scratch.cellCount = cellCount;
  return hasSlack;
}

/** Sends up to `wanted` grains along the shortest paths that were reached, until all are blocked. Returns what was sent. */
export function push(flow: Flow, source: number, wanted: number): number {
  const { network, sent, slack, nextCarrying, scratch } = flow;
  const { lineStart, edgeCell, edgeLine, cap } = network;
  const { lineLevel, cellLevel, lineArc, cellArc, path } = scratch;
  let grains = 0;
  let length = 0;
  while (grains < wanted) {
    if (length % 2 === 0) {
      const line = length === 0 ? source : (edgeLine[path[length - 1] as number] as number);
      const level = (lineLevel[line] as number) + 1;
      const end = lineStart[line + 1] as number;
      let edge = lineArc[line] as number;
      while (edge < end && (cellLevel[edgeCell[edge] as number] !== level || cap[edge] === sent[edge])) edge++;
      lineArc[line] = edge;
      if (edge < end) path[length++] = edge;
      else if (length === 0) break;
      else {
        const back = path[--length] as number;
        cellArc[edgeCell[back] as number] = nextCarrying[back] as number;
      }
      continue;
    }
    const cell = edgeCell[path[length - 1] as number] as number;
    const free = slack[cell] as number;
    if (free > 0) {
      const amount = Math.min(wanted - grains, free, narrowest(flow, length));
      grains += amount;
      slack[cell] = free - amount;
      if (amount === free) cellLevel[cell] = DEAD;
      length = carry(flow, length, amount);
      continue;
    }
    const level = (cellLevel[cell] as number) + 1;
    let edge = cellArc[cell] as number;
    while (edge !== NONE && (lineLevel[edgeLine[edge] as number] !== level || sent[edge] === 0))
      edge = nextCarrying[edge] as number;
    cellArc[cell] = edge;
    if (edge !== NONE) path[length++] = edge;
    else {
      cellLevel[cell] = DEAD;
      length--;
    }
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
function carry(flow: Flow, length: number, amount: number): number {
  const { network, sent, scratch } = flow;
  let open = length - 1;
  for (let step = length - 1; step >= 0; step--) {
    const edge = scratch.path[step] as number;
    change(flow, edge, step % 2 === 0 ? amount : -amount);
    if (step % 2 === 0 ? sent[edge] === network.cap[edge] : sent[edge] === 0) open = step;
  }
  return open;
}

/** There may be a way to slack from any cell again. */
export function reopen(flow: Flow): void {
  if (flow.closedCount === 0) return;
  flow.isClosed.fill(0);
  flow.closedCount = 0;
}

/** Changes what an edge carries, and nothing else. */
export function change(flow: Flow, edge: number, grains: number): void {
  const { sent, nextCarrying, trail } = flow;
  if (trail?.isIn[edge] === 0) {
    trail.isIn[edge] = 1;
    trail.edges[trail.count++] = edge;
  }
  if (nextCarrying[edge] === UNLISTED) list(flow, edge);
  sent[edge] = (sent[edge] as number) + grains;
}

function list({ network, firstCarrying, nextCarrying }: Flow, edge: number): void {
  const cell = network.edgeCell[edge] as number;
  nextCarrying[edge] = firstCarrying[cell] as number;
  firstCarrying[cell] = edge;
}

/** Lists the carrying edges again, after amounts were changed by other means. */
export function relist(flow: Flow): void {
  flow.firstCarrying.fill(NONE);
  flow.nextCarrying.fill(UNLISTED);
  flow.sent.forEach((grains, edge) => {
    if (grains > 0) list(flow, edge);
  });
}

/** Clears what a search reached: after every {@link reach}. */
export function forget({ lineLevel, cellLevel, lines, cells, lineCount, cellCount }: Scratch): void {
  for (let at = 0; at < lineCount; at++) lineLevel[lines[at] as number] = 0;
  for (let at = 0; at < cellCount; at++) cellLevel[cells[at] as number] = 0;
}
