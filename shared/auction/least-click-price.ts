// What an auctioned line pays for a click where the second price holds.
import type { AwardCode } from '../contracts/decision.ts';
import { countedOf, type Offer } from './best-offer.ts';
import type { LineRace } from './decide-opportunity.ts';
import { drawFactor } from './draw-factor.ts';
import { highestScore } from './highest-score.ts';
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
 * score or the house's, the best offer and the floor. Where it was not drawn by score, against the offer and the floor
 * alone; an offer that it could not have outbid leaves it its own price.
 */
export function leastClickPrice(race: LineRace, k: number, won: LineWin): number {
  const { plan, from, clickPpm, floorCpm } = race;
  const { netWorth, draw } = plan.scratch;
  const line = plan.cellLine[from + k] as number;
  const kept = plan.lines.kept[line] as number;
  const most = plan.lines.clickPriceMicros[line] as number;
  const factor = drawFactor(draw[k] as number);
  const isDrawn = won.code === 'WORTH_MOST';
  const next = isDrawn ? highestScore(race, k) : -1;
  const houseScore = isDrawn ? race.houseScore : 0;
  const nextScore = next < 0 ? houseScore : (netWorth[next] as number) * drawFactor(draw[next] as number);
  const offered = won.offer === undefined ? 0 : countedOf(plan, won.offer) / 1000;
  const isWon = (clickPriceMicros: number) => {
    const net = ((clickPpm * clickPriceMicros) / 1e6) * kept;
    return net * factor > nextScore && net * won.position > offered && net * won.position >= floorCpm / 1000;
  };
  const netOfOne = (clickPpm / 1e6) * kept;
  const guess = Math.max(
    1,
    nextScore / factor / netOfOne,
    Math.max(offered, floorCpm / 1000) / won.position / netOfOne,
  );
  return leastWinning({ least: 1, most, guess }, isWon);
}
