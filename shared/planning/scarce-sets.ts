// Upper bounds on what a new line can get, from cuts that are known before it comes: sets of cells that are scarce
// together, because lines that can hardly live anywhere else need them. From such a set and the lines in it a new line
// can get no more than supply minus what they are owed.
import type { BalancedFlow } from './balanced-flow.ts';

/** Nested: set 0 is all cells and all lines, the last is the closed ones alone, in which nothing can ever be freed. */
export interface ScarceSets {
  count: number;
  /** Of each cell and line, the number of the last set that it is in. */
  cellRank: Uint8Array;
  lineRank: Uint8Array;
  /** What is left of each set, in grains: its supply, and what its lines may take elsewhere, minus what they are owed. */
  left: Float64Array;
}

/** @param owed of each line, in grains; `flow.isClosed` must be known */
export function scarceSets({ flow, cellStep, lineStep, steps }: BalancedFlow, owed: Float64Array): ScarceSets {
  const { network, sent, isClosed } = flow;
  const { supply, cap, edgeCell, edgeLine } = network;
  const closed = steps + 1;
  const [cellSet, lineSet] = [cellStep.slice(), lineStep.slice()];
  isClosed.forEach((is, cell) => {
    if (is === 1) cellSet[cell] = closed;
  });
  sent.forEach((grains, edge) => {
    if (grains > 0 && isClosed[edgeCell[edge] as number] === 1) lineSet[edgeLine[edge] as number] = closed;
  });
  const inUse = new Uint8Array(closed + 1);
  inUse[0] = inUse[closed] = 1;
  for (const set of cellSet) inUse[set] = 1;
  for (const set of lineSet) inUse[set] = 1;
  const rankOf = new Uint8Array(closed + 1);
  let count = 0;
  for (let set = 0; set <= closed; set++) if (inUse[set] === 1) rankOf[set] = count++;
  const cellRank = cellSet.map((set) => rankOf[set] as number);
  const lineRank = lineSet.map((set) => rankOf[set] as number);
  const left = new Float64Array(count);
  /** To all sets from `first` to `last`. */
  const add = (first: number, last: number, grains: number) => {
    for (let set = first; set <= last; set++) left[set] = (left[set] as number) + grains;
  };
  supply.forEach((grains, cell) => add(0, cellRank[cell] as number, grains));
  owed.forEach((grains, line) => add(0, lineRank[line] as number, -grains));
  edgeCell.forEach((cell, edge) => {
    const most = Math.min(cap[edge] as number, supply[cell] as number);
    add((cellRank[cell] as number) + 1, lineRank[edgeLine[edge] as number] as number, most);
  });
  return { count, cellRank, lineRank, left };
}
