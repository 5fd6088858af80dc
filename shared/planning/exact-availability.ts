// What a line of a market can still get, exactly, in the three senses of ad servers, and what stands in its way.
import { bottleneck, copyFlow, route } from './flow.ts';
import { flowOn } from './flow-search.ts';
import { flowNetwork } from './flow-network.ts';
import { copyGainFlow, gainBottleneck, openGainFlow, routeGain } from './gain-flow.ts';
import { PlanningError } from './planning-error.ts';
import type { AllocationProblem } from './problem.ts';

export interface AvailabilityQuestion {
  line: number;
  /** Of each line, what it is owed, in the unit of its demand; that of the line itself is not read. */
  delivered: Float64Array;
  /** Of each line; the smallest goes first. All the same when absent: then nobody is above the line. */
  priority?: ArrayLike<number>;
}

/** Amounts in the unit of the line's demand: matched >= possible >= available. */
export interface ExactAvailability {
  /** In an empty market. */
  matched: number;
  /** Without hurting lines of a smaller priority number; others may be reduced. */
  possible: number;
  /** Without hurting anybody. */
  available: number;
  /** Why no more is available: lines that contend for it, and full cells. Both empty when only its own caps limit it. */
  bottleneck: { lines: number[]; cells: number[] };
}

/**
 * Solved as flow where use is a factor of the cell times one of the line, as flow with gains elsewhere: the optimum of
 * the linear programme "the most for this line, all others keep theirs" (Google Ad Manager's definitions).
 * What cannot all be delivered together counts as far as it can: lines of a smaller priority number first, then by index.
 * @throws PlanningError `INVALID_PROBLEM`
 */
export function exactAvailability(problem: AllocationProblem, question: AvailabilityQuestion): ExactAvailability {
  const { delivered, priority } = question;
  const network = flowNetwork(problem);
  const lines = problem.demand.length;
  if (delivered.length !== lines || (priority && priority.length !== lines))
    throw new PlanningError('INVALID_PROBLEM', `delivered or priority is not of the ${lines} lines of the problem`);
  const unknown = priority ? Array.from(priority).findIndex(Number.isNaN) : -1;
  if (unknown >= 0) throw new PlanningError('INVALID_PROBLEM', `line ${unknown} has priority NaN`);
  return network
    ? answer(question, flowOn(network), { route, copy: copyFlow, bottleneck })
    : answer(question, openGainFlow(problem), { route: routeGain, copy: copyGainFlow, bottleneck: gainBottleneck });
}

interface Operations<F> {
  route: (flow: F, line: number, amount: number) => number;
  copy: (flow: F) => F;
  bottleneck: (flow: F, line: number) => ExactAvailability['bottleneck'];
}

function answer<F>(
  { line, delivered, priority }: AvailabilityQuestion,
  flow: F,
  { route, copy, bottleneck }: Operations<F>,
): ExactAvailability {
  const matched = route(copy(flow), line, Infinity);
  const own = priority?.[line] as number;
  const isAbove = (other: number) => priority !== undefined && (priority[other] as number) < own;
  const book = (isIncluded: (other: number) => boolean) =>
    delivered.forEach((amount, other) => {
      if (other !== line && isIncluded(other)) route(flow, other, amount);
    });
  book(isAbove);
  const possible = route(copy(flow), line, Infinity);
  book((other) => !isAbove(other));
  const available = route(flow, line, Infinity);
  return { matched, possible, available, bottleneck: bottleneck(flow, line) };
}
