// What one ad-server group may still spend: its leases from the plans it has seen, what it charged to them, and the
// closings it owes. Charges are kept exactly, in millionths of a micro, so that an impression's expected cost (click
// price x clicks per million) is never rounded; what is reported is the whole micros, and the reports' sums are exact.
import type { Plan } from '../../shared/contracts/plan.ts';

const MILLION = 1_000_000n;

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

/** What an attempt to serve came to. */
export interface Spent {
  impressions: number;
  chargedMicros: number;
}

interface Lease extends SubcampaignKey {
  grantedMicros: number;
  returnedMicros: number;
  spendUntilAtMs: number;
  owedMillionths: bigint;
  chargedMicros: number;
  /** What of the charge has been reported and accepted. */
  reportedMicros: number;
  /** Closed under this plan: only a later plan with a newer grant opens the lease again. */
  closing?: { planVersion: number; grantedMicros: number };
}

export interface LeaseBook {
  /** Takes the leases of a plan over. An older plan than the last is ignored: `false`. */
  adopt(plan: Plan): boolean;
  /** Until when the group may serve a subcampaign; 0 when it may not. */
  spendUntilAtMs(key: SubcampaignKey): number;
  /** Charges up to `wanted` impressions of this cost, as many as the lease covers. */
  spend(key: SubcampaignKey, wanted: number, costMillionths: bigint): Spent;
  /** The leases that end by `nowMs` and whose charges are all accepted; each is closed by this and told once. */
  takeClosings(nowMs: number): LeaseClosing[];
  /** Everything charged so far has been reported and accepted. */
  confirmReported(): void;
}

/** Expected cost of one impression in millionths of a micro; an impression is never cheaper than one micro. */
export function impressionCostMillionths(clickPriceMicros: number, clickPpm: number): bigint {
  const cost = BigInt(clickPriceMicros) * BigInt(clickPpm);
  return cost > MILLION ? cost : MILLION;
}

/** An empty lease book of one group. */
export function createLeaseBook(group: string): LeaseBook {
  const leases = new Map<string, Lease>();
  let planVersion = -1;
  const find = (key: SubcampaignKey) => leases.get(`${key.campaignId}/${key.subcampaignId}`);

  return {
    adopt(plan) {
      if (plan.planVersion < planVersion) return false;
      planVersion = plan.planVersion;
      for (const line of plan.lines) {
        const shown = line.leases.find((lease) => lease.group === group);
        if (!shown) continue;
        const lease = find(line) ?? emptyLease(line);
        lease.grantedMicros = shown.grantedMicros;
        lease.returnedMicros = shown.returnedMicros;
        lease.spendUntilAtMs = shown.spendUntilAtMs;
        const { closing } = lease;
        const isReopened = closing && planVersion > closing.planVersion && shown.grantedMicros > closing.grantedMicros;
        if (isReopened) delete lease.closing;
        leases.set(`${line.campaignId}/${line.subcampaignId}`, lease);
      }
      return true;
    },
    spendUntilAtMs(key) {
      const lease = find(key);
      return lease && !lease.closing ? lease.spendUntilAtMs : 0;
    },
    spend(key, wanted, costMillionths) {
      const lease = find(key);
      if (!lease || lease.closing || wanted <= 0) return { impressions: 0, chargedMicros: 0 };
      const leasedMicros = lease.grantedMicros - lease.returnedMicros;
      const affordable = (BigInt(leasedMicros) * MILLION - lease.owedMillionths) / costMillionths;
      const impressions = affordable < BigInt(wanted) ? Math.max(0, Number(affordable)) : wanted;
      lease.owedMillionths += BigInt(impressions) * costMillionths;
      const before = lease.chargedMicros;
      lease.chargedMicros = Number(lease.owedMillionths / MILLION);
      return { impressions, chargedMicros: lease.chargedMicros - before };
    },
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

function emptyLease({ campaignId, subcampaignId }: SubcampaignKey): Lease {
  return {
    campaignId,
    subcampaignId,
    grantedMicros: 0,
    returnedMicros: 0,
    spendUntilAtMs: 0,
    owedMillionths: 0n,
    chargedMicros: 0,
    reportedMicros: 0,
  };
}
