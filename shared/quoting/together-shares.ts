// What parts of one market can have together beside what each could have alone: audiences overlap, and what one is given another
// is not.
import type { QuoteRequest } from '../contracts/quotes.ts';
import type { ExactParts } from './exact-parts.ts';
import type { QuotedPart } from './quoted-part.ts';
import { leftFor } from './sold-cells.ts';

export interface TogetherShares {
  /** Of each part: its share of what it would match, and of what would be free for it, alone. */
  matched: readonly number[];
  free: readonly number[];
}

export function togetherShares(
  flight: Pick<QuoteRequest, 'startAtMs' | 'endAtMs'>,
  parts: readonly QuotedPart[],
  exact: ExactParts | undefined,
): TogetherShares {
  const matched = parts.map(() => 1);
  const free = parts.map(() => 1);
  const byMarket = new Map<string, number[]>();
  parts.forEach(({ asked, market }, which) => {
    if (!market) return;
    const here = byMarket.get(asked.market);
    if (here) here.push(which);
    else byMarket.set(asked.market, [which]);
  });
  for (const here of byMarket.values()) {
    if (here.length === 1) continue;
    const own = here.map((which) => parts[which] as QuotedPart);
    const { market } = own[0] as QuotedPart;
    const audiences = [...new Set(own.flatMap((part) => part.audiences))].sort((one, other) => one - other);
    const sold = market?.cases[0]?.sold;
    if (!sold) continue;
    const union = leftFor(sold, { startAtMs: flight.startAtMs, endAtMs: flight.endAtMs, audiences });
    const alone = own.map(({ matchedClicks, freeShares: [free = 0] }) => ({
      matchedClicks,
      clicks: free * matchedClicks,
    }));
    const ratio = (all: number, of: (one: (typeof alone)[number]) => number) => {
      const sum = alone.reduce((total, one) => total + of(one), 0);
      return sum > all ? all / sum : 1;
    };
    const shares = {
      matched: ratio(union.matchedClicks, ({ matchedClicks }) => matchedClicks),
      free: ratio(union.clicks, ({ clicks }) => clicks),
    };
    for (const which of here) {
      matched[which] = shares.matched;
      free[which] = exact ? (exact.together[which] as number) : shares.free;
    }
  }
  return { matched, free };
}
