// Which rows say what an event asked for: those that it can be made from again.
import type { Outcome } from '../contracts/outcomes.ts';
import type { Table } from './outcome-log.ts';

export const recordedTables = {
  campaigns: ['outcomes'],
  reports: ['deliveries', 'supply_observations'],
} as const satisfies Record<string, readonly Table[]>;

const types = [
  'campaign-accepted',
  'budget-applied',
  'budget-refused',
  'status-applied',
  'status-refused',
  'delivery-folded',
  'supply-observed',
] as const satisfies readonly Outcome['type'][];
export const recordedTypes: ReadonlySet<string> = new Set(types);
