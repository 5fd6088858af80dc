// Which ad-server groups a market knows: those whose reports it folds and who can hold its leases.
import { MAX_GROUPS, type BookEntry, type Market } from '../contracts/documents.ts';
import type { WaitingReport } from './fold-reports.ts';

/** A group's traffic is a moving sum: this much time passes until what it saw counts for a third. */
const MEMORY_MS = 36 * 3_600_000;
const MAX_OPPORTUNITIES = 2 ** 50;

export interface GroupsInput {
  market: Market;
  entries: Iterable<BookEntry>;
  reports: readonly WaitingReport[];
  nowMs: number;
  /** What passed since the tick before; nothing between the pieces of one. */
  passedMs: number;
}

/**
 * The groups after these reports. A market has room for {@link MAX_GROUPS}; a group that was silent for as long as its
 * traffic is remembered and holds no lease makes room. New groups come in by name, so that order changes nothing.
 */
export function admitGroups({ market, entries, reports, nowMs, passedMs }: GroupsInput): Market['groups'] {
  if (reports.length === 0) return market.groups;
  const groups = new Map(market.groups.map((group) => [group.group, group]));
  const heard = new Set(reports.map(({ data }) => data.group));
  const newcomers = [...heard].filter((group) => !groups.has(group)).sort();
  if (groups.size + newcomers.length > MAX_GROUPS) {
    const lessees = new Set([...entries].flatMap((entry) => entry.leases.map((lease) => lease.group)));
    for (const { group, seenAtMs } of market.groups) {
      if (!lessees.has(group) && !heard.has(group) && seenAtMs < nowMs - MEMORY_MS) groups.delete(group);
    }
  }
  for (const group of newcomers) {
    if (groups.size < MAX_GROUPS) groups.set(group, { group, seenAtMs: 0, opportunities: 0 });
  }
  const keep = Math.max(0, 1 - passedMs / MEMORY_MS);
  return [...groups.values()]
    .map((known) => {
      const own = reports.filter(({ data }) => data.group === known.group);
      const seen = own.flatMap(({ data }) => data.opportunities).reduce((sum, cell) => sum + cell.opportunities, 0);
      const seenAtMs = Math.max(known.seenAtMs, ...own.map(({ data }) => Math.min(data.windowEndAtMs, nowMs)));
      const opportunities = Math.min(MAX_OPPORTUNITIES, Math.floor(known.opportunities * keep) + seen);
      return { group: known.group, seenAtMs, opportunities };
    })
    .sort((a, b) => (a.group < b.group ? -1 : 1));
}
