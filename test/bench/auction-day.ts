// Plays a day of the mixed-auction world under a policy, and counts what it was worth. Every policy is judged here, on the
// same requests and by the same rules.
import { SLOTS, type AuctionWorld } from './auction-world.ts';

/** What a policy knows at the start of a slot beside the forecast and the requests that have passed. */
export interface Now {
  slot: number;
  /** Money left of each line, micros, 0 or more. */
  left: Float64Array;
}

/** Who a request is given to. */
export interface Served {
  /** -1: no line. */
  line: number;
  /** What a click costs the line. */
  clickPriceMicros: number;
  /** The best offer has it, where no line has; else the house. */
  isOffer: boolean;
}

/** Serves the requests of a slot. `isSpent` says of each line whether its money is gone. */
export type Server = (request: number, isSpent: Uint8Array) => Served;

/** Decides at the start of each slot how it is served. */
export type Policy = (now: Now) => Server;

export interface AuctionDay {
  /** Offers that won, floors of what the house kept, and what auctioned lines were worth, micros. */
  sold: number;
  /** The same, but of auctioned lines what they paid. */
  paid: number;
  /** Guaranteed money delivered, of each line, micros; 0 for auctioned ones. */
  delivered: Float64Array;
}

/** What a unit of guaranteed money costs that is not delivered, beside the unit itself. */
export const PENALTY = 3;

/** What is sold and delivered, less the penalty for what is not delivered, micros. */
export function valueOf({ lines }: AuctionWorld, { sold, delivered }: Pick<AuctionDay, 'sold' | 'delivered'>): number {
  return lines.reduce((value, { isAuctioned, budgetMicros }, line) => {
    const own = delivered[line] as number;
    return isAuctioned ? value : value + own - PENALTY * (budgetMicros - own);
  }, sold);
}

/** An impression that a line has too little money left for counts in proportion. */
export function playAuctionDay(world: AuctionWorld, policy: Policy): AuctionDay {
  const { lines, requests, slotStart, clickPpm, floorCpmMicros } = world;
  const left = Float64Array.from(lines, ({ budgetMicros }) => budgetMicros);
  const isSpent = new Uint8Array(lines.length);
  /** Of auctioned lines: their bids for the clicks they are expected to get. */
  const bids = new Float64Array(lines.length);
  let toOthers = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    const serve = policy({ slot, left: left.slice() });
    for (let request = slotStart[slot] as number; request < (slotStart[slot + 1] as number); request++) {
      const { line, clickPriceMicros, isOffer } = serve(request, isSpent);
      const cell = requests.cell[request] as number;
      if (line < 0) {
        toOthers += ((isOffer ? requests.offerCpmMicros[request] : floorCpmMicros[cell]) as number) / 1000;
        continue;
      }
      const clicks = ((clickPpm[cell] as number) / 1e6) * (requests.multiplier[request] as number);
      const cost = Math.min(clicks * clickPriceMicros, left[line] as number);
      const bidOverPrice = (lines[line] as (typeof lines)[number]).clickPriceMicros / clickPriceMicros;
      bids[line] = (bids[line] as number) + cost * bidOverPrice;
      left[line] = (left[line] as number) - cost;
      if (left[line] === 0) isSpent[line] = 1;
    }
  }
  let [sold, paid] = [toOthers, toOthers];
  const delivered = new Float64Array(lines.length);
  lines.forEach(({ isAuctioned, budgetMicros }, line) => {
    const spent = budgetMicros - (left[line] as number);
    if (!isAuctioned) delivered[line] = spent;
    else {
      sold += Math.min(budgetMicros, bids[line] as number);
      paid += spent;
    }
  });
  return { sold, paid, delivered };
}
