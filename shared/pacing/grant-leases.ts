// Sizes what ad-server groups may spend before the next ticks. A simple rule with the signature of the controller:
// grants bring accrued + leased up to the spend curve at the lease's horizon, never past the budget (invariant 1).
import type { BookEntry, Lease } from '../contracts/documents.ts';
import { MAX_MICROS, mulDiv } from '../contracts/micros.ts';
import { passedTrafficShare } from './spend-curve.ts';

/** Leases last this many ticks, and are renewed when fewer than {@link RENEW_TICKS} are left. */
export const LEASE_TICKS = 6;
export const RENEW_TICKS = 3;

/** From here on one group holds the grant: two cannot both be right about the last clicks. */
const LAST_SHARE = 0.05;

/** A group that reports, with its share of the market's opportunities as weight. */
export interface SpenderGroup {
  group: string;
  opportunities: number;
}

export interface GrantInput {
  entry: BookEntry;
  /** Spent, in flight and leased so far: no grant brings it past the budget. */
  committedMicros: number;
  /** What of it is not expected to be spent after all, by the clicks so far; below 0 where more is: the rest follows the spend curve. */
  unexpectedMicros: number;
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
  const grants = divideGrant(input, grantTotalMicros(input, horizonAtMs));
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

/** What accrued and leased lack of the spend curve at the horizon; nothing below one click price. */
function grantTotalMicros(
  { entry, committedMicros, unexpectedMicros, hourShape }: GrantInput,
  horizonAtMs: number,
): number {
  // Grants are cumulative: what was returned and granted again counts twice, and what lies charge counts too.
  const grantedMicros = entry.leases.reduce((sum, lease) => sum + lease.grantedMicros, 0);
  const dueShare = passedTrafficShare(entry, hourShape, horizonAtMs);
  const dueMicros = Math.min(entry.budgetMicros, Math.floor(entry.budgetMicros * dueShare));
  const lackMicros = Math.min(
    dueMicros - (committedMicros - unexpectedMicros),
    entry.budgetMicros - committedMicros,
    MAX_MICROS - grantedMicros,
  );
  return lackMicros < entry.clickPriceMicros ? 0 : lackMicros;
}

/** Grants by group: in proportion to traffic, none below a click price, the last of a budget to one group. */
function divideGrant({ entry, committedMicros, groups }: GrantInput, totalMicros: number): Map<string, number> {
  const grants = new Map<string, number>();
  if (totalMicros === 0) return grants;
  const ordered = [...groups].sort((a, b) => b.opportunities - a.opportunities || (a.group < b.group ? -1 : 1));
  const first = (ordered[0] as SpenderGroup).group;
  const last = entry.budgetMicros - committedMicros <= Math.floor(entry.budgetMicros * LAST_SHARE);
  const traffic = ordered.reduce((sum, group) => sum + group.opportunities, 0);
  if (last || traffic === 0 || traffic > MAX_MICROS) return grants.set(first, totalMicros);
  let restMicros = totalMicros;
  for (const { group, opportunities } of ordered.slice(1)) {
    const partMicros = mulDiv(totalMicros, opportunities, traffic);
    if (partMicros < entry.clickPriceMicros) continue;
    grants.set(group, partMicros);
    restMicros -= partMicros;
  }
  return grants.set(first, restMicros);
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
