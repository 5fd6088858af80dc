// The only reader of the environment. Called in composition roots; every problem is named in one error.
import type { Static } from 'typebox';
import * as validators from '../contracts/config.generated.js';
import { Environment, type Tenants } from '../contracts/environment.ts';
import { reservedTenants } from '../contracts/platform-tenant.ts';
import { AndanteError } from './errors.ts';
import type { Tenant } from './identity.ts';

export interface Config {
  projectId: string;
  dataset: string;
  tickIntervalMs: number;
  /** Events happen when they say; only on emulators. */
  virtualTime: boolean;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Set when everything we talk to is an emulator on this machine: Firestore, Pub/Sub and BigQuery. */
  isLocal: boolean;
  /** `host:port` of the Firestore emulator. */
  firestoreHost: string | undefined;
  /** `host:port` of the Pub/Sub emulator. */
  pubsubHost: string | undefined;
  bigqueryEndpoint: string | undefined;
  adServerAudience: string | undefined;
  adServerGroups: ReadonlyMap<string, string>;
  bookingAudience: string | undefined;
  /** By email. */
  tenants: ReadonlyMap<string, Tenant>;
}

/** What a tenant may ask for where `TENANTS` does not say. */
export const TENANT_DEFAULTS = { requestsPerMinute: 6_000, heldShare: 0.25 } as const;

/** The configuration of this process. */
export function readConfig(): Config {
  return parseConfig(readEnvironment());
}

/** The environment of this process, for tools that add to it before they parse it. */
export function readEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/**
 * @param env the environment
 * @throws AndanteError INVALID_CONFIG naming every variable that is missing or wrong
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const known = Object.keys(Environment.properties);
  const set = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => known.includes(name) && value !== undefined && value !== ''),
  );
  const problems: string[] = [];
  if (!validators.environment(set)) {
    for (const error of validators.environment.errors ?? [])
      problems.push(`${error.instancePath.slice(1)} ${error.message ?? 'is invalid'}`.trim());
  }
  const variables = set as Static<typeof Environment>;
  const isLocal = [
    variables.FIRESTORE_EMULATOR_HOST,
    variables.PUBSUB_EMULATOR_HOST,
    variables.BIGQUERY_EMULATOR_HOST,
  ].every(isLoopback);
  const virtualTime = variables.VIRTUAL_TIME === 'true';
  if (virtualTime && !isLocal)
    problems.push(
      'VIRTUAL_TIME is for emulators on this machine: FIRESTORE_EMULATOR_HOST, PUBSUB_EMULATOR_HOST and BIGQUERY_EMULATOR_HOST must be loopback addresses',
    );
  const adServerGroups = parseGroups(variables.AD_SERVER_GROUPS ?? '{}', problems);
  const tenants = parseTenants(variables.TENANTS ?? '{}', problems);
  if (problems.length > 0) throw new AndanteError('INVALID_CONFIG', `configuration: ${problems.join('; ')}`);
  return Object.freeze({
    projectId: variables.GOOGLE_CLOUD_PROJECT,
    dataset: variables.BIGQUERY_DATASET,
    tickIntervalMs: Number(variables.TICK_INTERVAL_MS ?? 60_000),
    virtualTime,
    logLevel: variables.LOG_LEVEL ?? 'info',
    isLocal,
    firestoreHost: variables.FIRESTORE_EMULATOR_HOST,
    pubsubHost: variables.PUBSUB_EMULATOR_HOST,
    bigqueryEndpoint: variables.BIGQUERY_EMULATOR_HOST,
    adServerAudience: variables.AD_SERVER_AUDIENCE,
    adServerGroups,
    bookingAudience: variables.BOOKING_AUDIENCE,
    tenants,
  });
}

function parseGroups(json: string, problems: string[]): ReadonlyMap<string, string> {
  const groups = parsed(json);
  // An array and a text have entries too.
  if (typeof groups === 'object' && groups !== null && !Array.isArray(groups)) {
    const pairs = Object.entries(groups);
    if (pairs.every(isGroup)) return new Map(pairs);
  }
  problems.push('AD_SERVER_GROUPS must be a JSON object from service account emails to group names');
  return new Map();
}

function isGroup(pair: [string, unknown]): pair is [string, string] {
  return typeof pair[1] === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/.test(pair[1]);
}

function parseTenants(json: string, problems: string[]): ReadonlyMap<string, Tenant> {
  const settings = parsed(json);
  if (!validators.tenants(settings)) {
    const [error] = validators.tenants.errors ?? [];
    const where = error?.instancePath ? ` (${error.instancePath.slice(1)} ${error.message ?? 'is invalid'})` : '';
    problems.push(`TENANTS must be a JSON object from emails to {tenantId, requestsPerMinute?, heldShare?}${where}`);
    return new Map();
  }
  const tenants = Object.entries(settings as Tenants).map(([email, own]): [string, Tenant] => [
    email,
    { ...TENANT_DEFAULTS, ...own },
  ]);
  const byId = new Map<string, string>();
  for (const [email, { tenantId, requestsPerMinute, heldShare }] of tenants) {
    if (reservedTenants.includes(tenantId)) problems.push(`TENANTS: ${email} must not speak for ${tenantId} itself`);
    const limits = `${requestsPerMinute} ${heldShare}`;
    if ((byId.get(tenantId) ?? limits) !== limits)
      problems.push(`TENANTS: ${email} must have the limits of the other emails of ${tenantId}`);
    byId.set(tenantId, limits);
  }
  return new Map(tenants);
}

/** Undefined: no JSON. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Whether `host:port`, or the URL of one, is this machine. */
function isLoopback(host: string | undefined): boolean {
  return host !== undefined && /^(https?:\/\/)?(localhost|127\.\d+\.\d+\.\d+|\[::1\]|::1)(:\d+)?$/.test(host);
}
