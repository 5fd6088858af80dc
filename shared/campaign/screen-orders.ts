// The orders of a booking each for itself, beside all that is sold and firmly held: refused where nothing about the others could
// change that, else what it would ask of its markets.
import type { BookingMode, CampaignOrder } from '../contracts/bookings.ts';
import type { CampaignCreated } from '../contracts/events.ts';
import { MAX_MICROS } from '../contracts/micros.ts';
import type { ReasonCode } from '../contracts/outcomes.ts';
import type { EmptyMarket } from '../planning/availability.ts';
import { grantWithin } from './accept-campaign.ts';
import { unflyable } from './build-accepted.ts';
import type { CampaignContext } from './campaign-state.ts';
import { fitOrder, orderParts, type OrderPart } from './fit-order.ts';
import { limits, reachable } from './limits.ts';
import { emptyMarkets, openMarkets, type Asked, type OpenMarkets } from './open-markets.ts';

export type Terms = CampaignCreated['data'];

export interface Why {
  code: ReasonCode;
  reason: string;
}

/** An order that could be accepted. */
export interface Candidate {
  /** Its place among the orders. */
  place: number;
  terms: Terms;
  weight: number;
  empty: readonly EmptyMarket[];
  parts: readonly OrderPart[];
  /** Of each part, alone. */
  reachMicros: readonly number[];
  /** What each part asks for. */
  askedMicros: readonly number[];
  escrowMicros: number;
  /** Alone it gets less than it asks for already. */
  isShort: boolean;
}

export interface Screened {
  candidates: Candidate[];
  /** Of each order, why it is refused whatever the others get. */
  refusals: Map<number, Why>;
}

/** An order as it is published when its booking is confirmed. */
export function termsOf({ weight: _weight, quoteId: _quote, ifShort = 'refuse', ...terms }: CampaignOrder): Terms {
  return { ...terms, ifShort };
}

/** @param takenIds campaigns that are there already, or held by other bookings */
export function screenOrders(
  orders: readonly CampaignOrder[],
  { mode, takenIds }: { mode: BookingMode; takenIds: ReadonlySet<string> },
  context: CampaignContext,
): Screened {
  const refusals = new Map<number, Why>();
  const open: { place: number; order: CampaignOrder; terms: Terms; first: number }[] = [];
  const asked: Asked[] = [];
  const ids = new Set<string>();
  orders.forEach((order, place) => {
    const terms = termsOf(order);
    const { campaignId } = order;
    const twice: Why = { code: 'CAMPAIGN_EXISTS', reason: `campaign ${campaignId} is in this booking twice` };
    const taken = takenIds.has(campaignId) ? takenWhy(campaignId) : undefined;
    const why = (ids.has(campaignId) ? twice : taken) ?? unflyable(terms, context) ?? boundsWhy(terms);
    ids.add(campaignId);
    if (why) {
      refusals.set(place, why);
      return;
    }
    const { startAtMs, endAtMs } = terms;
    open.push({ place, order, terms, first: asked.length });
    asked.push(...terms.subcampaigns.map((sub) => ({ ...sub, startAtMs, endAtMs })));
  });
  const [some] = open;
  if (!some) return { candidates: [], refusals };
  const markets = openMarkets(new Set(), asked, some.terms, context);
  const candidates = open.flatMap(({ place, order, terms, first }): Candidate[] => {
    const empty = emptyMarkets(terms.subcampaigns, terms, context);
    const parts = orderParts(terms, empty);
    const own = seatsOf(markets, asked.length, first, parts.length);
    const { reachMicros, fit } = fitOrder(terms.budgetMicros, parts, own);
    const isShort = fit.kind === 'short';
    if (fit.kind === 'floors') refusals.set(place, fit);
    else if (isShort && (mode !== 'scale-down' || fit.reachMicros === 0)) {
      const reason = `supply is there for ${fit.reachMicros} of ${terms.budgetMicros} micros`;
      refusals.set(place, { code: 'SUPPLY_SHORT', reason });
    } else {
      const granted = grantWithin(fit, terms.budgetMicros, parts, reachMicros);
      if ('code' in granted) refusals.set(place, granted);
      else {
        const { sharesMicros, escrowMicros } = granted;
        const most = parts.map(({ capMicros }, part) => Math.min(capMicros, own.limitMicros(part)));
        const askedMicros = isShort ? stretched(terms.budgetMicros, sharesMicros, most) : sharesMicros;
        const weight = order.weight ?? 1;
        return [{ place, terms, weight, empty, parts, reachMicros, askedMicros, escrowMicros, isShort }];
      }
    }
    return [];
  });
  return { candidates, refusals };
}

/** The refusal of an order whose campaign id is taken. */
export function takenWhy(campaignId: string): Why {
  const reason = `campaign ${campaignId} exists already, or a booking holds it: give the new one an id of its own`;
  return { code: 'CAMPAIGN_EXISTS', reason };
}

/** Locks and floors that do not fit the budget, whatever supply there is. */
function boundsWhy({ budgetMicros, subcampaigns }: Terms): Why | undefined {
  const fit = reachable(
    budgetMicros,
    subcampaigns.map((sub) => ({ ...limits(sub), reachMicros: MAX_MICROS })),
  );
  return fit.kind === 'floors' ? fit : undefined;
}

/** Some of those who ask, as if they were alone. */
export function seatsOf(
  markets: OpenMarkets,
  count: number,
  first: number,
  own: number,
): Pick<OpenMarkets, 'capacityMicros' | 'limitMicros' | 'place'> {
  const nothing = Array.from({ length: count }, () => ({ floorMicros: 0, micros: 0 }));
  return {
    capacityMicros: (index) => markets.capacityMicros(first + index),
    limitMicros: (index) => markets.limitMicros(first + index),
    place: (wishes) =>
      markets.place([...nothing.slice(0, first), ...wishes, ...nothing.slice(first + own)]).slice(first, first + own),
  };
}

/** As if there were supply for the whole budget, in the proportions in which there is: what is scarce is shared by what was asked for. */
function stretched(budgetMicros: number, sharesMicros: readonly number[], mostMicros: readonly number[]): number[] {
  const fits = sharesMicros.reduce((sum, micros) => sum + micros, 0);
  return sharesMicros.map((micros, part) =>
    Math.max(micros, Math.min(mostMicros[part] as number, Math.floor(budgetMicros * (micros / fits)))),
  );
}
