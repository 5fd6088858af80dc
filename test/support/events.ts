// Builds decoded business events around one small campaign; a test names only what it is about.
import type {
  BudgetChanged,
  CampaignCreated,
  CampaignStatusChanged,
  DeliveryReported,
} from '../../shared/contracts/events.ts';
import { DAY_MS, START_MS, TICK_MS } from './instants.ts';

type Envelope = Partial<Pick<CampaignCreated, 'eventId' | 'source' | 'tenantId' | 'occurredAtMs'>>;
type Order = CampaignCreated['data']['subcampaigns'][number];
type Report = DeliveryReported['data'];

const envelope = { source: 'test', tenantId: 't1', occurredAtMs: START_MS };

/** One subcampaign of an order: market SE, casual listeners, on the home surface, 0.5 a click. */
export function order(own: Partial<Order> = {}): Order {
  const base = { subcampaignId: 's1', market: 'SE', segments: ['casual'], surfaces: ['home'] };
  return { ...base, clickPriceMicros: 500_000, ...own };
}

/** A campaign of two days and 100. */
export function campaignCreated(data: Partial<CampaignCreated['data']> = {}, own: Envelope = {}): CampaignCreated {
  const campaignId = data.campaignId ?? 'c1';
  return {
    type: 'andante.campaign-created.v1',
    eventId: `created:${campaignId}`,
    ...envelope,
    ...own,
    data: {
      campaignId,
      currency: 'USD',
      budgetMicros: 100_000_000,
      startAtMs: START_MS,
      endAtMs: START_MS + 2 * DAY_MS,
      objective: 'clicks',
      ifShort: 'refuse',
      subcampaigns: [order()],
      ...data,
    },
  };
}

/** The budget of c1 becomes `budgetMicros`. */
export function budgetChanged(
  budgetMicros: number,
  budgetVersion: number,
  own: Envelope & { campaignId?: string } = {},
): BudgetChanged {
  const { campaignId = 'c1', ...rest } = own;
  return {
    type: 'andante.budget-changed.v1',
    eventId: `budget:${campaignId}:${budgetVersion}`,
    ...envelope,
    ...rest,
    data: { campaignId, budgetMicros, budgetVersion },
  };
}

/** A market asks for a new split of c1 in the first hour. */
export function rebalanced(own: Envelope & { campaignId?: string } = {}): BudgetChanged {
  const { campaignId = 'c1', ...rest } = own;
  return {
    type: 'andante.budget-changed.v1',
    eventId: `rebalance:${campaignId}`,
    ...envelope,
    ...rest,
    data: { campaignId, cause: 'rebalance', hourAtMs: START_MS },
  };
}

/** The owner of c1 wants it in `status`. */
export function statusChanged(
  status: CampaignStatusChanged['data']['status'],
  statusVersion: number,
  own: Envelope & { campaignId?: string } = {},
): CampaignStatusChanged {
  const { campaignId = 'c1', ...rest } = own;
  return {
    type: 'andante.campaign-status-changed.v1',
    eventId: `status:${campaignId}:${statusVersion}`,
    ...envelope,
    ...rest,
    data: { campaignId, status, statusVersion },
  };
}

/** One line of a report: ten impressions of c1/s1 in the first hour. */
export function line(own: Partial<Report['lines'][number]> = {}): Report['lines'][number] {
  const base = {
    campaignId: 'c1',
    subcampaignId: 's1',
    hourAtMs: START_MS,
    impressions: 10,
    clicks: 0,
    conversions: 0,
  };
  return { ...base, chargedMicros: 100_000, ...own };
}

/** The data of a report of group g1 in SE that says nothing yet. */
export function reportData(own: Partial<Report> = {}): Report {
  return {
    group: 'g1',
    market: 'SE',
    windowStartAtMs: START_MS,
    windowEndAtMs: START_MS + TICK_MS,
    lines: [],
    opportunities: [],
    sample: [],
    closings: [],
    ...own,
  };
}

/** A report as its function gets it. */
export function deliveryReported(eventId: string, data: Partial<Report> = {}, own: Envelope = {}): DeliveryReported {
  const whole = reportData(data);
  const base = { source: whole.group, tenantId: 'andante', occurredAtMs: whole.windowEndAtMs };
  return { type: 'andante.delivery-reported.v1', eventId, ...base, ...own, data: whole };
}
