// Splits a budget over parts by what each part's money brings: the next money goes where its average return up to any later
// point of a curve is best, inside floors, caps and locks, exact to the micro.
//
// That is greedy on the upper concave hull of what each curve has left (the rule of Meridian's budget optimiser), optimal
// where curves are concave; where the budget ends inside a convex stretch of a curve, `improveSplit` looks further.
// For concave curves the split is house monotone, as the proportional split is: a larger budget gives no part less, and the
// shares of a budget do not depend on the budgets before it.
import assert from 'node:assert/strict';
import { sumMicros } from '../contracts/micros.ts';
import { improveSplit } from './improve-split.ts';
import { PlanningError } from './planning-error.ts';
import { assertCurve, responseAt, type ResponseCurve } from './response-curve.ts';
import { splitBudget, type Split } from './split-budget.ts';

export interface ResponsePart {
  curve: ResponseCurve;
  /** A whole number in any unit: in proportion to it goes the money that no curve has a use for. */
  weight: number;
  floorMicros: number;
  /** A cap below the floor counts as the floor; a lock is a floor and a cap in one. */
  capMicros: number;
}

/** Slopes this close, relative, are one: parts that differ by rounding alone share alike. */
const TIE = 1e-9;
/** Of the response of a split: for less than this no better one is looked for. */
const NEGLIGIBLE = 1e-6;

/**
 * Shares and escrow add up to the budget exactly; every share is within its part's floor and cap. Parts whose next money
 * brings the same share it in proportion to the lengths of their curves that do, so equal parts get equal shares, to a
 * micro. Money beyond all use goes to parts in proportion to weight; what no cap takes is escrow.
 * `floorsMicros` of a refusal is exact up to 2^53-1 and rounded above.
 * @throws PlanningError INVALID_CURVE, INVALID_PROBLEM
 */
export function splitByResponse(budgetMicros: number, parts: readonly ResponsePart[]): Split {
  assertParts(budgetMicros, parts);
  const floorsMicros = parts.reduce((sum, part) => sum + part.floorMicros, 0);
  if (floorsMicros > budgetMicros) return { kind: 'infeasible', floorsMicros };
  const sharesMicros = parts.map((part) => part.floorMicros);
  let restMicros = budgetMicros - floorsMicros;
  for (const tied of ties(parts.flatMap(hull))) {
    const room = tied.reduce((sum, { part, end }) => sum + end - (sharesMicros[part] as number), 0);
    if (room > restMicros) {
      const takers = tied.map((stretch) => proportional(stretch, parts));
      deal(restMicros, takers, sharesMicros);
      const isConcave = sag(tied, parts, sharesMicros) <= NEGLIGIBLE * worth(parts, sharesMicros);
      const price = (tied[0] as Stretch).slope;
      const near = isConcave ? sharesMicros : improveSplit(parts, sharesMicros, price);
      return { kind: 'split', sharesMicros: near, escrowMicros: 0 };
    }
    for (const { part, end } of tied) sharesMicros[part] = end;
    restMicros -= room;
  }
  const escrowMicros = deal(
    restMicros,
    parts.map((part, index) => beyondUse(part, index, sharesMicros[index] as number)),
    sharesMicros,
  );
  return { kind: 'split', sharesMicros, escrowMicros };
}

/**
 * Refuses what is no amount of money, and no weight either.
 * @param what names the number in the message
 * @throws PlanningError INVALID_PROBLEM
 */
export function assertWhole(amount: number, what: string): void {
  if (!(Number.isSafeInteger(amount) && amount >= 0))
    throw new PlanningError('INVALID_PROBLEM', `${what} is ${amount}, not a whole number from 0 to 2^53-1`);
}

function assertParts(budgetMicros: number, parts: readonly ResponsePart[]): void {
  assertWhole(budgetMicros, 'the budget');
  parts.forEach(({ curve, weight, floorMicros, capMicros }, index) => {
    assertCurve(curve, `part ${index}`);
    assertWhole(weight, `the weight of part ${index}`);
    assertWhole(floorMicros, `the floor of part ${index}`);
    assertWhole(capMicros, `the cap of part ${index}`);
  });
}

/** A stretch of a part's hull. */
interface Stretch {
  part: number;
  slope: number;
  start: number;
  end: number;
}

/**
 * The rising stretches of the upper concave hull of a curve between floor and cap, slopes falling. Found from the slopes of
 * the curve's pieces (pool adjacent violators): a piece that the floor cuts keeps its slope to the last digit.
 */
function hull({ curve: { micros, response }, floorMicros, capMicros }: ResponsePart, part: number): Stretch[] {
  const stretches: Stretch[] = [];
  for (let piece = 1; piece < micros.length; piece++) {
    const [from, to] = [micros[piece - 1] as number, micros[piece] as number];
    let slope = ((response[piece] as number) - (response[piece - 1] as number)) / (to - from);
    let start = Math.max(from, floorMicros);
    const end = Math.min(to, capMicros);
    if (start >= end) continue;
    for (let last = stretches.at(-1); last !== undefined && last.slope < slope; last = stretches.at(-1)) {
      const lastShare = (last.end - last.start) / (end - last.start);
      slope = last.slope * lastShare + slope * (1 - lastShare);
      start = last.start;
      stretches.pop();
    }
    stretches.push({ part, slope, start, end });
  }
  return stretches.filter((stretch) => stretch.slope > 0);
}

/** Stretches of the same slope, steepest first: one of each part, from where its first one starts to where its last one ends. */
function* ties(stretches: Stretch[]): Generator<Stretch[]> {
  // Stable: the stretches of a part stay in their order.
  stretches.sort((one, other) => other.slope - one.slope);
  for (let first = 0, next = 0; first < stretches.length; first = next) {
    const tied: Stretch[] = [];
    const least = (stretches[first] as Stretch).slope * (1 - TIE);
    for (; next < stretches.length && (stretches[next] as Stretch).slope >= least; next++) {
      const stretch = stretches[next] as Stretch;
      const own = tied.find(({ part }) => part === stretch.part);
      if (own) own.end = stretch.end;
      else tied.push(stretch);
    }
    yield tied;
  }
}

/** What shares inside stretches bring less than their hulls promise: none where the curves are concave. */
function sag(stretches: readonly Stretch[], parts: readonly ResponsePart[], sharesMicros: readonly number[]): number {
  return stretches.reduce((sum, { part, slope, start }) => {
    const { curve } = parts[part] as ResponsePart;
    const share = sharesMicros[part] as number;
    return sum + slope * (share - start) - (responseAt(curve, share) - responseAt(curve, start));
  }, 0);
}

function worth(parts: readonly ResponsePart[], sharesMicros: readonly number[]): number {
  return parts.reduce((sum, { curve }, index) => sum + responseAt(curve, sharesMicros[index] as number), 0);
}

/** What a part takes of money that is dealt: in proportion to weight, counted from `fromMicros` and not from its floor. */
interface Taker {
  part: number;
  weight: number;
  fromMicros: number;
  toMicros: number;
}

/**
 * A tied stretch takes in proportion to its length on the whole curve: neither a floor that is less than the proportion
 * nor a cap that is more changes anything.
 */
function proportional({ part, slope, start, end }: Stretch, parts: readonly ResponsePart[]): Taker {
  const { micros, response } = (parts[part] as ResponsePart).curve;
  const isTied = (piece: number) => {
    const rise = (response[piece] as number) - (response[piece - 1] as number);
    return Math.abs(rise / ((micros[piece] as number) - (micros[piece - 1] as number)) - slope) <= TIE * slope;
  };
  let first = micros.findIndex((amount) => amount > start);
  while (first > 0 && isTied(first)) first--;
  let last = micros.findLastIndex((amount) => amount < end);
  while (last + 1 < micros.length && isTied(last + 1)) last++;
  const fromMicros = Math.min(start, micros[first] as number);
  const toMicros = Math.max(end, micros[last] as number);
  return { part, weight: toMicros - fromMicros, fromMicros, toMicros: end };
}

/** Past the last point where its curve rises a part takes in proportion to its weight. */
function beyondUse({ curve, weight, floorMicros, capMicros }: ResponsePart, part: number, shareMicros: number): Taker {
  const toMicros = Math.max(floorMicros, capMicros);
  const most = responseAt(curve, toMicros);
  const last = curve.micros[curve.response.findIndex((response) => response >= most)] ?? toMicros;
  return { part, weight, fromMicros: Math.min(shareMicros, last), toMicros };
}

/** Deals money on top of the shares that takers have; returns what none of them takes. */
function deal(micros: number, takers: readonly Taker[], sharesMicros: number[]): number {
  const held = takers.map(({ part, fromMicros }) => (sharesMicros[part] as number) - fromMicros);
  const split = splitBudget(
    micros + sumMicros(held),
    takers.map(({ weight, fromMicros, toMicros }, index) => ({
      weight,
      floorMicros: held[index] as number,
      capMicros: toMicros - fromMicros,
    })),
  );
  assert(split.kind === 'split', 'splitByResponse: what is held is part of what is dealt');
  takers.forEach(({ part, fromMicros }, index) => {
    sharesMicros[part] = fromMicros + (split.sharesMicros[index] as number);
  });
  return split.escrowMicros;
}
