// Books what is owed so that slack is spread: cells are filled to a tenth, a fifth, ... of their supply, each step as far
// as it goes, so no cell is full while others could be less so. Then a new line finds slack in its own cells or one move
// away. Lines that are stuck at a step can live in nothing but the cells around them: sets that are scarce together.
import { flowOn, reopen, routeGrains, type Flow } from './flow-search.ts';
import type { FlowNetwork } from './flow-network.ts';

/** To what share of their supply cells are filled, step by step: finer where little is left. */
const FILLS = [
  0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 1,
] as const;

export interface BalancedFlow {
  flow: Flow;
  /** The last step, counted from 1, at which the cell could not be relieved and somebody was stuck in it; 0 for none. */
  cellStep: Uint8Array;
  /** The same of lines that had something in such a cell, or were stuck themselves. */
  lineStep: Uint8Array;
  steps: number;
}

/** @param owed of each line, in its unit of demand; what cannot be delivered counts as far as it can */
export function balancedFlow(network: FlowNetwork, owed: Float64Array): BalancedFlow {
  const flow = flowOn(network);
  const { slack, sent, isClosed } = flow;
  const { supply, edgeCell, edgeLine, demandPerGrain } = network;
  const left = owed.map((amount, line) => Math.ceil(amount / (demandPerGrain[line] as number)));
  const limit = new Float64Array(supply.length);
  const [cellStep, lineStep] = [new Uint8Array(supply.length), new Uint8Array(owed.length)];
  slack.fill(0);
  FILLS.forEach((fill, index) => {
    supply.forEach((grains, cell) => {
      const now = Math.floor(grains * fill);
      slack[cell] = (slack[cell] as number) + now - (limit[cell] as number);
      limit[cell] = now;
    });
    reopen(flow);
    left.forEach((grains, line) => {
      if (grains > 0) left[line] = grains - routeGrains(flow, line, grains);
      if ((left[line] as number) > 0) lineStep[line] = index + 1;
    });
    isClosed.forEach((closed, cell) => {
      if (closed === 1) cellStep[cell] = index + 1;
    });
    sent.forEach((grains, edge) => {
      if (grains > 0 && isClosed[edgeCell[edge] as number] === 1) lineStep[edgeLine[edge] as number] = index + 1;
    });
  });
  return { flow, cellStep, lineStep, steps: FILLS.length };
}
