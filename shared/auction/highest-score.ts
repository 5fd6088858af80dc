// Which line the draw gives an opportunity to.
import type { LineRace } from './decide-opportunity.ts';
import { drawFactor, factorAtMost } from './draw-factor.ts';

/**
 * The place of the line with the highest score of those that nothing excludes, the first of equals; -1 where none is above
 * 0 and above the house's.
 * @param except a place that does not count, or -1
 */
export function highestScore({ plan, count, houseScore }: LineRace, except: number): number {
  const { exclusion, netWorth, draw } = plan.scratch;
  let best = -1;
  let highest = houseScore;
  for (let k = 0; k < count; k++) {
    if (exclusion[k] !== 0 || k === except) continue;
    const net = netWorth[k] as number;
    const drawn = draw[k] as number;
    if (!(net * factorAtMost(drawn) > highest)) continue;
    const score = net * drawFactor(drawn);
    if (!(score > highest)) continue;
    best = k;
    highest = score;
  }
  return best;
}
