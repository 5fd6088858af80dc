// What a market can still sell to a campaign's subcampaigns. A simple rule with the signature of the flow model:
// every subcampaign takes the same fraction of each opportunity it is eligible for ("proportional to supply"), so the
// load of a cell is the sum of the fractions over it, and what is free of a cell is one minus its load.
import type { SupplyDay } from '../contracts/documents.ts';
import { DAY_MS, daysBetween, shareOfDay } from '../forecasting/traffic-clock.ts';
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
  const results = asked.map((demand) => ({
    capacity: 0,
    trafficByDay: daysBetween(demand.startAtMs, demand.endAtMs).map(() => 0),
  }));
  const fractions = sold.map((demand) => soldFraction(demand, supply, nowMs));
  const days = [...new Set(asked.flatMap((demand) => daysBetween(demand.startAtMs, demand.endAtMs)))];
  for (const day of days) {
    const ofDay = supply.get(day);
    if (!ofDay) continue;
    const loads = soldLoads(ofDay, sold, fractions, nowMs);
    const shares = asked.map((demand) => flownShare(ofDay, demand, 0));
    ofDay.cells.forEach((cell, index) => {
      const takers = asked.flatMap((demand, which) => ((shares[which] as number) > 0 && isEligible(demand, cell) ? [which] : []));
      const free = Math.max(0, 1 - (loads[index] as number)) / Math.max(1, takers.length);
      for (const which of takers) {
        const demand = asked[which] as Demand;
        const result = results[which] as (typeof results)[number];
        const valueMicros = (bookableOpportunities(cell) * cell.clickPpm * demand.clickPriceMicros) / 1e6;
        result.capacity += free * flownShare(ofDay, demand, nowMs) * valueMicros;
        const dayOfFlight = Math.floor(Date.parse(day) / DAY_MS) - Math.floor(demand.startAtMs / DAY_MS);
        result.trafficByDay[dayOfFlight] = (result.trafficByDay[dayOfFlight] as number) + (shares[which] as number) * cell.q50;
      }
    });
  }
  return results.map(({ capacity, trafficByDay }) => ({
    capacityMicros: Math.floor(Math.min(capacity, Number.MAX_SAFE_INTEGER)),
    trafficByDay: trafficByDay.map(Math.round),
  }));
}

/** The load that sold demand puts on each cell of a day: fractions of the cell's bookable supply. */
function soldLoads(ofDay: SupplyDay, sold: readonly SoldDemand[], fractions: readonly number[], nowMs: number): number[] {
  const loads = ofDay.cells.map(() => 0);
  sold.forEach((demand, which) => {
    const load = (fractions[which] as number) * flownShare(ofDay, demand, nowMs);
    if (load <= 0) return;
    ofDay.cells.forEach((cell, index) => {
      if (isEligible(demand, cell)) loads[index] = (loads[index] as number) + load;
    });
  });
  return loads;
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
      if (isEligible(demand, cell)) valueMicros += (share * bookableOpportunities(cell) * cell.clickPpm * demand.clickPriceMicros) / 1e6;
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
