// A Firestore whose answers get lost: stands in front of the emulator and hands everything on, but of every transaction, and
// of every commit without one, the first answer to a commit that SUCCEEDED is replaced by UNAVAILABLE. To the client that is
// a connection that broke after the server had done its work.
import { once } from 'node:events';
import { connect, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface LosingProxy {
  port: number;
  /** How many answers were lost so far. */
  lost(): number;
  close(): Promise<void>;
}

interface Answer {
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Undefined where the headers were all there was. */
  trailers: IncomingHttpHeaders | undefined;
}

const UNAVAILABLE = '14';

/**
 * The client sends such a commit again, for a transaction that is over by then. It goes by the words in which Firestore says
 * that, and the emulator has others.
 */
const words = {
  emulator: 'Transaction is invalid or closed.',
  firestore: 'The referenced transaction has expired or is no longer valid.',
};

/** @param speaksAs whose words for a transaction that is over: after Firestore's the client runs it again itself */
export async function startLosingProxy(
  emulatorHost: string,
  speaksAs: keyof typeof words = 'firestore',
): Promise<LosingProxy> {
  const upstream = connect(`http://${emulatorHost}`);
  const choose = createChoice();
  let lost = 0;

  const serve = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const request = await buffer(stream);
    const answer = await ask(headers, request);
    const isLost = choose(String(headers[':path']), request, answer);
    if (isLost) lost += 1;
    if (!stream.destroyed) reply(stream, isLost ? unavailable : reworded(answer, words[speaksAs]));
  };

  const ask = async (headers: IncomingHttpHeaders, request: Buffer): Promise<Answer> => {
    const call = upstream.request(headers);
    call.end(request);
    let trailers: IncomingHttpHeaders | undefined;
    call.once('trailers', (found: IncomingHttpHeaders) => (trailers = found));
    const [answered] = (await once(call, 'response')) as [IncomingHttpHeaders];
    return { headers: answered, body: await buffer(call), trailers };
  };

  const server = createServer();
  server.on('stream', (stream, headers) => {
    // A client that hangs up is none of our business.
    stream.on('error', () => undefined);
    serve(stream, headers).catch(() => stream.close());
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    lost: () => lost,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      upstream.destroy();
      await closed;
    },
  };
}

function reply(stream: ServerHttp2Stream, { headers, body, trailers }: Answer): void {
  if (!trailers) return stream.respond(headers, { endStream: true });
  stream.respond(headers, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
}

/** gRPC messages are percent-encoded. */
function reworded({ headers, body, trailers }: Answer, said: string): Answer {
  const reword = <T extends IncomingHttpHeaders | undefined>(from: T): T =>
    decodeURIComponent(String(from?.['grpc-message'] ?? '')) === words.emulator
      ? { ...from, 'grpc-message': encodeURIComponent(said) }
      : from;
  return { headers: reword(headers), body, trailers: reword(trailers) };
}

const unavailable: Answer = {
  headers: {
    ':status': '200',
    'content-type': 'application/grpc',
    'grpc-status': UNAVAILABLE,
    'grpc-message': 'the connection broke after the commit',
  },
  body: Buffer.alloc(0),
  trailers: undefined,
};

/**
 * Follows transactions through their attempts: a client that tries again reads with the id of the attempt before, and is
 * answered with a new one. Returns whether this answer is to be lost.
 */
function createChoice(): (path: string, request: Buffer, answer: Answer) => boolean {
  /** The first attempt of each later one. */
  const firstOf = new Map<string, string>();
  const hit = new Set<string>();
  return (path, request, answer) => {
    if (path.endsWith('/BatchGetDocuments')) {
      const retried = field(request, 5, 3, 1);
      const begun = field(answer.body, 3);
      if (retried && begun) firstOf.set(begun, firstOf.get(retried) ?? retried);
      return false;
    }
    if (!path.endsWith('/Commit') || answer.trailers?.['grpc-status'] !== '0') return false;
    const own = field(request, 3);
    const key = own === undefined ? request.toString('latin1') : (firstOf.get(own) ?? own);
    if (hit.has(key)) return false;
    hit.add(key);
    return true;
  };
}

/** A nested field of the first message of a gRPC body, by its numbers: the last one is bytes, in latin1. */
function field(body: Buffer, ...numbers: number[]): string | undefined {
  if (body.length < 5) return undefined;
  let message: Buffer | undefined = body.subarray(5, 5 + body.readUInt32BE(1));
  for (const number of numbers) message = message && bytesOf(message, number);
  return message?.toString('latin1');
}

/** The bytes of one field of a Protocol Buffers message (https://protobuf.dev/programming-guides/encoding/). */
function bytesOf(message: Buffer, wanted: number): Buffer | undefined {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++] as number;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    switch (tag & 7) {
      case 0:
        varint();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        at += length;
        if (tag >>> 3 === wanted) return message.subarray(at - length, at);
        break;
      }
      default:
        at += 4;
    }
  }
  return undefined;
}
