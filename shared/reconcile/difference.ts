// One thing that does not agree, and what mends it.
import type { OutcomeReader } from '../outcomes/outcome-reader.ts';
import type { AllocationStore } from '../store/allocation-store.ts';

/** What a check reads. */
export interface ReconcileDeps {
  store: AllocationStore;
  reader: OutcomeReader;
  /** Wall clock. */
  nowMs: number;
}

export const differenceMends = {
  UNDRAINED: 'publish an andante.outcome-drain.v1 event and reconcile again; differences below may be only these rows',
  REPORTS_WAITING: 'run tick for this market and reconcile again',
  ROW_TWICE: 'the de-duplicating view does not: compare it with terraform/views',
  ROW_MISSING: 'rows of a drained ledger entry are not in BigQuery: append its outcomes again from the ledger',
  LEDGER_MISSING: 'a row has no ledger entry: find out who wrote it or who deleted the entry',
  LEDGER_DIFFERS: 'a row is not what the ledger decided: find out who changed either',
  STATE_DIFFERS: 'the outcomes do not add up to the stored state: inspect the entries of its last events',
  DELIVERY_DIFFERS: 'the folded reports do not add up to the book: inspect the ledger of the market’s last reports',
  SPLIT_DIFFERS: 'subcampaigns and escrow are not the campaign’s budget: invariant 1 is violated, pause the campaign',
  BILLED_ABOVE_BUDGET: 'invariant 1 is violated: do not invoice, pause the campaign',
  GRANTED_ABOVE_BUDGET: 'invariant 1 is violated: pause the campaign',
  CAMPAIGN_MISSING: 'the book holds money of a campaign that is not stored',
  ENTRY_MISSING: 'a live subcampaign is not in its market’s book: nothing of it is served',
  ENTRY_DIFFERS: 'the book and the campaign disagree',
  PAGE_TABLE_DIFFERS: 'the market’s table of pages is not what its pages hold: new campaigns may be misplaced',
  PLAN_DIFFERS: 'the published plan is not the market’s last one: run tick for this market',
} as const;

/** The promise of README, "Invariants", that what differs breaks; the others are other faults. */
export const brokenInvariants: Partial<Record<keyof typeof differenceMends, number>> = {
  SPLIT_DIFFERS: 1,
  BILLED_ABOVE_BUDGET: 1,
  GRANTED_ABOVE_BUDGET: 1,
  ROW_TWICE: 3,
  ROW_MISSING: 3,
  LEDGER_DIFFERS: 3,
  STATE_DIFFERS: 3,
  DELIVERY_DIFFERS: 3,
  LEDGER_MISSING: 3,
};

export interface Difference {
  code: keyof typeof differenceMends;
  /** What it is about: `market SE`, `tenant/campaign subcampaign field`. */
  where: string;
  expected: string;
  found: string;
}

/** The difference between two numbers or texts, in a list of its own so that it can be spread; empty when equal. */
export function compare(
  code: Difference['code'],
  where: string,
  values: { expected: string | number; found: string | number },
): Difference[] {
  const { expected, found } = values;
  return expected === found ? [] : [{ code, where, expected: String(expected), found: String(found) }];
}
