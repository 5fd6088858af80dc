// Watches every commit of a simulation, in the order in which they happen, and works out what it should have been.
// Shares no code with the core.
import type {
  BookPage,
  Campaign,
  LedgerEntry,
  Market,
  Quarantined,
  StoredPlan,
  SupplyDay,
} from '../../shared/contracts/documents.ts';
import type { Plan } from '../../shared/contracts/plan.ts';
import type { Write } from '../../shared/store/memory-store.ts';
import { auditEvent } from './audit-event.ts';
import { isNoticed } from './audit-lifecycle.ts';
import { auditTick } from './audit-tick.ts';
import { entryKeyOf, idOf, keyOf, noticeIdOf, type Books, type Change } from './books.ts';
import { difference } from './money-model.ts';

const MAX_PAGE_ENTRIES = 200;

/** Takes one commit over. */
export function auditCommit(books: Books, writes: readonly Write[]): void {
  const of = <T>(kind: Write['ref']['kind']) => writes.filter(({ ref }) => ref.kind === kind) as unknown as Change<T>[];
  const [ledger, pages, campaigns] = [of<LedgerEntry>('ledger'), of<BookPage>('page'), of<Campaign>('campaign')];
  const [market] = of<Market>('market');
  for (const { after } of of<SupplyDay>('supply')) {
    const others = (books.supply.get(after.market) ?? []).filter(({ day }) => day !== after.day);
    books.supply.set(after.market, [...others, after]);
  }
  for (const { ref, after } of of<Quarantined>('quarantine')) books.quarantined.set(ref.path, after);
  for (const change of ledger) auditLedger(books, change);

  const event = ledger.find(({ before, after }) => !before && after.result !== 'filed');
  if (event && isRefreshEntry(event.after)) auditRefresh(books, market, of<SupplyDay>('supply'), pages, campaigns);
  else if (market?.before && isTick(market, ledger))
    auditTick(books, market as Required<typeof market> & { before: Market }, ledger, pages, campaigns);
  else if (event) auditEvent(books, event.after, pages, campaigns);
  else {
    const isSetting = pages.every(({ after }) =>
      after.entries.every(({ campaignId }) => books.ignored.has(campaignId)),
    );
    books.must(isSetting && campaigns.length === 0, () => 'a book or a campaign was written without a ledger entry');
  }
  for (const { after } of pages) auditPage(books, after);
  if (market) auditMarket(books, market, pages.length > 0);
  for (const { after } of of<StoredPlan>('plan')) auditPlan(books, after);
}

function isTick({ before, after }: Change<Market>, ledger: readonly Change<LedgerEntry>[]): boolean {
  return (
    after.watermarkSlot !== before?.watermarkSlot ||
    ledger.some((change) => change.before?.result === 'filed' || isTickEntry(change.after))
  );
}

export function isTickEntry({ eventType }: LedgerEntry): boolean {
  return eventType === 'andante.delivery-tick.v1';
}

function isRefreshEntry({ eventType }: LedgerEntry): boolean {
  return eventType === 'andante.supply-refresh.v1';
}

/** Nothing but supply, which no older refresh replaces; nothing was observed, so that it is what it was, less certain. */
function auditRefresh(
  { must }: Books,
  market: Change<Market> | undefined,
  supply: readonly Change<SupplyDay>[],
  ...others: [pages: readonly unknown[], campaigns: readonly unknown[]]
): void {
  must(
    others.every((own) => own.length === 0),
    () => 'a refresh of supply wrote a book or a campaign',
  );
  must((market !== undefined) === supply.length > 0, () => 'supply was refreshed under its old version');
  if (!market) return;
  const { before, after } = market;
  const isNewer = (after.refreshedAtMs ?? 0) >= (before?.refreshedAtMs ?? 0);
  must(isNewer, () => `${after.market}: an older refresh of supply replaced a newer one`);
  must(after.supplyVersion === (before?.supplyVersion ?? 0) + 1, () => `${after.market}: supply has its old version`);
  for (const { before: good, after: kept } of supply) {
    if (good === undefined || good.widening !== undefined) continue;
    kept.cells.forEach(({ q10, q50 }, index) => {
      const cell = good.cells[index] as SupplyDay['cells'][number];
      const isWider = q50 === cell.q50 && q10 < cell.q10;
      must(isWider, () => `${kept.market}: supply of ${kept.day} was kept and is as certain as it was`);
    });
  }
}

/** One entry for each event, of what was published, drained only when its rows are there, its outcomes never changed. */
function auditLedger(books: Books, { ref, before, after }: Change<LedgerEntry>): void {
  const { must, ledger, notices, published, warehouse } = books;
  const key = keyOf(after);
  const known = ledger.get(key);
  must(known === undefined || known.path === ref.path, () => `invariant 3: ${after.eventId} has two ledger entries`);
  ledger.set(key, { path: ref.path, entry: after });
  if (before && before.result !== 'filed' && before.outcomes !== after.outcomes) {
    const isSame = JSON.stringify(before.outcomes) === JSON.stringify(after.outcomes);
    must(isSame, () => `invariant 3: the outcomes of ${after.eventId} were changed`);
  }
  if (before?.undrained && !after.undrained) {
    after.outcomes.forEach((_, ordinal) =>
      must(
        warehouse.rowIds.has(`${idOf(ref.path)}:${ordinal}`),
        () => `invariant 3: ${after.eventId} is marked as drained, row ${ordinal} is in no table`,
      ),
    );
    after.outcomes.forEach((outcome, ordinal) => {
      const isTold = !isNoticed(outcome) || notices.some(({ eventId }) => eventId === noticeIdOf(ref.path, ordinal));
      must(isTold, () => `${after.eventId} is marked as drained, nobody was told of its ${outcome.type}`);
    });
  }
  if (before || isTickEntry(after) || isRefreshEntry(after)) return;
  const told = published.get(key);
  must(told !== undefined, () => `${after.eventId} was never published as ${key}`);
  if (!told) return;
  must(told.isReadable, () => `${after.eventId} cannot be read and was ${after.result}`);
  if (after.report === undefined) return;
  const report = JSON.stringify(after.report);
  must(
    told.events.some(({ data }) => JSON.stringify(data) === report),
    () => `${after.eventId} was filed with another content`,
  );
}

/** Every entry of a written page is what the model says, and nothing of the model is missing there. */
function auditPage({ must, entries, ignored }: Books, { market, page, entries: stored }: BookPage): void {
  must(stored.length <= MAX_PAGE_ENTRIES, () => `${market}: page ${page} has ${stored.length} entries`);
  const shown = new Set<string>();
  for (const entry of stored) {
    if (ignored.has(entry.campaignId)) continue;
    const key = entryKeyOf(entry);
    shown.add(key);
    const model = entries.get(key);
    const wrong = model ? difference(entry, model) : `${key} is in the book of ${market} and should not be`;
    must(wrong === undefined, () => wrong as string);
  }
  for (const entry of entries.values()) {
    const belongs = entry.market === market && entry.page === page;
    must(!belongs || shown.has(entry.key), () => `${entry.key} is missing from the book of ${market}`);
  }
}

function auditMarket({ must, markets }: Books, { before, after }: Change<Market>, hasPages: boolean): void {
  markets.set(after.market, after);
  const isSeen = !hasPages || after.bookVersion !== before?.bookVersion;
  must(isSeen, () => `${after.market}: pages were written under the old book version`);
  for (const { page, entries } of after.pages)
    must(entries <= MAX_PAGE_ENTRIES, () => `${after.market}: page ${page} has ${entries} entries in the table`);
}

/** A plan shows leases as the book has them, the supply of the day, and gives no cell away twice. */
function auditPlan(
  { must, entries, supply, markets, tickIntervalMs }: Books,
  { market, slot, planVersion, body }: StoredPlan,
): void {
  const plan = JSON.parse(body) as Plan;
  const isCurrent =
    plan.slot === slot && plan.planVersion === planVersion && planVersion === markets.get(market)?.planVersion;
  must(isCurrent, () => `${market}: the plan's versions do not agree`);
  const loads = new Map<string, number>();
  const add = (what: string, share: number) => loads.set(what, (loads.get(what) ?? 0) + share);
  for (const line of plan.lines) {
    const entry = entries.get(entryKeyOf(line));
    must(entry?.status === 'active', () => `${entryKeyOf(line)} is in the plan of ${market} and not live`);
    for (const { group, grantedMicros } of line.leases) {
      const isShown = entry?.leases.get(group)?.granted === grantedMicros;
      must(isShown, () => `${entryKeyOf(line)}: the plan shows another grant than the book`);
    }
    for (const segment of line.segments) add(`the fallback of ${segment}`, line.fallbackShare);
  }
  for (const [segment, load] of loads)
    must(load <= 1, () => `invariant 5: the plan of ${market} gives ${segment} away ${load} times`);
  const day = new Date(slot * tickIntervalMs).toISOString().slice(0, 10);
  const cells = supply.get(market)?.find((one) => one.day === day)?.cells ?? [];
  const rates = (of: readonly { clickPpm: number }[]) => of.map(({ clickPpm }) => clickPpm).join();
  must(
    rates(plan.response) === rates(cells),
    () => `${market}: the plan is made for another supply than the stored one`,
  );
}
