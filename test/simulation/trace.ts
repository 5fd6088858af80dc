// What a person reads of a seed that is played alone: messages and commits in a few words each.
import type { BookPage, LedgerEntry, Market } from '../../shared/contracts/documents.ts';
import type { Write } from '../../shared/store/memory-store.ts';

/** Told a line at a time. */
export type Trace = (line: string) => void;

/** The name of a message on the bus: its event's, or its topic and market. */
export function nameOf(topic: string, body: string): string {
  const { eventId, market } = fieldsOf(body);
  return typeof eventId === 'string' ? eventId : typeof market === 'string' ? `${topic} ${market}` : topic;
}

/** What a message says. */
export function describeBody(body: string): string {
  const { type, tenantId, data } = fieldsOf(body);
  if (typeof data !== 'object' || data === null) return '';
  const { subcampaigns, lines, closings, ...rest } = data as Record<string, unknown>;
  const { campaignId: _named, opportunities: _cells, sample: _sample, ...facts } = rest;
  const parts = [facts, ...listOf(subcampaigns), ...listOf(lines).map(briefly), ...listOf(closings).map(briefly)];
  return `of ${String(tenantId)} ${type === 'andante.nonsense.v1' ? '(unreadable) ' : ''}${parts.map((part) => JSON.stringify(part).replaceAll('"', '')).join(' ')}`;
}

function briefly(line: unknown): unknown {
  const { campaignId, subcampaignId, ...numbers } = line as Record<string, unknown>;
  return { of: `${String(campaignId)}/${String(subcampaignId)}`, ...numbers };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldsOf(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** What a commit came to: ledger entries with their results, and the money of every entry it moved. */
export function describeCommit(writes: readonly Write[]): string {
  return writes.flatMap(describeWrite).join('; ');
}

function describeWrite({ ref, before, after }: Write): string[] {
  if (ref.kind === 'ledger') {
    const { eventId, result, outcomes, undrained } = after as LedgerEntry;
    const wasOwing = (before as LedgerEntry | undefined)?.undrained;
    return [
      wasOwing && !undrained
        ? `${eventId} drained`
        : `${eventId} ${result} (${outcomes.map(({ type }) => type).join(', ')})`,
    ];
  }
  if (ref.kind === 'page') {
    const known = new Set((before as BookPage | undefined)?.entries.map((entry) => JSON.stringify(entry)));
    const moved = (after as BookPage).entries.filter((entry) => !known.has(JSON.stringify(entry)));
    return moved.map((entry) => {
      const leases = entry.leases.map(
        ({ group, grantedMicros, chargedMicros, returnedMicros }) =>
          ` ${group} ${grantedMicros}-${chargedMicros}-${returnedMicros}`,
      );
      return `${entry.campaignId}/${entry.subcampaignId} ${entry.status}: spent ${entry.spentMicros} of ${entry.budgetMicros}${leases.join('')}`;
    });
  }
  if (ref.kind === 'market') {
    const { market, watermarkSlot, bookVersion } = after as Market;
    return [`${market} book ${bookVersion} slot ${watermarkSlot}`];
  }
  return ref.kind === 'plan' || ref.kind === 'campaign' ? [] : [ref.path];
}
