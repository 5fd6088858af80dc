// Rows as the functions append them, and the outcomes in them that forecasts are made of and judged by.
import type { LedgerEntry } from '../../shared/contracts/documents.ts';
import type { QuoteIssued, SupplyForecast } from '../../shared/contracts/forecast-outcomes.ts';
import type { BudgetApplied, Outcome, SubcampaignEnded, SupplyObserved } from '../../shared/contracts/outcomes.ts';
import type { Row } from '../../shared/outcomes/outcome-log.ts';
import { toRows } from '../../shared/outcomes/to-rows.ts';
import { DAY_MS, HOUR_MS, START_MS } from './instants.ts';

/** The row of one outcome of the event `eventId`. */
export function rowOf(outcome: Outcome, eventId: string, occurredAtMs: number, ingestedAtMs = occurredAtMs): Row {
  const entry = { source: 'test', tenantId: 'andante', eventId, occurredAtMs, outcomes: [outcome] };
  const [row] = toRows(`${eventId}-ledger`, entry as unknown as LedgerEntry, ingestedAtMs);
  return row as Row;
}

/** What a report of one hour observes; it comes in as its window ends. */
export function observed(
  own: Partial<SupplyObserved> & Pick<SupplyObserved, 'market' | 'windowStartAtMs'>,
): SupplyObserved {
  return {
    type: 'supply-observed',
    tenantId: 'andante',
    group: 'a',
    windowEndAtMs: own.windowStartAtMs + HOUR_MS,
    opportunities: [],
    sample: [],
    ...own,
  };
}

/** A forecast of a market by the model `m1`, issued at its first hour. */
export function supplyForecast(
  own: Partial<SupplyForecast> & Pick<SupplyForecast, 'market' | 'fromAtMs' | 'totals'>,
): SupplyForecast {
  return {
    type: 'supply-forecast',
    tenantId: 'andante',
    forecastId: `${own.market}:${own.fromAtMs}`,
    inputsHash: 'a'.repeat(64),
    modelId: 'm1',
    issuedAtMs: own.fromAtMs,
    validUntilAtMs: own.fromAtMs + DAY_MS,
    fittedAtMs: own.fromAtMs,
    ...own,
  };
}

type Part = Omit<QuoteIssued['subcampaigns'][number], 'subcampaignId' | 'market'>;

/** What was promised of a budget: 1,000 impressions, 100 clicks, 10 conversions, each within a fifth. */
export function promised(own: Partial<Part> = {}): Part {
  const budgetMicros = own.budgetMicros ?? 50_000_000;
  const around = (mid: number) => ({ low: mid * 0.8, mid, high: mid * 1.2 });
  return {
    budgetMicros,
    fullSpendPpm: 850_000,
    impressions: around(1000),
    clicks: around(100),
    conversions: around(10),
    spendMicros: { low: budgetMicros * 0.8, mid: budgetMicros, high: budgetMicros },
    ...own,
  };
}

/** What campaign c1 of t1 was told. */
export function quoteIssued(own: Partial<QuoteIssued> & Pick<QuoteIssued, 'subcampaigns'>): QuoteIssued {
  return {
    type: 'quote-issued',
    tenantId: 't1',
    campaignId: 'c1',
    quoteId: 'q1',
    inputsHash: 'b'.repeat(64),
    modelId: 'q1',
    issuedAtMs: START_MS,
    validUntilAtMs: START_MS + DAY_MS,
    currency: 'USD',
    startAtMs: START_MS,
    endAtMs: START_MS + 2 * DAY_MS,
    suggestedMaximumMicros: 60_000_000,
    ...promised(),
    ...own,
  };
}

/** The end of a subcampaign that spent all of 50. */
export function subcampaignEnded(
  own: Partial<SubcampaignEnded> & Pick<SubcampaignEnded, 'market' | 'subcampaignId'>,
): SubcampaignEnded {
  return {
    type: 'subcampaign-ended',
    tenantId: 't1',
    campaignId: 'c1',
    budgetMicros: 50_000_000,
    billedMicros: 50_000_000,
    spentMicros: 50_000_000,
    inFlightMicros: 0,
    leasedMicros: 0,
    overrunMicros: 0,
    impressions: 1000,
    clicks: 100,
    conversions: 10,
    ...own,
  };
}

/** A budget that was applied to campaign c1 of t1. */
export function budgetApplied(own: Partial<BudgetApplied> & Pick<BudgetApplied, 'budgetMicros'>): BudgetApplied {
  return {
    type: 'budget-applied',
    tenantId: 't1',
    campaignId: 'c1',
    requestedMicros: own.budgetMicros,
    escrowMicros: 0,
    budgetVersion: 1,
    splitVersion: 2,
    subcampaigns: [],
    ...own,
  };
}
