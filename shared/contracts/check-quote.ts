// What a schema cannot say about a quote: fields that must agree with each other.
import { AndanteError } from '../runtime/errors.ts';
import { MAX_MARKETS, checkPacing } from './check-event.ts';
import { MAX_FLIGHT_DAYS } from './events.ts';
import type { QuoteRequest } from './quotes.ts';

const DAY_MS = 86_400_000;

/** @throws AndanteError INVALID_REQUEST naming the first field that is wrong */
export function checkQuote(request: QuoteRequest): void {
  const { budgetMicros, goal, startAtMs, endAtMs, subcampaigns, whatIf = [] } = request;
  expect(budgetMicros !== undefined || goal !== undefined, '/budgetMicros or /goal must be there');
  expect(budgetMicros === undefined || goal === undefined, '/budgetMicros and /goal must not both be there');
  checkFlight({ startAtMs, endAtMs }, '');
  const markets = new Set<string>();
  const ids = new Set<string>();
  let floorsMicros = 0;
  subcampaigns.forEach((part, index) => {
    const at = `/subcampaigns/${index}`;
    const { subcampaignId, floorMicros, capMicros, lockMicros } = part;
    markets.add(part.market);
    if (subcampaignId !== undefined) {
      expect(!ids.has(subcampaignId), `${at}/subcampaignId must be different from those before it`);
      ids.add(subcampaignId);
    }
    const hasBounds = floorMicros !== undefined || capMicros !== undefined;
    expect(lockMicros === undefined || !hasBounds, `${at} has a lock: it takes no floor and no cap`);
    expect((floorMicros ?? 0) <= (capMicros ?? Infinity), `${at}/floorMicros must not be above capMicros`);
    checkPacing(part, at, 'INVALID_REQUEST');
    floorsMicros += lockMicros ?? floorMicros ?? 0;
  });
  expect(markets.size <= MAX_MARKETS, `/subcampaigns must be in at most ${MAX_MARKETS} markets`);
  expect(Number.isSafeInteger(floorsMicros), 'the floors and locks must add up to at most 2^53-1 micros');
  const names = new Set<string>();
  whatIf.forEach((change, index) => {
    const at = `/whatIf/${index}`;
    expect(!names.has(change.name), `${at}/name must be different from those before it`);
    names.add(change.name);
    checkFlight({ startAtMs: change.startAtMs ?? startAtMs, endAtMs: change.endAtMs ?? endAtMs }, at);
  });
}

function checkFlight({ startAtMs, endAtMs }: { startAtMs: number; endAtMs: number }, at: string): void {
  expect(endAtMs > startAtMs, `${at}/endAt must be after ${at}/startAt`);
  expect(endAtMs - startAtMs <= MAX_FLIGHT_DAYS * DAY_MS, `${at}/endAt: a flight has at most ${MAX_FLIGHT_DAYS} days`);
}

function expect(holds: boolean, message: string): void {
  if (!holds) throw new AndanteError('INVALID_REQUEST', message);
}
