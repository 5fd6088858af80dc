// Past forecasts and quotes of the log in memory against what came, as the views forecast_scores and quote_scores do.
import type { BudgetApplied, CampaignAccepted, Outcome, SubcampaignEnded } from '../contracts/outcomes.ts';
import type { QuoteIssued, Range, SupplyForecast } from '../contracts/forecast-outcomes.ts';
import { DAY_MS } from '../forecasting/traffic-clock.ts';
import { outcomeOf } from './from-row.ts';
import type { MemoryLog } from './memory-log.ts';
import { cellHours, observationsOf } from './memory-observations.ts';
import { rowsOnce } from './rows-once.ts';

type Rows = Pick<MemoryLog, 'rows'>;

/** A total of a supply forecast whose period was observed. */
export interface ForecastScore {
  eventDay: string;
  market: string;
  modelId: string;
  issuedAtMs: number;
  endedAtMs: number;
  segment?: string;
  surface?: string;
  days: number;
  actual: number;
  logError: number;
  isInside: boolean;
}

/** Fewer hours than this share of its period, and a total says nothing. */
const LEAST_OBSERVED_SHARE = 0.95;

export function forecastScores(log: Rows): ForecastScore[] {
  const observations = Map.groupBy(observationsOf(log), ({ market }) => market);
  const lastDay = [...observations.values()]
    .flat()
    .reduce((last, { eventDay }) => (eventDay > last ? eventDay : last), '');
  const knownUntilMs = lastDay === '' ? -Infinity : Date.parse(lastDay) + DAY_MS;
  return rowsOnce(log, 'forecasts').flatMap(({ json }) => {
    const forecast = outcomeOf(json) as SupplyForecast;
    if (forecast.type !== 'supply-forecast') return [];
    // A row leaves out lists that are empty: of a market that nobody knew, nothing was forecast.
    const { market, modelId, issuedAtMs, fromAtMs, totals = [] } = forecast;
    const cells = cellHours(observations.get(market) ?? []);
    return totals.flatMap(({ segment, surface, days, q10, q50, q90 }): ForecastScore[] => {
      const endedAtMs = fromAtMs + days * DAY_MS;
      const isWithin = (atMs: number) => atMs >= fromAtMs && atMs < endedAtMs;
      const hours = new Set(cells.flatMap(({ hoursAtMs }) => hoursAtMs.filter(isWithin)));
      if (endedAtMs > knownUntilMs || hours.size < LEAST_OBSERVED_SHARE * days * 24) return [];
      const actual = cells
        .filter((cell) => segment === undefined || (cell.segment === segment && cell.surface === surface))
        .flatMap((cell) => cell.opportunities.filter((_count, index) => isWithin(cell.hoursAtMs[index] as number)))
        .reduce((total, count) => total + count, 0);
      return [
        {
          eventDay: String(json['event_date']),
          market,
          modelId,
          issuedAtMs,
          endedAtMs,
          ...(segment === undefined ? {} : { segment }),
          ...(surface === undefined ? {} : { surface }),
          days,
          actual,
          logError: logRatio(actual, q50),
          isInside: actual >= q10 && actual <= q90,
        },
      ];
    });
  });
}

/** What a quote said of a campaign, or of one of its parts, that has ended. */
export interface QuoteScore {
  eventDay: string;
  /** Empty: the whole campaign. */
  market: string;
  modelId: string;
  fullSpend: number;
  isSpentInFull: boolean;
  ranges: Record<'impressions' | 'clicks' | 'conversions' | 'spend', { logError: number; isInside: boolean }>;
}

/** What is less than the price of a click cannot be spent. */
const IN_FULL_SHARE = 0.99;

export function quoteScores(log: Rows): QuoteScore[] {
  const outcomes = rowsOnce(log, 'outcomes').map(({ json }) => outcomeOf(json));
  return rowsOnce(log, 'quotes').flatMap(({ json }) => {
    const quote = outcomeOf(json) as QuoteIssued;
    const own = outcomes.filter((outcome) => isOf(outcome, quote));
    if (own.some((outcome) => outcome.type === 'status-applied' && outcome.requestedStatus !== 'active')) return [];
    const ended = own.filter((outcome): outcome is SubcampaignEnded => outcome.type === 'subcampaign-ended');
    const about = { eventDay: String(json['event_date']), modelId: quote.modelId };
    const whole =
      ended.length === quote.subcampaigns.length && lastBudget(own) === quote.budgetMicros
        ? [{ ...about, market: '', ...judge(quote, sums(ended)) }]
        : [];
    const parts = quote.subcampaigns.flatMap((part) => {
      const end = ended.find(({ subcampaignId }) => subcampaignId === part.subcampaignId);
      return end?.budgetMicros === part.budgetMicros ? [{ ...about, market: end.market, ...judge(part, end) }] : [];
    });
    return [...whole, ...parts];
  });
}

type Delivered = Pick<SubcampaignEnded, 'billedMicros' | 'impressions' | 'clicks' | 'conversions'>;

function isOf(outcome: Outcome, { tenantId, campaignId }: QuoteIssued): boolean {
  return 'campaignId' in outcome && outcome.tenantId === tenantId && outcome.campaignId === campaignId;
}

function lastBudget(outcomes: readonly Outcome[]): number | undefined {
  return outcomes
    .filter(
      (outcome): outcome is CampaignAccepted | BudgetApplied =>
        outcome.type === 'campaign-accepted' || outcome.type === 'budget-applied',
    )
    .reduce<CampaignAccepted | BudgetApplied | undefined>(
      (last, outcome) => (last && last.splitVersion > outcome.splitVersion ? last : outcome),
      undefined,
    )?.budgetMicros;
}

function sums(ended: readonly SubcampaignEnded[]): Delivered {
  const sum = (field: keyof Delivered) => ended.reduce((total, one) => total + one[field], 0);
  return {
    billedMicros: sum('billedMicros'),
    impressions: sum('impressions'),
    clicks: sum('clicks'),
    conversions: sum('conversions'),
  };
}

function judge(
  promise: Pick<
    QuoteIssued,
    'budgetMicros' | 'fullSpendPpm' | 'impressions' | 'clicks' | 'conversions' | 'spendMicros'
  >,
  { billedMicros, impressions, clicks, conversions }: Delivered,
): Pick<QuoteScore, 'fullSpend' | 'isSpentInFull' | 'ranges'> {
  const judgeRange = (actual: number, { low, mid, high }: Range) => ({
    logError: logRatio(actual, mid),
    isInside: actual >= low && actual <= high,
  });
  return {
    fullSpend: promise.fullSpendPpm / 1e6,
    isSpentInFull: billedMicros >= IN_FULL_SHARE * promise.budgetMicros,
    ranges: {
      impressions: judgeRange(impressions, promise.impressions),
      clicks: judgeRange(clicks, promise.clicks),
      conversions: judgeRange(conversions, promise.conversions),
      spend: judgeRange(billedMicros, promise.spendMicros),
    },
  };
}

/** Logarithm of what came over what was said; nothing counts as one. */
function logRatio(actual: number, said: number): number {
  return Math.log(Math.max(actual, 1) / Math.max(said, 1));
}
