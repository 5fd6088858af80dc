import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startDoor, type Door } from '../../../emulators/door.ts';
import { freePort } from '../../../emulators/free-port.ts';

describe('the door before several workers', () => {
  let workers: Server[];
  let door: Door;
  let url: string;
  /** Requests to a path that ends in `slow` are answered by hand. */
  let waiting: ServerResponse[];

  beforeEach(async () => {
    waiting = [];
    workers = ['first', 'second'].map((name) =>
      createServer((request, response) => {
        if (request.url?.endsWith('slow')) waiting.push(response);
        else response.writeHead(201, { 'x-worker': name }).end(name);
      }),
    );
    for (const worker of workers) await once(worker.listen(0, '127.0.0.1'), 'listening');
    const port = await freePort();
    door = await startDoor({ port, workerPorts: workers.map((worker) => (worker.address() as AddressInfo).port) });
    url = `http://127.0.0.1:${port}`;
  });
  afterEach(async () => {
    await door.close();
    for (const worker of workers) worker.closeAllConnections();
    for (const worker of workers) worker.close();
  });

  it('lets them take turns and hands on their answers', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => fetch(`${url}/budget-changed`, { method: 'POST' })));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201, 201, 201],
    );
    assert.deepEqual(answers.map(({ headers }) => headers.get('x-worker')).sort(), [
      'first',
      'first',
      'second',
      'second',
    ]);
    assert.equal(door.requests(), 4);
  });

  it('answers 502 for a worker that is down', async () => {
    await new Promise((resolve) => workers[1]?.close(resolve));
    const statuses = [];
    for (let turn = 0; turn < 4; turn++) statuses.push((await fetch(url)).status);
    assert.deepEqual(statuses, [201, 502, 201, 502]);
  });

  it('says what a worker is working on, and answers 502 when it dies over it', async () => {
    const answer = fetch(`${url}/delivery-tick/slow`, { method: 'POST', body: '{}' });
    while (waiting.length === 0) await new Promise(setImmediate);
    assert.deepEqual([door.inFlight(0), door.inFlight(1), door.quietMs()], [['delivery-tick'], [], 0]);
    workers[0]?.closeAllConnections();
    assert.equal((await answer).status, 502);
    assert.deepEqual(door.inFlight(0), []);
    assert(door.quietMs() < 1_000);
  });
});
