// Who serves an opportunity, as far as the plan alone decides it: each line takes the share that the plan gives it of the
// cell, nobody takes the rest (the house serves its own). A simple rule in the place of the auction over worth, predicted
// value and price.
import type { Plan, PlanLine } from '../contracts/plan.ts';
import { isEligible } from '../planning/market-model.ts';

/** What of a line's flight and lease an interval sees. */
export interface ServingInterval {
  startAtMs: number;
  endAtMs: number;
  /** When the group's lease on the line ends. */
  spendUntilAtMs: number;
}

/**
 * The share of a cell's opportunities in an interval that a plan gives to one of its lines: the planned one while the
 * plan is valid, the fallback share of eligible lines when it is stale or says no cells; and only the part of the interval
 * in which the line's flight is open and the lease runs. Over all lines of a plan the shares of a cell add up to at most 1.
 * @param place the cell's place in the plan's response table
 */
export function servingShare(
  plan: Pick<Plan, 'response' | 'validUntilAtMs'>,
  line: PlanLine,
  place: number,
  { startAtMs, endAtMs, spendUntilAtMs }: ServingInterval,
): number {
  const cell = plan.response[place];
  if (!cell || !isEligible(line, cell) || endAtMs <= startAtMs) return 0;
  const fromMs = Math.max(startAtMs, line.startAtMs);
  const untilMs = Math.min(endAtMs, line.endAtMs, spendUntilAtMs);
  const isPlanned = line.cells !== undefined && startAtMs < plan.validUntilAtMs;
  const share = isPlanned ? plannedShare(line, place) : line.fallbackShare;
  return (share * Math.max(0, untilMs - fromMs)) / (endAtMs - startAtMs);
}

function plannedShare({ cells = [], shares = [] }: PlanLine, place: number): number {
  return shares[cells.indexOf(place)] ?? 0;
}
