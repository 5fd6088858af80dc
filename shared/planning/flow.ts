// Exact availability: maximum flow from lines into the cells they may take from, one line after another. What a line
// has been routed is never taken away again; it may be moved between its cells to make room for others.
import { flowNetwork } from './flow-network.ts';
import { change, flowOn, forget, reach, reopen, routeGrains, type Flow } from './flow-search.ts';
import { PlanningError } from './planning-error.ts';
import type { AllocationProblem } from './problem.ts';

export type { Flow };

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
  const demandPerGrain = flow.network.demandPerGrain[line] as number;
  return Math.min(amount, routeGrains(flow, line, Math.ceil(amount / demandPerGrain)) * demandPerGrain);
}

/**
 * Takes an amount back from a line, as far as it has it, of whatever cells: room for others. Rounded down to whole grains.
 * @throws PlanningError `INVALID_PROBLEM` for a line that does not exist
 */
export function giveBack(flow: Flow, line: number, amount: number): void {
  assertLine(flow, line);
  const { lineStart, edgeCell, demandPerGrain } = flow.network;
  let grains = Math.floor(amount / (demandPerGrain[line] as number));
  for (let edge = (lineStart[line + 1] as number) - 1; edge >= (lineStart[line] as number) && grains > 0; edge--) {
    const freed = Math.min(grains, flow.sent[edge] as number);
    if (freed === 0) continue;
    change(flow, edge, -freed);
    flow.slack[edgeCell[edge] as number] = (flow.slack[edgeCell[edge] as number] as number) + freed;
    grains -= freed;
  }
  reopen(flow);
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
  const { sent, slack, firstCarrying, nextCarrying, isClosed } = flow;
  return {
    ...flow,
    sent: sent.slice(),
    slack: slack.slice(),
    firstCarrying: firstCarrying.slice(),
    nextCarrying: nextCarrying.slice(),
    isClosed: isClosed.slice(),
  };
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
  const canGetMore = reach(flow, line, true);
  const found = canGetMore
    ? { lines: [], cells: [] }
    : {
        lines: [...scratch.lines.subarray(1, scratch.lineCount)].sort((a, b) => a - b),
        cells: [...scratch.cells.subarray(0, scratch.cellCount)].sort((a, b) => a - b),
      };
  forget(scratch);
  return found;
}

function assertLine({ network }: Flow, line: number): void {
  const count = network.demandPerGrain.length;
  if (!(Number.isInteger(line) && line >= 0 && line < count))
    throw new PlanningError('INVALID_PROBLEM', `there is no line ${line} of ${count}`);
}
