// The best split there is on a grid of money, by dynamic programme: what a split is measured against.
import type { ResponsePart } from '../../shared/planning/response-split.ts';
import { responseAt } from '../../shared/planning/response-curve.ts';

/**
 * The largest total response of shares that are whole steps, inside floors and caps, and add up to the budget at most;
 * -Infinity when the floors do not fit. C x G^2 for C parts and G steps of budget.
 * @param stepMicros divides the budget, floors and caps
 */
export function bestResponse(budgetMicros: number, stepMicros: number, parts: readonly ResponsePart[]): number {
  const steps = budgetMicros / stepMicros;
  let best = new Float64Array(steps + 1);
  for (const { curve, floorMicros, capMicros } of parts) {
    const floor = floorMicros / stepMicros;
    const cap = Math.min(steps, Math.max(floor, capMicros / stepMicros));
    const responses = Float64Array.from({ length: cap + 1 }, (_, step) => responseAt(curve, step * stepMicros));
    const next = new Float64Array(steps + 1).fill(-Infinity);
    for (let used = 0; used <= steps; used++) {
      const before = best[used] as number;
      const most = Math.min(cap, steps - used);
      for (let step = floor; step <= most; step++) {
        const response = before + (responses[step] as number);
        if (response > (next[used + step] as number)) next[used + step] = response;
      }
    }
    best = next;
  }
  return best.reduce((one, other) => Math.max(one, other));
}
