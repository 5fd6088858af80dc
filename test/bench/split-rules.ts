// The usual rules for splitting a budget over parts with response curves, to stand beside the product's own.
import { sumMicros } from '../../shared/contracts/micros.ts';
import { splitBudget } from '../../shared/planning/split-budget.ts';
import type { ResponsePart } from '../../shared/planning/response-split.ts';

export type SplitRule = (budgetMicros: number, parts: readonly ResponsePart[]) => number[];

/** The same to every part, inside floors and caps. */
export const equalShares: SplitRule = (budgetMicros, parts) =>
  dealt(
    budgetMicros,
    parts.map((part) => ({ ...part, weight: 1 })),
  );

/** In proportion to weight, inside floors and caps. */
export const proportionalShares: SplitRule = (budgetMicros, parts) => dealt(budgetMicros, parts);

/**
 * One price for all money, found by bisection: each part takes the point of its curve that is worth most above it. What no
 * price places, because parts jump, is dealt in proportion to weight.
 */
export const priceBisection: SplitRule = (budgetMicros, parts) => {
  const slopes = parts.flatMap(({ curve: { micros, response } }) =>
    micros.slice(1).map((amount, index) => {
      const rise = (response[index + 1] as number) - (response[index] as number);
      return rise / (amount - (micros[index] as number));
    }),
  );
  let [low, high] = [0, 1.1 * slopes.reduce((one, other) => Math.max(one, other), 0)];
  for (let halving = 0; halving < 60; halving++) {
    const middle = (low + high) / 2;
    if (sumMicros(sharesAt(middle, parts)) <= budgetMicros) high = middle;
    else low = middle;
  }
  const shares = sharesAt(high, parts);
  return dealt(
    budgetMicros,
    parts.map((part, index) => ({ ...part, floorMicros: shares[index] as number })),
  );
};

function dealt(budgetMicros: number, parts: readonly Omit<ResponsePart, 'curve'>[]): number[] {
  const split = splitBudget(budgetMicros, parts);
  if (split.kind === 'infeasible') throw new Error(`the floors add up to ${split.floorsMicros} of ${budgetMicros}`);
  return split.sharesMicros;
}

function sharesAt(price: number, parts: readonly ResponsePart[]): number[] {
  return parts.map(({ curve: { micros, response }, floorMicros, capMicros }) => {
    let [best, most] = [floorMicros, -Infinity];
    micros.forEach((amount, index) => {
      const gain = (response[index] as number) - price * amount;
      if (amount < floorMicros || amount > Math.max(floorMicros, capMicros) || gain <= most) return;
      [best, most] = [amount, gain];
    });
    return best;
  });
}
