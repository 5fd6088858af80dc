// One part of a request beside its market: what there is for it, what of that is free, and what its caps leave of it.
import { MAX_MICROS } from '../contracts/micros.ts';
import type { QuoteRequest } from '../contracts/quotes.ts';
import { DEFAULT_CLICK_FLOOR_MICROS } from '../contracts/serving.ts';
import { limits, type Limits } from '../campaign/limits.ts';
import type { ClickRate } from '../forecasting/click-law.ts';
import type { ErrorSpread } from '../forecasting/error-spread.ts';
import { servedShare } from '../forecasting/served-share.ts';
import { DAY_MS } from '../forecasting/traffic-clock.ts';
import { audienceListeners, cappedShare, limitShare, type AudienceListeners } from './audience-listeners.ts';
import { CLICKS, CONVERSIONS, OPPORTUNITIES, flightDays, overFlight, type FlightDays } from './market-supply.ts';
import { clickFloorMicros } from './priced-segments.ts';
import { spreadOf, type QuoteMarket } from './quote-market.ts';
import { leftFor } from './sold-cells.ts';

export type AskedPart = QuoteRequest['subcampaigns'][number];
export type FlightTerms = Pick<QuoteRequest, 'startAtMs' | 'endAtMs'>;

/** Amounts of an audience over what is to come of the flight; opportunities, clicks and conversions at the median. */
export interface QuotedPart extends Limits {
  asked: AskedPart;
  /** Absent where the market is not known. */
  market: QuoteMarket | undefined;
  clickPriceMicros: number;
  /** Places in the market's supply. */
  audiences: readonly number[];
  flight: FlightDays;
  /** Days of it, not rounded. */
  days: number;
  opportunities: number;
  clicks: number;
  conversions: number;
  /** In each case of soft holds: the share of the audience that is free for it. */
  freeShares: readonly number[];
  /** The same after its frequency caps; and what these leave of an empty market. */
  shownShares: readonly number[];
  emptyShare: number;
  /** What it is expected to get of what is free, see `servedShare`. */
  servedShare: number;
  /** Clicks that an empty market can sell it, on the lower quartile. */
  matchedClicks: number;
  /** Of clicks over the audience, see `mixVariance`. */
  clickSquares: number;
  /** What supply and its own terms leave it in an empty case, on the lower quartile: micros that can be booked. */
  bookableMicros: number;
  rate: ClickRate;
  conversion: ClickRate;
  spread: ErrorSpread;
  widening: number;
  listeners: AudienceListeners | undefined;
}

const SURE: ErrorSpread = { bias: 0, nodes: [{ weight: 1, sigma: 0 }], sharedShare: 1 };

/** @param flight the request's */
export function quotedPart(asked: AskedPart, flight: FlightTerms, market: QuoteMarket | undefined): QuotedPart {
  const audiences = market ? audiencesOf(asked, market) : [];
  const left = market
    ? flightDays(market.supply, flight.startAtMs, flight.endAtMs)
    : { first: 0, last: -1, firstShare: 0, lastShare: 0 };
  const fromMs = Math.max(flight.startAtMs, market?.asOfMs ?? 0);
  const days = Math.max(0, flight.endAtMs - fromMs) / DAY_MS;
  const clickPriceMicros =
    asked.clickPriceMicros ?? (market ? cardPrice(market, audiences) : DEFAULT_CLICK_FLOOR_MICROS);
  const base = {
    asked,
    market,
    clickPriceMicros,
    audiences,
    flight: left,
    days,
    ...limits(asked),
  };
  const known = market ? knownDay(market, left) : -1;
  if (!market || known < 0 || audiences.length === 0) {
    const none = { alpha: 0, beta: 1 };
    const nothing = { opportunities: 0, clicks: 0, conversions: 0, freeShares: [0], shownShares: [0], emptyShare: 0 };
    const empty = { servedShare: 1, matchedClicks: 0, clickSquares: 0 };
    return {
      ...base,
      ...nothing,
      ...empty,
      bookableMicros: 0,
      rate: none,
      conversion: none,
      spread: SURE,
      widening: 1,
      listeners: undefined,
    };
  }
  let [opportunities, clicks, conversions, clickSquares] = [0, 0, 0, 0];
  for (const audience of audiences) {
    const shown = overFlight(market.supply, OPPORTUNITIES, audience, left);
    const clicked = overFlight(market.supply, CLICKS, audience, left);
    opportunities += shown;
    clicks += clicked;
    clickSquares += shown > 0 ? (clicked * clicked) / shown : 0;
    conversions += overFlight(market.supply, CONVERSIONS, audience, left);
  }
  const listeners = audienceListeners(asked, market, audiences, {
    day: known,
    fromMs,
    endAtMs: flight.endAtMs,
    opportunities,
  });
  const guest = { ...flight, audiences };
  const lefts = market.cases.map(({ sold }) => leftFor(sold, guest));
  const freeShares = lefts.map(({ clicks, matchedClicks }) => (matchedClicks > 0 ? clicks / matchedClicks : 0));
  const emptyShare = cappedShare(listeners, 1);
  const { matchedClicks } = lefts[0] as (typeof lefts)[number];
  const matchedMicros = matchedClicks * clickPriceMicros;
  const trials = trialsOf(market, known, audiences);
  const share = opportunities > 0 ? Math.min(1, clicks / opportunities) : 0;
  const converted = clicks > 0 ? conversions / clicks : 0;
  const shownShares = freeShares.map((free) => Math.min(free, cappedShare(listeners, free)));
  const bookableShare = Math.min(asked.isAuctioned ? 1 : (freeShares[0] as number), limitShare(listeners));
  return {
    ...base,
    opportunities,
    clicks,
    conversions,
    freeShares,
    shownShares,
    emptyShare,
    servedShare: asked.isAuctioned ? 1 : servedShare(market.pressure, { ...flight, clickPriceMicros }, market.asOfMs),
    matchedClicks,
    clickSquares,
    bookableMicros: Math.min(MAX_MICROS, Math.floor(Math.min(matchedMicros * bookableShare, dayCapsMicros(base)))),
    rate: { alpha: share * trials, beta: (1 - share) * trials },
    conversion: rateOf(converted, Math.max(1, share * trials)),
    spread: spreadOf(market, known),
    widening: market.supply.known[known]?.widening ?? 1,
    listeners,
  };
}

/** What a daily cap leaves of the flight. */
function dayCapsMicros({ asked, days, flight }: Pick<QuotedPart, 'asked' | 'days' | 'flight'>): number {
  if (asked.dailyCapMicros === undefined) return Infinity;
  return asked.dailyCapMicros * Math.max(1, days > 0 ? flight.last - flight.first + 1 : 1);
}

function rateOf(share: number, trials: number): ClickRate {
  return { alpha: share * trials, beta: (1 - share) * trials };
}

function audiencesOf({ segments, surfaces }: AskedPart, { supply }: QuoteMarket): number[] {
  const found: number[] = [];
  for (let at = 0; at < supply.audiences.length; at++) {
    const { segment, surface } = supply.audiences[at] as { segment: string; surface: string };
    if (segments.includes(segment) && surfaces.includes(surface)) found.push(at);
  }
  return found;
}

/** The first day of a flight that is forecast, -1 for none. */
function knownDay({ supply }: QuoteMarket, { first, last }: FlightDays): number {
  for (let day = first; day <= last; day++) if (supply.known[day]) return day;
  return -1;
}

/** The impressions behind what is thought of its click rates. */
function trialsOf({ supply }: QuoteMarket, day: number, audiences: readonly number[]): number {
  const trials = supply.trials[day] as Float64Array;
  let sum = 0;
  for (const audience of audiences) sum += trials[audience] as number;
  return sum;
}

/** The rate card's price for an audience: the mean of its segments' prices over its clicks, upwards; without any, the least there is. */
function cardPrice({ rateCard, supply, view }: QuoteMarket, audiences: readonly number[]): number {
  let [micros, clicks] = [0, 0];
  for (const audience of audiences) {
    const { segment } = supply.audiences[audience] as { segment: string };
    const price = rateCard.prices.find((one) => one.audience === segment)?.clickPriceMicros;
    const width = supply.audiences.length;
    const own = (supply.sums[CLICKS] as Float64Array)[supply.days * width + audience] as number;
    if (price === undefined) continue;
    micros += own * price;
    clicks += own;
  }
  return Math.max(1, clicks > 0 ? Math.ceil(micros / clicks - 1e-6) : clickFloorMicros(view));
}
