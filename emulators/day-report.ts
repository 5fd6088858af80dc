// The report of a played day: a line per campaign, totals, and what did not hold.
import type { Campaign } from '../shared/contracts/documents.ts';
import { dayOf } from '../shared/forecasting/traffic-clock.ts';
import { passedTrafficShare } from '../shared/pacing/spend-curve.ts';
import type { BilledRow, DayReadings, PacedRow, QuotedRow } from './day-readings.ts';
import { dayViolations } from './day-violations.ts';
import type { Population } from './world/population.ts';
import type { PlayResult } from './world-stack.ts';

const HOUR_MS = 3_600_000;

/** One campaign's line of the table. */
export interface CampaignLine {
  campaignId: string;
  tenantId: string;
  status: Campaign['status'];
  budgetMicros: number;
  spentMicros: number;
  billedMicros: number;
  leasedMicros: number;
  accruedMicros: number;
  overrunMicros: number;
  impressions: number;
  clicks: number;
  /** What was said when it was booked: the probability that all is spent, and expected clicks. */
  quoted?: { fullSpend: number; clicks: number };
  /** Mean distance of accrued spend from the traffic curve at the full hours of the flight, in parts of the budget. */
  pacingError?: number;
}

export interface DayReport {
  campaigns: CampaignLine[];
  totals: {
    campaigns: number;
    refused: number;
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
  };
  /** How the forecasts of the markets' first day turned out; absent where the day is not over. */
  forecast?: { markets: number; medianError: number; inside: number };
  /** What did not hold, each with the number of its invariant; empty when all did. */
  violations: string[];
}

export function reportDay(
  readings: DayReadings,
  play: PlayResult,
  population: Population,
  tickIntervalMs: number,
): DayReport {
  const paced = Map.groupBy(readings.paced, (row) => row.campaignId);
  // A refused campaign whose changes were waiting, or came later, is only expected.
  const booked = readings.campaigns.filter((campaign) => campaign.status !== 'expected');
  const campaigns = booked.map((campaign) =>
    lineOf(campaign, {
      billed: readings.billed.filter(({ campaignId }) => campaignId === campaign.campaignId),
      quoted: readings.quotes.find(({ campaignId }) => campaignId === campaign.campaignId),
      error: pacingError(campaign, paced.get(campaign.campaignId) ?? [], population, tickIntervalMs),
    }),
  );
  const sum = (name: 'budgetMicros' | 'spentMicros' | 'billedMicros' | 'impressions' | 'clicks') =>
    campaigns.reduce((total, line) => total + line[name], 0);
  const events = play.published.filter((event) => !event.isMalformed);
  const created = events.filter((event) => event.topic === 'campaign-created').length;
  return {
    campaigns,
    totals: {
      campaigns: created,
      refused: created - campaigns.length,
      events: events.length,
      reports: play.reports,
      ticks: play.ticks,
      outcomes: readings.rows.reduce((total, row) => total + row.inView, 0),
      duplicatesAbsorbed:
        events.reduce((total, event) => total + event.copies - 1, 0) + play.duplicates + play.doubledTicks,
      quarantined: readings.quarantined.length,
      overspendMicros: campaigns.reduce((total, line) => total + Math.max(0, line.billedMicros - line.budgetMicros), 0),
      opportunities: play.opportunities,
      impressions: sum('impressions'),
      clicks: sum('clicks'),
      budgetMicros: sum('budgetMicros'),
      spentMicros: sum('spentMicros'),
      billedMicros: sum('billedMicros'),
    },
    ...forecastOf(readings.scores),
    violations: dayViolations(readings, play),
  };
}

function forecastOf(scores: DayReadings['scores']): Pick<DayReport, 'forecast'> {
  if (scores.length === 0) return {};
  const errors = scores.map(({ logError }) => Math.abs(Math.expm1(logError))).sort((left, right) => left - right);
  const medianError = errors[Math.floor(errors.length / 2)] as number;
  return {
    forecast: { markets: scores.length, medianError, inside: scores.filter(({ isInside }) => isInside).length },
  };
}

function lineOf(
  campaign: Campaign,
  { billed, error, quoted }: { billed: readonly BilledRow[]; error: number | undefined; quoted: QuotedRow | undefined },
): CampaignLine {
  const { campaignId, tenantId, status, budgetMicros, subcampaigns } = campaign;
  const sum = (name: 'spentMicros' | 'leasedMicros' | 'inFlightMicros' | 'overrunMicros' | 'impressions' | 'clicks') =>
    subcampaigns.reduce((total, sub) => total + sub[name], 0);
  return {
    campaignId,
    tenantId,
    status,
    budgetMicros,
    spentMicros: sum('spentMicros'),
    billedMicros: billed.reduce((total, row) => total + row.billedMicros, 0),
    leasedMicros: sum('leasedMicros'),
    accruedMicros: sum('spentMicros') + sum('inFlightMicros'),
    overrunMicros: sum('overrunMicros'),
    impressions: sum('impressions'),
    clicks: sum('clicks'),
    ...(error === undefined ? {} : { pacingError: error }),
    ...(quoted ? { quoted: { fullSpend: quoted.fullSpend, clicks: quoted.clicks } } : {}),
  };
}

/** Against the split as it ended: a budget changed in mid-flight shows as an error until then. */
function pacingError(
  { terms, budgetMicros, subcampaigns }: Campaign,
  paced: readonly PacedRow[],
  population: Population,
  tickIntervalMs: number,
): number | undefined {
  if (!terms || paced.length === 0 || budgetMicros === 0) return undefined;
  const accrued = new Map<string, number>();
  const distances: number[] = [];
  let next = 0;
  for (let atMs = terms.startAtMs + HOUR_MS; atMs <= terms.endAtMs; atMs += HOUR_MS) {
    // What was served until now is in the tick after it.
    for (; next < paced.length && (paced[next] as PacedRow).atMs <= atMs + tickIntervalMs; next++) {
      const row = paced[next] as PacedRow;
      accrued.set(row.subcampaignId, row.accruedMicros);
    }
    const due = subcampaigns.reduce((sum, sub) => {
      const { hourShape } = population.expectedSupply(sub.market, dayOf(Math.min(atMs, terms.endAtMs - 1)));
      return sum + sub.budgetMicros * passedTrafficShare({ ...terms, trafficByDay: sub.trafficByDay }, hourShape, atMs);
    }, 0);
    const got = [...accrued.values()].reduce((sum, micros) => sum + micros, 0);
    distances.push(Math.abs(got - due) / budgetMicros);
  }
  return distances.length === 0 ? undefined : distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
}
