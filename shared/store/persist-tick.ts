// Brings one market up to a slot, in as many transactions as its waiting reports need: pieces that only fold, and a last
// one that folds the rest, settles, grants and publishes the plan. Doubled ticks find the watermark and do nothing.
import { advanceCampaign } from '../campaign/advance-campaign.ts';
import { decideTick, type TickDecision, type TickInput } from '../campaign/decide-tick.ts';
import { lapsedBookings } from '../campaign/end-holds.ts';
import { watchTick, type TickWatch } from '../campaign/watch-tick.ts';
import { PLATFORM_TENANT } from '../contracts/platform-tenant.ts';
import type { WaitingReport, ReportData, Verdict } from '../campaign/fold-reports.ts';
import type { Booking, LedgerEntry, Market, StoredPlan } from '../contracts/documents.ts';
import { encodeInstants } from '../contracts/instants.ts';
import type { LifecycleOutcome } from '../contracts/lifecycle-outcomes.ts';
import type { SubcampaignEnded } from '../contracts/outcomes.ts';
import type { Plan } from '../contracts/plan.ts';
import { dayOf } from '../forecasting/traffic-clock.ts';
import {
  AlreadyExists,
  refs,
  type AllocationStore,
  type Ref,
  type Stored,
  type Transaction,
} from './allocation-store.ts';
import { canonicalJson, ledgerId, payloadHash, sha256 } from './ledger-key.ts';
import { completeViews, supplyOf, type MarketNeed, type Snapshot } from './market-views.ts';
import { newLedgerEntry, owing } from './persist-campaign-event.ts';
import { quarantineStray } from './quarantine.ts';

/** Reports folded in one transaction: each may be quarantined too, and all touch at most 400 documents together. */
export const MAX_REPORTS = 160;
/** Bytes of reports folded in one transaction: with its pages and its plan it stays below 5 MiB. */
export const MAX_REPORT_BYTES = 448 * 1024;
/** Bookings looked up in one transaction, of holds that are past their time. */
const MAX_BOOKINGS = 60;
/** A market that gets reports faster than this many pieces fold them is left to the next tick. */
export const MAX_PIECES = 200;

export interface Tick {
  market: string;
  slot: number;
  tickIntervalMs: number;
  source: string;
}

export interface TickResult extends TickWatch {
  result: 'applied' | 'superseded' | 'unknown-market';
  /** Ledger entries that now owe rows to BigQuery. */
  written: { ref: Ref<'ledger'>; entry: LedgerEntry }[];
  reports: number;
  quarantined: number;
  /** Campaigns to be split anew. */
  rebalances: TickDecision['rebalances'];
}

export type DecideTick = (input: TickInput) => TickDecision;

/**
 * @param known supply by market, kept from tick to tick: a document less to read each minute while its version stands
 * @throws AndanteError STORE_UNAVAILABLE; what was folded before stays folded, and the tick comes again
 */
export async function persistTick(
  store: AllocationStore,
  tick: Tick,
  decide: DecideTick = decideTick,
  known: Map<string, Snapshot> = new Map(),
): Promise<TickResult> {
  const total: TickResult = {
    ...{ result: 'applied', written: [], reports: 0, quarantined: 0, rebalances: [] },
    ...{ overruns: 0, overrunMicros: 0, violations: [] },
  };
  for (let piece = 0; piece < MAX_PIECES; piece++) {
    const step = await persistPiece(store, { ...tick, piece, decide, known });
    if (step === 'taken') continue;
    if (step === 'unknown-market' || step === 'superseded') return { ...total, result: step };
    total.written.push(...step.written);
    total.reports += step.reports;
    total.quarantined += step.quarantined;
    total.rebalances.push(...step.rebalances);
    total.overruns += step.overruns;
    total.overrunMicros += step.overrunMicros;
    total.violations.push(...step.violations);
    if (!step.isPiece) break;
  }
  return total;
}

interface Step extends Omit<TickResult, 'result'> {
  isPiece: boolean;
}

interface Piece extends Tick {
  piece: number;
  decide: DecideTick;
  known: Map<string, Snapshot>;
}

async function persistPiece(
  store: AllocationStore,
  tick: Piece,
): Promise<Step | 'taken' | 'superseded' | 'unknown-market'> {
  const { market, slot, tickIntervalMs, piece, decide, known } = tick;
  const need: MarketNeed = {
    market,
    pages: 'all',
    days: [dayOf(slot * tickIntervalMs)],
    soldFromAtMs: slot * tickIntervalMs,
  };
  const snapshot = await completeViews(store, [need], known);
  const before = snapshot.get(market);
  if (!before) return 'unknown-market';
  known.set(market, supplyOf(before));
  if (before.market.watermarkSlot >= slot) return 'superseded';
  const waiting = await store.waitingReports(market, MAX_REPORTS + 1);
  const taken = takeReports(waiting);
  const isPiece = taken.length < waiting.length;
  try {
    return await store.transact(
      async (transaction) => {
        const views = await completeViews(transaction, [need], snapshot);
        const view = views.get(market);
        if (!view) return 'unknown-market';
        if (view.market.watermarkSlot >= slot) return 'superseded';
        const entries = await transaction.get(taken.map(({ ref }) => ref));
        const reports = entries.flatMap((entry, index) =>
          entry?.waitingFor === market ? [toReport((taken[index] as Stored<'ledger'>).ref, entry)] : [],
        );
        const lapsed = await readLapsed(transaction, lapsedBookings(view.pages, slot * tickIntervalMs));
        const bookings = new Map([...lapsed].map(([id, booking]) => [id, booking?.status]));
        const decision = decide({ view, reports, slot, tickIntervalMs, isPiece, bookings });
        const told = await tellCampaigns(transaction, decision, slot * tickIntervalMs);
        writeExpired(transaction, lapsed);
        writeMarket(transaction, decision, slot);
        const filed = new Map(taken.map(({ ref }, index) => [ref.path, entries[index] as LedgerEntry]));
        const folded = decision.verdicts.map((verdict) =>
          writeVerdict(transaction, verdict, filed, slot * tickIntervalMs),
        );
        const outcomes = [...decision.outcomes, ...told];
        const own = writeTickEntry(transaction, tick, piece, { ...decision, outcomes });
        const quarantined = decision.verdicts.filter((verdict) => verdict.code !== undefined).length;
        return {
          written: [...folded, ...own].filter(({ entry }) => entry.undrained),
          reports: reports.length,
          quarantined,
          rebalances: decision.rebalances,
          ...watchTick(view.pages, decision),
          isPiece: decision.plan === undefined,
        };
      },
      [refs.market(market), ...lapsedBookings(before.pages, slot * tickIntervalMs).map(refs.booking)],
    );
  } catch (error) {
    // The same piece by a doubled tick, or by us when the commit's answer was lost: its reports are folded.
    if (error instanceof AlreadyExists) return 'taken';
    throw error;
  }
}

/** As many reports as one transaction takes, at least one. */
function takeReports(waiting: readonly Stored<'ledger'>[]): Stored<'ledger'>[] {
  let bytes = 0;
  const fitting = waiting.slice(0, MAX_REPORTS).filter(({ document }, index) => {
    bytes += JSON.stringify(document.report).length;
    return index === 0 || bytes <= MAX_REPORT_BYTES;
  });
  return fitting;
}

function toReport(ref: Ref<'ledger'>, entry: LedgerEntry): WaitingReport {
  return {
    ledgerId: ref.path,
    tenantId: entry.tenantId,
    filedAtMs: entry.recordedAtMs,
    data: entry.report as ReportData,
  };
}

async function readLapsed(
  transaction: Transaction,
  lapsed: readonly string[],
): Promise<Map<string, Booking | undefined>> {
  const ids = lapsed.slice(0, MAX_BOOKINGS);
  const bookings = ids.length > 0 ? await transaction.get(ids.map(refs.booking)) : [];
  return new Map(ids.map((id, index) => [id, bookings[index]]));
}

/** What was not confirmed in time can be no more; whoever finds it open gives back what else it has. */
function writeExpired(transaction: Transaction, lapsed: ReadonlyMap<string, Booking | undefined>): void {
  for (const [id, booking] of lapsed) {
    if (booking?.status === 'held' || booking?.status === 'staging')
      transaction.set(refs.booking(id), { ...booking, status: 'expired', isOpen: true });
  }
}

/** Ended subcampaigns leave the book; their totals move to their campaigns. Resolves to what that came to. */
async function tellCampaigns(
  transaction: Transaction,
  { outcomes, settling }: TickDecision,
  nowMs: number,
): Promise<LifecycleOutcome[]> {
  const ended = outcomes.filter((outcome): outcome is SubcampaignEnded => outcome.type === 'subcampaign-ended');
  const told = new Map([...settling, ...ended].map(({ tenantId, campaignId }) => [campaignId, tenantId]));
  const campaignRefs = [...told].map(([campaignId, tenantId]) => refs.campaign(tenantId, campaignId));
  const campaigns = await transaction.get(campaignRefs);
  const ofCampaign = {
    settling: Map.groupBy(settling, ({ campaignId }) => campaignId),
    ended: Map.groupBy(ended, ({ campaignId }) => campaignId),
  };
  return campaigns.flatMap((stored, index) => {
    if (!stored) return [];
    const { campaign, outcomes: own } = advanceCampaign(stored, {
      settling: ofCampaign.settling.get(stored.campaignId) ?? [],
      ended: ofCampaign.ended.get(stored.campaignId) ?? [],
      nowMs,
    });
    transaction.set(campaignRefs[index] as Ref<'campaign'>, campaign);
    return own;
  });
}

function writeMarket(transaction: Transaction, { market, pages, plan }: TickDecision, slot: number): void {
  for (const page of pages) transaction.set(refs.page(market.market, page.page), page);
  transaction.set(refs.market(market.market), market);
  if (plan) transaction.set(refs.plan(market.market), storedPlan(plan, market, slot));
}

/** The plan as it is served; its hash names these bytes. */
function storedPlan(plan: Plan, market: Market, slot: number): StoredPlan {
  const body = canonicalJson(encodeInstants(plan));
  return { schemaVersion: 1, market: market.market, planVersion: plan.planVersion, slot, hash: sha256(body), body };
}

function writeVerdict(
  transaction: Transaction,
  verdict: Verdict,
  filed: ReadonlyMap<string, LedgerEntry>,
  nowMs: number,
) {
  const ref: Ref<'ledger'> = { kind: 'ledger', path: verdict.ledgerId };
  const { waitingFor: _done, ...known } = filed.get(verdict.ledgerId) as LedgerEntry;
  const { report, ...folded } = known;
  const { result, outcomes, code } = verdict;
  // What was folded is in the outcomes; a report of which something strayed is kept whole beside them.
  const kept = code ? { report } : {};
  const entry: LedgerEntry = { ...folded, ...kept, result, outcomes, ...owing(outcomes, nowMs) };
  transaction.set(ref, entry);
  if (code) quarantineStray(transaction, { verdict, entry: known, nowMs });
  return { ref, entry };
}

/** The tick's own entry, where it decided anything; an idle tick's trace is the watermark. */
function writeTickEntry(
  transaction: Transaction,
  { market, slot, tickIntervalMs, source }: Tick,
  piece: number,
  { outcomes, plan }: TickDecision,
) {
  if (outcomes.length === 0) return [];
  const eventId = plan ? `tick:${market}:${slot}` : `tick:${market}:${slot}:${piece}`;
  const event = {
    source,
    tenantId: PLATFORM_TENANT,
    eventId,
    type: 'andante.delivery-tick.v1',
    occurredAtMs: slot * tickIntervalMs,
  };
  const entry = newLedgerEntry(event, {
    hash: payloadHash({ market, slot }),
    nowMs: event.occurredAtMs,
    outcomes,
    result: 'applied',
  });
  const ref = refs.ledger(ledgerId(event));
  transaction.create(ref, entry);
  return [{ ref, entry }];
}
