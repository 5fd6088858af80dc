// Snapshots of markets: read outside a transaction, checked inside it by version, read again there where they moved.
// Every writer of a page raises bookVersion and every writer of supply raises supplyVersion in the same transaction,
// so that a snapshot whose versions stand is the truth.
import type { BookPage, Market, SupplyDay } from '../contracts/documents.ts';
import type { MarketView } from '../campaign/campaign-state.ts';
import { AndanteError } from '../runtime/errors.ts';
import { refs, type AllocationStore, type Ref, type Transaction } from './allocation-store.ts';

/** What a decision needs of one market. */
export interface MarketNeed {
  market: string;
  /** Names of pages, or the whole book. */
  pages: readonly string[] | 'all';
  /** Days of supply. */
  days: readonly string[];
}

/** A view that remembers which days it asked for: a day without supply is known, not to be read again. */
export interface Snapshot extends MarketView {
  days: ReadonlySet<string>;
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

/** The views that `needs` asks for, taken from `known` where its versions still stand and read where they do not. */
export async function completeViews(
  reader: Reader,
  needs: readonly MarketNeed[],
  known: ReadonlyMap<string, Snapshot>,
): Promise<Map<string, Snapshot>> {
  const markets = (await readAll(
    reader,
    needs.map(({ market }) => refs.market(market)),
  )) as (Market | undefined)[];
  const wanted = needs.flatMap((need, index) => missingRefs(need, markets[index], known.get(need.market)));
  if (wanted.length > MAX_DOCUMENTS - 60 && !('read' in reader)) {
    throw new AndanteError('STORE_UNAVAILABLE', 'too many books moved since they were read: trying again');
  }
  const found = new Map(
    (await readAll(reader, wanted)).map((document, index) => [(wanted[index] as Ref).path, document]),
  );
  const views = new Map<string, Snapshot>();
  needs.forEach((need, index) => {
    const market = markets[index];
    if (market) views.set(need.market, assemble(need, market, known.get(need.market), found));
  });
  return views;
}

function pagesOf(need: MarketNeed, market: Market): readonly string[] {
  return need.pages === 'all' ? market.pages.map(({ page }) => page) : need.pages;
}

function missingRefs(need: MarketNeed, market: Market | undefined, known: Snapshot | undefined): Ref[] {
  if (!market) return [];
  const hasBook = known?.market.bookVersion === market.bookVersion;
  const hasSupply = known?.market.supplyVersion === market.supplyVersion;
  const pages = pagesOf(need, market).filter((page) => !(hasBook && known.pages.some((known) => known.page === page)));
  const days = need.days.filter((day) => !(hasSupply && known.days.has(day)));
  return [...pages.map((page) => refs.page(need.market, page)), ...days.map((day) => refs.supply(need.market, day))];
}

function assemble(
  need: MarketNeed,
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
  for (const day of need.days) {
    const read = found.get(refs.supply(need.market, day).path) as SupplyDay | undefined;
    if (read) supply.set(day, read);
  }
  return { market, pages, supply, days: new Set([...(hasSupply ? known.days : []), ...need.days]) };
}

/** A page before its first entry. */
export function emptyPage(market: string, page: string): BookPage {
  return { schemaVersion: 1, market, page, entries: [] };
}

async function readAll(reader: Reader, wanted: readonly Ref[]): Promise<unknown[]> {
  return 'read' in reader ? reader.read(wanted) : reader.get(wanted);
}
