// What one ad-server group of the loop bench may still charge: as the world's lease book, but for many impressions at once.
import type { DeliveryReported } from '../../shared/contracts/events.ts';
import type { Plan } from '../../shared/contracts/plan.ts';

type Closing = DeliveryReported['data']['closings'][number];

interface Lease {
  campaignId: string;
  subcampaignId: string;
  grantedMicros: number;
  returnedMicros: number;
  chargedMicros: number;
  spendUntilAtMs: number;
  /** Of the grant that was given back; only a newer one opens the lease again. */
  closedMicros?: number;
}

export interface LoopLeases {
  /** Takes over the leases of a newer plan. */
  adopt(plan: Plan): void;
  /** By place in that plan: 1 where the lease is used up. */
  isSpent: () => Uint8Array;
  /** Charges so many impressions of a line as its lease covers, at most `wanted`, and returns how many. */
  charge(of: { campaignId: string; subcampaignId: string }, wanted: number, chargeMicros: number): number;
  /** The leases that end by then; each is told once. All that was charged has been reported with them. */
  takeClosings(nowMs: number): Closing[];
}

export function createLoopLeases(group: string): LoopLeases {
  const leases = new Map<string, Lease>();
  let places = new Map<string, number>();
  let isSpent = new Uint8Array();
  return {
    adopt(plan) {
      places = new Map(plan.lines.map((line, place) => [keyOf(line), place]));
      isSpent = new Uint8Array(plan.lines.length);
      for (const [place, line] of plan.lines.entries()) {
        const shown = line.leases.find((lease) => lease.group === group);
        // Without a lease of this group the plan itself says no.
        if (!shown) continue;
        const { campaignId, subcampaignId } = line;
        const lease: Lease = { chargedMicros: 0, ...leases.get(keyOf(line)), campaignId, subcampaignId, ...shown };
        if (lease.closedMicros !== undefined && shown.grantedMicros > lease.closedMicros) delete lease.closedMicros;
        leases.set(keyOf(line), lease);
        if (openMicros(lease) <= 0) isSpent[place] = 1;
      }
    },
    isSpent: () => isSpent,
    charge(of, wanted, chargeMicros) {
      const lease = leases.get(keyOf(of));
      const covered = lease ? Math.min(wanted, Math.floor(openMicros(lease) / chargeMicros)) : 0;
      if (lease) lease.chargedMicros += covered * chargeMicros;
      if (covered < wanted) isSpent[places.get(keyOf(of)) as number] = 1;
      return covered;
    },
    takeClosings(nowMs) {
      const due = [...leases.values()].filter((lease) => {
        return lease.closedMicros === undefined && lease.spendUntilAtMs <= nowMs;
      });
      for (const lease of due) lease.closedMicros = lease.grantedMicros;
      return due.map(({ campaignId, subcampaignId, grantedMicros, chargedMicros }) => {
        return { campaignId, subcampaignId, grantedMicros, chargedMicros };
      });
    },
  };
}

function keyOf({ campaignId, subcampaignId }: { campaignId: string; subcampaignId: string }): string {
  return `${campaignId}/${subcampaignId}`;
}

function openMicros({ grantedMicros, returnedMicros, chargedMicros, closedMicros }: Lease): number {
  return closedMicros === undefined ? Math.max(0, grantedMicros - returnedMicros - chargedMicros) : 0;
}
