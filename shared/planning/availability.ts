// What a market can still sell to a campaign's subcampaigns. A simple rule with the signature of the flow model:
// every subcampaign takes the same fraction of each opportunity it is eligible for ("proportional to supply"), so the
// load of a cell is the sum of the fractions over it, what is free of a cell is one minus its load, and a subcampaign
// can take the fraction that its fullest cell has free in its fullest hour. Safe, and modest: it never moves anybody
// aside, so one full cell closes every audience that it is part of.
import type { SupplyDay } from '../contracts/documents.ts';
import { MAX_MICROS } from '../contracts/micros.ts';
import { DAY_MS, HOUR_MS, daysBetween, shareOfDay } from '../forecasting/traffic-clock.ts';
import { bookableOpportunities } from '../forecasting/supply-quantile.ts';

/** The audience of a subcampaign and what it pays. */
export interface Demand {
  segments: readonly string[];
  surfaces: readonly string[];
  clickPriceMicros: number;
  startAtMs: number;
  endAtMs: number;
}

/** Demand that has been sold already, with the money it has still to spend. */
export interface SoldDemand extends Demand {
  remainingMicros: number;
}

export interface Availability {
  /** What the subcampaign could spend on supply that nobody else was sold, whole micros. */
  capacityMicros: number;
  /** What it could spend if nobody else had been sold anything. Whoever came before changes nothing about it. */
  emptyMarketMicros: number;
  /** Expected (q50) opportunities of its audience on each day of its flight, from the day it starts. */
  trafficByDay: number[];
}

/**
 * Availability of each asked subcampaign of one market. Subcampaigns asked together that share a cell share what is
 * free of it equally, so that all may be accepted at their capacity.
 * @param supply the market's supply by day; a day without supply offers nothing
 * @param nowMs what has passed of a flight offers nothing
 */
export function availability(
  asked: readonly Demand[],
  sold: readonly SoldDemand[],
  supply: ReadonlyMap<string, SupplyDay>,
  nowMs: number,
): Availability[] {
  const fractions = asked.map(() => 1);
  const emptyMarketFractions = asked.map(() => 1);
  const traffic = asked.map((demand) => daysBetween(demand.startAtMs, demand.endAtMs).map(() => 0));
  const soldFractions = sold.map((demand) => soldFraction(demand, supply, nowMs));
  const days = [...new Set(asked.flatMap((demand) => daysBetween(demand.startAtMs, demand.endAtMs)))];
  for (const day of days) {
    const ofDay = supply.get(day);
    if (!ofDay) continue;
    const loads = hourlyLoads(ofDay, sold, soldFractions, nowMs);
    const hours = asked.map((demand) => hoursOfDay(ofDay, demand, nowMs));
    const shares = asked.map((demand) => flownShare(ofDay, demand, 0));
    ofDay.cells.forEach((cell, index) => {
      const takers = asked.flatMap((demand, which) =>
        (shares[which] as number) > 0 && isEligible(demand, cell) ? [which] : [],
      );
      for (const which of takers) {
        const { startAtMs } = asked[which] as Demand;
        const dayOfFlight = Math.floor(Date.parse(day) / DAY_MS) - Math.floor(startAtMs / DAY_MS);
        const ofFlight = traffic[which] as number[];
        ofFlight[dayOfFlight] = (ofFlight[dayOfFlight] as number) + (shares[which] as number) * cell.q50;
        if (bookableOpportunities(cell) <= 0) continue;
        const free = freeFraction(loads[index] as Float64Array, hours[which] as Hours) / takers.length;
        fractions[which] = Math.min(fractions[which] as number, free);
        emptyMarketFractions[which] = Math.min(emptyMarketFractions[which] as number, 1 / takers.length);
      }
    });
  }
  return asked.map((demand, which) => {
    const valueMicros = flightValueMicros(demand, supply, nowMs);
    return {
      capacityMicros: wholeMicros((fractions[which] as number) * valueMicros),
      emptyMarketMicros: wholeMicros((emptyMarketFractions[which] as number) * valueMicros),
      trafficByDay: (traffic[which] as number[]).map(Math.round),
    };
  });
}

function wholeMicros(amount: number): number {
  return Math.floor(Math.min(amount, MAX_MICROS));
}

/** Hours of a day, `from` included and `to` not; none when they are equal. */
interface Hours {
  from: number;
  to: number;
}

/** The hours of a day that a flight still touches. */
function hoursOfDay({ day }: SupplyDay, { startAtMs, endAtMs }: Demand, nowMs: number): Hours {
  const hourOf = (atMs: number) => Math.min(24, Math.max(0, (atMs - Date.parse(day)) / HOUR_MS));
  const from = Math.floor(hourOf(Math.max(nowMs, startAtMs)));
  return { from, to: Math.max(from, Math.ceil(hourOf(endAtMs))) };
}

/** The load that sold demand puts on each cell in each hour of a day: fractions of its opportunities. */
function hourlyLoads(
  ofDay: SupplyDay,
  sold: readonly SoldDemand[],
  fractions: readonly number[],
  nowMs: number,
): Float64Array[] {
  // First the steps, where a flight begins or ends; their running sums are the loads.
  const loads = ofDay.cells.map(() => new Float64Array(25));
  sold.forEach((demand, which) => {
    const { from, to } = hoursOfDay(ofDay, demand, nowMs);
    const fraction = fractions[which] as number;
    if (from === to || fraction === 0) return;
    ofDay.cells.forEach((cell, index) => {
      if (!isEligible(demand, cell)) return;
      const steps = loads[index] as Float64Array;
      steps[from] = (steps[from] as number) + fraction;
      steps[to] = (steps[to] as number) - fraction;
    });
  });
  for (const load of loads) {
    for (let hour = 1; hour < 24; hour++) load[hour] = (load[hour] as number) + (load[hour - 1] as number);
  }
  return loads;
}

/** What is free of a cell in the fullest of these hours. */
function freeFraction(load: Float64Array, { from, to }: Hours): number {
  let fullest = 0;
  for (let hour = from; hour < to; hour++) fullest = Math.max(fullest, load[hour] as number);
  return Math.max(0, 1 - fullest);
}

/** The fraction of every eligible opportunity that sold demand needs for what it has still to spend. */
function soldFraction(demand: SoldDemand, supply: ReadonlyMap<string, SupplyDay>, nowMs: number): number {
  if (demand.remainingMicros <= 0 || demand.endAtMs <= nowMs) return 0;
  const valueMicros = flightValueMicros(demand, supply, nowMs);
  return valueMicros > 0 ? Math.min(1, demand.remainingMicros / valueMicros) : 1;
}

/** What all bookable supply of the rest of a flight is worth to a subcampaign, in micros. */
function flightValueMicros(demand: Demand, supply: ReadonlyMap<string, SupplyDay>, nowMs: number): number {
  let valueMicros = 0;
  for (const day of daysBetween(Math.max(nowMs, demand.startAtMs), demand.endAtMs)) {
    const ofDay = supply.get(day);
    if (!ofDay) continue;
    const share = flownShare(ofDay, demand, nowMs);
    for (const cell of ofDay.cells) {
      if (isEligible(demand, cell))
        valueMicros += (share * bookableOpportunities(cell) * cell.clickPpm * demand.clickPriceMicros) / 1e6;
    }
  }
  return valueMicros;
}

/** The share of a day's opportunities inside the flight and not before `fromAtMs`. */
function flownShare(ofDay: SupplyDay, demand: Demand, fromAtMs: number): number {
  return shareOfDay(ofDay.hourShape, Date.parse(ofDay.day), Math.max(fromAtMs, demand.startAtMs), demand.endAtMs);
}

/** Whether a cell is in the audience. */
export function isEligible(
  demand: Pick<Demand, 'segments' | 'surfaces'>,
  cell: { segment: string; surface: string },
): boolean {
  return demand.segments.includes(cell.segment) && demand.surfaces.includes(cell.surface);
}
