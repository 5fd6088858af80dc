// What is there besides campaigns and ad servers: supply that changes, a page that is nearly full, a flood of reports,
// and the Scheduler's messages.
import type { Random } from '../../emulators/world/random.ts';
import { pageTable } from '../../shared/campaign/book-page.ts';
import type { BusinessEvent } from '../../shared/contracts/events.ts';
import { encodeInstants, formatInstant } from '../../shared/contracts/instants.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { entry } from '../support/entries.ts';
import { deliveryReported } from '../support/events.ts';
import { DAY_MS, START_MS } from '../support/instants.ts';
import { cell, page, supplyDay } from '../support/markets.ts';
import type { Books } from './books.ts';
import type { Cluster } from './cluster.ts';
import { ROOT_DELAY } from './money-model.ts';
import { MARKETS, ROUND_MS, SEGMENTS } from './story.ts';

/** Two days of supply for one market, scarce or plenty. */
export async function stock(store: AllocationStore, random: Random, market: string): Promise<void> {
  const cells = SEGMENTS.map((segment) => {
    const q50 = 2_000 + Math.floor(random() * 20_000);
    const q10 = Math.floor(q50 * (0.4 + 0.5 * random()));
    return cell({ segment, q50, q10, clickPpm: 10_000 + Math.floor(random() * 20_000) });
  });
  // One market knows how late clicks come.
  const delay = market === MARKETS[0] ? { clickDelay: ROOT_DELAY } : {};
  const days = [START_MS, START_MS + DAY_MS].map((atMs) => supplyDay(atMs, { market, cells, ...delay }));
  await persistSupply(store, market, days);
}

/** Fills the first page of a market but for one entry, with campaigns that fly much later. */
export async function crowd(store: AllocationStore, { ignored }: Books): Promise<void> {
  const [market] = MARKETS;
  const flight = { startAtMs: START_MS + 20 * DAY_MS, endAtMs: START_MS + 21 * DAY_MS, trafficByDay: [0] };
  const entries = Array.from({ length: 199 }, (_, index) => entry({ campaignId: `later${index}`, ...flight }));
  for (const { campaignId } of entries) ignored.add(campaignId);
  const full = page(entries, { market });
  await store.transact(async (transaction) => {
    const [known] = await transaction.get([refs.market(market)]);
    if (!known) throw new Error(`${market} has no supply`);
    transaction.set(refs.page(market, full.page), full);
    const bookVersion = known.bookVersion + 1;
    transaction.set(refs.market(market), { ...known, bookVersion, pages: pageTable(known, [full]) });
  });
}

/** More reports than one transaction folds. */
export function flood(cluster: Cluster, publish: (event: BusinessEvent) => void, nowMs: number): void {
  const window = { group: 'g0', market: MARKETS[0], windowStartAtMs: nowMs - ROUND_MS, windowEndAtMs: nowMs };
  for (let index = 0; index < 170; index++) {
    const opportunities = [{ segment: 'fan', surface: 'home', opportunities: index }];
    const event = deliveryReported(`flood:${index}`, { ...window, opportunities });
    publish(event);
    cluster.publish(JSON.stringify(encodeInstants(event)), 'delivery-reported', { tenantId: event.tenantId });
  }
}

export function publishScheduled(cluster: Cluster, name: 'delivery-tick' | 'outcome-drain'): void {
  const type = `andante.${name}.v1` as const;
  cluster.publish({ type, source: 'scheduler', tenantId: 'andante' }, name, { type, tenantId: 'andante' });
}

/** Asks for the supply of every market to be forecast again; as nobody sees reports, it is kept, less certain. */
export function publishRefresh(cluster: Cluster, nowMs: number): void {
  const type = 'andante.supply-refresh.v1';
  const about = { type, source: 'scheduler', tenantId: 'andante', scheduledFor: formatInstant(nowMs) } as const;
  cluster.publish(about, 'supply-refresh', { type, tenantId: 'andante' });
}
