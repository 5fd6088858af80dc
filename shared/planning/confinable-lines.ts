// Which lines to look at when a request names cells: those that could have no other cells than the request's. Lines of
// the same cells are looked at as one.
import type { Flow } from './flow-search.ts';

/** Each kind once, with the one of its cells that fewest lines share: those of cell i are `start[i]` up to `start[i + 1]`. */
export interface ConfinableLines {
  start: Uint32Array;
  /** Any line of the kind. */
  line: Uint32Array;
  /** What all lines of the kind have, in grains. */
  owed: Float64Array;
  /** The last scarce set that they are in. */
  rank: Uint8Array;
}

/**
 * Closed cells count for nothing: nobody can be moved into them or out of them. Lines without other cells, and lines
 * that have nothing, are left out.
 * @param owed of each line, in grains
 */
export function confinableLines(
  { network, isClosed }: Flow,
  owed: Float64Array,
  lineRank: Uint8Array,
): ConfinableLines {
  const { lineStart, edgeCell, cap, cellStart } = network;
  const sharing = (cell: number) => (cellStart[cell + 1] as number) - (cellStart[cell] as number);
  const kinds = new Map<string, { line: number; owed: number; rarest: number }>();
  owed.forEach((grains, line) => {
    if (grains === 0) return;
    const cells: number[] = [];
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++)
      if (isClosed[edgeCell[edge] as number] === 0 && cap[edge] !== 0) cells.push(edgeCell[edge] as number);
    if (cells.length === 0) return;
    const key = `${lineRank[line]}:${cells.join()}`;
    const kind = kinds.get(key);
    if (kind) kind.owed += grains;
    else kinds.set(key, { line, owed: grains, rarest: cells.reduce((a, b) => (sharing(b) < sharing(a) ? b : a)) });
  });
  const start = new Uint32Array(cellStart.length);
  for (const { rarest } of kinds.values()) start[rarest + 1] = (start[rarest + 1] as number) + 1;
  for (let cell = 1; cell < start.length; cell++) start[cell] = (start[cell] as number) + (start[cell - 1] as number);
  const inOrder = [...kinds.values()].sort((a, b) => a.rarest - b.rarest || a.line - b.line);
  return {
    start,
    line: Uint32Array.from(inOrder, ({ line }) => line),
    owed: Float64Array.from(inOrder, (kind) => kind.owed),
    rank: Uint8Array.from(inOrder, ({ line }) => lineRank[line] as number),
  };
}
