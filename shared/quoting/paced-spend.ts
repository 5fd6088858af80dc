// What daily caps and caps of parts leave of a request's money.
import { MAX_MICROS } from '../contracts/micros.ts';
import { cappedDays, type CappedDays } from '../forecasting/capped-days.ts';
import { CLICKS } from './market-supply.ts';
import type { QuotedPart } from './quoted-part.ts';

/** @param potentialMicros of each part: expected */
export function pacedSpend(parts: readonly QuotedPart[], potentialMicros: readonly number[]): CappedDays {
  return cappedDays(
    parts.map((part, index) => ({
      days: daysOf(part, potentialMicros[index] as number),
      dailyCapMicros: part.asked.dailyCapMicros ?? Infinity,
      capMicros: part.capMicros < MAX_MICROS ? part.capMicros : Infinity,
    })),
  );
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
