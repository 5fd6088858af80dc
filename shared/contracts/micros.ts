// Money arithmetic. Money is integer micros of the account's currency, 0 <= x <= 2^53-1; a product of two
// amounts passes 2^53, so proportions go through BigInt.
import assert from 'node:assert/strict';

/** The largest amount a number holds exactly: 2^53 - 1 micros. */
export const MAX_MICROS = Number.MAX_SAFE_INTEGER;

/**
 * floor(a x b / c) without losing a micro.
 * @param a micros, or any non-negative safe integer
 * @param b non-negative safe integer
 * @param c positive safe integer
 */
export function mulDiv(a: number, b: number, c: number): number {
  const product = a * b;
  if (product <= MAX_MICROS) return Math.floor(product / c);
  const quotient = (BigInt(a) * BigInt(b)) / BigInt(c);
  assert(quotient <= BigInt(MAX_MICROS), 'mulDiv: the quotient does not fit 2^53-1');
  return Number(quotient);
}

/** The sum of amounts; a sum past 2^53-1 is a programmer error, never a rounded number. */
export function sumMicros(amounts: Iterable<number>): number {
  let sum = 0;
  for (const amount of amounts) sum += amount;
  assert(Number.isSafeInteger(sum), 'sumMicros: the sum does not fit 2^53-1');
  return sum;
}
