// Many campaigns decided together, against each other and against all that is sold and firmly held.
import assert from 'node:assert/strict';
import type { BookingLine, BookingMode, CampaignOrder } from '../contracts/bookings.ts';
import type { CampaignContext } from './campaign-state.ts';

export interface BookingWish {
  tenantId: string;
  orders: readonly CampaignOrder[];
  mode: BookingMode;
  /** It is to be held first, not confirmed at once: the tenant's quota of held supply counts. */
  isHeld: boolean;
  /** Of a market's supply on any day, the share that a tenant may hold. */
  heldShare: number;
  /** Campaign ids that are taken: by a campaign, or by another booking. */
  takenIds: ReadonlySet<string>;
}

export interface BookingDecision {
  /** In the order of the orders. */
  lines: BookingLine[];
  /** Of `scale-down`: everybody who is accepted got this share of what was asked at least. */
  factor?: number;
  /** Why nothing of it is accepted. */
  reason?: string;
}

/** @param context the whole books of all markets of the orders, with supply over the flights of the orders and of all that is sold */
export function decideBooking(wish: BookingWish, context: CampaignContext): BookingDecision {
  assert.fail(`to come: ${wish.orders.length} orders over ${context.markets.size} markets`);
}
