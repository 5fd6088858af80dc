// A market made ready for many quick quotes: see quoteRequest.
import type { MarketView } from '../campaign/campaign-state.ts';
import { soldDemand } from '../campaign/open-markets.ts';
import type { ErrorSpread } from '../forecasting/error-spread.ts';
import { forecastSpread } from '../forecasting/forecast-spread.ts';
import type { RateCard } from '../forecasting/rate-card.ts';
import { marketPressure, type MarketPressure } from '../forecasting/served-share.ts';
import { HOUR_MS } from '../forecasting/traffic-clock.ts';
import { fullCells, type FullCells } from './full-cells.ts';
import { createListeners, type Listeners } from './listeners.ts';
import { marketSupply, type MarketSupply } from './market-supply.ts';
import { pricedSegments } from './priced-segments.ts';
import { soldCells, type SoldCells } from './sold-cells.ts';
import { softScenarios } from './soft-scenarios.ts';

/** Opaque but for what says whether it is still the market's: asking changes scratch inside of it and nothing that can be seen. */
export interface QuoteMarket {
  readonly market: string;
  readonly bookVersion: number;
  readonly supplyVersion: number;
  /** Nothing that has passed by then is quoted: a whole number of {@link QUOTE_STEP_MS}, and open it again when it has passed. */
  readonly asOfMs: number;
  /** What a click costs here by segment. */
  readonly rateCard: RateCard;
  readonly view: MarketView;
  readonly supply: MarketSupply;
  /** What may have become of soft holds; first that none was confirmed. */
  readonly cases: readonly { weight: number; view: MarketView; sold: SoldCells }[];
  /** How much is sold, and at which prices. */
  readonly pressure: MarketPressure;
  readonly listeners: Listeners;
  readonly full: FullCells;
  /** By day of the supply, filled in as days are asked for. */
  readonly spreads: (ErrorSpread | undefined)[];
}

/** Instances that open a market within such a step answer alike. */
export const QUOTE_STEP_MS = 5 * 60_000;
/** A price list that changed with every booking could not be read. */
export const PRICES_LAST_MS = HOUR_MS;

/**
 * Routes everything sold through the supply of the days ahead, prices it, and keeps what quotes look up.
 * Some hundred times the cost of a quote.
 * @param nowMs what has passed by the end of its step offers nothing
 * @param before an earlier opening of the market: its prices hold for an hour, their version rises only when one changes, and
 *   what was worked out of an unchanged supply is kept
 */
export function openQuoteMarket(view: MarketView, nowMs: number, before?: QuoteMarket): QuoteMarket {
  const { market, bookVersion, supplyVersion } = view.market;
  const asOfMs = Math.ceil(nowMs / QUOTE_STEP_MS) * QUOTE_STEP_MS;
  const supply = marketSupply(view.supply, asOfMs);
  const cases = softScenarios(view).map((one) => ({ ...one, sold: soldCells(one.view, supply) }));
  const first = (cases[0] as { sold: SoldCells }).sold;
  const isSameSupply = before?.supplyVersion === supplyVersion && before.supply.firstDay === supply.firstDay;
  const isPriced = before && before.rateCard.validUntilAtMs > nowMs && before.rateCard.generatedAtMs <= nowMs;
  return {
    market,
    bookVersion,
    supplyVersion,
    asOfMs,
    rateCard: isPriced
      ? before.rateCard
      : pricedSegments(view, first, { generatedAtMs: nowMs, validUntilAtMs: nowMs + PRICES_LAST_MS }, before?.rateCard),
    view,
    supply,
    cases,
    pressure: marketPressure(soldDemand(view, ''), view.supply, asOfMs),
    listeners: isSameSupply ? before.listeners : createListeners(supply),
    full: fullCells(first),
    spreads: isSameSupply ? before.spreads : [],
  };
}

/** The law of forecast errors of a day. */
export function spreadOf({ spreads, supply }: QuoteMarket, day: number): ErrorSpread {
  return (spreads[day] ??= (() => {
    const ofDay = supply.known[day];
    const sum = (name: 'q10' | 'q50' | 'q90') => (ofDay?.cells ?? []).reduce((total, cell) => total + cell[name], 0);
    return ofDay?.errorSpread ?? forecastSpread([], { q10: sum('q10'), q50: sum('q50'), q90: sum('q90') });
  })());
}
