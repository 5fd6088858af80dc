// What was made of a world's requests beside the most that could have been made of them.
import type { Campaign } from '../shared/contracts/documents.ts';
import { GUARANTEE_WORTH } from '../shared/planning/guarantee-worth.ts';
import type { DayReadings } from './day-readings.ts';
import { hindsightBound, type BoundedLine } from './hindsight-bound.ts';
import type { Population } from './world/population.ts';
import { POSITIONS } from './world-serving.ts';
import type { PlayResult } from './world-stack.ts';

export interface WorldYield {
  /** In units of spot money, micros: guaranteed money counts as much more as it is worth to keep a promise. */
  worthMicros: number;
  boundMicros: number;
  /** Worth over bound; 0 without requests. */
  share: number;
}

/**
 * Worth is what was served to each line in expected clicks at their true rates, up to its budget, and what spot demand offered
 * for what it won: neither luck with clicks nor second prices count. The bound is of the same requests, rates and budgets, of a
 * cancelled campaign until then.
 */
export function judgeYield(
  { campaigns, cancelledAtMs }: Pick<DayReadings, 'campaigns' | 'cancelledAtMs'>,
  play: Pick<PlayResult, 'subcampaigns' | 'spot' | 'requests'> & { clickFactor: number },
  population: Population,
): WorldYield {
  const expected = new Map(
    play.subcampaigns.map((count) => [`${count.campaignId}/${count.subcampaignId}`, count.expectedMicros]),
  );
  let worthMicros = Object.values(play.spot).reduce((sum, { offeredMicros }) => sum + offeredMicros, 0);
  let boundMicros = 0;
  for (const [market, log] of play.requests) {
    const lines = campaigns.flatMap((campaign) => linesOf(campaign, market, cancelledAtMs));
    for (const { key, budgetMicros, worth } of lines)
      worthMicros += worth * Math.min(budgetMicros, expected.get(key) ?? 0);
    const cells = population.cells(market).map((cell) => ({ ...cell, clickRate: cell.clickRate * play.clickFactor }));
    boundMicros += hindsightBound({ log, cells, lines, positions: POSITIONS });
  }
  return { worthMicros, boundMicros, share: boundMicros > 0 ? worthMicros / boundMicros : 0 };
}

function linesOf(
  { campaignId, terms, subcampaigns }: Campaign,
  market: string,
  cancelledAtMs: DayReadings['cancelledAtMs'],
): (BoundedLine & { key: string })[] {
  if (!terms) return [];
  return subcampaigns
    .filter((sub) => sub.market === market)
    .map((sub) => ({
      ...sub,
      startAtMs: terms.startAtMs,
      endAtMs: Math.min(terms.endAtMs, cancelledAtMs.get(campaignId) ?? Infinity),
      worth: sub.isAuctioned ? 1 : GUARANTEE_WORTH,
      key: `${campaignId}/${sub.subcampaignId}`,
    }));
}
