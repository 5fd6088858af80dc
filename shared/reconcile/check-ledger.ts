// Whether rows are what the ledger decided, and whether the ledger's outcomes are all there.
import type { LedgerEntry } from '../contracts/documents.ts';
import type { RecordedOutcome } from '../outcomes/outcome-reader.ts';
import { LEDGER_MS } from '../store/persist-campaign-event.ts';
import { refs, type AllocationStore } from '../store/allocation-store.ts';
import { canonicalJson } from '../store/ledger-key.ts';
import type { Difference } from './difference.ts';

/** Documents read at a time. */
const PAGE = 100;

/** @param isOurs which of an entry's outcomes must be among `rows` */
export async function checkLedger(
  store: AllocationStore,
  rows: readonly RecordedOutcome[],
  { nowMs, isOurs }: { nowMs: number; isOurs: (outcome: LedgerEntry['outcomes'][number]) => boolean },
): Promise<Difference[]> {
  const byEntry = Map.groupBy(rows, ({ rowId }) => rowId.slice(0, rowId.indexOf(':')));
  const ids = [...byEntry.keys()];
  const differences: Difference[] = [];
  for (let start = 0; start < ids.length; start += PAGE) {
    const page = ids.slice(start, start + PAGE);
    const entries = await store.read(page.map((id) => refs.ledger(id)));
    page.forEach((id, index) => {
      const own = byEntry.get(id) ?? [];
      const entry = entries[index];
      if (entry) differences.push(...checkEntry(id, entry, own, isOurs));
      else if (own.some(({ ingestedAtMs }) => ingestedAtMs > nowMs - LEDGER_MS)) {
        differences.push({
          code: 'LEDGER_MISSING',
          where: `ledger ${id}`,
          expected: 'an entry',
          found: `${own.length} rows`,
        });
      }
    });
  }
  return differences;
}

function checkEntry(
  id: string,
  entry: LedgerEntry,
  rows: readonly RecordedOutcome[],
  isOurs: (outcome: LedgerEntry['outcomes'][number]) => boolean,
): Difference[] {
  const where = `ledger ${id} (${entry.eventId})`;
  const differs = rows.flatMap(({ rowId, outcome }): Difference[] => {
    const decided = entry.outcomes[Number(rowId.slice(rowId.indexOf(':') + 1))];
    if (decided && canonicalJson(decided) === canonicalJson(outcome)) return [];
    return [
      {
        code: 'LEDGER_DIFFERS',
        where: `${where} row ${rowId}`,
        expected: decided?.type ?? 'no outcome',
        found: `another ${outcome.type}`,
      },
    ];
  });
  const owed = entry.outcomes.filter(isOurs).length;
  const found = new Set(rows.map(({ rowId }) => rowId)).size;
  if (found >= owed || entry.undrained) return differs;
  return [...differs, { code: 'ROW_MISSING', where, expected: `${owed} rows`, found: `${found}` }];
}
