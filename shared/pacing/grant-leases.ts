// Sizes what ad-server groups may spend before the next ticks. The price decides what is served and a lease bounds what can go
// wrong: each group holds what it should need until its lease can be renewed, for a late report and for the chance of few
// clicks, and no grant brings what is committed past the budget (invariant 1) or past a day's cap.
import type { BookEntry, Lease } from '../contracts/documents.ts';
import { MAX_MICROS, mulDiv } from '../contracts/micros.ts';
import { dayRoomMicros, dueMicros } from './spend-curve.ts';

/** Leases last this many ticks, and are renewed when fewer than {@link RENEW_TICKS} are left. */
export const LEASE_TICKS = 6;
export const RENEW_TICKS = 3;

/** What was charged since the last report still looks like open lease: so much of the plan is granted beyond the lease's end. */
const REPORT_LAG_TICKS = 1;
/** Standard deviations of a number of clicks that a group holds beyond what it should need. */
const MARGIN_DEVIATIONS = 1;
/** What a line is behind its plan is granted in pieces of this share of its budget: a silent group has one of them at most. */
const CATCH_UP_SHARE = 0.25;
/** From here on one group holds the grant: two cannot both be right about the last clicks. */
const LAST_SHARE = 0.05;
const LAST_CLICKS = 3;

/** A group that reports, with its share of the market's opportunities as weight. */
export interface SpenderGroup {
  group: string;
  opportunities: number;
}

export interface GrantInput {
  entry: BookEntry;
  /** Spent, in flight and leased so far: no grant brings it past the budget. */
  committedMicros: number;
  /** Groups heard of lately; silent ones get nothing. */
  groups: readonly SpenderGroup[];
  hourShape: readonly number[];
  nowMs: number;
  tickIntervalMs: number;
}

/** The entry's leases after this tick's grants and renewals; the same array when nothing moved. */
export function grantLeases(input: GrantInput): Lease[] {
  const { entry, groups, nowMs, tickIntervalMs } = input;
  if (groups.length === 0 || nowMs >= entry.endAtMs || entry.startAtMs >= nowMs + RENEW_TICKS * tickIntervalMs)
    return entry.leases;
  const horizonAtMs = Math.min(entry.endAtMs, nowMs + LEASE_TICKS * tickIntervalMs);
  const grants = divideGrants(input);
  let moved = false;
  const leases = entry.leases.map((lease) => {
    const grantMicros = grants.get(lease.group) ?? 0;
    grants.delete(lease.group);
    const renewed = renewLease(input, lease, grantMicros, horizonAtMs);
    moved ||= renewed !== lease;
    return renewed;
  });
  for (const [group, grantedMicros] of grants) {
    leases.push({ group, grantedMicros, chargedMicros: 0, returnedMicros: 0, spendUntilAtMs: horizonAtMs });
    moved = true;
  }
  return moved ? leases : entry.leases;
}

/** Grants by group: what each lacks of its need, as far as there is money. */
function divideGrants(input: GrantInput): Map<string, number> {
  const { entry, groups } = input;
  const freeMicros = grantableMicros(input);
  if (freeMicros <= 0) return new Map();
  const needMicros = expectedMicros(input);
  const ordered = [...groups].sort((a, b) => b.opportunities - a.opportunities || (a.group < b.group ? -1 : 1));
  const traffic = ordered.reduce((sum, group) => sum + group.opportunities, 0);
  const lastMicros = Math.min(LAST_CLICKS * entry.clickPriceMicros, Math.floor(entry.budgetMicros * LAST_SHARE));
  const [first] = ordered as [SpenderGroup];
  if (freeMicros <= lastMicros || traffic === 0 || traffic > MAX_MICROS) {
    const openMicros = entry.leases.reduce((sum, lease) => sum + openOf(lease), 0);
    return lacking(input, freeMicros, [{ group: first.group, lackMicros: withMargin(entry, needMicros) - openMicros }]);
  }
  return lacking(
    input,
    freeMicros,
    ordered.map(({ group, opportunities }) => {
      const lease = entry.leases.find((one) => one.group === group);
      const ownMicros = withMargin(entry, mulDiv(needMicros, opportunities, traffic));
      return { group, lackMicros: ownMicros - (lease ? openOf(lease) : 0) };
    }),
  );
}

/** What may be granted at most. Grants are cumulative: what was returned and granted again counts twice in a lease's life. */
function grantableMicros({ entry, committedMicros, nowMs }: GrantInput): number {
  const grantedMicros = entry.leases.reduce((sum, lease) => sum + lease.grantedMicros, 0);
  const limitMicros = Math.min(entry.budgetMicros, dayRoomMicros(entry, nowMs) ?? entry.budgetMicros);
  return Math.min(limitMicros - committedMicros, MAX_MICROS - grantedMicros);
}

/**
 * What the plan has until the last report of this lease, and what the line is behind it: being ahead is the price's to mend.
 * Towards the end of the flight that is half of the time left at most, so that money stays free for the group that needs it:
 * what one group holds when the flight ends no other can spend.
 */
function expectedMicros({ entry, committedMicros, hourShape, nowMs, tickIntervalMs }: GrantInput): number {
  const accruedMicros = committedMicros - entry.leases.reduce((sum, lease) => sum + openOf(lease), 0);
  const leaseMs = Math.min(LEASE_TICKS * tickIntervalMs, Math.max(tickIntervalMs, (entry.endAtMs - nowMs) / 2));
  const untilMs = Math.min(entry.endAtMs, nowMs + leaseMs + REPORT_LAG_TICKS * tickIntervalMs);
  const dueNowMicros = dueMicros(entry, hourShape, nowMs);
  const aheadMicros = Math.max(0, dueMicros(entry, hourShape, untilMs) - dueNowMicros);
  const behindMicros = Math.max(0, dueNowMicros - accruedMicros);
  return aheadMicros + Math.min(behindMicros, Math.ceil(entry.budgetMicros * CATCH_UP_SHARE));
}

function withMargin({ clickPriceMicros }: BookEntry, micros: number): number {
  return micros === 0 ? 0 : micros + Math.ceil(MARGIN_DEVIATIONS * Math.sqrt(micros) * Math.sqrt(clickPriceMicros));
}

interface Lack {
  group: string;
  lackMicros: number;
}

/**
 * What lacks less than a click is not granted yet, unless that is all there is; what is scarce is cut for all alike, and the
 * first takes what would be too little for another.
 */
function lacking({ entry }: GrantInput, freeMicros: number, ordered: readonly Lack[]): Map<string, number> {
  const grants = new Map<string, number>();
  const due = ordered.filter(({ lackMicros }) => lackMicros >= Math.min(entry.clickPriceMicros, freeMicros));
  const lackMicros = due.reduce((sum, lack) => sum + lack.lackMicros, 0);
  let leftMicros = Math.min(freeMicros, lackMicros);
  const cut = leftMicros;
  for (const lack of due.slice(1)) {
    const grantMicros = mulDiv(lack.lackMicros, cut, lackMicros);
    if (grantMicros < entry.clickPriceMicros) continue;
    grants.set(lack.group, grantMicros);
    leftMicros -= grantMicros;
  }
  const first = due[0];
  if (first === undefined) return grants;
  const held = entry.leases.find(({ group }) => group === first.group);
  if ((held ? openOf(held) : 0) + leftMicros >= entry.clickPriceMicros) grants.set(first.group, leftMicros);
  return grants;
}

function openOf({ grantedMicros, returnedMicros, chargedMicros }: Lease): number {
  return Math.max(0, grantedMicros - returnedMicros - chargedMicros);
}

function renewLease(input: GrantInput, lease: Lease, grantMicros: number, horizonAtMs: number): Lease {
  const { groups, nowMs, tickIntervalMs } = input;
  if (grantMicros > 0) {
    const { closingMicros: _void, ...open } = lease;
    return {
      ...open,
      grantedMicros: lease.grantedMicros + grantMicros,
      spendUntilAtMs: Math.max(lease.spendUntilAtMs, horizonAtMs),
    };
  }
  const isOpen = lease.closingMicros === undefined && lease.grantedMicros - lease.returnedMicros > lease.chargedMicros;
  const isHeard = groups.some(({ group }) => group === lease.group);
  const isShort = lease.spendUntilAtMs < Math.min(horizonAtMs, nowMs + RENEW_TICKS * tickIntervalMs);
  return isOpen && isHeard && isShort ? { ...lease, spendUntilAtMs: horizonAtMs } : lease;
}
