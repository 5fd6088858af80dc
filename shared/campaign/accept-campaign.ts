// A new campaign: accepted, scaled down where it asked for that, or refused with what would have been possible.
import type { Campaign } from '../contracts/documents.ts';
import type { CampaignCreated } from '../contracts/events.ts';
import type { CampaignAccepted, CampaignRefused, ReasonCode } from '../contracts/outcomes.ts';
import { buildAccepted, buildRefused, unflyable, type Granted } from './build-accepted.ts';
import { campaignOffers } from './campaign-offers.ts';
import type { CampaignContext } from './campaign-state.ts';
import { fitOrder, orderParts, type OrderPart } from './fit-order.ts';
import type { Reach } from './limits.ts';
import { emptyMarkets, openMarkets } from './open-markets.ts';
import { pagePlaces } from './page-places.ts';
import { scarcityWords } from './scarcity-words.ts';
import { splitWithin } from './split-within.ts';

/** What an order comes to, and for an accepted one what supply has for each of its parts. */
export type Decided = { outcome: CampaignAccepted; reachMicros: number[] } | { outcome: CampaignRefused };

/** Decides a campaign whose id is free. */
export function acceptCampaign(
  { tenantId }: Pick<Campaign, 'tenantId'>,
  order: CampaignCreated['data'],
  context: CampaignContext,
): Decided {
  const requestedMicros = order.budgetMicros;
  const about = { tenantId, campaignId: order.campaignId };
  const refuse = (why: Parameters<typeof buildRefused>[2], offers?: Parameters<typeof buildRefused>[3]) => ({
    outcome: buildRefused(about, requestedMicros, why, offers),
  });
  const never = unflyable(order, context);
  if (never) return refuse(never);

  const empty = emptyMarkets(order.subcampaigns, order, context);
  const markets = openMarkets(order.campaignId, order.subcampaigns, order, context);
  const parts = orderParts(order, empty);
  const { reachMicros, fit } = fitOrder(requestedMicros, parts, markets);
  if (fit.kind === 'floors') return refuse(fit);
  if (fit.kind === 'short' && (order.ifShort === 'refuse' || fit.reachMicros === 0)) {
    const short = { order, parts, markets, reachMicros, fitsMicros: fit.reachMicros };
    const scarce = parts.flatMap((part, index) =>
      (reachMicros[index] as number) < part.capMicros ? markets.scarceCells(index) : [],
    );
    const reason = `supply is there for ${fit.reachMicros} of ${requestedMicros} micros${scarcityWords(scarce)}`;
    const counterOffers = campaignOffers(short, context);
    const counterOfferMicros = counterOffers.find(({ kind }) => kind === 'budget')?.budgetMicros ?? 0;
    return refuse({ code: 'SUPPLY_SHORT', reason }, { counterOfferMicros, counterOffers });
  }
  const granted = grantWithin(fit, requestedMicros, parts, reachMicros);
  if ('code' in granted) return refuse(granted, { counterOfferMicros: granted.counterOfferMicros });
  const placed = pagePlaces(context.markets).place(buildAccepted(tenantId, order, empty, granted));
  if (typeof placed === 'string') return refuse({ code: 'MARKET_FULL', reason: placed });
  return { outcome: placed, reachMicros };
}

/** The split of as much of a budget as supply is there for. */
export function grantWithin(
  fit: Exclude<Reach, { kind: 'floors' }>,
  requestedMicros: number,
  parts: readonly OrderPart[],
  reachMicros: readonly number[],
): Granted | { code: ReasonCode; reason: string; counterOfferMicros: number } {
  const budgetMicros = fit.kind === 'short' ? fit.reachMicros : requestedMicros;
  const split = splitWithin(budgetMicros, parts, reachMicros);
  if (split.kind === 'infeasible') {
    const reason = `the floors add up to ${split.floorsMicros} micros, supply is there for ${budgetMicros}`;
    return { code: 'FLOORS_INFEASIBLE', reason, counterOfferMicros: budgetMicros };
  }
  const { sharesMicros, escrowMicros } = split;
  return { budgetMicros, sharesMicros, escrowMicros, isScaled: fit.kind === 'short' };
}
