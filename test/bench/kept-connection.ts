// A kept HTTP connection with one request on it at a time, that costs its process as little as can be: what is measured is
// the server. It knows answers with a length and answers in chunks, and nothing else.
import { connect } from 'node:net';
import { once } from 'node:events';

export interface KeptConnection {
  /** Sends a whole request, and resolves to the body of its answer. Rejects for any status but 200. */
  ask(request: Buffer): Promise<Buffer>;
  close(): void;
}

const CLOSED = new Error('the server closed the connection');
const END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

export async function openConnection(url: URL): Promise<KeptConnection> {
  const socket = connect(Number(url.port), url.hostname);
  socket.setNoDelay(true);
  await once(socket, 'connect');
  let waiting: PromiseWithResolvers<Buffer> | undefined;
  let chunks: Buffer[] = [];
  /** Bytes of the answer when it is whole; in chunks it says itself when it is. */
  let length: number | undefined;
  const settle = (error?: Error) => {
    const body = Buffer.concat(chunks);
    const own = waiting;
    [waiting, chunks, length] = [undefined, [], undefined];
    if (error) own?.reject(error);
    else own?.resolve(bodyOf(body));
  };
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    const first = chunks[0] as Buffer;
    length ??= lengthOf(first);
    const isWhole = length === undefined ? isLast(chunks) : sizeOf(chunks) >= length;
    if (isWhole) settle(first.subarray(9, 12).equals(OK) ? undefined : new Error(first.toString('utf8').slice(0, 600)));
  });
  socket.on('error', settle);
  socket.on('close', () => settle(CLOSED));
  return {
    ask(request) {
      waiting = Promise.withResolvers<Buffer>();
      const { promise } = waiting;
      if (socket.destroyed) settle(CLOSED);
      else socket.write(request);
      return promise;
    },
    close: () => void socket.destroy(),
  };
}

const OK = Buffer.from('200');

/** Of a request with all its headers. */
export function requestOf(url: URL, path: string, { type, body }: { type: string; body: string }): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${url.host}`,
    'authorization: Bearer tenant:bench-records',
    `content-type: ${type}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Of head and body together; undefined for an answer in chunks. */
function lengthOf(first: Buffer): number | undefined {
  const end = first.indexOf(END);
  if (end < 0) throw new Error('the head of an answer came in pieces');
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(first.toString('latin1', 0, end)) ?? [];
  return length === undefined ? undefined : end + END.length + Number(length);
}

/** Whether the chunk without bytes has come, in one piece or in two. */
function isLast(chunks: readonly Buffer[]): boolean {
  return Buffer.concat(chunks.slice(-LAST_CHUNK.length)).subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
}

function sizeOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

function bodyOf(answer: Buffer): Buffer {
  return answer.subarray(answer.indexOf(END) + END.length);
}
