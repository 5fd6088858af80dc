// Which metrics count a line, and which alerts it sets off: lines as functions write them, tried on the filters.
import assert from 'node:assert/strict';
import { createDeliveryTickHandler } from '../../../functions/delivery-tick/handler.ts';
import { createOutcomeDrainHandler } from '../../../functions/outcome-drain/handler.ts';
import { createSupplyRefreshHandler } from '../../../functions/supply-refresh/handler.ts';
import { createMemoryBus } from '../../../shared/bus/memory-bus.ts';
import { createMemoryFeatures } from '../../../shared/outcomes/memory-features.ts';
import { createMemoryLog } from '../../../shared/outcomes/memory-log.ts';
import { createReceiver } from '../../../shared/runtime/delivery.ts';
import { assertLogLines } from '../../support/assert-log-lines.ts';
import { push } from '../../support/envelopes.ts';
import { DAY_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { logLines } from '../../support/log-lines.ts';
import { seededStore } from '../../support/stores.ts';
import { reportHours } from '../../support/synthetic-market.ts';
import { matchesLine, type Field } from './log-filter.ts';
import { block, readObservability, text, type Observability } from './observability.ts';

const handled = { severity: 'INFO', message: 'handled', outcome: 'applied', attempts: 1, ms: 12 };
const tick = { ...handled, function: 'delivery-tick', market: 'SE', slot: 29_000_000, lagMs: 1500, reports: 2 };
const answered = { severity: 'INFO', message: 'answered', outcome: 'answered', status: 200, ms: 4 };

const lines: { name: string; line: Record<string, Field>; counted: string[]; told?: string[] }[] = [
  {
    name: 'an event that is applied',
    line: { ...handled, function: 'budget-changed', event: 'e1', tenant: 't1', campaign: 'c1' },
    counted: ['event_latency', 'events'],
  },
  {
    name: 'a message that will be retried',
    line: {
      ...handled,
      severity: 'WARNING',
      function: 'budget-changed',
      outcome: 'retried',
      code: 'STORE_UNAVAILABLE',
    },
    counted: ['event_latency', 'events'],
  },
  {
    name: 'a message that its function failed on',
    line: { ...handled, severity: 'CRITICAL', function: 'budget-changed', outcome: 'failed', error: 'TypeError' },
    counted: ['event_latency', 'events'],
    told: ['function-failed'],
  },
  {
    name: 'a market’s tick',
    line: tick,
    counted: ['event_latency', 'events', 'tick_lag', 'ticks'],
  },
  {
    name: 'the tick that is for all markets',
    line: { ...handled, function: 'delivery-tick', outcome: 'fanned-out', markets: 3 },
    counted: ['event_latency', 'events', 'ticks'],
  },
  {
    name: 'a doubled tick',
    line: { ...tick, outcome: 'superseded' },
    counted: ['event_latency', 'events', 'tick_lag', 'ticks'],
  },
  {
    name: 'a tick that failed',
    line: { ...handled, severity: 'CRITICAL', function: 'delivery-tick', market: 'SE', outcome: 'failed' },
    counted: ['event_latency', 'events'],
    told: ['function-failed'],
  },
  {
    name: 'a tick that found an overrun',
    line: { ...tick, overruns: 1, overrunMicros: 250_000 },
    counted: ['event_latency', 'events', 'overrun_micros', 'tick_lag', 'ticks'],
  },
  {
    name: 'a drain that left nothing',
    line: { ...handled, function: 'outcome-drain', outcome: 'drained', entries: 4, undrained: 0, oldestMs: 0 },
    counted: ['drain_age', 'drain_undrained', 'event_latency', 'events'],
  },
  {
    name: 'a drain that BigQuery was away for',
    line: {
      ...{
        ...handled,
        severity: 'WARNING',
        function: 'outcome-drain',
        outcome: 'retried',
        code: 'OUTCOMES_UNAVAILABLE',
      },
      ...{ undrained: 100, oldestMs: 900_000 },
    },
    counted: ['drain_age', 'drain_undrained', 'event_latency', 'events'],
  },
  {
    name: 'a market whose forecast is kept',
    line: { ...handled, function: 'supply-refresh', market: 'SE', outcome: 'frozen', ageMs: 50_000_000 },
    counted: ['event_latency', 'events', 'refresh_age'],
  },
  {
    name: 'a market that was never forecast',
    line: { ...handled, function: 'supply-refresh', market: 'XX', outcome: 'frozen' },
    counted: ['event_latency', 'events'],
  },
  {
    name: 'a market whose rows agree',
    line: { ...handled, function: 'reconcile', market: 'SE', outcome: 'agrees', differences: 0 },
    counted: ['differences', 'event_latency', 'events'],
  },
  {
    name: 'a market whose rows differ',
    line: { ...handled, function: 'reconcile', market: 'SE', outcome: 'different', differences: 2 },
    counted: ['differences', 'event_latency', 'events'],
    told: ['differences'],
  },
  {
    name: 'one of its differences, of which the market’s line tells',
    line: { severity: 'CRITICAL', message: 'ledger, state and BigQuery differ', function: 'reconcile', market: 'SE' },
    counted: [],
  },
  {
    name: 'a broken promise',
    line: {
      severity: 'CRITICAL',
      message: 'invariant violated',
      function: 'delivery-tick',
      market: 'SE',
      invariant: 1,
    },
    counted: ['invariants'],
    told: ['invariant-violated'],
  },
  {
    name: 'rows that BigQuery refuses',
    line: {
      ...{ severity: 'CRITICAL', message: 'outcomes refused by BigQuery: they stay in the ledger' },
      ...{ function: 'outcome-drain', event: 'e1' },
    },
    counted: [],
    told: ['function-failed'],
  },
  {
    name: 'a request for quotes',
    line: { ...answered, function: 'quote', tenant: 't1', quotes: 40, refused: 1, tier: 'fast' },
    counted: ['quotes'],
  },
  {
    name: 'a request of another function',
    line: { ...answered, function: 'booking', tenant: 't1', campaigns: 3 },
    counted: [],
  },
  {
    name: 'a warning',
    line: { severity: 'WARNING', message: 'what differs may be on its way', function: 'reconcile', market: 'SE' },
    counted: [],
  },
];

describe('A line of the log', () => {
  let own: Observability;
  let filters: Map<string, string>;
  before(async () => {
    own = await readObservability();
    filters = new Map(
      own.alerts.flatMap(({ name, conditions }) =>
        conditions.flatMap((condition) => {
          const looked = block(condition, 'condition_matched_log');
          const resolved = text(looked, 'filter').replace('${local.handled}', own.locals['handled'] as string);
          return looked ? [[name, resolved] as const] : [];
        }),
      ),
    );
  });

  for (const { name, line, counted, told = [] } of lines) {
    const what = [counted.length > 0 ? `counts as ${counted.join(', ')}` : 'counts as nothing'];
    if (told.length > 0) what.push(`sets off ${told.join(', ')}`);
    it(`of ${name} ${what.join(' and ')}`, () => {
      const counting = [...own.metrics].filter(([, { filter }]) => matchesLine(filter, line));
      assert.deepEqual(counting.map(([metric]) => metric).sort(), counted);
      for (const [metric, { value }] of counting)
        if (value !== undefined) assert.equal(typeof line[value], 'number', `${metric} takes ${value}`);
      assert.deepEqual(
        [...filters].flatMap(([alert, filter]) => (matchesLine(filter, line) ? [alert] : [])),
        told,
      );
    });
  }

  it('is one that functions may write', () => {
    assertLogLines(lines.map(({ line }) => ({ ...line, time: '2026-03-02T00:00:00.000Z' })));
  });

  it('is there for every metric and every alert that looks for one', () => {
    const counted = new Set(lines.flatMap((one) => one.counted));
    assert.deepEqual([...counted].sort(), [...own.metrics.keys()].sort());
    const told = new Set(lines.flatMap((one) => one.told ?? []));
    assert.deepEqual([...told].sort(), [...filters.keys()].sort());
  });
});

describe('Lines that functions write', () => {
  it('are counted: ticks, drains, refreshes and what is refused, each by its measure', async () => {
    const { metrics } = await readObservability();
    const { log, lines: written } = logLines();
    const outcomes = createMemoryLog();
    await reportHours(outcomes, { fromMs: START_MS - 2 * DAY_MS, toMs: START_MS });
    const deps = {
      ...{ store: await seededStore({ markets: ['SE'] }), outcomes, log, bus: createMemoryBus() },
      ...{ features: createMemoryFeatures(outcomes), clock: () => START_MS + 1500 },
      ...{ tickIntervalMs: TICK_MS, virtualTime: false },
    };
    const ofMarket = { source: 'scheduler', tenantId: 'andante', market: 'SE' };
    const tick = createReceiver('delivery-tick', createDeliveryTickHandler(deps), deps);
    await tick(push({ ...ofMarket, type: 'andante.delivery-tick.v1' }));
    await tick(push({ ...ofMarket, market: undefined, type: 'andante.delivery-tick.v1' }));
    await tick(push('{}'));
    const refresh = createReceiver('supply-refresh', createSupplyRefreshHandler(deps), deps);
    await refresh(push({ ...ofMarket, type: 'andante.supply-refresh.v1' }));
    const drain = createReceiver('outcome-drain', createOutcomeDrainHandler(deps), deps);
    await drain(push({ ...ofMarket, market: undefined, type: 'andante.outcome-drain.v1' }));
    const counts = [...metrics].flatMap(([name, { filter }]) => {
      const count = (written as Record<string, Field>[]).filter((line) => matchesLine(filter, line)).length;
      return count > 0 ? [[name, count]] : [];
    });
    assert.deepEqual(Object.fromEntries(counts), {
      ...{ events: 5, event_latency: 5, ticks: 2, tick_lag: 1 },
      ...{ refresh_age: 1, drain_age: 1, drain_undrained: 1 },
    });
    const values = (field: string) => written.flatMap((line) => (field in line ? [line[field]] : []));
    assert.deepEqual([values('lagMs'), values('oldestMs'), values('ageMs')], [[1500], [0], [0]]);
  });
});
