// What a minute of ticks costs for 1,000, 10,000 and 50,000 active subcampaigns in markets of 1,000: the documents and rows
// of the tick function's own handler, counted on a metered memory store, at list prices. Beside it the plain design:
// each subcampaign its own document, read and written each minute, and its own row. What a report itself costs (its
// filing, its fold, its rows) is the same for both designs: in neither, printed apart.
import { createDeliveryTickHandler } from '../../functions/delivery-tick/handler.ts';
import { createMemoryBus, type MemoryBus } from '../../shared/bus/memory-bus.ts';
import { bigQuerySchemas } from '../../shared/contracts/bigquery-schema.ts';
import type { Row } from '../../shared/outcomes/outcome-log.ts';
import type { Handler } from '../../shared/runtime/delivery.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { fileReport } from '../../shared/store/file-report.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import type { BenchResult, Figure } from './figure.ts';
import { MIN_ROW_BYTES, costOf, rowBytes, type Cost, type Usage } from './list-prices.ts';
import { meterStore } from './metered-store.ts';
import {
  FIRST_TICK_AT_MS,
  GROUPS,
  MINUTE_MS,
  ORDER,
  bookOf,
  createGroups,
  impressionsPerMinute,
  type Book,
} from './minute-traffic.ts';

const MARKET_SUBCAMPAIGNS = 1_000;
const SIZES = [1_000, 10_000, 50_000];
/** Minutes until leases are granted and renewed as they will be from then on, and minutes that count. */
const WARM_UP_MINUTES = 60;
const MINUTES = 15;

/** A document read and written and a row, for each subcampaign. */
const PLAIN_USD = costOf({ reads: 1, writes: 1, rowBytes: [MIN_ROW_BYTES] }).totalUsd;

const schemas = bigQuerySchemas();

export async function run(): Promise<BenchResult> {
  const measured: Measured[] = [];
  for (const size of SIZES) measured.push(await measure(size));
  const [smallest] = measured as [Measured];
  const largest = measured.at(-1) as Measured;
  const figures = measured.flatMap(figuresOf);
  figures.push({
    name: `cost per subcampaign at ${largest.size} beside ${smallest.size}`,
    measured: perMinuteUsd(largest) / perMinuteUsd(smallest),
    unit: 'ratio',
    bar: { atMost: 1.1 },
  });
  const report = costOf(largest.ofReports);
  const perReport = (value: number) => value / largest.reports;
  figures.push(
    { name: 'a report, in both designs: reads', measured: perReport(largest.ofReports.reads), unit: 'documents' },
    { name: 'a report, in both designs: writes', measured: perReport(largest.ofReports.writes), unit: 'documents' },
    { name: 'a report, in both designs: rows', measured: perReport(largest.ofReports.rowBytes.length), unit: 'rows' },
    {
      name: 'reports per million subcampaign-minutes, in both designs',
      measured: perMillion(largest, report.totalUsd),
      unit: 'USD',
    },
  );
  return { figures, notes: [assumptions(largest)] };
}

interface Measured {
  size: number;
  minutes: number;
  ofTicks: Usage;
  ofReports: Usage;
  reports: number;
  /** Lines in the rows of ticks: subcampaigns whose numbers moved. */
  moved: number;
}

/** Plays all markets of a size on one store, through the tick function's own handler. */
async function measure(size: number): Promise<Measured> {
  const names = Array.from({ length: size / MARKET_SUBCAMPAIGNS }, (_, index) => `M${String(index).padStart(2, '0')}`);
  const memory = createMemoryStore();
  for (const name of names) await putBook(memory, bookOf(name, MARKET_SUBCAMPAIGNS));
  const groups = new Map(names.map((name) => [name, createGroups(name)]));
  const { store, meter } = meterStore(memory);
  const rows: Row[] = [];
  const bus = createMemoryBus();
  const deps = {
    store,
    bus,
    outcomes: { append: async (appended: readonly Row[]) => void rows.push(...appended) },
    log: createLog({ level: 'silent', projectId: 'demo-andante' }),
    clock: () => FIRST_TICK_AT_MS,
    virtualTime: true,
    tickIntervalMs: MINUTE_MS,
  };
  const tick = createDeliveryTickHandler(deps);
  const filed = new Set<string>();
  for (let minute = 0; minute < WARM_UP_MINUTES + MINUTES; minute++) {
    if (minute % 15 === 0) console.error(`${size} subcampaigns: minute ${minute} of ${WARM_UP_MINUTES + MINUTES}`);
    const nowMs = FIRST_TICK_AT_MS + minute * MINUTE_MS;
    if (minute === WARM_UP_MINUTES) {
      meter.reset();
      filed.clear();
      rows.length = 0;
    }
    for (const [name, own] of groups) {
      const [plan] = await memory.read([refs.plan(name)]);
      for (const report of own.reports(plan?.body, nowMs)) filed.add((await fileReport(store, report, nowMs)).ref.path);
    }
    await tickAll(tick, bus, nowMs);
  }
  if ((await memory.quarantined(1)).length > 0) throw new Error('a report did not fit the book it was drawn from');
  if ((await memory.undrained(1)).length > 0) throw new Error('rows of a tick were not recorded');
  const ofReports = meter.sum((path) => filed.has(path));
  const all = meter.sum();
  const [tickRows, reportRows] = [
    rows.filter(({ table }) => table === 'outcomes'),
    rows.filter(({ table }) => table !== 'outcomes'),
  ];
  return {
    size,
    minutes: MINUTES,
    ofTicks: { reads: all.reads - ofReports.reads, writes: all.writes - ofReports.writes, rowBytes: bytesOf(tickRows) },
    ofReports: { ...ofReports, rowBytes: bytesOf(reportRows) },
    reports: filed.size,
    moved: tickRows.reduce((sum, { json }) => sum + ((json['subcampaigns'] as unknown[] | undefined) ?? []).length, 0),
  };
}

async function putBook(store: AllocationStore, { market, pages, supply }: Book): Promise<void> {
  await store.transact(async (transaction) => {
    transaction.set(refs.market(market.market), market);
    transaction.set(refs.supply(market.market, supply.day), supply);
    for (const page of pages) transaction.set(refs.page(market.market, page.page), page);
  });
}

/** The scheduler's message, and those that it fans out to. */
async function tickAll(tick: Handler<'delivery-tick'>, bus: MemoryBus, nowMs: number): Promise<void> {
  const time = { publishedAtMs: nowMs, nowMs };
  const event = {
    type: 'andante.delivery-tick.v1',
    source: 'scheduler',
    tenantId: 'andante',
    scheduledForMs: nowMs,
  } as const;
  const before = bus.published.length;
  await tick(event, time);
  for (const { message } of bus.published.slice(before)) {
    if ('market' in message && message.market !== undefined) await tick({ ...event, market: message.market }, time);
  }
}

function bytesOf(rows: readonly Row[]): number[] {
  return rows.map(({ table, json }) => rowBytes(json, schemas[table]));
}

function figuresOf(measured: Measured): Figure[] {
  const { size, minutes, ofTicks, moved } = measured;
  const cost = costOf(ofTicks);
  const name = (what: string) => `${size}: ${what}`;
  const bytes = ofTicks.rowBytes.reduce((sum, one) => sum + one, 0);
  return [
    { name: name('documents read'), measured: ofTicks.reads / minutes, unit: 'per tick' },
    { name: name('documents written'), measured: ofTicks.writes / minutes, unit: 'per tick' },
    { name: name('rows'), measured: ofTicks.rowBytes.length / minutes, unit: 'per tick' },
    { name: name('row bytes'), measured: bytes / minutes, unit: 'per tick' },
    { name: name('subcampaigns that moved'), measured: moved / minutes, unit: 'per tick' },
    ...parts(cost).map(([part, usd]) => ({
      name: name(`million subcampaign-minutes, ${part}`),
      measured: perMillion(measured, usd),
      unit: 'USD',
    })),
    { name: name('million subcampaign-minutes'), measured: perMillion(measured, cost.totalUsd), unit: 'USD' },
    { name: name('million subcampaign-minutes, plain design'), measured: PLAIN_USD * 1e6, unit: 'USD' },
    {
      name: name('times cheaper if every one moved'),
      measured: PLAIN_USD / (perMinuteUsd(measured) + unmovedUsd(measured)),
      unit: 'times',
    },
    {
      name: name('times cheaper than plain'),
      measured: PLAIN_USD / perMinuteUsd(measured),
      unit: 'times',
      bar: { atLeast: 100 },
    },
  ];
}

function parts({ readsUsd, writesUsd, rowsUsd }: Cost): [string, number][] {
  return [
    ['reads', readsUsd],
    ['writes', writesUsd],
    ['rows', rowsUsd],
  ];
}

/** Of one subcampaign, one minute. */
function perMinuteUsd({ size, minutes, ofTicks }: Measured): number {
  return costOf(ofTicks).totalUsd / (size * minutes);
}

/** What a subcampaign's minute would cost more if every tick recorded a line of each. */
function unmovedUsd({ size, minutes, ofTicks, moved }: Measured): number {
  const { rowsUsd } = costOf(ofTicks);
  return rowsUsd / moved - rowsUsd / (size * minutes);
}

function perMillion({ size, minutes }: Measured, usd: number): number {
  return (usd / (size * minutes)) * 1e6;
}

function assumptions({ moved, size, minutes, reports }: Measured): string {
  const { budgetMicros, clickPriceMicros, flightDays, clickPpm } = ORDER;
  const share = ((100 * moved) / (size * minutes)).toFixed(0);
  return [
    `Each subcampaign: ${budgetMicros / 1e6} USD over ${flightDays} days at ${clickPriceMicros / 1e6} USD a click and ${clickPpm / 1e4}% clicks,`,
    `so ${impressionsPerMinute(ORDER).toFixed(2)} impressions a minute, at any point of its flight; ${share}% of them move in a tick.`,
    `${GROUPS.length} ad-server groups report each minute, ${(reports / minutes / (size / MARKET_SUBCAMPAIGNS)).toFixed(1)} reports a market (400 lines each at most).`,
    `${MINUTES} minutes counted after ${WARM_UP_MINUTES}; list prices of us-central1, November 2026 (test/bench/list-prices.ts).`,
  ].join('\n');
}
