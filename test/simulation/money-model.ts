// The money of one subcampaign, worked out a second time: from what was published and from what was granted, in the
// words of the architecture, sharing no code with the core. Decisions (grants, budgets) are taken over from the store
// once they have been found lawful; everything that follows from them is computed here.
import type { BookEntry } from '../../shared/contracts/documents.ts';
import type { DeliveryReported } from '../../shared/contracts/events.ts';
import { DAY_MS, HOUR_MS } from '../support/instants.ts';

type Data = DeliveryReported['data'];
export type Line = Data['lines'][number];
export type Closing = Data['closings'][number];

const CLICK_WINDOW_MS = 6 * HOUR_MS;
/** A report may bring a subcampaign this far above its budget and no further. */
const PLAUSIBLE_EXCESS = 2 ** 46;

export interface LeaseModel {
  granted: number;
  charged: number;
  returned: number;
  spendUntilAtMs: number;
  closing: number | undefined;
}

export interface EntryModel {
  key: string;
  tenantId: string;
  campaignId: string;
  market: string;
  priceMicros: number;
  startAtMs: number;
  endAtMs: number;
  segments: readonly string[];
  status: string;
  budget: number;
  share: number | undefined;
  spent: number;
  overrun: number;
  impressions: number;
  clicks: number;
  conversions: number;
  /** Charged and confirmed by hour, as far as their clicks may still come. */
  hours: Map<number, { charged: number; confirmed: number }>;
  /** Of what is awaited, what the last tick did not expect; below 0 where it expected more. */
  unexpected: number;
  leases: Map<string, LeaseModel>;
  page: string;
}

export function newLease(): LeaseModel {
  return { granted: 0, charged: 0, returned: 0, spendUntilAtMs: 0, closing: undefined };
}

export function inFlightOf(entry: EntryModel): number {
  let sum = 0;
  for (const { charged, confirmed } of entry.hours.values()) sum += Math.max(0, charged - confirmed);
  return Math.max(0, sum - entry.unexpected);
}

export function openOf(lease: LeaseModel): number {
  return Math.max(0, lease.granted - lease.returned - lease.charged);
}

export function leasedOf(entry: EntryModel): number {
  let sum = 0;
  for (const lease of entry.leases.values()) sum += openOf(lease);
  return sum;
}

export function committedOf(entry: EntryModel): number {
  return entry.spent + inFlightOf(entry) + leasedOf(entry);
}

/** Whether a line may count: not about an hour still to come, not beyond anything that could be owed. */
export function isPlausible(entry: EntryModel, line: Line, filedAtMs: number): boolean {
  const total = committedOf(entry) + line.clicks * entry.priceMicros + line.chargedMicros;
  return line.hourAtMs <= filedAtMs + HOUR_MS && total <= entry.budget + PLAUSIBLE_EXCESS;
}

export function addLine(entry: EntryModel, group: string, line: Line, nowMs: number): void {
  const confirmed = line.clicks * entry.priceMicros;
  entry.spent += confirmed;
  entry.impressions += line.impressions;
  entry.clicks += line.clicks;
  entry.conversions += line.conversions;
  const lease = entry.leases.get(group) ?? newLease();
  lease.charged += line.chargedMicros;
  entry.leases.set(group, lease);
  const hour = Math.floor(Math.min(line.hourAtMs, nowMs + HOUR_MS) / HOUR_MS) * HOUR_MS;
  if (isHourOver(hour, nowMs)) return;
  const known = entry.hours.get(hour) ?? { charged: 0, confirmed: 0 };
  entry.hours.set(hour, { charged: known.charged + line.chargedMicros, confirmed: known.confirmed + confirmed });
}

function isHourOver(hour: number, nowMs: number): boolean {
  return nowMs >= hour + HOUR_MS + CLICK_WINDOW_MS;
}

/** A closing counts when nothing was granted since it was written. */
export function addClosing(entry: EntryModel, group: string, closing: Closing): void {
  const lease = entry.leases.get(group);
  if (!lease || closing.grantedMicros === 0 || lease.granted !== closing.grantedMicros) return;
  lease.closing = Math.max(lease.closing ?? 0, closing.chargedMicros);
}

/** Charges above leases draw on free budget; what that cannot cover is an overrun and stops the subcampaign. */
export function coverExcess(entry: EntryModel): void {
  let excess = 0;
  for (const lease of entry.leases.values()) {
    const over = lease.charged + lease.returned - lease.granted;
    if (over <= 0) continue;
    lease.granted += over;
    excess += over;
  }
  const uncovered = Math.min(excess, Math.max(0, committedOf(entry) - entry.budget));
  entry.overrun += uncovered;
  if (uncovered > 0 && entry.status !== 'closing' && entry.status !== 'settling') entry.status = 'overrun';
}

/** A market where the part of an hour's clicks that has come grows as the root of time: of the window, and evenly within the hour. */
export const ROOT_DELAY = {
  windowMs: HOUR_MS + CLICK_WINDOW_MS,
  shares: Array.from({ length: 40 }, (_, place) => 2 ** (-6 * (1 - place / 39))),
};
/** How sure a prediction is before the first click, in clicks. */
const PRIOR_CLICKS = 11;

/** What of the charges that await clicks should not be expected by these clicks so far; 0 while no delay is known. */
export function unexpectedOf(entry: EntryModel, nowMs: number, isDelayKnown: boolean): number {
  if (!isDelayKnown) return 0;
  let [awaited, toCome, charged] = [0, 0, 0];
  for (const [hour, own] of entry.hours) {
    const age = Math.max(0, nowMs - hour);
    const come = Math.sqrt(Math.max(age, HOUR_MS) / ROOT_DELAY.windowMs) * Math.min(1, age / HOUR_MS);
    awaited += Math.max(0, own.charged - own.confirmed);
    toCome += own.charged * Math.max(0, 1 - come);
  }
  for (const lease of entry.leases.values()) charged += lease.charged;
  const prior = PRIOR_CLICKS * entry.priceMicros;
  return awaited - toCome * ((prior + entry.spent) / (prior + Math.max(0, charged - toCome)));
}

/**
 * What time alone does: hours close, leases that were given back or forgotten return what was not spent, and what is in flight
 * is expected anew.
 */
export function settle(entry: EntryModel, nowMs: number, expect: (entry: EntryModel) => number): void {
  for (const hour of entry.hours.keys()) if (isHourOver(hour, nowMs)) entry.hours.delete(hour);
  for (const lease of entry.leases.values()) {
    const isClosed = lease.closing !== undefined && lease.charged >= lease.closing;
    const isForgotten = nowMs >= lease.spendUntilAtMs + DAY_MS && openOf(lease) > 0;
    if (!isClosed && !isForgotten) continue;
    lease.returned += openOf(lease);
    lease.closing = undefined;
  }
  entry.unexpected = expect(entry);
  if (entry.share === undefined) return;
  entry.budget = Math.max(entry.share, Math.min(entry.budget, committedOf(entry)));
  if (entry.budget === entry.share) entry.share = undefined;
}

/** Past its flight it is settling, unless it was called off before; returns whether it is from now on. */
export function endFlight(entry: EntryModel, nowMs: number): boolean {
  if (nowMs < entry.endAtMs || entry.status === 'closing' || entry.status === 'settling') return false;
  entry.status = 'settling';
  return true;
}

/** Whether nothing of it can move any more. */
export function isOver(entry: EntryModel, nowMs: number): boolean {
  if (entry.status !== 'closing' && entry.status !== 'settling') return false;
  if (entry.hours.size > 0) return false;
  return [...entry.leases.values()].every((lease) => openOf(lease) === 0 && nowMs >= lease.spendUntilAtMs);
}

/** Where a stored entry says something else than the model, a sentence. */
export function difference(stored: BookEntry, model: EntryModel): string | undefined {
  const numbers: [string, unknown, unknown][] = [
    ['status', stored.status, model.status],
    ['budget', stored.budgetMicros, model.budget],
    ['share', stored.shareMicros, model.share],
    ['spent', stored.spentMicros, model.spent],
    ['overrun', stored.overrunMicros, model.overrun],
    ['impressions', stored.impressions, model.impressions],
    ['clicks', stored.clicks, model.clicks],
    ['conversions', stored.conversions, model.conversions],
    ['leases', stored.leases.length, model.leases.size],
  ];
  for (const lease of stored.leases) {
    const own = model.leases.get(lease.group);
    numbers.push(
      [`granted to ${lease.group}`, lease.grantedMicros, own?.granted],
      [`charged by ${lease.group}`, lease.chargedMicros, own?.charged],
      [`returned by ${lease.group}`, lease.returnedMicros, own?.returned],
    );
  }
  let inFlight = -(stored.unexpectedMicros ?? 0);
  for (const { chargedMicros, confirmedMicros } of stored.cohorts)
    inFlight += Math.max(0, chargedMicros - confirmedMicros);
  numbers.push(['in flight', Math.max(0, inFlight), inFlightOf(model)]);
  const wrong = numbers.find(([, is, should]) => is !== should);
  return wrong && `${model.key}: ${wrong[0]} is ${String(wrong[1])} and should be ${String(wrong[2])}`;
}
