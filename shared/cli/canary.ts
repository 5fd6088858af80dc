// The canary of a deployment: a campaign that is cancelled before it is created, in a market that has no supply. Whatever
// becomes of the run, it sells nothing at any instant: where the market is unknown it is refused, and where somebody has
// given it supply, the cancellation that waits for it is decided in the transaction that accepts it.
import type { CampaignCreatedWire, CampaignStatusChangedWire } from '../contracts/events.ts';
import { formatInstant } from '../contracts/instants.ts';
import { CANARY_TENANT } from '../contracts/platform-tenant.ts';
import { ledgerId } from '../store/ledger-key.ts';

/** The market of canaries. It is never opened: nothing is forecast, ticked or reconciled for it. */
export const CANARY_MARKET = 'canary';

const DAY_MS = 86_400_000;

export interface Canary {
  tenantId: string;
  campaignId: string;
  cancellation: CampaignStatusChangedWire;
  creation: CampaignCreatedWire;
}

/** @param nowMs wall clock: part of every id, so that no run meets another's */
export function canaryOf(nowMs: number): Canary {
  const occurredAt = formatInstant(nowMs);
  const campaignId = `canary-${occurredAt.replaceAll(/[-:.]/g, '')}`;
  const envelope = { source: 'smoke', tenantId: CANARY_TENANT, occurredAt };
  return {
    tenantId: CANARY_TENANT,
    campaignId,
    cancellation: {
      type: 'andante.campaign-status-changed.v1',
      eventId: `cancelled:${campaignId}`,
      ...envelope,
      data: { campaignId, status: 'cancelled', statusVersion: 1 },
    },
    creation: {
      type: 'andante.campaign-created.v1',
      eventId: `created:${campaignId}`,
      ...envelope,
      data: {
        campaignId,
        currency: 'USD',
        budgetMicros: 1_000_000,
        startAt: formatInstant(nowMs + DAY_MS),
        endAt: formatInstant(nowMs + 2 * DAY_MS),
        objective: 'clicks',
        ifShort: 'refuse',
        subcampaigns: [
          {
            subcampaignId: 's1',
            market: CANARY_MARKET,
            segments: ['canary'],
            surfaces: ['canary'],
            clickPriceMicros: 1_000_000,
          },
        ],
      },
    },
  };
}

/** The rows that the two events owe BigQuery: one outcome each. */
export function canaryRows({ cancellation, creation }: Canary): string[] {
  return [cancellation, creation].map((event) => `${ledgerId(event)}:0`);
}
