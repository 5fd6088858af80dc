// Splits a budget over parts in proportion to their weights, inside floors, caps and locks, exact to the micro.
// A simple rule with the signature of the response-curve split: proportional shares, clamped to floors and caps.
//
// Whole micros are dealt as seats are by D'Hondt (Balinski and Young, Fair Representation, 1982: divisor methods are
// house monotone): a larger budget gives no part less. So a budget that is cut asks of no part more than it had, and
// the shares of a budget are the same whatever budgets were before it.
import assert from 'node:assert/strict';
import { MAX_MICROS, sumMicros } from '../contracts/micros.ts';

export interface SplitPart {
  /** What the part can use, a whole number in any unit: shares are proportional to it. */
  weight: number;
  floorMicros: number;
  capMicros: number;
}

export type Split =
  | { kind: 'split'; sharesMicros: number[]; escrowMicros: number }
  /** The floors alone ask for more than there is. */
  | { kind: 'infeasible'; floorsMicros: number };

/**
 * Shares and escrow add up to the budget exactly; every share is within its part's floor and cap (a cap below its
 * floor counts as the floor). What no part can take is escrow.
 * @param budgetMicros what to split
 */
export function splitBudget(budgetMicros: number, parts: readonly SplitPart[]): Split {
  const floorsMicros = sumMicros(parts.map((part) => part.floorMicros));
  if (floorsMicros > budgetMicros) return { kind: 'infeasible', floorsMicros };
  const sharesMicros = lowerShares(budgetMicros, parts);
  let restMicros = budgetMicros - sumMicros(sharesMicros);
  assert(restMicros >= 0);
  // Few micros are left: one at a time to the part that has the least for its weight.
  for (let dealt = 0; restMicros > 0; restMicros--, dealt++) {
    const next = nextPart(parts, sharesMicros);
    if (next === undefined) break;
    assert(dealt < parts.length, 'splitBudget: rounding leaves less than a micro a part');
    sharesMicros[next] = (sharesMicros[next] as number) + 1;
  }
  return { kind: 'split', sharesMicros, escrowMicros: restMicros };
}

/**
 * Proportional shares between floors and caps, rounded down: less than a micro a part below what adds up. Whoever the
 * common level would push past a bound is held there and the others go round again; of floors and caps those first that
 * move more money (as CSS resolves flexible lengths). In BigInt, because products pass 2^53.
 */
function lowerShares(budgetMicros: number, parts: readonly SplitPart[]): number[] {
  const sharesMicros = parts.map((part) => part.floorMicros);
  let open = parts.flatMap(({ weight, floorMicros, capMicros }, index) =>
    weight > 0 && capMicros > floorMicros
      ? [{ index, weight: BigInt(weight), floor: BigInt(floorMicros), cap: BigInt(capMicros) }]
      : [],
  );
  let micros = BigInt(budgetMicros - sumMicros(sharesMicros)) + open.reduce((sum, { floor }) => sum + floor, 0n);
  while (open.length > 0) {
    // A part's share is its weight x micros / weight of all.
    const all = open.reduce((sum, { weight }) => sum + weight, 0n);
    const below = open.filter(({ weight, floor }) => micros * weight < floor * all);
    const above = open.filter(({ weight, cap }) => micros * weight > cap * all);
    if (below.length === 0 && above.length === 0) {
      for (const { index, weight } of open) sharesMicros[index] = Number((micros * weight) / all);
      break;
    }
    const added = below.reduce((sum, { weight, floor }) => sum + floor * all - micros * weight, 0n);
    const taken = above.reduce((sum, { weight, cap }) => sum + micros * weight - cap * all, 0n);
    const held = new Set(added > taken ? below : above);
    for (const part of held) {
      const bound = added > taken ? part.floor : part.cap;
      sharesMicros[part.index] = Number(bound);
      micros -= bound;
    }
    open = open.filter((part) => !held.has(part));
  }
  return sharesMicros;
}

/** The part with room whose next micro has the most weight behind it; of equals the first. */
function nextPart(parts: readonly SplitPart[], sharesMicros: readonly number[]): number | undefined {
  let best: number | undefined;
  parts.forEach((part, index) => {
    const share = sharesMicros[index] as number;
    if (part.weight <= 0 || share >= part.capMicros) return;
    if (best === undefined) best = index;
    else {
      const other = parts[best] as SplitPart;
      if (isLess(other.weight, (sharesMicros[best] as number) + 1, part.weight, share + 1)) best = index;
    }
  });
  return best;
}

/** Whether a / b < c / d, exactly. */
function isLess(a: number, b: number, c: number, d: number): boolean {
  if (a * d <= MAX_MICROS && c * b <= MAX_MICROS) return a * d < c * b;
  return BigInt(a) * BigInt(d) < BigInt(c) * BigInt(b);
}
