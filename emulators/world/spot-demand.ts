// Spot demand: what some buyers offer for single impressions. A cell's offers are log-normal around a part of what its clicks
// are worth, dearer in the evening; a buyer does not want every impression.
import type { DecisionRequest } from '../../shared/contracts/decision.ts';
import { drawLogNormal } from './draws.ts';
import { createRandom, type Random } from './random.ts';

export type Offer = NonNullable<DecisionRequest['offers']>[number];

/** What a click is worth to spot demand, micros. */
const CLICK_WORTH_MICROS = 500_000;
/** The middle offer for a cell's impression beside the worth of its expected clicks, and what cells differ by. */
const MEDIAN_SHARE = 0.25;
const CELL_SIGMA = 0.3;
const OFFER_SIGMA = 0.7;
const EVENING_HOUR = 20;
const EVENING = 0.25;
/** Draws to choose from: an offer costs no logarithm. */
const DRAWS = 1024;

/** Who buys, and of how many impressions each wants one. */
const BUYERS = [
  ['north-trading', 0.6],
  ['open-exchange', 0.5],
  ['tour-tickets', 0.2],
] as const;

export interface SpotDemand {
  /** What is offered for an impression of the cell with this place at this time of day. */
  offers(random: Random, place: number, hourOfDay: number): Offer[];
}

/** Spot demand for the cells of a market, fixed by the labels. */
export function createSpotDemand(labels: (string | number)[], cells: readonly { clickPpm: number }[]): SpotDemand {
  const random = createRandom('spot', ...labels);
  const medians = cells.map(({ clickPpm }) =>
    drawLogNormal(random, (clickPpm / 1e6) * CLICK_WORTH_MICROS * 1000 * MEDIAN_SHARE, CELL_SIGMA),
  );
  const factors = Array.from({ length: DRAWS }, () => drawLogNormal(random, 1, OFFER_SIGMA));
  return {
    offers(draw, place, hourOfDay) {
      const level = 1 + EVENING * Math.cos(((hourOfDay - EVENING_HOUR) / 24) * 2 * Math.PI);
      const offers: Offer[] = [];
      for (const [buyer, share] of BUYERS) {
        if (draw() >= share) continue;
        const factor = factors[Math.floor(draw() * DRAWS)] as number;
        const cpmMicros = Math.round((medians[place] as number) * level * factor);
        offers.push({ offerId: buyer, buyer, cpmMicros });
      }
      return offers;
    },
  };
}
