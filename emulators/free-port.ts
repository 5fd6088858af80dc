// A port that was free a moment ago.
import { createServer, type AddressInfo } from 'node:net';

/**
 * @param wanted a port that must be free, or 0 for any
 * @throws Error when the wanted port is taken
 */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', () =>
      reject(new Error(`port ${wanted} is taken: choose another with --port, or leave it out for a free one`)),
    );
    server.listen(wanted, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
