// A new campaign: accepted, scaled down where it asked for that, or refused with what would have been possible.
import type { Campaign } from '../contracts/documents.ts';
import type { CampaignCreated } from '../contracts/events.ts';
import type { CampaignAccepted, CampaignRefused, ReasonCode } from '../contracts/outcomes.ts';
import type { Availability } from '../planning/availability.ts';
import { splitBudget } from '../planning/split-budget.ts';
import { choosePage, reservedBytes } from './book-page.ts';
import type { CampaignContext } from './campaign-state.ts';
import { capacities } from './capacities.ts';
import { limits, reachable } from './limits.ts';

/** Decides a campaign whose id is free. */
export function acceptCampaign(
  campaign: Campaign,
  order: CampaignCreated['data'],
  context: CampaignContext,
): CampaignAccepted | CampaignRefused {
  const about = { tenantId: campaign.tenantId, campaignId: campaign.campaignId };
  const requestedMicros = order.budgetMicros;
  const refuse = (code: ReasonCode, reason: string, counterOfferMicros?: number): CampaignRefused => ({
    type: 'campaign-refused',
    ...about,
    requestedMicros,
    code,
    reason,
    ...(counterOfferMicros === undefined ? {} : { counterOfferMicros }),
  });
  if (order.endAtMs <= context.nowMs)
    return refuse('FLIGHT_ENDED', 'the flight is over before it begins: choose a later end');
  const unknown = order.subcampaigns.find((sub) => !context.markets.get(sub.market)?.supply.size);
  if (unknown) return refuse('SUPPLY_UNKNOWN', `market ${unknown.market} has no forecast for this flight`);

  const offers = capacities(campaign.campaignId, order.subcampaigns, order, context);
  const parts = order.subcampaigns.map((sub, index) => {
    const { capacityMicros: reachMicros, emptyMarketMicros: weight } = offers[index] as Availability;
    return { ...limits(sub), reachMicros, weight };
  });
  const fit = reachable(requestedMicros, parts);
  if (fit.kind === 'floors') return refuse(fit.code, fit.reason);
  if (fit.kind === 'short' && (order.ifShort === 'refuse' || fit.reachMicros === 0)) {
    return refuse(
      'SUPPLY_SHORT',
      `supply is there for ${fit.reachMicros} of ${requestedMicros} micros`,
      fit.reachMicros,
    );
  }
  const budgetMicros = fit.kind === 'short' ? fit.reachMicros : requestedMicros;
  const split = splitBudget(
    budgetMicros,
    parts.map((part) => ({ ...part, capMicros: Math.min(part.capMicros, part.reachMicros) })),
  );
  if (split.kind === 'infeasible') {
    return refuse(
      'FLOORS_INFEASIBLE',
      `the floors add up to ${split.floorsMicros} micros, supply is there for ${budgetMicros}`,
      budgetMicros,
    );
  }

  const subcampaigns = order.subcampaigns.map((sub, index) => ({
    ...sub,
    page: '',
    weightMicros: (offers[index] as Availability).emptyMarketMicros,
    trafficByDay: (offers[index] as Availability).trafficByDay,
    budgetMicros: split.sharesMicros[index] as number,
  }));
  for (const market of new Set(subcampaigns.map((sub) => sub.market))) {
    const here = subcampaigns.filter((sub) => sub.market === market);
    const bytes = here.reduce((sum, sub) => sum + reservedBytes({ ...about, ...sub }), 0);
    const view = context.markets.get(market);
    const page = view && choosePage(view.market, here.length, bytes);
    if (page === undefined)
      return refuse('MARKET_FULL', `market ${market} has no page left for ${here.length} subcampaigns`);
    for (const sub of here) sub.page = page;
  }
  const { currency, objective, ifShort, startAtMs, endAtMs } = order;
  return {
    type: 'campaign-accepted',
    ...about,
    currency,
    objective,
    ifShort,
    startAtMs,
    endAtMs,
    requestedMicros,
    budgetMicros,
    escrowMicros: split.escrowMicros,
    splitVersion: 1,
    ...(fit.kind === 'short' ? { code: 'SCALED_DOWN' as const } : {}),
    subcampaigns,
  };
}
