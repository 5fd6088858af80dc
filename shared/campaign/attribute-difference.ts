// What each factor of an amount did to it: the parts of a difference that add up to it, to the unit.
import assert from 'node:assert/strict';

/**
 * Shares `delivered - expected` among the factors that made the one of the other: part k is L(d, e) ln ratio_k with the
 * logarithmic mean L(d, e) = (d - e) / ln(d / e), so that the parts add up whatever the order of the factors (LMDI-I; Ang,
 * The LMDI approach to decomposition analysis: a practical guide, Energy Policy 33, 2005). Where nothing was delivered, the
 * limit: what is missing is due to the factors that are 0, in equal parts.
 * @param delivered d, an integer of at least 0
 * @param expected e, an integer above 0
 * @param ratios of each factor, what it was over what it should have been, at least 0; their product is d / e
 * @returns an integer for each factor
 */
export function attributeDifference(delivered: number, expected: number, ratios: readonly number[]): number[] {
  assert(
    expected > 0 && ratios.every((ratio) => ratio >= 0 && ratio < Infinity),
    'a difference has something to be from',
  );
  const difference = delivered - expected;
  const zeros = ratios.filter((ratio) => ratio === 0).length;
  assert(delivered > 0 || zeros > 0, 'nothing is delivered where a factor is 0');
  const parts =
    zeros > 0
      ? ratios.map((ratio) => (ratio === 0 ? Math.round(difference / zeros) : 0))
      : ratios.map((ratio) => Math.round(logarithmicMean(delivered, expected) * Math.log(ratio)));
  // What rounding left over goes where it is least noticed.
  const largest = parts.reduce((best, part, index) => (Math.abs(part) > Math.abs(parts[best] ?? 0) ? index : best), 0);
  const rest = difference - parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part, index) => (index === largest ? part + rest : part) || 0);
}

function logarithmicMean(a: number, b: number): number {
  const log = Math.log(a / b);
  // By its series where a and b are all but the same: (a - b) / log(a / b) loses its digits there.
  return Math.abs(log) < 1e-6 ? (a + b) / 2 : (a - b) / log;
}
