// Whether an entry of a book has the budget that its stored campaign gives it.
import type { BookEntry, Subcampaign } from '../contracts/documents.ts';
import { compare, type Difference } from './difference.ts';

/** A budget that was cut below what was committed falls in the book, towards its share; the campaign is not told. */
export function compareBudget(where: string, sub: Subcampaign, entry: BookEntry): Difference[] {
  const { shareMicros, budgetMicros } = sub;
  const found = entry.budgetMicros;
  if (shareMicros === undefined)
    return compare('ENTRY_DIFFERS', `${where} budgetMicros`, { expected: budgetMicros, found });
  if (found >= shareMicros && found <= budgetMicros) return [];
  const expected = `${shareMicros} to ${budgetMicros}`;
  return [{ code: 'ENTRY_DIFFERS', where: `${where} budgetMicros`, expected, found: String(found) }];
}
