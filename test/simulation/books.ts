// What the auditor knows: what was published, what it has seen committed, and its own account of every campaign.
import type { LedgerEntry, Market, Quarantined, SupplyDay } from '../../shared/contracts/documents.ts';
import type { CampaignNotifiedWire } from '../../shared/contracts/lifecycle-outcomes.ts';
import type { BusinessEvent } from '../../shared/contracts/events.ts';
import type { CampaignModel } from './campaign-model.ts';
import type { Warehouse } from './faulty-bigquery.ts';
import type { EntryModel } from './money-model.ts';
import type { Trace } from './trace.ts';

/** Everything that was published under one event id. */
export interface Published {
  events: BusinessEvent[];
  /** Whether it can count at all; what cannot must be quarantined. */
  isReadable: boolean;
  /** Whether its publisher was told that it was taken. */
  isTaken: boolean;
}

export interface Books {
  tickIntervalMs: number;
  warehouse: Warehouse;
  /** By {@link keyOf}. */
  published: Map<string, Published>;
  /** Ledger entries of business events and ticks, by {@link keyOf}. */
  ledger: Map<string, { path: string; entry: LedgerEntry }>;
  quarantined: Map<string, Quarantined>;
  /** What the bus has taken for booking flows, every copy. */
  notices: CampaignNotifiedWire[];
  /** By tenant and campaign. */
  campaigns: Map<string, CampaignModel>;
  /** Live subcampaigns, by campaign and subcampaign. */
  entries: Map<string, EntryModel>;
  /** Those that have ended. */
  ended: Map<string, EntryModel>;
  /** Campaigns of nobody's story, whose entries only take room. */
  ignored: Set<string>;
  supply: Map<string, SupplyDay[]>;
  markets: Map<string, Market>;
  violations: string[];
  /** Notes a broken promise. */
  blame: (violation: string) => void;
  must: (holds: boolean, otherwise: () => string) => void;
}

/** One document of a commit. */
export interface Change<T> {
  ref: { path: string };
  before: T | undefined;
  after: T;
}

export function createBooks(tickIntervalMs: number, warehouse: Warehouse, trace?: Trace): Books {
  const violations: string[] = [];
  const blame = (violation: string) => {
    violations.push(violation);
    trace?.(`BROKEN ${violation}`);
  };
  return {
    tickIntervalMs,
    warehouse,
    published: new Map(),
    ledger: new Map(),
    quarantined: new Map(),
    notices: [],
    campaigns: new Map(),
    entries: new Map(),
    ended: new Map(),
    ignored: new Set(),
    supply: new Map(),
    markets: new Map(),
    violations,
    blame,
    must(holds, otherwise) {
      if (!holds) blame(otherwise());
    },
  };
}

export function keyOf({ source, tenantId, eventId }: { source: string; tenantId: string; eventId: string }): string {
  return `${source} ${tenantId} ${eventId}`;
}

export function entryKeyOf({ campaignId, subcampaignId }: { campaignId: string; subcampaignId: string }): string {
  return `${campaignId}/${subcampaignId}`;
}

export function idOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The id of the notice of a ledger entry's outcome. */
export function noticeIdOf(path: string, ordinal: number): string {
  return `notice:${idOf(path)}:${ordinal}`;
}
