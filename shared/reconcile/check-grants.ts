// Invariant 1 over time: what every grant of a subcampaign added up to.
import { entryKey } from '../campaign/fold-reports.ts';
import { dayOf, DAY_MS } from '../forecasting/traffic-clock.ts';
import type { MarketScope, OutcomeReader } from '../outcomes/outcome-reader.ts';
import type { Difference } from './difference.ts';

/**
 * No grant ever brought spent + in flight + leased above the budget. Against the highest budget that the subcampaign
 * had: which budget a slot met is not in the rows. Above it without a grant is no fault: late clicks may pass it.
 */
export async function checkGrants(reader: OutcomeReader, scope: MarketScope): Promise<Difference[]> {
  const budgets = new Map(
    (await reader.highestBudgets(scope)).map((highest) => [entryKey(highest), highest.budgetMicros]),
  );
  return (await reader.grantPeaks(scope)).flatMap((peak): Difference[] => {
    const budgetMicros = budgets.get(entryKey(peak)) ?? 0;
    if (peak.committedMicros <= budgetMicros) return [];
    const where = `market ${scope.market} ${entryKey(peak)} committedMicros`;
    return [
      { code: 'GRANTED_ABOVE_BUDGET', where, expected: `at most ${budgetMicros}`, found: String(peak.committedMicros) },
    ];
  });
}

/** The first day whose rows can concern these flights: ticks and reports begin with the flight, and a little before. */
export function firstDayOf(flights: readonly { startAtMs: number }[]): string {
  const startAtMs = flights.length === 0 ? 0 : Math.min(...flights.map((flight) => flight.startAtMs));
  return dayOf(Math.max(0, startAtMs - 2 * DAY_MS));
}
