// inspect market: versions, plan, groups, pages, supply and the book of one market.
import { accruedMicros, billedMicros, entryNumbers } from '../campaign/entry-money.ts';
import type { BookEntry, BookPage, Market, StoredPlan, SupplyDay } from '../contracts/documents.ts';
import { encodeInstants } from '../contracts/instants.ts';
import { daysBetween } from '../forecasting/traffic-clock.ts';
import { refs, type AllocationStore } from '../store/allocation-store.ts';
import { readViews } from '../store/market-views.ts';
import { pathPart, type Conclusion, type Context } from './command.ts';
import { formatAge, formatMicros, formatTime } from './format-values.ts';
import { suggestion } from './nearest.ts';
import { formatFields, formatTable, type Cell } from './table.ts';

const DAY_MS = 86_400_000;
/** Supply is looked for on this many days from the market's own time on. */
const SUPPLY_DAYS = 32;

export async function inspectMarket(name: string | undefined, context: Context): Promise<Conclusion> {
  const wanted = pathPart(name, 'a market');
  const { ports, config } = await context.connect();
  const { store } = ports;
  const view = (await readViews(store, [{ market: wanted, pages: 'all', days: [] }])).get(wanted);
  if (!view) return missing(store, wanted);
  const { market, pages } = view;
  const [plan] = await store.read([refs.plan(wanted)]);
  const nowMs = context.clock();
  const days = await readSupply(
    store,
    market,
    market.watermarkSlot === 0 ? nowMs : market.watermarkSlot * config.tickIntervalMs,
  );
  const entries = pages.flatMap(({ page, entries: own }) => own.map((entry) => ({ page, entry })));
  const sections = [
    formatFields(marketFields(market, plan, { nowMs, tickIntervalMs: config.tickIntervalMs })),
    formatTable(
      ['group', 'last seen', 'opportunities'],
      market.groups.map((group) => [group.group, formatTime(group.seenAtMs), group.opportunities]),
    ),
    formatTable(
      ['page', 'entries', 'bytes kept'],
      market.pages.map((page) => [page.page, page.entries, page.bytes]),
    ),
    formatTable(['supply day', 'cells', 'q10', 'q50', 'q90', 'model'], days.map(supplyRow)),
    entryTable(entries),
  ];
  return { exit: 'ok', text: sections.join('\n\n'), json: marketJson({ market, pages, plan, days }) };
}

async function missing(store: AllocationStore, wanted: string): Promise<Conclusion> {
  const names = await store.markets();
  const message = `there is no market ${wanted}${suggestion(wanted, names) || '.'} Known markets: ${names.join(', ') || 'none'}`;
  return { exit: 'different', text: message, json: { error: { message } } };
}

async function readSupply(store: AllocationStore, { market }: Market, fromMs: number): Promise<SupplyDay[]> {
  const days = daysBetween(fromMs - DAY_MS, fromMs + SUPPLY_DAYS * DAY_MS);
  return (await store.read(days.map((day) => refs.supply(market, day)))).flatMap((day) => day ?? []);
}

function marketFields(
  market: Market,
  plan: StoredPlan | undefined,
  time: { nowMs: number; tickIntervalMs: number },
): [string, Cell][] {
  const timeOf = (slot: number) =>
    slot === 0
      ? 'never'
      : `${formatTime(slot * time.tickIntervalMs)}, ${formatAge(slot * time.tickIntervalMs, time.nowMs)}`;
  return [
    ['market', market.market],
    ['versions', `book ${market.bookVersion}, supply ${market.supplyVersion}, plan ${market.planVersion}`],
    [
      'last tick',
      market.watermarkSlot === 0 ? 'never' : `slot ${market.watermarkSlot}: ${timeOf(market.watermarkSlot)}`,
    ],
    [
      'plan',
      plan
        ? `version ${plan.planVersion}, ${planLines(plan)} lines, ${plan.hash.slice(0, 12)}: ${timeOf(plan.slot)}`
        : 'none: the first tick publishes one',
    ],
  ];
}

function planLines(plan: StoredPlan): number {
  const { lines } = JSON.parse(plan.body) as { lines?: unknown[] };
  return lines?.length ?? 0;
}

function supplyRow(day: SupplyDay): Cell[] {
  const sum = (of: 'q10' | 'q50' | 'q90') => day.cells.reduce((total, cell) => total + cell[of], 0);
  return [day.day, day.cells.length, sum('q10'), sum('q50'), sum('q90'), day.modelId];
}

function entryTable(entries: readonly { page: string; entry: BookEntry }[]): string {
  const headings = [
    'page',
    'campaign',
    'subcampaign',
    'status',
    'end',
    'budget',
    'spent',
    'in flight',
    'leased',
    'accrued',
    'billed',
    'impressions',
    'clicks',
  ];
  const rows = entries.map(({ page, entry }): Cell[] => {
    const { spentMicros, inFlightMicros, leasedMicros, impressions, clicks } = entryNumbers(entry);
    const amounts = [
      entry.budgetMicros,
      spentMicros,
      inFlightMicros,
      leasedMicros,
      accruedMicros(entry),
      billedMicros(entry),
    ];
    const name = `${entry.tenantId}/${entry.campaignId}`;
    return [
      page,
      name,
      entry.subcampaignId,
      entry.status,
      formatTime(entry.endAtMs),
      ...amounts.map(formatMicros),
      impressions,
      clicks,
    ];
  });
  return formatTable(headings, rows);
}

interface MarketParts {
  market: Market;
  pages: readonly BookPage[];
  plan: StoredPlan | undefined;
  days: readonly SupplyDay[];
}

function marketJson({ market, pages, plan, days }: MarketParts) {
  return {
    market: encodeInstants(market),
    plan: plan ? { planVersion: plan.planVersion, slot: plan.slot, hash: plan.hash, lines: planLines(plan) } : null,
    supply: days.map(({ day, modelId, cells }) => ({ day, modelId, cells: cells.length })),
    entries: encodeInstants(
      pages.flatMap(({ page, entries }) =>
        entries.map((entry) => ({
          page,
          ...entry,
          ...entryNumbers(entry),
          accruedMicros: accruedMicros(entry),
          billedMicros: billedMicros(entry),
        })),
      ),
    ),
  };
}
