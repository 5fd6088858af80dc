// Requests of tenants for each door of the API: quotes one by one and in batches, bookings and what becomes of them, campaigns
// looked at and changed. What is wrong in them is up to whoever asks for one.
import type { Random } from '../../emulators/world/random.ts';
import type { BookingRequestWire } from '../../shared/contracts/bookings.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import type { QuoteRequestWire } from '../../shared/contracts/quotes.ts';
import { bookingOf, firm, part, wish } from '../support/booking-world.ts';
import { DAY_MS, START_MS } from '../support/instants.ts';
import type { Wire } from './connection.ts';
import { pick } from './mutate.ts';
import type { About } from './requests.ts';

export const apiDoors = ['quote', 'booking', 'campaign', 'openapi'] as const;
export type ApiDoor = (typeof apiDoors)[number];

/** A campaign of t1 that is there from the beginning. */
export const STANDING = 'standing';
const KEYS = 200;

export function isApiDoor(door: string): door is ApiDoor {
  return (apiDoors as readonly string[]).includes(door);
}

/** @param written how a body is written; of a batch, each of its lines */
export function apiRequest(random: Random, door: ApiDoor, about: About, written: (body: object) => Buffer): Wire {
  switch (door) {
    case 'quote':
      return quoteWire(random, about, written);
    case 'booking':
      return bookingWire(random, about, written);
    case 'campaign':
      return campaignWire(random, about, written);
    case 'openapi':
      return { method: 'GET', path: '/v1/openapi.json', headers: random() < 0.5 ? [] : [['accept-encoding', 'gzip']] };
  }
}

/** What the query of such a request may wrongly be. */
export const hostileQueries = [
  '?exact=maybe',
  '?exact=true&exact=false',
  '?preview=True',
  '?preview=true&preview=true',
  '?limit=1e3',
  '?limit=0&after=x',
  '?after=__proto__',
  `?after=${Buffer.from('[1e999,"../x"]').toString('base64url')}`,
  `?after=${'A'.repeat(9000)}`,
  '?__proto__[x]=1&constructor=2',
  '?%',
  '?%zz=%ff',
  '/',
  '/..',
  '/confirm/release',
];

function tenant(type?: string): [string, string][] {
  const token: [string, string] = ['authorization', 'Bearer tenant:t1'];
  return type === undefined ? [token] : [token, ['content-type', type]];
}

function quoteWire(random: Random, about: About, written: (body: object) => Buffer): Wire {
  const path = `/v1/quotes${random() < 0.02 ? '?exact=true' : ''}`;
  const kind = random();
  const count = kind < 0.6 ? 1 : 1 + Math.floor(random() * 8);
  const bodies = Array.from({ length: count }, () => written(quoteBody(random, about)));
  if (kind < 0.6) return { method: 'POST', path, headers: tenant('application/json'), body: bodies[0] as Buffer };
  const isLines = kind < 0.8;
  const text = bodies.map((body) => body.toString('latin1')).join(isLines ? '\n' : ',');
  const body = Buffer.from(isLines ? text : `[${text}]`, 'latin1');
  return { method: 'POST', path, headers: tenant(isLines ? 'application/x-ndjson' : 'application/json'), body };
}

function quoteBody(random: Random, { market }: About): QuoteRequestWire {
  const count = 1 + Math.floor(random() * 2);
  return {
    requestId: `q${Math.floor(random() * 1e9)}`,
    currency: 'USD',
    startAt: formatInstant(START_MS),
    endAt: formatInstant(START_MS + (1 + Math.floor(random() * 2)) * DAY_MS),
    objective: pick(random, ['clicks', 'reach', 'conversions'] as const),
    ...(random() < 0.8
      ? { budgetMicros: 1 + Math.floor(random() * 1e9) }
      : { goal: { kind: 'clicks' as const, amount: 100 } }),
    subcampaigns: Array.from({ length: count }, (_, index) => ({
      market: index === 0 ? market : pick(random, ['SE', 'NO', 'ATLANTIS']),
      segments: ['casual'],
      surfaces: ['home'],
      ...(random() < 0.5 ? { clickPriceMicros: 500_000 } : {}),
    })),
  };
}

function bookingWire(random: Random, about: About, written: (body: object) => Buffer): Wire {
  const key = `k${Math.floor(random() * KEYS)}`;
  const kind = random();
  if (kind < 0.2) return { method: 'GET', path: `/v1/bookings/${key}`, headers: tenant() };
  if (kind < 0.4)
    return { method: 'POST', path: `/v1/bookings/${key}/${pick(random, ['confirm', 'release'])}`, headers: tenant() };
  return newBooking(random, { key, about }, written);
}

/** A booking of one to four campaigns. */
export function newBooking(
  random: Random,
  { key, about }: { key: string; about: About },
  written: (body: object) => Buffer,
): Wire {
  const lines: [string, string][] = random() < 0.3 ? [['accept', 'application/x-ndjson']] : [];
  const headers = [...tenant('application/json'), ['idempotency-key', key] as const, ...lines];
  return { method: 'POST', path: '/v1/bookings', headers, body: written(bookingBody(random, key, about)) };
}

function bookingBody(random: Random, key: string, { market }: About): BookingRequestWire {
  const campaigns = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index) =>
    wish(`${key}-${index}`, 1 + Math.floor(random() * 1e8), { subcampaigns: [part({ market })] }),
  );
  const mode = pick(random, ['all-or-nothing', 'best-subset', 'scale-down'] as const);
  return bookingOf(campaigns, { mode, ...(random() < 0.5 ? { hold: firm } : {}) });
}

function campaignWire(random: Random, { campaignId }: About, written: (body: object) => Buffer): Wire {
  const path = `/v1/campaigns/${random() < 0.5 ? STANDING : campaignId}`;
  const kind = random();
  if (kind < 0.2) return { method: 'GET', path, headers: tenant() };
  if (kind < 0.4)
    return { method: 'GET', path: `${path}/outcomes?limit=${1 + Math.floor(random() * 99)}`, headers: tenant() };
  return campaignChange(random, path, written);
}

function campaignChange(random: Random, path: string, written: (body: object) => Buffer): Wire {
  const isBudget = random() < 0.5;
  const body = isBudget
    ? { budgetMicros: 1 + Math.floor(random() * 1e8) }
    : { status: pick(random, ['active', 'paused'] as const) };
  const key = ['idempotency-key', `x${Math.floor(random() * KEYS)}`] as const;
  const query = random() < 0.3 ? '?preview=true' : '';
  const headers = [...tenant('application/json'), key];
  return { method: 'POST', path: `${path}/${isBudget ? 'budget' : 'status'}${query}`, headers, body: written(body) };
}

/** One that is answered, whatever happened before it. */
export function goodApiRequest(random: Random, door: ApiDoor, about: About, written: (body: object) => Buffer): Wire {
  if (door === 'booking') return newBooking(random, { key: about.campaignId, about }, written);
  if (door !== 'campaign') return apiRequest(random, door, about, written);
  return { method: 'GET', path: `/v1/campaigns/${STANDING}`, headers: tenant() };
}
