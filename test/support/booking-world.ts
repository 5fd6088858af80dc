// The booking door over a memory store, with what stands behind it: the bus that brings its campaigns, ticks and the drain.
import assert from 'node:assert/strict';
import { createBookingHandler } from '../../functions/booking/handler.ts';
import { createCampaignCreatedHandler } from '../../functions/campaign-created/handler.ts';
import { createOutcomeDrainHandler } from '../../functions/outcome-drain/handler.ts';
import { decideBooking } from '../../shared/campaign/decide-booking.ts';
import { createMemoryBus } from '../../shared/bus/memory-bus.ts';
import type { BookingAnswer, BookingRequestWire, CampaignOrderWire } from '../../shared/contracts/bookings.ts';
import { decodeMessage } from '../../shared/contracts/decode-message.ts';
import type { BookPage, Booking, BookEntry, Hold } from '../../shared/contracts/documents.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { createMemoryLog } from '../../shared/outcomes/memory-log.ts';
import { problemOf, type HttpAnswer } from '../../shared/runtime/http.ts';
import type { Tenant } from '../../shared/runtime/identity.ts';
import { createRateLimit } from '../../shared/runtime/rate-limit.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { bookingId } from '../../shared/store/ledger-key.ts';
import type { DecideBooking } from '../../shared/store/persist-booking.ts';
import { described } from './api-answers.ts';
import { decideUnquoted } from './decide-unquoted.ts';
import { DAY_MS, START_MS, TICK_MS } from './instants.ts';
import { logLines } from './log-lines.ts';
import { tick } from './persisting.ts';
import { seededStore, type Seed } from './stores.ts';

type Subcampaign = CampaignOrderWire['subcampaigns'][number];

/** A part of an order on the wire: SE, casual, home, 0.5 a click. */
export function part(own: Partial<Subcampaign> = {}): Subcampaign {
  const base = { subcampaignId: 's1', market: 'SE', segments: ['casual'], surfaces: ['home'] };
  return { ...base, clickPriceMicros: 500_000, ...own };
}

/** A campaign of two days on the wire. */
export function wish(
  campaignId: string,
  budgetMicros = 100_000_000,
  own: Partial<CampaignOrderWire> = {},
): CampaignOrderWire {
  return {
    campaignId,
    currency: 'USD',
    budgetMicros,
    startAt: formatInstant(START_MS),
    endAt: formatInstant(START_MS + 2 * DAY_MS),
    objective: 'clicks',
    subcampaigns: [part()],
    ...own,
  };
}

/** Campaigns `c0`, `c1`... of the same budget. */
export function wishes(count: number, budgetMicros: number, prefix = 'c'): CampaignOrderWire[] {
  return Array.from({ length: count }, (_, index) => wish(`${prefix}${index}`, budgetMicros));
}

export function bookingOf(campaigns: CampaignOrderWire[], own: Partial<BookingRequestWire> = {}): BookingRequestWire {
  return { mode: 'all-or-nothing', campaigns, ...own };
}

/** Held firmly for an hour. */
export const firm = { kind: 'firm', seconds: 3_600 } as const;

export interface Answered {
  status: number;
  headers: Record<string, string>;
  /** The answer, or the problem. */
  body: BookingAnswer & { code?: string; detail?: string };
}

export type BookingWorld = Awaited<ReturnType<typeof bookingWorld>>;

const decideQuietly: DecideBooking = (wish, context) => decideBooking(wish, context, () => undefined);

/**
 * @param through what the door sees of the store; all of it by default
 * @param isQuoted whether accepted campaigns are told what they will get
 */
export async function bookingWorld(
  seed: Seed = {},
  through: (store: AllocationStore) => AllocationStore = (store) => store,
  isQuoted = false,
) {
  const store = await seededStore(seed);
  const { log, lines } = logLines();
  const now = { atMs: START_MS };
  const clock = () => now.atMs;
  const bus = createMemoryBus();
  const outcomes = createMemoryLog();
  const tenants: Record<string, Partial<Tenant>> = {};
  const deps = { store, bus, outcomes, log, clock };
  const door = (own: AllocationStore) =>
    described(
      createBookingHandler({
        ...deps,
        store: own,
        authenticateTenant: async (authorization) => ({
          tenantId: authorization ?? 't1',
          requestsPerMinute: 1e6,
          heldShare: 1,
          ...tenants[authorization ?? 't1'],
        }),
        limit: createRateLimit({ clock }),
        ...(isQuoted ? {} : { decide: decideQuietly }),
        sleep: async () => undefined,
        tickIntervalMs: TICK_MS,
        virtualTime: false,
      }),
    );
  const handle = door(through(store));
  const created = createCampaignCreatedHandler({ ...deps, decide: decideUnquoted });
  const drain = createOutcomeDrainHandler(deps);
  let delivered = 0;

  const send = async (
    method: string,
    path: string,
    { tenant = 't1', headers = {}, body }: { tenant?: string; headers?: Record<string, string>; body?: unknown } = {},
  ): Promise<HttpAnswer> =>
    handle({
      method,
      path,
      headers: { authorization: tenant, ...headers },
      body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
    });
  const ask = async (...request: Parameters<typeof send>): Promise<Answered> => {
    const { status, headers = {}, body } = await send(...request).catch(problemOf);
    return { status, headers, body: JSON.parse(body as string) as Answered['body'] };
  };

  return {
    store,
    bus,
    outcomes,
    lines,
    now,
    tenants,
    send,
    ask,
    book: (key: string, body: BookingRequestWire, tenant = 't1', headers: Record<string, string> = {}) =>
      ask('POST', '/v1/bookings', { tenant, headers: { 'idempotency-key': key, ...headers }, body }),
    look: (key: string, tenant = 't1') => ask('GET', `/v1/bookings/${key}`, { tenant }),
    confirm: (key: string, tenant = 't1') => ask('POST', `/v1/bookings/${key}/confirm`, { tenant }),
    release: (key: string, tenant = 't1') => ask('POST', `/v1/bookings/${key}/release`, { tenant }),
    drain: () =>
      drain(
        { type: 'andante.outcome-drain.v1', source: 'scheduler', tenantId: 'andante' },
        { publishedAtMs: now.atMs, nowMs: now.atMs },
      ),
    tick: async (market = 'SE') => tick(store, now.atMs, market),
    /** Brings every campaign that was published since, each twice, as Pub/Sub may. */
    async deliver() {
      const events = bus.published.slice(delivered).filter(({ topic }) => topic === 'campaign-created');
      delivered = bus.published.length;
      for (const { message } of [...events, ...events]) {
        const event = decodeMessage('campaign-created', Buffer.from(JSON.stringify(message)));
        await created(event, { publishedAtMs: now.atMs, nowMs: now.atMs });
      }
    },
    async bookingOf(key: string, tenant = 't1'): Promise<Booking> {
      const [booking] = await store.read([refs.booking(bookingId(tenant, key))]);
      assert(booking, `no booking ${key}`);
      return booking;
    },
    async pagesOf(market = 'SE'): Promise<BookPage[]> {
      const [found] = await store.read([refs.market(market)]);
      const pages = await store.read((found?.pages ?? []).map(({ page }) => refs.page(market, page)));
      return pages.flatMap((page) => page ?? []);
    },
    async holdsOf(market = 'SE'): Promise<Hold[]> {
      return (await this.pagesOf(market)).flatMap(({ holds = [] }) => holds);
    },
    async entriesOf(market = 'SE'): Promise<BookEntry[]> {
      return (await this.pagesOf(market)).flatMap(({ entries }) => entries);
    },
    async ownerOf(campaignId: string) {
      const [owner] = await store.read([refs.owner(campaignId)]);
      return owner;
    },
  };
}
