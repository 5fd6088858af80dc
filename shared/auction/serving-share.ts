// Who serves an opportunity, as far as the plan alone decides it: each eligible line takes its share, nobody takes the
// rest (the house serves its own). A simple rule in the place of the auction over worth, predicted value and price.
import type { PlanLine } from '../contracts/plan.ts';
import { isEligible } from '../planning/market-model.ts';

/** What of a line's flight and lease an interval sees. */
export interface ServingInterval {
  startAtMs: number;
  endAtMs: number;
  /** When the group's lease on the line ends. */
  spendUntilAtMs: number;
}

/**
 * The share of a cell's opportunities in an interval that a plan gives to one line, 0 to its fallback share: none where
 * the line is not eligible, and only the part of the interval in which its flight is open and the lease runs. Over all
 * lines of a plan the shares of a cell add up to at most 1.
 */
export function servingShare(
  line: PlanLine,
  cell: { segment: string; surface: string },
  { startAtMs, endAtMs, spendUntilAtMs }: ServingInterval,
): number {
  if (!isEligible(line, cell) || endAtMs <= startAtMs) return 0;
  const fromMs = Math.max(startAtMs, line.startAtMs);
  const untilMs = Math.min(endAtMs, line.endAtMs, spendUntilAtMs);
  return (line.fallbackShare * Math.max(0, untilMs - fromMs)) / (endAtMs - startAtMs);
}
