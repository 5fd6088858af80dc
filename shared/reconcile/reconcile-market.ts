// Ledger = state = BigQuery for one market: its book against the ticks' and the reports' rows, its tables, its plan.
import { entryNumbers } from '../campaign/entry-money.ts';
import { entryKey } from '../campaign/fold-reports.ts';
import type { BookEntry, BookPage, Campaign, Market, StoredPlan } from '../contracts/documents.ts';
import type { Delivered, MarketScope, OutcomeReader, PacedLine } from '../outcomes/outcome-reader.ts';
import { refs, type AllocationStore } from '../store/allocation-store.ts';
import { sha256 } from '../store/ledger-key.ts';
import { readViews } from '../store/market-views.ts';
import { checkGrants, firstDayOf } from './check-grants.ts';
import { compareBudget } from './compare-budget.ts';
import { compare, type Difference, type ReconcileDeps } from './difference.ts';

/** Campaigns read at a time. */
const PAGE = 100;

/** The differences of one market, or undefined when there is no such market. */
export async function reconcileMarket(
  name: string,
  { store, reader }: ReconcileDeps,
): Promise<Difference[] | undefined> {
  const view = (await readViews(store, [{ market: name, pages: 'all', days: [] }])).get(name);
  if (!view) return undefined;
  const { market, pages } = view;
  const entries = pages.flatMap((page) => page.entries);
  const [plan] = await store.read([refs.plan(name)]);
  const scope = { market: name, fromDay: firstDayOf(entries) };
  return [
    ...checkPages(market, pages),
    ...checkPlan(market, plan),
    ...(await checkCampaigns(store, pages)),
    ...(entries.length === 0 ? [] : await checkBook(reader, entries, scope)),
    ...(entries.length === 0 ? [] : await checkGrants(reader, scope)),
    ...(entries.length === 0 ? [] : await checkRows(reader, scope)),
  ];
}

function checkPages(market: Market, pages: readonly BookPage[]): Difference[] {
  return market.pages.flatMap(({ page, entries }) => {
    const own = pages.find((candidate) => candidate.page === page);
    const found = (own?.entries.length ?? 0) + (own?.holds?.length ?? 0);
    return compare('PAGE_TABLE_DIFFERS', `market ${market.market} page ${page} entries`, { expected: entries, found });
  });
}

function checkPlan(market: Market, plan: StoredPlan | undefined): Difference[] {
  const where = `market ${market.market} plan`;
  if (!plan) return compare('PLAN_DIFFERS', `${where}Version`, { expected: market.planVersion, found: 0 });
  return [
    ...compare('PLAN_DIFFERS', `${where}Version`, { expected: market.planVersion, found: plan.planVersion }),
    ...compare('PLAN_DIFFERS', `${where} slot`, { expected: market.watermarkSlot, found: plan.slot }),
    ...compare('PLAN_DIFFERS', `${where} hash`, { expected: sha256(plan.body), found: plan.hash }),
  ];
}

/** Every entry belongs to a live subcampaign of a stored campaign, with its budget. */
async function checkCampaigns(store: AllocationStore, pages: readonly BookPage[]): Promise<Difference[]> {
  const owned = pages.flatMap(({ market, page, entries }) => entries.map((entry) => ({ market, page, entry })));
  const byCampaign = [...Map.groupBy(owned, ({ entry }) => `${entry.tenantId}/${entry.campaignId}`)];
  const differences: Difference[] = [];
  for (let start = 0; start < byCampaign.length; start += PAGE) {
    const batch = byCampaign.slice(start, start + PAGE);
    const campaigns = await store.read(batch.map(([name]) => refs.campaign(...(name.split('/') as [string, string]))));
    batch.forEach(([name, own], index) => {
      for (const { market, page, entry } of own)
        differences.push(...checkOwner(name, campaigns[index], { market, page, entry }));
    });
  }
  return differences;
}

function checkOwner(
  name: string,
  campaign: Campaign | undefined,
  { market, page, entry }: { market: string; page: string; entry: BookEntry },
): Difference[] {
  const where = `${name} ${entry.subcampaignId}`;
  const sub = campaign?.subcampaigns.find(({ subcampaignId }) => subcampaignId === entry.subcampaignId);
  if (!sub)
    return [
      { code: 'CAMPAIGN_MISSING', where, expected: 'a stored subcampaign', found: `an entry in ${market}/${page}` },
    ];
  return [
    ...compare('ENTRY_DIFFERS', `${where} page`, { expected: `${sub.market}/${sub.page}`, found: `${market}/${page}` }),
    ...compareBudget(where, sub, entry),
    ...(sub.status === 'ended'
      ? compare('ENTRY_DIFFERS', `${where} status`, { expected: 'ended', found: entry.status })
      : []),
  ];
}

/** Each entry's numbers are those of its last tick's row, and those of its reports added up. */
async function checkBook(
  reader: OutcomeReader,
  entries: readonly BookEntry[],
  scope: MarketScope,
): Promise<Difference[]> {
  const paced = Map.groupBy(await reader.latestPaced(scope), entryKey);
  const delivered = new Map((await reader.delivered(scope)).map((sum) => [entryKey(sum), sum]));
  return entries.flatMap((entry) => {
    const where = `market ${scope.market} ${entryKey(entry)}`;
    const lines = paced.get(entryKey(entry)) ?? [];
    return [...checkPaced(where, entry, lines), ...checkDelivered(where, entry, delivered.get(entryKey(entry)))];
  });
}

function checkPaced(where: string, entry: BookEntry, lines: readonly PacedLine[]): Difference[] {
  const latest = lines.filter(({ slot }) => slot === Math.max(...lines.map((line) => line.slot)));
  const last = latest.find(({ eventId, slot }) => eventId.endsWith(`:${slot}`)) ?? latest.at(-1);
  return Object.entries(entryNumbers(entry)).flatMap(([field, found]) => {
    const expected = last?.[field as keyof ReturnType<typeof entryNumbers>] ?? 0;
    return compare('STATE_DIFFERS', `${where} ${field}`, { expected, found });
  });
}

function checkDelivered(where: string, entry: BookEntry, sum: Delivered | undefined): Difference[] {
  const differ = (field: string, expected: number, found: number) =>
    compare('DELIVERY_DIFFERS', `${where} ${field}`, { expected, found });
  return [
    ...differ('impressions', sum?.impressions ?? 0, entry.impressions),
    ...differ('clicks', sum?.clicks ?? 0, entry.clicks),
    ...differ('conversions', sum?.conversions ?? 0, entry.conversions),
    ...differ('spentMicros', sum?.confirmedMicros ?? 0, entry.spentMicros),
  ];
}

async function checkRows(reader: OutcomeReader, scope: MarketScope): Promise<Difference[]> {
  const counts = await reader.rowCounts(scope);
  return counts.flatMap(({ table, rows, rowIds }) =>
    compare('ROW_TWICE', `market ${scope.market} ${table}_once`, { expected: rowIds, found: rows }),
  );
}
