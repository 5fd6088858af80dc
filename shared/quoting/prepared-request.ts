// A request beside its markets: its parts, what they have together, and the law of what they could spend.
import type { QuoteRequest } from '../contracts/quotes.ts';
import type { CappedDays } from '../forecasting/capped-days.ts';
import type { ClickRate } from '../forecasting/click-law.ts';
import type { SpendTerms } from '../forecasting/full-spend.ts';
import { laterBookings, type LaterBookings } from '../forecasting/later-bookings.ts';
import { mixVariance } from '../forecasting/mix-variance.ts';
import { exactParts, exactShares, type ExactParts } from './exact-parts.ts';
import { meanRate, medianOf, pooledConversion, pooledParts } from './pooled-parts.ts';
import { quickShares } from './quick-shares.ts';
import { quotedPart, type QuotedPart } from './quoted-part.ts';
import type { QuoteMarket } from './quote-market.ts';
import { pacedSpend } from './paced-spend.ts';
import { togetherShares } from './together-shares.ts';

export interface PreparedRequest {
  request: QuoteRequest;
  parts: readonly QuotedPart[];
  matched: SpendTerms;
  possible: SpendTerms;
  available: SpendTerms;
  conversion: ClickRate;
  paced: CappedDays;
  /** What others may still book of it, and how unevenly it may be served. */
  later: LaterBookings;
  mixVariance: number;
  /** Of each part: what it could spend at the median, caps of money aside. */
  potentialMicros: readonly number[];
  /** Of each part: what can be booked of it, whole micros, its own caps of money aside; and of all parts, caps counted. */
  reachMicros: readonly number[];
  bookableMicros: number;
  /** The shares of a budget, and what of it no part can have. */
  split: (budgetMicros: number) => { sharesMicros: readonly number[]; floorsMicros: number; isFeasible: boolean };
  exact: ExactParts | undefined;
}

export function prepareRequest(
  request: QuoteRequest,
  markets: ReadonlyMap<string, QuoteMarket>,
  isExact: boolean,
): PreparedRequest {
  const quick = request.subcampaigns.map((asked) => quotedPart(asked, request, markets.get(asked.market)));
  const exact = isExact ? exactParts(request, quick) : undefined;
  const parts = exact?.parts ?? quick;
  const cases = parts.reduce((most, { shownShares }) => Math.max(most, shownShares.length), 1);
  const weights = caseWeights(parts, cases);
  const together = togetherShares(request, parts, exact);
  const inCase = (part: QuotedPart, which: number, index: number) => {
    return servedOf(part, Math.min(index, part.shownShares.length - 1)) * (together.free[which] as number);
  };
  const matched = pooledParts(parts, [1], () => (part, which) => part.emptyShare * (together.matched[which] as number));
  const possible = pooledParts(parts, [1], () => (part, which) => inCase(part, which, 0));
  const available =
    cases === 1 ? possible : pooledParts(parts, weights, (index) => (part, which) => inCase(part, which, index));
  const potentialClicks = parts.map((part, which) => {
    let share = 0;
    weights.forEach((weight, index) => (share += weight * inCase(part, which, index)));
    return part.opportunities * share * Math.exp(part.spread.bias) * meanRate(part.rate);
  });
  const potentialMicros = potentialClicks.map(
    (clicks, which) => clicks * (parts[which] as QuotedPart).clickPriceMicros,
  );
  const factor = medianFactor(available, potentialMicros);
  const paced = pacedSpend(
    parts,
    potentialMicros.map((micros) => micros * factor),
  );
  const reachMicros = parts.map(({ bookableMicros }, which) =>
    Math.floor(bookableMicros * (together.free[which] as number)),
  );
  return {
    request,
    parts,
    matched,
    possible,
    available,
    conversion: pooledConversion(parts, potentialClicks),
    paced,
    later: laterOf(parts, together.free),
    mixVariance: mixOf(parts),
    potentialMicros,
    reachMicros,
    bookableMicros: reachMicros.reduce(
      (sum, micros, which) => sum + Math.min((parts[which] as QuotedPart).capMicros, micros),
      0,
    ),
    split: (budgetMicros) => (exact ? exactShares(exact, budgetMicros) : quickShares(parts, reachMicros, budgetMicros)),
    exact,
  };
}

/** Of its opportunities in a case, the share that it is expected to get: never more than an empty market has. */
export function servedOf({ shownShares, servedShare, emptyShare }: QuotedPart, index: number): number {
  const shown = shownShares[index] ?? 0;
  return servedShare > 1 ? Math.max(shown, Math.min(emptyShare, shown * servedShare)) : shown * servedShare;
}

/** @param together of each part: its share of what it could have alone */
export function laterOf(parts: readonly QuotedPart[], together: readonly number[]): LaterBookings {
  let [bookable, isAuctioned] = [0, false];
  parts.forEach(({ matchedClicks, shownShares, asked }, which) => {
    bookable += matchedClicks * (shownShares[0] as number) * (together[which] as number);
    isAuctioned ||= asked.isAuctioned === true;
  });
  return laterBookings(bookable, isAuctioned);
}

export function mixOf(parts: readonly QuotedPart[]): number {
  let [opportunities, clicks, squares] = [0, 0, 0];
  for (const part of parts) {
    opportunities += part.opportunities;
    clicks += part.clicks;
    squares += part.clickSquares;
  }
  return mixVariance({ opportunities, clicks, squares });
}

/** The pooled law's median beside the sum of the parts' medians: what caps of money are held against. */
function medianFactor({ supply, rate, clickPriceMicros }: SpendTerms, potentialMicros: readonly number[]): number {
  const sum = potentialMicros.reduce((total, micros) => total + micros, 0);
  const median = medianOf(supply) * meanRate(rate) * clickPriceMicros;
  return sum > 0 ? median / sum : 1;
}

function caseWeights(parts: readonly QuotedPart[], cases: number): number[] {
  const widest = parts.find(({ shownShares }) => shownShares.length === cases)?.market;
  return widest && cases > 1 ? widest.cases.map(({ weight }) => weight) : [1];
}
