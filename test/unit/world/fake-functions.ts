// A stand-in for the functions behind `fetch` and `publish`: keeps every body it gets, books whatever is asked for, and answers
// with plans whose leases grow by a fixed step. It has no idea of supply; the world's own promises are what its tests are about.
import assert from 'node:assert/strict';
import type { BookingRequestWire, CampaignOrderWire } from '../../../shared/contracts/bookings.ts';
import type { CampaignCreatedWire, ReportBodyWire } from '../../../shared/contracts/events.ts';
import { formatInstant } from '../../../shared/contracts/instants.ts';
import type { PlanWire } from '../../../shared/contracts/plan.ts';
import { DEFAULT_AUCTION } from '../../../shared/contracts/serving.ts';
import {
  bookingRequest,
  campaignCreated,
  plan as isPlan,
  quoteRequest,
  reportBody,
} from '../../../shared/contracts/validators.generated.js';
import { groupName } from '../../../emulators/world/ad-server.ts';
import type { Fetch } from '../../../emulators/world/patient-fetch.ts';
import type { Population } from '../../../emulators/world/population.ts';

export interface FakeFunctionsInput {
  population: Population;
  startAtMs: number;
  tickIntervalMs: number;
  groups: number;
  /** What each lease grows by at each tick. */
  grantMicros: number;
  /** Answers instead of the usual one, by call number from 1. */
  intercept?: (call: number, url: string) => Response | undefined;
}

export function createFakeFunctions(input: FakeFunctionsInput) {
  const reports = new Map<string, string[]>();
  const messages: { topic: string; body: string; type: string; tenantId: string }[] = [];
  const lines = new Map<string, { market: string; line: Omit<PlanWire['lines'][number], 'leases'> }>();
  const plans = new Map<string, { etag: string; body: string; wire: PlanWire }>();
  const bookings = new Map<string, { request: BookingRequestWire; status: 'held' | 'confirmed' | 'released' }>();
  const ticks: number[] = [];
  const statuses: number[] = [];
  let calls = 0;

  const tickMarket = (market: string, atMs: number) => {
    const local = [...lines.values()].filter((entry) => entry.market === market && Date.parse(entry.line.endAt) > atMs);
    const supply = input.population.expectedSupply(market, formatInstant(atMs).slice(0, 10));
    const wire: PlanWire = {
      schemaVersion: 1,
      market,
      planVersion: ticks.length,
      supplyVersion: 1,
      slot: Math.floor(atMs / input.tickIntervalMs),
      publishedAt: formatInstant(atMs),
      validUntilAt: formatInstant(atMs + 2 * input.tickIntervalMs),
      auction: DEFAULT_AUCTION,
      response: supply.cells.map(({ segment, surface, clickPpm }) => ({ segment, surface, clickPpm })),
      lines: local.map(({ line }) => ({
        ...line,
        price: 0,
        worth: 1,
        fallbackShare: 0.9 / local.length,
        leases: Array.from({ length: input.groups }, (_lease, index) => ({
          group: groupName(market, index),
          grantedMicros: input.grantMicros * ticks.length,
          returnedMicros: 0,
          spendUntilAt: formatInstant(atMs + 3 * input.tickIntervalMs),
        })),
      })),
    };
    assert(isPlan(wire), JSON.stringify(isPlan.errors));
    plans.set(market, { etag: `"${market}-${wire.planVersion}"`, body: JSON.stringify(wire), wire });
  };

  const addLines = ({
    campaignId,
    startAt,
    endAt,
    subcampaigns,
  }: Pick<CampaignOrderWire, 'campaignId' | 'startAt' | 'endAt' | 'subcampaigns'>) => {
    for (const { subcampaignId, market, segments, surfaces, clickPriceMicros } of subcampaigns) {
      const targeting = { campaignId, subcampaignId, segments, surfaces };
      const line = { ...targeting, startAt, endAt, clickPriceMicros, price: 0, worth: 1, fallbackShare: 0 };
      lines.set(subcampaignId, { market, line });
    }
  };

  /** All of a booking is accepted; its lines are served once it is confirmed. */
  const answerBooking = (path: readonly string[], key: string, body: string): Response => {
    const known = bookings.get(key);
    if (!known) {
      const request = JSON.parse(body) as BookingRequestWire;
      assert(bookingRequest(request), JSON.stringify(bookingRequest.errors));
      bookings.set(key, { request, status: request.hold ? 'held' : 'confirmed' });
    } else if (path.includes('confirm')) known.status = 'confirmed';
    else if (path.includes('release')) known.status = 'released';
    const { request, status } = bookings.get(key) as NonNullable<typeof known>;
    if (status === 'confirmed') request.campaigns.forEach(addLines);
    const told = request.campaigns.map(({ campaignId, budgetMicros }) => ({
      ...{ campaignId, result: 'accepted', requestedMicros: budgetMicros, budgetMicros },
    }));
    const count = told.length;
    const progress = { campaigns: count, held: count, refused: 0, applied: 0 };
    return Response.json({ bookingId: key, status, mode: request.mode, progress, lines: told });
  };

  const answer = (url: string, init: RequestInit): Response => {
    const path = new URL(url).pathname.split('/').slice(2);
    if (path[0] === 'quotes') {
      const asked = JSON.parse(init.body as string) as unknown[];
      for (const request of asked) assert(quoteRequest(request), JSON.stringify(quoteRequest.errors));
      return Response.json(asked.map((_request, index) => ({ quoteId: `q${index}` })));
    }
    if (path[0] === 'bookings') {
      const key = path[1] ?? new Headers(init.headers).get('idempotency-key') ?? '';
      return answerBooking(path, key, init.body as string);
    }
    if (init.method === 'POST') {
      const body = init.body as string;
      const report = JSON.parse(body) as ReportBodyWire;
      assert(reportBody(report), JSON.stringify(reportBody.errors));
      reports.set(report.eventId, [...(reports.get(report.eventId) ?? []), body]);
      return new Response('', { status: 202 });
    }
    const plan = plans.get(url.split('/').at(-2) ?? '');
    if (!plan) return new Response('', { status: 404 });
    if (new Headers(init.headers).get('if-none-match') === plan.etag) return new Response(null, { status: 304 });
    return new Response(plan.body, { status: 200, headers: { etag: plan.etag } });
  };

  const fetch: Fetch = async (url, init) => {
    calls += 1;
    const response = input.intercept?.(calls, url) ?? answer(url, init);
    statuses.push(response.status);
    return response;
  };

  return {
    fetch,
    publish: async (topic: string, body: string, attributes: { type: string; tenantId: string }) => {
      messages.push({ topic, body, ...attributes });
      const event = JSON.parse(body) as CampaignCreatedWire;
      if (topic !== 'campaign-created' || !campaignCreated(event)) return;
      addLines(event.data);
    },
    tick: async (atMs: number) => {
      ticks.push(atMs);
      for (const market of input.population.markets) tickMarket(market, atMs);
      return atMs;
    },
    ticks,
    messages,
    bookings,
    statuses,
    /** Every body posted under each event id. */
    reports,
    /** The first body of each report. */
    uniqueReports: () => [...reports.values()].map(([body]) => JSON.parse(body ?? '') as ReportBodyWire),
    plans,
  };
}
