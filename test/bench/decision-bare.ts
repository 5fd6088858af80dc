// What `bench decision` compares with over HTTP: a function that parses and serialises the lines of a batch, and nothing else.
//
//   forked: sends {"url": "http://127.0.0.1:N"} when it listens, and {"cpuMs": what it used} for every message
import type { AddressInfo } from 'node:net';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';

http('bare', (request, response) => {
  const lines = (request.rawBody as Buffer).toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const body = lines.map((line) => `${JSON.stringify(JSON.parse(line))}\n`).join('');
  response.status(200).set('content-type', 'application/x-ndjson').end(body);
});

const server = getTestServer('bare');
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/decisions` });
});
process.once('disconnect', () => process.exit(0));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 });
});
