// A ledger entry's outcomes that booking flows are told of, as the events they are published as.
import { PLATFORM_TENANT } from '../contracts/platform-tenant.ts';
import type { LedgerEntry } from '../contracts/documents.ts';
import { encodeInstants, formatInstant } from '../contracts/instants.ts';
import type { CampaignNotifiedWire, LifecycleOutcome } from '../contracts/lifecycle-outcomes.ts';
import type { Outcome } from '../contracts/outcomes.ts';

const kinds: Record<LifecycleOutcome['type'], CampaignNotifiedWire['data']['kind']> = {
  'campaign-settling': 'settling',
  'campaign-final': 'final',
  'campaign-refunded': 'refunded',
  'make-good-offered': 'make-good-offered',
  'spend-at-risk': 'spend-at-risk',
};

/**
 * One event for each of its lifecycle outcomes, in their order.
 * @param ledgerId the entry's document id: with the ordinal it is the event id, the same for every copy
 */
export function toNotices(ledgerId: string, { occurredAtMs, outcomes }: LedgerEntry): CampaignNotifiedWire[] {
  return outcomes.flatMap((outcome, ordinal) => {
    if (!isLifecycle(outcome)) return [];
    const { type, tenantId, ...data } = outcome;
    return {
      type: 'andante.campaign-notified.v1',
      eventId: `notice:${ledgerId}:${ordinal}`,
      source: PLATFORM_TENANT,
      tenantId,
      occurredAt: formatInstant(occurredAtMs),
      data: encodeInstants({ kind: kinds[type], ...data }) as CampaignNotifiedWire['data'],
    };
  });
}

function isLifecycle(outcome: Outcome): outcome is LifecycleOutcome {
  return outcome.type in kinds;
}
