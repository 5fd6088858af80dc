// What every outcome log promises.
import assert from 'node:assert/strict';
import type { OutcomeLog, Row } from '../../shared/outcomes/outcome-log.ts';

/** A row of `outcomes` as the functions write it. */
export function outcomeRow(rowId: string, own: Record<string, unknown> = {}): Row {
  const envelope = {
    event_date: '2026-03-02',
    event_at: '2026-03-02T00:00:00.000Z',
    ingested_at: '2026-03-02T00:00:01.000Z',
  };
  return {
    table: 'outcomes',
    json: {
      row_id: rowId,
      ...envelope,
      source: 'test',
      event_id: rowId,
      type: 'budget-applied',
      tenant_id: 't1',
      ...own,
    },
  };
}

export interface OpenedLog {
  log: OutcomeLog;
  /** The row ids that the de-duplicated view of a table shows, in order. */
  rowIds(table: Row['table']): Promise<string[]>;
}

export function outcomeLogContract(open: () => Promise<OpenedLog>): void {
  let opened: OpenedLog;
  beforeEach(async () => {
    opened = await open();
  });

  it('appends rows to their tables', async () => {
    const folded: Row = { ...outcomeRow('d1', { type: 'delivery-folded' }), table: 'deliveries' };
    await opened.log.append([outcomeRow('a1'), folded, outcomeRow('a2')]);
    assert.deepEqual(await opened.rowIds('outcomes'), ['a1', 'a2']);
    assert.deepEqual(await opened.rowIds('deliveries'), ['d1']);
  });

  it('shows a row once however often it was appended', async () => {
    for (let copy = 0; copy < 3; copy++)
      await opened.log.append([outcomeRow('a1', { ingested_at: `2026-03-02T00:00:0${copy}.000Z` })]);
    assert.deepEqual(await opened.rowIds('outcomes'), ['a1']);
  });

  it('appends nothing when there is nothing to append', async () => {
    await opened.log.append([]);
    assert.deepEqual(await opened.rowIds('outcomes'), []);
  });

  it('takes more rows than one request does', async () => {
    await opened.log.append(
      Array.from({ length: 1_201 }, (_, index) => outcomeRow(`r${String(index).padStart(4, '0')}`)),
    );
    assert.equal((await opened.rowIds('outcomes')).length, 1_201);
  });
}
