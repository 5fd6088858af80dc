// All functions on one port, in one process: `/{function}/projects/P/topics/T` for what Pub/Sub pushes, and each HTTP
// function under the path that topology.json gives it. Every function runs in the framework's own server.
//
//   node emulators/gateway.ts --port N     prints {"url": "http://127.0.0.1:N"} when it listens
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import '../functions/index.ts';
import { hideFromFramework } from '../shared/runtime/serve.ts';
import { readTopology, type Topology } from '../terraform/topology.ts';

/** Serves every function of the topology; resolves when it listens. */
export async function startGateway({
  port,
  topology,
}: {
  port: number;
  topology: Topology;
}): Promise<{ url: string; server: Server }> {
  const servers = new Map(Object.keys(topology.functions).map((name) => [name, getTestServer(name)]));
  const paths = Object.entries(topology.functions).flatMap(([name, { trigger }]) =>
    trigger.kind === 'http' ? [{ path: trigger.path, name }] : [],
  );
  const server = createServer((request, response) => {
    const name = route(request.url ?? '/', paths);
    const target = name === undefined ? undefined : servers.get(name);
    if (!target) return refuse(request, response);
    hideFromFramework(request);
    target.emit('request', request, response);
  });
  // Pub/Sub keeps its connections for longer than node does by default.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** The function behind a URL: by its own name, or by the path of its trigger. */
function route(url: string, paths: readonly { path: string; name: string }[]): string | undefined {
  const pathname = url.split('?', 1)[0] as string;
  const owner = paths.find(({ path }) => pathname === path || pathname.startsWith(`${path}/`));
  return owner?.name ?? pathname.split('/')[1];
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(404, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify({ status: 404, code: 'NOT_FOUND', detail: 'no function answers under this path' }));
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
  const { url, server } = await startGateway({ port: Number(values.port), topology: await readTopology() });
  const stop = () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    // Requests in flight get a moment; Pub/Sub delivers again what they lose.
    setTimeout(() => process.exit(0), 3_000).unref();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  console.log(JSON.stringify({ url }));
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
