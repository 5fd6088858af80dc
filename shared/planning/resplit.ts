// Splits what is left of a budget again while campaigns run, by the curves of the time that is left: calmly. Money that is
// not given to anybody yet goes first; a part gives up money only where that brings more than the threshold, and only a
// little at a time.
import assert from 'node:assert/strict';
import { sumMicros } from '../contracts/micros.ts';
import { PlanningError } from './planning-error.ts';
import { assertCurve, responseAt, type ResponseCurve } from './response-curve.ts';
import { assertWhole, splitByResponse } from './response-split.ts';

export interface RunningPart {
  /** Its share of the budget now. */
  currentMicros: number;
  /** Spent and in flight: no split takes it back. */
  committedMicros: number;
  floorMicros: number;
  /** A cap below the floor or below what is committed counts as that. */
  capMicros: number;
  /** What money beyond the committed brings in the time that is left. */
  curve: ResponseCurve;
}

export interface RunningSplit {
  parts: readonly RunningPart[];
  budgetMicros: number;
  /**
   * The most that a share moves, as a share of the budget: of the budget and not of the part's own share, because a part
   * without money could never get any, and a large one would move further than all others together.
   */
  maxChange?: number;
  /** The least gain worth a change, as a share of the response expected now. */
  hysteresis: number;
}

export interface ShareChange {
  /** Index of the part. */
  part: number;
  fromMicros: number;
  toMicros: number;
}

export type Resplit =
  | {
      kind: 'split';
      sharesMicros: number[];
      escrowMicros: number;
      /** In the order to apply: decreases before increases, so that shares never add up to more than the budget. */
      changes: ShareChange[];
    }
  /** What is committed and the floors ask for more than there is. */
  | { kind: 'infeasible'; floorsMicros: number };

/**
 * Shares and escrow add up to the budget exactly; every share is within floor and cap and at least what is committed. No
 * share moves further than `maxChange`, unless its own floor, cap or commitment is further away than that. Money that gains
 * nothing stays where it is: in its part, or in escrow.
 * @throws PlanningError INVALID_CURVE; INVALID_PROBLEM, also for shares that add up to more than the budget
 */
export function resplit({ parts, budgetMicros, maxChange = 0.1, hysteresis }: RunningSplit): Resplit {
  assertRunning({ parts, budgetMicros, maxChange, hysteresis });
  const bounds = parts.map((part) => boundsOf(part, Math.floor(budgetMicros * maxChange)));
  const floorsMicros = bounds.reduce((sum, { floorMicros }) => sum + floorMicros, 0);
  if (floorsMicros > budgetMicros) return { kind: 'infeasible', floorsMicros };
  const sharesMicros = chooseShares(budgetMicros, parts, bounds, Math.max(hysteresis, NOISE));
  return {
    kind: 'split',
    sharesMicros,
    escrowMicros: budgetMicros - sumMicros(sharesMicros),
    changes: changesOf(parts, sharesMicros),
  };
}

/** Gains this small, relative, are rounding. */
const NOISE = 1e-9;

/** Where a share may be: `leastMicros` <= `keptMicros` <= `mostMicros`, all of them from floor to cap. */
interface Bounds {
  /** What limits allow at least, however far away. */
  floorMicros: number;
  leastMicros: number;
  /** The share now, or the limit that it breaks. */
  keptMicros: number;
  mostMicros: number;
}

function boundsOf({ currentMicros, committedMicros, floorMicros, capMicros }: RunningPart, stepMicros: number): Bounds {
  const floor = Math.max(floorMicros, committedMicros);
  const inside = (micros: number) => Math.max(floor, Math.min(capMicros, micros));
  return {
    floorMicros: floor,
    leastMicros: inside(currentMicros - stepMicros),
    keptMicros: inside(currentMicros),
    mostMicros: inside(currentMicros + stepMicros),
  };
}

function chooseShares(
  budgetMicros: number,
  parts: readonly RunningPart[],
  bounds: readonly Bounds[],
  hysteresis: number,
): number[] {
  const kept = bounds.map(({ keptMicros }) => keptMicros);
  const least = bounds.map(({ leastMicros }) => leastMicros);
  const floors = bounds.map(({ floorMicros }) => floorMicros);
  const fits = (shares: readonly number[]) => shares.reduce((sum, share) => sum + share, 0) <= budgetMicros;
  const splitFrom = (from: readonly number[]) => splitBetween(budgetMicros, parts, from, bounds);
  // A limit that has to be met outweighs calm.
  if (!fits(kept)) return splitFrom(fits(least) ? least : floors);
  const filled = splitFrom(kept);
  const moved = splitFrom(least);
  const now = expected(parts, kept);
  const best = expected(parts, moved) - expected(parts, filled) > hysteresis * now ? moved : filled;
  return expected(parts, best) - now > hysteresis * now ? best : kept;
}

/** The best shares of at least `from`; of what would gain nothing as much stays as was there. */
function splitBetween(
  budgetMicros: number,
  parts: readonly RunningPart[],
  from: readonly number[],
  bounds: readonly Bounds[],
): number[] {
  const committedMicros = sumMicros(parts.map((part) => part.committedMicros));
  const split = splitByResponse(
    budgetMicros - committedMicros,
    parts.map((part, index) => ({
      curve: part.curve,
      weight: 0,
      floorMicros: (from[index] as number) - part.committedMicros,
      capMicros: (bounds[index] as Bounds).mostMicros - part.committedMicros,
    })),
  );
  assert(split.kind === 'split', 'resplit: the least shares fit the budget');
  let restMicros = split.escrowMicros;
  return split.sharesMicros.map((share, index) => {
    const shareMicros = share + (parts[index] as RunningPart).committedMicros;
    const back = Math.min(restMicros, Math.max(0, (bounds[index] as Bounds).keptMicros - shareMicros));
    restMicros -= back;
    return shareMicros + back;
  });
}

function expected(parts: readonly RunningPart[], sharesMicros: readonly number[]): number {
  return parts.reduce((sum, { curve, committedMicros }, index) => {
    return sum + responseAt(curve, (sharesMicros[index] as number) - committedMicros);
  }, 0);
}

function changesOf(parts: readonly RunningPart[], sharesMicros: readonly number[]): ShareChange[] {
  const changes = parts.map(({ currentMicros }, part) => {
    return { part, fromMicros: currentMicros, toMicros: sharesMicros[part] as number };
  });
  return [
    ...changes.filter(({ fromMicros, toMicros }) => toMicros < fromMicros),
    ...changes.filter(({ fromMicros, toMicros }) => toMicros > fromMicros),
  ];
}

function assertRunning({ parts, budgetMicros, maxChange, hysteresis }: Required<RunningSplit>): void {
  assertWhole(budgetMicros, 'the budget');
  parts.forEach(({ currentMicros, committedMicros, floorMicros, capMicros, curve }, index) => {
    assertWhole(currentMicros, `the share of part ${index}`);
    assertWhole(committedMicros, `what is committed of part ${index}`);
    assertWhole(floorMicros, `the floor of part ${index}`);
    assertWhole(capMicros, `the cap of part ${index}`);
    assertCurve(curve, `part ${index}`);
  });
  const refuse = (problem: string): never => {
    throw new PlanningError('INVALID_PROBLEM', problem);
  };
  if (!(maxChange >= 0 && maxChange <= 1)) refuse(`the largest change is ${maxChange}, not a share from 0 to 1`);
  if (!(hysteresis >= 0 && hysteresis < Infinity)) refuse(`the hysteresis is ${hysteresis}, not a share of at least 0`);
  const sharesMicros = parts.reduce((sum, { currentMicros }) => sum + currentMicros, 0);
  if (sharesMicros > budgetMicros) refuse(`the shares add up to ${sharesMicros}, the budget is ${budgetMicros}`);
}
