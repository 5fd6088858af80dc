// The gate between observations and forecasts: whether what came in can be trusted, and if not, why. A forecast made of bad
// input is worse than an old one, because people book on it.
import type { SupplyDay } from '../contracts/forecast-documents.ts';
import type { FreezeCode } from '../contracts/forecast-outcomes.ts';
import { ANALOGUE_MODEL_ID, MODEL_ID } from './forecast-market.ts';
import type { CellHours, InputDay } from './market-features.ts';
import { DAY_MS, HOUR_MS, dayOf, shareOfDay } from './traffic-clock.ts';

export interface GateInput {
  nowMs: number;
  /** Of the last two weeks, oldest first; days without a report are absent. */
  days: readonly InputDay[];
  cells: readonly CellHours[];
  /** The market's supply by day, past days and days to come. */
  forecasts: ReadonlyMap<string, SupplyDay>;
  /** Whether there is another market to forecast a new one from. */
  hasAnalogue: boolean;
}

export interface FreezeReason {
  code: FreezeCode;
  /** What was expected and what came. */
  detail: string;
}

/** Traffic is reported within minutes: after so long without a report something is broken. */
const STALE_MS = 6 * HOUR_MS;
/** Complete days that must be covered. */
const COVERED_DAYS = 7;
const LEAST_COVERED_SHARE = 0.8;
/** Groups that fell silent take their share of the traffic with them. */
const LEAST_GROUP_SHARE = 0.5;
const MOST_REPEATED_SHARE = 0.02;
/** A day that is off its forecast by more than this factor, and by more than so many spreads of it, has drifted. */
const DRIFT_FACTOR = 2;
const DRIFT_SPREADS = 4;
/** Today says something once so many of its hours were reported. */
const TODAY_HOURS = 6;
/** What has been so for so many days in a row is how it is now. */
const DRIFT_DAYS = 3;
/** An hour above so many times the largest hour of weeks before it was not counted right. */
const IMPLAUSIBLE_FACTOR = 50;
/** Below so many opportunities an hour nothing is implausible. */
const SMALL_HOUR = 1000;
const SILENT_HOURS = 6;
/** The first decile of a normal law lies so many sigma below its median. */
const SIGMAS_OF_Q10 = 1.2815515655446004;

/** Every reason not to trust the input; none: forecast. A market without any report yet is new, not broken. */
export function checkQuality(input: GateInput): FreezeReason[] {
  if (input.days.length === 0) return isNew(input) ? [] : [NO_REPORT];
  return [...stale(input), ...missing(input), ...duplicated(input), ...drifted(input), ...implausible(input)];
}

const NO_REPORT: FreezeReason = { code: 'STALE_INPUT', detail: 'no report in two weeks, though there is supply' };

/** What people wrote of a market stays until reports, or like markets, say better. */
function isNew({ forecasts, hasAnalogue }: GateInput): boolean {
  const isObserved = [...forecasts.values()].some(({ modelId }) => modelId === MODEL_ID);
  return forecasts.size === 0 || (hasAnalogue && !isObserved);
}

function stale({ days, nowMs }: GateInput): FreezeReason[] {
  const lastAtMs = Math.max(...days.map(({ lastWindowEndAtMs }) => lastWindowEndAtMs));
  if (nowMs - lastAtMs <= STALE_MS) return [];
  const hours = ((nowMs - lastAtMs) / HOUR_MS).toFixed(1);
  return [{ code: 'STALE_INPUT', detail: `the newest report ends ${hours} hours ago, at most ${STALE_MS / HOUR_MS}` }];
}

/** Today is not over: it says nothing about gaps. */
function completeDays({ days, nowMs }: GateInput): InputDay[] {
  const today = dayOf(nowMs);
  return days.filter(({ day }) => day < today);
}

function missing(input: GateInput): FreezeReason[] {
  const complete = completeDays(input);
  const [first] = complete;
  if (!first) return [];
  const today = Math.floor(input.nowMs / DAY_MS);
  // A market that began within the week is only missing what came after its first day.
  const sinceDays = Math.min(COVERED_DAYS, today - Math.floor(Date.parse(first.day) / DAY_MS) - 1);
  const fromDay = dayOf((today - sinceDays) * DAY_MS);
  const hours = complete.filter(({ day }) => day >= fromDay).reduce((sum, day) => sum + Math.min(24, day.hours), 0);
  const reasons: FreezeReason[] = [];
  if (sinceDays > 0 && hours < LEAST_COVERED_SHARE * 24 * sinceDays) {
    const detail = `${hours} of ${24 * sinceDays} hours of the last ${sinceDays} days are covered, at least ${LEAST_COVERED_SHARE * 100}% must be`;
    reasons.push({ code: 'MISSING_INPUT', detail });
  }
  const usual = median(complete.map(({ groups }) => groups));
  const last = complete.at(-1) as InputDay;
  if (last.groups < LEAST_GROUP_SHARE * usual) {
    reasons.push({
      code: 'MISSING_INPUT',
      detail: `${last.groups} ad-server groups reported on ${last.day}, usually ${usual}`,
    });
  }
  return reasons;
}

function duplicated({ days }: GateInput): FreezeReason[] {
  const recent = days.slice(-3);
  const [reports, repeated] = [sum(recent.map((day) => day.reports)), sum(recent.map((day) => day.repeatedWindows))];
  if (repeated <= MOST_REPEATED_SHARE * reports) return [];
  return [
    {
      code: 'DUPLICATED_INPUT',
      detail: `${repeated} windows of the last days were reported twice, of ${reports} reports`,
    },
  ];
}

/** Today so far, or the newest complete day, is far from its forecast. */
function drifted(input: GateInput): FreezeReason[] {
  const complete = completeDays(input).map(({ day }) => day);
  const today = input.days.filter(({ day, hours }) => day === dayOf(input.nowMs) && hours >= TODAY_HOURS);
  const reason = driftAt(input, [...complete, ...today.map(({ day }) => day)]) ?? driftAt(input, complete);
  return reason ? [reason] : [];
}

/** The last of these days is far from its forecast, and those before it were not: a change of level that has just begun. */
function driftAt(input: GateInput, days: readonly string[]): FreezeReason | undefined {
  const seen = days.slice(-DRIFT_DAYS).map((day) => driftOf(input, day));
  const last = seen.at(-1);
  if (!last?.isDrifted) return undefined;
  if (seen.length === DRIFT_DAYS && seen.every((day) => day?.isDrifted && day.isAbove === last.isAbove))
    return undefined;
  const { day, observed, expected } = last;
  return {
    code: 'DRIFTED_INPUT',
    detail: `${day} had ${Math.round(observed)} opportunities, ${Math.round(expected)} were forecast for what was reported`,
  };
}

function driftOf({ cells, forecasts }: GateInput, day: string) {
  const forecast = forecasts.get(day);
  if (!forecast || forecast.modelId === ANALOGUE_MODEL_ID) return undefined;
  const midnightMs = Date.parse(day);
  const totals = new Float64Array(24);
  const isSeen = new Uint8Array(24);
  for (const { hoursAtMs, opportunities } of cells) {
    hoursAtMs.forEach((hourAtMs, index) => {
      const hour = (hourAtMs - midnightMs) / HOUR_MS;
      if (!(hour >= 0 && hour < 24)) return;
      isSeen[Math.floor(hour)] = 1;
      totals[Math.floor(hour)] = (totals[Math.floor(hour)] as number) + (opportunities[index] as number);
    });
  }
  let share = 0;
  isSeen.forEach((seen, hour) => {
    if (seen)
      share += shareOfDay(
        forecast.hourShape,
        midnightMs,
        midnightMs + hour * HOUR_MS,
        midnightMs + (hour + 1) * HOUR_MS,
      );
  });
  const { q10, q50 } = forecast.foreseen ?? {
    q10: sum(forecast.cells.map((cell) => cell.q10)),
    q50: sum(forecast.cells.map((cell) => cell.q50)),
  };
  const [observed, expected] = [sum([...totals]), share * q50];
  if (expected < SMALL_HOUR) return undefined;
  const spread = Math.log(q50 / Math.max(1, q10)) / SIGMAS_OF_Q10;
  const off = Math.log(Math.max(1, observed) / expected);
  const isDrifted = Math.abs(off) > Math.max(Math.log(DRIFT_FACTOR), DRIFT_SPREADS * spread);
  return { day, observed, expected, isDrifted, isAbove: off > 0 };
}

function implausible({ cells, nowMs, days, forecasts }: GateInput): FreezeReason[] {
  const isAnySeen = cells.some(({ opportunities }) => opportunities.some((amount) => amount > 0));
  if (!isAnySeen && forecasts.size > 0)
    return [{ code: 'IMPLAUSIBLE_INPUT', detail: 'reports say that nobody was there in ten weeks' }];
  const reasons: FreezeReason[] = [];
  const recentAtMs = nowMs - 2 * DAY_MS;
  for (const { segment, surface, hoursAtMs, opportunities } of cells) {
    let [before, newest] = [0, 0];
    hoursAtMs.forEach((hourAtMs, index) => {
      const amount = opportunities[index] as number;
      if (hourAtMs < recentAtMs) before = Math.max(before, amount);
      else newest = Math.max(newest, amount);
    });
    if (before === 0 || newest <= Math.max(SMALL_HOUR, IMPLAUSIBLE_FACTOR * before)) continue;
    reasons.push({
      code: 'IMPLAUSIBLE_INPUT',
      detail: `${segment} on ${surface} had an hour of ${newest} opportunities, never more than ${before} before`,
    });
  }
  const silent = silentHours(cells, days, nowMs);
  if (silent >= SILENT_HOURS) {
    reasons.push({
      code: 'IMPLAUSIBLE_INPUT',
      detail: `reports say that nobody was there in the last ${silent} hours`,
    });
  }
  return reasons.slice(0, 5);
}

/** Hours at the end of what was reported in which there was no opportunity at all, though there usually are many. */
function silentHours(cells: readonly CellHours[], days: readonly InputDay[], nowMs: number): number {
  const totals = new Map<number, number>();
  for (const { hoursAtMs, opportunities } of cells) {
    hoursAtMs.forEach((atMs, index) => totals.set(atMs, (totals.get(atMs) ?? 0) + (opportunities[index] as number)));
  }
  const hours = [...totals].sort(([left], [right]) => right - left);
  const usual = median(hours.map(([, amount]) => amount));
  if (usual < SMALL_HOUR || days.length < 2) return 0;
  const complete = hours.filter(([atMs]) => atMs + HOUR_MS <= nowMs);
  const firstBusy = complete.findIndex(([, amount]) => amount > 0);
  return firstBusy === -1 ? complete.length : firstBusy;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
