// insertAll through the official client: which rows are stored, which are refused and how, which are duplicates.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { BigQuery, Table } from '@google-cloud/bigquery';
import type { BigQueryServer } from '../../../emulators/bigquery/server.ts';
import { PROJECT_ID, requestJson, startWithClient } from './client.ts';

const INSERT_ID_WINDOW_MS = 60_000;

const SCHEMA = [
  { name: 'id', type: 'INT64', mode: 'REQUIRED' },
  { name: 'text', type: 'STRING' },
  { name: 'amount', type: 'NUMERIC' },
  { name: 'share', type: 'FLOAT64' },
  { name: 'open', type: 'BOOL' },
  { name: 'raw', type: 'BYTES' },
  { name: 'at', type: 'TIMESTAMP' },
  { name: 'day', type: 'DATE' },
  { name: 'clock', type: 'TIME' },
  { name: 'moment', type: 'DATETIME' },
  { name: 'extra', type: 'JSON' },
  { name: 'tags', type: 'STRING', mode: 'REPEATED' },
  {
    name: 'lines',
    type: 'RECORD',
    mode: 'REPEATED',
    fields: [
      { name: 'market', type: 'STRING', mode: 'REQUIRED' },
      { name: 'spent_micros', type: 'INT64' },
      { name: 'key', type: 'BYTES' },
    ],
  },
];

interface PartialFailure extends Error {
  errors: { errors: { message: string; reason: string }[]; row: unknown }[];
}

describe('insertAll of the BigQuery emulator', () => {
  let server: BigQueryServer;
  let client: BigQuery;
  let table: Table;
  let tableCount = 0;
  let nowMs = Date.parse('2026-01-01T00:00:00Z');

  before(async () => {
    ({ server, client } = await startWithClient({ insertIdWindowMs: INSERT_ID_WINDOW_MS, now: () => nowMs }));
    await client.createDataset('ops');
  });
  after(() => server.close());
  beforeEach(async () => {
    tableCount += 1;
    [table] = await client.dataset('ops').createTable(`t${tableCount}`, { schema: SCHEMA });
  });

  const ids = async () => {
    const [rows] = await client.query(`SELECT id FROM ops.${table.id} ORDER BY id`);
    return (rows as { id: number }[]).map((row) => row.id);
  };
  const post = (body: unknown, init: RequestInit = {}) =>
    requestJson(server, `/projects/${PROJECT_ID}/datasets/ops/tables/${table.id}/insertAll`, {
      method: 'POST',
      body: JSON.stringify(body),
      ...init,
    });

  it('stores a value of every type and gives it back', async () => {
    const json = {
      id: 7,
      text: 'it\'s "quoted" \\ 😀',
      amount: '12345678901234567890.123456789',
      share: 0.1,
      open: true,
      raw: Buffer.from([0, 255, 10]).toString('base64'),
      at: '2026-02-03T04:05:06.123456+01:00',
      day: '2026-02-03',
      clock: '04:05:06.5',
      moment: '2026-02-03T04:05:06',
      extra: '{"a":[1,{"b":null}]}',
      tags: ['x', 'y'],
      lines: [{ market: 'DE', spent_micros: '5', key: 'AQI=' }, { market: 'FR' }],
    };
    await table.insert([{ insertId: 'a', json }], { raw: true });
    const [[row]] = await table.getRows();
    assert.equal(row.text, json.text);
    assert.equal(String(row.amount), json.amount);
    assert.equal(row.share, 0.1);
    assert.equal(row.open, true);
    assert.deepEqual(row.raw, Buffer.from([0, 255, 10]));
    assert.equal(row.at.value, '2026-02-03T03:05:06.123456000Z');
    assert.equal(row.day.value, '2026-02-03');
    assert.equal(row.clock.value, '04:05:06.5');
    assert.equal(row.moment.value, '2026-02-03T04:05:06');
    assert.equal(row.extra, json.extra);
    assert.deepEqual(row.tags, ['x', 'y']);
    assert.deepEqual(row.lines, [
      { market: 'DE', spent_micros: 5, key: Buffer.from([1, 2]) },
      { market: 'FR', spent_micros: null, key: null },
    ]);
  });

  it('keeps INT64 exact, from text and from JSON numbers beyond what JavaScript holds', async () => {
    const texts = ['9007199254740991', '9007199254740993', '-9223372036854775808', '9223372036854775807'];
    const rows = texts.map(
      (text) => `{"json":{"id":${text},"text":"${text}"}},{"json":{"id":"${text}","text":"${text}"}}`,
    );
    const { body } = await post(undefined, { body: `{"rows":[${rows.join(',')}]}` });
    assert.equal(body.insertErrors, undefined);
    const query = { query: `SELECT id, text FROM ops.${table.id}`, useLegacySql: false };
    const answer = await requestJson(server, `/projects/${PROJECT_ID}/queries`, {
      method: 'POST',
      body: JSON.stringify(query),
    });
    assert.equal(answer.body.rows?.length, 8);
    for (const { f } of answer.body.rows ?? []) assert.equal(f[0]?.v, f[1]?.v);
  });

  it('reads epoch seconds and every usual way to write a timestamp', async () => {
    const sameInstant = [
      1767225600.5,
      '1767225600.5',
      '2026-01-01 00:00:00.5',
      '2026-01-01T01:00:00.5+01:00',
      '2026-01-01 00:00:00.500 UTC',
    ];
    await table.insert(
      sameInstant.map((at, id) => ({ json: { id, at } })),
      { raw: true },
    );
    const [rows] = await client.query(`SELECT DISTINCT UNIX_MICROS(at) AS micros FROM ops.${table.id}`);
    assert.deepEqual(rows, [{ micros: 1767225600500000 }]);
  });

  it('stops the good rows beside a bad one and tells why', async () => {
    const rows = [{ id: 1 }, { id: 'x', nope: 1 }, { text: 'no id' }];
    const error = await table.insert(rows).then(
      () => assert.fail('expected a partial failure'),
      (reason: unknown) => reason as PartialFailure,
    );
    assert.equal(error.name, 'PartialFailureError');
    assert.deepEqual(error.errors, [
      { errors: [{ message: '', reason: 'stopped' }], row: rows[0] },
      {
        errors: [
          { message: 'no such field: nope.', reason: 'invalid' },
          { message: 'Cannot convert value to integer (bad value): x', reason: 'invalid' },
        ],
        row: rows[1],
      },
      { errors: [{ message: 'Missing required field: id.', reason: 'invalid' }], row: rows[2] },
    ]);
    assert.deepEqual(await ids(), []);
  });

  it('stores the good rows beside a bad one when invalid rows are skipped', async () => {
    const { status, body } = await post({
      skipInvalidRows: true,
      rows: [{ json: { id: 1 } }, { json: { id: 'x' } }, { json: { id: 3 } }],
    });
    assert.equal(status, 200);
    assert.deepEqual(
      body.insertErrors?.map(({ index, errors }) => [index, errors[0]?.location]),
      [[1, 'id']],
    );
    assert.deepEqual(await ids(), [1, 3]);
  });

  it('drops unknown fields when they are to be ignored', async () => {
    await table.insert([{ id: 1, nope: 1, lines: [{ market: 'DE', nope: 2 }] }], { ignoreUnknownValues: true });
    assert.deepEqual(await ids(), [1]);
  });

  it('drops an insertId that it has seen, in one request and across requests, for its window', async () => {
    const row = (insertId: string, id: number) => ({ insertId, json: { id } });
    await table.insert([row('a', 1), row('a', 2), row('b', 3)], { raw: true });
    await table.insert([row('a', 4), row('c', 5)], { raw: true });
    assert.deepEqual(await ids(), [1, 3, 5]);
    nowMs += INSERT_ID_WINDOW_MS - 1;
    await table.insert([row('a', 5)], { raw: true });
    nowMs += 1;
    await table.insert([row('a', 6)], { raw: true });
    assert.deepEqual(await ids(), [1, 3, 5, 6]);
  });

  it('does not remember the insertId of a row that was not stored', async () => {
    await assert.rejects(
      table.insert(
        [
          { insertId: 'a', json: { id: 1 } },
          { insertId: 'b', json: {} },
        ],
        { raw: true },
      ),
    );
    await table.insert([{ insertId: 'a', json: { id: 1 } }], { raw: true });
    assert.deepEqual(await ids(), [1]);
  });

  it('accepts a gzip body', async () => {
    const body = gzipSync(JSON.stringify({ rows: [{ json: { id: 1 } }] }));
    await post(undefined, { body, headers: { 'content-encoding': 'gzip' } });
    assert.deepEqual(await ids(), [1]);
  });

  it('refuses no rows, too many rows, too large a body, a view and a missing table', async () => {
    assert.equal((await post({ rows: [] })).body.error?.message, 'No rows present in the request.');
    const many = await post({ rows: Array.from({ length: 50_001 }, () => ({ json: {} })) });
    assert.match(many.body.error?.message ?? '', /limit: 50000 row count: 50001/);
    const large = await post({ rows: [{ json: { id: 1, text: 'x'.repeat(10 * 1024 * 1024) } }] });
    assert.equal(large.status, 413);
    await client.query('CREATE OR REPLACE VIEW ops.v AS SELECT 1 AS id');
    await assert.rejects(
      client
        .dataset('ops')
        .table('v')
        .insert([{ id: 1 }]),
      { message: 'Cannot add rows to a table of type VIEW.' },
    );
    await assert.rejects(
      client
        .dataset('ops')
        .table('none')
        .insert([{ id: 1 }]),
      {
        code: 404,
        message: 'Not found: Table demo-andante:ops.none',
      },
    );
    assert.deepEqual(await ids(), []);
  });

  const invalidRows: { name: string; row: Record<string, unknown>; location: string; message: RegExp }[] = [
    { name: 'a fraction as INT64', row: { id: 1.5 }, location: 'id', message: /Cannot convert value to integer/ },
    {
      name: 'an INT64 out of range',
      row: { id: '9223372036854775808' },
      location: 'id',
      message: /Cannot convert value to integer/,
    },
    { name: 'a word as FLOAT64', row: { id: 1, share: 'x' }, location: 'share', message: /floating point/ },
    { name: 'a word as BOOL', row: { id: 1, open: 'maybe' }, location: 'open', message: /boolean/ },
    { name: 'an object as STRING', row: { id: 1, text: {} }, location: 'text', message: /string/ },
    { name: 'a word as NUMERIC', row: { id: 1, amount: '1,5' }, location: 'amount', message: /Invalid NUMERIC value/ },
    { name: 'no base64 as BYTES', row: { id: 1, raw: '***' }, location: 'raw', message: /base64/ },
    { name: 'a month 13', row: { id: 1, day: '2026-13-01' }, location: 'day', message: /Invalid date/ },
    {
      name: 'a 30th of February',
      row: { id: 1, at: '2026-02-30T00:00:00Z' },
      location: 'at',
      message: /as a timestamp/,
    },
    { name: 'an hour 25', row: { id: 1, clock: '25:00:00' }, location: 'clock', message: /Invalid time/ },
    { name: 'a word as DATETIME', row: { id: 1, moment: 'now' }, location: 'moment', message: /Invalid datetime/ },
    { name: 'broken JSON', row: { id: 1, extra: '{' }, location: 'extra', message: /Invalid JSON/ },
    {
      name: 'an array for a single column',
      row: { id: 1, text: ['x'] },
      location: 'text',
      message: /Array specified for non-repeated field/,
    },
    {
      name: 'a single value for a repeated column',
      row: { id: 1, tags: 'x' },
      location: 'tags',
      message: /must be imported as a JSON array/,
    },
    {
      name: 'NULL inside an array',
      row: { id: 1, tags: [null] },
      location: 'tags[0]',
      message: /Only optional fields can be set to NULL/,
    },
    { name: 'a word as a record', row: { id: 1, lines: ['x'] }, location: 'lines[0]', message: /is not a record/ },
    {
      name: 'a record without its required field',
      row: { id: 1, lines: [{}] },
      location: 'lines[0].market',
      message: /Missing required field/,
    },
    { name: 'a NULL in a required column', row: { id: null }, location: 'id', message: /Missing required field: id\./ },
  ];
  for (const { name, row, location, message } of invalidRows) {
    it(`refuses ${name}`, async () => {
      const { status, body } = await post({ rows: [{ json: row }] });
      assert.equal(status, 200);
      const [error] = body.insertErrors?.[0]?.errors ?? [];
      assert.equal(error?.reason, 'invalid');
      assert.equal(error.location, location);
      assert.match(error.message, message);
      assert.deepEqual(await ids(), []);
    });
  }

  it('takes batches for several tables at once without losing a row', async () => {
    const tables = await Promise.all(
      ['p', 'q', 'r'].map(
        async (name) => (await client.dataset('ops').createTable(`${name}${tableCount}`, { schema: SCHEMA }))[0],
      ),
    );
    const batches = Array.from({ length: 30 }, (_, batch) =>
      tables[batch % 3]!.insert(
        Array.from({ length: 50 }, (__, index) => ({ id: batch * 50 + index, lines: [{ market: 'DE' }] })),
      ),
    );
    await Promise.all(batches);
    for (const each of tables) assert.equal((await each.getMetadata())[0].numRows, '500');
  });
});
