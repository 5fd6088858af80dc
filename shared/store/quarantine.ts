// Quarantine: what could not be applied and why. One document per refused event and payload, so that the same refusal
// twice is one document.
import type { Verdict } from '../campaign/fold-reports.ts';
import { MAX_GROUPS, type LedgerEntry, type Quarantined } from '../contracts/documents.ts';
import { encodeInstants, formatInstant } from '../contracts/instants.ts';
import { refs, type Transaction } from './allocation-store.ts';
import { payloadHash, sha256 } from './ledger-key.ts';

/** How long a quarantined message is kept. */
export const QUARANTINE_MS = 90 * 86_400_000;
const MAX_KEPT_BYTES = 64 * 1024;

export interface Refusal {
  functionName: string;
  code: string;
  message: string;
  /** The message's body, as text. */
  text: string;
  eventId?: string | undefined;
  tenantId?: string | undefined;
  nowMs: number;
  /** Whether the same message could ever be right. */
  replayable: boolean;
}

/** The document of a refusal, its body cut at 64 KiB; what was cut cannot be replayed. */
export function quarantinedDocument({
  text,
  eventId,
  tenantId,
  nowMs,
  message,
  replayable,
  ...rest
}: Refusal): Quarantined {
  const bytes = Buffer.from(text);
  const isCut = bytes.byteLength > MAX_KEPT_BYTES;
  return {
    schemaVersion: 1,
    ...rest,
    message: message.slice(0, 2000),
    ...(eventId === undefined ? {} : { eventId }),
    ...(tenantId === undefined ? {} : { tenantId }),
    payloadHash: sha256(text),
    body: isCut
      ? bytes
          .subarray(0, MAX_KEPT_BYTES)
          .toString('utf8')
          .replace(/\uFFFD$/, '')
      : text,
    quarantinedAtMs: nowMs,
    replayable: replayable && !isCut,
    expireAtMs: nowMs + QUARANTINE_MS,
  };
}

/** From the event and its payload, so that a message delivered again finds its document. */
export function quarantineRef(document: Pick<Quarantined, 'functionName' | 'eventId' | 'tenantId' | 'payloadHash'>) {
  const { functionName, tenantId, eventId, payloadHash: hash } = document;
  return refs.quarantine(payloadHash([functionName, tenantId ?? '', eventId ?? '', hash]).slice(0, 20));
}

/** Why something of a report was left, for a person to read. */
const reasons: Record<NonNullable<Verdict['code']>, string> = {
  UNKNOWN_SUBCAMPAIGN: 'found no subcampaign that takes them',
  IMPLAUSIBLE_REPORT: 'were left: an hour that is still to come, or amounts that no budget could pay',
  TOO_MANY_GROUPS: `came from one group too many: the market has room for ${MAX_GROUPS}`,
};

/**
 * What of a report no entry took, as a report of its own: it can be replayed under its own id once its subcampaign is
 * there, and then counts exactly once.
 */
export function quarantineStray(
  transaction: Transaction,
  { verdict, entry, nowMs }: { verdict: Verdict; entry: LedgerEntry; nowMs: number },
): void {
  const data = {
    ...(entry.report as object),
    lines: verdict.strayLines,
    closings: verdict.strayClosings,
    opportunities: [],
    sample: [],
  };
  const code = verdict.code as NonNullable<Verdict['code']>;
  const eventId = `stray:${verdict.ledgerId.slice(verdict.ledgerId.lastIndexOf('/') + 1)}`;
  const { source, tenantId, eventType: type } = entry;
  const wire = {
    type,
    eventId,
    source,
    tenantId,
    occurredAt: formatInstant(entry.occurredAtMs),
    data: encodeInstants(data),
  };
  const document = quarantinedDocument({
    functionName: 'delivery-reported',
    code,
    message: `${verdict.strayLines.length} lines and ${verdict.strayClosings.length} closings of report ${entry.eventId} ${reasons[code]}`,
    text: JSON.stringify(wire),
    eventId,
    tenantId,
    nowMs,
    replayable: true,
  });
  transaction.set(quarantineRef(document), document);
}
