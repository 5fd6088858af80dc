// Gathers a flow on fewer edges: every cell as full and every line given as much as before, but no cycle of edges that
// carry something and could carry more. A search of the residual graph then has few ways back to look at.
import type { Flow } from './flow-search.ts';

/** Changes the flow in place. Walks over such ("loose") edges; where a walk meets itself, what goes round is gathered. */
export function thinFlow(flow: Flow): void {
  const { network, sent } = flow;
  const { lineStart, edgeCell, edgeLine, cellStart, cellEdge, cap } = network;
  const lines = lineStart.length - 1;
  // Rows are the lines, then the cells. Edges before `next` of a row are no longer loose, and never will be again.
  const next = new Uint32Array(lines + cellStart.length - 1);
  next.set(lineStart.subarray(0, lines));
  next.set(cellStart.subarray(0, -1), lines);
  const isBridge = new Uint8Array(edgeCell.length);
  /** Where in the walk a row is, from 1. */
  const place = new Uint32Array(next.length);
  const rows = new Uint32Array(next.length + 1);
  const edges = new Uint32Array(next.length + 1);

  /** Where in its row's list an edge of the walk stands, when the list has gone past it. */
  const passed = new Float64Array(next.length + 1);

  const isLoose = (edge: number) =>
    isBridge[edge] === 0 && (sent[edge] as number) > 0 && (sent[edge] as number) < (cap[edge] as number);
  const edgeAt = (row: number, at: number) => (row < lines ? at : (cellEdge[at] as number));
  const endOf = (row: number) => (row < lines ? lineStart[row + 1] : cellStart[row - lines + 1]) as number;
  /** A loose edge of the last row of a walk, not the one by which it was reached; -1 for none. */
  const looseEdge = (length: number) => {
    const row = rows[length] as number;
    const end = endOf(row);
    let at = next[row] as number;
    for (; at < end; at++) {
      const edge = edgeAt(row, at);
      if (length > 0 && edge === edges[length - 1]) passed[length] = at;
      else if (isLoose(edge)) break;
    }
    next[row] = at;
    return at < end ? edgeAt(row, at) : -1;
  };

  for (let start = 0; start < lines; start++) {
    let length = 0;
    rows[0] = start;
    place[start] = 1;
    for (;;) {
      const row = rows[length] as number;
      const edge = looseEdge(length);
      if (edge < 0) {
        place[row] = 0;
        if (length === 0) break;
        // A dead end: no cycle passes through the edge that led here.
        isBridge[edges[--length] as number] = 1;
        continue;
      }
      edges[length] = edge;
      const other = row < lines ? lines + (edgeCell[edge] as number) : (edgeLine[edge] as number);
      if (place[other] === 0) {
        rows[++length] = other;
        place[other] = length + 1;
        passed[length] = Infinity;
        continue;
      }
      const first = (place[other] as number) - 1;
      gather(flow, edges, first, length);
      let keep = first;
      while (keep < length && isLoose(edges[keep] as number)) keep++;
      for (; length > keep; length--) {
        const left = rows[length] as number;
        place[left] = 0;
        next[left] = Math.min(next[left] as number, passed[length] as number);
      }
    }
  }
}

/** Moves round the cycle of `edges[first]` to `edges[last]` what its edges allow: down on the first, up on the next, ... */
function gather({ network: { cap }, sent }: Flow, edges: Uint32Array, first: number, last: number): void {
  let amount = Infinity;
  for (let at = first; at <= last; at++) {
    const edge = edges[at] as number;
    const carried = sent[edge] as number;
    amount = Math.min(amount, (at - first) % 2 === 0 ? carried : (cap[edge] as number) - carried);
  }
  for (let at = first; at <= last; at++) {
    const edge = edges[at] as number;
    sent[edge] = (sent[edge] as number) + ((at - first) % 2 === 0 ? -amount : amount);
  }
}
