// Datasets, tables and views through the official client, and the shape of errors.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BigQuery } from '@google-cloud/bigquery';
import type { BigQueryServer } from '../../../emulators/bigquery/server.ts';
import { startBigQuery } from '../../../emulators/bigquery/server.ts';
import { PROJECT_ID, requestJson, startWithClient } from './client.ts';

describe('datasets and tables of the BigQuery emulator', () => {
  let server: BigQueryServer;
  let client: BigQuery;

  before(async () => {
    ({ server, client } = await startWithClient());
    await client.createDataset('shared');
  });
  after(() => server.close());

  it('serves the client that finds it through BIGQUERY_EMULATOR_HOST', async () => {
    process.env['BIGQUERY_EMULATOR_HOST'] = server.endpoint;
    try {
      const other = new BigQuery({ projectId: PROJECT_ID });
      const [datasets] = await other.getDatasets();
      assert.ok(datasets.some((dataset) => dataset.id === 'shared'));
      assert.deepEqual((await other.query('SELECT 1 AS one'))[0], [{ one: 1 }]);
    } finally {
      delete process.env['BIGQUERY_EMULATOR_HOST'];
    }
  });

  it('keeps a dataset with its settings until it is deleted', async () => {
    const [dataset] = await client.createDataset('kept', { location: 'EU', labels: { team: 'a' } });
    await dataset.setMetadata({ description: 'changed', labels: { more: 'b' } });
    const [metadata] = await dataset.getMetadata();
    assert.equal(metadata.location, 'EU');
    assert.equal(metadata.description, 'changed');
    assert.deepEqual(metadata.labels, { team: 'a', more: 'b' });
    await dataset.delete();
    assert.deepEqual(await dataset.exists(), [false]);
  });

  it('refuses a second dataset of the same name', async () => {
    await assert.rejects(client.createDataset('shared'), {
      code: 409,
      message: /Already Exists: Dataset demo-andante:shared/,
    });
  });

  it('deletes a dataset with tables only when told to', async () => {
    const [dataset] = await client.createDataset('full');
    await dataset.createTable('t', { schema: 'a' });
    await assert.rejects(dataset.delete(), { code: 400, message: /Dataset demo-andante:full is still in use/ });
    await dataset.delete({ force: true });
    await assert.rejects(client.query('SELECT a FROM full.t'), { code: 404 });
  });

  it('answers a table with the schema and settings it was created with', async () => {
    const [table] = await client.dataset('shared').createTable('described', {
      schema: [
        { name: 'id', type: 'INT64', mode: 'REQUIRED', description: 'the id' },
        { name: 'lines', type: 'STRUCT', mode: 'REPEATED', fields: [{ name: 'spent', type: 'NUMERIC' }] },
        { name: 'at', type: 'TIMESTAMP' },
      ],
      timePartitioning: { type: 'DAY', field: 'at' },
      clustering: { fields: ['id'] },
      labels: { a: 'b' },
      description: 'text',
    });
    const [metadata] = await table.getMetadata();
    assert.deepEqual(metadata.schema.fields, [
      { name: 'id', type: 'INTEGER', mode: 'REQUIRED', description: 'the id' },
      {
        name: 'lines',
        type: 'RECORD',
        mode: 'REPEATED',
        fields: [{ name: 'spent', type: 'NUMERIC', mode: 'NULLABLE' }],
      },
      { name: 'at', type: 'TIMESTAMP', mode: 'NULLABLE' },
    ]);
    assert.deepEqual(metadata.timePartitioning, { type: 'DAY', field: 'at' });
    assert.deepEqual(metadata.clustering, { fields: ['id'] });
    assert.equal(metadata.description, 'text');
    assert.equal(metadata.numRows, '0');
    assert.equal(metadata.type, 'TABLE');
    assert.ok(metadata.etag);
    assert.deepEqual(await table.exists(), [true]);
    assert.deepEqual(await client.dataset('shared').table('absent').exists(), [false]);
  });

  it('adds columns, also inside records, and lets views read on', async () => {
    const dataset = client.dataset('shared');
    const line = { name: 'line', type: 'RECORD', fields: [{ name: 'a', type: 'STRING' }] };
    const [table] = await dataset.createTable('widened', {
      schema: [{ name: 'id', type: 'INT64', mode: 'REQUIRED' }, line],
    });
    await table.insert([{ id: 1, line: { a: 'x' } }]);
    await dataset.createTable('widened_view', { view: { query: 'SELECT * FROM shared.widened', useLegacySql: false } });
    await table.setMetadata({
      schema: {
        fields: [
          { name: 'id', type: 'INT64' },
          { ...line, fields: [...line.fields, { name: 'b', type: 'STRING' }] },
          { name: 'extra', type: 'STRING' },
        ],
      },
    });
    assert.deepEqual((await client.query('SELECT * FROM shared.widened_view'))[0], [
      { id: 1, line: { a: 'x', b: null }, extra: null },
    ]);
    await assert.rejects(table.setMetadata({ schema: { fields: [{ name: 'id', type: 'STRING' }] } }), {
      code: 400,
      message: /Provided Schema does not match Table demo-andante:shared.widened/,
    });
  });

  it('keeps the query of a view and refuses one that cannot work', async () => {
    const dataset = client.dataset('shared');
    const [view] = await dataset.createTable('numbers', { view: 'SELECT n FROM UNNEST([1, 2]) AS n' });
    const [metadata] = await view.getMetadata();
    assert.equal(metadata.type, 'VIEW');
    assert.deepEqual(metadata.view, { query: 'SELECT n FROM UNNEST([1, 2]) AS n', useLegacySql: false });
    assert.deepEqual((await client.query('SELECT SUM(n) AS total FROM shared.numbers'))[0], [{ total: 3 }]);
    await assert.rejects(dataset.createTable('broken', { view: 'SELECT nope FROM shared.numbers' }), {
      code: 400,
      message: 'Unrecognized name: nope at [1:8]',
    });
  });

  it('pages through the rows of a table', async () => {
    const [table] = await client.dataset('shared').createTable('paged', { schema: 'n:integer' });
    await table.insert(Array.from({ length: 25 }, (_, n) => ({ n })));
    const [first, next] = await table.getRows({ maxResults: 10, autoPaginate: false });
    assert.equal(first.length, 10);
    assert.ok(next);
    const [all] = await table.getRows({ maxResults: 25 });
    assert.deepEqual(
      all.map((row: { n: number }) => row.n),
      Array.from({ length: 25 }, (_, n) => n),
    );
    assert.equal((await table.getMetadata())[0].numRows, '25');
  });

  const invalidTables: { name: string; schema: object[]; message: RegExp }[] = [
    { name: 'an unknown type', schema: [{ name: 'a', type: 'WORD' }], message: /WORD is not a valid value/ },
    {
      name: 'an unknown mode',
      schema: [{ name: 'a', type: 'STRING', mode: 'MANY' }],
      message: /MANY is not a valid value/,
    },
    { name: 'a bad field name', schema: [{ name: '1; DROP', type: 'STRING' }], message: /Invalid field name/ },
    {
      name: 'a record without fields',
      schema: [{ name: 'a', type: 'RECORD' }],
      message: /is type RECORD but has no schema/,
    },
    {
      name: 'a field twice',
      schema: [
        { name: 'a', type: 'STRING' },
        { name: 'A', type: 'STRING' },
      ],
      message: /already exists in schema/,
    },
  ];
  for (const { name, schema, message } of invalidTables) {
    it(`refuses a table with ${name}`, async () => {
      await assert.rejects(client.dataset('shared').createTable('invalid', { schema }), { code: 400, message });
    });
  }

  it('answers a missing dataset, a missing table and a taken name with their own reasons', async () => {
    const path = `/projects/${PROJECT_ID}/datasets`;
    const missing = await requestJson(server, `/bigquery/v2${path}/absent`);
    assert.equal(missing.status, 404);
    assert.equal(missing.body.error?.message, 'Not found: Dataset demo-andante:absent');
    const table = await requestJson(server, `${path}/shared/tables/absent`);
    assert.equal(table.body.error?.message, 'Not found: Table demo-andante:shared.absent');
    assert.deepEqual(table.body.error?.errors, [
      { reason: 'notFound', message: table.body.error.message, domain: 'global' },
    ]);
    const taken = await requestJson(server, path, {
      method: 'POST',
      body: JSON.stringify({ datasetReference: { datasetId: 'shared' } }),
    });
    assert.equal(taken.body.error?.status, 'ALREADY_EXISTS');
    assert.equal(taken.body.error?.errors[0]?.reason, 'duplicate');
  });

  const badRequests: { name: string; path: string; init: RequestInit; status: number; reason: string }[] = [
    {
      name: 'a body that is no JSON',
      path: '/projects/p/datasets',
      init: { method: 'POST', body: '{"a":' },
      status: 400,
      reason: 'parseError',
    },
    {
      name: 'a body that is an array',
      path: '/projects/p/datasets',
      init: { method: 'POST', body: '[]' },
      status: 400,
      reason: 'parseError',
    },
    {
      name: 'a body that is not gzip',
      path: '/projects/p/queries',
      init: { method: 'POST', body: 'x', headers: { 'content-encoding': 'gzip' } },
      status: 400,
      reason: 'parseError',
    },
    { name: 'an unknown path', path: '/projects/p/unknown', init: {}, status: 404, reason: 'notFound' },
    {
      name: 'a path that cannot be decoded',
      path: '/projects/%E0%A4%A/datasets',
      init: {},
      status: 404,
      reason: 'notFound',
    },
    {
      name: 'an unknown method',
      path: '/projects/p/datasets',
      init: { method: 'DELETE' },
      status: 404,
      reason: 'notFound',
    },
    {
      name: 'a query without text',
      path: '/projects/p/queries',
      init: { method: 'POST', body: '{}' },
      status: 400,
      reason: 'required',
    },
    {
      name: 'a query parameter that is none',
      path: '/projects/p/queries',
      init: { method: 'POST', body: '{"query":"SELECT 1","queryParameters":[null]}' },
      status: 400,
      reason: 'invalid',
    },
    {
      name: 'a bad page token',
      path: '/projects/p/queries',
      init: { method: 'POST', body: '{"query":"SELECT 1","maxResults":"x"}' },
      status: 400,
      reason: 'invalid',
    },
  ];
  for (const { name, path, init, status, reason } of badRequests) {
    it(`answers ${name} with ${status} ${reason}`, async () => {
      const answer = await requestJson(server, path, init);
      assert.equal(answer.status, status);
      assert.equal(answer.body.error?.errors[0]?.reason, reason);
    });
  }
});

describe('the BigQuery emulator as a process', () => {
  const run = (...args: string[]) => {
    const child = spawn(process.execPath, ['emulators/bigquery/main.ts', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    return { child, output: () => output, errors: () => errors };
  };

  it('prints its endpoint, serves it, and stops on SIGTERM', async () => {
    const { child, output } = run('--port', '0');
    await once(child.stdout, 'data');
    const { endpoint } = JSON.parse(output()) as { endpoint: string };
    assert.equal((await fetch(`${endpoint}/projects/demo-andante/datasets`)).status, 200);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'close'), [0, null]);
  });

  it('exits with 1 and says so when the port is taken', async () => {
    const server = await startBigQuery();
    const { child, errors } = run('--port', String(server.port));
    assert.deepEqual(await once(child, 'close'), [1, null]);
    assert.match(errors(), /The port is taken/);
    await server.close();
  });

  it('explains itself with --help and refuses a port that is none', async () => {
    const help = run('--help');
    assert.deepEqual(await once(help.child, 'close'), [0, null]);
    assert.match(help.output(), /--insert-id-window-ms/);
    const wrong = run('--port', 'x');
    assert.deepEqual(await once(wrong.child, 'close'), [1, null]);
    assert.match(wrong.errors(), /--port must be a whole number/);
  });
});
