// What an order is answered with, whether it was decided alone or in a booking: an acceptance with its parts, or a refusal.
import type { CampaignCreated } from '../contracts/events.ts';
import type { CampaignAccepted, CampaignRefused, CounterOffer, ReasonCode } from '../contracts/outcomes.ts';
import { daysBetween } from '../forecasting/traffic-clock.ts';
import type { EmptyMarket } from '../planning/availability.ts';
import type { CampaignContext } from './campaign-state.ts';

type Order = CampaignCreated['data'];
type About = Pick<CampaignAccepted, 'tenantId' | 'campaignId'>;

/** What an order gets of what it asked for. */
export interface Granted {
  budgetMicros: number;
  /** Of each part. */
  sharesMicros: readonly number[];
  escrowMicros: number;
  /** Supply was short of what was asked. */
  isScaled: boolean;
}

/** @param empty what an empty market is worth to each part. Its parts have no pages yet. */
export function buildAccepted(
  tenantId: string,
  order: Order,
  empty: readonly EmptyMarket[],
  { budgetMicros, sharesMicros, escrowMicros, isScaled }: Granted,
): CampaignAccepted {
  const { campaignId, currency, objective, ifShort, startAtMs, endAtMs } = order;
  return {
    type: 'campaign-accepted',
    tenantId,
    campaignId,
    currency,
    objective,
    ifShort,
    startAtMs,
    endAtMs,
    requestedMicros: order.budgetMicros,
    budgetMicros,
    escrowMicros,
    splitVersion: 1,
    ...(isScaled ? { code: 'SCALED_DOWN' as const } : {}),
    subcampaigns: order.subcampaigns.map((sub, index) => ({
      ...sub,
      page: '',
      ...(empty[index] as EmptyMarket),
      budgetMicros: sharesMicros[index] as number,
    })),
  };
}

/** @param offers what it could be instead, the budget alone first */
export function buildRefused(
  { tenantId, campaignId }: About,
  requestedMicros: number,
  { code, reason }: { code: ReasonCode; reason: string },
  {
    counterOfferMicros,
    counterOffers = [],
  }: Pick<CampaignRefused, 'counterOfferMicros'> & {
    counterOffers?: CounterOffer[] | undefined;
  } = {},
): CampaignRefused {
  return {
    type: 'campaign-refused',
    tenantId,
    campaignId,
    requestedMicros,
    code,
    reason,
    ...(counterOfferMicros === undefined ? {} : { counterOfferMicros }),
    ...(counterOffers.length === 0 ? {} : { counterOffers }),
  };
}

/** Why an order can be refused whatever supply there is: it would fly in the past, or where nothing is forecast. */
export function unflyable(
  order: Pick<Order, 'startAtMs' | 'endAtMs' | 'subcampaigns'>,
  context: CampaignContext,
): { code: ReasonCode; reason: string } | undefined {
  if (order.endAtMs <= context.nowMs)
    return { code: 'FLIGHT_ENDED', reason: 'the flight is over before it begins: choose a later end' };
  const days = daysBetween(order.startAtMs, order.endAtMs);
  const unknown = order.subcampaigns.find(
    (sub) => !days.some((day) => context.markets.get(sub.market)?.supply.has(day)),
  );
  if (!unknown) return undefined;
  return { code: 'SUPPLY_UNKNOWN', reason: `market ${unknown.market} has no forecast for this flight` };
}
