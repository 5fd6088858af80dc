// ID tokens as Google signs them, by keys of our own, and where their public halves are fetched.
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const signer = pair();
const stranger = pair();

/** The certificates by key id, as Google serves them; their hash is that of no object's key. */
export const CERTS = { key1: signer.publicKey };

export interface TokenParts {
  header?: Record<string, unknown>;
  payload?: Record<string, unknown>;
  /** Who signs: the key that is served, another one, the served one's public half as a secret, or nobody. */
  signedBy?: 'signer' | 'stranger' | 'secret' | 'nobody';
}

/** A token of an ad server for this audience, valid now but for what is said otherwise. */
export function token(audience: string, { header = {}, payload = {}, signedBy = 'signer' }: TokenParts = {}): string {
  const nowS = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'https://accounts.google.com',
    aud: audience,
    sub: '1',
    email: 'se-a@demo.iam.gserviceaccount.com',
    email_verified: true,
    iat: nowS - 10,
    exp: nowS + 3590,
    ...payload,
  };
  const signed = [{ alg: 'RS256', kid: 'key1', typ: 'JWT', ...header }, claims].map(encode).join('.');
  return `${signed}.${signatureOf(signed, signedBy)}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function signatureOf(signed: string, by: TokenParts['signedBy']): string {
  if (by === 'nobody') return '';
  if (by === 'secret') return createHmac('sha256', signer.publicKey).update(signed).digest('base64url');
  const { privateKey } = by === 'stranger' ? stranger : signer;
  return createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url');
}

/** A server of certificates on this machine; `fetched` counts how often they were asked for. */
export async function serveCerts(): Promise<{ url: string; fetched: () => number; close: () => void }> {
  let fetched = 0;
  const server = createServer((_request, response) => {
    fetched++;
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'public, max-age=3600' });
    response.end(JSON.stringify(CERTS));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/certs`, fetched: () => fetched, close: () => void server.close() };
}
