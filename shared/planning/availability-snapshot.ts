// A book made ready for many quick questions about lines that are not in it yet: see bracket.ts.
import { balancedFlow } from './balanced-flow.ts';
import { confinableLines, type ConfinableLines } from './confinable-lines.ts';
import { movableLines, type MovableLines } from './movable-lines.ts';
import { flowNetwork, type FlowNetwork } from './flow-network.ts';
import { relist, type Flow } from './flow-search.ts';
import { PlanningError } from './planning-error.ts';
import type { AllocationProblem } from './problem.ts';
import { scarceSets, type ScarceSets } from './scarce-sets.ts';
import { thinFlow } from './thin-flow.ts';

/** Opaque. Asking changes scratch inside of it and nothing that can be seen: one question at a time. */
export interface AvailabilitySnapshot {
  /** Everything owed is routed. Its last line is the guest, with room for an edge to every cell: who asks. */
  flow: Flow;
  guest: number;
  firstGuestEdge: number;
  /** As it is between two questions. */
  slack: Float64Array;
  sent: Float64Array;
  firstCarrying: Int32Array;
  sets: ScarceSets;
  confinable: ConfinableLines;
  questions: number;
  /** The last question that named a cell, and the guest's edge to it. */
  askedBy: Float64Array;
  guestEdge: Uint32Array;
  movable: MovableLines;
  /** Scratch of one number for each scarce set. */
  outside: Float64Array;
}

/**
 * Routes what is owed, evenly over cells and on few edges, and finds cells that nothing can free and sets of cells that
 * are scarce. Some hundred times the cost of a question; the problem must not change afterwards.
 * @param delivered of each line, in the unit of its demand; what cannot all be delivered counts as far as it can
 * @throws PlanningError `INVALID_PROBLEM`; also for uses that are no factor of the cell times a factor of the line
 */
export function prepareSnapshot(problem: AllocationProblem, delivered: Float64Array): AvailabilitySnapshot {
  const network = flowNetwork(problem);
  if (!network) throw new PlanningError('INVALID_PROBLEM', 'the uses are no product of a cell and a line factor');
  const lines = problem.demand.length;
  if (delivered.length !== lines)
    throw new PlanningError('INVALID_PROBLEM', `${delivered.length} amounts delivered to ${lines} lines`);
  const unknown = delivered.findIndex((amount) => !(amount >= 0 && amount < Infinity));
  if (unknown >= 0)
    throw new PlanningError(
      'INVALID_PROBLEM',
      `line ${unknown} is delivered ${delivered[unknown]}, expected 0 or more`,
    );
  const withNothingForGuest = new Float64Array(lines + 1);
  withNothingForGuest.set(delivered);
  const balanced = balancedFlow(withGuest(network), withNothingForGuest);
  const { flow } = balanced;
  thinFlow(flow);
  relist(flow);
  close(flow);
  const owed = new Float64Array(lines + 1);
  flow.sent.forEach((grains, edge) => {
    const line = flow.network.edgeLine[edge] as number;
    owed[line] = (owed[line] as number) + grains;
  });
  const sets = scarceSets(balanced, owed);
  const edges = problem.edgeCell.length;
  flow.trail = { edges: new Uint32Array(flow.sent.length), count: 0, isIn: new Uint8Array(flow.sent.length) };
  const cells = problem.supply.length;
  return {
    flow,
    guest: lines,
    firstGuestEdge: edges,
    slack: flow.slack.slice(),
    sent: flow.sent.slice(),
    firstCarrying: flow.firstCarrying.slice(),
    sets,
    confinable: confinableLines(flow, owed, sets.lineRank),
    questions: 0,
    askedBy: new Float64Array(cells),
    guestEdge: new Uint32Array(cells),
    movable: movableLines(flow),
    outside: new Float64Array(sets.count),
  };
}

/** The network with one more line, of no edges yet. */
function withGuest(network: FlowNetwork): FlowNetwork {
  const [edges, lines] = [network.edgeCell.length, network.demandPerGrain.length];
  const guestEdges = network.supply.length;
  const cap = new Float64Array(edges + guestEdges);
  cap.set(network.cap);
  const edgeCell = new Uint32Array(edges + guestEdges);
  edgeCell.set(network.edgeCell);
  const edgeLine = new Uint32Array(edges + guestEdges).fill(lines);
  edgeLine.set(network.edgeLine);
  const lineStart = new Uint32Array(lines + 2).fill(edges);
  lineStart.set(network.lineStart);
  const demandPerGrain = new Float64Array(lines + 1);
  demandPerGrain.set(network.demandPerGrain);
  return { ...network, cap, edgeCell, edgeLine, lineStart, demandPerGrain };
}

/** Marks the cells from which no re-routing leads to slack: those that are not found from slack on, backwards. */
function close(flow: Flow): void {
  const { network, sent, slack, isClosed } = flow;
  const { cap, lineStart, edgeCell, edgeLine, cellStart, cellEdge } = network;
  const isSeen = new Uint8Array(lineStart.length - 1);
  const open: number[] = [];
  slack.forEach((grains, cell) => {
    isClosed[cell] = grains > 0 ? 0 : 1;
    if (grains > 0) open.push(cell);
  });
  for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
    for (let at = cellStart[cell] as number; at < (cellStart[cell + 1] as number); at++) {
      const edge = cellEdge[at] as number;
      const line = edgeLine[edge] as number;
      if (isSeen[line] === 1 || (sent[edge] as number) >= (cap[edge] as number)) continue;
      isSeen[line] = 1;
      for (let back = lineStart[line] as number; back < (lineStart[line + 1] as number); back++) {
        const other = edgeCell[back] as number;
        if (sent[back] === 0 || isClosed[other] === 0) continue;
        isClosed[other] = 0;
        open.push(other);
      }
    }
  }
  flow.closedCount = isClosed.reduce((sum, is) => sum + is, 0);
}
