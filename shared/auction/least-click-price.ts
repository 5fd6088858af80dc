// What an auctioned line pays for a click where the second price holds.
import type { AwardCode } from '../contracts/decision.ts';
import { countedOf, type Offer } from './best-offer.ts';
import type { LineRace } from './decide-opportunity.ts';
import { leastWinning } from './least-winning.ts';

export interface LineWin {
  code: AwardCode;
  /** What the slot is worth beside the first one. */
  position: number;
  /** The best offer of those that might have had it. */
  offer: Offer | undefined;
}

/**
 * The least click price, whole micros, 1 to its own, with which line k would have won the slot: against the next line's
 * score, the house's, the best offer and the floor. Where it was not drawn by score, against the offer and the floor alone; an offer
 * that it could not have outbid leaves it its own price.
 */
export function leastClickPrice(
  { plan, from, count, clickPpm, floorCpm, houseScore }: LineRace,
  k: number,
  won: LineWin,
): number {
  const { lines, cellLine, scratch } = plan;
  const line = cellLine[from + k] as number;
  const kept = lines.kept[line] as number;
  const most = lines.clickPriceMicros[line] as number;
  const factor = scratch.factor[k] as number;
  let next = 0;
  let isNextEarlier = false;
  if (won.code === 'WORTH_MOST') {
    next = houseScore;
    isNextEarlier = houseScore > 0;
    for (let other = 0; other < count; other++) {
      if (other === k || scratch.exclusion[other] !== 0 || !((scratch.score[other] as number) > next)) continue;
      next = scratch.score[other] as number;
      isNextEarlier = other < k;
    }
  }
  const offered = won.offer === undefined ? 0 : countedOf(plan, won.offer) / 1000;
  const isWon = (clickPriceMicros: number) => {
    const net = ((clickPpm * clickPriceMicros) / 1e6) * kept;
    const score = net * factor;
    const isAhead = isNextEarlier ? score > next : score >= next;
    return isAhead && net * won.position > offered && net * won.position >= floorCpm / 1000;
  };
  const netOfOne = (clickPpm / 1e6) * kept;
  const guess = Math.max(1, next / factor / netOfOne, Math.max(offered, floorCpm / 1000) / won.position / netOfOne);
  return leastWinning({ least: 1, most, guess }, isWon);
}
