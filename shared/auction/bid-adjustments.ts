// What an offer counts beside lines and other offers, by operators' rules for its buyer.
import type { AuctionSettings } from '../contracts/serving.ts';

type Adjustment = AuctionSettings['adjustments'][number];

export interface BidAdjustments {
  /** The first rule that matches, of each buyer that any rule names. */
  byBuyer: ReadonlyMap<string, Adjustment>;
  /** The first rule for any buyer. */
  ofOthers: Adjustment | undefined;
}

/** The rules by buyer, so that an offer needs one look. */
export function compileAdjustments(adjustments: readonly Adjustment[]): BidAdjustments {
  const byBuyer = new Map<string, Adjustment>();
  for (const { buyer } of adjustments) {
    if (buyer === undefined || byBuyer.has(buyer)) continue;
    byBuyer.set(buyer, adjustments.find((one) => one.buyer === undefined || one.buyer === buyer) as Adjustment);
  }
  return { byBuyer, ofOthers: adjustments.find(({ buyer }) => buyer === undefined) };
}

export function adjustmentOf({ byBuyer, ofOthers }: BidAdjustments, buyer: string): Adjustment | undefined {
  return byBuyer.size === 0 ? ofOthers : (byBuyer.get(buyer) ?? ofOthers);
}

/** What a bid counts, micros for a thousand impressions. */
export function countedCpm(adjustment: Adjustment | undefined, cpmMicros: number): number {
  switch (adjustment?.kind) {
    case undefined:
      return cpmMicros;
    case 'multiplier':
      return cpmMicros * adjustment.value;
    case 'cpm':
      return adjustment.value;
    case 'static':
      return cpmMicros + adjustment.value;
  }
}

/** About the bid that counts so much. Where the bid does not move what is counted, what is counted. */
export function bidFor(adjustment: Adjustment | undefined, counted: number): number {
  if (adjustment?.kind === 'static') return counted - adjustment.value;
  return isMoved(adjustment) && adjustment?.kind === 'multiplier' ? counted / adjustment.value : counted;
}

/** Whether a higher bid counts more. */
export function isMoved(adjustment: Adjustment | undefined): boolean {
  return (
    adjustment === undefined || (adjustment.kind === 'multiplier' ? adjustment.value > 0 : adjustment.kind === 'static')
  );
}
