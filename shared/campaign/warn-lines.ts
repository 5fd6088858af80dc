// Once an hour: will each line of a market still spend its budget? The first time that one which was likely to is not any more,
// its campaign is warned; it is warned again only after it has recovered.
import type { BookEntry, SupplyDay } from '../contracts/documents.ts';
import type { RiskReason, SpendAtRisk } from '../contracts/lifecycle-outcomes.ts';
import type { ErrorSpread } from '../forecasting/error-spread.ts';
import { forecastSpread } from '../forecasting/forecast-spread.ts';
import { SUGGESTED_PROBABILITY, fullSpend, type SpendTerms } from '../forecasting/full-spend.ts';
import { roughFullSpend } from '../forecasting/rough-full-spend.ts';
import { poolParts } from '../forecasting/spend-pool.ts';
import { dueMicros } from '../pacing/spend-curve.ts';
import { isEligible } from '../planning/market-model.ts';
import { entryKey } from './fold-reports.ts';
import type { ServedEntry } from './serve-entries.ts';

/** From here on a budget is called likely to be spent. */
const LIKELY = SUGGESTED_PROBABILITY;
/** Below it is as likely not to be. */
const UNLIKELY = 0.5;
/** A rough probability that is further from what matters decides it, at a hundredth of the cost of the exact one. */
const ROUGHNESS = 0.05;
/** A line's own clicks are believed like so many that cells had: ads differ by some fifth. */
const RATE_CLICKS = 30;
/** Those with most at stake come first, the others in the next hour: an entry of the ledger holds 900 outcomes. */
const MAX_WARNINGS = 60;

export interface WarningContext {
  market: string;
  /** The supply of the day. */
  supply: SupplyDay | undefined;
  /** What forecasts are multiplied by: the nowcast. */
  supplyFactor: number;
  nowMs: number;
}

/**
 * Warns of guaranteed lines, and notes in their entries, in place, when one becomes likely or unlikely to spend its budget.
 * What others are served is in it: a line counts on what it is allocated and on what nobody was. What bids in auctions was
 * promised nothing.
 */
export function warnLines(
  entries: Map<string, BookEntry>,
  served: ReadonlyMap<string, ServedEntry>,
  context: WarningContext,
): SpendAtRisk[] {
  const { supply } = context;
  if (!supply) return [];
  const spread = supply.errorSpread ?? forecastSpread([], quantilesOf(supply.cells));
  const doubtful: Doubtful[] = [];
  for (const [key, line] of served) {
    const entry = entries.get(key) as BookEntry;
    if (entry.isAuctioned) continue;
    const outlook = outlookOf(entry, line, supply, spread);
    const rough = roughFullSpend(outlook.terms(outlook), line.remainingMicros);
    if (entry.fullSpendPpm !== undefined && entry.fullSpendPpm >= ppmOf(LIKELY)) {
      if (rough < UNLIKELY + ROUGHNESS) doubtful.push({ entry, line, outlook });
      continue;
    }
    if (rough < LIKELY - ROUGHNESS) continue;
    const likelihood = rough > LIKELY + ROUGHNESS ? rough : fullSpend(outlook.terms(outlook), line.remainingMicros);
    if (likelihood >= LIKELY) entries.set(key, { ...entry, fullSpendPpm: ppmOf(likelihood) });
  }
  doubtful.sort((a, b) => b.line.remainingMicros - a.line.remainingMicros);
  return doubtful
    .slice(0, MAX_WARNINGS)
    .flatMap((one) => warningOf(one, context, supply) ?? [])
    .map((warning) => {
      const key = entryKey(warning);
      entries.set(key, { ...(entries.get(key) as BookEntry), fullSpendPpm: warning.fullSpendPpm });
      return warning;
    });
}

/** A line that was likely to spend its budget and does not seem so any more. */
interface Doubtful {
  entry: BookEntry;
  line: ServedEntry;
  outlook: Outlook;
}

function warningOf({ entry, line, outlook }: Doubtful, context: WarningContext, supply: SupplyDay) {
  const { tenantId, campaignId, subcampaignId, fullSpendPpm: beforePpm = 0 } = entry;
  const likelihood = fullSpend(outlook.terms(outlook), line.remainingMicros);
  if (likelihood >= UNLIKELY) return undefined;
  const warning: SpendAtRisk = {
    type: 'spend-at-risk',
    ...{ tenantId, campaignId, subcampaignId, market: context.market },
    fullSpendPpm: ppmOf(likelihood),
    beforePpm,
    remainingMicros: line.remainingMicros,
    reason: reasonOf(entry, line, outlook, context, supply),
  };
  return warning;
}

function ppmOf(probability: number): number {
  return Math.round(probability * 1e6);
}

/** What a line's prospects depend on. */
interface Prospects {
  /** What supply at its median would deliver of its money and beyond, were listeners to click as booked. */
  potentialMicros: number;
  /** Clicks beside those that were booked for the same impressions. */
  response: number;
  remainingMicros: number;
}

interface Outlook extends Prospects {
  /** What its money can be spent on, with these prospects. */
  terms(prospects: Prospects): SpendTerms;
}

function outlookOf(entry: BookEntry, line: ServedEntry, supply: SupplyDay, spread: ErrorSpread): Outlook {
  const { clickPriceMicros } = entry;
  const cells = supply.cells.filter((cell) => isEligible(entry, cell));
  const traffic = totalOf(cells, ({ q50 }) => q50);
  const clickShare = traffic > 0 ? totalOf(cells, ({ q50, clickPpm }) => (q50 * clickPpm) / 1e6) / traffic : 0;
  const trials = totalOf(cells, ({ clickTrials = Infinity }) => clickTrials);
  const prior = clickShare > 0 ? Math.min(RATE_CLICKS, clickShare * trials) : 0;
  const { came, expected } = maturedClicks(entry);
  return {
    potentialMicros: line.remainingMicros - line.shortMicros + line.spareMicros,
    response: prior > 0 ? (prior + came) / (prior + expected) : 0,
    remainingMicros: line.remainingMicros,
    terms({ potentialMicros, response }) {
      const share = Math.min(1, clickShare * response);
      const alpha = prior + came;
      return poolParts([
        {
          market: supply.market,
          forecast: clickShare > 0 ? potentialMicros / clickPriceMicros / clickShare : 0,
          spread,
          widening: supply.widening ?? 1,
          rate: share > 0 ? { alpha, beta: (alpha * (1 - share)) / share } : { alpha: 0, beta: 1 },
          clickPriceMicros,
        },
      ]);
    },
  };
}

/** Clicks on impressions whose click window has closed, and what was expected of those: late clicks would look like few. */
function maturedClicks({ cohorts, leases, spentMicros, clickPriceMicros }: BookEntry): {
  came: number;
  expected: number;
} {
  const openCharged = totalOf(cohorts, ({ chargedMicros }) => chargedMicros);
  const openConfirmed = totalOf(cohorts, ({ confirmedMicros }) => confirmedMicros);
  return {
    came: Math.max(0, spentMicros - openConfirmed) / clickPriceMicros,
    expected: Math.max(0, totalOf(leases, ({ chargedMicros }) => chargedMicros) - openCharged) / clickPriceMicros,
  };
}

/** The first thing with which, had it been as it should, the budget would be as likely spent as not. */
function reasonOf(
  entry: BookEntry,
  { eligibleMicros }: ServedEntry,
  outlook: Outlook,
  { supplyFactor, nowMs }: WarningContext,
  { hourShape }: SupplyDay,
): RiskReason {
  const { potentialMicros, response, remainingMicros } = outlook;
  const plannedMicros = Math.max(0, entry.budgetMicros - dueMicros(entry, hourShape, nowMs));
  const otherwise: [RiskReason, Prospects][] = [
    ['supply', { ...outlook, potentialMicros: potentialMicros / Math.min(1, supplyFactor) }],
    ['response', { ...outlook, response: Math.max(1, response) }],
    ['pacing', { ...outlook, remainingMicros: Math.min(remainingMicros, plannedMicros) }],
    ['contention', { ...outlook, potentialMicros: Math.max(potentialMicros, eligibleMicros) }],
  ];
  const found = otherwise.find(
    ([, prospects]) => roughFullSpend(outlook.terms(prospects), prospects.remainingMicros) >= UNLIKELY,
  );
  return found?.[0] ?? 'supply';
}

function quantilesOf(cells: SupplyDay['cells']): { q10: number; q50: number; q90: number } {
  return {
    q10: totalOf(cells, ({ q10 }) => q10),
    q50: totalOf(cells, ({ q50 }) => q50),
    q90: totalOf(cells, ({ q90 }) => q90),
  };
}

function totalOf<T>(items: readonly T[], amountOf: (item: T) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}
