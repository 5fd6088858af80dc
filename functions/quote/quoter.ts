// Requests in, quotes out, in order: each decoded, given the snapshots of its markets, and quoted by them. What is wrong with
// one request is said in its place, and the others go on.
import { checkQuote } from '../../shared/contracts/check-quote.ts';
import { requestIdIn } from '../../shared/contracts/decode-decision.ts';
import { decodeWire } from '../../shared/contracts/decode-body.ts';
import type { QuoteAnswer, QuoteRequest, QuoteRequestWire } from '../../shared/contracts/quotes.ts';
import * as validators from '../../shared/contracts/validators.generated.js';
import type { TrackRecords } from '../../shared/outcomes/track-record.ts';
import type { QuoteMarket } from '../../shared/quoting/quote-market.ts';
import { quoteRequest, type QuoteContext } from '../../shared/quoting/quote-request.ts';
import type { HttpRequest } from '../../shared/runtime/http.ts';
import type { RequestTime } from '../../shared/runtime/request-time.ts';
import { whenHere } from '../../shared/runtime/when-here.ts';
import type { SnapshotOf, Wanted } from '../../shared/store/market-snapshots.ts';

export interface QuoterDeps {
  snapshotOf: SnapshotOf;
  /** How quotes turned out so far. */
  trackRecords: TrackRecords;
  timeOf: RequestTime;
}

export interface Asking {
  headers: HttpRequest['headers'];
  isExact: boolean;
}

export interface Refusal {
  requestId?: string | undefined;
  error: unknown;
}

/** A value that is still to be taken out of the body: parsing it may throw. */
export type Item = () => unknown;

/** Quotes, or refuses, each of some requests; without a promise where all is at hand: on the framework each costs microseconds. */
export type Quoter = (items: readonly Item[], asking: Asking) => Quoted[] | Promise<Quoted[]>;

export type Quoted = QuoteAnswer | Refusal;

type Ready = { market: QuoteMarket | undefined } | { error: unknown };

export function createQuoter({ snapshotOf, trackRecords, timeOf }: QuoterDeps): Quoter {
  /** Waits for those alone that are not at hand. */
  function readyAll(names: Iterable<string>, wanted: Wanted): Map<string, Ready> | Promise<Map<string, Ready>> {
    const markets = new Map<string, Ready>();
    const awaited: Promise<unknown>[] = [];
    for (const name of names) {
      const found = snapshotOf(name, wanted);
      if (!(found instanceof Promise)) markets.set(name, { market: found });
      else
        awaited.push(
          found.then(
            (market) => markets.set(name, { market }),
            (error: unknown) => markets.set(name, { error }),
          ),
        );
    }
    return awaited.length > 0 ? Promise.all(awaited).then(() => markets) : markets;
  }

  return (items, { headers, isExact }) => {
    const requests = items.map(decode);
    const names = new Set(requests.flatMap((request) => ('error' in request ? [] : [...marketsOf(request)])));
    const answer = (request: QuoteRequest | Refusal, markets: ReadonlyMap<string, Ready>, context: QuoteContext) => {
      if ('error' in request) return request;
      try {
        return quoteRequest(request, pick(markets, marketsOf(request)), context);
      } catch (error) {
        return { requestId: request.requestId, error };
      }
    };
    const told = timeOf(headers, names);
    return whenHere(told instanceof Promise ? told.catch((error: unknown) => ({ error })) : told, (nowMs) => {
      if (typeof nowMs !== 'number')
        return requests.map((request) => ('error' in request ? request : { requestId: request.requestId, ...nowMs }));
      return whenHere(trackRecords(), (trackRecordOf) =>
        whenHere(readyAll(names, { nowMs, isExact }), (markets) =>
          requests.map((request) => answer(request, markets, { nowMs, isExact, trackRecordOf })),
        ),
      );
    });
  };
}

function decode(item: Item): QuoteRequest | Refusal {
  let wire: unknown;
  try {
    wire = item();
    const request = decodeWire<QuoteRequestWire>(validators.quoteRequest, wire);
    checkQuote(request);
    return request;
  } catch (error) {
    return { requestId: requestIdIn(wire), error };
  }
}

function marketsOf({ subcampaigns }: QuoteRequest): Set<string> {
  return new Set(subcampaigns.map(({ market }) => market));
}

/** Markets that nobody knows are left out. */
function pick(markets: ReadonlyMap<string, Ready>, names: Iterable<string>): Map<string, QuoteMarket> {
  const picked = new Map<string, QuoteMarket>();
  for (const name of names) {
    const found = markets.get(name) as Ready;
    if ('error' in found) throw found.error;
    if (found.market) picked.set(name, found.market);
  }
  return picked;
}
