// The environment variables of the functions, as strings. Identifiers have no defaults. Read by shared/runtime/config.ts.
import Type, { type Static } from 'typebox';
import { Id, closed } from './scalars.ts';
import { Share } from './serving.ts';

const host = Type.String({ pattern: '^(https?://)?[A-Za-z0-9.:\\[\\]-]+$', minLength: 1, maxLength: 255 });

export const Environment = Type.Object({
  GOOGLE_CLOUD_PROJECT: Type.String({ pattern: '^[a-z][a-z0-9-]{4,61}[a-z0-9]$', maxLength: 63 }),
  BIGQUERY_DATASET: Type.String({ pattern: '^[A-Za-z0-9_]+$', maxLength: 1024 }),
  TICK_INTERVAL_MS: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{3,7}$', maxLength: 8 })),
  VIRTUAL_TIME: Type.Optional(Type.Unsafe<'true' | 'false'>({ type: 'string', enum: ['true', 'false'], maxLength: 5 })),
  LOG_LEVEL: Type.Optional(
    Type.Unsafe<'debug' | 'info' | 'warn' | 'error' | 'silent'>({
      type: 'string',
      enum: ['debug', 'info', 'warn', 'error', 'silent'],
      maxLength: 6,
    }),
  ),
  FIRESTORE_EMULATOR_HOST: Type.Optional(host),
  PUBSUB_EMULATOR_HOST: Type.Optional(host),
  BIGQUERY_EMULATOR_HOST: Type.Optional(host),
  AD_SERVER_AUDIENCE: Type.Optional(Type.String({ pattern: '^https://', maxLength: 2048 })),
  /** JSON object: the email of an ad server's service account -> its group. */
  AD_SERVER_GROUPS: Type.Optional(Type.String({ maxLength: 64 * 1024 })),
  BOOKING_AUDIENCE: Type.Optional(Type.String({ pattern: '^https://', maxLength: 2048 })),
  /** JSON object: the email of a service account or a user -> {@link TenantSettings}. */
  TENANTS: Type.Optional(Type.String({ maxLength: 256 * 1024 })),
});

/** Whom an email speaks for. */
const TenantSettings = closed({
  tenantId: Id,
  requestsPerMinute: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  heldShare: Type.Optional(Share),
});

/** What `TENANTS` says, parsed. */
export const Tenants = Type.Record(Type.String({ pattern: '^[^@\\s]+@[^@\\s]+$' }), TenantSettings, {
  additionalProperties: false,
});

export type Tenants = Static<typeof Tenants>;
