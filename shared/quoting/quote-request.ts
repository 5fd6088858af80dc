// Quotes: what a request would get, from markets that were made ready for it.
import type { QuoteAnswer, QuoteRequest, TrackRecord } from '../contracts/quotes.ts';
import { deliveryForecast } from '../forecasting/delivery-forecast.ts';
import type { Delivery } from '../forecasting/spend-delivery.ts';
import { DAY_MS } from '../forecasting/traffic-clock.ts';
import { contendedCells } from './contended-cells.ts';
import { prepareRequest, type PreparedRequest } from './prepared-request.ts';
import { quotedParts } from './quoted-parts.ts';
import { PRICES_LAST_MS, type QuoteMarket } from './quote-market.ts';
import { requestHash } from './request-hash.ts';
import { requestProblems, type Problem } from './request-problems.ts';
import { requestPrices } from './request-prices.ts';
import { spendOutlook, type SpendOutlook } from './spend-outlook.ts';
import { supplyEstimates } from './supply-estimates.ts';

export interface QuoteContext {
  nowMs: number;
  /** By the rules that book, instead of bounds that never promise more than those. */
  isExact: boolean;
  /** How quotes of these markets turned out so far. */
  trackRecordOf: (markets: readonly string[]) => TrackRecord;
}

/** Points of the curve of budgets, beside the largest sensible one: parts of the budget that is asked about. */
const CURVE = [0.25, 0.5, 1, 1.5, 2] as const;

/**
 * @param request that `checkQuote` has nothing against
 * @param markets those of the request's parts; one that is not there offers nothing
 */
export function quoteRequest(
  request: QuoteRequest,
  markets: ReadonlyMap<string, QuoteMarket>,
  { nowMs, isExact, trackRecordOf }: QuoteContext,
): QuoteAnswer {
  const { requestId, ...asked } = request;
  const names = [...new Set(request.subcampaigns.map(({ market }) => market))].sort();
  const own = names.flatMap((name) => markets.get(name) ?? []);
  const { prepared, outlook, budgetMicros, problems } = outlookOf(request, markets, { nowMs, isExact });
  const { suggestedMinimumMicros, suggestedMaximumMicros } = outlook;
  const budgets = budgetsAround(budgetMicros, suggestedMaximumMicros);
  const deliveries = outlook.deliveries(budgets);
  const delivery = deliveries[budgets.indexOf(budgetMicros)] as Delivery;
  const quoteId = requestHash(asked, own.map(stateOf).join(' ') + (isExact ? ' exact' : ''));
  const modelVersion = modelOf(own);
  const validUntilAtMs = validUntil(own, nowMs);
  const curve = deliveryForecast(deliveries.map(roundedDelivery), {
    currency: request.currency,
    generatedAtMs: nowMs,
    validUntilAtMs,
    suggestedMaximumMicros,
    modelId: modelVersion,
    inputsHash: quoteId,
  });
  return {
    ...(requestId === undefined ? {} : { requestId }),
    quoteId,
    generated_at: curve.generated_at,
    valid_until: curve.valid_until,
    modelVersion,
    tier: isExact ? 'exact' : 'fast',
    currency: request.currency,
    budgetMicros,
    fullSpendProbability: rounded(delivery.fullSpend),
    suggestedMinimumMicros,
    suggestedMaximumMicros,
    ...supplyEstimates(prepared, isExact),
    forecast: curve as unknown as Record<string, unknown>,
    rateCard: requestPrices(request, own, nowMs),
    parts: quotedParts(prepared, delivery, isExact),
    ...(request.whatIf && {
      whatIf: request.whatIf.map((change) => otherwise(request, change, markets, { nowMs, isExact })),
    }),
    contention: contendedCells(prepared.parts, request),
    trackRecord: trackRecordOf(names),
    ...(problems.length > 0 && { problems }),
  };
}

interface RequestOutlook {
  prepared: PreparedRequest;
  outlook: SpendOutlook;
  budgetMicros: number;
  problems: Problem[];
}

function outlookOf(
  request: QuoteRequest,
  markets: ReadonlyMap<string, QuoteMarket>,
  { nowMs, isExact }: Pick<QuoteContext, 'nowMs' | 'isExact'>,
): RequestOutlook {
  const prepared = prepareRequest(request, markets, isExact);
  const outlook = spendOutlook(prepared, isExact);
  const found = request.goal && outlook.budgetFor(request.goal);
  const budgetMicros = request.budgetMicros ?? found?.budgetMicros ?? 0;
  return { prepared, outlook, budgetMicros, problems: requestProblems(prepared, { budgetMicros, nowMs, found }) };
}

/** The same asked anew with the change. */
function otherwise(
  { whatIf: _, goal, ...request }: QuoteRequest,
  { name, segments, surfaces, budgetMicros: micros, startAtMs, endAtMs }: NonNullable<QuoteRequest['whatIf']>[number],
  markets: ReadonlyMap<string, QuoteMarket>,
  context: Pick<QuoteContext, 'nowMs' | 'isExact'>,
): NonNullable<QuoteAnswer['whatIf']>[number] {
  const changed: QuoteRequest = {
    ...request,
    ...(startAtMs === undefined ? {} : { startAtMs }),
    ...(endAtMs === undefined ? {} : { endAtMs }),
    // A budget takes the place of a goal.
    ...(micros === undefined ? goal && { goal } : { budgetMicros: micros }),
    subcampaigns: request.subcampaigns.map((part) => ({
      ...part,
      ...(segments && { segments }),
      ...(surfaces && { surfaces }),
    })),
  };
  const { prepared, outlook, budgetMicros } = outlookOf(changed, markets, context);
  const { suggestedMinimumMicros, suggestedMaximumMicros } = outlook;
  const [delivery] = outlook.deliveries([budgetMicros]) as [Delivery];
  return {
    name,
    budgetMicros,
    fullSpendProbability: rounded(delivery.fullSpend),
    suggestedMinimumMicros,
    suggestedMaximumMicros,
    clicks: {
      low: Math.round(delivery.clicks.low),
      mid: Math.round(delivery.clicks.mid),
      high: Math.round(delivery.clicks.high),
    },
    availableMicros: prepared.bookableMicros,
  };
}

function budgetsAround(budgetMicros: number, maximumMicros: number): number[] {
  const budgets = CURVE.map((part) => Math.min(Number.MAX_SAFE_INTEGER, Math.round(part * budgetMicros)));
  return [...new Set([...budgets, maximumMicros])].sort((one, other) => one - other);
}

function stateOf({ market, bookVersion, supplyVersion, asOfMs, rateCard }: QuoteMarket): string {
  return `${market}:${bookVersion}:${supplyVersion}:${asOfMs}:${rateCard.version}`;
}

function modelOf(markets: readonly QuoteMarket[]): string {
  const models = new Set(markets.map(({ supply }) => supply.known.find((day) => day)?.modelId ?? 'none'));
  return models.size === 0 ? 'none' : [...models].join('+').slice(0, 200);
}

/**
 * While prices hold, which a snapshot made with itself or had before, and no forecast is a day old: a quote of a snapshot that
 * has grown old holds for what is left of its hour, in the end for no time.
 */
function validUntil(markets: readonly QuoteMarket[], nowMs: number): number {
  let atMs = nowMs + PRICES_LAST_MS;
  for (const { rateCard, supply } of markets) {
    const issuedAtMs = supply.known.find((day) => day)?.issuedAtMs ?? nowMs;
    atMs = Math.min(atMs, rateCard.validUntilAtMs, issuedAtMs + DAY_MS);
  }
  return Math.max(nowMs, atMs);
}

/** Probabilities in four digits. */
function roundedDelivery(delivery: Delivery): Delivery {
  return { ...delivery, fullSpend: rounded(delivery.fullSpend) };
}

function rounded(probability: number): number {
  return Math.round(Math.max(0, Math.min(1, probability)) * 1e4) / 1e4;
}
