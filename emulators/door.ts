// One address before several function processes, which take turns: what Cloud Run's front end is in the cloud. A request
// whose process is down, or dies while it works, is answered 502, and Pub/Sub delivers it again.
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';

export interface Door {
  /** The functions whose requests a worker is answering, a name for each request. */
  inFlight(worker: number): string[];
  /** Requests that came so far. */
  requests(): number;
  /** How long nothing was asked or answered; 0 while a request is in flight. */
  quietMs(): number;
  close(): Promise<void>;
}

/** @param workerPorts where the function processes listen on this machine */
export async function startDoor({
  port,
  workerPorts,
}: {
  port: number;
  workerPorts: readonly number[];
}): Promise<Door> {
  const agent = new Agent({ keepAlive: true });
  const working = workerPorts.map(() => new Set<IncomingMessage>());
  let requests = 0;
  let lastAtMs = performance.now();

  const server = createServer((request, response) => {
    const worker = requests++ % workerPorts.length;
    const own = working[worker] as Set<IncomingMessage>;
    own.add(request);
    response.once('close', () => {
      own.delete(request);
      lastAtMs = performance.now();
    });
    forward(request, response, workerPorts[worker] as number);
  });

  function forward(request: IncomingMessage, response: ServerResponse, workerPort: number): void {
    const { method, url, headers } = request;
    const call = httpRequest({ host: '127.0.0.1', port: workerPort, method, path: url, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.once('error', () => response.destroy());
      answer.pipe(response);
    });
    call.once('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
    request.pipe(call);
  }

  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    inFlight: (worker) => [...(working[worker] ?? [])].map(({ url = '' }) => url.split('/')[1] ?? ''),
    requests: () => requests,
    quietMs: () => (working.some(({ size }) => size > 0) ? 0 : performance.now() - lastAtMs),
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
