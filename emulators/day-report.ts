// The report of a played day: a line per campaign, totals, and what did not hold.
import type { Campaign } from '../shared/contracts/documents.ts';
import type { DayReadings } from './day-readings.ts';
import { dayViolations } from './day-violations.ts';
import { pacingError, spendSeries, type SpendPoint } from './spend-series.ts';
import type { Population } from './world/population.ts';
import { judgeYield } from './world-yield.ts';
import type { PlayResult } from './world-stack.ts';

/** One campaign's line of the table. */
export interface CampaignLine {
  campaignId: string;
  tenantId: string;
  status: Campaign['status'];
  /** Its owner cancelled it: what was left of its budget was not to be spent. */
  isCancelled?: true;
  budgetMicros: number;
  spentMicros: number;
  billedMicros: number;
  leasedMicros: number;
  accruedMicros: number;
  overrunMicros: number;
  impressions: number;
  /** Listeners that saw it, each counted once for each of its parts. */
  reach: number;
  clicks: number;
  /** Billed for a click; absent without clicks. */
  clickCostMicros?: number;
  /** What was said when it was booked: the probability that all is spent, and expected clicks. */
  quoted?: { fullSpend: number; clicks: number };
  /** Mean distance of accrued spend from the plan at the full hours of the flight, in parts of the budget; absent where all is due at once. */
  pacingError?: number;
  /** Spend beside the plan, hour by hour. */
  series: SpendPoint[];
}

export interface DayReport {
  campaigns: CampaignLine[];
  totals: {
    campaigns: number;
    refused: number;
    /** Asked and booked over HTTP: quotes, bookings, and campaigns that came of them. */
    quotes: number;
    bookings: number;
    bookedOverHttp: number;
    events: number;
    reports: number;
    ticks: number;
    /** Rows in the de-duplicated views. */
    outcomes: number;
    duplicatesAbsorbed: number;
    quarantined: number;
    overspendMicros: number;
    opportunities: number;
    impressions: number;
    clicks: number;
    budgetMicros: number;
    spentMicros: number;
    billedMicros: number;
    reach: number;
    /** What spot demand paid. */
    spotMicros: number;
    /** Billed, and paid by spot demand. */
    revenueMicros: number;
    /** Slots by why they went to whom they went. */
    awards: PlayResult['awards'];
    /** How campaigns went on and ended, by kind. */
    notices: Record<string, number>;
    /** Refusals that named changes with which the order would be accepted. */
    counterOffered: number;
  };
  /** What was made of the requests that came; see {@link judgeYield}. */
  yield: ReturnType<typeof judgeYield>;
  /** How the forecasts of the markets' days turned out; absent where no day is over. */
  forecast?: { days: number; medianError: number; inside: number };
  /** What did not hold, each with the number of its invariant; empty when all did. */
  violations: string[];
}

export function reportDay(
  readings: DayReadings,
  play: PlayResult,
  population: Population,
  tickIntervalMs: number,
): DayReport {
  // A refused campaign whose changes were waiting, or came later, is only expected.
  const booked = readings.campaigns.filter((campaign) => campaign.status !== 'expected');
  const paced = Map.groupBy(readings.paced, (row) => row.campaignId);
  const campaigns = booked.map((campaign) =>
    lineOf(campaign, readings, spendSeries(campaign, paced.get(campaign.campaignId) ?? [], population, tickIntervalMs)),
  );
  const sum = (name: 'budgetMicros' | 'spentMicros' | 'billedMicros' | 'impressions' | 'clicks' | 'reach') =>
    campaigns.reduce((total, line) => total + line[name], 0);
  const spotMicros = Math.round(Object.values(play.spot).reduce((total, { paidMicros }) => total + paidMicros, 0));
  const events = play.published.filter((event) => !event.isMalformed);
  const published = events.filter((event) => event.topic === 'campaign-created').length;
  const called = play.booked.flatMap(({ isOption, answer: { lines = [] } }) => (isOption ? [] : lines));
  const ordered = published + called.length;
  return {
    campaigns,
    totals: {
      campaigns: ordered,
      refused: ordered - campaigns.length,
      quotes: play.booked.reduce((total, { quotes }) => total + quotes, 0),
      bookings: play.booked.length,
      bookedOverHttp: called.filter(({ result }) => result !== 'refused').length,
      events: events.length,
      reports: play.reports,
      ticks: play.ticks,
      outcomes: readings.rows.reduce((total, row) => total + row.inView, 0),
      duplicatesAbsorbed:
        events.reduce((total, event) => total + event.copies - 1, 0) +
        play.booked.filter(({ repeated }) => repeated !== undefined).length +
        play.duplicates +
        play.doubledTicks,
      quarantined: readings.quarantined.length,
      overspendMicros: campaigns.reduce((total, line) => total + Math.max(0, line.billedMicros - line.budgetMicros), 0),
      opportunities: play.opportunities,
      impressions: sum('impressions'),
      clicks: sum('clicks'),
      budgetMicros: sum('budgetMicros'),
      spentMicros: sum('spentMicros'),
      billedMicros: sum('billedMicros'),
      reach: sum('reach'),
      spotMicros,
      revenueMicros: sum('billedMicros') + spotMicros,
      awards: play.awards,
      notices: readings.notices,
      counterOffered: readings.refused.filter(({ counterOffers }) => counterOffers > 0).length,
    },
    yield: judgeYield(readings, play, population),
    ...forecastOf(readings.scores),
    violations: dayViolations(readings, play),
  };
}

function forecastOf(scores: DayReadings['scores']): Pick<DayReport, 'forecast'> {
  if (scores.length === 0) return {};
  const errors = scores.map(({ logError }) => Math.abs(Math.expm1(logError))).sort((left, right) => left - right);
  const medianError = errors[Math.floor(errors.length / 2)] as number;
  return {
    forecast: { days: scores.length, medianError, inside: scores.filter(({ isInside }) => isInside).length },
  };
}

function lineOf(
  campaign: Campaign,
  { billed, quotes, reached, cancelledAtMs }: DayReadings,
  series: SpendPoint[],
): CampaignLine {
  const { campaignId, tenantId, status, budgetMicros, subcampaigns } = campaign;
  const sum = (name: 'spentMicros' | 'leasedMicros' | 'inFlightMicros' | 'overrunMicros' | 'impressions' | 'clicks') =>
    subcampaigns.reduce((total, sub) => total + sub[name], 0);
  const billedMicros = billed.reduce((total, row) => total + (row.campaignId === campaignId ? row.billedMicros : 0), 0);
  const quoted = quotes.find((quote) => quote.campaignId === campaignId);
  const isAtOnce = subcampaigns.some(({ pacing }) => pacing === 'asap');
  const error = isAtOnce ? undefined : pacingError(series, budgetMicros);
  return {
    campaignId,
    tenantId,
    status,
    ...(cancelledAtMs.has(campaignId) ? { isCancelled: true as const } : {}),
    budgetMicros,
    spentMicros: sum('spentMicros'),
    billedMicros,
    leasedMicros: sum('leasedMicros'),
    accruedMicros: sum('spentMicros') + sum('inFlightMicros'),
    overrunMicros: sum('overrunMicros'),
    impressions: sum('impressions'),
    reach: subcampaigns.reduce((total, sub) => total + (reached.get(`${campaignId}/${sub.subcampaignId}`) ?? 0), 0),
    clicks: sum('clicks'),
    ...(sum('clicks') > 0 ? { clickCostMicros: Math.round(billedMicros / sum('clicks')) } : {}),
    ...(error === undefined ? {} : { pacingError: error }),
    ...(quoted ? { quoted: { fullSpend: quoted.fullSpend, clicks: quoted.clicks } } : {}),
    series,
  };
}
