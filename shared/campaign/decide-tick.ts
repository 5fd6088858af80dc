// What a tick makes of one market: reports folded, leases settled and granted, shares set, a plan to publish.
// Pure: the tick's time is its slot, the reports are an argument.
import type { BookEntry, BookPage, Market } from '../contracts/documents.ts';
import type { MarketPaced, SubcampaignEnded, SupplyObserved, TickOutcome } from '../contracts/outcomes.ts';
import { PLATFORM_TENANT } from '../contracts/platform-tenant.ts';
import type { Plan } from '../contracts/plan.ts';
import { LEASE_TICKS, grantLeases } from '../pacing/grant-leases.ts';
import { DAY_MS, HOUR_MS, dayOf } from '../forecasting/traffic-clock.ts';
import { pageTable } from './book-page.ts';
import type { MarketView } from './campaign-state.ts';
import { accruedMicros, billedMicros, committedMicros, entryNumbers } from './entry-money.ts';
import { endHolds, type KnownBookings } from './end-holds.ts';
import { entryKey, foldReports, type Verdict, type WaitingReport } from './fold-reports.ts';
import { makePlan } from './make-plan.ts';
import { admitGroups } from './admit-groups.ts';
import { nowcastMarket } from './nowcast-market.ts';
import { rememberSample } from './remember-sample.ts';
import { serveEntries, type ServedEntry } from './serve-entries.ts';
import { isServable } from './serving-gate.ts';
import { endFlight, isFinal, settleEntry } from './settle-entry.ts';
import { trimEntries } from './trim-entries.ts';
import { warnLines } from './warn-lines.ts';

/** Campaigns whose flight or parts may end in one tick, each a document of its transaction; the others follow in the next. */
export const MAX_TOLD_CAMPAIGNS = 40;
/** Parts, and campaigns with holds, that may end in one tick: an entry of the ledger holds 900 outcomes. */
const MAX_ENDED = 600;

export interface TickInput {
  view: MarketView;
  reports: readonly WaitingReport[];
  slot: number;
  tickIntervalMs: number;
  /** More reports wait than one transaction folds: this one only folds and ends holds, the last one of the slot paces. */
  isPiece: boolean;
  /** Those of the holds that are past their time, as far as they were looked up: see lapsedBookings in end-holds.ts. */
  bookings?: KnownBookings;
}

export interface TickDecision {
  market: Market;
  /** The pages whose numbers moved. */
  pages: BookPage[];
  verdicts: Verdict[];
  outcomes: TickOutcome[];
  /** Entries whose flight ended at this tick: their campaigns are to be told. */
  settling: BookEntry[];
  /** Absent for a piece. */
  plan?: Plan;
  /** Campaigns with money that supply does not deliver here and may elsewhere: to be split anew. */
  rebalances: { tenantId: string; campaignId: string }[];
}

/** A tick asks for at most this many new splits. */
const MAX_REBALANCES = 20;
/** A part is short when supply will not deliver this share of its budget. */
const SHORT_SHARE = 0.05;

/**
 * Brings a market up to `slot`.
 * @param serve what lines are to be served: the allocation, or in simulations something that costs less
 */
export function decideTick(input: TickInput, serve: typeof serveEntries = serveEntries): TickDecision {
  const { view, reports, slot, tickIntervalMs, bookings = noBookings } = input;
  const nowMs = slot * tickIntervalMs;
  const holds = endHolds(view.pages, bookings, { nowMs, most: MAX_ENDED });
  // What is held and not sold is free before it is paced: another piece ends the rest.
  const isPiece = input.isPiece || holds.hasMore;
  const before = new Map(view.pages.flatMap((page) => page.entries.map((entry) => [entryKey(entry), entry] as const)));
  const passedMs = isPiece ? 0 : tickIntervalMs;
  const groups = admitGroups({ market: view.market, entries: before.values(), reports, nowMs, passedMs });
  const fold = foldReports(before, groups, reports, nowMs);
  const entries = new Map([...before, ...fold.changed]);
  const observed = fold.verdicts.flatMap(({ outcomes }) =>
    outcomes.filter((outcome): outcome is SupplyObserved => outcome.type === 'supply-observed'),
  );
  const sample = rememberSample(view.market.sample, observed);
  const lastMs = Math.max(view.market.watermarkSlot * tickIntervalMs, nowMs - DAY_MS);
  const supply = view.supply.get(dayOf(nowMs));
  const nowcast = nowcastMarket(view.market.nowcast, {
    observed,
    supply,
    nowMs,
    lastMs: isPiece ? nowMs : lastMs,
    isHeard: groups.some((group) => group.seenAtMs > lastMs),
  });
  const over: Over = { settling: [], ended: [], mostEnded: MAX_ENDED - holds.outcomes.length };
  const known = {
    ...view.market,
    groups,
    ...(sample ? { sample } : {}),
    ...(nowcast ? { nowcast } : {}),
  };
  let served = new Map<string, ServedEntry>();
  if (!isPiece) {
    pace(input, entries, groups, over, nowMs);
    served = serve(entries.values(), known, view.supply, nowMs);
    trimEntries(entries, served, before, { serving: known.serving, supply, nowMs, passedMs: nowMs - lastMs });
  }
  const { settling } = over;
  const isNewHour = Math.floor(nowMs / HOUR_MS) > Math.floor(lastMs / HOUR_MS);
  const { market: name } = view.market;
  const warnings = isNewHour
    ? warnLines(entries, served, { market: name, supply, supplyFactor: nowcast?.factor ?? 1, nowMs })
    : [];

  const pages: BookPage[] = [];
  const outcomes: TickOutcome[] = [];
  for (const [index, page] of holds.pages.entries()) {
    const now = page.entries.flatMap((old) => entries.get(entryKey(old)) ?? []);
    const isSame = now.length === page.entries.length && now.every((entry, at) => entry === page.entries[at]);
    if (isSame && page === view.pages[index]) continue;
    pages.push({ ...page, entries: now });
    const moved = page.entries.flatMap((old) => movedLine(old, entries.get(entryKey(old))) ?? []);
    if (moved.length > 0) outcomes.push(pacedOutcome(page, slot, moved));
  }
  outcomes.push(...over.ended.map((entry) => endedOutcome(entry, name)), ...holds.outcomes, ...warnings);

  const market: Market = {
    ...known,
    pages: pageTable(view.market, pages),
    bookVersion: view.market.bookVersion + (pages.length > 0 ? 1 : 0),
  };
  if (isPiece) return { market, pages, verdicts: fold.verdicts, outcomes, settling, rebalances: [] };
  const paced = { ...market, planVersion: market.planVersion + 1, watermarkSlot: slot };
  const plan = makePlan({
    market: paced,
    entries: [...entries.values()],
    served,
    supply,
    slot,
    tickIntervalMs,
  });
  const rebalances = isNewHour ? shortCampaigns(entries, served) : [];
  return { market: paced, pages, verdicts: fold.verdicts, outcomes, settling, plan, rebalances };
}

/** Those that lack most come first. */
function shortCampaigns(
  entries: ReadonlyMap<string, BookEntry>,
  served: ReadonlyMap<string, ServedEntry>,
): TickDecision['rebalances'] {
  const short = [...served].flatMap(([key, { shortMicros }]) => {
    const entry = entries.get(key) as BookEntry;
    const isShort =
      entry.hasSiblings && shortMicros > Math.max(SHORT_SHARE * entry.budgetMicros, entry.clickPriceMicros);
    return isShort ? [{ entry, shortMicros }] : [];
  });
  short.sort((a, b) => b.shortMicros - a.shortMicros);
  const campaigns = new Map(short.map(({ entry: { tenantId, campaignId } }) => [campaignId, { tenantId, campaignId }]));
  return [...campaigns.values()].slice(0, MAX_REBALANCES);
}

/** What of a book is over at a tick. */
interface Over {
  settling: BookEntry[];
  ended: BookEntry[];
  /** Parts that may end. */
  mostEnded: number;
}

const noBookings: KnownBookings = new Map();

/** Settles, ends and grants, in place of the entries it moves. */
function pace(
  { view, tickIntervalMs }: TickInput,
  entries: Map<string, BookEntry>,
  groups: Market['groups'],
  over: Over,
  nowMs: number,
): void {
  const { hourShape = evenHours, clickDelay } = view.supply.get(dayOf(nowMs)) ?? {};
  const heard = groups.filter((group) => group.seenAtMs > nowMs - LEASE_TICKS * tickIntervalMs);
  const told = new Set<string>();
  for (const [key, entry] of entries) {
    const isKnown = told.has(entry.campaignId) || told.size < MAX_TOLD_CAMPAIGNS;
    const mayTell = isKnown && over.ended.length < over.mostEnded;
    const returned = beginDay(settleEntry(entry, nowMs, clickDelay), nowMs);
    const settled = mayTell ? endFlight(returned, nowMs) : returned;
    const isEnded = mayTell && isFinal(settled, nowMs);
    if (isEnded || settled.status !== entry.status) told.add(entry.campaignId);
    if (isEnded) {
      over.ended.push(settled);
      entries.delete(key);
      continue;
    }
    if (settled.status !== entry.status) over.settling.push(settled);
    const leases =
      settled.status === 'active' && isServable(settled, view.market.serving, nowMs)
        ? grantLeases({
            entry: settled,
            committedMicros: committedMicros(settled),
            groups: heard,
            hourShape,
            nowMs,
            tickIntervalMs,
          })
        : settled.leases;
    entries.set(key, leases === settled.leases ? settled : { ...settled, leases });
  }
}

/** A daily cap counts from what was accrued when the day began. */
function beginDay(entry: BookEntry, nowMs: number): BookEntry {
  const day = Math.floor(nowMs / DAY_MS);
  if (entry.dailyCapMicros === undefined || entry.today?.day === day) return entry;
  return { ...entry, today: { day, startMicros: accruedMicros(entry) } };
}

const evenHours = Array.from({ length: 24 }, () => 1 / 24);

function pacedOutcome(
  { market, page }: BookPage,
  slot: number,
  subcampaigns: MarketPaced['subcampaigns'],
): MarketPaced {
  return { type: 'market-paced', tenantId: PLATFORM_TENANT, market, page, slot, subcampaigns };
}

/** An entry whose numbers or status moved. A lease that only lasts longer now changes the page and is no fact. */
function movedLine(old: BookEntry, now: BookEntry | undefined): MarketPaced['subcampaigns'][number] | undefined {
  if (!now || now === old) return undefined;
  const before = { status: old.status, ...entryNumbers(old) };
  const after = { status: now.status, ...entryNumbers(now) };
  const hasMoved = Object.entries(after).some(([name, value]) => value !== before[name as keyof typeof before]);
  const fallen = now.budgetMicros === old.budgetMicros ? {} : { budgetMicros: now.budgetMicros };
  if (!hasMoved && now.budgetMicros === old.budgetMicros) return undefined;
  const { overrunMicros, ...said } = after;
  const overrun = overrunMicros > 0 ? { overrunMicros } : {};
  return { campaignId: now.campaignId, subcampaignId: now.subcampaignId, ...said, ...overrun, ...fallen };
}

function endedOutcome(entry: BookEntry, market: string): SubcampaignEnded {
  return {
    type: 'subcampaign-ended',
    tenantId: entry.tenantId,
    campaignId: entry.campaignId,
    market,
    subcampaignId: entry.subcampaignId,
    budgetMicros: entry.budgetMicros,
    billedMicros: billedMicros(entry),
    ...entryNumbers(entry),
  };
}
