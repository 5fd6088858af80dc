// What may have become of soft holds: each is confirmed or not, never a part of it. A few cases with their weights stand for all.
import type { Hold } from '../contracts/bookings.ts';
import type { MarketView } from '../campaign/campaign-state.ts';

/** A case. Bookings draw alike in all markets, so case n of one market goes with case n of another. */
export interface Scenario {
  weight: number;
  /** The market with what is confirmed firm, and without the rest. */
  view: MarketView;
}

/** Cases that are drawn where there are too many to go through. */
const DRAWS = 6;

/**
 * The first case is that nothing is confirmed; its weight may be 0. Weights add up to 1; all markets have one case, or the
 * {@link DRAWS} drawn ones and the first. Draws are stratified by booking: of n draws, n x probability confirm it, rounded up or down,
 * and they are others than those of the next booking (Latin hypercube; McKay, Beckman and Conover, Technometrics 21, 1979).
 */
export function softScenarios(view: MarketView): Scenario[] {
  const soft = new Map<string, number>();
  for (const { bookingId, probability } of view.pages.flatMap(({ holds = [] }) => holds))
    if (probability !== undefined) soft.set(bookingId, probability);
  if (soft.size === 0) return [{ weight: 1, view }];
  const draws = [...soft].map(([bookingId, probability]) => ({ bookingId, drawn: drawnOf(bookingId, probability) }));
  return [
    { weight: 0, view: withConfirmed(view, new Set()) },
    ...Array.from({ length: DRAWS }, (_, draw) => {
      const confirmed = draws.filter(({ drawn }) => drawn[draw]).map(({ bookingId }) => bookingId);
      return { weight: 1 / DRAWS, view: withConfirmed(view, new Set(confirmed)) };
    }),
  ];
}

/** In which draws a booking is confirmed: by its own keyed order of them, and its own keyed place inside a stratum. */
function drawnOf(bookingId: string, probability: number): boolean[] {
  let state = 2_166_136_261;
  const next = (key: number): number => {
    state = Math.imul(state ^ key, 16_777_619);
    state ^= state >>> 15;
    return state >>> 0;
  };
  for (let at = 0; at < bookingId.length; at++) next(bookingId.charCodeAt(at));
  const within = next(0) / 2 ** 32;
  const strata = Array.from({ length: DRAWS }, (_, stratum) => ({ stratum, key: next(stratum + 1) }));
  strata.sort((one, other) => one.key - other.key || one.stratum - other.stratum);
  return strata.map(({ stratum }) => (stratum + within) / DRAWS < probability);
}

function withConfirmed(view: MarketView, confirmed: ReadonlySet<string>): MarketView {
  const pages = view.pages.map(({ holds = [], ...page }) => {
    const kept = holds.flatMap((hold): Hold[] => {
      const { probability, ...firm } = hold;
      return probability === undefined || confirmed.has(hold.bookingId) ? [firm] : [];
    });
    return kept.length > 0 ? { ...page, holds: kept } : page;
  });
  return { ...view, pages };
}
