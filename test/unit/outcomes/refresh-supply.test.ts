import assert from 'node:assert/strict';
import { createMemoryBus } from '../../../shared/bus/memory-bus.ts';
import type { ForecastSettings } from '../../../shared/contracts/documents.ts';
import { ANALOGUE_MODEL_ID, MODEL_ID } from '../../../shared/forecasting/forecast-market.ts';
import type { FeatureReader } from '../../../shared/outcomes/feature-reader.ts';
import { createMemoryFeatures } from '../../../shared/outcomes/memory-features.ts';
import { createMemoryLog } from '../../../shared/outcomes/memory-log.ts';
import { HORIZON_DAYS, refreshSupply } from '../../../shared/outcomes/refresh-supply.ts';
import { dayOf } from '../../../shared/forecasting/traffic-clock.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { createMemoryStore } from '../../../shared/store/memory-store.ts';
import { persistSupply } from '../../../shared/store/persist-supply.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { logLines } from '../../support/log-lines.ts';
import { supplyDay } from '../../support/markets.ts';
import { assertOutcomes } from '../../support/outcome-validator.ts';
import { reportHours, SURFACES, trafficOf } from '../../support/synthetic-market.ts';

const WEEKS = 4;
const FIRST_MS = START_MS - WEEKS * 7 * DAY_MS;
const TEN_PAST = 10 * 60_000;

/** A market with four weeks of reports up to the start, or with none. */
async function world({ isReported = true }: { isReported?: boolean } = {}) {
  const store = createMemoryStore();
  const outcomes = createMemoryLog();
  const { log, lines } = logLines();
  const state: { features: FeatureReader } = { features: createMemoryFeatures(outcomes) };
  if (isReported) await reportHours(outcomes, { fromMs: FIRST_MS, toMs: START_MS });
  const refresh = (nowMs: number, own: { forecastId?: string; isPast?: boolean } = {}) =>
    refreshSupply(
      { store, outcomes, bus: createMemoryBus(), log, clock: () => nowMs, features: state.features },
      { market: 'SE', source: 'test', nowMs, forecastId: `refresh:SE:${nowMs}`, ...own },
    );
  const read = async (atMs: number) => {
    const [market, supply, models] = await store.read([
      refs.market('SE'),
      refs.supply('SE', dayOf(atMs)),
      refs.forecastModels('SE'),
    ]);
    return { market, supply, models };
  };
  const tell = (settings: Partial<ForecastSettings>) =>
    store.transact(async (transaction) =>
      transaction.set(refs.forecastSettings('SE'), {
        schemaVersion: 1,
        market: 'SE',
        holidays: [],
        modifiers: [],
        analogues: [],
        ...settings,
      }),
    );
  const report = (fromMs: number, toMs: number, factor = 1) => reportHours(outcomes, { fromMs, toMs, factor });
  const forecasts = () => outcomes.rows.filter(({ table }) => table === 'forecasts');
  return { store, outcomes, lines, state, refresh, read, tell, report, forecasts };
}

function dayTotal(surface: string, atMs: number): number {
  return Array.from({ length: 24 }, (_, hour) => trafficOf(surface, atMs + hour * HOUR_MS)).reduce((a, b) => a + b, 0);
}

describe('Refreshing a market’s supply', function () {
  this.timeout(20_000);

  it('forecasts six weeks from its reports, near to what comes, and records it once', async () => {
    const { refresh, read, forecasts, store } = await world();
    const refreshed = await refresh(START_MS + TEN_PAST);
    assert.deepEqual(refreshed, {
      result: 'refreshed',
      cells: 2,
      days: HORIZON_DAYS,
      isFitted: true,
      ageMs: 0,
      reasons: [],
    });
    const { market, supply, models } = await read(START_MS + 2 * DAY_MS);
    assert.equal(market?.supplyVersion, 1);
    assert.equal(market?.refreshedAtMs, START_MS + TEN_PAST);
    assert.equal(supply?.modelId, MODEL_ID);
    assert.equal(models?.fittedAtMs, START_MS + TEN_PAST);
    SURFACES.forEach((surface) => {
      const cell = supply?.cells.find((one) => one.surface === surface);
      const actual = dayTotal(surface, START_MS + 2 * DAY_MS);
      assert(cell && Math.abs(Math.log(cell.q50 / actual)) < 0.1, `${surface}: ${cell?.q50} for ${actual}`);
      assert(cell.q10 <= cell.q50 && cell.q50 <= cell.q90);
    });
    const [yesterday, last] = await store.read([
      refs.supply('SE', dayOf(START_MS - DAY_MS)),
      refs.supply('SE', dayOf(START_MS + (HORIZON_DAYS - 1) * DAY_MS)),
    ]);
    assert.equal(yesterday, undefined, 'what is over is not forecast, also ten minutes after midnight');
    assert(last);
    assert.equal(forecasts().length, 1);
    const [entry] = await store.undrained(9);
    assert.equal(entry, undefined);
  });

  it('does nothing when the same refresh comes again', async () => {
    const { refresh, read, forecasts } = await world();
    await refresh(START_MS, { forecastId: 'same' });
    assert.equal((await refresh(START_MS + 1, { forecastId: 'same' })).result, 'duplicate');
    assert.equal((await read(START_MS)).market?.supplyVersion, 1);
    assert.equal(forecasts().length, 1);
  });

  it('is superseded by a newer one that came first, and leaves no row', async () => {
    const { refresh, read, forecasts } = await world();
    await refresh(START_MS + HOUR_MS);
    assert.equal((await refresh(START_MS)).result, 'superseded');
    assert.equal((await read(START_MS)).supply?.issuedAtMs, START_MS + HOUR_MS);
    assert.equal(forecasts().length, 1);
  });

  it('is superseded where supply was replaced while it was read, whichever of them came first', async () => {
    const { refresh, read, store } = await world();
    const stored = store.read.bind(store);
    let isReplaced = false;
    store.read = async (wanted) => {
      // What was asked for beside the version goes first.
      if (wanted.some(({ kind }) => kind === 'market')) await new Promise(setImmediate);
      const found = await stored(wanted);
      if (!isReplaced && wanted.some(({ kind }) => kind === 'supply')) {
        isReplaced = true;
        await persistSupply(store, 'SE', [supplyDay(START_MS)]);
      }
      return found;
    };
    assert.equal((await refresh(START_MS)).result, 'superseded');
    assert.equal((await read(START_MS)).supply?.modelId, supplyDay(START_MS).modelId);
  });

  it('uses coefficients again for twenty hours and then fits anew', async () => {
    const { refresh, read, report } = await world();
    await refresh(START_MS);
    await report(START_MS, START_MS + DAY_MS);
    const again = await refresh(START_MS + 20 * HOUR_MS - 1);
    assert.equal(again.isFitted, false);
    assert.equal((await read(START_MS)).models?.fittedAtMs, START_MS);
    const anew = await refresh(START_MS + 20 * HOUR_MS);
    assert.equal(anew.isFitted, true);
    assert.equal((await read(START_MS)).models?.fittedAtMs, START_MS + 20 * HOUR_MS);
  });

  it('keeps the last good forecast while reports are missing, ever less certain, and thaws with new ones', async () => {
    const { refresh, read, report, forecasts } = await world();
    await refresh(START_MS);
    const good = await read(START_MS + 3 * DAY_MS);
    const frozen = await refresh(START_MS + DAY_MS);
    assert.deepEqual([frozen.result, frozen.ageMs], ['frozen', DAY_MS]);
    assert.deepEqual(
      frozen.reasons.map(({ code }) => code),
      ['STALE_INPUT'],
    );
    const [q10, q90] = (['q10', 'q90'] as const).map((name) => good.supply?.cells[0]?.[name] ?? 0);
    const wider = await read(START_MS + 3 * DAY_MS);
    assert.equal(wider.supply?.widening, 1.25);
    assert.equal(wider.supply.issuedAtMs, START_MS);
    assert.equal(wider.supply.cells[0]?.q50, good.supply?.cells[0]?.q50);
    assert((wider.supply.cells[0]?.q10 ?? Infinity) < (q10 as number));
    assert((wider.supply.cells[0]?.q90 ?? 0) > (q90 as number));
    const weeks = await refresh(START_MS + 30 * DAY_MS);
    assert.deepEqual([weeks.result, weeks.days, weeks.ageMs], ['frozen', HORIZON_DAYS, 30 * DAY_MS]);
    assert.equal((await read(START_MS + 60 * DAY_MS)).supply?.widening, 3);
    await report(START_MS, START_MS + 31 * DAY_MS);
    assert.equal((await refresh(START_MS + 31 * DAY_MS)).result, 'refreshed');
    const thawed = await read(START_MS + 33 * DAY_MS);
    assert.equal(thawed.supply?.widening, undefined);
    assert.equal(thawed.supply?.issuedAtMs, START_MS + 31 * DAY_MS);
    assert.equal(forecasts().length, 4);
  });

  it('notices a day that leaves its forecast although that day’s own refreshes have seen it', async () => {
    const { refresh, read, report } = await world();
    await refresh(START_MS + TEN_PAST);
    const before = await read(START_MS);
    // At noon the day is not yet twice its forecast, and from then on forecasts expect more of it.
    await report(START_MS, START_MS + 5 * HOUR_MS);
    await report(START_MS + 5 * HOUR_MS, START_MS + 12 * HOUR_MS, 2.6);
    assert.equal((await refresh(START_MS + 12 * HOUR_MS + TEN_PAST)).result, 'refreshed');
    const after = await read(START_MS);
    assert.deepEqual(after.supply?.foreseen, before.supply?.foreseen);
    assert.notDeepEqual(after.supply?.cells, before.supply?.cells);
    await report(START_MS + 12 * HOUR_MS, START_MS + DAY_MS, 2.6);
    const next = await refresh(START_MS + DAY_MS + TEN_PAST);
    assert.deepEqual(
      next.reasons.map(({ code }) => code),
      ['DRIFTED_INPUT'],
    );
  });

  it('keeps what people wrote of a market that nobody has reported of, and begins like its analogues where it has any', async () => {
    const { store, refresh, read, tell, outcomes } = await world({ isReported: false });
    await persistSupply(store, 'SE', [supplyDay(START_MS), supplyDay(START_MS + DAY_MS)]);
    const written = await read(START_MS);
    const kept = await refresh(START_MS);
    assert.equal(kept.result, 'frozen');
    const q50 = written.supply?.cells[0]?.q50;
    assert.equal((await read(START_MS)).supply?.cells[0]?.q50, q50);
    await reportHours(outcomes, { market: 'NO', fromMs: FIRST_MS, toMs: START_MS });
    await tell({ analogues: ['NO'] });
    for (const nowMs of [START_MS + 1, START_MS + 2 * DAY_MS]) {
      assert.equal((await refresh(nowMs)).result, 'refreshed');
      const { supply } = await read(START_MS + 6 * DAY_MS);
      assert.equal(supply?.modelId, ANALOGUE_MODEL_ID);
      const [cell] = supply.cells;
      const ofNorway = dayTotal('home', START_MS + 6 * DAY_MS);
      assert(cell && cell.q50 > ofNorway / 3 && cell.q50 < 3 * ofNorway, `${cell?.q50} for ${ofNorway}`);
      const cells = supply.cells.reduce((sum, own) => sum + own.q50, 0);
      const whole = supply.foreseen?.q50 ?? 0;
      assert(Math.abs(Math.log(whole / cells)) < 0.5, `${whole} in all for cells of ${cells}`);
    }
  });

  it('has nothing to say of a market that nobody knows', async () => {
    const { refresh, read } = await world({ isReported: false });
    assert.deepEqual(await refresh(START_MS), {
      result: 'refreshed',
      cells: 0,
      days: 0,
      isFitted: true,
      reasons: [],
    });
    assert.equal((await read(START_MS)).market, undefined);
  });

  it('fails and is tried again where BigQuery is down, having written nothing', async () => {
    const { refresh, read, state, store } = await world();
    const well = state.features;
    state.features = {
      ...well,
      responses: async () => {
        throw new AndanteError('OUTCOMES_UNAVAILABLE', 'down');
      },
    };
    await assert.rejects(refresh(START_MS), { code: 'OUTCOMES_UNAVAILABLE', retryable: true });
    assert.equal((await read(START_MS)).market, undefined);
    assert.deepEqual(await store.undrained(9), []);
    state.features = well;
    assert.equal((await refresh(START_MS)).result, 'refreshed');
  });

  it('keeps the last good forecast where the model fails, says why, and does not write what cannot be read', async () => {
    const { refresh, read, state, lines, outcomes } = await world();
    await refresh(START_MS);
    const well = state.features;
    const errors: Partial<FeatureReader>[] = [
      { arrivals: async () => [{ ageHours: -1, clicks: 5, conversions: 0 }] },
      {
        listeners: async () =>
          [1, 2, 3].map((visits) => ({ segment: 'no id at all!', visits, activeDays: 1, listeners: 5 })),
      },
    ];
    for (const [index, broken] of errors.entries()) {
      state.features = { ...well, ...broken };
      const { result, reasons } = await refresh(START_MS + (index + 1) * HOUR_MS);
      assert.equal(result, 'frozen');
      assert.deepEqual(
        reasons.map(({ code }) => code),
        ['MODEL_FAILED'],
      );
      const { supply } = await read(START_MS + DAY_MS);
      assert.equal(supply?.issuedAtMs, START_MS);
    }
    assert.equal(lines.filter(({ message }) => String(message).includes('the forecast failed')).length, 2);
    assert.equal(outcomes.rows.filter(({ table }) => table === 'forecasts').length, 3);
  });

  it('hashes the same input the same, whatever its order', async () => {
    const hashes = [];
    for (const isReversed of [false, true]) {
      const { refresh, read, state, tell } = await world();
      const well = state.features;
      await tell({ holidays: ['2026-03-08'] });
      if (isReversed) {
        state.features = {
          ...well,
          supplyHours: async (scope) => (await well.supplyHours(scope)).reverse(),
          responses: async (scope) => (await well.responses(scope)).reverse(),
        };
      }
      await refresh(START_MS);
      const { supply } = await read(START_MS);
      hashes.push([supply?.inputsHash, supply?.cells]);
    }
    assert.deepEqual(hashes[0], hashes[1]);
  });

  it('only records what would have been forecast in the past, and looks at nothing later', async () => {
    const { refresh, read, report, forecasts } = await world();
    await refresh(START_MS);
    const now = await read(START_MS);
    const past = await refresh(START_MS - 3 * DAY_MS, { isPast: true });
    assert.deepEqual([past.result, past.isFitted], ['refreshed', true]);
    assert.deepEqual(await read(START_MS), now);
    await report(START_MS, START_MS + 2 * DAY_MS, 3);
    await refresh(START_MS - 3 * DAY_MS, { isPast: true, forecastId: 'again' });
    const [, first, second] = forecasts().map(({ json }) => json['totals']);
    assert.deepEqual(second, first);
  });

  it('writes outcomes that fit their contract', async () => {
    const { refresh, store } = await world();
    await refresh(START_MS);
    await refresh(START_MS + DAY_MS);
    const ids = ['refresh:SE:' + START_MS, 'refresh:SE:' + (START_MS + DAY_MS)];
    const { ledgerId } = await import('../../../shared/store/ledger-key.ts');
    const entries = await store.read(
      ids.map((eventId) => refs.ledger(ledgerId({ source: 'test', tenantId: 'andante', eventId }))),
    );
    for (const entry of entries) assertOutcomes(entry?.outcomes ?? []);
    assert.deepEqual(
      entries.map((entry) => entry?.outcomes.map(({ type }) => type)),
      [['supply-forecast'], ['supply-frozen']],
    );
  });
});
