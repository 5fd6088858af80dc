// Writes a market's new supply, its models and what was forecast in one transaction. The ledger's entry makes a doubled
// refresh harmless; a refresh that decided on supply which somebody else has replaced meanwhile, or that comes after a newer
// one, is superseded.
import { PLATFORM_TENANT } from '../contracts/platform-tenant.ts';
import type { ForecastModels, LedgerEntry, SupplyDay } from '../contracts/documents.ts';
import type { RefreshOutcome } from '../contracts/forecast-outcomes.ts';
import { refs, type AllocationStore } from './allocation-store.ts';
import { ledgerId, payloadHash } from './ledger-key.ts';
import { newLedgerEntry, type Persisted } from './persist-campaign-event.ts';
import { newMarket } from './persist-supply.ts';

export interface RefreshOf {
  market: string;
  forecastId: string;
  source: string;
  nowMs: number;
  /** What would have been forecast then: recorded to be scored, and nothing is sold on it. */
  isPast?: boolean;
}

export interface RefreshDecision {
  days: readonly SupplyDay[];
  /** Where they were fitted anew. */
  models?: ForecastModels;
  outcome: RefreshOutcome;
}

/** The event that a refresh is to the ledger: one for each forecast. */
export function refreshEvent({ forecastId, source, nowMs }: RefreshOf) {
  return {
    source,
    tenantId: PLATFORM_TENANT,
    eventId: forecastId,
    type: 'andante.supply-refresh.v1',
    occurredAtMs: nowMs,
  };
}

/**
 * @param supplyVersion of the market when what the decision is made of was read; 0 where there was no market
 * @throws AndanteError STORE_UNAVAILABLE
 */
export async function persistRefresh(
  store: AllocationStore,
  of: RefreshOf,
  supplyVersion: number,
  { days, models, outcome }: RefreshDecision,
): Promise<Persisted> {
  const { market, forecastId, nowMs, isPast = false } = of;
  const event = refreshEvent(of);
  const ref = refs.ledger(ledgerId(event));
  return store.transact(
    async (transaction) => {
      const [known, stored] = await transaction.get([ref, refs.market(market)]);
      if (known) return { ref, entry: known, isDuplicate: true };
      const before = stored ?? newMarket(market);
      const { refreshedAtMs = 0 } = before;
      const isSuperseded = !isPast && (before.supplyVersion !== supplyVersion || nowMs < refreshedAtMs);
      const outcomes: LedgerEntry['outcomes'] = isSuperseded ? [] : [outcome];
      const entry = newLedgerEntry(event, {
        hash: payloadHash({ market, forecastId }),
        nowMs,
        outcomes,
        result: isSuperseded ? 'superseded' : 'applied',
      });
      transaction.create(ref, entry);
      if (isSuperseded || isPast) return { ref, entry, isDuplicate: false };
      for (const day of days) transaction.set(refs.supply(market, day.day), day);
      if (models) transaction.set(refs.forecastModels(market), models);
      if (days.length > 0) {
        // A new forecast has seen what the nowcast saw; one that was kept has not.
        const { nowcast, ...rest } = before;
        const kept = outcome.type === 'supply-frozen' && nowcast ? { nowcast } : {};
        transaction.set(refs.market(market), {
          ...rest,
          ...kept,
          supplyVersion: before.supplyVersion + 1,
          refreshedAtMs: nowMs,
        });
      }
      return { ref, entry, isDuplicate: false };
    },
    [refs.market(market)],
  );
}
