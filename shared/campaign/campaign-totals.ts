// What a campaign's numbers are derived from those of its parts: nothing here is stored.
import type { Campaign, Subcampaign } from '../contracts/documents.ts';
import { MAX_MICROS } from '../contracts/micros.ts';
import { billedMicros } from './entry-money.ts';

/** Of one part with its live numbers: what pacing steers, and what the tenant pays. */
export function partMoney(sub: Subcampaign): { accruedMicros: number; billedMicros: number } {
  return { accruedMicros: together([sub.spentMicros, sub.inFlightMicros]), billedMicros: billedMicros(sub) };
}

/** All parts together. */
export function campaignTotals({ subcampaigns }: Pick<Campaign, 'subcampaigns'>) {
  const sum = (amount: (sub: Subcampaign) => number) => together(subcampaigns.map(amount));
  return {
    assignedMicros: sum(({ budgetMicros }) => budgetMicros),
    spentMicros: sum(({ spentMicros }) => spentMicros),
    inFlightMicros: sum(({ inFlightMicros }) => inFlightMicros),
    leasedMicros: sum(({ leasedMicros }) => leasedMicros),
    accruedMicros: sum((sub) => partMoney(sub).accruedMicros),
    billedMicros: sum((sub) => partMoney(sub).billedMicros),
    overrunMicros: sum(({ overrunMicros }) => overrunMicros),
    impressions: sum(({ impressions }) => impressions),
    clicks: sum(({ clicks }) => clicks),
    conversions: sum(({ conversions }) => conversions),
  };
}

/** What was overrun is no budget's: it may add up to more than an integer of micros holds, and is then said to be that much. */
function together(amounts: readonly number[]): number {
  return Math.min(
    MAX_MICROS,
    amounts.reduce((sum, amount) => sum + amount, 0),
  );
}
