// The price of one campaign alone: the least value for its money that it may accept and still spend all it has on what is to
// come. What is to come is kept as money by what it buys, in steps of equal ratio, so that solving costs no sort.

const STEPS_PER_OCTAVE = 32;
const OCTAVES = 48;

/** Steps that {@link ratioStep} gives. */
export const RATIO_STEPS = 2 * OCTAVES * STEPS_PER_OCTAVE;

/**
 * The step of what `value` buys at `price`, 0 to {@link RATIO_STEPS} - 1, rising with value / price; -1 for what costs nothing:
 * that is won at any threshold.
 */
export function ratioStep(value: number, price: number): number {
  if (price <= 0) return -1;
  const place = Math.floor((Math.log2(value / price) + OCTAVES) * STEPS_PER_OCTAVE);
  return Math.min(RATIO_STEPS - 1, Math.max(0, place));
}

/**
 * The threshold of value / price at which what is accepted costs just the money: 0 when there is money for all of it,
 * infinite without any money.
 * @param cost of what is to come, by {@link ratioStep}
 */
export function solveThreshold(cost: Float64Array, money: number): number {
  if (!(money > 0)) return Infinity;
  let left = money;
  for (let step = RATIO_STEPS - 1; step >= 0; step--) {
    const own = cost[step] as number;
    if (own > 0 && own >= left) return 2 ** ((step + 1 - left / own) / STEPS_PER_OCTAVE - OCTAVES);
    left -= own;
  }
  return 0;
}
