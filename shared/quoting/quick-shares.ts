// A budget over the parts of a request in the fast tier: in proportion to what each can be sold, inside floors and caps. A booking goes by what
// money brings in each part; where one of them has most of the supply the two are near.
import { MAX_MICROS } from '../contracts/micros.ts';
import { splitBudget } from '../planning/split-budget.ts';
import type { QuotedPart } from './quoted-part.ts';

export interface SplitShares {
  sharesMicros: readonly number[];
  /** What floors and locks add up to. */
  floorsMicros: number;
  isFeasible: boolean;
}

/** @param bookableMicros of each part, whole */
export function quickShares(
  parts: readonly QuotedPart[],
  bookableMicros: readonly number[],
  budgetMicros: number,
): SplitShares {
  const floorsMicros = parts.reduce((sum, { floorMicros }) => Math.min(MAX_MICROS, sum + floorMicros), 0);
  if (floorsMicros > budgetMicros)
    return { sharesMicros: parts.map(({ floorMicros }) => floorMicros), floorsMicros, isFeasible: false };
  const [only] = parts as [QuotedPart];
  if (parts.length === 1) {
    const most = Math.max(only.floorMicros, Math.min(only.capMicros, bookableMicros[0] as number));
    return { sharesMicros: [Math.min(budgetMicros, most)], floorsMicros, isFeasible: true };
  }
  const split = splitBudget(
    budgetMicros,
    parts.map(({ floorMicros, capMicros }, index) => {
      const bookable = bookableMicros[index] as number;
      return { weight: bookable, floorMicros, capMicros: Math.max(floorMicros, Math.min(capMicros, bookable)) };
    }),
  );
  return split.kind === 'split'
    ? { sharesMicros: split.sharesMicros, floorsMicros, isFeasible: true }
    : { sharesMicros: parts.map(({ floorMicros }) => floorMicros), floorsMicros, isFeasible: false };
}
