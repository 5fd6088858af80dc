// The building blocks of every contract: each string and number has its limit here, once.
import Type, { type Static, type TSchema } from 'typebox';

/** Campaigns, subcampaigns, segments, surfaces, tenants, sources. Never a slash: ids are also document names. */
export const Id = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$', minLength: 1, maxLength: 64 });

/** The producer's key of a business event. May carry colons: `tick:SE:29384100`. */
export const EventId = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]*$', minLength: 1, maxLength: 128 });

/** An authenticated ad-server group; short because every lease carries it. */
export const Group = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$', minLength: 1, maxLength: 32 });

/** A country or another market key. */
export const MarketId = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9-]*$', minLength: 1, maxLength: 32 });

/** ISO 4217 code. */
export const Currency = Type.String({ pattern: '^[A-Z]{3}$', maxLength: 3 });

/** Integer micros, 0 to 2^53-1. */
export const Micros = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** Integer micros, 1 to 2^53-1. */
export const PositiveMicros = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

/** A count of things: 0 to 2^53-1. */
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** A version register; the first change is 1. */
export const Version = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

/** RFC 3339 instant. What the pattern lets through and no calendar has (February 30) is refused when it is decoded. */
export const Instant = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2})$',
  minLength: 20,
  maxLength: 35,
});

/** Epoch milliseconds up to the year 9999. */
export const EpochMs = Type.Integer({ minimum: 0, maximum: 253402300799999 });

/** Parts per million of one: a click rate of 2% is 20,000. */
export const PartsPerMillion = Type.Integer({ minimum: 0, maximum: 1_000_000 });

/** A closed set of strings. */
export function oneOf<const T extends readonly string[]>(...values: T) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: values, maxLength: 64 });
}

/** An object that takes no field it does not name. */
export function closed<P extends Record<string, TSchema>>(properties: P) {
  return Type.Object(properties, { additionalProperties: false });
}

/** A list of at most `maxItems`. */
export function listOf<T extends TSchema>(item: T, maxItems: number, minItems = 0) {
  return Type.Array(item, { maxItems, minItems });
}

/** A list of at most `maxItems` different items. */
export function setOf<T extends TSchema>(item: T, maxItems: number, minItems = 1) {
  return Type.Array(item, { maxItems, minItems, uniqueItems: true });
}

/** W3C Trace Context: version, trace, span, flags. */
export const Traceparent = Type.String({ pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$', maxLength: 55 });

/** Hexadecimal. */
export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64 });

/** A message of this type in the envelope that all events share. */
export function event<const Name extends string, Data extends TSchema>(name: Name, data: Data) {
  return closed({
    type: Type.Literal(`andante.${name}.v1`),
    eventId: EventId,
    source: Id,
    tenantId: Id,
    occurredAt: Instant,
    data,
  });
}

/** An outcome of this type. */
export function fact<const Name extends string, P extends Record<string, TSchema>>(name: Name, properties: P) {
  return closed({ type: Type.Literal(name), ...properties });
}

export type { Static };
