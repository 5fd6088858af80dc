// What daily caps and caps of parts let a campaign spend of what its supply would bring, and how much supply a budget takes under them.
import { MAX_MICROS } from '../contracts/micros.ts';
import { CLICKS } from './market-supply.ts';
import type { QuotedPart } from './quoted-part.ts';

/** All in micros. */
export interface PacedSpend {
  /** The most that can be spent whatever the supply. */
  limitMicros: number;
  /** What is spent where supply would bring this much without caps. */
  spentOf: (potentialMicros: number) => number;
  /** What supply must bring without caps so that so much is spent; Infinity above the limit. */
  neededFor: (micros: number) => number;
}

/** No cap on money. */
export const UNCAPPED: PacedSpend = {
  limitMicros: Infinity,
  spentOf: (potentialMicros) => potentialMicros,
  neededFor: (micros) => micros,
};

/** Steps in which a search by halves becomes exact to a millionth. */
const HALVINGS = 40;

/**
 * Supply of all parts and days is taken to turn out the same factor more or less than expected; a part spends of each day what comes
 * on it up to its daily cap, and of all days up to its own cap.
 * @param potentialMicros of each part: expected
 */
export function pacedSpend(parts: readonly QuotedPart[], potentialMicros: readonly number[]): PacedSpend {
  const isCapped = parts.some(({ asked, capMicros }) => asked.dailyCapMicros !== undefined || capMicros < MAX_MICROS);
  const expected = potentialMicros.reduce((sum, micros) => sum + micros, 0);
  if (!isCapped || expected <= 0) return UNCAPPED;
  const days = parts.map((part, index) => daysOf(part, potentialMicros[index] as number));
  const atFactor = (factor: number): number => {
    let micros = 0;
    parts.forEach(({ asked: { dailyCapMicros = Infinity }, capMicros }, index) => {
      let own = 0;
      for (const ofDay of days[index] as number[]) own += Math.min(dailyCapMicros, factor * ofDay);
      micros += Math.min(capMicros, own);
    });
    return micros;
  };
  const limitMicros = atFactor(1e12);
  return {
    limitMicros,
    spentOf: (micros) => atFactor(micros / expected),
    neededFor(micros) {
      if (micros > limitMicros) return Infinity;
      let [low, high] = [micros / expected, 1e12];
      if (atFactor(low) >= micros * (1 - 1e-12)) return micros;
      while (low > 0 && high === 1e12 && low < 1e11) {
        if (atFactor(2 * low) >= micros) high = 2 * low;
        else low *= 2;
      }
      for (let halving = 0; halving < HALVINGS; halving++) {
        const middle = (low + high) / 2;
        if (atFactor(middle) >= micros) high = middle;
        else low = middle;
      }
      return high * expected;
    },
  };
}

/** A part's micros by the traffic of its days; all on one where nothing caps a day. */
function daysOf({ asked, market, audiences, flight }: QuotedPart, micros: number): number[] {
  if (!market || asked.dailyCapMicros === undefined) return [micros];
  const { supply } = market;
  const measure = supply.measures[CLICKS] as Float64Array;
  const clicks: number[] = [];
  for (let day = flight.first; day <= flight.last; day++) {
    const share = day === flight.first ? flight.firstShare : day === flight.last ? flight.lastShare : 1;
    let ofDay = 0;
    for (const audience of audiences) ofDay += measure[day * supply.audiences.length + audience] as number;
    clicks.push(share * ofDay);
  }
  const all = clicks.reduce((sum, ofDay) => sum + ofDay, 0);
  return all > 0 ? clicks.map((ofDay) => (micros * ofDay) / all) : [micros];
}
