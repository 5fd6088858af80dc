// What one listener is expected to be shown under a frequency cap.
import { binomialLogMass } from './binomial-log-mass.ts';

/**
 * E[min(Bin(k, x), c)]: exposures of a listener with k slots, each taken with probability x, until there are c of them.
 * The sum over the shorter tail of the binomial law, started where that law can be written in floating point; relative
 * error below 1e-8.
 * @param slots k, a whole number of at least 0
 * @param offerRate x, from 0 to 1
 * @param cap c, a whole number of at least 0, or Infinity
 */
export function cappedExposures(slots: number, offerRate: number, cap: number): number {
  if (slots === 0 || offerRate === 0 || cap === 0) return 0;
  if (offerRate === 1) return Math.min(slots, cap);
  if (slots <= cap) return slots * offerRate;
  if (cap === 1) return -Math.expm1(slots * Math.log1p(-offerRate));
  const mean = slots * offerRate;
  return cap > mean ? mean - beyond(slots, offerRate, cap) : cap - missing(slots, offerRate, cap);
}

/** E[(Bin(k, x) - c)+], summed upwards from c + 1, where the law falls when c is above its mean. */
function beyond(slots: number, offerRate: number, cap: number): number {
  const odds = offerRate / (1 - offerRate);
  let mass = Math.exp(binomialLogMass(slots, offerRate, cap + 1));
  let sum = 0;
  for (let count = cap + 1; count <= slots; count++) {
    const term = (count - cap) * mass;
    sum += term;
    mass *= ((slots - count) / (count + 1)) * odds;
    if (term <= 1e-17 * sum) break;
  }
  return sum;
}

/** E[(c - Bin(k, x))+], summed downwards from c - 1, where the law falls when c is below its mean. */
function missing(slots: number, offerRate: number, cap: number): number {
  const odds = (1 - offerRate) / offerRate;
  let mass = Math.exp(binomialLogMass(slots, offerRate, cap - 1));
  let sum = 0;
  for (let count = cap - 1; count >= 0; count--) {
    const term = (cap - count) * mass;
    sum += term;
    mass *= (count / (slots - count + 1)) * odds;
    if (term <= 1e-17 * sum) break;
  }
  return sum;
}
