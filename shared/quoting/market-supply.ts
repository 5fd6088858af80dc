// What a market has on the days ahead, day by day and audience by audience, as sums of which a flight takes differences.
import type { SupplyDay } from '../contracts/documents.ts';
import { bookableOpportunities } from '../forecasting/supply-quantile.ts';
import { DAY_MS, HOUR_MS, dayOf } from '../forecasting/traffic-clock.ts';

/** Of a day's cell: number = day x audiences + audience; amounts are of its whole UTC day. */
export interface MarketSupply {
  /** Nothing before it is offered. */
  asOfMs: number;
  /** Days since 1970 of day 0, and how many days there are up to the last one that is known. */
  firstDay: number;
  days: number;
  known: readonly (SupplyDay | undefined)[];
  audiences: readonly { segment: string; surface: string }[];
  /** Opportunities (median), clicks of them, clicks that may be booked, conversions. */
  measures: readonly Float64Array[];
  /** Of each measure: sums over the days before, one day more than there are. */
  sums: readonly Float64Array[];
  /** Of each day, by audience: the impressions behind its click rate, without end where it is taken as known. */
  trials: readonly Float64Array[];
  /** Of each day: the share of its opportunities before each hour, 25 numbers. */
  before: Float64Array;
}

/** A rate of which nobody says how sure it is was given by people: it is taken as known. */
const KNOWN_TRIALS = 1e9;

/** The places of measures. */
export const [OPPORTUNITIES, CLICKS, BOOKABLE, CONVERSIONS] = [0, 1, 2, 3] as const;

/** What of a flight is to come: days from `first` to `last`, and which part of those two. Empty where `last` is before `first`. */
export interface FlightDays {
  first: number;
  last: number;
  firstShare: number;
  lastShare: number;
}

/** @param supply by day; days that are over do not count, days between that are not known have nothing */
export function marketSupply(supply: ReadonlyMap<string, SupplyDay>, asOfMs: number): MarketSupply {
  const firstDay = Math.floor(asOfMs / DAY_MS);
  const last = Math.max(firstDay - 1, ...[...supply.keys()].map((day) => Math.round(Date.parse(day) / DAY_MS)));
  const days = last - firstDay + 1;
  const known = Array.from({ length: days }, (_, day) => supply.get(dayOf((firstDay + day) * DAY_MS)));
  const places = new Map<string, number>();
  const audiences: { segment: string; surface: string }[] = [];
  for (const { segment, surface } of known.flatMap((day) => day?.cells ?? [])) {
    const name = JSON.stringify([segment, surface]);
    if (places.has(name)) continue;
    places.set(name, audiences.length);
    audiences.push({ segment, surface });
  }
  const width = audiences.length;
  const measures = [0, 1, 2, 3].map(() => new Float64Array(days * width));
  const trials = known.map(() => new Float64Array(width));
  const before = new Float64Array(days * 25);
  known.forEach((ofDay, day) => {
    if (!ofDay) return;
    for (let hour = 0; hour < 24; hour++)
      before[day * 25 + hour + 1] = (before[day * 25 + hour] as number) + (ofDay.hourShape[hour] ?? 0);
    for (const cell of ofDay.cells) {
      const audience = places.get(JSON.stringify([cell.segment, cell.surface])) as number;
      const place = day * width + audience;
      (trials[day] as Float64Array)[audience] = cell.clickTrials ?? KNOWN_TRIALS;
      const clicks = (cell.q50 * cell.clickPpm) / 1e6;
      const amounts = [
        cell.q50,
        clicks,
        (Math.max(0, bookableOpportunities(cell)) * cell.clickPpm) / 1e6,
        (clicks * (cell.conversionPpm ?? 0)) / 1e6,
      ];
      amounts.forEach((amount, index) => {
        const measure = measures[index] as Float64Array;
        measure[place] = (measure[place] as number) + amount;
      });
    }
  });
  return {
    asOfMs,
    firstDay,
    days,
    known,
    audiences,
    measures,
    sums: measures.map((of) => runningSums(of, width)),
    trials,
    before,
  };
}

function runningSums(measure: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(measure.length + width);
  for (let place = 0; place < measure.length; place++)
    sums[place + width] = (sums[place] as number) + (measure[place] as number);
  return sums;
}

/** The share of day `day` between two instants, 0 to 1. */
function shareBetween({ before, firstDay }: MarketSupply, day: number, fromMs: number, toMs: number): number {
  const midnightMs = (firstDay + day) * DAY_MS;
  const until = (atMs: number): number => {
    const hours = Math.max(0, Math.min(24, (atMs - midnightMs) / HOUR_MS));
    const hour = Math.min(23, Math.floor(hours));
    const at = before[day * 25 + hour] as number;
    return at + (hours - hour) * ((before[day * 25 + hour + 1] as number) - at);
  };
  return Math.max(0, until(toMs) - until(fromMs));
}

/** What is to come of a flight. */
export function flightDays(supply: MarketSupply, startAtMs: number, endAtMs: number): FlightDays {
  const fromMs = Math.max(startAtMs, supply.asOfMs);
  const first = Math.floor(fromMs / DAY_MS) - supply.firstDay;
  const last = Math.min(supply.days, Math.ceil(endAtMs / DAY_MS) - supply.firstDay) - 1;
  if (fromMs >= endAtMs || last < first) return { first: 0, last: -1, firstShare: 0, lastShare: 0 };
  return {
    first,
    last,
    firstShare: shareBetween(supply, first, fromMs, endAtMs),
    lastShare: shareBetween(supply, last, fromMs, endAtMs),
  };
}

/** A measure of one audience over a flight. */
export function overFlight(supply: MarketSupply, measure: number, audience: number, flight: FlightDays): number {
  const { first, last, firstShare, lastShare } = flight;
  if (last < first) return 0;
  const width = supply.audiences.length;
  const [of, sums] = [supply.measures[measure] as Float64Array, supply.sums[measure] as Float64Array];
  const edge = firstShare * (of[first * width + audience] as number);
  if (last === first) return edge;
  const inside = (sums[last * width + audience] as number) - (sums[(first + 1) * width + audience] as number);
  return edge + inside + lastShare * (of[last * width + audience] as number);
}
