// What a long history says that another cell can use: its level, its shape of the day and the week, and how it moves.
import type { HourlyHistory } from './clean-observations.ts';
import { WEEK_HOURS, hourOfWeek } from './fill-gaps.ts';

export interface HistorySummary {
  /** Logarithm of the mean amount of an hour. */
  logLevel: number;
  /** By hour of the week, of hours of the day, of weekdays: logarithms around their mean. */
  logShape: number[];
  logDay: number[];
  logWeekdays: number[];
  /** Standard deviations of logarithms: hours around their day, days around the level, the level from day to day. */
  hourSpread: number;
  daySpread: number;
  driftSpread: number;
  isCounted: boolean;
}

const LEAST_DAYS = 14;
/** Eight weeks: what is older says little of now. */
const MOST_DAYS = 56;
/** Shares smaller than this part of an even one count as this part: no hour is ever impossible. */
const LEAST_SHARE = 0.02;
const LEAST_SPREAD = { hour: 0.02, day: 0.01, drift: 0.002 };
const HALF_EVENT = 0.5;
/** Quantiles of the half normal law. */
const [Q95, Q80] = [1.959963984540054, 1.2815515655446004];

/**
 * Of the whole UTC days at the end of a clean history, eight weeks at most. Days count alike however large they were, so
 * that a spike moves one day's shape only.
 * @returns undefined with less than two weeks of whole days or no traffic at all
 */
export function summariseHistory({ startHour, values }: HourlyHistory): HistorySummary | undefined {
  const endDay = Math.floor((startHour + values.length) / 24);
  const count = Math.min(MOST_DAYS, endDay - Math.ceil(startHour / 24));
  if (count < LEAST_DAYS) return undefined;
  const firstHour = (endDay - count) * 24;
  const days = Array.from({ length: count }, (_, day) => {
    const from = firstHour + day * 24 - startHour;
    return values.subarray(from, from + 24);
  });
  const totals = days.map((day) => day.reduce((sum, value) => sum + value, 0));
  const level = totals.reduce((sum, total) => sum + total, 0) / (24 * count);
  if (!(level > 0 && level < Infinity)) return undefined;
  const isCounted = values.every(Number.isInteger);
  const weekdays = weekdayFactors(totals, firstHour);
  const profile = weekProfile(days, totals, firstHour);
  const shape = profile.map((share, hour) => share * (weekdays[Math.floor(hour / 24)] as number));
  const logDay = Array.from({ length: 24 }, (_, hour) => {
    return Math.log(profile.reduce((sum, share, of) => sum + (of % 24 === hour ? share : 0), 0) / 7);
  });
  return {
    logLevel: Math.log(level),
    logShape: centred(shape.map(Math.log)),
    logDay: centred(logDay),
    logWeekdays: centred(weekdays.map(Math.log)),
    hourSpread: hourSpreadOf(days, totals, profile, firstHour, isCounted),
    ...daySpreadsOf(totals, weekdays, firstHour),
    isCounted,
  };
}

function weekdayOf(firstHour: number, day: number): number {
  return hourOfWeek(firstHour + day * 24) / 24;
}

/** The mean of each weekday's total over that of the seven days around it, 1 on average. */
function weekdayFactors(totals: readonly number[], firstHour: number): number[] {
  const [sums, counts] = [new Float64Array(7), new Float64Array(7)];
  totals.forEach((total, day) => {
    const from = Math.max(0, Math.min(totals.length - 7, day - 3));
    const around = totals.slice(from, from + 7).reduce((sum, value) => sum + value, 0) / 7;
    if (around === 0) return;
    const weekday = weekdayOf(firstHour, day);
    sums[weekday] = (sums[weekday] as number) + total / around;
    counts[weekday] = (counts[weekday] as number) + 1;
  });
  return normalised(Array.from(sums, (sum, weekday) => sum / Math.max(1, counts[weekday] as number)));
}

/** By hour of the week, the share of its day (1 when even), with one more week that is like the mean of all weekdays. */
function weekProfile(days: readonly Float64Array[], totals: readonly number[], firstHour: number): number[] {
  const [ofWeek, ofDay] = [new Float64Array(WEEK_HOURS), new Float64Array(24)];
  const seen = new Float64Array(7);
  days.forEach((day, index) => {
    const total = totals[index] as number;
    if (total === 0) return;
    const weekday = weekdayOf(firstHour, index);
    seen[weekday] = (seen[weekday] as number) + 1;
    day.forEach((value, hour) => {
      const share = (24 * value) / total;
      ofWeek[weekday * 24 + hour] = (ofWeek[weekday * 24 + hour] as number) + share;
      ofDay[hour] = (ofDay[hour] as number) + share;
    });
  });
  const allSeen = seen.reduce((sum, count) => sum + count, 0);
  return normalised(
    Array.from(ofWeek, (sum, hour) => {
      const usual = (ofDay[hour % 24] as number) / allSeen;
      return (sum + usual) / ((seen[Math.floor(hour / 24)] as number) + 1);
    }),
  );
}

/** 1 on average, none much below. */
function normalised(factors: readonly number[]): number[] {
  const mean = factors.reduce((sum, factor) => sum + factor, 0) / factors.length;
  return factors.map((factor) => Math.max(LEAST_SHARE, factor / mean));
}

function centred(logs: readonly number[]): number[] {
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return logs.map((log) => log - mean);
}

/** From the 95% quantile of how far hours are from their day's share, less what counts do by themselves. */
function hourSpreadOf(
  days: readonly Float64Array[],
  totals: readonly number[],
  profile: readonly number[],
  firstHour: number,
  isCounted: boolean,
): number {
  const distances: number[] = [];
  let [ofCounts, hours] = [0, 0];
  days.forEach((day, index) => {
    const total = totals[index] as number;
    if (total === 0) return;
    day.forEach((value, hour) => {
      const expected = ((profile[weekdayOf(firstHour, index) * 24 + hour] as number) * total) / 24;
      const offset = isCounted ? HALF_EVENT : expected / 100;
      distances.push(Math.abs(Math.log((value + offset) / (expected + offset))));
      ofCounts += isCounted ? 1 / (expected + HALF_EVENT) : 0;
      hours += 1;
    });
  });
  const weeks = days.length / 7;
  // The shares were taken from the same days: they lie nearer to them than to others.
  const inSample = 1 - 1 / (weeks + 1);
  const spread = quantileOf(distances, 0.95) / Q95;
  return Math.max(LEAST_SPREAD.hour, Math.sqrt(Math.max(0, spread ** 2 / inSample - ofCounts / hours)));
}

/** Differences of days' logarithms one day and seven days apart: 2 day^2 + drift^2 and 2 day^2 + 7 drift^2. */
function daySpreadsOf(totals: readonly number[], weekdays: readonly number[], firstHour: number) {
  const mean = totals.reduce((sum, total) => sum + total, 0) / totals.length;
  const logs = totals.map((total, day) =>
    Math.log((total + mean / 100) / (weekdays[weekdayOf(firstHour, day)] as number)),
  );
  const squareAt = (lag: number) => {
    const distances = logs.slice(lag).map((log, day) => Math.abs(log - (logs[day] as number)));
    return (quantileOf(distances, 0.8) / Q80) ** 2;
  };
  const [near, far] = [squareAt(1), squareAt(7)];
  const drift = Math.max(0, (far - near) / 6);
  return {
    daySpread: Math.max(LEAST_SPREAD.day, Math.sqrt(Math.max(0, near - drift) / 2)),
    driftSpread: Math.max(LEAST_SPREAD.drift, Math.sqrt(drift)),
  };
}

function quantileOf(distances: number[], level: number): number {
  if (distances.length === 0) return 0;
  distances.sort((a, b) => a - b);
  return distances[Math.min(distances.length - 1, Math.floor(level * distances.length))] as number;
}
