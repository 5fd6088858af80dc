// A campaign's budget over its parts, inside what each may have and can reach.
import { splitBudget, type Split } from '../planning/split-budget.ts';

export interface WeighedPart {
  floorMicros: number;
  capMicros: number;
  weight: number;
}

/** Shares and escrow of a budget; nobody gets more than it can reach. */
export function splitWithin(
  budgetMicros: number,
  parts: readonly WeighedPart[],
  reachMicros: readonly number[],
): Split {
  return splitBudget(
    budgetMicros,
    parts.map((part, index) => ({ ...part, capMicros: Math.min(part.capMicros, reachMicros[index] as number) })),
  );
}

/** The shares of as much of a budget as parts can reach; floors where not even those fit. */
export function sharesWithin(
  budgetMicros: number,
  parts: readonly WeighedPart[],
  reachMicros: readonly number[],
): number[] {
  const split = splitWithin(budgetMicros, parts, reachMicros);
  return split.kind === 'split' ? split.sharesMicros : parts.map((part) => part.floorMicros);
}
