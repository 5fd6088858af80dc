// Folds delivery reports into book entries. Sums first, checks last, so that the order of reports changes nothing.
import type { BookEntry, Cohort, Lease, Market } from '../contracts/documents.ts';
import type { DeliveryReported } from '../contracts/events.ts';
import { MAX_MICROS } from '../contracts/micros.ts';
import type { DeliveryFolded, SupplyObserved } from '../contracts/outcomes.ts';
import { CLICK_WINDOW_MS } from './book-page.ts';
import { isOver } from './campaign-state.ts';
import { committedMicros } from './entry-money.ts';

const HOUR_MS = 3_600_000;

export type ReportData = DeliveryReported['data'];
type Line = ReportData['lines'][number];
type Closing = ReportData['closings'][number];

/** A report that waits, with the key of its ledger entry. */
export interface WaitingReport {
  ledgerId: string;
  tenantId: string;
  /** When it was filed. A tick that comes late folds reports of what is the future to it. */
  filedAtMs: number;
  data: ReportData;
}

/** What became of one report. Lines that no entry takes are quarantined; the others count. */
export interface Verdict {
  ledgerId: string;
  result: 'folded' | 'quarantined';
  outcomes: (DeliveryFolded | SupplyObserved)[];
  /** Why something of the report could not be folded. */
  code?: 'UNKNOWN_SUBCAMPAIGN' | 'IMPLAUSIBLE_REPORT' | 'TOO_MANY_GROUPS';
  /** What of the report could not be folded. */
  strayLines: Line[];
  strayClosings: Closing[];
}

export interface Fold {
  verdicts: Verdict[];
  /** Entries after the fold, by key; only those that a report moved. */
  changed: Map<string, BookEntry>;
}

/** The copies that reports add to, and which of them were moved. */
interface Draft {
  open: (key: string) => BookEntry | undefined;
  moved: Set<string>;
}

/** One name for an entry inside a market. */
export function entryKey(of: { campaignId: string; subcampaignId: string }): string {
  return `${of.campaignId}/${of.subcampaignId}`;
}

/**
 * @param entries the market's whole book, by {@link entryKey}
 * @param groups the groups that may report in this market
 * @param nowMs the tick's time: hours whose click window has closed take charges no more as in flight
 */
export function foldReports(
  entries: ReadonlyMap<string, BookEntry>,
  groups: Market['groups'],
  reports: readonly WaitingReport[],
  nowMs: number,
): Fold {
  const copies = new Map<string, BookEntry>();
  const open = (key: string): BookEntry | undefined => {
    const entry = copies.get(key) ?? copyOf(entries.get(key));
    if (entry) copies.set(key, entry);
    return entry;
  };
  const draft: Draft = { open, moved: new Set() };
  const verdicts = reports.map((report) =>
    groups.some(({ group }) => group === report.data.group)
      ? foldReport(report, draft, nowMs)
      : quarantineWhole(report, 'TOO_MANY_GROUPS'),
  );
  const changed = new Map([...draft.moved].map((key) => [key, coverCharges(copies.get(key) as BookEntry)]));
  return { verdicts, changed };
}

function quarantineWhole({ ledgerId, data }: WaitingReport, code: NonNullable<Verdict['code']>): Verdict {
  return { ledgerId, result: 'quarantined', code, outcomes: [], strayLines: data.lines, strayClosings: data.closings };
}

function foldReport(
  { ledgerId, tenantId, filedAtMs, data }: WaitingReport,
  { open, moved }: Draft,
  nowMs: number,
): Verdict {
  const strayLines: Line[] = [];
  const folded: DeliveryFolded['lines'] = [];
  let code: Verdict['code'];
  for (const line of data.lines) {
    const entry = open(entryKey(line));
    if (entry && isPlausible(entry, line, Math.max(nowMs, filedAtMs))) {
      moved.add(entryKey(line));
      const { clickMicros: _told, ...counts } = line;
      folded.push({ ...counts, confirmedMicros: addLine(entry, line, data.group, nowMs) });
      continue;
    }
    code = entry ? 'IMPLAUSIBLE_REPORT' : 'UNKNOWN_SUBCAMPAIGN';
    strayLines.push(line);
  }
  const strayClosings = data.closings.filter((closing) => {
    const entry = open(entryKey(closing));
    if (entry && noteClosing(entry, closing, data.group)) moved.add(entryKey(closing));
    return !entry;
  });
  if (strayClosings.length > 0) code ??= 'UNKNOWN_SUBCAMPAIGN';
  const { market, group, windowStartAtMs, windowEndAtMs, opportunities, sample, responses = [] } = data;
  const about = { tenantId, market, group, windowStartAtMs, windowEndAtMs };
  return {
    ledgerId,
    result: folded.length === 0 && strayLines.length > 0 ? 'quarantined' : 'folded',
    ...(code ? { code } : {}),
    outcomes: [
      ...(folded.length > 0 ? [{ type: 'delivery-folded' as const, ...about, lines: folded }] : []),
      ...(opportunities.length + responses.length > 0
        ? [{ type: 'supply-observed' as const, ...about, opportunities, sample, ...observedResponses(responses) }]
        : []),
    ],
    strayLines,
    strayClosings,
  };
}

/** A report of a server that counts no responses by cell has none, and neither has its row. */
function observedResponses(responses: NonNullable<SupplyObserved['responses']>) {
  return responses.length > 0 ? { responses } : {};
}

/**
 * A report may bring an entry this far above its budget (70 million in a currency of micros), and no lie brings a
 * campaign's 50 parts past what an integer of micros holds.
 */
const MAX_OVER_MICROS = 2 ** 46;

/** Whether a line can be added: no hour that was still to come when it was filed, no click above its price, no sum that an integer does not hold. */
function isPlausible(entry: BookEntry, line: Line, filedAtMs: number): boolean {
  const totalMicros = committedMicros(entry) + line.clicks * entry.clickPriceMicros + line.chargedMicros;
  // What coverCharges will make of the leases: a charge above a grant raises it.
  const charged = entry.leases.reduce(
    (sum, lease) => sum + Math.max(lease.grantedMicros, lease.chargedMicros + lease.returnedMicros),
    line.chargedMicros,
  );
  const counts = [
    entry.impressions + line.impressions,
    entry.clicks + line.clicks,
    entry.conversions + line.conversions,
  ];
  return (
    line.hourAtMs <= filedAtMs + HOUR_MS &&
    (line.clickMicros ?? 0) <= line.clicks * entry.clickPriceMicros &&
    totalMicros <= entry.budgetMicros + MAX_OVER_MICROS &&
    [totalMicros, charged, ...counts].every((sum) => sum <= MAX_MICROS)
  );
}

function copyOf(entry: BookEntry | undefined): BookEntry | undefined {
  if (!entry) return undefined;
  const cohorts = entry.cohorts.map((cohort) => ({ ...cohort }));
  return { ...entry, cohorts, leases: entry.leases.map((lease) => ({ ...lease })) };
}

/** What a line's clicks cost: their price, or where the line bids for each, what its auctions set. */
function clickMicros({ isAuctioned, clickPriceMicros }: BookEntry, line: Line): number {
  const mostMicros = line.clicks * clickPriceMicros;
  return isAuctioned ? (line.clickMicros ?? mostMicros) : mostMicros;
}

/** Adds a line to a copy of its entry; returns what its clicks cost. */
function addLine(entry: BookEntry, line: Line, group: string, nowMs: number): number {
  const confirmedMicros = clickMicros(entry, line);
  entry.impressions += line.impressions;
  entry.clicks += line.clicks;
  entry.conversions += line.conversions;
  entry.spentMicros += confirmedMicros;
  leaseOf(entry, group).chargedMicros += line.chargedMicros;
  // A late tick has no hours beyond its own next one: a page has room for the open hours only.
  const hourAtMs = Math.floor(Math.min(line.hourAtMs, nowMs + HOUR_MS) / HOUR_MS) * HOUR_MS;
  if (isOpenHour(hourAtMs, nowMs)) {
    const cohort = cohortOf(entry, hourAtMs);
    cohort.chargedMicros += line.chargedMicros;
    cohort.confirmedMicros += confirmedMicros;
  }
  return confirmedMicros;
}

/** Whether clicks on impressions of this hour are still awaited. */
export function isOpenHour(hourAtMs: number, nowMs: number): boolean {
  return hourAtMs + HOUR_MS + CLICK_WINDOW_MS > nowMs;
}

function cohortOf(entry: BookEntry, hourAtMs: number): Cohort {
  const known = entry.cohorts.find((cohort) => cohort.hourAtMs === hourAtMs);
  if (known) return known;
  const cohort = { hourAtMs, chargedMicros: 0, confirmedMicros: 0 };
  entry.cohorts.push(cohort);
  entry.cohorts.sort((a, b) => a.hourAtMs - b.hourAtMs);
  return cohort;
}

/** A group without a lease gets an empty one: what it charged must be covered like any excess. */
function leaseOf(entry: BookEntry, group: string): Lease {
  const known = entry.leases.find((lease) => lease.group === group);
  if (known) return known;
  const lease = { group, grantedMicros: 0, chargedMicros: 0, returnedMicros: 0, spendUntilAtMs: 0 };
  entry.leases.push(lease);
  entry.leases.sort((a, b) => (a.group < b.group ? -1 : 1));
  return lease;
}

/** A closing is void when the group has been granted more since it wrote it, and when it gives back nothing; returns whether it counts. */
function noteClosing(entry: BookEntry, closing: Closing, group: string): boolean {
  if (closing.grantedMicros === 0) return false;
  const lease = entry.leases.find((candidate) => candidate.group === group);
  if (lease?.grantedMicros !== closing.grantedMicros) return false;
  lease.closingMicros = Math.max(lease.closingMicros ?? 0, closing.chargedMicros);
  return true;
}

/**
 * Charges above a lease draw on unleased budget first; only what that cannot cover is an overrun: recorded, never
 * billed, and the subcampaign stops until its owner resumes it.
 */
function coverCharges(entry: BookEntry): BookEntry {
  let excessMicros = 0;
  const leases = entry.leases.map((lease) => {
    const overMicros = lease.chargedMicros - (lease.grantedMicros - lease.returnedMicros);
    if (overMicros <= 0) return lease;
    excessMicros += overMicros;
    return { ...lease, grantedMicros: lease.grantedMicros + overMicros };
  });
  const uncoveredMicros = Math.min(excessMicros, Math.max(0, committedMicros(entry) - entry.budgetMicros));
  const status = uncoveredMicros > 0 && !isOver(entry) ? 'overrun' : entry.status;
  return { ...entry, leases, status, overrunMicros: entry.overrunMicros + uncoveredMicros };
}
