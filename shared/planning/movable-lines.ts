// Who can make room for whom in a flow that stands: lines that carry something in a cell and could take it elsewhere, listed so
// close together that a question looks at nothing that cannot help.
import type { Flow } from './flow-search.ts';

/** Grains throughout. */
export interface MovableLines {
  /** Who carries something in cell i and has slack in another: places `start[i]` up to `start[i + 1]`. */
  start: Uint32Array;
  line: Uint32Array;
  grains: Float64Array;
  /** Cells with slack that line i may still take more of, and how much more: places `targetStart[i]` up to `targetStart[i + 1]`. */
  targetStart: Uint32Array;
  target: Uint32Array;
  room: Float64Array;
  /** Scratch of a question: the slack that is left, and of each line the place of the target that it is moved to, and what of that is taken. */
  slack: Float64Array;
  movedIn: Float64Array;
  place: Uint32Array;
  taken: Float64Array;
}

export function movableLines({ network, sent, slack }: Flow): MovableLines {
  const { cap, edgeCell, edgeLine, lineStart, cellStart, cellEdge } = network;
  const lines = lineStart.length - 1;
  const targetStart = new Uint32Array(lines + 1);
  const targets: number[] = [];
  for (let line = 0; line < lines; line++) {
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++)
      if ((slack[edgeCell[edge] as number] as number) > 0 && (sent[edge] as number) < (cap[edge] as number))
        targets.push(edge);
    targetStart[line + 1] = targets.length;
  }
  const start = new Uint32Array(cellStart.length);
  const carriers: number[] = [];
  for (let cell = 0; cell + 1 < cellStart.length; cell++) {
    for (let at = cellStart[cell] as number; at < (cellStart[cell + 1] as number); at++) {
      const edge = cellEdge[at] as number;
      const line = edgeLine[edge] as number;
      if ((sent[edge] as number) > 0 && (targetStart[line + 1] as number) > (targetStart[line] as number))
        carriers.push(edge);
    }
    start[cell + 1] = carriers.length;
  }
  return {
    start,
    line: Uint32Array.from(carriers, (edge) => edgeLine[edge] as number),
    grains: Float64Array.from(carriers, (edge) => sent[edge] as number),
    targetStart,
    target: Uint32Array.from(targets, (edge) => edgeCell[edge] as number),
    room: Float64Array.from(targets, (edge) => (cap[edge] as number) - (sent[edge] as number)),
    slack: new Float64Array(slack.length),
    movedIn: new Float64Array(lines),
    place: new Uint32Array(lines),
    taken: new Float64Array(lines),
  };
}
