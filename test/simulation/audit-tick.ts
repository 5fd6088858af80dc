// A tick's commit, worked out a second time: reports folded, leases settled, entries ended; its grants are taken over
// once they are found lawful.
import type { BookEntry, BookPage, Campaign, LedgerEntry, Market } from '../../shared/contracts/documents.ts';
import type { DeliveryReported } from '../../shared/contracts/events.ts';
import type { Outcome } from '../../shared/contracts/outcomes.ts';
import { entryKeyOf, idOf, type Books, type Change } from './books.ts';
import { auditLifecycle, auditWarnings } from './audit-lifecycle.ts';
import {
  addClosing,
  addLine,
  committedOf,
  coverExcess,
  endFlight,
  inFlightOf,
  isOver,
  isPlausible,
  leasedOf,
  newLease,
  openOf,
  settle,
  unexpectedOf,
  type Closing,
  type EntryModel,
  type Line,
} from './money-model.ts';

/** The groups that a market takes at most. */
const MAX_GROUPS = 6;

export function auditTick(
  books: Books,
  { before, after }: { before: Market; after: Market },
  ledger: readonly Change<LedgerEntry>[],
  pages: readonly Change<BookPage>[],
  written: readonly Change<Campaign>[],
): void {
  const { must, entries, tickIntervalMs } = books;
  const { market, watermarkSlot } = after;
  must(watermarkSlot >= before.watermarkSlot, () => `${market}: the watermark went back to ${watermarkSlot}`);
  const own = ledger.find((change) => change.after.eventType === 'andante.delivery-tick.v1')?.after;
  // Of more reports than one transaction takes, all but the last pieces only fold.
  const isPiece = watermarkSlot === before.watermarkSlot;
  const slot = Number(own?.eventId.split(':')[2] ?? watermarkSlot);
  must(isPiece || slot === watermarkSlot, () => `${own?.eventId ?? ''} brought ${market} to ${watermarkSlot}`);
  const nowMs = slot * tickIntervalMs;

  const groups = new Set(after.groups.map(({ group }) => group));
  const moved = new Set<EntryModel>();
  for (const { ref, before: filed, after: folded } of ledger) {
    if (filed?.result !== 'filed') continue;
    for (const entry of fold(books, { id: idOf(ref.path), filed, folded, groups, nowMs })) moved.add(entry);
  }
  for (const entry of moved) coverExcess(entry);
  const told = new Set<string>();
  if (!isPiece) {
    const shown = new Map<string, BookEntry>(
      pages.flatMap((page) => page.after.entries.map((entry) => [entryKeyOf(entry), entry])),
    );
    const isWritten = new Set(pages.map((page) => page.after.page));
    for (const entry of entries.values()) {
      if (entry.market !== market) continue;
      const stored = shown.get(entry.key);
      settle(entry, nowMs, () => {
        const isGone = !stored && isWritten.has(entry.page);
        return isGone ? 0 : expected(books, entry, stored, nowMs);
      });
      const campaignKey = `${entry.tenantId}/${entry.campaignId}`;
      if (endFlight(entry, nowMs)) told.add(campaignKey);
      if (stored) grant(books, entry, stored, nowMs);
      else if (isWritten.has(entry.page)) {
        end(books, entry, nowMs, own);
        told.add(campaignKey);
      }
    }
  }
  auditLifecycle(books, told, written, own, nowMs);
  auditWarnings(books, pages, own);
  for (const outcome of own?.outcomes ?? []) auditPaced(books, outcome);
}

/** What a tick does not expect of a line's charges is its own to work out; it is taken over where it is near enough. */
function expected({ must, supply }: Books, entry: EntryModel, stored: BookEntry | undefined, nowMs: number): number {
  const day = new Date(nowMs).toISOString().slice(0, 10);
  const isDelayKnown = supply.get(entry.market)?.find((one) => one.day === day)?.clickDelay !== undefined;
  const own = unexpectedOf(entry, nowMs, isDelayKnown);
  const told = stored ? (stored.unexpectedMicros ?? 0) : entry.unexpected;
  let awaited = entry.spent;
  for (const { charged } of entry.hours.values()) awaited += charged;
  must(
    Math.abs(told - own) <= 2 + awaited / 100,
    () => `${entry.key}: ${told} of its charges are not expected, by its clicks it should be ${own}`,
  );
  return told;
}

interface Folding {
  id: string;
  filed: LedgerEntry;
  folded: LedgerEntry;
  groups: ReadonlySet<string>;
  nowMs: number;
}

/** Folds one report the second time; returns the entries that it moved. */
function fold({ must, entries, quarantined }: Books, { id, filed, folded, groups, nowMs }: Folding): EntryModel[] {
  const data = filed.report as DeliveryReported['data'];
  const { eventId, recordedAtMs } = filed;
  const isKnown = groups.has(data.group);
  must(
    isKnown || groups.size === MAX_GROUPS,
    () => `${data.market} has room for group ${data.group} and did not take it`,
  );
  const entryOf = (of: Line | Closing) => {
    const entry = entries.get(entryKeyOf(of));
    return isKnown && entry?.market === data.market ? entry : undefined;
  };
  const moved: EntryModel[] = [];
  const counted: unknown[] = [];
  let strays = 0;
  for (const line of data.lines) {
    const entry = entryOf(line);
    if (!entry || !isPlausible(entry, line, Math.max(nowMs, recordedAtMs))) {
      strays += 1;
      continue;
    }
    addLine(entry, data.group, line, nowMs);
    counted.push({ ...line, confirmedMicros: line.clicks * entry.priceMicros });
    moved.push(entry);
  }
  for (const closing of data.closings) {
    const entry = entryOf(closing);
    if (entry) addClosing(entry, data.group, closing);
    else strays += 1;
  }
  const outcomes = folded.outcomes;
  const told = outcomes.flatMap((outcome) => (outcome.type === 'delivery-folded' ? outcome.lines : []));
  must(
    JSON.stringify(told) === JSON.stringify(counted),
    () => `invariant 6: ${eventId} has ${counted.length} lines that count, its outcome ${told.length}`,
  );
  const seen = outcomes.flatMap((outcome) => (outcome.type === 'supply-observed' ? outcome.opportunities : []));
  must(
    !isKnown || JSON.stringify(seen) === JSON.stringify(data.opportunities),
    () => `${eventId}: what it saw of supply is not in its outcome`,
  );
  must(folded.waitingFor === undefined, () => `${eventId} was folded and still waits`);
  if (strays > 0) {
    const stray = [...quarantined.values()].find((document) => document.eventId === `stray:${id}`);
    const kept = stray && (JSON.parse(stray.body) as { data: { lines: unknown[]; closings: unknown[] } }).data;
    const isKept = kept !== undefined && kept.lines.length + kept.closings.length === strays;
    must(isKept, () => `invariant 6: ${strays} lines of ${eventId} found nobody and are not in quarantine`);
  }
  return moved;
}

function end({ must, entries, ended }: Books, entry: EntryModel, nowMs: number, own: LedgerEntry | undefined): void {
  must(
    isOver(entry, nowMs),
    () =>
      `${entry.key} left the book with ${leasedOf(entry)} leased and ${inFlightOf(entry)} in flight, ${entry.status}`,
  );
  entry.status = 'ended';
  entries.delete(entry.key);
  ended.set(entry.key, entry);
  const outcome = own?.outcomes?.find((one) => one.type === 'subcampaign-ended' && entryKeyOf(one) === entry.key);
  const billed = outcome?.type === 'subcampaign-ended' ? outcome.billedMicros : undefined;
  const isDue = billed === Math.min(entry.spent, entry.budget);
  must(
    isDue,
    () => `invariant 1: ${entry.key} spent ${entry.spent} of ${entry.budget} and was billed ${billed ?? 'nothing'}`,
  );
}

/** Only a live subcampaign is granted anything, no group less than a click costs, and never past the budget. */
function grant({ must }: Books, entry: EntryModel, stored: BookEntry, nowMs: number): void {
  const { key, leases, priceMicros } = entry;
  let granted = 0;
  for (const { group, grantedMicros, spendUntilAtMs } of stored.leases) {
    const own = leases.get(group) ?? newLease();
    const rise = grantedMicros - own.granted;
    must(spendUntilAtMs >= own.spendUntilAtMs, () => `${key}: the lease of ${group} ends earlier than it did`);
    own.spendUntilAtMs = spendUntilAtMs;
    if (rise <= 0) continue;
    granted += rise;
    own.granted = grantedMicros;
    own.closing = undefined;
    must(openOf(own) >= priceMicros, () => `${key}: ${group} can spend ${openOf(own)}, a click costs ${priceMicros}`);
    leases.set(group, own);
  }
  if (granted === 0) return;
  must(
    committedOf(entry) <= entry.budget,
    () => `invariant 1: ${key} has ${committedOf(entry)} committed after a grant, its budget is ${entry.budget}`,
  );
  must(
    entry.status === 'active' && nowMs < entry.endAtMs,
    () => `${key} is ${entry.status} and was granted ${granted}`,
  );
}

function auditPaced({ must, entries }: Books, outcome: Outcome): void {
  if (outcome.type !== 'market-paced') return;
  for (const line of outcome.subcampaigns) {
    const entry = entries.get(entryKeyOf(line));
    const told = [
      line.spentMicros,
      line.inFlightMicros,
      line.leasedMicros,
      line.overrunMicros ?? 0,
      line.impressions,
      line.clicks,
      line.status,
    ];
    const own = entry && [
      entry.spent,
      inFlightOf(entry),
      leasedOf(entry),
      entry.overrun,
      entry.impressions,
      entry.clicks,
      entry.status,
    ];
    must(
      told.join() === own?.join(),
      () => `${entryKeyOf(line)}: the tick's outcome says ${told.join()}, its book ${own?.join() ?? 'nothing'}`,
    );
  }
}
