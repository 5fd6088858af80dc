// The supply that a world is sold on, forecast by the stack itself: weeks of reports are put into BigQuery, hours are closed,
// and supply-refresh is asked for every market.
import { setTimeout as pauseFor } from 'node:timers/promises';
import { PubSub } from '@google-cloud/pubsub';
import type { ForecastSettings, SupplyDay } from '../shared/contracts/documents.ts';
import { refs, type AllocationStore } from '../shared/store/allocation-store.ts';
import { openMarket } from '../shared/store/persist-supply.ts';
import { runQuery } from './run-query.ts';
import type { Stack } from './stack.ts';
import { writeHistory } from './world-history.ts';
import { daysOf, type Population } from './world/population.ts';

/** A market's forecast takes a second or two. */
const PATIENCE_MS = 120_000;
const POLL_MS = 100;

export interface ForecastedWorld {
  seed: number;
  startAtMs: number;
  /** A market without history: it is forecast from all others. */
  newMarket: string | undefined;
  signal: AbortSignal;
}

/**
 * Forecasts every market of the population from `startAtMs` on.
 * @throws Error naming the markets whose forecast did not come
 */
export async function forecastWorld(
  stack: Stack,
  store: AllocationStore,
  population: Population,
  { seed, startAtMs, newMarket, signal }: ForecastedWorld,
): Promise<void> {
  await writeHistory(stack, population, { seed, startAtMs, newMarket });
  if (newMarket !== undefined) await likenMarket(store, population, newMarket);
  await runQuery(stack, 'close_supply_hours', startAtMs);
  const pubsub = new PubSub({ projectId: stack.projectId, apiEndpoint: stack.pubsubHost, emulatorMode: true });
  try {
    const topic = pubsub.topic('supply-refresh');
    await Promise.all(
      population.markets.map((market) =>
        topic.publishMessage({
          json: { ...refreshBody(stack), market, scheduledFor: new Date(startAtMs).toISOString() },
        }),
      ),
    );
  } finally {
    await pubsub.close();
  }
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await store.read(population.markets.map((market) => refs.market(market)));
    const missing = population.markets.filter((_, index) => (found[index]?.supplyVersion ?? 0) === 0);
    if (missing.length === 0) return;
    if (performance.now() > untilMs)
      throw new Error(`no forecast came for ${missing.join(', ')}: the log is ${stack.logFile}`);
    await pauseFor(POLL_MS, undefined, { signal });
  }
}

/** Says of a new market how many listeners it has, and which markets it is like. */
async function likenMarket(store: AllocationStore, population: Population, newMarket: string): Promise<void> {
  for (const market of population.markets) {
    const settings: ForecastSettings = {
      schemaVersion: 1,
      market,
      holidays: [],
      modifiers: [],
      activeListeners: population.activeListeners(market),
      analogues: market === newMarket ? population.markets.filter((other) => other !== market) : [],
    };
    await store.transact(async (transaction) => {
      await openMarket(transaction, market);
      transaction.set(refs.forecastSettings(market), settings);
    });
  }
}

function refreshBody({ topology }: Stack): Record<string, unknown> {
  return topology.schedules['supply-refresh']?.body ?? {};
}

/** What of each cell could be sold at the most by any forecast that was in force: supply changes while a world runs. */
export interface SupplyWatch {
  /** Reads the markets whose supply moved since the last look. */
  look(): Promise<void>;
  /** Of each market, its days. */
  most(): ReadonlyMap<string, SupplyDay[]>;
}

/** Watches the supply of the days from one instant to another. */
export function watchSupply(
  store: AllocationStore,
  { markets }: Population,
  { startAtMs, endAtMs }: { startAtMs: number; endAtMs: number },
): SupplyWatch {
  const versions = new Map<string, number>();
  const most = new Map<string, Map<string, SupplyDay>>(markets.map((market) => [market, new Map()]));
  const days = daysOf(startAtMs, endAtMs);
  return {
    async look() {
      const found = await store.read(markets.map((market) => refs.market(market)));
      for (const [index, market] of markets.entries()) {
        const version = found[index]?.supplyVersion ?? 0;
        if (versions.get(market) === version) continue;
        versions.set(market, version);
        const own = most.get(market);
        for (const day of await store.read(days.map((name) => refs.supply(market, name)))) {
          if (day) own?.set(day.day, mostOf(own.get(day.day), day));
        }
      }
    },
    most: () => new Map([...most].map(([market, own]) => [market, [...own.values()]])),
  };
}

function mostOf(before: SupplyDay | undefined, now: SupplyDay): SupplyDay {
  if (!before) return now;
  return {
    ...now,
    cells: now.cells.map((cell) => {
      const old = before.cells.find((one) => one.segment === cell.segment && one.surface === cell.surface);
      return old && clicksOf(old) > clicksOf(cell) ? old : cell;
    }),
  };
}

function clicksOf({ q10, q50, clickPpm }: SupplyDay['cells'][number]): number {
  return (q10 + q50) * clickPpm;
}
