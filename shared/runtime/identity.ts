// Who speaks: the group of an ad server, from its token. Google-signed OIDC tokens in production; on emulators of this
// machine, where nobody signs, the token `group:NAME` names the group.
import type { OAuth2Client } from 'google-auth-library';
import type { Config } from './config.ts';
import { AndanteError } from './errors.ts';

/** The ad-server group behind an Authorization header. */
export type AuthenticateGroup = (authorization: string | undefined) => Promise<string>;

/** Who pays, and what it may ask for. */
export interface Tenant {
  tenantId: string;
  /** Quotes, changes and reads count one each, a booking's campaigns too. */
  requestsPerMinute: number;
  /** Of each market's booked supply, the share that its unconfirmed holds may take together, 0 to 1. */
  heldShare: number;
}

/** The tenant behind an Authorization header. */
export type AuthenticateTenant = (authorization: string | undefined) => Promise<Tenant>;

/** As much of Google's client as checks a token. */
export type TokenClient = Pick<OAuth2Client, 'getFederatedSignonCertsAsync' | 'verifySignedJwtWithCertsAsync'>;

/** Who signs the tokens of service accounts. The library's own list has more. */
const ISSUERS = ['https://accounts.google.com', 'accounts.google.com'];

/**
 * @param openClient Google's client, opened when the first token comes
 * @throws AndanteError UNAUTHENTICATED no token, or one that does not verify; FORBIDDEN a caller that is no ad server;
 *   IDENTITY_UNAVAILABLE Google's keys cannot be fetched
 */
export function createGroupAuthenticator(
  config: Config,
  openClient: () => Promise<TokenClient> = openGoogleClient,
): AuthenticateGroup {
  const verify = config.isLocal ? undefined : createVerifier(config, openClient);
  return async (authorization) => {
    const [, token] = /^Bearer ([A-Za-z0-9._:=-]{1,8192})$/.exec(authorization ?? '') ?? [];
    if (token === undefined)
      throw new AndanteError('UNAUTHENTICATED', 'expected an Authorization header: Bearer TOKEN');
    if (verify) return verify(token);
    const [, group] = /^group:([A-Za-z0-9][A-Za-z0-9._-]{0,31})$/.exec(token) ?? [];
    if (group === undefined) throw new AndanteError('UNAUTHENTICATED', 'on emulators the token is group:NAME');
    return group;
  };
}

/** Loaded on first use: only the report door needs it, and only where tokens are real. */
async function openGoogleClient(): Promise<TokenClient> {
  const { OAuth2Client } = await import('google-auth-library');
  return new OAuth2Client();
}

function createVerifier(
  { adServerAudience, adServerGroups }: Config,
  openClient: () => Promise<TokenClient>,
): (token: string) => Promise<string> {
  if (adServerAudience === undefined)
    throw new AndanteError(
      'INVALID_CONFIG',
      'configuration: AD_SERVER_AUDIENCE is needed to check the tokens of ad servers',
    );
  let client: Promise<TokenClient> | undefined;
  return async (token) => {
    client ??= openClient();
    const email = await verifiedEmail(await client, token, adServerAudience);
    const group = adServerGroups.get(email);
    if (group === undefined)
      throw new AndanteError('FORBIDDEN', 'this caller is no ad server: add it to AD_SERVER_GROUPS');
    return group;
  };
}

async function verifiedEmail(client: TokenClient, token: string, audience: string): Promise<string> {
  // What is no token is refused without asking Google for anything.
  if (token.split('.').length !== 3) throw new AndanteError('UNAUTHENTICATED', 'the token does not verify');
  const { certs } = await client.getFederatedSignonCertsAsync().catch((cause: unknown) => {
    throw new AndanteError('IDENTITY_UNAVAILABLE', 'the keys that tokens are signed with cannot be fetched', { cause });
  });
  try {
    const payload = (await client.verifySignedJwtWithCertsAsync(token, certs, audience, ISSUERS)).getPayload();
    if (typeof payload?.email === 'string' && payload.email_verified === true) return payload.email;
  } catch {
    // The library's errors quote the token: whoever holds it can be the ad server.
    throw new AndanteError('UNAUTHENTICATED', 'the token does not verify');
  }
  throw new AndanteError('UNAUTHENTICATED', 'the token names no verified email');
}
