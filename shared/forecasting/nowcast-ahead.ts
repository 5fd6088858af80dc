// What hours already seen today do to a forecast made before them: the rest of today moves, days after it less and less.
import { nowcastFactor, type NowcastSpreads, type Observation } from './nowcast.ts';

/** What is left of a day's surprise a day later, as a logarithm. */
const MEMORY = 0.5;

/**
 * What the coming hours of an older forecast are multiplied by: the factor of the hours seen ({@link nowcastFactor}) in
 * the hour that comes next, half of its logarithm a day later, a quarter two days later.
 * @param seen hours since the forecast was made, what it said of them and what came
 * @param spreads of the day's factor, and of an hour around it
 * @param hours how many to give factors for
 * @throws RangeError as {@link nowcastFactor}
 */
export function nowcastAhead(seen: readonly Observation[], spreads: NowcastSpreads, hours: number): Float64Array {
  const surprise = Math.log(nowcastFactor(seen, spreads));
  return Float64Array.from({ length: hours }, (_, index) => Math.exp(surprise * MEMORY ** (index / 24)));
}
