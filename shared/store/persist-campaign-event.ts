// One transaction for one campaign event, over up to 15 markets: ledger and state are read, `decide` is asked, state and
// ledger entry are written together. What a booking holds becomes entries in place of its holds.
import assert from 'node:assert/strict';
import { newEntry, pageTable } from '../campaign/book-page.ts';
import { expectedCampaign, type CampaignContext, type MarketView } from '../campaign/campaign-state.ts';
import { evolve, fallenMicros, withLiveNumbers } from '../campaign/evolve.ts';
import type { BookEntry, BookPage, Campaign, CampaignOwner, LedgerEntry, Subcampaign } from '../contracts/documents.ts';
import type { CampaignEvent } from '../contracts/events.ts';
import type { CampaignOutcome } from '../contracts/outcomes.ts';
import { daysBetween } from '../forecasting/traffic-clock.ts';
import { AndanteError } from '../runtime/errors.ts';
import { currentTrace } from '../runtime/handling.ts';
import { refs, type AllocationStore, type Ref, type Transaction } from './allocation-store.ts';
import { pageNeeds } from './booking-parts.ts';
import { ledgerId, payloadHash } from './ledger-key.ts';
import { completeViews, emptyPage, supplyOf, type MarketNeed, type Snapshot } from './market-views.ts';
import { readBooked } from './read-booked.ts';

export type DecideCampaign = (campaign: Campaign, event: CampaignEvent, context: CampaignContext) => CampaignOutcome[];

/** What persisting came to: the ledger's entry, whoever wrote it. */
export interface Persisted {
  ref: Ref<'ledger'>;
  entry: LedgerEntry;
  isDuplicate: boolean;
}

/**
 * @param nowMs the time decisions use
 * @param known supply by market, kept from event to event: it is read again when its version moved
 * @throws AndanteError EVENT_CONFLICT the event's id is taken by another payload; TENANT_MISMATCH the campaign is
 *   another tenant's; STORE_UNAVAILABLE
 */
export async function persistCampaignEvent(
  store: AllocationStore,
  event: CampaignEvent,
  nowMs: number,
  decide: DecideCampaign,
  known: Map<string, Snapshot> = new Map(),
): Promise<Persisted> {
  const { tenantId } = event;
  const { campaignId } = event.data;
  const ref = refs.ledger(ledgerId(event));
  const hash = payloadHash(event);
  const [before] = await store.read([refs.campaign(tenantId, campaignId)]);
  const booked = await readBooked(store, event);
  const of = { nowMs, ...(booked ? { booked } : {}) };
  const asked = booked ? event : withoutBooking(event);
  const needs = needsOf(event, before, of);
  // Of what a booking holds only its pages are needed, and its neighbours write them at the same time: they are read once, inside.
  const snapshot = booked ? new Map<string, Snapshot>() : await completeViews(store, needs, known);
  for (const [market, view] of snapshot) known.set(market, supplyOf(view));
  const contended = [refs.campaign(tenantId, campaignId), ...needs.map(({ market }) => refs.market(market))];
  return store.transact(async (transaction) => {
    const [known, stored] = await transaction.get([ref, refs.campaign(tenantId, campaignId)]);
    if (known) return { ref, entry: sameEvent(known, hash), isDuplicate: true };
    // An expected campaign owns nothing yet: another tenant's may have been accepted under its id, or be held.
    const isFree = !stored || stored.status === 'expected';
    const heldBy = isFree ? await readHolder(transaction, campaignId, tenantId) : undefined;
    const markets = await completeViews(transaction, needsOf(event, stored, of), snapshot);
    const campaign = stored ? withLiveNumbers(stored, entriesOf(markets)) : expectedCampaign(tenantId, campaignId);
    const outcomes = decide(campaign, asked, { ...of, markets, heldBy });
    const after = outcomes.reduce(evolve, campaign);
    if (after !== campaign) writeCampaign(transaction, campaign, after);
    for (const view of markets.values()) writeBook(transaction, view, after, isFree ? bookingOf(asked) : undefined);
    const entry = newLedgerEntry(event, { hash, nowMs, outcomes, result: resultOf(outcomes) });
    transaction.create(ref, entry);
    return { ref, entry, isDuplicate: false };
  }, contended);
}

/** An event that changes nothing about supply needs its own pages; one that asks for supply needs the whole books. */
function needsOf(
  event: CampaignEvent,
  campaign: Campaign | undefined,
  { nowMs, booked }: Pick<CampaignContext, 'nowMs' | 'booked'>,
): MarketNeed[] {
  if (event.type === 'andante.campaign-created.v1') {
    if (campaign && campaign.status !== 'expected') return [];
    // A change that waits is decided with it: a raise asks all that is sold.
    if (booked && !campaign?.waitingBudget) return pageNeeds([booked]);
    const days = daysBetween(event.data.startAtMs, event.data.endAtMs);
    return [...new Set(event.data.subcampaigns.map((sub) => sub.market))].map((market) => ({
      market,
      pages: 'all',
      days,
      soldFromAtMs: nowMs,
    }));
  }
  if (!campaign?.terms) return [];
  // What is stored was not told how far its budget fell. A rebalance asks for more of some markets.
  const asksForMore =
    event.type === 'andante.budget-changed.v1' &&
    ('cause' in event.data || event.data.budgetMicros > fallenMicros(campaign));
  const days = asksForMore ? daysBetween(campaign.terms.startAtMs, campaign.terms.endAtMs) : [];
  const pages = new Map<string, Set<string>>();
  for (const sub of campaign.subcampaigns) {
    if (sub.status !== 'ended') pages.set(sub.market, (pages.get(sub.market) ?? new Set()).add(sub.page));
  }
  return [...pages].map(([market, own]) =>
    asksForMore ? { market, pages: 'all', days, soldFromAtMs: nowMs } : { market, pages: [...own], days },
  );
}

function sameEvent(known: LedgerEntry, hash: string): LedgerEntry {
  if (known.payloadHash === hash) return known;
  throw new AndanteError(
    'EVENT_CONFLICT',
    'this event id was used by another payload: publish the change under an id of its own',
  );
}

/** A campaign id belongs to the tenant whose campaign was accepted under it, or whose booking holds it: that is returned. */
async function readHolder(transaction: Transaction, campaignId: string, tenantId: string): Promise<string | undefined> {
  const [owner] = await transaction.get([refs.owner(campaignId)]);
  assertOwner(owner, tenantId);
  return owner?.heldBy;
}

/** What of a booking nothing is known: the order alone. */
function withoutBooking(event: CampaignEvent): CampaignEvent {
  if (event.type !== 'andante.campaign-created.v1') return event;
  const { booking: _gone, ...data } = event.data;
  return { ...event, data };
}

function bookingOf(event: CampaignEvent): string | undefined {
  return event.type === 'andante.campaign-created.v1' ? event.data.booking?.bookingId : undefined;
}

/** @throws AndanteError TENANT_MISMATCH */
export function assertOwner(owner: CampaignOwner | undefined, tenantId: string): void {
  if (owner && owner.tenantId !== tenantId) {
    throw new AndanteError('TENANT_MISMATCH', 'this campaign belongs to another tenant');
  }
}

function entriesOf(markets: ReadonlyMap<string, MarketView>): BookEntry[] {
  return [...markets.values()].flatMap((view) => view.pages.flatMap((page) => page.entries));
}

function writeCampaign(transaction: Transaction, before: Campaign, after: Campaign): void {
  const { tenantId, campaignId } = after;
  transaction.set(refs.campaign(tenantId, campaignId), after);
  // That the id is free, or held for this campaign, was read.
  if (before.status === 'expected' && after.status !== 'expected')
    transaction.set(refs.owner(campaignId), { schemaVersion: 1, campaignId, tenantId });
}

/** Writes the pages of one market in which the campaign's entries moved, and raises its version. */
function writeBook(
  transaction: Transaction,
  { market, pages }: MarketView,
  campaign: Campaign,
  bookingId: string | undefined,
): void {
  const written: BookPage[] = [];
  const own = campaign.subcampaigns.filter((sub) => sub.market === market.market);
  for (const [name, subs] of Map.groupBy(own, (sub) => sub.page)) {
    const page = pages.find((candidate) => candidate.page === name) ?? emptyPage(market.market, name);
    const moved = moveEntries(page, campaign, subs);
    if (moved)
      written.push(bookingId === undefined ? moved : withoutHeld(moved, { bookingId, campaign, parts: subs.length }));
  }
  if (written.length === 0) return;
  for (const page of written) transaction.set(refs.page(market.market, page.page), page);
  transaction.set(refs.market(market.market), {
    ...market,
    bookVersion: market.bookVersion + 1,
    pages: pageTable(market, written),
  });
}

/** The page after its entries followed these parts of the campaign; undefined when none moved. */
function moveEntries(page: BookPage, campaign: Campaign, subs: readonly Subcampaign[]): BookPage | undefined {
  let hasMoved = false;
  const entries = [...page.entries];
  for (const sub of subs) {
    if (sub.status === 'ended') continue;
    const index = entries.findIndex(
      (entry) => entry.campaignId === campaign.campaignId && entry.subcampaignId === sub.subcampaignId,
    );
    const old = entries[index];
    if (old?.budgetMicros === sub.budgetMicros && old.status === sub.status && old.shareMicros === sub.shareMicros)
      continue;
    if (old) {
      const { shareMicros: _old, ...kept } = old;
      const share = sub.shareMicros === undefined ? {} : { shareMicros: sub.shareMicros };
      entries[index] = { ...kept, status: sub.status, budgetMicros: sub.budgetMicros, ...share };
    } else entries.push(newEntry(campaign, sub));
    hasMoved = true;
  }
  return hasMoved ? { ...page, entries } : undefined;
}

/** The page without what the booking held for these parts of a campaign: their entries stand for it now. */
function withoutHeld(
  page: BookPage,
  { bookingId, campaign: { campaignId }, parts }: { bookingId: string; campaign: Campaign; parts: number },
): BookPage {
  const { holds = [], ...rest } = page;
  const left = holds.filter((hold) => hold.bookingId !== bookingId || hold.campaignId !== campaignId);
  assert(holds.length - left.length === parts, `booking ${bookingId} lost what it held for ${campaignId}`);
  return left.length > 0 ? { ...rest, holds: left } : rest;
}

function resultOf([first]: readonly CampaignOutcome[]): LedgerEntry['result'] {
  switch (first?.type) {
    case 'campaign-refused':
    case 'budget-refused':
    case 'status-refused':
      return 'refused';
    case 'change-superseded':
      return 'superseded';
    case 'change-waiting':
      return 'waiting';
    default:
      return 'applied';
  }
}

interface Decided {
  hash: string;
  nowMs: number;
  outcomes: LedgerEntry['outcomes'];
  result: LedgerEntry['result'];
}

/** The ledger's entry of an event, owing its outcomes to BigQuery. */
export function newLedgerEntry(
  event: { source: string; tenantId: string; eventId: string; type: string; occurredAtMs: number },
  { hash, nowMs, outcomes, result }: Decided,
): LedgerEntry {
  return {
    schemaVersion: 1,
    source: event.source,
    tenantId: event.tenantId,
    eventId: event.eventId,
    eventType: event.type,
    payloadHash: hash,
    occurredAtMs: event.occurredAtMs,
    recordedAtMs: nowMs,
    ...currentTrace(),
    result,
    outcomes,
    ...owing(outcomes, nowMs),
  };
}

/** How long an entry is kept after its last word: longer than the oldest event that is still taken. */
export const LEDGER_MS = 90 * 86_400_000;

/** What an entry's outcomes leave to do: to be drained, or nothing any more. */
export function owing(outcomes: LedgerEntry['outcomes'], nowMs: number): Pick<LedgerEntry, 'undrained' | 'expireAtMs'> {
  return outcomes.length > 0 ? { undrained: true } : { expireAtMs: nowMs + LEDGER_MS };
}
