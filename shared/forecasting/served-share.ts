// Who is served where a market falls short: plans give what there is to those whose clicks are worth more, and what is sold of the
// days to come falls short the more often the longer it has to wait.
import type { SupplyDay } from '../contracts/documents.ts';
import { bookableOpportunities } from './supply-quantile.ts';
import { DAY_MS, daysBetween } from './traffic-clock.ts';

/** What is sold of a market, for {@link servedShare}. */
export interface MarketPressure {
  /** Of what can be sold of the days that begin now: the part that is, 0 to 1. */
  load: number;
  /** Prices of what is sold, ascending, and of each the share, in clicks, of all that is sold at more than it. */
  pricesMicros: Float64Array;
  dearerShares: Float64Array;
}

export interface SoldLine {
  clickPriceMicros: number;
  startAtMs: number;
  endAtMs: number;
  remainingMicros: number;
}

/** Days that tell how much of its supply a market sells in the end. */
const TELLING_DAYS = 3;

/**
 * @param sold lines evenly over what is to come of their flights
 * @param supply by day; days that are not known have nothing
 */
export function marketPressure(
  sold: readonly SoldLine[],
  supply: ReadonlyMap<string, SupplyDay>,
  nowMs: number,
): MarketPressure {
  const untilMs = nowMs + TELLING_DAYS * DAY_MS;
  let [due, all, bookable] = [0, 0, 0];
  const lines = sold
    .filter(({ remainingMicros, endAtMs }) => remainingMicros > 0 && endAtMs > nowMs)
    .sort((one, other) => one.clickPriceMicros - other.clickPriceMicros);
  for (const { clickPriceMicros, startAtMs, endAtMs, remainingMicros } of lines) {
    const clicks = remainingMicros / clickPriceMicros;
    const fromMs = Math.max(nowMs, startAtMs);
    all += clicks;
    due += (clicks * Math.max(0, Math.min(endAtMs, untilMs) - fromMs)) / (endAtMs - fromMs);
  }
  for (const day of daysBetween(nowMs, untilMs)) {
    const share = (Math.min(untilMs, Date.parse(day) + DAY_MS) - Math.max(nowMs, Date.parse(day))) / DAY_MS;
    for (const cell of supply.get(day)?.cells ?? [])
      bookable += (share * Math.max(0, bookableOpportunities(cell)) * cell.clickPpm) / 1e6;
  }
  let dearer = all;
  const dearerShares = Float64Array.from(lines, ({ clickPriceMicros, remainingMicros }) => {
    dearer -= remainingMicros / clickPriceMicros;
    return Math.max(0, dearer / all);
  });
  return {
    load: due <= 0 ? 0 : due < bookable ? due / bookable : 1,
    pricesMicros: Float64Array.from(lines, ({ clickPriceMicros }) => clickPriceMicros),
    dearerShares,
  };
}

/** Of all that is sold, in clicks, the share at more than a price; half where nothing is sold. */
export function dearerShare({ pricesMicros, dearerShares }: MarketPressure, clickPriceMicros: number): number {
  const count = pricesMicros.length;
  if (count === 0) return 0.5;
  if (clickPriceMicros < (pricesMicros[0] as number)) return 1;
  let [low, high] = [0, count];
  // The last line that is not dearer.
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((pricesMicros[middle] as number) <= clickPriceMicros) low = middle;
    else high = middle;
  }
  return dearerShares[low] as number;
}

/**
 * What a line of a market that is sold out gets of its supply, as a logarithm: less for each part of the market that is dearer, and for
 * each day from the booking to the middle of its flight, in which forecasts fall that others were sold on. Simulated seasons from calm
 * to crowded (test/bench/season.ts, seeds from 101 on) are fitted by these.
 */
const [MOST, LOST_TO_DEARER, LOST_IN_A_DAY] = [0.2645, 0.157, 0.0265];

/**
 * What a line gets beside what is free for it by the forecast: above 1 where others give way to it. 1 in a market that sells nothing.
 */
export function servedShare(
  pressure: MarketPressure,
  { clickPriceMicros, startAtMs, endAtMs }: Pick<SoldLine, 'clickPriceMicros' | 'startAtMs' | 'endAtMs'>,
  nowMs: number,
): number {
  const { load } = pressure;
  if (load === 0) return 1;
  const waitDays = Math.max(0, (Math.max(nowMs, startAtMs) + endAtMs) / 2 - nowMs) / DAY_MS;
  return Math.exp(load * (MOST - LOST_TO_DEARER * dearerShare(pressure, clickPriceMicros) - LOST_IN_A_DAY * waitDays));
}
