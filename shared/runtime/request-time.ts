// What time it is for a request over HTTP: the clock's. In local worlds on virtual time it is what its header `andante-at`
// says or, without one, the last tick of its markets.
import { InvalidInstant, parseInstant } from '../contracts/instants.ts';
import { refs, type AllocationStore } from '../store/allocation-store.ts';
import { AndanteError } from './errors.ts';
import type { HttpRequest } from './http.ts';

/** Promised on virtual time alone, and rejected with AndanteError INVALID_REQUEST for a header that is no instant, or STORE_UNAVAILABLE. */
export type RequestTime = (headers: HttpRequest['headers'], markets: Iterable<string>) => number | Promise<number>;

export interface RequestTimeDeps {
  store: Pick<AllocationStore, 'read'>;
  /** Wall clock, epoch ms. */
  clock: () => number;
  tickIntervalMs: number;
  virtualTime: boolean;
}

/** Epoch milliseconds; of markets that had no tick, the clock's. */
export function createRequestTime({ store, clock, tickIntervalMs, virtualTime }: RequestTimeDeps): RequestTime {
  if (!virtualTime) return clock;
  return async (headers, markets) => {
    const told = headers['andante-at'];
    if (told !== undefined) return parse(told);
    const found = await store.read([...markets].map(refs.market));
    const slot = Math.max(0, ...found.map((market) => market?.watermarkSlot ?? 0));
    return slot > 0 ? slot * tickIntervalMs : clock();
  };
}

function parse(text: string): number {
  try {
    if (/^\d{4}-\d\d-\d\dT/.test(text)) return parseInstant(text, 'andante-at');
  } catch (error) {
    if (!(error instanceof InvalidInstant)) throw error;
  }
  throw new AndanteError('INVALID_REQUEST', 'andante-at is an instant, such as 2026-01-31T00:00:00Z');
}
