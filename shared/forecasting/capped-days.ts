// What daily caps and caps of parts let a campaign spend of what its supply would bring, and how much supply a budget takes under them.
/** A part of a campaign, in micros. */
export interface CappedPart {
  /** What supply is expected to bring on each day. */
  days: readonly number[];
  /** Infinity for none. */
  dailyCapMicros: number;
  /** Of all days together; Infinity when absent. */
  capMicros?: number;
}

export interface CappedDays {
  isCapped: boolean;
  /** What is spent where supply would bring so much without caps. */
  spentOf: (potentialMicros: number) => number;
  /** What supply must bring without caps so that so much is spent; Infinity where caps leave less. */
  neededFor: (micros: number) => number;
}

/** No cap on money. */
export const UNCAPPED: CappedDays = { isCapped: false, spentOf: (micros) => micros, neededFor: (micros) => micros };

/** What rounding may leave of a budget, and the supply, as a multiple of what is expected, where a search ends. */
const [NEARLY, MOST] = [1 - 1e-9, 1e6];

/**
 * Supply of all parts and days is taken to turn out the same factor more or less than expected; what is above a cap makes up for no
 * other day and no other part.
 */
export function cappedDays(parts: readonly CappedPart[]): CappedDays {
  const expected = parts.reduce((sum, { days }) => sum + days.reduce((all, micros) => all + micros, 0), 0);
  const isCapped = parts.some(
    ({ dailyCapMicros, capMicros = Infinity }) => Math.min(dailyCapMicros, capMicros) < Infinity,
  );
  if (expected <= 0 || !isCapped) return UNCAPPED;
  return {
    isCapped,
    spentOf: (micros) => Math.min(micros, spentAt(parts, micros / expected).micros),
    neededFor(micros) {
      if (micros <= 0) return 0;
      const wanted = micros * NEARLY;
      // What is spent is concave and of straight pieces: from below, each of Newton's steps leaves a piece behind.
      for (let factor = micros / expected; factor < MOST;) {
        const { micros: spent, slope } = spentAt(parts, factor);
        if (spent >= wanted) return Math.max(micros, factor * expected);
        if (slope <= 0) return Infinity;
        factor = Math.max(factor * (1 + 1e-12), factor + (micros - spent) / slope);
      }
      return Infinity;
    },
  };
}

/** What is spent of so many times the expected supply, and how fast that rises. */
function spentAt(parts: readonly CappedPart[], factor: number): { micros: number; slope: number } {
  let [micros, slope] = [0, 0];
  for (const { days, dailyCapMicros, capMicros = Infinity } of parts) {
    let [own, rise] = [0, 0];
    for (const ofDay of days) {
      const isFull = factor * ofDay >= dailyCapMicros;
      own += isFull ? dailyCapMicros : factor * ofDay;
      rise += isFull ? 0 : ofDay;
    }
    micros += Math.min(capMicros, own);
    slope += own < capMicros ? rise : 0;
  }
  return { micros, slope };
}
