// A new campaign: accepted, scaled down where it asked for that, or refused with what would have been possible.
import type { Campaign } from '../contracts/documents.ts';
import type { CampaignCreated } from '../contracts/events.ts';
import type { CampaignAccepted, CampaignRefused, CounterOffer, ReasonCode } from '../contracts/outcomes.ts';
import { daysBetween } from '../forecasting/traffic-clock.ts';
import type { EmptyMarket } from '../planning/availability.ts';
import { choosePage, reservedBytes } from './book-page.ts';
import { campaignOffers } from './campaign-offers.ts';
import type { CampaignContext } from './campaign-state.ts';
import { fitOrder, orderParts } from './fit-order.ts';
import { emptyMarkets, openMarkets } from './open-markets.ts';
import { scarcityWords } from './scarcity-words.ts';
import { splitWithin } from './split-within.ts';

/** What an order comes to, and for an accepted one what supply has for each of its parts. */
export type Decided = { outcome: CampaignAccepted; reachMicros: number[] } | { outcome: CampaignRefused };

/** Decides a campaign whose id is free. */
export function acceptCampaign(campaign: Campaign, order: CampaignCreated['data'], context: CampaignContext): Decided {
  const about = { tenantId: campaign.tenantId, campaignId: campaign.campaignId };
  const requestedMicros = order.budgetMicros;
  const refuse = (
    code: ReasonCode,
    reason: string,
    counterOfferMicros?: number,
    counterOffers: CounterOffer[] = [],
  ): { outcome: CampaignRefused } => ({
    outcome: {
      type: 'campaign-refused',
      ...about,
      requestedMicros,
      code,
      reason,
      ...(counterOfferMicros === undefined ? {} : { counterOfferMicros }),
      ...(counterOffers.length === 0 ? {} : { counterOffers }),
    },
  });
  if (order.endAtMs <= context.nowMs)
    return refuse('FLIGHT_ENDED', 'the flight is over before it begins: choose a later end');
  const days = daysBetween(order.startAtMs, order.endAtMs);
  const unknown = order.subcampaigns.find(
    (sub) => !days.some((day) => context.markets.get(sub.market)?.supply.has(day)),
  );
  if (unknown) return refuse('SUPPLY_UNKNOWN', `market ${unknown.market} has no forecast for this flight`);

  const empty = emptyMarkets(order.subcampaigns, order, context);
  const markets = openMarkets(campaign.campaignId, order.subcampaigns, order, context);
  const parts = orderParts(order, empty);
  const { reachMicros, fit } = fitOrder(requestedMicros, parts, markets);
  if (fit.kind === 'floors') return refuse(fit.code, fit.reason);
  if (fit.kind === 'short' && (order.ifShort === 'refuse' || fit.reachMicros === 0)) {
    const short = { order, parts, markets, reachMicros, fitsMicros: fit.reachMicros };
    const scarce = parts.flatMap((part, index) =>
      (reachMicros[index] as number) < part.capMicros ? markets.scarceCells(index) : [],
    );
    const reason = `supply is there for ${fit.reachMicros} of ${requestedMicros} micros${scarcityWords(scarce)}`;
    const counterOffers = campaignOffers(short, context);
    const lessMicros = counterOffers.find(({ kind }) => kind === 'budget')?.budgetMicros ?? 0;
    return refuse('SUPPLY_SHORT', reason, lessMicros, counterOffers);
  }
  const budgetMicros = fit.kind === 'short' ? fit.reachMicros : requestedMicros;
  const split = splitWithin(budgetMicros, parts, reachMicros);
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
    ...(empty[index] as EmptyMarket),
    budgetMicros: split.sharesMicros[index] as number,
  }));
  for (const market of new Set(subcampaigns.map((sub) => sub.market))) {
    const here = subcampaigns.filter((sub) => sub.market === market);
    const bytes = here.reduce(
      (sum, sub) =>
        sum + reservedBytes({ ...about, ...sub, ...(subcampaigns.length > 1 ? { hasSiblings: true } : {}) }),
      0,
    );
    const view = context.markets.get(market);
    const page = view && choosePage(view.market, here.length, bytes);
    if (page === undefined)
      return refuse('MARKET_FULL', `market ${market} has no page left for ${here.length} subcampaigns`);
    for (const sub of here) sub.page = page;
  }
  const { currency, objective, ifShort, startAtMs, endAtMs } = order;
  const outcome: CampaignAccepted = {
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
  return { outcome, reachMicros };
}
