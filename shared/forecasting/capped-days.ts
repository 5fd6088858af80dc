// What daily caps let a campaign spend of what its supply would bring, and how much supply a budget takes under them.
/** A part of a campaign, in micros. */
export interface CappedPart {
  /** What supply is expected to bring on each day. */
  days: readonly number[];
  /** Infinity for none. */
  dailyCapMicros: number;
}

export interface CappedDays {
  /** What is spent where supply would bring so much without caps. */
  spentOf: (potentialMicros: number) => number;
  /** What supply must bring without caps so that so much is spent; Infinity where caps leave less. */
  neededFor: (micros: number) => number;
}

/** Steps in which a search by halves becomes exact to a millionth, and the supply, as a multiple of what is expected, where it ends. */
const [HALVINGS, MOST] = [60, 1e6];

/**
 * Supply of all parts and days is taken to turn out the same factor more or less than expected; what is above the cap makes up for no
 * other day.
 */
export function cappedDays(parts: readonly CappedPart[]): CappedDays {
  const expected = parts.reduce((sum, { days }) => sum + days.reduce((all, micros) => all + micros, 0), 0);
  if (expected <= 0 || !parts.some(({ dailyCapMicros }) => dailyCapMicros < Infinity)) {
    return { spentOf: (micros) => micros, neededFor: (micros) => micros };
  }
  const atFactor = (factor: number) =>
    parts.reduce(
      (sum, { days, dailyCapMicros }) =>
        days.reduce((own, micros) => own + Math.min(dailyCapMicros, factor * micros), sum),
      0,
    );
  return {
    spentOf: (micros) => Math.min(micros, atFactor(micros / expected)),
    neededFor(micros) {
      if (micros <= 0) return 0;
      if (atFactor(MOST) < micros * (1 - 1e-9)) return Infinity;
      let [low, high] = [0, MOST];
      for (let halving = 0; halving < HALVINGS; halving++) {
        const middle = low > 0 ? Math.sqrt(low * high) : Math.min(1e-6, high / 2);
        if (atFactor(middle) >= micros * (1 - 1e-9)) high = middle;
        else low = middle;
      }
      return Math.max(micros, high * expected);
    },
  };
}
