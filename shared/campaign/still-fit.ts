// Whether campaigns of a booking, decided some moments ago, still fit beside all that is sold and firmly held now.
import type { BookingLine } from '../contracts/bookings.ts';
import type { CampaignContext } from './campaign-state.ts';
import { withoutHolds } from './holds.ts';
import { openMarkets, type Asked } from './open-markets.ts';
import { pagePlaces } from './page-places.ts';

/**
 * The lines as they fit: a part whose page has no room left has another one. Undefined where not all that is accepted fits any
 * more. What these campaigns hold already counts for nothing, so that soft holds are made firm by it too.
 * @param context the whole books of all their markets
 */
export function stillFit(lines: readonly BookingLine[], context: CampaignContext): BookingLine[] | undefined {
  const accepted = lines.flatMap(({ outcome }) => (outcome.type === 'campaign-accepted' ? [outcome] : []));
  const [some] = accepted;
  if (!some) return [...lines];
  const ownIds = new Set(accepted.map(({ campaignId }) => campaignId));
  const asked = accepted.flatMap(({ startAtMs, endAtMs, subcampaigns }) =>
    subcampaigns.map((sub): Asked => ({ ...sub, startAtMs, endAtMs })),
  );
  const wishes = accepted.flatMap(({ subcampaigns }) =>
    subcampaigns.map(({ budgetMicros }) => ({ floorMicros: 0, micros: budgetMicros })),
  );
  const placed = openMarkets(ownIds, asked, some, context).place(wishes);
  if (wishes.some(({ micros }, index) => (placed[index] as number) < micros)) return undefined;
  const books = [...context.markets].map(
    ([market, view]) => [market, withoutHolds(view, ({ campaignId }) => ownIds.has(campaignId))] as const,
  );
  const pages = pagePlaces(new Map(books));
  const fitting: BookingLine[] = [];
  for (const line of lines) {
    const outcome = line.outcome.type === 'campaign-accepted' ? pages.place(line.outcome) : line.outcome;
    if (typeof outcome === 'string') return undefined;
    fitting.push({ ...line, outcome });
  }
  return fitting;
}
