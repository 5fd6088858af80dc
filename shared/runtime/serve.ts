// Registers a function with the framework, and keeps the framework's readers away from what it is sent: they take bodies
// of a gigabyte, unpack what is packed, and answer what they cannot parse, or a path that does not decode, with pages of
// their own. Ours read the request themselves, with limits and codes. Without this channel all would work but that.
import { subscribe } from 'node:diagnostics_channel';
import { http, type HttpFunction } from '@google-cloud/functions-framework';
import { onFirstUse } from './process.ts';

/** Registers a function under its name; it is built when its first request comes. */
export function serve(name: string, build: () => HttpFunction): void {
  const answer = onFirstUse(build);
  http(name, (request, response) => answer(request, response) as Promise<void>);
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
