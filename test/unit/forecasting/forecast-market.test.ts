import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ForecastSettings } from '../../../shared/contracts/documents.ts';
import * as validators from '../../../shared/contracts/validators.generated.js';
import {
  ANALOGUE_MODEL_ID,
  MODEL_ID,
  forecastMarket,
  type MarketInput,
} from '../../../shared/forecasting/forecast-market.ts';
import type { CellHours } from '../../../shared/forecasting/market-features.ts';
import { dayOf } from '../../../shared/forecasting/traffic-clock.ts';
import { toFields } from '../../../shared/store/stored-form.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { assertOutcomes } from '../../support/outcome-validator.ts';
import { SURFACES, trafficOf } from '../../support/synthetic-market.ts';

const NOW_MS = START_MS + 9 * HOUR_MS;

function cellOf(surface: string, hours: number, amountOf = (atMs: number) => trafficOf(surface, atMs)): CellHours {
  const hoursAtMs = Array.from({ length: hours }, (_, index) => NOW_MS - (hours - index) * HOUR_MS);
  return { segment: 'casual', surface, hoursAtMs, opportunities: hoursAtMs.map(amountOf) };
}

/** Two cells with a month of history, but for what is said. */
function input(own: Partial<MarketInput> = {}): MarketInput {
  return {
    tenantId: 'andante',
    market: 'SE',
    forecastId: 'f1',
    nowMs: NOW_MS,
    issuedAtMs: NOW_MS,
    horizonDays: 10,
    inputsHash: 'a'.repeat(64),
    settings: undefined,
    models: undefined,
    known: new Map(),
    cells: SURFACES.map((surface) => cellOf(surface, 28 * 24)),
    listeners: [],
    responses: [],
    arrivals: [],
    pastErrors: [],
    analogues: [],
    ...own,
  };
}

const told = (own: Partial<ForecastSettings>): ForecastSettings => ({
  schemaVersion: 1,
  market: 'SE',
  holidays: [],
  modifiers: [],
  analogues: [],
  ...own,
});

function assertStorable({ days, models, outcome }: ReturnType<typeof forecastMarket>): void {
  for (const day of days) {
    assert(validators.supplyDocument(day), JSON.stringify(validators.supplyDocument.errors?.[0]));
    const shape = day.hourShape.reduce((sum, share) => sum + share, 0);
    assert(Math.abs(shape - 1) < 1e-9, `the hours of a day add up to ${shape}`);
    for (const { q10, q50, q90 } of day.cells) assert(q10 <= q50 && q50 <= q90, `${q10} ${q50} ${q90}`);
  }
  assert(validators.forecastModelsDocument(JSON.parse(JSON.stringify(models))));
  assertOutcomes([outcome]);
}

const wholeTotal = ({ outcome }: ReturnType<typeof forecastMarket>, days: number) =>
  outcome.totals.find((total) => total.segment === undefined && total.days === days);

describe('The forecast of a market', () => {
  it('says the same of the same input, and with its own coefficients', () => {
    const forecast = forecastMarket(input());
    assertStorable(forecast);
    assert.equal(forecast.days.length, 10);
    assert.equal(forecast.days[0]?.day, dayOf(NOW_MS));
    assert.equal(forecast.days[0].modelId, MODEL_ID);
    assert.deepEqual(forecastMarket(input()), forecast);
    const models = JSON.parse(JSON.stringify(forecast.models)) as typeof forecast.models;
    const { days, outcome } = forecastMarket(input({ models, issuedAtMs: NOW_MS + 1 }));
    assert.deepEqual(
      days.map(({ cells }) => cells),
      forecast.days.map(({ cells }) => cells),
    );
    assert.equal(outcome.fittedAtMs, NOW_MS);
    assert.equal(outcome.issuedAtMs, NOW_MS + 1);
  });

  it('says the same in whichever order cells come', () => {
    const { cells } = input();
    assert.deepEqual(forecastMarket(input({ cells: [...cells].reverse() })), forecastMarket(input()));
  });

  it('begins with the day it is issued on, also where the last complete hour is of the day before', () => {
    const nowMs = START_MS - HOUR_MS;
    const { days, outcome } = forecastMarket(input({ nowMs, issuedAtMs: START_MS + 600_000, horizonDays: 2 }));
    assert.deepEqual(
      days.map(({ day }) => day),
      [dayOf(START_MS), dayOf(START_MS + DAY_MS)],
    );
    assert.equal(outcome.fromAtMs, nowMs);
  });

  it('keeps what was foreseen of a day that has begun, and foresees the others anew', () => {
    const known = new Map(
      forecastMarket(input()).days.map((day) => [day.day, { ...day, foreseen: { q10: 1, q50: 2 } }]),
    );
    const { days } = forecastMarket(input({ known }));
    assert.deepEqual(days[0]?.foreseen, { q10: 1, q50: 2 });
    assert((days[1]?.foreseen?.q50 ?? 0) > 1000);
  });

  it('forecasts a cell that has just appeared by its part of the market, and one that fell silent as silent', () => {
    const fresh = cellOf('library', 5, () => 700);
    const silent = cellOf('radio', 28 * 24, (atMs) => (atMs < NOW_MS - 10 * DAY_MS ? 1000 : 0));
    const forecast = forecastMarket(input({ cells: [...input().cells, fresh, silent] }));
    assertStorable(forecast);
    const tomorrow = forecast.days[1]?.cells ?? [];
    const q50 = (surface: string) => tomorrow.find((cell) => cell.surface === surface)?.q50 ?? NaN;
    assert(q50('library') > 2_000 && q50('library') < 60_000, String(q50('library')));
    assert(q50('radio') < 200, String(q50('radio')));
  });

  it('moves the market by what people say of some of its cells', () => {
    const modifiers = [
      { surfaces: ['home'], startAtMs: NOW_MS, endAtMs: NOW_MS + 30 * DAY_MS, multiplier: 0, reason: 'home is closed' },
    ];
    const plain = forecastMarket(input());
    const modified = forecastMarket(input({ settings: told({ modifiers }) }));
    assertStorable(modified);
    assert.equal(modified.days[2]?.cells.find(({ surface }) => surface === 'home')?.q50, 0);
    const [before, after] = [plain, modified].map((forecast) => wholeTotal(forecast, 7)?.q50 ?? 0);
    assert(Math.abs((after as number) / (before as number) - 1 / 3) < 0.02, `${before} became ${after}`);
    const cells = modified.days[2].cells.reduce((sum, { q50 }) => sum + q50, 0);
    assert(Math.abs((modified.days[2].foreseen?.q50 ?? 0) / cells - 1) < 0.1, 'the market is about its cells');
  });

  it('takes the five hundred busiest of more cells than a market has room for', () => {
    const cells = Array.from({ length: 520 }, (_, index) => ({
      ...cellOf(`s${index}`, 3, () => (index < 20 ? 1 : 100)),
    }));
    const forecast = forecastMarket(input({ cells, horizonDays: 1 }));
    assertStorable(forecast);
    assert.equal(forecast.days[0]?.cells.length, 500);
    assert(!forecast.days[0].cells.some(({ surface }) => surface === 's0'));
  });

  it('begins a market without history like its analogues, scaled by listeners, in its cells and as a whole', () => {
    const { cells } = input();
    const settings = told({ activeListeners: 1000, analogues: ['NO'] });
    const analogues = [{ market: 'NO', cells, activeListeners: 2000 }];
    const forecast = forecastMarket(input({ cells: [], settings, analogues }));
    assertStorable(forecast);
    assert.equal(forecast.days[0]?.modelId, ANALOGUE_MODEL_ID);
    assert.equal(forecast.outcome.modelId, ANALOGUE_MODEL_ID);
    const norway = wholeTotal(forecastMarket(input()), 7)?.q50 ?? 0;
    const own = wholeTotal(forecast, 7)?.q50 ?? 0;
    assert(own > norway / 4 && own < norway, `${own} beside ${norway} of twice the listeners`);
  });

  it('has no supply where nobody knows a cell', () => {
    const forecast = forecastMarket(input({ cells: [] }));
    assert.deepEqual([forecast.days, forecast.outcome.totals], [[], []]);
    assertStorable(forecast);
  });

  it('fits into one transaction with five hundred cells whose listeners were all counted', () => {
    const day = forecastMarket(input({ horizonDays: 1 })).days[0];
    assert(day);
    const names = Array.from({ length: 500 }, (_, index) => ({
      segment: `segment-${index % 25}`,
      surface: `s${index}`,
    }));
    const random = (seed: number) => ((seed * 7919) % 10_007) / 10_007;
    const bins = (seed: number, count: number) =>
      Array.from({ length: count }, (_, bin) => Math.round(1e4 * random(seed * 31 + bin)) / 1000);
    const full = {
      ...day,
      cells: names.map((name, seed) => ({
        ...(day.cells[0] as (typeof day.cells)[number]),
        ...name,
        ...Object.fromEntries(
          ['q10', 'q50', 'q90'].map((quantile, own) => [quantile, Math.round(1e7 * random(3 * seed + own))]),
        ),
      })),
      listeners: names.map((name, seed) => ({
        ...name,
        windowDays: 10,
        visits: bins(seed, 24),
        visitListeners: bins(seed + 1, 24),
        activeDayListeners: bins(seed + 2, 10),
      })),
    };
    const { packed } = toFields('supply', full);
    assert((packed as Uint8Array).length * 42 < 4 * 2 ** 20, `${(packed as Uint8Array).length} bytes a day`);
  });

  it('says numbers, whatever was counted', () => {
    const amount = fc.oneof(
      fc.nat(5000),
      fc.constantFrom(0, NaN, -1, Infinity, 1e-300, 1e300, Number.MAX_SAFE_INTEGER, 0.5),
    );
    const count = fc.constantFrom(0, 1, 3, 1e6, 1e15);
    const shape = fc.record({
      hours: fc.constantFrom(0, 1, 5, 30, 200),
      amounts: fc.array(amount, { minLength: 1, maxLength: 24 }),
      impressions: count,
      clicks: count,
      visits: fc.constantFrom(1, 2, 500, 1e12),
      logError: fc.constantFrom(0, 1, -50, 50, NaN, Infinity, -Infinity),
    });
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 3 }), (shapes) => {
        const cells = shapes.map(({ hours, amounts }, index) =>
          cellOf(`s${index}`, hours, (atMs) => amounts[(atMs / HOUR_MS) % amounts.length] as number),
        );
        const about = (index: number) => ({ segment: 'casual', surface: `s${index}` });
        const forecast = forecastMarket(
          input({
            cells,
            horizonDays: 3,
            responses: shapes.map(({ impressions, clicks }, index) => ({
              ...about(index),
              impressions,
              clicks,
              conversions: clicks,
            })),
            pastErrors: shapes.map(({ logError }, index) => ({ issuedAtMs: index * 7 * DAY_MS, days: 7, logError })),
            arrivals: shapes.map(({ clicks }, index) => ({ ageHours: 3 * index, clicks, conversions: 0 })),
          }),
        );
        assertStorable(forecast);
      }),
      { numRuns: 60 },
    );
  });
});
