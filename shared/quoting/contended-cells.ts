// The cells of a request's audiences that are full or nearly so.
import type { QuoteAnswer } from '../contracts/quotes.ts';
import type { QuotedPart } from './quoted-part.ts';

type Contention = QuoteAnswer['contention'];

const MOST = 20;

/** The fullest first. */
export function contendedCells(
  parts: readonly QuotedPart[],
  { startAtMs, endAtMs }: { startAtMs: number; endAtMs: number },
): Contention {
  const found: Contention = [];
  const seen = new Set<string>();
  for (const { asked, market, audiences, flight } of parts) {
    if (!market || flight.last < flight.first) continue;
    for (const audience of audiences) {
      for (const run of market.full[audience] ?? []) {
        if (run.toAtMs <= startAtMs || run.fromAtMs >= endAtMs) continue;
        const { segment, surface } = market.supply.audiences[audience] as { segment: string; surface: string };
        const key = `${asked.market}/${segment}/${surface}/${run.fromAtMs}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const { fromAt, toAt, soldShare } = run;
        found.push({ market: asked.market, segment, surface, fromAt, toAt, soldShare });
      }
    }
  }
  return found.length > 1 ? found.sort((one, other) => other.soldShare - one.soldShare).slice(0, MOST) : found;
}
