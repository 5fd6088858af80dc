// Who speaks: the group of an ad server, or a tenant, from its token. Google-signed OIDC tokens in production; on emulators
// of this machine, where nobody signs, the token `group:NAME` or `tenant:NAME` names it.
import type { OAuth2Client } from 'google-auth-library';
import { reservedTenants } from '../contracts/platform-tenant.ts';
import { TENANT_DEFAULTS, type Config } from './config.ts';
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

const TENANT_TOKEN = /^tenant:([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;

/** A world and a benchmark ask for more in a minute than any tenant. */
const EMULATOR_LIMITS = { ...TENANT_DEFAULTS, requestsPerMinute: 1_000_000 };

/** Whom a door is for: how a caller names itself on emulators, and who it is by its email elsewhere. */
interface Door<Caller> {
  audience: { name: string; value: string | undefined };
  callers: { name: string; byEmail: ReadonlyMap<string, Caller>; isNone: string };
  emulatorToken: { pattern: RegExp; isExpected: string; callerOf: (name: string) => Caller | undefined };
}

/**
 * @param openClient Google's client, opened when the first token comes
 * @throws AndanteError UNAUTHENTICATED no token, or one that does not verify; FORBIDDEN a caller that is no ad server;
 *   IDENTITY_UNAVAILABLE Google's keys cannot be fetched
 */
export function createGroupAuthenticator(
  config: Config,
  openClient: () => Promise<TokenClient> = openGoogleClient,
): AuthenticateGroup {
  const door = {
    audience: { name: 'AD_SERVER_AUDIENCE', value: config.adServerAudience },
    callers: { name: 'AD_SERVER_GROUPS', byEmail: config.adServerGroups, isNone: 'this caller is no ad server' },
    emulatorToken: {
      pattern: /^group:([A-Za-z0-9][A-Za-z0-9._-]{0,31})$/,
      isExpected: 'group:NAME',
      callerOf: (group: string) => group,
    },
  };
  return createAuthenticator(config, door, openClient);
}

/**
 * Tenants by the email of their token and `TENANTS`. On emulators any name is a tenant, with the limits that `TENANTS` gives it.
 * @param openClient Google's client, opened when the first token comes
 * @throws AndanteError UNAUTHENTICATED no token, or one that does not verify; FORBIDDEN a caller that is no tenant;
 *   IDENTITY_UNAVAILABLE Google's keys cannot be fetched
 */
export function createTenantAuthenticator(
  config: Config,
  openClient: () => Promise<TokenClient> = openGoogleClient,
): AuthenticateTenant {
  const byId = new Map([...config.tenants.values()].map((tenant) => [tenant.tenantId, tenant]));
  const door = {
    audience: { name: 'BOOKING_AUDIENCE', value: config.bookingAudience },
    callers: { name: 'TENANTS', byEmail: config.tenants, isNone: 'this caller is no tenant' },
    emulatorToken: {
      pattern: TENANT_TOKEN,
      isExpected: 'tenant:NAME',
      callerOf: (tenantId: string) =>
        // Ours is nobody's.
        reservedTenants.includes(tenantId) ? undefined : (byId.get(tenantId) ?? { tenantId, ...EMULATOR_LIMITS }),
    },
  };
  return createAuthenticator(config, door, openClient);
}

function createAuthenticator<Caller>(
  config: Config,
  door: Door<Caller>,
  openClient: () => Promise<TokenClient>,
): (authorization: string | undefined) => Promise<Caller> {
  const verify = config.isLocal ? undefined : createVerifier(door, openClient);
  const { pattern, isExpected, callerOf } = door.emulatorToken;
  return async (authorization) => {
    const [, token] = /^Bearer ([A-Za-z0-9._:=-]{1,8192})$/.exec(authorization ?? '') ?? [];
    if (token === undefined)
      throw new AndanteError('UNAUTHENTICATED', 'expected an Authorization header: Bearer TOKEN');
    if (verify) return verify(token);
    const [, name] = pattern.exec(token) ?? [];
    const caller = name === undefined ? undefined : callerOf(name);
    if (caller === undefined) throw new AndanteError('UNAUTHENTICATED', `on emulators the token is ${isExpected}`);
    return caller;
  };
}

/** Loaded on first use: few functions need it, and only where tokens are real. */
async function openGoogleClient(): Promise<TokenClient> {
  const { OAuth2Client } = await import('google-auth-library');
  return new OAuth2Client();
}

function createVerifier<Caller>(
  { audience, callers }: Door<Caller>,
  openClient: () => Promise<TokenClient>,
): (token: string) => Promise<Caller> {
  const { name, value } = audience;
  if (value === undefined)
    throw new AndanteError('INVALID_CONFIG', `configuration: ${name} is needed to check the tokens of callers`);
  let client: Promise<TokenClient> | undefined;
  return async (token) => {
    client ??= openClient();
    const email = await verifiedEmail(await client, token, value);
    const caller = callers.byEmail.get(email);
    if (caller === undefined) throw new AndanteError('FORBIDDEN', `${callers.isNone}: add it to ${callers.name}`);
    return caller;
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
