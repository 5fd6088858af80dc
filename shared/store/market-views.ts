// Snapshots of markets: read outside a transaction, checked inside it by version, read again there where they moved.
// Every writer of a page raises bookVersion and every writer of supply raises supplyVersion in the same transaction,
// so that a snapshot whose versions stand is the truth.
import type { BookPage, Market, SupplyDay } from '../contracts/documents.ts';
import { soldFlights, type MarketView } from '../campaign/campaign-state.ts';
import { DAY_MS, dayOf } from '../forecasting/traffic-clock.ts';
import { AndanteError } from '../runtime/errors.ts';
import { refs, type AllocationStore, type Ref, type Transaction } from './allocation-store.ts';

/** What a decision needs of one market. */
export interface MarketNeed {
  market: string;
  /** Names of pages, or the whole book. */
  pages: readonly string[] | 'all';
  /** Days of supply. */
  days: readonly string[];
  /** Also the days of every flight in the pages from this instant on: what is sold may be moved within its flight. */
  soldFromAtMs?: number;
}

/** A view that remembers which days it asked for: a day without supply is known, not to be read again. */
export interface Snapshot extends MarketView {
  days: ReadonlySet<string>;
  /** The need it was read for; absent where only its supply was kept. */
  need?: MarketNeed;
}

/** A transaction may touch this many documents. */
export const MAX_DOCUMENTS = 400;

/** What is worth keeping of a snapshot: supply, which changes a few times a day. Its version is checked like the book's. */
export function supplyOf({ market, supply, days }: Snapshot): Snapshot {
  return { market, pages: [], supply, days };
}

type Reader = Pick<AllocationStore, 'read'> | Pick<Transaction, 'get'>;

/** Reads what is needed; a market without a document has no view. */
export async function readViews(reader: Reader, needs: readonly MarketNeed[]): Promise<Map<string, Snapshot>> {
  return completeViews(reader, needs, new Map());
}

/** The views that `needs` asks for, taken from what is kept where its versions still stand and read where they do not. */
export async function completeViews(
  reader: Reader,
  needs: readonly MarketNeed[],
  kept: ReadonlyMap<string, Snapshot>,
): Promise<Map<string, Snapshot>> {
  // What is kept from event to event moves while this one reads: what was not read because it was known must stay known.
  const known = new Map(
    needs.flatMap(({ market }) => (kept.has(market) ? [[market, kept.get(market) as Snapshot]] : [])),
  );
  const markets = (await readAll(
    reader,
    needs.map(({ market }) => refs.market(market)),
  )) as (Market | undefined)[];
  const limit = { left: MAX_DOCUMENTS - 60 };
  const found = new Map<string, unknown>();
  const pages = needs.flatMap((need, index) => missingPages(need, markets[index], known.get(need.market)));
  const days = needs.flatMap((need, index) => missingDays(need, need.days, markets[index], known.get(need.market)));
  await readInto(found, reader, [...pages, ...days], limit);
  const views = new Map<string, Snapshot>();
  needs.forEach((need, index) => {
    const market = markets[index];
    const old = known.get(need.market);
    if (market)
      views.set(
        need.market,
        isCurrent(old, need, market) ? { ...old, market } : assemble(need, need.days, market, old, found),
      );
  });
  // Which days those are is known once the pages are.
  const sold = needs.flatMap((need) => {
    const view = views.get(need.market);
    const isRead = view?.pages === known.get(need.market)?.pages;
    const unknown = view && !isRead ? soldDays(need, view).filter((day) => !view.days.has(day)) : [];
    return view && unknown.length > 0 ? [{ need, view, unknown }] : [];
  });
  const more = sold.flatMap(({ need, unknown }) => unknown.map((day) => refs.supply(need.market, day)));
  await readInto(found, reader, more, limit);
  for (const { need, view, unknown } of sold) views.set(need.market, assemble(need, unknown, view.market, view, found));
  return views;
}

/** Whether a view that was read for the same still is the truth. */
function isCurrent(known: Snapshot | undefined, need: MarketNeed, market: Market): known is Snapshot {
  return (
    known?.need !== undefined &&
    known.market.bookVersion === market.bookVersion &&
    known.market.supplyVersion === market.supplyVersion &&
    known.need.soldFromAtMs === need.soldFromAtMs &&
    (known.need.pages === need.pages || String(known.need.pages) === String(need.pages)) &&
    need.days.every((day) => known.days.has(day))
  );
}

async function readInto(
  found: Map<string, unknown>,
  reader: Reader,
  wanted: readonly Ref[],
  limit: { left: number },
): Promise<void> {
  if (wanted.length === 0) return;
  limit.left -= wanted.length;
  if (limit.left < 0 && !('read' in reader)) {
    throw new AndanteError('STORE_UNAVAILABLE', 'too many books moved since they were read: trying again');
  }
  const documents = await readAll(reader, wanted);
  documents.forEach((document, index) => found.set((wanted[index] as Ref).path, document));
}

function pagesOf(need: MarketNeed, market: Market): readonly string[] {
  return need.pages === 'all' ? market.pages.map(({ page }) => page) : need.pages;
}

function missingPages(need: MarketNeed, market: Market | undefined, known: Snapshot | undefined): Ref[] {
  if (!market) return [];
  const hasBook = known?.market.bookVersion === market.bookVersion;
  const pages = pagesOf(need, market).filter((page) => !(hasBook && known.pages.some((known) => known.page === page)));
  return pages.map((page) => refs.page(need.market, page));
}

function missingDays(
  need: MarketNeed,
  days: readonly string[],
  market: Market | undefined,
  known: Snapshot | undefined,
): Ref[] {
  if (!market) return [];
  const hasSupply = known?.market.supplyVersion === market.supplyVersion;
  return days.filter((day) => !(hasSupply && known.days.has(day))).map((day) => refs.supply(need.market, day));
}

/** The days of what is sold in these pages. */
function soldDays({ soldFromAtMs }: MarketNeed, { pages }: Snapshot): string[] {
  if (soldFromAtMs === undefined) return [];
  const days = new Set<number>();
  for (const { startAtMs, endAtMs } of pages.flatMap(soldFlights)) {
    const first = Math.floor(Math.max(soldFromAtMs, startAtMs) / DAY_MS) * DAY_MS;
    for (let atMs = first; atMs < endAtMs; atMs += DAY_MS) days.add(atMs);
  }
  return [...days].map(dayOf);
}

function assemble(
  need: MarketNeed,
  wanted: readonly string[],
  market: Market,
  known: Snapshot | undefined,
  found: ReadonlyMap<string, unknown>,
): Snapshot {
  const hasSupply = known?.market.supplyVersion === market.supplyVersion;
  const pages = pagesOf(need, market).map((page) => {
    const read = found.get(refs.page(need.market, page).path) as BookPage | undefined;
    return read ?? known?.pages.find((candidate) => candidate.page === page) ?? emptyPage(need.market, page);
  });
  const supply = new Map(hasSupply ? known.supply : []);
  for (const day of wanted) {
    const read = found.get(refs.supply(need.market, day).path) as SupplyDay | undefined;
    if (read) supply.set(day, read);
  }
  return { market, pages, supply, days: new Set([...(hasSupply ? known.days : []), ...wanted]), need };
}

/** A page before its first entry. */
export function emptyPage(market: string, page: string): BookPage {
  return { schemaVersion: 1, market, page, entries: [] };
}

async function readAll(reader: Reader, wanted: readonly Ref[]): Promise<unknown[]> {
  return 'read' in reader ? reader.read(wanted) : reader.get(wanted);
}
