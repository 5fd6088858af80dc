// Makes the booking flow's calls as virtual time reaches them, and remembers what they came to.
import type { BookingCall } from './booking-calls.ts';
import type { BookingAnswer, BookingClient } from './booking-client.ts';

/** What a call came to in the end. */
export interface Booked {
  key: string;
  tenantId: string;
  /** Quotes that were asked for it. */
  quotes: number;
  /** It was only asked for to be let go of. */
  isOption: boolean;
  answer: BookingAnswer;
  /** What the same call came to when it was sent once more. */
  repeated?: BookingAnswer;
}

export interface BookingCaller {
  /** Makes every call due by `atMs` that has not been made, one after the other: who comes first is no chance. */
  callDue(atMs: number): Promise<void>;
  /** In the order in which they were made. */
  booked(): Booked[];
}

/** A caller of calls in time order. */
export function createBookingCaller({
  calls,
  clientOf,
}: {
  calls: readonly BookingCall[];
  clientOf: (tenantId: string) => BookingClient;
}): BookingCaller {
  const booked: Booked[] = [];
  return {
    async callDue(atMs) {
      for (let call = calls[booked.length]; call && call.atMs <= atMs; call = calls[booked.length])
        booked.push(await make(call, clientOf(call.tenantId)));
    },
    booked: () => [...booked],
  };
}

async function make(call: BookingCall, client: BookingClient): Promise<Booked> {
  const { key, tenantId, atMs, then } = call;
  const quotes = await client.quote(call.quotes, atMs);
  const campaigns = call.request.campaigns.map((order, index) => {
    const { quoteId } = quotes[index] ?? {};
    return quoteId === undefined ? order : { ...order, quoteId };
  });
  const request = { ...call.request, campaigns };
  let answer = await client.book(key, request, atMs);
  if (answer.status === 'held' && then !== 'nothing') answer = await client[then](key, atMs);
  const repeated = call.isRepeated ? { repeated: await client.book(key, request, atMs) } : {};
  return { key, tenantId, quotes: quotes.length, isOption: then === 'release', answer, ...repeated };
}
