// Plays the markets of a seed through the platform's own handlers: reports are delivered, ticks fold them, price and grant
// leases, ad servers decide by the plans that come of it. Messages come twice at random, some copies a tick late.
import { createRandom } from '../../emulators/world/random.ts';
import { createDeliveryReportedHandler } from '../../functions/delivery-reported/handler.ts';
import { createDeliveryTickHandler } from '../../functions/delivery-tick/handler.ts';
import { createMemoryBus } from '../../shared/bus/memory-bus.ts';
import { CLICK_WINDOW_MS, pageTable } from '../../shared/campaign/book-page.ts';
import type { BookEntry, BookPage, Market } from '../../shared/contracts/documents.ts';
import type { Messages } from '../../shared/contracts/decode-message.ts';
import { DEFAULT_AUCTION } from '../../shared/contracts/serving.ts';
import { DAY_MS } from '../../shared/forecasting/traffic-clock.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { newMarket } from '../../shared/store/persist-supply.ts';
import { createLoopServers, type LoopServers } from './loop-servers.ts';
import { FIRST_DAY_AT_MS, GROUPS, type LoopMarket } from './loop-world.ts';

export const TICK_MS = 5 * 60_000;
const PAGE = 'p1';

export interface LoopOptions {
  seed: number;
  /** The share of messages that come twice, half of their copies a tick late. */
  doubled: number;
}

export interface PlayedMarket {
  market: Market;
  /** As each was last in the book, in the order in which they were booked. */
  entries: readonly BookEntry[];
  servers: LoopServers;
}

export interface PlayedLoop {
  markets: PlayedMarket[];
  messages: number;
  copies: number;
  /** Messages that did not fit. */
  quarantined: number;
}

export async function playLoop(markets: readonly LoopMarket[], { seed, doubled }: LoopOptions): Promise<PlayedLoop> {
  const book = new Map<string, BookEntry>();
  const store = createMemoryStore({
    isTrusting: true,
    onCommit: (writes) => {
      for (const { after } of writes) {
        if (after && 'entries' in after) for (const entry of after.entries) book.set(entry.campaignId, entry);
      }
    },
  });
  for (const market of markets) await seedBook(store, market);
  const servers = markets.map(createLoopServers);
  const platform = createPlatform(store, { seed, doubled });
  const days = Math.max(...markets.map((market) => market.days));
  // Until the clicks of the last hour have come.
  const ticks = (days * DAY_MS + CLICK_WINDOW_MS) / TICK_MS;
  for (let tick = 0; tick < ticks; tick++) {
    const startAtMs = FIRST_DAY_AT_MS + tick * TICK_MS;
    await platform.tick(startAtMs);
    if (tick === ticks - 1) break;
    const endAtMs = startAtMs + TICK_MS;
    for (const [index, { market }] of markets.entries()) {
      const [plan] = await store.read([refs.plan(market)]);
      const reports = (servers[index] as LoopServers).play(plan, { startAtMs, endAtMs });
      for (const report of reports) await platform.report(report, endAtMs);
    }
  }
  const played = await Promise.all(
    markets.map(async ({ market, entries }, index): Promise<PlayedMarket> => {
      const [now] = await store.read([refs.market(market)]);
      return {
        market: now as Market,
        entries: entries.map(({ campaignId }) => book.get(campaignId) as BookEntry),
        servers: servers[index] as LoopServers,
      };
    }),
  );
  return { markets: played, ...platform.counts(), quarantined: (await store.quarantined(1000)).length };
}

/** The market as it stands at midnight: booked, forecast, its groups known, nothing served. */
async function seedBook(store: AllocationStore, { market, entries, supply }: LoopMarket): Promise<void> {
  const page: BookPage = { schemaVersion: 1, market, page: PAGE, entries };
  const empty: Market = {
    ...newMarket(market),
    supplyVersion: 1,
    groups: GROUPS.map((group) => ({ group, seenAtMs: FIRST_DAY_AT_MS - TICK_MS, opportunities: 1 })),
    // Who wins pays what it bid: money counts what was delivered, as the bound does. The house's own ad is worth nothing there.
    serving: {
      ...DEFAULT_AUCTION,
      ...{ version: 1, pricing: 'first', houseCpmMicros: 0, creatives: [], overrides: [] },
    },
  };
  await store.transact(async (transaction) => {
    transaction.set(refs.market(market), { ...empty, pages: pageTable(empty, [page]) });
    transaction.set(refs.page(market, PAGE), page);
    for (const day of supply) transaction.set(refs.supply(market, day.day), day);
  });
}

/** The handlers, and a bus between that delivers some messages twice. */
function createPlatform(store: AllocationStore, { seed, doubled }: LoopOptions) {
  const random = createRandom(seed, 'loop bus');
  const bus = createMemoryBus();
  const deps = {
    store,
    bus,
    outcomes: { append: async () => undefined },
    log: createLog({ level: 'silent', projectId: 'demo-andante' }),
    clock: () => FIRST_DAY_AT_MS,
    virtualTime: true,
    tickIntervalMs: TICK_MS,
  };
  const handleTick = createDeliveryTickHandler(deps);
  const handleReport = createDeliveryReportedHandler(deps);
  let [messages, copies] = [0, 0];
  let late: (() => Promise<unknown>)[] = [];
  const deliver = async (handle: () => Promise<unknown>) => {
    messages += 1;
    await handle();
    if (random() >= doubled) return;
    copies += 1;
    if (random() < 0.5) await handle();
    else late.push(handle);
  };
  return {
    counts: () => ({ messages, copies }),
    async tick(nowMs: number): Promise<void> {
      const time = { publishedAtMs: nowMs, nowMs };
      const about = { type: 'andante.delivery-tick.v1', source: 'scheduler', tenantId: 'andante' } as const;
      const event: Messages['delivery-tick'] = { ...about, scheduledForMs: nowMs };
      const overdue = late;
      late = [];
      const before = bus.published.length;
      await deliver(() => handleTick(event, time));
      for (const { message } of bus.published.slice(before)) {
        if (!('market' in message) || message.market === undefined) continue;
        const { market } = message;
        await deliver(() => handleTick({ ...event, market }, time));
      }
      for (const handle of overdue) await handle();
    },
    report: (event: Messages['delivery-reported'], nowMs: number) =>
      deliver(() => handleReport(event, { publishedAtMs: nowMs, nowMs })),
  };
}
