// One keep-alive connection that sends requests as bytes, right or wrong, and reads the answers: what a client library
// would mend or refuse to send is sent as it is.
import { connect, type Socket } from 'node:net';

export interface Answer {
  /** 0 when the connection ended without an answer. */
  status: number;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: string;
  ms: number;
}

export interface Wire {
  method: string;
  path: string;
  /** Sent as they are; a content-length is added unless these say how long the body is. */
  headers?: readonly (readonly [string, string])[];
  body?: Uint8Array;
  /** How much of the bytes is sent before the connection is cut. */
  cutAt?: number;
}

export interface Connection {
  send(wire: Wire): Promise<Answer>;
  close(): void;
}

const NOTHING: Answer = { status: 0, headers: {}, body: '', ms: 0 };

/** A connection to a port of this machine, opened when it is needed and again when the server ended it. */
export function createConnection(port: number): Connection {
  let socket: Socket | undefined;
  return {
    async send(wire) {
      const from = performance.now();
      const isFresh = isOneOff(wire);
      // The server ends what was idle for some seconds, as it is on a busy machine.
      const own = isFresh || !socket?.writable ? await open(port) : socket;
      const answer = await exchange(own, wire);
      const isKept = !isFresh && answer.status !== 0 && answer.headers['connection'] !== 'close';
      if (!isKept) own.destroy();
      if (!isFresh) socket = isKept ? own : undefined;
      return { ...answer, ms: performance.now() - from };
    },
    close: () => socket?.destroy(),
  };
}

/** Whether a request gets a connection of its own: what lies about its length spoils what comes after it. */
export function isOneOff({ headers = [], cutAt }: Wire): boolean {
  return (
    cutAt !== undefined ||
    headers.some(([name]) => /^(content-length|transfer-encoding|connection|upgrade|expect)$/i.test(name))
  );
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

function exchange(socket: Socket, wire: Wire): Promise<Answer> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const done = (answer: Answer) => {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      resolve(answer);
    };
    const end = () => done(readAnswer(received, wire.method, true) ?? NOTHING);
    socket.on('error', end);
    socket.on('close', end);
    socket.on('data', (chunk) => {
      received = received.byteLength === 0 ? chunk : Buffer.concat([received, chunk]);
      const answer = readAnswer(received, wire.method, false);
      if (answer) done(answer);
    });
    const bytes = toBytes(wire);
    if (wire.cutAt === undefined) socket.write(bytes);
    else socket.write(bytes.subarray(0, wire.cutAt), () => socket.destroySoon());
  });
}

function toBytes({ method, path, headers = [], body }: Wire): Buffer {
  const names = headers.map(([name]) => name.toLowerCase());
  const isLong = names.includes('content-length') || names.includes('transfer-encoding');
  const length = body === undefined || isLong ? [] : [['content-length', String(body.byteLength)] as const];
  const lines = [['host', 'doors'] as const, ...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  return body === undefined ? head : Buffer.concat([head, body]);
}

/** The answer once it is whole; `isEnd` says that nothing more will come. */
function readAnswer(received: Buffer, method: string, isEnd: boolean): Answer | undefined {
  const at = received.indexOf('\r\n\r\n');
  if (at < 0) return undefined;
  const [first = '', ...lines] = received.toString('latin1', 0, at).split('\r\n');
  const status = Number(first.split(' ')[1]);
  if (status < 200) return readAnswer(received.subarray(at + 4), method, isEnd);
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = received.subarray(at + 4);
  if (headers['transfer-encoding'] === 'chunked') {
    const whole = unchunked(body);
    return isEnd || whole.isEnded ? { status, headers, body: whole.text, ms: 0 } : undefined;
  }
  const hasNone = method === 'HEAD' || status === 204 || status === 304;
  const length = hasNone ? 0 : Number(headers['content-length'] ?? NaN);
  if (isEnd || body.byteLength >= length) return { status, headers, body: body.toString(), ms: 0 };
  return undefined;
}

/** What a stream of chunks says, as far as it has come. */
function unchunked(body: Buffer): { text: string; isEnded: boolean } {
  const parts: Buffer[] = [];
  const text = () => Buffer.concat(parts).toString();
  for (let at = 0; ;) {
    const end = body.indexOf('\r\n', at);
    const size = end < 0 ? NaN : Number.parseInt(body.toString('latin1', at, end), 16);
    if (!(end + 2 + size + 2 <= body.byteLength)) return { text: text(), isEnded: false };
    if (size === 0) return { text: text(), isEnded: true };
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
