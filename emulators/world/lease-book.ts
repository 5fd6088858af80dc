// What one ad-server group may still spend: its leases from the plans it has seen, what it charged to them, and the
// closings it owes. Charges are whole micros, as decisions set them, so the reports' sums are exact.
import type { Plan } from '../../shared/contracts/plan.ts';

/** The name of a subcampaign within the world. */
export interface SubcampaignKey {
  campaignId: string;
  subcampaignId: string;
}

export interface LeaseClosing extends SubcampaignKey {
  /** The cumulative grant it gives back: a newer grant makes the closing void, an equal one does not. */
  grantedMicros: number;
  /** All the group ever charged. */
  chargedMicros: number;
}

interface Lease extends SubcampaignKey {
  grantedMicros: number;
  returnedMicros: number;
  spendUntilAtMs: number;
  chargedMicros: number;
  /** What of the charge has been reported and accepted. */
  reportedMicros: number;
  /** Closed under this plan: only a later plan with a newer grant opens the lease again. */
  closing?: { planVersion: number; grantedMicros: number };
}

export interface LeaseBook {
  /** Takes the leases of a plan over. An older plan than the last is ignored: `false`. */
  adopt(plan: Plan): boolean;
  /** Of each line of the plan that was adopted last: 1 where its lease is used up, closed, or not the group's. */
  isSpent(): Uint8Array;
  /** The place of a line in that plan. */
  lineOf(key: SubcampaignKey): number;
  /** Whether the lease of this line covers a charge; where it does not, it is used up from now on. */
  covers(line: number, chargeMicros: number): boolean;
  /** Charges a line's lease, which must cover it. */
  charge(line: number, chargeMicros: number): void;
  /** What the group could still charge at this time, if nobody heard from it any more. */
  openMicros(nowMs: number): number;
  /** The leases that end by `nowMs` and whose charges are all accepted; each is closed by this and told once. */
  takeClosings(nowMs: number): LeaseClosing[];
  /** Everything charged so far has been reported and accepted. */
  confirmReported(): void;
}

/** An empty lease book of one group. */
export function createLeaseBook(group: string): LeaseBook {
  const leases = new Map<string, Lease>();
  let planVersion = -1;
  let lines: (Lease | undefined)[] = [];
  let places = new Map<string, number>();
  let isSpent = new Uint8Array(0);

  return {
    adopt(plan) {
      if (plan.planVersion < planVersion) return false;
      planVersion = plan.planVersion;
      lines = plan.lines.map((line) => {
        const shown = line.leases.find((lease) => lease.group === group);
        if (!shown) return undefined;
        const lease = leases.get(keyOf(line)) ?? emptyLease(line);
        lease.grantedMicros = shown.grantedMicros;
        lease.returnedMicros = shown.returnedMicros;
        lease.spendUntilAtMs = shown.spendUntilAtMs;
        const { closing } = lease;
        const isReopened = closing && planVersion > closing.planVersion && shown.grantedMicros > closing.grantedMicros;
        if (isReopened) delete lease.closing;
        leases.set(keyOf(line), lease);
        return lease;
      });
      places = new Map(plan.lines.map((line, place) => [keyOf(line), place]));
      isSpent = Uint8Array.from(lines, (lease) => (lease && !lease.closing && leftOf(lease) > 0 ? 0 : 1));
      return true;
    },
    isSpent: () => isSpent,
    lineOf: (key) => places.get(keyOf(key)) ?? -1,
    covers(line, chargeMicros) {
      const lease = lines[line];
      if (lease && !lease.closing && chargeMicros <= leftOf(lease)) return true;
      isSpent[line] = 1;
      return false;
    },
    charge(line, chargeMicros) {
      const lease = lines[line];
      if (!lease) throw new Error(`lease book of ${group}: line ${line} has no lease`);
      lease.chargedMicros += chargeMicros;
    },
    openMicros: (nowMs) =>
      [...leases.values()].reduce(
        (sum, lease) => sum + (lease.closing || lease.spendUntilAtMs <= nowMs ? 0 : Math.max(0, leftOf(lease))),
        0,
      ),
    takeClosings(nowMs) {
      const due = [...leases.values()].filter(
        (lease) => !lease.closing && lease.spendUntilAtMs <= nowMs && lease.reportedMicros === lease.chargedMicros,
      );
      for (const lease of due) lease.closing = { planVersion, grantedMicros: lease.grantedMicros };
      return due.map(({ campaignId, subcampaignId, grantedMicros, chargedMicros }) => ({
        campaignId,
        subcampaignId,
        grantedMicros,
        chargedMicros,
      }));
    },
    confirmReported() {
      for (const lease of leases.values()) lease.reportedMicros = lease.chargedMicros;
    },
  };
}

function keyOf({ campaignId, subcampaignId }: SubcampaignKey): string {
  return `${campaignId}/${subcampaignId}`;
}

function leftOf({ grantedMicros, returnedMicros, chargedMicros }: Lease): number {
  return grantedMicros - returnedMicros - chargedMicros;
}

function emptyLease({ campaignId, subcampaignId }: SubcampaignKey): Lease {
  return {
    campaignId,
    subcampaignId,
    grantedMicros: 0,
    returnedMicros: 0,
    spendUntilAtMs: 0,
    chargedMicros: 0,
    reportedMicros: 0,
  };
}
