// A tenant's calls to the API, typed by its description. What a busy booking asks to come again with comes again.
import createClient from 'openapi-fetch';
import type { components, paths } from '../../shared/contracts/api.generated.d.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { fetchPatiently, type Fetch, type Pause } from './patient-fetch.ts';

type Schemas = components['schemas'];
export type QuoteRequest = Schemas['QuoteRequest'];
export type QuoteAnswer = Schemas['QuoteAnswer'];
export type BookingRequest = Schemas['BookingRequest'];
export type CampaignAnswer = Schemas['CampaignAnswer'];
export type BookingAnswer = Schemas['BookingAnswer'];

export interface BookingClientDeps {
  /** Without a slash at the end. */
  functionsUrl: string;
  tenantId: string;
  fetch: Fetch;
  pause: Pause;
}

/** Each call says which virtual time it is of. An answer that is no success is an Error with its code and detail. */
export interface BookingClient {
  /** In the order of the requests. */
  quote(requests: QuoteRequest[], atMs: number): Promise<QuoteAnswer[]>;
  book(key: string, request: BookingRequest, atMs: number): Promise<BookingAnswer>;
  confirm(key: string, atMs: number): Promise<BookingAnswer>;
  release(key: string, atMs: number): Promise<BookingAnswer>;
  readCampaign(id: string, atMs: number): Promise<CampaignAnswer>;
}

const BUSY_ATTEMPTS = 10;

/** A client that speaks for one tenant. */
export function createBookingClient({ functionsUrl, tenantId, fetch, pause }: BookingClientDeps): BookingClient {
  const deps = { who: `tenant ${tenantId}`, fetch, pause };
  const client = createClient<paths, 'application/json'>({
    baseUrl: functionsUrl,
    headers: { authorization: `Bearer tenant:${tenantId}` },
    fetch: async (request) => {
      const { url, method, headers } = request;
      const body = method === 'GET' ? {} : { body: await request.text() };
      return (await fetchPatiently(deps, url, { method, headers, ...body })).response;
    },
  });
  const at = (atMs: number) => ({ 'andante-at': formatInstant(atMs) });
  const unlessBusy = async <T>(what: string, send: () => Promise<Answer<T>>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      const { data, error, response } = await send();
      if (data !== undefined) return data;
      const { code, detail } = error as Schemas['Problem'];
      if (code !== 'BOOKING_BUSY' || attempt === BUSY_ATTEMPTS)
        throw new Error(`tenant ${tenantId}, ${what}: ${response.status} ${code}: ${detail}`);
      await pause(1000 * Number(response.headers.get('retry-after') ?? 1));
    }
  };

  return {
    async quote(requests, atMs) {
      const answers = await unlessBusy('quotes', () =>
        client.POST('/v1/quotes', { body: requests, headers: at(atMs) }),
      );
      return (Array.isArray(answers) ? answers : [answers]).map((answer) => {
        if ('error' in answer)
          throw new Error(`tenant ${tenantId}, a quote: ${answer.error.code}: ${answer.error.message}`);
        return answer;
      });
    },
    book: (key, body, atMs) =>
      unlessBusy(`booking ${key}`, () =>
        client.POST('/v1/bookings', { params: { header: { 'Idempotency-Key': key } }, body, headers: at(atMs) }),
      ),
    confirm: (key, atMs) =>
      unlessBusy(`confirming ${key}`, () =>
        client.POST('/v1/bookings/{key}/confirm', { params: { path: { key } }, headers: at(atMs) }),
      ),
    release: (key, atMs) =>
      unlessBusy(`releasing ${key}`, () =>
        client.POST('/v1/bookings/{key}/release', { params: { path: { key } }, headers: at(atMs) }),
      ),
    readCampaign: (id, atMs) =>
      unlessBusy(`campaign ${id}`, () =>
        client.GET('/v1/campaigns/{id}', { params: { path: { id } }, headers: at(atMs) }),
      ),
  };
}

interface Answer<T> {
  data?: T;
  /** The client's types know it by its media type only. */
  error?: unknown;
  response: Response;
}
