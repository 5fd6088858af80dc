// Persists events and ticks on a store and says what came of them; every outcome is held to its contract.
import type { BookEntry, Campaign, LedgerEntry, Market } from '../../shared/contracts/documents.ts';
import type { CampaignEvent, DeliveryReported } from '../../shared/contracts/events.ts';
import type { Outcome } from '../../shared/contracts/outcomes.ts';
import { toRows } from '../../shared/outcomes/to-rows.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { fileReport } from '../../shared/store/file-report.ts';
import { persistCampaignEvent, type Persisted } from '../../shared/store/persist-campaign-event.ts';
import { persistTick, type TickResult } from '../../shared/store/persist-tick.ts';
import { START_MS, TICK_MS, slotAt } from './instants.ts';
import { assertOutcomes, assertRows } from './outcome-validator.ts';
import { decideUnquoted } from './decide-unquoted.ts';

/** One campaign event through its transaction. */
export async function persist(store: AllocationStore, event: CampaignEvent, nowMs = START_MS): Promise<Persisted> {
  const persisted = await persistCampaignEvent(store, event, nowMs, decideUnquoted);
  assertEntry(persisted.entry);
  return persisted;
}

/** A report into the ledger, at the end of its window. */
export async function file(store: AllocationStore, event: DeliveryReported): Promise<Persisted> {
  return fileReport(store, event, event.occurredAtMs);
}

/** The market's tick at an instant. */
export async function tick(store: AllocationStore, atMs: number, market = 'SE'): Promise<TickResult> {
  const result = await persistTick(store, { market, slot: slotAt(atMs), tickIntervalMs: TICK_MS, source: 'scheduler' });
  for (const { entry } of result.written) assertEntry(entry);
  return result;
}

function assertEntry(entry: LedgerEntry): void {
  assertOutcomes(entry.outcomes);
  assertRows(toRows('0123456789abcdef0123', entry, START_MS));
}

/** The stored campaign of tenant t1. */
export async function campaignOf(store: AllocationStore, campaignId = 'c1'): Promise<Campaign> {
  const [campaign] = await store.read([refs.campaign('t1', campaignId)]);
  if (!campaign) throw new Error(`campaign ${campaignId} is not stored`);
  return campaign;
}

/** The stored market. */
export async function marketOf(store: AllocationStore, name = 'SE'): Promise<Market> {
  const [market] = await store.read([refs.market(name)]);
  if (!market) throw new Error(`market ${name} is not stored`);
  return market;
}

/** All entries of a market's book. */
export async function entriesOf(store: AllocationStore, name = 'SE'): Promise<BookEntry[]> {
  const { pages } = await marketOf(store, name);
  const found = await store.read(pages.map(({ page }) => refs.page(name, page)));
  return found.flatMap((page) => page?.entries ?? []);
}

/** Outcomes by kind of event, for short expectations. */
export function types(entry: LedgerEntry): Outcome['type'][] {
  return entry.outcomes.map(({ type }) => type);
}
