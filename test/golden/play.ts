// Plays a golden log: publishes its messages and asks its bookings, one after the other, of the real functions over a memory
// store, and writes down beside each what it came to. Time is virtual: each is handled at the time it names.
import { createBookingHandler } from '../../functions/booking/handler.ts';
import { createBudgetChangedHandler } from '../../functions/budget-changed/handler.ts';
import { createCampaignCreatedHandler } from '../../functions/campaign-created/handler.ts';
import { createCampaignStatusChangedHandler } from '../../functions/campaign-status-changed/handler.ts';
import { createDeliveryReportedHandler } from '../../functions/delivery-reported/handler.ts';
import { createDeliveryTickHandler } from '../../functions/delivery-tick/handler.ts';
import { createSupplyRefreshHandler } from '../../functions/supply-refresh/handler.ts';
import { pageName, pageTable } from '../../shared/campaign/book-page.ts';
import { entryKey } from '../../shared/campaign/fold-reports.ts';
import { createMemoryBus, type MemoryBus, type Published } from '../../shared/bus/memory-bus.ts';
import type {
  BookEntry,
  BookPage,
  Campaign,
  LedgerEntry,
  Quarantined,
  StoredPlan,
  Subcampaign,
  SupplyDay,
} from '../../shared/contracts/documents.ts';
import { partBudget, subcampaignTerms } from '../../shared/contracts/outcomes.ts';
import type { PlanWire } from '../../shared/contracts/plan.ts';
import { encodeInstants } from '../../shared/contracts/instants.ts';
import { createMemoryFeatures } from '../../shared/outcomes/memory-features.ts';
import { createMemoryLog } from '../../shared/outcomes/memory-log.ts';
import { createReceiver } from '../../shared/runtime/delivery.ts';
import { problemOf } from '../../shared/runtime/http.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { createMemoryStore, type Write } from '../../shared/store/memory-store.ts';
import { entry } from '../support/entries.ts';
import { push } from '../support/envelopes.ts';
import { START_MS, TICK_MS } from '../support/instants.ts';
import { logLines } from '../support/log-lines.ts';
import { assertNotices, assertOutcomes } from '../support/outcome-validator.ts';
import { cell, market, page, supplyDay } from '../support/markets.ts';

/** A market before the log begins: its cells, the same on each of its days, and how many entries of others fill its pages. */
export interface GivenMarket {
  days: string[];
  cells: Partial<SupplyDay['cells'][number]>[];
  filledPages?: number[];
}

/** What the booking function is asked by tenant t1. */
export interface Question {
  at: string;
  method: 'GET' | 'POST';
  path: string;
  /** The idempotency key. */
  key?: string;
  /** Of a market's supply, what the tenant may hold. */
  heldShare?: number;
  body?: unknown;
}

/** A message, or a question. */
export interface Step {
  publish?: { type: string };
  ask?: Question;
  /** What was logged of it: the result, or the code of its quarantine. */
  handled?: unknown;
  /** What was answered. */
  answer?: unknown;
  /** The campaigns that it published, and what was logged of each. */
  brought?: unknown[];
  /** Ledger entries that it wrote, in their order; a copy writes none. */
  ledger?: unknown[];
  quarantined?: unknown[];
  /** What booking flows were told of. */
  notices?: unknown[];
  /** The lines of the plan that it published: the share of its cells' opportunities that each takes. */
  plan?: unknown;
}

const FILLER = 'filler';

/** What a person writes of a golden log, and what playing it adds: `handled`, `ledger`, `quarantined` and `end`. */
export interface GoldenLog {
  /** What it shows, in a sentence or two. */
  shows: string;
  given: Record<string, GivenMarket>;
  log: Step[];
  end?: unknown;
}

/** The same log with what each message comes to today, and the state in the end. */
export async function play({ shows, given, log }: GoldenLog): Promise<GoldenLog> {
  const campaigns = new Map<string, Campaign>();
  let seen: Pick<Step, 'ledger' | 'quarantined' | 'plan'> = {};
  const store = createMemoryStore({
    onCommit: (writes) => {
      for (const write of writes) {
        const { ref, after } = write;
        const { ledger = [], quarantined = [] } = seen;
        if (ref.kind === 'campaign') campaigns.set(ref.path, after as Campaign);
        if (ref.kind === 'quarantine')
          seen = { ...seen, quarantined: [...quarantined, quarantineOf(after as Quarantined)] };
        if (ref.kind === 'ledger' && isDecision(write))
          seen = { ...seen, ledger: [...ledger, decisionOf(after as LedgerEntry)] };
        if (ref.kind === 'plan') seen = { ...seen, plan: sharesOf(after as StoredPlan) };
      }
    },
  });
  await setUp(store, given);
  const outcomes = createMemoryLog();
  const bus = createMemoryBus();
  const { publish, ask } = publisher(store, outcomes, bus);
  const played: Step[] = [];
  for (const step of log) {
    seen = {};
    const told = bus.published.length;
    const came = step.ask ? await ask(step.ask) : { handled: await publish(step.publish as Message) };
    const notices = bus.published.slice(told).flatMap(noticeOf);
    const { publish: message, ask: question } = step;
    played.push({
      ...(question ? { ask: question } : { publish: message as Message }),
      ...came,
      ...seen,
      ...(notices.length > 0 ? { notices } : {}),
    });
  }
  const rows = Object.fromEntries(
    [...Map.groupBy(outcomes.rows, ({ table }) => table)].sort().map(([table, own]) => [table, own.length]),
  );
  const markets = Object.fromEntries(
    await Promise.all(Object.keys(given).map(async (name) => [name, await endOf(store, name)])),
  );
  const stored = [...campaigns]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, campaign]) => livingPartOf(campaign));
  return plain({ shows, given, log: played, end: { campaigns: stored, markets, rows } }) as GoldenLog;
}

/** As it is in a file: instants in RFC 3339, nothing undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(encodeInstants(value))) as unknown;
}

async function setUp(store: AllocationStore, given: GoldenLog['given']): Promise<void> {
  await store.transact(async (transaction) => {
    for (const [name, { days, cells, filledPages = [] }] of Object.entries(given)) {
      const pages = filledPages.map((count, index) => filledPage(name, pageName(index), count));
      const empty = market({ market: name });
      transaction.set(refs.market(name), { ...empty, pages: pageTable(empty, pages) });
      for (const one of pages) transaction.set(refs.page(name, one.page), one);
      for (const day of days) {
        const own = { market: name, cells: cells.map(cell) };
        transaction.set(refs.supply(name, day), supplyDay(Date.parse(day), own));
      }
    }
  });
}

/** Entries that ask for nothing: they take room in a page and no supply. */
function filledPage(name: string, of: string, count: number): BookPage {
  const entries = Array.from({ length: count }, (_, index) =>
    entry({ campaignId: FILLER, subcampaignId: `${of}-${index}`, budgetMicros: 0 }),
  );
  return page(entries, { market: name, page: of });
}

/** An entry's first word, or the fold of a report. That its rows were drained is no decision. */
function isDecision({ before, after }: Write): boolean {
  return (before as LedgerEntry | undefined)?.result !== (after as LedgerEntry).result;
}

function decisionOf({ eventId, result, outcomes }: LedgerEntry): unknown {
  assertOutcomes(outcomes);
  return { eventId, result, outcomes };
}

/** What it says is in the outcome that its id ends with. */
function noticeOf({ message }: Published): unknown[] {
  if (message.type !== 'andante.campaign-notified.v1') return [];
  assertNotices([message]);
  return [`${message.data.campaignId} ${message.data.kind}`];
}

function sharesOf({ body }: StoredPlan): unknown {
  const { lines } = JSON.parse(body) as PlanWire;
  return Object.fromEntries(lines.map((line) => [entryKey(line), line.fallbackShare]));
}

function quarantineOf({ code, message, eventId, replayable }: Quarantined): unknown {
  return { code, message, eventId, replayable };
}

type Message = NonNullable<Step['publish']>;

/** Publishes a message to the function of its type, or asks the booking function; resolves to what was logged or answered. */
function publisher(store: AllocationStore, outcomes: ReturnType<typeof createMemoryLog>, bus: MemoryBus) {
  const { log, lines } = logLines();
  const deps = { store, outcomes, bus, log, clock: () => START_MS, virtualTime: true };
  const functions: Record<string, (input: unknown) => Promise<void>> = {
    'campaign-created': createReceiver('campaign-created', createCampaignCreatedHandler(deps), deps),
    'budget-changed': createReceiver('budget-changed', createBudgetChangedHandler(deps), deps),
    'campaign-status-changed': createReceiver(
      'campaign-status-changed',
      createCampaignStatusChangedHandler(deps),
      deps,
    ),
    'delivery-reported': createReceiver('delivery-reported', createDeliveryReportedHandler(deps), deps),
    'delivery-tick': createReceiver(
      'delivery-tick',
      createDeliveryTickHandler({ ...deps, tickIntervalMs: TICK_MS }),
      deps,
    ),
    'supply-refresh': createReceiver(
      'supply-refresh',
      createSupplyRefreshHandler({ ...deps, features: createMemoryFeatures(outcomes) }),
      deps,
    ),
  };
  const publish = async (message: Message): Promise<unknown> => {
    const receive = functions[message.type.split('.')[1] ?? ''];
    if (!receive) throw new Error(`no function takes ${message.type}`);
    const before = lines.length;
    await receive(push(message));
    const { outcome, duplicate, code, reports, quarantined, rebalances } =
      lines.slice(before).findLast((line) => line['message'] === 'handled') ?? {};
    return { outcome, duplicate, code, reports, quarantined, rebalances };
  };
  const ask = async ({ at, method, path, key, heldShare = 1, body = {} }: Question) => {
    const answer = createBookingHandler({
      ...deps,
      tickIntervalMs: TICK_MS,
      authenticateTenant: async () => ({ tenantId: 't1', requestsPerMinute: 1000, heldShare }),
      limit: () => undefined,
      sleep: async () => undefined,
    });
    const published = bus.published.length;
    const headers = { 'andante-at': at, ...(key === undefined ? {} : { 'idempotency-key': key }) };
    const request = { method, path, headers, body: Buffer.from(JSON.stringify(body)) };
    const { status, body: text } = await answer({ ...request, query: new URLSearchParams() }).catch(problemOf);
    const brought: unknown[] = [];
    for (const { message } of bus.published.slice(published)) {
      if (message.type === 'andante.campaign-created.v1') brought.push(await publish(message));
    }
    return {
      answer: { status, body: JSON.parse(text as string) as unknown },
      ...(brought.length > 0 ? { brought } : {}),
    };
  };
  return { publish, ask };
}

/** What of a campaign can change: its terms are in the outcome that accepted it. */
function livingPartOf({ schemaVersion: _version, tenantId: _tenant, terms: _terms, ...campaign }: Campaign): unknown {
  return { ...campaign, subcampaigns: campaign.subcampaigns.map(withoutTerms) };
}

function withoutTerms(part: Subcampaign | BookEntry): unknown {
  const terms = new Set([...Object.keys(subcampaignTerms), 'tenantId', 'startAtMs', 'endAtMs']);
  for (const name of ['subcampaignId', ...Object.keys(partBudget)]) terms.delete(name);
  return Object.fromEntries(Object.entries(part).filter(([name]) => !terms.has(name)));
}

async function endOf(store: AllocationStore, name: string): Promise<unknown> {
  const [found, plan] = await store.read([refs.market(name), refs.plan(name)]);
  if (!found) throw new Error(`market ${name} is gone`);
  const pages: (BookPage | undefined)[] = await store.read(found.pages.map(({ page }) => refs.page(name, page)));
  const entries = pages.flatMap((page) =>
    (page?.entries ?? []).filter(({ campaignId }) => campaignId !== FILLER).map(withoutTerms),
  );
  const holds = pages.flatMap((page) => page?.holds ?? []);
  const lines = plan === undefined ? undefined : (JSON.parse(plan.body) as { lines: unknown }).lines;
  const { bookVersion, planVersion, watermarkSlot, groups } = found;
  return {
    bookVersion,
    planVersion,
    watermarkAtMs: watermarkSlot * TICK_MS,
    groups,
    pages: found.pages,
    entries,
    ...(holds.length > 0 ? { holds } : {}),
    plan: lines,
  };
}
