// Between a document in code and its fields in Firestore. Lists that no query reads are packed into one unindexed field
// (JSON, or gzip for plans): 200 entries as nested maps cost ten times the encoding and pass 40,000 index entries.
import { gunzipSync, gzipSync } from 'node:zlib';
import type { BookEntry } from '../contracts/documents.ts';
import * as validators from '../contracts/validators.generated.js';
import { AndanteError } from '../runtime/errors.ts';
import type { Documents, Kind } from './allocation-store.ts';

/** Field values as Firestore takes them; instants that Firestore itself acts on (TTL) are dates. */
export type Fields = Record<string, unknown>;

/** The fields of a document. */
export function toFields<K extends Kind>(kind: K, document: Documents[K]): Fields {
  switch (kind) {
    case 'ledger': {
      const { outcomes, report, expireAtMs, ...rest } = document as Documents['ledger'];
      return {
        ...rest,
        outcomes: JSON.stringify(outcomes),
        ...(report === undefined ? {} : { report: JSON.stringify(report) }),
        ...(expireAtMs === undefined ? {} : { expireAt: new Date(expireAtMs) }),
      };
    }
    case 'page': {
      const { entries, holds, ...rest } = document as Documents['page'];
      return {
        ...rest,
        entries: JSON.stringify(entries.map(packEntry)),
        ...(holds === undefined ? {} : { holds: JSON.stringify(holds) }),
      };
    }
    case 'market': {
      const { sample, ...rest } = document as Documents['market'];
      return { ...rest, ...(sample === undefined ? {} : { sample: JSON.stringify(sample) }) };
    }
    case 'supply': {
      // A refresh writes six weeks of them at once: 500 cells with their listeners would be 20 MiB of text.
      const { cells, listeners, ...rest } = document as Documents['supply'];
      return { ...rest, packed: gzipSync(JSON.stringify({ cells, listeners })) };
    }
    case 'forecastSettings': {
      const { holidays, modifiers, ...rest } = document as Documents['forecastSettings'];
      return { ...rest, holidays: JSON.stringify(holidays), modifiers: JSON.stringify(modifiers) };
    }
    case 'forecastModels': {
      const { cells, whole, wholeVariance, ...rest } = document as Documents['forecastModels'];
      return { ...rest, models: gzipSync(JSON.stringify({ cells, whole, wholeVariance })) };
    }
    case 'plan': {
      const { body, ...rest } = document as Documents['plan'];
      return { ...rest, body: gzipSync(body, { level: 1 }) };
    }
    case 'booking': {
      const { expireAtMs, ...rest } = document as Documents['booking'];
      return { ...rest, ...(expireAtMs === undefined ? {} : { expireAt: new Date(expireAtMs) }) };
    }
    case 'bookingPart': {
      const { lines, expireAtMs, ...rest } = document as Documents['bookingPart'];
      return {
        ...rest,
        lines: gzipSync(JSON.stringify(lines)),
        ...(expireAtMs === undefined ? {} : { expireAt: new Date(expireAtMs) }),
      };
    }
    case 'quarantine': {
      const { expireAtMs, ...rest } = document as Documents['quarantine'];
      return { ...rest, expireAt: new Date(expireAtMs) };
    }
    default:
      return { ...document };
  }
}

/**
 * The document of stored fields, checked against its contract.
 * @throws AndanteError STORED_DOCUMENT_INVALID when another program, or a newer version, wrote what we cannot read
 */
export function fromFields<K extends Kind>(kind: K, path: string, fields: Fields): Documents[K] {
  const document = unpack(kind, fields);
  const validate = validators[`${kind}Document`];
  if (!validate(document)) {
    const [error] = validate.errors ?? [];
    throw new AndanteError(
      'STORED_DOCUMENT_INVALID',
      `${path}${error?.instancePath ?? ''} ${error?.message ?? 'is invalid'}`,
    );
  }
  return document as Documents[K];
}

function unpack(kind: Kind, fields: Fields): unknown {
  switch (kind) {
    case 'ledger': {
      const { outcomes, report, expireAt, ...rest } = fields;
      return {
        ...rest,
        outcomes: JSON.parse(outcomes as string) as unknown,
        ...(report === undefined ? {} : { report: JSON.parse(report as string) as unknown }),
        ...(expireAt === undefined ? {} : { expireAtMs: toMs(expireAt) }),
      };
    }
    case 'page': {
      const packed = JSON.parse(fields['entries'] as string) as PackedEntry[];
      const { holds, ...rest } = fields;
      return {
        ...rest,
        entries: packed.map(unpackEntry),
        ...(holds === undefined ? {} : { holds: JSON.parse(holds as string) as unknown }),
      };
    }
    case 'market': {
      const { sample, ...rest } = fields;
      return { ...rest, ...(sample === undefined ? {} : { sample: JSON.parse(sample as string) as unknown }) };
    }
    case 'supply': {
      const { packed, ...rest } = fields;
      // What was written before they were packed.
      if (packed === undefined) return { ...rest, cells: JSON.parse(rest['cells'] as string) as unknown };
      return { ...rest, ...(JSON.parse(gunzipSync(packed as Uint8Array).toString('utf8')) as object) };
    }
    case 'forecastSettings': {
      const [holidays, modifiers] = ['holidays', 'modifiers'].map(
        (name) => JSON.parse(fields[name] as string) as unknown,
      );
      return { ...fields, holidays, modifiers };
    }
    case 'forecastModels': {
      const { models, ...rest } = fields;
      return { ...rest, ...(JSON.parse(gunzipSync(models as Uint8Array).toString('utf8')) as object) };
    }
    case 'plan':
      return { ...fields, body: gunzipSync(fields['body'] as Uint8Array).toString('utf8') };
    case 'booking': {
      const { expireAt, ...rest } = fields;
      return { ...rest, ...(expireAt === undefined ? {} : { expireAtMs: toMs(expireAt) }) };
    }
    case 'bookingPart': {
      const { lines, expireAt, ...rest } = fields;
      return {
        ...rest,
        lines: JSON.parse(gunzipSync(lines as Uint8Array).toString('utf8')) as unknown,
        ...(expireAt === undefined ? {} : { expireAtMs: toMs(expireAt) }),
      };
    }
    case 'quarantine': {
      const { expireAt, ...rest } = fields;
      return { ...rest, expireAtMs: toMs(expireAt) };
    }
    default:
      return fields;
  }
}

/** Firestore gives its own timestamps back, the memory store dates. */
function toMs(stored: unknown): number {
  return stored instanceof Date ? stored.getTime() : (stored as { toMillis(): number }).toMillis();
}

type PackedEntry = Omit<BookEntry, 'cohorts' | 'leases'> & { cohorts: unknown[][]; leases: unknown[][] };

/** Cohorts and leases as rows: their names would be most of a page. */
function packEntry(entry: BookEntry): PackedEntry {
  return {
    ...entry,
    cohorts: entry.cohorts.map(({ hourAtMs, chargedMicros, confirmedMicros }) => [
      hourAtMs,
      chargedMicros,
      confirmedMicros,
    ]),
    leases: entry.leases.map(
      ({ group, grantedMicros, chargedMicros, returnedMicros, spendUntilAtMs, closingMicros }) => {
        const row = [group, grantedMicros, chargedMicros, returnedMicros, spendUntilAtMs];
        return closingMicros === undefined ? row : [...row, closingMicros];
      },
    ),
  };
}

function unpackEntry(packed: PackedEntry): unknown {
  return {
    ...packed,
    cohorts: packed.cohorts.map(([hourAtMs, chargedMicros, confirmedMicros]) => ({
      hourAtMs,
      chargedMicros,
      confirmedMicros,
    })),
    leases: packed.leases.map(
      ([group, grantedMicros, chargedMicros, returnedMicros, spendUntilAtMs, closingMicros]) => {
        const lease = { group, grantedMicros, chargedMicros, returnedMicros, spendUntilAtMs };
        return closingMicros === undefined ? lease : { ...lease, closingMicros };
      },
    ),
  };
}
