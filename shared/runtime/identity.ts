// Who speaks: the group of an ad server, or a tenant, from its token. Google-signed OIDC tokens in production; on emulators
// of this machine, where nobody signs, the token `group:NAME` or `tenant:NAME` names it.
import type { OAuth2Client } from 'google-auth-library';
import { reservedTenants } from '../contracts/platform-tenant.ts';
import { TENANT_DEFAULTS, type Config } from './config.ts';
import type { LogSubject } from '../contracts/log-line.ts';
import { AndanteError } from './errors.ts';
import { describeAs } from './handling.ts';
import { whenHere } from './when-here.ts';

/** The ad-server group behind an Authorization header. */
export type AuthenticateGroup = Authenticate<string>;

/** Who pays, and what it may ask for. */
export interface Tenant {
  tenantId: string;
  /** Quotes, changes and reads count one each, a booking's campaigns too. */
  requestsPerMinute: number;
  /** Of each market's booked supply, the share that its unconfirmed holds may take together, 0 to 1. */
  heldShare: number;
}

/** The tenant behind an Authorization header. */
export type AuthenticateTenant = Authenticate<Tenant>;

/** No promise where the caller is known at once. It throws, or rejects with, what its maker says. */
type Authenticate<Caller> = (authorization: string | undefined) => Caller | Promise<Caller>;

/** As much of Google's client as checks a token. */
export type TokenClient = Pick<OAuth2Client, 'getFederatedSignonCertsAsync' | 'verifySignedJwtWithCertsAsync'>;

/** Who signs the tokens of service accounts. The library's own list has more. */
const ISSUERS = ['https://accounts.google.com', 'accounts.google.com'];

const TENANT_TOKEN = /^tenant:([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;

/** A token that verified is taken for so long without checking its signature again, and never after its end. */
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 1_000;

/** A world and a benchmark ask for more in a minute than any tenant. */
const EMULATOR_LIMITS = { ...TENANT_DEFAULTS, requestsPerMinute: 1_000_000 };

interface Google {
  openClient: () => Promise<TokenClient>;
  clock: () => number;
}

/** Whom a door is for: how a caller names itself on emulators, and who it is by its email elsewhere. */
interface Door<Caller> {
  audience: { name: string; value: string | undefined };
  callers: { name: string; byEmail: ReadonlyMap<string, Caller>; isNone: string };
  emulatorToken: { pattern: RegExp; isExpected: string; callerOf: (name: string) => Caller | undefined };
  /** What the log is told of who speaks. */
  aboutOf: (caller: Caller) => LogSubject;
}

/**
 * @param openClient Google's client, opened when the first token comes
 * @param clock wall clock, epoch ms
 * @throws AndanteError UNAUTHENTICATED no token, or one that does not verify; FORBIDDEN a caller that is no ad server;
 *   IDENTITY_UNAVAILABLE Google's keys cannot be fetched
 */
export function createGroupAuthenticator(
  config: Config,
  openClient: () => Promise<TokenClient> = openGoogleClient,
  clock: () => number = Date.now,
): AuthenticateGroup {
  const door = {
    audience: { name: 'AD_SERVER_AUDIENCE', value: config.adServerAudience },
    callers: { name: 'AD_SERVER_GROUPS', byEmail: config.adServerGroups, isNone: 'this caller is no ad server' },
    emulatorToken: {
      pattern: /^group:([A-Za-z0-9][A-Za-z0-9._-]{0,31})$/,
      isExpected: 'group:NAME',
      callerOf: (group: string) => group,
    },
    aboutOf: (group: string) => ({ group }),
  };
  return createAuthenticator(config, door, { openClient, clock });
}

/**
 * Tenants by the email of their token and `TENANTS`. On emulators any name is a tenant, with the limits that `TENANTS` gives it.
 * @param openClient Google's client, opened when the first token comes
 * @param clock wall clock, epoch ms
 * @throws AndanteError UNAUTHENTICATED no token, or one that does not verify; FORBIDDEN a caller that is no tenant;
 *   IDENTITY_UNAVAILABLE Google's keys cannot be fetched
 */
export function createTenantAuthenticator(
  config: Config,
  openClient: () => Promise<TokenClient> = openGoogleClient,
  clock: () => number = Date.now,
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
    aboutOf: ({ tenantId }: Tenant) => ({ tenant: tenantId }),
  };
  return createAuthenticator(config, door, { openClient, clock });
}

function createAuthenticator<Caller>(config: Config, door: Door<Caller>, google: Google): Authenticate<Caller> {
  const verify = config.isLocal ? undefined : createVerifier(door, google);
  const { pattern, isExpected, callerOf } = door.emulatorToken;
  const known = (caller: Caller): Caller => {
    describeAs(door.aboutOf(caller));
    return caller;
  };
  return (authorization) => {
    const [, token] = /^Bearer ([A-Za-z0-9._:=-]{1,8192})$/.exec(authorization ?? '') ?? [];
    if (token === undefined)
      throw new AndanteError('UNAUTHENTICATED', 'expected an Authorization header: Bearer TOKEN');
    if (verify) return whenHere(verify(token), known);
    const [, name] = pattern.exec(token) ?? [];
    const caller = name === undefined ? undefined : callerOf(name);
    if (caller === undefined) throw new AndanteError('UNAUTHENTICATED', `on emulators the token is ${isExpected}`);
    return known(caller);
  };
}

/** Loaded on first use: few functions need it, and only where tokens are real. */
async function openGoogleClient(): Promise<TokenClient> {
  const { OAuth2Client } = await import('google-auth-library');
  return new OAuth2Client();
}

function createVerifier<Caller>(
  { audience, callers }: Door<Caller>,
  { openClient, clock }: Google,
): (token: string) => Caller | Promise<Caller> {
  const { name, value } = audience;
  if (value === undefined)
    throw new AndanteError('INVALID_CONFIG', `configuration: ${name} is needed to check the tokens of callers`);
  let client: Promise<TokenClient> | undefined;
  const known = new Map<string, { caller: Caller; untilMs: number }>();
  const verify = async (token: string) => {
    client ??= openClient();
    const { email, expiresAtMs } = await verified(await client, token, value);
    const caller = callers.byEmail.get(email);
    if (caller === undefined) throw new AndanteError('FORBIDDEN', `${callers.isNone}: add it to ${callers.name}`);
    known.set(token, { caller, untilMs: Math.min(expiresAtMs, clock() + REMEMBERED_MS) });
    const [oldest] = known.keys();
    if (known.size > MAX_REMEMBERED && oldest !== undefined) known.delete(oldest);
    return caller;
  };
  return (token) => {
    const one = known.get(token);
    if (one && clock() < one.untilMs) return one.caller;
    known.delete(token);
    return verify(token);
  };
}

async function verified(
  client: TokenClient,
  token: string,
  audience: string,
): Promise<{ email: string; expiresAtMs: number }> {
  // What is no token is refused without asking Google for anything.
  if (token.split('.').length !== 3) throw new AndanteError('UNAUTHENTICATED', 'the token does not verify');
  const { certs } = await client.getFederatedSignonCertsAsync().catch((cause: unknown) => {
    throw new AndanteError('IDENTITY_UNAVAILABLE', 'the keys that tokens are signed with cannot be fetched', { cause });
  });
  try {
    const payload = (await client.verifySignedJwtWithCertsAsync(token, certs, audience, ISSUERS)).getPayload();
    if (typeof payload?.email === 'string' && payload.email_verified === true)
      return { email: payload.email, expiresAtMs: payload.exp * 1000 };
  } catch {
    // The library's errors quote the token: whoever holds it can be the ad server.
    throw new AndanteError('UNAUTHENTICATED', 'the token does not verify');
  }
  throw new AndanteError('UNAUTHENTICATED', 'the token names no verified email');
}
