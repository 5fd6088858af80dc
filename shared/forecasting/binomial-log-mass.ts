// How probable a number of successes is, also where the probability itself cannot be written.
import { logGamma } from './log-gamma.ts';

/** Up to so many factors are multiplied out: differences of large ln gamma would lose their last digits. */
const MOST_FACTORS = 64;

/**
 * ln P[Bin(k, x) = m]; -Infinity for what cannot happen.
 * @param slots k, a whole number of at least 0
 * @param offerRate x, from 0 to 1
 * @param count m, a whole number of at least 0
 */
export function binomialLogMass(slots: number, offerRate: number, count: number): number {
  if (count > slots) return -Infinity;
  const missed = slots - count;
  // 0 x -Infinity is no number, but nothing to the power of nothing is 1.
  const taken = count === 0 ? 0 : count * Math.log(offerRate);
  const left = missed === 0 ? 0 : missed * Math.log1p(-offerRate);
  return logChoose(slots, Math.min(count, missed)) + taken + left;
}

function logChoose(slots: number, count: number): number {
  if (count > MOST_FACTORS) return logGamma(slots + 1) - logGamma(count + 1) - logGamma(slots - count + 1);
  let sum = 0;
  for (let index = 0; index < count; index++) sum += Math.log((slots - index) / (index + 1));
  return sum;
}
