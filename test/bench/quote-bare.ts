// What `bench quote` compares with over HTTP: a function that answers request N with the Nth of the bytes that it was sent,
// and does nothing else.
//
//   forked: takes the answers, sends {"url": "http://127.0.0.1:N"} when it listens, and {"cpuMs": what it used} for every
//   further message
import type { AddressInfo } from 'node:net';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';

let answers: readonly string[] = [];

http('bare', (request, response) => {
  const { n } = request.query;
  response.status(200).set('content-type', 'application/json').end(answers[Number(n)]);
});

process.once('disconnect', () => process.exit(0));
process.once('message', (own: readonly string[]) => {
  answers = own;
  const server = getTestServer('bare');
  // Connections wait while the other side has its turn.
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1', () => {
    process.on('message', () => {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuMs: (user + system) / 1000 });
    });
    process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/quotes` });
  });
});
