// The port to allocation state. It knows documents, transactions and two queries; what they mean is decided elsewhere.
// Implementations: firestore-store.ts and memory-store.ts, held to one contract suite (test/contract).
import type {
  BookPage,
  Booking,
  BookingPart,
  Campaign,
  CampaignOwner,
  ForecastModels,
  ForecastSettings,
  LedgerEntry,
  Market,
  Quarantined,
  StoredPlan,
  SupplyDay,
} from '../contracts/documents.ts';

/** What is stored under each kind of document. */
export interface Documents {
  ledger: LedgerEntry;
  campaign: Campaign;
  owner: CampaignOwner;
  market: Market;
  page: BookPage;
  supply: SupplyDay;
  forecastSettings: ForecastSettings;
  forecastModels: ForecastModels;
  plan: StoredPlan;
  booking: Booking;
  bookingPart: BookingPart;
  quarantine: Quarantined;
}
export type Kind = keyof Documents;

/** The address of one document: its kind and its path below the database's root. */
export interface Ref<K extends Kind = Kind> {
  kind: K;
  path: string;
}

/** Where every document lives (architecture: "State in Firestore"). */
export const refs = {
  ledger: (id: string): Ref<'ledger'> => ({ kind: 'ledger', path: `ledger/${id}` }),
  campaign: (tenantId: string, campaignId: string): Ref<'campaign'> => ({
    kind: 'campaign',
    path: `tenants/${tenantId}/campaigns/${campaignId}`,
  }),
  owner: (campaignId: string): Ref<'owner'> => ({ kind: 'owner', path: `owners/${campaignId}` }),
  market: (market: string): Ref<'market'> => ({ kind: 'market', path: `markets/${market}` }),
  page: (market: string, page: string): Ref<'page'> => ({ kind: 'page', path: `markets/${market}/book/${page}` }),
  supply: (market: string, day: string): Ref<'supply'> => ({ kind: 'supply', path: `markets/${market}/supply/${day}` }),
  forecastSettings: (market: string): Ref<'forecastSettings'> => ({
    kind: 'forecastSettings',
    path: `markets/${market}/forecast/settings`,
  }),
  forecastModels: (market: string): Ref<'forecastModels'> => ({
    kind: 'forecastModels',
    path: `markets/${market}/forecast/models`,
  }),
  plan: (market: string): Ref<'plan'> => ({ kind: 'plan', path: `plans/${market}` }),
  /** @param id of tenant and idempotency key: {@link BookingId} */
  booking: (id: string): Ref<'booking'> => ({ kind: 'booking', path: `bookings/${id}` }),
  bookingPart: (id: string, part: number): Ref<'bookingPart'> => ({
    kind: 'bookingPart',
    path: `bookings/${id}/parts/${String(part).padStart(2, '0')}`,
  }),
  quarantine: (id: string): Ref<'quarantine'> => ({ kind: 'quarantine', path: `quarantine/${id}` }),
};

/** The documents of several refs, undefined where there is none, in their order. */
export type Found<R extends readonly Ref[]> = {
  [I in keyof R]: R[I] extends Ref<infer K> ? Documents[K] | undefined : never;
};

export interface Transaction {
  /** Reads, all before the first write. */
  get<R extends readonly Ref[]>(refs: readonly [...R]): Promise<Found<R>>;
  /** Writes the whole document. */
  set<K extends Kind>(ref: Ref<K>, document: Documents[K]): void;
  /** Writes a document that must not exist; the transaction fails with AlreadyExists otherwise. */
  create<K extends Kind>(ref: Ref<K>, document: Documents[K]): void;
  /** Leaves no document, whether there was one or not. */
  delete(ref: Ref): void;
}

export interface Stored<K extends Kind> {
  ref: Ref<K>;
  document: Documents[K];
}

export interface AllocationStore {
  /** Reads outside any transaction. */
  read<R extends readonly Ref[]>(refs: readonly [...R]): Promise<Found<R>>;
  /**
   * Runs `body` so that its reads and writes happen at one instant. `body` may run several times, also after a commit
   * that succeeded and whose answer was lost: what it does must be harmless when its own writes are already there.
   * @param contended documents that others write too; a store may run its own transactions on one of them in turns
   */
  transact<T>(body: (transaction: Transaction) => Promise<T>, contended?: readonly Ref[]): Promise<T>;
  /** Creates a document with one write and no read; false when it existed. */
  create<K extends Kind>(ref: Ref<K>, document: Documents[K]): Promise<boolean>;
  /** Ledger entries whose report waits for this market's tick, by document id. */
  waitingReports(market: string, limit: number): Promise<Stored<'ledger'>[]>;
  /** Ledger entries with outcomes that BigQuery may not have, by document id, after `afterId`. */
  undrained(limit: number, afterId?: string): Promise<Stored<'ledger'>[]>;
  /** Marks entries as drained and lets Firestore forget them at `expireAtMs`: one write each, no read. */
  markDrained(refs: readonly Ref<'ledger'>[], expireAtMs: number): Promise<void>;
  /** Bookings of which something is left to do, by document id, after `afterId`. */
  openBookings(limit: number, afterId?: string): Promise<Stored<'booking'>[]>;
  /** The names of all markets, without reading what they hold: one that cannot be read keeps no other back. */
  markets(): Promise<string[]>;
  /** Quarantined messages, by document id, after `afterId`. */
  quarantined(limit: number, afterId?: string): Promise<Stored<'quarantine'>[]>;
}

/** Thrown by a transaction that creates what exists. */
export class AlreadyExists extends Error {
  override name = 'AlreadyExists';
}
