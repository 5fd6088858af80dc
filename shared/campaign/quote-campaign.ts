// What a campaign is told it will get at the moment that accepts it: the probability that all is spent, and low, mid and high
// of what it brings. It is recorded with what it was made of, and scored when the campaign has ended.
import type { SupplyDay } from '../contracts/documents.ts';
import type { QuoteIssued, Range } from '../contracts/forecast-outcomes.ts';
import { MAX_MICROS } from '../contracts/micros.ts';
import type { CampaignAccepted } from '../contracts/outcomes.ts';
import { cappedAudience } from '../forecasting/capped-audience.ts';
import { cappedDays, type CappedPart } from '../forecasting/capped-days.ts';
import { clickLaw, type ClickRate } from '../forecasting/click-law.ts';
import type { FlightAudience } from '../forecasting/flight-audience.ts';
import { forecastSpread } from '../forecasting/forecast-spread.ts';
import { SUGGESTED_PROBABILITY, suggestedMaximumBudget } from '../forecasting/full-spend.ts';
import { laterBookings, lawBeside, type LaterBookings } from '../forecasting/later-bookings.ts';
import { mixVariance } from '../forecasting/mix-variance.ts';
import { offerRateForImpressions, reach } from '../forecasting/reach.ts';
import { marketPressure, servedShare } from '../forecasting/served-share.ts';
import { deliveryCurve, type Delivery, type DeliveryRange } from '../forecasting/spend-delivery.ts';
import { poolParts, type SpendPart } from '../forecasting/spend-pool.ts';
import { DAY_MS, daysBetween } from '../forecasting/traffic-clock.ts';
import { isEligible } from '../planning/market-model.ts';
import type { CampaignContext } from './campaign-state.ts';
import { audienceOf, openMarkets, soldDemand } from './open-markets.ts';

type Part = CampaignAccepted['subcampaigns'][number];

interface QuotedPart {
  spend: SpendPart;
  capped: CappedPart;
  /** Clicks that can be sold; what bids in auctions keeps none of them. */
  bookable: number;
  isAuctioned: boolean;
  cells: SupplyDay['cells'];
  /** Exposures of a listener. */
  cap: number;
  conversion: ClickRate;
  audience: FlightAudience | undefined;
}

/** A rate of which nobody says how sure it is was given by people: it is taken as known. */
const KNOWN_TRIALS = 1e9;

/**
 * @param reachMicros of each part: what the lower quartile of supply has for it beside all that was sold before
 */
export function quoteCampaign(
  accepted: CampaignAccepted,
  reachMicros: readonly number[],
  context: CampaignContext,
): QuoteIssued {
  const { tenantId, campaignId, currency, startAtMs, endAtMs, budgetMicros, subcampaigns, splitVersion } = accepted;
  const openOf = freeMicros(accepted, reachMicros, context);
  const parts = subcampaigns.map((sub, index) => quotedPart(sub, accepted, openOf[index] as number, context));
  const supplies = subcampaigns.flatMap((sub) => firstDay(sub.market, accepted, context) ?? []);
  const pooled = poolParts(parts.map(({ spend }) => spend));
  const law = clickLaw(pooled.supply, pooled.rate);
  const later = laterOf(parts);
  const ownLaw = (clicks: number) => lawBeside(law, clicks, later)(clicks);
  const whole = {
    ...pooled,
    later,
    mixVariance: mixOf(parts),
    capped: cappedDays(parts.map(({ capped }) => capped)),
    conversion: pooledConversion(parts, subcampaigns),
    ...(parts.length === 1 ? reachBy(parts[0] as QuotedPart) : {}),
  };
  const delivery = deliveryCurve(whole, [budgetMicros], law)[0] as Delivery;
  const guess = delivery.clicks.mid;
  const maximum = suggestedMaximumBudget(ownLaw, pooled.clickPriceMicros, SUGGESTED_PROBABILITY, guess);
  const issuedAtMs = Math.min(...supplies.map((day) => day.issuedAtMs ?? context.nowMs));
  return {
    type: 'quote-issued',
    tenantId,
    campaignId,
    quoteId: `quote:${campaignId}:${splitVersion}`,
    inputsHash: combinedHash(supplies.map(({ inputsHash }) => inputsHash)),
    modelId: supplies[0]?.modelId ?? 'none',
    issuedAtMs: context.nowMs,
    validUntilAtMs: Math.max(context.nowMs, issuedAtMs + DAY_MS),
    currency,
    startAtMs,
    endAtMs,
    suggestedMaximumMicros: Math.min(MAX_MICROS, Math.floor(maximum)),
    ...promiseOf(delivery),
    subcampaigns: subcampaigns.map(({ subcampaignId, market, budgetMicros: ownMicros }, index) => {
      const part = parts[index] as QuotedPart;
      const { spend, conversion } = part;
      const terms = {
        ...poolParts([spend]),
        later: laterOf([part]),
        mixVariance: mixOf([part]),
        capped: cappedDays([part.capped]),
        conversion,
        ...reachBy(part),
      };
      const isWhole = parts.length === 1 && ownMicros === budgetMicros;
      const own = isWhole ? delivery : (deliveryCurve(terms, [ownMicros])[0] as Delivery);
      return { subcampaignId, market, ...promiseOf(own) };
    }),
  };
}

function quotedPart(
  sub: Part,
  flight: { campaignId: string; startAtMs: number; endAtMs: number },
  freeMicros: number,
  context: CampaignContext,
): QuotedPart {
  const { market, clickPriceMicros, weightMicros, medianMicros, trafficByDay } = sub;
  const supply = context.markets.get(market)?.supply ?? new Map<string, SupplyDay>();
  const day = firstDay(market, flight, context);
  const cells = day?.cells.filter((cell) => isEligible(sub, cell)) ?? [];
  const traffic = trafficByDay.reduce((sum, ofDay) => sum + ofDay, 0);
  const clickShare = traffic > 0 ? Math.min(1, medianMicros / clickPriceMicros / traffic) : 0;
  const trials = cells.reduce((sum, { clickTrials = KNOWN_TRIALS }) => sum + clickTrials, 0);
  const audience = sub.audience ?? audienceOf({ ...flight, ...sub }, supply, sub);
  // What is free at the lower quartile is about as much less than what is free at the median as all supply is.
  const offerRate = weightMicros > 0 ? Math.min(1, freeMicros / weightMicros) : 0;
  const kept = keptByCaps(sub, flight, audience, offerRate);
  const view = context.markets.get(market);
  const pressure = marketPressure(view ? soldDemand(view, flight.campaignId) : [], supply, context.nowMs);
  const served = sub.isAuctioned ? 1 : servedShare(pressure, { ...flight, clickPriceMicros }, context.nowMs);
  const free = Math.min(1, offerRate * kept * served) * traffic;
  const clicks = cells.reduce((sum, cell) => sum + cell.q50 * cell.clickPpm, 0);
  const converted = cells.reduce((sum, cell) => sum + cell.q50 * cell.clickPpm * (cell.conversionPpm ?? 0), 0);
  const conversionShare = clicks > 0 ? converted / clicks / 1e6 : 0;
  return {
    spend: {
      market,
      forecast: free,
      spread: day?.errorSpread ?? forecastSpread([], quantilesOf(cells)),
      widening: day?.widening ?? 1,
      rate: betaOf(clickShare, trials),
      clickPriceMicros,
    },
    capped: {
      days: trafficByDay.map((ofDay) => (traffic > 0 ? (ofDay / traffic) * free * clickShare * clickPriceMicros : 0)),
      dailyCapMicros: sub.dailyCapMicros ?? Infinity,
    },
    bookable: (freeMicros * kept) / clickPriceMicros,
    isAuctioned: sub.isAuctioned === true,
    cells,
    cap: sub.releaseId === undefined ? (sub.perListenerFlight ?? Infinity) : 1,
    conversion: betaOf(conversionShare, Math.max(1, clickShare * trials)),
    audience,
  };
}

/**
 * What supply has free for each part, whatever its own caps, on the lower quartile: parts of one market take from each other,
 * and what bids in auctions gets what guaranteed lines leave.
 */
function freeMicros(
  accepted: CampaignAccepted,
  reachMicros: readonly number[],
  context: CampaignContext,
): readonly number[] {
  const { campaignId, subcampaigns } = accepted;
  const isPlain = (sub: Part) =>
    !sub.isAuctioned &&
    [sub.releaseId, sub.perListenerDay, sub.perListenerFlight, sub.dailyCapMicros].every((cap) => cap === undefined);
  if (subcampaigns.length === 1 && isPlain(subcampaigns[0] as Part)) return reachMicros;
  const asked = subcampaigns.map(({ market, segments, surfaces, clickPriceMicros }) => ({
    market,
    segments,
    surfaces,
    clickPriceMicros,
  }));
  const markets = openMarkets(campaignId, asked, accepted, context);
  const alone = asked.map((_, index) => markets.capacityMicros(index));
  return asked.length === 1 ? alone : markets.place(alone.map((micros) => ({ floorMicros: 0, micros })));
}

/** Of the visits that it is offered, the share that its frequency caps leave. */
function keptByCaps(
  sub: Part,
  { startAtMs, endAtMs }: { startAtMs: number; endAtMs: number },
  audience: FlightAudience | undefined,
  offerRate: number,
): number {
  const perFlight = sub.releaseId === undefined ? (sub.perListenerFlight ?? Infinity) : 1;
  const perDay = sub.perListenerDay ?? Infinity;
  if (!audience || offerRate === 0 || Math.min(perFlight, perDay) === Infinity) return 1;
  const days = Math.max(1, Math.ceil((endAtMs - startAtMs) / DAY_MS));
  return cappedAudience(audience, { perFlight, perDay }, { days, offerRate }) / offerRate;
}

function laterOf(parts: readonly QuotedPart[]): LaterBookings {
  const bookable = parts.reduce((sum, part) => sum + part.bookable, 0);
  return laterBookings(
    bookable,
    parts.some(({ isAuctioned }) => isAuctioned),
  );
}

function mixOf(parts: readonly QuotedPart[]): number {
  let [opportunities, clicks, squares] = [0, 0, 0];
  for (const { q50, clickPpm } of parts.flatMap(({ cells }) => cells)) {
    const rate = clickPpm / 1e6;
    opportunities += q50;
    clicks += q50 * rate;
    squares += q50 * rate * rate;
  }
  return mixVariance({ opportunities, clicks, squares });
}

/** Of a click of any part: each part counts by the clicks that its budget pays for. */
function pooledConversion(parts: readonly QuotedPart[], subcampaigns: readonly Part[]): ClickRate {
  let [converted, clicks, trials] = [0, 0, 0];
  for (const [index, { conversion }] of parts.entries()) {
    const { budgetMicros, clickPriceMicros } = subcampaigns[index] as Part;
    const own = conversion.alpha + conversion.beta;
    converted += (budgetMicros / clickPriceMicros) * (conversion.alpha / own);
    clicks += budgetMicros / clickPriceMicros;
    trials += own;
  }
  return betaOf(clicks > 0 ? converted / clicks : 0, trials);
}

function firstDay(
  market: string,
  { startAtMs, endAtMs }: { startAtMs: number; endAtMs: number },
  context: CampaignContext,
): SupplyDay | undefined {
  const supply = context.markets.get(market)?.supply;
  return daysBetween(startAtMs, endAtMs).flatMap((day) => supply?.get(day) ?? [])[0];
}

function betaOf(share: number, trials: number): ClickRate {
  return { alpha: share * trials, beta: (1 - share) * trials };
}

function quantilesOf(cells: SupplyDay['cells']) {
  const sum = (name: 'q10' | 'q50' | 'q90') => cells.reduce((total, cell) => total + cell[name], 0);
  return { q10: sum('q10'), q50: sum('q50'), q90: sum('q90') };
}

function reachBy({ audience, cap }: QuotedPart) {
  if (!audience) return {};
  return { reachAt: (shown: number) => reach(audience, offerRateForImpressions(audience, shown, cap)) };
}

function promiseOf({
  budgetMicros,
  fullSpend,
  reach: reached,
  impressions,
  clicks,
  conversions,
  spendMicros,
}: Delivery) {
  return {
    budgetMicros,
    fullSpendPpm: Math.max(0, Math.min(1_000_000, Math.round(fullSpend * 1e6))),
    ...(reached ? { reach: wholeRange(reached) } : {}),
    impressions: wholeRange(impressions),
    clicks: wholeRange(clicks),
    conversions: wholeRange(conversions),
    spendMicros: wholeRange(spendMicros),
  };
}

function wholeRange({ low, mid, high }: DeliveryRange): Range {
  const whole = (value: number) => Math.min(MAX_MICROS, Math.round(value));
  return { low: whole(low), mid: whole(mid), high: whole(high) };
}

/** The hashes of the markets' forecasts, added bit by bit; a supply that people wrote has none. */
function combinedHash(hashes: readonly (string | undefined)[]): string {
  const bytes = new Uint8Array(32);
  for (const hash of new Set(hashes)) {
    for (let index = 0; hash !== undefined && index < 32; index++) {
      bytes[index] = (bytes[index] as number) ^ Number.parseInt(hash.slice(2 * index, 2 * index + 2), 16);
    }
  }
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
