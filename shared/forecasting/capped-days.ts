// What daily caps let a campaign spend of what its supply would bring, and how much supply a budget takes under them.
import { normalCdf } from './normal-cdf.ts';

/** A part of a campaign, in micros. */
export interface CappedPart {
  /** What supply is expected to bring on each day. */
  days: readonly number[];
  /** Infinity for none. */
  dailyCapMicros: number;
  clickPriceMicros: number;
}

export interface CappedDays {
  /** What is spent where supply would bring so much without caps. */
  spentOf(potentialMicros: number): number;
  /** What supply must bring without caps so that so much is spent; Infinity where caps leave less. */
  neededFor(micros: number): number;
}

/** Steps in which a search by halves becomes exact to a millionth, and the supply, as a multiple of what is expected, where it ends. */
const [HALVINGS, MOST] = [60, 1e6];

/**
 * Supply of all parts and days is taken to turn out the same factor more or less than expected. What a day brings varies as clicks do, by
 * the square root of their number, and what is above the cap makes up for no other day.
 */
export function cappedDays(parts: readonly CappedPart[]): CappedDays {
  const expected = parts.reduce((sum, { days }) => sum + days.reduce((all, micros) => all + micros, 0), 0);
  if (expected <= 0 || !parts.some(({ dailyCapMicros }) => dailyCapMicros < Infinity)) {
    return { spentOf: (micros) => micros, neededFor: (micros) => micros };
  }
  const atFactor = (factor: number) =>
    parts.reduce((sum, part) => part.days.reduce((own, micros) => own + spentOfDay(factor * micros, part), sum), 0);
  return {
    spentOf: (micros) => Math.min(micros, atFactor(micros / expected)),
    neededFor(micros) {
      if (micros <= 0) return 0;
      if (atFactor(MOST) < micros) return Infinity;
      let [low, high] = [0, MOST];
      for (let halving = 0; halving < HALVINGS; halving++) {
        const middle = low > 0 ? Math.sqrt(low * high) : Math.min(1e-6, high / 2);
        if (atFactor(middle) >= micros) high = middle;
        else low = middle;
      }
      return Math.max(micros, high * expected);
    },
  };
}

/** The mean of the lesser of the cap and a normal number of clicks, with the variance that clicks have. */
function spentOfDay(micros: number, { dailyCapMicros, clickPriceMicros }: CappedPart): number {
  if (dailyCapMicros === Infinity || micros <= 0) return Math.max(0, micros);
  const deviation = Math.sqrt(micros * clickPriceMicros);
  const away = (dailyCapMicros - micros) / deviation;
  const density = Math.exp((-away * away) / 2) / Math.sqrt(2 * Math.PI);
  const below = normalCdf(away);
  return Math.max(0, micros * below + dailyCapMicros * (1 - below) - deviation * density);
}
