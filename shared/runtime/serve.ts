// Registers a function with the framework, and keeps the framework's readers away from what it is sent: they take bodies
// of a gigabyte, unpack what is packed, and answer what they cannot parse, or a path that does not decode, with pages of
// their own. Ours read the request themselves, with limits and codes. Without this channel all would work but that.
import { subscribe } from 'node:diagnostics_channel';
import { http, type HttpFunction } from '@google-cloud/functions-framework';
import { sendAnswer } from './http.ts';
import { onFirstUse } from './process.ts';

/**
 * Registers a function under its name; it is built when its first request comes. `GET /health` is answered here: 200 when
 * the configuration is right and the clients are made, 500 as any other request when not. It asks nothing of Firestore,
 * Pub/Sub or BigQuery.
 */
export function serve(name: string, build: () => HttpFunction): void {
  const answer = onFirstUse(() => withHealth(name, build()));
  http(name, (request, response) => answer(request, response) as Promise<void>);
}

function withHealth(name: string, answer: HttpFunction): HttpFunction {
  // Cloud Run keeps /_ah/ and /healthz for itself. Behind one port, functions are told apart by their name.
  const paths = ['/health', `/${name}/health`];
  const healthy = {
    status: 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify({ status: 'ok', function: name }),
  };
  return (request, response) =>
    request.method === 'GET' && paths.includes(request.originalUrl)
      ? sendAnswer(response, healthy)
      : (answer(request, response) as Promise<void>);
}

/** What node's request and its server show of themselves, and no more than we use. */
interface Incoming {
  url?: string | undefined;
  originalUrl?: string | undefined;
  headers: Record<string, string | string[] | undefined>;
}

/** Hides the body and the path of a request from the framework: the body stays unread, the path is in `originalUrl`. */
export function hideFromFramework(request: Incoming): void {
  request.originalUrl = request.url;
  request.url = '/';
  delete request.headers['content-length'];
  delete request.headers['transfer-encoding'];
}

// Before the request event. Other servers of the process, such as a test's or an emulator's, are none of ours.
subscribe('http.server.request.start', (started) => {
  const { request, server } = started as {
    request: Incoming;
    server: { listeners(event: 'request'): readonly object[] };
  };
  if (server.listeners('request').some(isExpress)) hideFromFramework(request);
});

function isExpress(listener: object): boolean {
  return 'mountpath' in listener;
}
