// The parts of a request by the rules that book: availability by maximum flow, all parts placed together, the split of bookings.
import type { QuoteRequest } from '../contracts/quotes.ts';
import type { SubcampaignOrder } from '../contracts/orders.ts';
import { fitOrder, orderParts, type OrderPart } from '../campaign/fit-order.ts';
import type { Reach } from '../campaign/limits.ts';
import { emptyMarkets, openMarkets, type OpenMarkets } from '../campaign/open-markets.ts';
import { splitWithin } from '../campaign/split-within.ts';
import { capacityMicros } from '../planning/availability.ts';
import { cappedShare } from './audience-listeners.ts';
import type { SplitShares } from './quick-shares.ts';
import type { QuotedPart } from './quoted-part.ts';

export interface ExactParts {
  parts: readonly QuotedPart[];
  /** Of each part: what it can have beside the others, as a share of what it could have alone. */
  together: readonly number[];
  orderParts: readonly OrderPart[];
  markets: OpenMarkets;
  fit: (budgetMicros: number) => { reachMicros: number[]; fit: Reach };
}

/** @param quick the parts, of known markets as they were made ready */
export function exactParts(request: QuoteRequest, quick: readonly QuotedPart[]): ExactParts {
  const { startAtMs, endAtMs, objective } = request;
  const flight = { startAtMs, endAtMs };
  const asked = quick.map((part) => ({ ...part.asked, clickPriceMicros: part.clickPriceMicros }));
  const cases = quick.reduce((most, { market }) => Math.max(most, market?.cases.length ?? 1), 1);
  const nowMs = quick.reduce((latest, { market }) => Math.max(latest, market?.asOfMs ?? 0), 0);
  const opened = Array.from({ length: cases }, (_, index) => {
    const views = quick.flatMap(({ asked: { market: name }, market }) => {
      const one = market?.cases[Math.min(index, market.cases.length - 1)];
      return one ? [[name, one.view] as const] : [];
    });
    return openMarkets('', asked, flight, { nowMs, markets: new Map(views) });
  });
  const markets = opened[0] as OpenMarkets;
  const context = {
    nowMs,
    markets: new Map(quick.flatMap(({ asked: { market: name }, market }) => (market ? [[name, market.view]] : []))),
  };
  const empty = emptyMarkets(asked, { ...flight, objective }, context);
  const parts = quick.map((part, which) => {
    const weightMicros = empty[which]?.weightMicros ?? 0;
    const freeShares = (part.market?.cases ?? []).map((_, index) => {
      const seat = opened[index]?.seats[which];
      // Who bids in auctions has no seat: guaranteed lines leave it what they leave anybody.
      if (!seat) return part.freeShares[index] as number;
      return weightMicros > 0 ? Math.min(1, capacityMicros(seat.availability, seat.which) / weightMicros) : 0;
    });
    if (freeShares.length === 0) return part;
    return {
      ...part,
      freeShares,
      shownShares: freeShares.map((free) => Math.min(free, cappedShare(part.listeners, free))),
    };
  });
  const alone = parts.map((_, which) => markets.capacityMicros(which));
  const placed = markets.place(alone.map((micros) => ({ floorMicros: 0, micros })));
  const ordered = orderParts({ objective, subcampaigns: asked as SubcampaignOrder[] }, empty);
  return {
    parts: parts.map((part, which) => ({ ...part, bookableMicros: alone[which] as number })),
    together: alone.map((micros, which) => (micros > 0 ? (placed[which] as number) / micros : 1)),
    orderParts: ordered,
    markets,
    fit: (budgetMicros) => fitOrder(budgetMicros, ordered, markets),
  };
}

/** The shares that a booking would give; floors where not even those fit. */
export function exactShares({ orderParts: ordered, fit }: ExactParts, budgetMicros: number): SplitShares {
  const floorsMicros = ordered.reduce((sum, { floorMicros }) => sum + floorMicros, 0);
  const found = fit(budgetMicros);
  const floors = { sharesMicros: ordered.map(({ floorMicros }) => floorMicros), floorsMicros, isFeasible: false };
  if (found.fit.kind === 'floors') return floors;
  const fits = found.fit.kind === 'short' ? found.fit.reachMicros : budgetMicros;
  const split = splitWithin(fits, ordered, found.reachMicros);
  return split.kind === 'split' ? { sharesMicros: split.sharesMicros, floorsMicros, isFeasible: true } : floors;
}
