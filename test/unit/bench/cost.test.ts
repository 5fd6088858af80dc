import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { documentBytes, type Used } from '../../bench/cost-meter.ts';
import { billOf, countedUsd, idleUsdPerMonth, instanceUsd, totalUsd } from '../../bench/cost-price.ts';
import { PRICES_OF, listPrices, usdPer } from '../../bench/list-prices.ts';

const nothing: Used = {
  reads: 0,
  writes: 0,
  expiring: 0,
  storedByteDays: 0,
  versionBytes: 0,
  messageBytes: 0,
  rows: 0,
  rowBytes: 0,
  streamedBytes: 0,
  logBytes: 0,
  requests: 0,
  sentBytes: 0,
  cpuMs: 0,
  clientMs: 0,
};
const used = (own: Partial<Used>): Used => ({ ...nothing, ...own });
const assertUsd = (actual: number, expected: number) =>
  assert(Math.abs(actual - expected) <= 1e-9 * Math.max(1, expected), `${actual} is not ${expected}`);

describe('list prices', () => {
  it('say when and where they hold, and whence each comes', () => {
    assert.match(PRICES_OF.readOn, /^\d{4}-\d\d-\d\d$/);
    assert.match(PRICES_OF.region, /^[a-z]+-[a-z]+\d$/);
    for (const [name, { usd, per, unit, source }] of Object.entries(listPrices)) {
      assert(usd > 0 && per > 0 && unit.length > 0, name);
      assert.match(source, /^cloud\.google\.com\//, name);
    }
  });

  it('are those of the units that Google bills', () => {
    assertUsd(usdPer('firestoreWrite') * 100_000, 0.09);
    assertUsd(usdPer('pubsubMoved') * 2 ** 40, 40);
    assertUsd(usdPer('logged') * 2 ** 30, 0.5);
  });
});

describe('a bill', () => {
  it('is nothing for nothing', () => assert.equal(totalUsd(billOf(nothing, 512)), 0));

  it('has the price of each part, and nothing of it elsewhere', () => {
    const cases: { own: Partial<Used>; part: string; usd: number }[] = [
      { own: { reads: 100_000, writes: 100_000, expiring: 100_000 }, part: 'documents', usd: 0.13 },
      { own: { storedByteDays: 2 ** 30 * 30.4 }, part: 'stored', usd: 0.15 },
      { own: { versionBytes: (2 ** 30 * 30.4) / 7 }, part: 'versions', usd: 0.15 },
      { own: { messageBytes: 2 ** 40 }, part: 'messages', usd: 40 + (512 * 0.27 * 7) / 30.4 },
      { own: { streamedBytes: 200 * 2 ** 20 }, part: 'rows', usd: 0.01 },
      { own: { logBytes: 2 ** 30 }, part: 'logs', usd: 0.5 },
      { own: { sentBytes: 2 ** 30 }, part: 'sentOut', usd: 0.12 },
    ];
    for (const { own, part, usd } of cases) {
      const bill = billOf(used(own), 512);
      assertUsd(bill[part as keyof typeof bill], usd);
      assertUsd(totalUsd(bill), usd);
    }
  });

  it('counts a vCPU for a core and a half, what it idles between requests, and the memory that it holds', () => {
    const { functions } = billOf(used({ cpuMs: 1000 }), 1024);
    assertUsd(functions, (1.5 / 0.6) * (0.000024 + 0.0000025));
    assertUsd(billOf(used({ cpuMs: 600, clientMs: 400 }), 1024).functions, functions);
  });

  it('leaves out of what is counted what this machine took', () => {
    const bill = billOf(used({ writes: 10, cpuMs: 1e6 }), 512);
    assertUsd(countedUsd(bill), billOf(used({ writes: 10 }), 512).documents);
  });

  it('of a deployment that nobody uses is its minimum instances and its jobs', () => {
    const topology = {
      functions: { a: { memoryMb: 512, minInstances: 2 }, b: { memoryMb: 2048, minInstances: 0 } },
      schedules: { x: {}, y: {}, z: {} },
    };
    const { instances, jobs } = idleUsdPerMonth(topology);
    assertUsd(instances, 2 * 30.4 * 86_400 * instanceUsd(512, 'idle'));
    assertUsd(jobs, 0.3);
  });
});

describe('the bytes of a document', () => {
  it('are its name, 32 more, and the names and values of its fields', () => {
    // users/jeff/tasks/my_task_id: 6 + 5 + 6 + 11 + 16; type, done, priority, description: the example of Google's page.
    const fields = { type: 'Personal', done: false, priority: 1, description: 'Learn Cloud Firestore' };
    assert.equal(documentBytes('users/jeff/tasks/my_task_id', fields), 44 + 71 + 32);
  });

  it('count packed fields as they are, dates as eight, lists and maps by what is in them', () => {
    const empty = documentBytes('a/b', {});
    assert.equal(documentBytes('a/b', { x: new Uint8Array(100) }), empty + 2 + 100);
    assert.equal(documentBytes('a/b', { x: new Date(0) }), empty + 2 + 8);
    assert.equal(documentBytes('a/b', { x: ['ab', { y: null }] }), empty + 2 + 3 + 2 + 1);
  });
});

describe('the page of costs', () => {
  it('names the day and the region of the prices', async () => {
    const readme = await readFile(resolve(import.meta.dirname, '../../../README.md'), 'utf8');
    const page = readme.slice(readme.indexOf('## Capacity and cost'), readme.indexOf('## Data'));
    assert(page.includes(`List prices of ${PRICES_OF.region}, read on ${PRICES_OF.readOn}`));
  });
});
