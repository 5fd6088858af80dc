// What it costs the others that somebody gets one more unit: the duals of a flow. It reads the residual graph of a flow,
// which flow.ts keeps for itself otherwise.
import type { Flow } from './flow.ts';
import { PlanningError } from './planning-error.ts';

export interface Displacement {
  /** Of each cell: the worth that somebody loses when one more unit of the cell is taken; 0 where room can be made. */
  cell: Float64Array;
  /** Of each line: the worth that others lose when it gets one more unit of its demand. */
  line: Float64Array;
}

/**
 * Whoever takes one more unit moves others between their cells until there is room, or until the cheapest of those in the
 * way goes without it. Infinity where nobody can. Labels spread from free cells, then from the cheapest line on, so each
 * cell and line is seen once (Dijkstra, 1959, with edges that cost nothing).
 * @param worth of each line: what it loses with a unit of its demand; Infinity where nothing may be taken away
 * @throws PlanningError `INVALID_PROBLEM` for worths that are negative or NaN, or not one for each line
 */
export function displacement(flow: Flow, worth: ArrayLike<number>): Displacement {
  const { network, sent, slack } = flow;
  const { lineStart, edgeCell, edgeLine, cellStart, cellEdge, cap, grainsPerUnit, demandPerGrain } = network;
  if (worth.length !== demandPerGrain.length)
    throw new PlanningError('INVALID_PROBLEM', `${worth.length} worths for ${demandPerGrain.length} lines`);
  // Per grain, until the end.
  const cell = new Float64Array(slack.length).fill(Infinity);
  const line = new Float64Array(demandPerGrain.length).fill(Infinity);
  const queue = new Uint32Array(slack.length);
  let [first, end] = [0, 0];
  const free = (from: number, price: number) => {
    for (let edge = lineStart[from] as number; edge < (lineStart[from + 1] as number); edge++) {
      const freed = edgeCell[edge] as number;
      if ((sent[edge] as number) === 0 || (cell[freed] as number) < Infinity) continue;
      cell[freed] = price;
      queue[end++] = freed;
    }
  };
  const spread = (price: number) => {
    while (first < end) {
      const next = queue[first++] as number;
      for (let at = cellStart[next] as number; at < (cellStart[next + 1] as number); at++) {
        const edge = cellEdge[at] as number;
        const taker = edgeLine[edge] as number;
        if ((line[taker] as number) < Infinity || (cap[edge] as number) <= (sent[edge] as number)) continue;
        line[taker] = price;
        free(taker, price);
      }
    }
  };
  slack.forEach((grains, index) => {
    if (grains <= 0) return;
    cell[index] = 0;
    queue[end++] = index;
  });
  spread(0);
  for (const { index, price } of cheapestFirst(worth, demandPerGrain)) {
    free(index, price);
    spread(price);
  }
  return {
    cell: cell.map((price, index) => price * (grainsPerUnit[index] as number)),
    line: line.map((price, index) => price / (demandPerGrain[index] as number)),
  };
}

function cheapestFirst(worth: ArrayLike<number>, demandPerGrain: Float64Array): { index: number; price: number }[] {
  const prices = Array.from(demandPerGrain, (perGrain, index) => {
    const own = worth[index] as number;
    if (!(own >= 0)) throw new PlanningError('INVALID_PROBLEM', `worth ${own} of line ${index}, expected 0 or more`);
    return { index, price: own * perGrain };
  });
  return prices
    .filter(({ price }) => price < Infinity)
    .sort((one, other) => one.price - other.price || one.index - other.index);
}
