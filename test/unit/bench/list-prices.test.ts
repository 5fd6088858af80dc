import assert from 'node:assert/strict';
import type { Column } from '../../../shared/contracts/bigquery-schema.ts';
import { MIN_ROW_BYTES, costOf, rowBytes } from '../../bench/list-prices.ts';

const columns: Column[] = [
  { name: 'row_id', type: 'STRING', mode: 'REQUIRED' },
  { name: 'event_at', type: 'TIMESTAMP', mode: 'REQUIRED' },
  { name: 'event_date', type: 'DATE', mode: 'REQUIRED' },
  { name: 'share', type: 'FLOAT', mode: 'NULLABLE' },
  { name: 'is_late', type: 'BOOLEAN', mode: 'NULLABLE' },
  {
    name: 'lines',
    type: 'RECORD',
    mode: 'REPEATED',
    fields: [
      { name: 'id', type: 'STRING', mode: 'NULLABLE' },
      { name: 'micros', type: 'INTEGER', mode: 'NULLABLE' },
    ],
  },
];

function assertUsd(actual: number, expected: number): void {
  assert(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

describe('the bytes of a row', () => {
  const cases: { name: string; row: Record<string, unknown>; bytes: number }[] = [
    { name: 'are none for what is NULL or absent', row: { row_id: null, share: undefined }, bytes: 0 },
    { name: 'are two and its UTF-8 bytes for a string', row: { row_id: 'åb' }, bytes: 5 },
    { name: 'are two for an empty string', row: { row_id: '' }, bytes: 2 },
    {
      name: 'are eight for instants and days, however they are spelled',
      row: { event_at: '2026-03-02T00:00:00.000Z', event_date: '2026-03-02' },
      bytes: 16,
    },
    { name: 'are eight for a number and one for a boolean', row: { share: 0, is_late: false }, bytes: 9 },
    {
      name: 'are the sum of its elements for a list',
      row: { lines: [{ id: 'a', micros: 1 }, { id: 'bb' }] },
      bytes: 3 + 8 + 4,
    },
    { name: 'are none for an empty list', row: { lines: [] }, bytes: 0 },
    { name: 'leave out what is no column', row: { stranger: 'x'.repeat(99) }, bytes: 0 },
  ];
  for (const { name, row, bytes } of cases) it(name, () => assert.equal(rowBytes(row, columns), bytes));
});

describe('a cost at list prices', () => {
  it('is 3 cents for 100,000 reads and 9 cents for 100,000 writes', () => {
    const { readsUsd, writesUsd, totalUsd } = costOf({ reads: 100_000, writes: 100_000, rowBytes: [] });
    assertUsd(readsUsd, 0.03);
    assertUsd(writesUsd, 0.09);
    assertUsd(totalUsd, 0.12);
  });

  it('is a cent for 200 MB of rows', () => {
    assertUsd(costOf({ reads: 0, writes: 0, rowBytes: Array.from({ length: 100 }, () => 2 * 2 ** 20) }).rowsUsd, 0.01);
  });

  it('counts a short row as a kilobyte, and no long one as less than it is', () => {
    const ofRows = (...rows: number[]) => costOf({ reads: 0, writes: 0, rowBytes: rows }).rowsUsd;
    assertUsd(ofRows(1), ofRows(MIN_ROW_BYTES));
    assertUsd(ofRows(MIN_ROW_BYTES + 1), (ofRows(MIN_ROW_BYTES) * (MIN_ROW_BYTES + 1)) / MIN_ROW_BYTES);
    assertUsd(ofRows(1, 2, 3), 3 * ofRows(MIN_ROW_BYTES));
  });

  it('is nothing for nothing', () => {
    assert.equal(costOf({ reads: 0, writes: 0, rowBytes: [] }).totalUsd, 0);
  });
});
