// A business event made anew from the rows that it left: for a store that was brought back to before it, where Pub/Sub has it
// no more or never had it. What it asked for is the same, to the micro; what no row says is left out.
import type { BusinessEvent, CampaignCreated } from '../contracts/events.ts';
import type { CampaignAccepted, DeliveryFolded, Outcome, SupplyObserved } from '../contracts/outcomes.ts';
import { PLATFORM_TENANT } from '../contracts/platform-tenant.ts';
import type { RecordedEvent } from '../outcomes/outcome-reader.ts';

/**
 * @param rows of one event, at least one
 * @returns undefined for what comes again by itself: money that a market asks to be split anew
 */
export function eventOfRows(rows: readonly RecordedEvent[]): BusinessEvent | undefined {
  const [first] = rows;
  if (!first || (first.source === PLATFORM_TENANT && !isReport(first.outcome))) return undefined;
  const { source, eventId, eventAtMs, outcome } = first;
  const envelope = {
    source,
    eventId,
    tenantId: 'tenantId' in outcome ? outcome.tenantId : '',
    occurredAtMs: eventAtMs,
  };
  switch (outcome.type) {
    case 'campaign-accepted':
      return { type: 'andante.campaign-created.v1', ...envelope, data: orderOf(outcome) };
    case 'budget-applied':
    case 'budget-refused': {
      const { campaignId, requestedMicros, budgetVersion } = outcome;
      if (requestedMicros === undefined) return undefined;
      const data = { campaignId, budgetMicros: requestedMicros, budgetVersion };
      return { type: 'andante.budget-changed.v1', ...envelope, data };
    }
    case 'status-applied':
    case 'status-refused': {
      const { campaignId, requestedStatus: status, statusVersion } = outcome;
      return { type: 'andante.campaign-status-changed.v1', ...envelope, data: { campaignId, status, statusVersion } };
    }
    case 'delivery-folded':
    case 'supply-observed':
      return { type: 'andante.delivery-reported.v1', ...envelope, data: reportOf(rows) };
    default:
      return undefined;
  }
}

function isReport({ type }: Outcome): boolean {
  return type === 'delivery-folded' || type === 'supply-observed';
}

/** The order as it was accepted; a booking that held its supply has nothing to do with it any more. */
function orderOf(accepted: CampaignAccepted): CampaignCreated['data'] {
  const { campaignId, currency, objective, ifShort, startAtMs, endAtMs, requestedMicros, subcampaigns } = accepted;
  return {
    ...{ campaignId, currency, objective, ifShort, startAtMs, endAtMs, budgetMicros: requestedMicros },
    subcampaigns: subcampaigns.map((sub) => {
      const {
        page: _page,
        weightMicros: _weight,
        medianMicros: _median,
        trafficByDay: _traffic,
        audience: _audience,
        budgetMicros: _budget,
        shareMicros: _share,
        ...order
      } = sub;
      return order;
    }),
  };
}

/** The report with what was folded of it: its closings are gone, and leases return when they have been silent for a day. */
function reportOf(rows: readonly RecordedEvent[]) {
  const outcomes = rows.map(({ outcome }) => outcome) as (DeliveryFolded | SupplyObserved)[];
  const folded = outcomes.find((outcome) => outcome.type === 'delivery-folded');
  const observed = outcomes.find((outcome) => outcome.type === 'supply-observed');
  const { market, group, windowStartAtMs, windowEndAtMs } = outcomes[0] as DeliveryFolded | SupplyObserved;
  const lines = (folded?.lines ?? []).map(({ confirmedMicros, ...line }) => ({
    ...line,
    clickMicros: confirmedMicros,
  }));
  const { opportunities = [], sample = [], responses } = observed ?? {};
  const seen = { opportunities, sample, ...(responses === undefined ? {} : { responses }) };
  return { market, group, windowStartAtMs, windowEndAtMs, lines, ...seen, closings: [] };
}
