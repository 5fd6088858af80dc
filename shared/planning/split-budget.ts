// Splits a budget over parts in proportion to their weights, inside floors, caps and locks, exact to the micro.
// A simple rule with the signature of the response-curve split: proportional shares, clamped until nothing moves.
import assert from 'node:assert/strict';
import { mulDiv, sumMicros } from '../contracts/micros.ts';

export interface SplitPart {
  /** What the part can use, in any unit: shares are proportional to it. */
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
  const sharesMicros = parts.map((part) => part.floorMicros);
  let restMicros = budgetMicros - floorsMicros;
  // Fill in proportion to weight; whoever hits a cap leaves, the rest goes round again. Each round fills a part or ends.
  for (let round = 0; round <= parts.length && restMicros > 0; round++) {
    const open = parts.flatMap((part, index) => (roomMicros(part, sharesMicros, index) > 0 ? [index] : []));
    const weights = wholeWeights(open.map((index) => (parts[index] as SplitPart).weight));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (total === 0) break;
    let givenMicros = 0;
    let filled = false;
    open.forEach((index, position) => {
      const roomLeft = roomMicros(parts[index] as SplitPart, sharesMicros, index);
      const share = mulDiv(restMicros, weights[position] as number, total);
      const taken = Math.min(roomLeft, share);
      filled ||= taken === roomLeft;
      sharesMicros[index] = (sharesMicros[index] as number) + taken;
      givenMicros += taken;
    });
    restMicros -= givenMicros;
    if (!filled) {
      restMicros -= giveRemainder(restMicros, open, parts, sharesMicros);
      break;
    }
  }
  assert(restMicros >= 0);
  return { kind: 'split', sharesMicros, escrowMicros: restMicros };
}

/** Rounding leaves less than one micro a part: it goes to the parts in order, one each. */
function giveRemainder(
  restMicros: number,
  open: number[],
  parts: readonly SplitPart[],
  sharesMicros: number[],
): number {
  let given = 0;
  for (const index of open) {
    if (given === restMicros) break;
    if (roomMicros(parts[index] as SplitPart, sharesMicros, index) === 0) continue;
    sharesMicros[index] = (sharesMicros[index] as number) + 1;
    given += 1;
  }
  return given;
}

function roomMicros(part: SplitPart, sharesMicros: number[], index: number): number {
  return part.weight > 0 ? Math.max(0, part.capMicros - (sharesMicros[index] as number)) : 0;
}

/** Weights as integers that add up to at most 2^50, so that mulDiv takes them. */
function wholeWeights(weights: number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return weights;
  const scale = 2 ** 50 / total;
  return weights.map((weight) => Math.max(1, Math.floor(weight * scale)));
}
