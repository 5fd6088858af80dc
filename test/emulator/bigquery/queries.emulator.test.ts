// Queries, parameters, scripts and jobs through the official client: BigQuery's meaning on DuckDB.
import assert from 'node:assert/strict';
import { BigQuery } from '@google-cloud/bigquery';
import type { Query } from '@google-cloud/bigquery';
import type { BigQueryServer } from '../../../emulators/bigquery/server.ts';
import { PROJECT_ID, requestJson, startWithClient } from './client.ts';

const ORDERS = [
  {
    id: 1,
    market: 'DE',
    at: '2026-01-01T10:20:30Z',
    tags: ['a', 'b'],
    lines: [
      { sku: 'x', spent_micros: 5 },
      { sku: 'y', spent_micros: '7' },
    ],
    extra: '{"k":{"v":"deep"}}',
  },
  { id: 2, market: 'FR', at: '2026-01-01T11:00:00Z', lines: [{ sku: 'x', spent_micros: 1 }] },
  { id: 3, market: 'FR', at: '2026-01-02T00:00:00Z' },
];

describe('queries of the BigQuery emulator', () => {
  let server: BigQueryServer;
  let client: BigQuery;

  before(async () => {
    ({ server, client } = await startWithClient());
    await client.createDataset('ops');
    const [orders] = await client.dataset('ops').createTable('orders', {
      schema: [
        { name: 'id', type: 'INT64', mode: 'REQUIRED' },
        { name: 'market', type: 'STRING' },
        { name: 'at', type: 'TIMESTAMP' },
        { name: 'tags', type: 'STRING', mode: 'REPEATED' },
        {
          name: 'lines',
          type: 'RECORD',
          mode: 'REPEATED',
          fields: [
            { name: 'sku', type: 'STRING' },
            { name: 'spent_micros', type: 'INT64' },
          ],
        },
        { name: 'extra', type: 'JSON' },
      ],
    });
    await orders.insert(ORDERS);
  });
  after(() => server.close());

  /** The rows with their dates and timestamps as text. */
  const rowsOf = async (query: string | Query): Promise<unknown> => {
    const [rows] = await client.query(
      typeof query === 'string' ? { query, defaultDataset: { datasetId: 'ops' } } : query,
    );
    return JSON.parse(
      JSON.stringify(rows, (_key, value: unknown) =>
        typeof value === 'object' && value !== null && 'value' in value ? value.value : value,
      ),
    );
  };

  const cases: { name: string; sql: string; expected: unknown }[] = [
    { name: 'a table in backquotes', sql: 'SELECT COUNT(*) AS n FROM `demo-andante.ops.orders`', expected: [{ n: 3 }] },
    {
      name: 'a project with a dash and no quotes',
      sql: 'SELECT COUNT(*) AS n FROM demo-andante.ops.orders',
      expected: [{ n: 3 }],
    },
    { name: 'a table of the default dataset', sql: 'SELECT COUNT(*) FROM orders', expected: [{ f0_: 3 }] },
    {
      name: 'UNNEST of a repeated record',
      sql: 'SELECT o.id, line.spent_micros FROM ops.orders AS o, UNNEST(lines) AS line ORDER BY 1, 2',
      expected: [
        { id: 1, spent_micros: 5 },
        { id: 1, spent_micros: 7 },
        { id: 2, spent_micros: 1 },
      ],
    },
    {
      name: 'a repeated record named in FROM',
      sql: 'SELECT line.sku FROM ops.orders AS o, o.lines AS line WHERE o.id = 2',
      expected: [{ sku: 'x' }],
    },
    {
      name: 'LEFT JOIN UNNEST with an offset',
      sql: 'SELECT id, line.sku, position FROM ops.orders LEFT JOIN UNNEST(lines) AS line WITH OFFSET AS position WHERE id > 1 ORDER BY id',
      expected: [
        { id: 2, sku: 'x', position: 0 },
        { id: 3, sku: null, position: null },
      ],
    },
    {
      name: 'UNNEST with an offset that has no alias',
      sql: 'SELECT n, offset FROM UNNEST([7, 8]) AS n WITH OFFSET ORDER BY offset',
      expected: [
        { n: 7, offset: 0 },
        { n: 8, offset: 1 },
      ],
    },
    {
      name: 'a sum per field of an unnested record, grouped by its bare name',
      sql: 'SELECT line.sku, SUM(line.spent_micros) AS spent FROM ops.orders, UNNEST(lines) AS line GROUP BY sku ORDER BY sku',
      expected: [
        { sku: 'x', spent: 6 },
        { sku: 'y', spent: 7 },
      ],
    },
    {
      name: 'subqueries over arrays',
      sql: 'SELECT (SELECT SUM(l.spent_micros) FROM UNNEST(lines) AS l) AS s, ARRAY(SELECT l.sku FROM UNNEST(lines) AS l ORDER BY l.sku DESC) AS a, EXISTS(SELECT 1 FROM UNNEST(tags) AS t WHERE t = "b") AS e FROM orders WHERE id = 1',
      expected: [{ s: 12, a: ['y', 'x'], e: true }],
    },
    {
      name: 'elements of arrays',
      sql: 'SELECT tags[OFFSET(0)] AS a, tags[ORDINAL(2)] AS b, tags[SAFE_OFFSET(9)] AS c, lines[OFFSET(1)].sku AS d FROM orders WHERE id = 1',
      expected: [{ a: 'a', b: 'b', c: null, d: 'y' }],
    },
    {
      name: 'an array of structs in FROM',
      sql: 'SELECT x.a, x.b FROM UNNEST([STRUCT(1 AS a, "p" AS b), STRUCT(2, "q")]) AS x ORDER BY a',
      expected: [
        { a: 1, b: 'p' },
        { a: 2, b: 'q' },
      ],
    },
    {
      name: 'EXCEPT and REPLACE',
      sql: 'SELECT * EXCEPT (b) REPLACE (a + 1 AS a) FROM (SELECT 1 AS a, 2 AS b, 3 AS c)',
      expected: [{ a: 2, c: 3 }],
    },
    {
      name: 'QUALIFY',
      sql: 'SELECT id FROM orders QUALIFY ROW_NUMBER() OVER (PARTITION BY market ORDER BY at) = 1 ORDER BY id',
      expected: [{ id: 1 }, { id: 2 }],
    },
    {
      name: 'safe and plain division',
      sql: 'SELECT SAFE_DIVIDE(1, 0) AS a, SAFE_DIVIDE(1, 4) AS b, 7 / 2 AS c, DIV(7, 2) AS d, MOD(7, 2) AS e, 1.5 AS f',
      expected: [{ a: null, b: 0.25, c: 3.5, d: 3, e: 1, f: 1.5 }],
    },
    {
      name: 'aggregates',
      sql: 'SELECT COUNTIF(x > 5) AS a, APPROX_QUANTILES(x, 4) AS b, APPROX_QUANTILES(x, 100)[OFFSET(50)] AS c, ARRAY_AGG(x ORDER BY x DESC LIMIT 2) AS d, ARRAY_AGG(STRUCT(x AS k) ORDER BY x LIMIT 1)[OFFSET(0)].k AS e, STRING_AGG(CAST(x AS STRING), "-" ORDER BY x) AS f, SUM(x) AS g FROM UNNEST(GENERATE_ARRAY(1, 9)) AS x',
      expected: [{ a: 4, b: [1, 3, 5, 7, 9], c: 5, d: [9, 8], e: 1, f: '1-2-3-4-5-6-7-8-9', g: 45 }],
    },
    {
      name: 'truncation of dates and timestamps',
      sql: 'SELECT TIMESTAMP_TRUNC(at, HOUR) AS a, TIMESTAMP_TRUNC(at, DAY, "America/New_York") AS b, DATE_TRUNC(DATE "2026-01-07", WEEK) AS c, DATE_TRUNC(DATE "2026-01-07", WEEK(MONDAY)) AS d, DATE_TRUNC(DATE "2026-03-07", MONTH) AS e FROM orders WHERE id = 1',
      expected: [
        {
          a: '2026-01-01T10:00:00.000Z',
          b: '2026-01-01T05:00:00.000Z',
          c: '2026-01-04',
          d: '2026-01-05',
          e: '2026-03-01',
        },
      ],
    },
    {
      name: 'differences that count whole intervals, and those that count boundaries',
      sql: 'SELECT TIMESTAMP_DIFF(TIMESTAMP "2026-01-01 01:00:00", TIMESTAMP "2026-01-01 00:00:01", HOUR) AS a, DATETIME_DIFF(DATETIME "2026-01-01 01:00:00", DATETIME "2026-01-01 00:00:01", HOUR) AS b, DATE_DIFF(DATE "2026-01-04", DATE "2026-01-03", WEEK) AS c, DATE_DIFF(DATE "2026-03-01", DATE "2026-02-27", DAY) AS d',
      expected: [{ a: 0, b: 1, c: 1, d: 2 }],
    },
    {
      name: 'arithmetic of dates and timestamps',
      sql: 'SELECT TIMESTAMP_ADD(at, INTERVAL id + 1 HOUR) AS a, TIMESTAMP_SUB(at, INTERVAL 30 SECOND) AS b, DATE_ADD(DATE "2026-01-31", INTERVAL 1 MONTH) AS c, DATE(at) AS d, DATE(at, "Pacific/Kiritimati") AS e FROM orders WHERE id = 1',
      expected: [
        {
          a: '2026-01-01T12:20:30.000Z',
          b: '2026-01-01T10:20:00.000Z',
          c: '2026-02-28',
          d: '2026-01-01',
          e: '2026-01-02',
        },
      ],
    },
    {
      name: 'parts and texts of timestamps',
      sql: 'SELECT EXTRACT(HOUR FROM at) AS a, EXTRACT(DAYOFWEEK FROM DATE "2026-01-04") AS b, EXTRACT(DATE FROM at) AS c, FORMAT_TIMESTAMP("%F %T", at) AS d, UNIX_MILLIS(at) AS e, TIMESTAMP_MILLIS(1500) AS f, PARSE_TIMESTAMP("%Y-%m-%d", "2026-02-03") AS g, CAST(at AS STRING) AS h FROM orders WHERE id = 1',
      expected: [
        {
          a: 10,
          b: 1,
          c: '2026-01-01',
          d: '2026-01-01 10:20:30',
          e: 1767262830000,
          f: '1970-01-01T00:00:01.500Z',
          g: '2026-02-03T00:00:00.000Z',
          h: '2026-01-01 10:20:30+00',
        },
      ],
    },
    {
      name: 'generated arrays of timestamps',
      sql: 'SELECT hour FROM UNNEST(GENERATE_TIMESTAMP_ARRAY(TIMESTAMP "2026-01-01", TIMESTAMP "2026-01-01 01:00:00", INTERVAL 1 HOUR)) AS hour ORDER BY hour',
      expected: [{ hour: '2026-01-01T00:00:00.000Z' }, { hour: '2026-01-01T01:00:00.000Z' }],
    },
    {
      name: 'the current time',
      sql: 'SELECT CURRENT_TIMESTAMP() > TIMESTAMP "2020-01-01" AS a, CURRENT_DATE() > DATE "2020-01-01" AS b, STRUCT(CURRENT_TIMESTAMP() AS t).t IS NULL AS c',
      expected: [{ a: true, b: true, c: false }],
    },
    {
      name: 'JSON',
      sql: `SELECT JSON_VALUE(extra, '$.k.v') AS a, JSON_VALUE(extra, '$.k') AS b, JSON_QUERY(extra, '$.k') AS c, JSON_VALUE(PARSE_JSON('{"x":1}'), '$.x') = '1' AS d, TO_JSON_STRING(tags) AS e FROM orders WHERE id = 1`,
      expected: [{ a: 'deep', b: null, c: '{"v":"deep"}', d: true, e: '["a","b"]' }],
    },
    {
      name: 'casts that may fail',
      sql: 'SELECT SAFE_CAST("x" AS INT64) AS a, SAFE_CAST("zz" AS TIMESTAMP) AS b, CAST("1.25" AS NUMERIC) AS c, IFNULL(NULL, 3) AS d, SAFE.PARSE_DATE("%Y", "zz") AS e',
      expected: [{ a: null, b: null, c: '1.25', d: 3, e: null }],
    },
    {
      name: 'regular expressions',
      sql: String.raw`SELECT REGEXP_CONTAINS('abc', r'b') AS a, REGEXP_EXTRACT('a1b2', r'b(\d)') AS b, REGEXP_EXTRACT('abc', r'x') AS c, REGEXP_REPLACE('aXbX', 'X', '-') AS d`,
      expected: [{ a: true, b: '2', c: null, d: 'a-b-' }],
    },
    {
      name: 'common table expressions and window functions',
      sql: 'WITH daily AS (SELECT DATE(at) AS day, COUNT(*) AS n FROM orders GROUP BY day) SELECT day, SAFE_DIVIDE(n, SUM(n) OVER ()) * 3 AS share, LAG(n) OVER (ORDER BY day) AS before FROM daily ORDER BY day',
      expected: [
        { day: '2026-01-01', share: 2, before: null },
        { day: '2026-01-02', share: 1, before: 2 },
      ],
    },
  ];
  for (const { name, sql, expected } of cases) {
    it(`answers ${name}`, async () => {
      assert.deepEqual(await rowsOf(sql), expected);
    });
  }

  it('binds named parameters of every kind', async () => {
    const query =
      'SELECT @n AS n, @t AS t, @at AS at, @list AS list, 2 IN UNNEST(@list) AS has, @record.x AS x, @none AS none, @day AS day';
    const params = {
      n: 1.5,
      t: "it's @n ?",
      at: new Date('2026-01-01T00:00:00Z'),
      list: [1, 2],
      record: { x: 'deep', y: [1] },
      none: null,
      day: BigQuery.date('2026-02-03'),
    };
    assert.deepEqual(await rowsOf({ query, params, types: { none: 'STRING' } as never }), [
      {
        n: 1.5,
        t: "it's @n ?",
        at: '2026-01-01T00:00:00.000Z',
        list: [1, 2],
        has: true,
        x: 'deep',
        none: null,
        day: '2026-02-03',
      },
    ]);
  });

  it('binds positional parameters, in intervals and limits too', async () => {
    const query =
      'SELECT id FROM ops.orders WHERE at < TIMESTAMP_ADD(?, INTERVAL ? MINUTE) AND market != ? ORDER BY id LIMIT ?';
    const params = [BigQuery.timestamp('2026-01-01T10:30:00Z'), 60, 'DE', 1];
    assert.deepEqual(await rowsOf({ query, params }), [{ id: 2 }]);
  });

  it('keeps an INT64 parameter and its result exact', async () => {
    const [rows] = await client.query({
      query: 'SELECT @big + 1 AS next',
      params: { big: BigQuery.int('9007199254740993') },
      wrapIntegers: true,
    });
    assert.equal((rows as { next: { value: string } }[])[0]?.next.value, '9007199254740994');
  });

  it('writes with INSERT, UPDATE, MERGE INSERT ROW, DELETE and TRUNCATE', async () => {
    await client.query(
      'CREATE TABLE ops.stock (id INT64 NOT NULL, v STRING, l ARRAY<STRUCT<a INT64 NOT NULL, t TIMESTAMP>>) PARTITION BY _PARTITIONDATE CLUSTER BY id OPTIONS (description = "stock; really")',
    );
    const [metadata] = await client.dataset('ops').table('stock').getMetadata();
    assert.equal(metadata.description, 'stock; really');
    assert.deepEqual(metadata.clustering, { fields: ['id'] });
    assert.equal(metadata.schema.fields[2].fields[0].mode, 'REQUIRED');
    await client.query(
      'INSERT ops.stock (id, v, l) VALUES (1, "a", [STRUCT(1, TIMESTAMP "2026-01-01")]), (2, "b", [])',
    );
    await client.query('UPDATE ops.stock SET v = "c" WHERE id = 1');
    await client.query(
      'MERGE ops.stock AS T USING (SELECT 3 AS id, "n" AS v, CAST([] AS ARRAY<STRUCT<a INT64, t DATETIME>>) AS l) AS S ON T.id = S.id WHEN MATCHED THEN UPDATE SET v = S.v WHEN NOT MATCHED THEN INSERT ROW',
    );
    await client.query('DELETE FROM ops.stock WHERE id = 2');
    assert.deepEqual(await rowsOf('SELECT id, v, ARRAY_LENGTH(l) AS n FROM stock ORDER BY id'), [
      { id: 1, v: 'c', n: 1 },
      { id: 3, v: 'n', n: 0 },
    ]);
    await client.query('TRUNCATE TABLE ops.stock');
    assert.deepEqual(await rowsOf('SELECT id FROM stock'), []);
  });

  it('creates, replaces, alters and drops tables and views in SQL', async () => {
    await client.query('CREATE SCHEMA IF NOT EXISTS made; CREATE TABLE made.t AS SELECT 1 AS a, [1, 2] AS l');
    await client.query('CREATE TABLE IF NOT EXISTS made.t (other STRING)');
    await client.query('CREATE OR REPLACE TABLE made.t AS SELECT a + 1 AS a FROM made.t');
    await client.query('CREATE OR REPLACE VIEW made.v AS SELECT * FROM `demo-andante.made.t`');
    await client.query('ALTER TABLE made.t ADD COLUMN b STRING');
    assert.deepEqual(await rowsOf('SELECT * FROM made.v'), [{ a: 2, b: null }]);
    await assert.rejects(client.query('CREATE TABLE made.t (a INT64)'), {
      code: 409,
      message: /Already Exists: Table demo-andante:made.t/,
    });
    await client.query('DROP VIEW made.v; DROP TABLE made.t; DROP TABLE IF EXISTS made.t; DROP SCHEMA made');
    assert.deepEqual(await client.dataset('made').exists(), [false]);
  });

  it('runs scripts with variables and transactions', async () => {
    assert.deepEqual(
      await rowsOf(
        'DECLARE x, y INT64 DEFAULT 2; DECLARE t STRING; SET x = x + y; SET t = ";"; SELECT x, t, x * 2 AS z',
      ),
      [{ x: 4, t: ';', z: 8 }],
    );
    await client.query('BEGIN TRANSACTION; DELETE FROM ops.orders WHERE true; ROLLBACK TRANSACTION');
    assert.deepEqual(await rowsOf('SELECT COUNT(*) AS n FROM orders'), [{ n: 3 }]);
  });

  const failures: { name: string; sql: string; code: number; reason: string; message: string | RegExp }[] = [
    {
      name: 'a misspelt keyword',
      sql: 'SELEC 1',
      code: 400,
      reason: 'invalidQuery',
      message: /^Syntax error: .* at \[1:\d+\]/,
    },
    { name: 'an open parenthesis', sql: 'SELECT (1', code: 400, reason: 'invalidQuery', message: /^Syntax error: / },
    {
      name: 'an unknown column',
      sql: 'SELECT id,\n  nope FROM ops.orders',
      code: 400,
      reason: 'invalidQuery',
      message: 'Unrecognized name: nope at [2:3]',
    },
    {
      name: 'an unknown field',
      sql: 'SELECT l.nope FROM ops.orders, UNNEST(lines) AS l',
      code: 400,
      reason: 'invalidQuery',
      message: 'Field name nope does not exist in STRUCT at [1:10]',
    },
    {
      name: 'an unknown function',
      sql: 'SELECT nope(1)',
      code: 400,
      reason: 'invalidQuery',
      message: 'Function not found: nope at [1:8]',
    },
    {
      name: 'an unknown table',
      sql: 'SELECT 1 FROM ops.nope',
      code: 404,
      reason: 'notFound',
      message: 'Not found: Table demo-andante:ops.nope was not found in location US',
    },
    {
      name: 'an unknown dataset',
      sql: 'SELECT 1 FROM nope.t',
      code: 404,
      reason: 'notFound',
      message: 'Not found: Dataset demo-andante:nope was not found in location US',
    },
    {
      name: 'a table without a dataset',
      sql: 'SELECT 1 FROM t',
      code: 400,
      reason: 'invalidQuery',
      message: 'Table "t" must be qualified with a dataset (e.g. dataset.table).',
    },
    {
      name: 'a missing parameter',
      sql: 'SELECT @a',
      code: 400,
      reason: 'invalidQuery',
      message: "Query parameter 'a' not found",
    },
    {
      name: 'a bad cast',
      sql: 'SELECT CAST("x" AS INT64)',
      code: 400,
      reason: 'invalidQuery',
      message: 'Bad int64 value: x',
    },
    { name: 'a division by zero', sql: 'SELECT 1 / 0', code: 400, reason: 'invalidQuery', message: /division by zero/ },
    {
      name: 'a column that is not grouped',
      sql: 'SELECT id, COUNT(*) FROM ops.orders',
      code: 400,
      reason: 'invalidQuery',
      message: /column id which is neither grouped nor aggregated at \[1:8\]/,
    },
    {
      name: 'a NULL in a required column',
      sql: 'INSERT INTO ops.orders (market) VALUES ("DE")',
      code: 400,
      reason: 'invalidQuery',
      message: 'Required field id cannot be null',
    },
    {
      name: 'a file of the machine',
      sql: "SELECT * FROM read_csv('/etc/hostname')",
      code: 400,
      reason: 'invalidQuery',
      message: /./,
    },
    {
      name: 'an undeclared variable',
      sql: 'SET x = 1',
      code: 400,
      reason: 'invalidQuery',
      message: 'Undeclared variable: x',
    },
  ];
  for (const { name, sql, code, reason, message } of failures) {
    it(`refuses ${name}`, async () => {
      const error = await client.query(sql).then(
        () => assert.fail('expected an error'),
        (thrown: unknown) => thrown as { code: number; message: string; errors: { reason: string }[] },
      );
      assert.equal(error.code, code);
      assert.equal(error.errors[0]?.reason, reason);
      if (typeof message === 'string') assert.equal(error.message, message);
      else assert.match(error.message, message);
    });
  }

  it('pages through the result of a job', async () => {
    const [job] = await client.createQueryJob({ query: 'SELECT n FROM UNNEST(GENERATE_ARRAY(1, 25)) AS n ORDER BY n' });
    const [page, next, response] = await job.getQueryResults({ maxResults: 10, autoPaginate: false });
    assert.equal(page.length, 10);
    assert.equal(next?.pageToken, '10');
    assert.equal(response?.totalRows, '25');
    const [last] = await job.getQueryResults({ maxResults: 10, autoPaginate: false, pageToken: '20' });
    assert.deepEqual(
      (last as { n: number }[]).map(({ n }) => n),
      [21, 22, 23, 24, 25],
    );
    const [metadata] = await job.getMetadata();
    assert.equal(metadata.status.state, 'DONE');
    assert.equal(metadata.statistics.query.statementType, 'SELECT');
  });

  it('gives a failed job its error and refuses its results', async () => {
    const [job] = await client.createQueryJob({ query: 'SELECT 1 FROM ops.nope', jobId: 'failing' });
    await assert.rejects(job.getQueryResults(), { code: 404 });
    const [metadata] = await job.getMetadata();
    assert.equal(metadata.status.errorResult.reason, 'notFound');
    await assert.rejects(client.createQueryJob({ query: 'SELECT 1', jobId: 'failing' }), { code: 409 });
    await assert.rejects(client.job('absent').getMetadata(), {
      code: 404,
      message: 'Not found: Job demo-andante:absent',
    });
  });

  it('checks a dry run without running it', async () => {
    const [job] = await client.createQueryJob({ query: 'SELECT 1 AS x', dryRun: true });
    assert.deepEqual(job.metadata.statistics.query.schema.fields, [{ name: 'x', type: 'INTEGER', mode: 'NULLABLE' }]);
    await client.createQueryJob({ query: 'DELETE FROM ops.orders WHERE true', dryRun: true });
    assert.deepEqual(await rowsOf('SELECT COUNT(*) AS n FROM orders'), [{ n: 3 }]);
    await assert.rejects(client.createQueryJob({ query: 'SELECT nope FROM ops.orders', dryRun: true }), { code: 400 });
  });

  it('writes a job to its destination table', async () => {
    const destination = client.dataset('ops').table('copied');
    const write = async (sql: string, writeDisposition?: string) => {
      const [job] = await client.createQueryJob({
        query: sql,
        destination,
        ...(writeDisposition ? { writeDisposition } : {}),
      });
      return job.getQueryResults();
    };
    await write('SELECT 1 AS a');
    await write('SELECT 2 AS a', 'WRITE_APPEND');
    assert.deepEqual(await rowsOf('SELECT a FROM copied ORDER BY a'), [{ a: 1 }, { a: 2 }]);
    await write('SELECT "x" AS b', 'WRITE_TRUNCATE');
    assert.deepEqual(await rowsOf('SELECT * FROM copied'), [{ b: 'x' }]);
    await assert.rejects(write('SELECT 1 AS a'), { code: 409 });
  });

  it('runs DML once when a request is repeated with its requestId', async () => {
    await client.query('CREATE TABLE ops.once (id INT64)');
    const body = JSON.stringify({
      query: 'INSERT INTO ops.once (id) VALUES (1)',
      useLegacySql: false,
      requestId: 'r-1',
    });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const answer = await requestJson(server, `/projects/${PROJECT_ID}/queries`, { method: 'POST', body });
      assert.equal(answer.body.numDmlAffectedRows, '1');
    }
    assert.deepEqual(await rowsOf('SELECT COUNT(*) AS n FROM once'), [{ n: 1 }]);
  });

  it('cancels a job that runs', async () => {
    const [job] = await client.createQueryJob({
      query:
        'SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 300000)) AS a, UNNEST(GENERATE_ARRAY(1, 300000)) AS b WHERE MOD(a * b, 7) = 3',
    });
    await job.cancel();
    const [metadata] = await job.getMetadata();
    assert.equal(metadata.status.state, 'DONE');
    assert.equal(metadata.status.errorResult.reason, 'stopped');
  });

  it('answers many queries and writes at once', async () => {
    await client.query('CREATE TABLE ops.counted (id INT64, n INT64)');
    await client.query('INSERT INTO ops.counted (id, n) VALUES (1, 0)');
    const updates = Array.from({ length: 12 }, () => client.query('UPDATE ops.counted SET n = n + 1 WHERE id = 1'));
    const reads = Array.from({ length: 24 }, (_, n) =>
      client.query({ query: 'SELECT @n AS n FROM ops.orders WHERE id = 1', params: { n } }),
    );
    const results = await Promise.all(reads);
    assert.deepEqual(
      results.map(([rows]) => (rows as { n: number }[])[0]?.n),
      Array.from({ length: 24 }, (_, n) => n),
    );
    await Promise.all(updates);
    assert.deepEqual(await rowsOf('SELECT n FROM counted'), [{ n: 12 }]);
  });

  it('encodes timestamps as float seconds unless microseconds are asked for', async () => {
    const ask = (formatOptions: object) =>
      requestJson(server, `/bigquery/v2/projects/${PROJECT_ID}/queries`, {
        method: 'POST',
        body: JSON.stringify({
          query: 'SELECT TIMESTAMP "2026-01-01 00:00:00.25+00" AS t, [1] AS l, STRUCT(2 AS x) AS s',
          formatOptions,
        }),
      });
    const rest = [{ v: [{ v: '1' }] }, { v: { f: [{ v: '2' }] } }];
    assert.deepEqual((await ask({})).body.rows, [{ f: [{ v: '1767225600.250000' }, ...rest] }]);
    assert.deepEqual((await ask({ useInt64Timestamp: true })).body.rows, [{ f: [{ v: '1767225600250000' }, ...rest] }]);
  });
});
