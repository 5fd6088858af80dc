import assert from 'node:assert/strict';
import type { SupplyDay } from '../../../shared/contracts/forecast-documents.ts';
import type { CellHours, InputDay } from '../../../shared/forecasting/market-features.ts';
import { ANALOGUE_MODEL_ID, MODEL_ID } from '../../../shared/forecasting/forecast-market.ts';
import { checkQuality, type GateInput } from '../../../shared/forecasting/quality-gate.ts';
import { DAY_MS, HOUR_MS, dayOf } from '../../../shared/forecasting/traffic-clock.ts';

const NOW_MS = Date.parse('2026-03-16T09:00:00Z');
const TODAY = Math.floor(NOW_MS / DAY_MS);
const PER_HOUR = 2_000;

const dayBefore = (days: number) => dayOf((TODAY - days) * DAY_MS);

function inputDay(daysAgo: number, own: Partial<InputDay> = {}): InputDay {
  const day = dayBefore(daysAgo);
  const lastWindowEndAtMs = Math.min(NOW_MS, Date.parse(day) + DAY_MS);
  return { day, reports: 288, groups: 2, hours: daysAgo === 0 ? 9 : 24, repeatedWindows: 0, lastWindowEndAtMs, ...own };
}

/** Two cells with the same traffic in every hour of `days` days and of today up to now, but for what `amountOf` changes. */
function cellsOf(days: number, amountOf = (_atMs: number, _cell: string) => PER_HOUR / 2): CellHours[] {
  const hoursAtMs: number[] = [];
  for (let atMs = (TODAY - days) * DAY_MS; atMs < NOW_MS; atMs += HOUR_MS) hoursAtMs.push(atMs);
  return ['home', 'search'].map((surface) => ({
    segment: 'casual',
    surface,
    hoursAtMs,
    opportunities: hoursAtMs.map((atMs) => amountOf(atMs, surface)),
  }));
}

function forecastOf(day: string, perDay = PER_HOUR * 24): SupplyDay {
  return {
    schemaVersion: 1,
    market: 'SE',
    day,
    modelId: 'm',
    hourShape: new Array<number>(24).fill(1 / 24),
    cells: [
      { segment: 'casual', surface: 'home', q10: perDay * 0.9, q50: perDay, q90: perDay * 1.1, clickPpm: 10_000 },
    ],
  };
}

function forecastsOf(days: number, perDay = PER_HOUR * 24): Map<string, SupplyDay> {
  return new Map(
    Array.from({ length: days }, (_, index) => [dayBefore(index + 1), forecastOf(dayBefore(index + 1), perDay)]),
  );
}

const good: GateInput = {
  nowMs: NOW_MS,
  days: Array.from({ length: 14 }, (_, index) => inputDay(13 - index)),
  cells: cellsOf(28),
  forecasts: forecastsOf(14),
  hasAnalogue: false,
};
const codesOf = (input: Partial<GateInput>) => checkQuality({ ...good, ...input }).map(({ code }) => code);
const replaceDay = (daysAgo: number, own: Partial<InputDay>) =>
  good.days.map((day) => (day.day === dayBefore(daysAgo) ? { ...day, ...own } : day));
const isDaysAgo = (atMs: number, days: number) => Math.floor(atMs / DAY_MS) === TODAY - days;

describe('The gate between observations and forecasts', () => {
  it('lets good input through', () => {
    assert.deepEqual(checkQuality(good), []);
  });

  it('lets a market through that nobody has reported of yet', () => {
    assert.deepEqual(codesOf({ days: [], cells: [], forecasts: new Map() }), []);
  });

  it('lets a market through that began two days ago', () => {
    assert.deepEqual(codesOf({ days: good.days.slice(-3), cells: cellsOf(2), forecasts: new Map() }), []);
  });

  it('holds a market whose reports have stopped', () => {
    const days = good.days.slice(0, -1);
    assert.deepEqual(codesOf({ days }), ['STALE_INPUT']);
    assert.deepEqual(codesOf({ days: [], cells: [] }), ['STALE_INPUT']);
  });

  it('takes a report of six hours ago for new enough, and no older one', () => {
    const last = (ageMs: number) => replaceDay(0, { lastWindowEndAtMs: NOW_MS - ageMs });
    assert.deepEqual(codesOf({ days: last(6 * HOUR_MS) }), []);
    const [reason] = checkQuality({ ...good, days: last(6 * HOUR_MS + 360_000) });
    assert.deepEqual(reason, {
      code: 'STALE_INPUT',
      detail: 'the newest report ends 6.1 hours ago, at most 6',
    });
  });

  it('holds a week of which less than four fifths is covered', () => {
    assert.deepEqual(codesOf({ days: replaceDay(2, { hours: 0 }) }), []);
    const gaps = good.days.filter(({ day }) => day !== dayBefore(3) && day !== dayBefore(2));
    const [reason] = checkQuality({ ...good, days: gaps });
    assert.equal(reason?.code, 'MISSING_INPUT');
    assert.equal(reason?.detail, '120 of 168 hours of the last 7 days are covered, at least 80% must be');
  });

  it('holds a day that half of the ad-server groups did not report of', () => {
    const days = good.days.map((day) => ({ ...day, groups: 4 }));
    assert.deepEqual(
      codesOf({ days: days.map((day) => (day.day === dayBefore(1) ? { ...day, groups: 2 } : day)) }),
      [],
    );
    assert.deepEqual(codesOf({ days: days.map((day) => (day.day === dayBefore(1) ? { ...day, groups: 1 } : day)) }), [
      'MISSING_INPUT',
    ]);
  });

  it('holds what was reported twice', () => {
    assert.deepEqual(codesOf({ days: replaceDay(1, { repeatedWindows: 17 }) }), []);
    assert.deepEqual(codesOf({ days: replaceDay(1, { repeatedWindows: 18 }) }), ['DUPLICATED_INPUT']);
    assert.deepEqual(codesOf({ days: replaceDay(5, { repeatedWindows: 288 }) }), [], 'long ago');
  });

  it('holds a day that is far from its forecast, up or down', () => {
    const changed = (factor: number) => cellsOf(28, (atMs) => (PER_HOUR / 2) * (isDaysAgo(atMs, 1) ? factor : 1));
    assert.deepEqual(codesOf({ cells: changed(1.9) }), []);
    assert.deepEqual(codesOf({ cells: changed(2.5) }), ['DRIFTED_INPUT']);
    assert.deepEqual(codesOf({ cells: changed(0.4) }), ['DRIFTED_INPUT']);
    assert.deepEqual(codesOf({ cells: changed(0.4), forecasts: new Map() }), [], 'nothing was forecast');
  });

  it('takes the third day in a row for how it is now, but not when it went up and down', () => {
    const changed = (factors: readonly number[]) =>
      cellsOf(28, (atMs) => (PER_HOUR / 2) * (factors.find((_, index) => isDaysAgo(atMs, index + 1)) ?? 1));
    assert.deepEqual(codesOf({ cells: changed([2.5, 2.5, 2.5]) }), []);
    assert.deepEqual(codesOf({ cells: changed([2.5, 2.5]) }), ['DRIFTED_INPUT']);
    assert.deepEqual(codesOf({ cells: changed([2.5, 2.5, 0.4]) }), ['DRIFTED_INPUT']);
  });

  it('does not wait for the end of a day that has left its forecast', () => {
    const changed = (factors: readonly number[]) =>
      cellsOf(28, (atMs) => (PER_HOUR / 2) * (factors.find((_, index) => isDaysAgo(atMs, index)) ?? 1));
    const forecasts = new Map([...forecastsOf(14), [dayBefore(0), forecastOf(dayBefore(0))]]);
    assert.deepEqual(codesOf({ cells: changed([1.9]), forecasts }), []);
    assert.deepEqual(codesOf({ cells: changed([2.5]), forecasts }), ['DRIFTED_INPUT']);
    assert.deepEqual(codesOf({ cells: changed([2.5, 2.5]), forecasts }), ['DRIFTED_INPUT']);
    assert.deepEqual(codesOf({ cells: changed([2.5, 2.5, 2.5, 2.5]), forecasts }), [], 'three days were held');
    const early = replaceDay(0, { hours: 5 });
    assert.deepEqual(codesOf({ cells: changed([2.5]), forecasts, days: early }), [], 'too early to say');
  });

  it('compares with what was forecast before a day began, not with a forecast that has seen it', () => {
    const changed = cellsOf(28, (atMs) => (PER_HOUR / 2) * (isDaysAgo(atMs, 1) ? 2.5 : 1));
    const perDay = PER_HOUR * 24;
    const seen = { ...forecastOf(dayBefore(1), 2.5 * perDay), foreseen: { q10: 0.9 * perDay, q50: perDay } };
    const forecasts = new Map([...forecastsOf(14), [dayBefore(1), seen]]);
    assert.deepEqual(codesOf({ cells: changed, forecasts }), ['DRIFTED_INPUT']);
    assert.deepEqual(codesOf({ forecasts }), [], 'what was observed is near to what was foreseen');
  });

  it('does not hold a new market to what other markets had', () => {
    const cells = cellsOf(28, (atMs) => (PER_HOUR / 2) * (isDaysAgo(atMs, 1) ? 2.5 : 1));
    const forecasts = new Map([...good.forecasts].map(([day, own]) => [day, { ...own, modelId: ANALOGUE_MODEL_ID }]));
    assert.deepEqual(codesOf({ cells, forecasts }), []);
  });

  it('lets a market without reports be forecast again as like markets are, until it was forecast from its own', () => {
    const of = (modelId: string) => new Map([...good.forecasts].map(([day, own]) => [day, { ...own, modelId }]));
    const silent = { days: [], cells: [], hasAnalogue: true };
    assert.deepEqual(codesOf({ ...silent, forecasts: of(ANALOGUE_MODEL_ID) }), []);
    assert.deepEqual(codesOf({ ...silent, forecasts: of('written-by-people') }), []);
    assert.deepEqual(codesOf({ ...silent, forecasts: of(MODEL_ID) }), ['STALE_INPUT']);
    assert.deepEqual(codesOf({ ...silent, forecasts: of('written-by-people'), hasAnalogue: false }), ['STALE_INPUT']);
  });

  it('holds reports that name no opportunity at all', () => {
    assert.deepEqual(codesOf({ cells: [] }), ['IMPLAUSIBLE_INPUT']);
    assert.deepEqual(codesOf({ cells: cellsOf(28, () => 0) }), ['IMPLAUSIBLE_INPUT']);
    assert.deepEqual(codesOf({ cells: [], forecasts: new Map() }), [], 'nothing was ever forecast');
  });

  it('compares only the hours that were reported', () => {
    const cells = cellsOf(28).map((cell) => ({
      ...cell,
      hoursAtMs: cell.hoursAtMs.filter((atMs) => !isDaysAgo(atMs, 1) || atMs % DAY_MS < 8 * HOUR_MS),
    }));
    assert.deepEqual(codesOf({ cells }), []);
  });

  it('holds an hour fifty times larger than any before it', () => {
    const peak = (factor: number) =>
      cellsOf(28, (atMs, surface) =>
        surface === 'search' && atMs === NOW_MS - 2 * HOUR_MS ? (factor * PER_HOUR) / 2 : PER_HOUR / 2,
      );
    assert.deepEqual(codesOf({ cells: peak(50) }), []);
    const [reason] = checkQuality({ ...good, cells: peak(51) });
    assert.equal(reason?.detail, 'casual on search had an hour of 51000 opportunities, never more than 1000 before');
  });

  it('holds reports of nothing from a market that is never silent', () => {
    const silent = (hours: number) => cellsOf(28, (atMs) => (atMs >= NOW_MS - hours * HOUR_MS ? 0 : PER_HOUR / 2));
    assert.deepEqual(codesOf({ cells: silent(5) }), []);
    assert.deepEqual(codesOf({ cells: silent(6) }), ['IMPLAUSIBLE_INPUT']);
  });

  it('names every reason there is', () => {
    const days = replaceDay(1, { repeatedWindows: 288 }).slice(0, -1);
    assert.deepEqual(codesOf({ days }), ['STALE_INPUT', 'DUPLICATED_INPUT']);
  });
});
