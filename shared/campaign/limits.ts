// Floors, caps and locks of subcampaigns, and whether a budget can be placed inside them.
import { sumMicros } from '../contracts/micros.ts';
import { MAX_MICROS } from '../contracts/micros.ts';
import type { ReasonCode } from '../contracts/outcomes.ts';

export interface Limits {
  floorMicros: number;
  capMicros: number;
  isLocked: boolean;
}

/** A lock is a floor and a cap in one. */
export function limits(sub: {
  floorMicros?: number | undefined;
  capMicros?: number | undefined;
  lockMicros?: number | undefined;
}): Limits {
  if (sub.lockMicros !== undefined) return { floorMicros: sub.lockMicros, capMicros: sub.lockMicros, isLocked: true };
  return { floorMicros: sub.floorMicros ?? 0, capMicros: sub.capMicros ?? MAX_MICROS, isLocked: false };
}

export type Reach =
  | { kind: 'fits' }
  /** Supply is there for `reachMicros` only. */
  | { kind: 'short'; reachMicros: number }
  | { kind: 'floors'; code: ReasonCode; reason: string };

/**
 * Whether a budget can be placed. What the caps leave unplaced is escrow and no shortage; what supply leaves unplaced is.
 * @param reachMicros of a part: what it can spend at most, by supply
 */
export function reachable(budgetMicros: number, parts: readonly (Limits & { reachMicros: number })[]): Reach {
  const locks = sumMicros(parts.filter((part) => part.isLocked).map((part) => part.floorMicros));
  if (locks > budgetMicros) {
    return {
      kind: 'floors',
      code: 'LOCKS_INFEASIBLE',
      reason: `the locks add up to ${locks} micros, the budget is ${budgetMicros}`,
    };
  }
  const floors = sumMicros(parts.map((part) => part.floorMicros));
  if (floors > budgetMicros) {
    return {
      kind: 'floors',
      code: 'FLOORS_INFEASIBLE',
      reason: `floors and locks add up to ${floors} micros, the budget is ${budgetMicros}`,
    };
  }
  const starved = parts.find((part) => part.floorMicros > part.reachMicros);
  if (starved) {
    return {
      kind: 'floors',
      code: 'FLOORS_INFEASIBLE',
      reason: `a floor of ${starved.floorMicros} micros has supply for ${starved.reachMicros}`,
    };
  }
  let reachMicros = 0;
  let capsMicros = 0;
  for (const part of parts) {
    reachMicros = Math.min(MAX_MICROS, reachMicros + Math.min(part.capMicros, part.reachMicros));
    capsMicros = Math.min(MAX_MICROS, capsMicros + part.capMicros);
  }
  return reachMicros < Math.min(budgetMicros, capsMicros) ? { kind: 'short', reachMicros } : { kind: 'fits' };
}
