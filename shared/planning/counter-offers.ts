// What a market can offer instead of a request that does not fit: what is scarce, what more of it would cost others, and the
// smallest changes with which it fits, each checked by the flow.
import type { SupplyDay } from '../contracts/documents.ts';
import { MAX_MICROS } from '../contracts/micros.ts';
import { capacityMicros, openAvailability, scarcity, type Availability } from './availability.ts';
import { displacement } from './displacement.ts';
import { copyFlow, route } from './flow.ts';
import type { Demand, SoldDemand } from './market-model.ts';
import { PlanningError } from './planning-error.ts';
import { relaxations, type Relaxation } from './relaxations.ts';

export interface CounterOffer {
  kind: 'budget' | Relaxation['kind'];
  /** All terms, changed or not. */
  terms: Demand;
  /** What fits on these terms: what was asked, or the most. */
  budgetMicros: number;
}

export interface Shortage {
  /** The full cells, and the sold demands (by index) that contend for them. */
  scarce: ReturnType<typeof scarcity>;
  /**
   * The shadow price: what others would lose for each micro more than fits, in micros; Infinity where no supply is in
   * reach that others could give up.
   */
  displacedPerMicro: number;
  /** At most five, from the smallest change on. */
  offers: CounterOffer[];
}

export interface SoldMarket {
  sold: readonly SoldDemand[];
  /** Over the flights of all that is sold, and the days that an offer may use. */
  supply: ReadonlyMap<string, SupplyDay>;
  nowMs: number;
}

/**
 * Offers instead of a request; undefined when it fits as it is.
 * @throws PlanningError `INVALID_PROBLEM` for a budget or a price that is no positive amount, and a flight that ends before it begins
 */
export function counterOffers(
  request: Demand,
  budgetMicros: number,
  { sold, supply, nowMs }: SoldMarket,
): Shortage | undefined {
  assertRequest(request, budgetMicros);
  const open = openAvailability([request], sold, supply, nowMs);
  const mostMicros = capacityMicros(open, 0);
  if (mostMicros >= budgetMicros) return undefined;
  const ladders = relaxations(open, 0, supply, nowMs);
  const loose = openAvailability(
    ladders.flatMap(({ rungs }) => rungs.map(({ terms }) => terms)),
    sold,
    supply,
    nowMs,
  );
  const offers: (CounterOffer & { change: number })[] = [];
  if (mostMicros > 0) offers.push({ kind: 'budget', terms: request, budgetMicros: mostMicros, change: 0 });
  if (isAsFine(open, loose)) {
    let first = 0;
    for (const ladder of ladders) {
      const from = first;
      const { index, micros } = lowestRung(ladder, budgetMicros, (index) => offerableMicros(loose, from + index));
      first += ladder.rungs.length;
      const rung = ladder.rungs[index] as Relaxation;
      if (micros > mostMicros) offers.push({ ...rung, budgetMicros: Math.min(budgetMicros, micros) });
    }
  }
  return {
    scarce: scarcity(open, 0),
    displacedPerMicro: displacedPerMicro(open, sold),
    offers: smallestFirst(offers, budgetMicros),
  };
}

/**
 * The first rung of a ladder that reaches what is wanted, else the one that reaches most.
 * @param ladder of one rung or more
 * @param microsOf what a rung reaches, by its place in the ladder
 */
export function lowestRung(
  { rungs, isNested }: { rungs: readonly unknown[]; isNested: boolean },
  wantedMicros: number,
  microsOf: (index: number) => number,
): { index: number; micros: number } {
  if (!isNested) {
    let best = { index: 0, micros: microsOf(0) };
    for (let index = 1; index < rungs.length && best.micros < wantedMicros; index++) {
      const micros = microsOf(index);
      if (micros > best.micros) best = { index, micros };
    }
    return best;
  }
  let best = { index: rungs.length - 1, micros: microsOf(rungs.length - 1) };
  // Where not even the last reaches it, a lower one may reach just as much.
  const enoughMicros = Math.min(wantedMicros, best.micros);
  let low = 0;
  while (low < best.index) {
    const index = Math.floor((low + best.index) / 2);
    const micros = microsOf(index);
    if (micros >= enoughMicros) best = { index, micros };
    else low = index + 1;
  }
  return best;
}

/** Offers by how much they change: the terms as a share of what was asked, and the budget likewise. */
export function smallestFirst<Offer extends { budgetMicros: number; change: number }>(
  offers: readonly Offer[],
  askedMicros: number,
): Omit<Offer, 'change'>[] {
  const size = ({ change, budgetMicros }: Offer) => change + (askedMicros - budgetMicros) / askedMicros;
  return offers
    .map((offer, index) => ({ offer, index, size: size(offer) }))
    .sort((one, other) => one.size - other.size || one.index - other.index)
    .map(({ offer: { change: _change, ...offer } }) => offer);
}

/**
 * Whether a market opened for more requests lies in cells at least as fine: only then does what fits in it fit as well
 * when the request comes alone.
 */
export function isAsFine(open: Availability, loose: Availability): boolean {
  const cuts = new Set(loose.model.cuts);
  return open.model.cuts.every((atMs) => cuts.has(atMs));
}

/** Half of what availability.ts forgives, so that what is offered here is taken there. */
const FORGIVEN_MICROS = 0.005;

/**
 * What one of those who ask can be offered, whole micros: its capacity, less what amounts may differ by when the same
 * request is asked alone, in cells that are cut elsewhere and rounded elsewhere.
 */
export function offerableMicros({ model, flow, asked, firstAsked }: Availability, which: number): number {
  const { supply } = model.problem;
  const roundingClicks = supply.reduce((sum, clicks) => sum + clicks, 0) * supply.length * 2 ** -48;
  const clicks = route(copyFlow(flow), firstAsked + which, Infinity) - roundingClicks;
  const amount = clicks * (asked[which] as Demand).clickPriceMicros + FORGIVEN_MICROS;
  return Math.max(0, Math.floor(Math.min(amount, MAX_MICROS)));
}

function displacedPerMicro({ flow, firstAsked, asked }: Availability, sold: readonly SoldDemand[]): number {
  const full = copyFlow(flow);
  route(full, firstAsked, Infinity);
  const worth = [...sold.map(({ clickPriceMicros }) => clickPriceMicros), ...asked.map(() => Infinity)];
  return (displacement(full, worth).line[firstAsked] as number) / (asked[0] as Demand).clickPriceMicros;
}

function assertRequest({ clickPriceMicros, startAtMs, endAtMs }: Demand, budgetMicros: number): void {
  const refuse = (message: string) => {
    throw new PlanningError('INVALID_PROBLEM', message);
  };
  if (!(budgetMicros > 0 && budgetMicros < Infinity))
    refuse(`the budget is ${budgetMicros} micros, expected more than 0`);
  if (!(clickPriceMicros > 0 && clickPriceMicros < Infinity))
    refuse(`a click is priced at ${clickPriceMicros} micros, expected more than 0`);
  if (!(startAtMs < endAtMs)) refuse(`the flight ends at ${endAtMs}, expected after its start at ${startAtMs}`);
}
