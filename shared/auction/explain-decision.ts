// Why a decision went as it did: every line of the cell with what it was judged by, every offer with what it counted.
import type { Candidate, ExclusionCode, Explanation } from '../contracts/decision.ts';
import type { PlanLine } from '../contracts/plan.ts';
import { countedOf } from './best-offer.ts';
import type { LineRace } from './decide-opportunity.ts';
import { drawFactor } from './draw-factor.ts';
import { exclusionCodes } from './eligibility.ts';
import { drawShare } from './keyed-draw.ts';

/**
 * Read off the race when its slots are awarded. Worth and score are those of the first slot. A line that nothing excludes
 * and that has no slot was below the floor of the first slot (or worth nothing), else it was outbid: by another line, by
 * an offer, or by the lot.
 */
export function explainDecision({ plan, from, count, clickPpm, floorCpm, ...race }: LineRace): Explanation {
  const { scratch, cellLine, lines } = plan;
  const candidates: Candidate[] = [];
  for (let k = 0; k < count; k++) {
    const { campaignId, subcampaignId, clickPriceMicros, price } = lines.source[
      cellLine[from + k] as number
    ] as PlanLine;
    const netWorthMicros = scratch.netWorth[k] as number;
    const draw = scratch.draw[k] as number;
    const isShown = race.awards.some((one) => one.campaignId === campaignId && one.subcampaignId === subcampaignId);
    const code = isShown ? undefined : codeOf(scratch.exclusion[k] as number, netWorthMicros, floorCpm);
    candidates.push({
      campaignId,
      subcampaignId,
      valueMicros: (clickPpm * clickPriceMicros) / 1e6,
      price,
      netWorthMicros,
      draw: drawShare(draw),
      score: netWorthMicros * drawFactor(draw),
      ...(code !== undefined && { code }),
    });
  }
  return {
    planHash: plan.planHash,
    isFallback: race.isFallback,
    isExplored: race.isExplored,
    floorCpmMicros: floorCpm,
    houseScore: race.houseScore,
    candidates,
    offers: race.offers.map((offer) => {
      const { offerId, buyer, cpmMicros } = offer;
      return { offerId, buyer, cpmMicros, adjustedCpmMicros: countedOf(plan, offer) };
    }),
  };
}

function codeOf(exclusion: number, netWorthMicros: number, floorCpm: number): ExclusionCode {
  const isBelow = netWorthMicros <= 0 || netWorthMicros < floorCpm / 1000;
  return exclusionCodes[exclusion] ?? (isBelow ? 'BELOW_FLOOR' : 'OUTBID');
}
