// Builds orders of bookings, and decides bookings with their outcomes held to their contract.
import assert from 'node:assert/strict';
import type { CampaignContext } from '../../shared/campaign/campaign-state.ts';
import { decideBooking, type BookingWish } from '../../shared/campaign/decide-booking.ts';
import type { CampaignOrder } from '../../shared/contracts/bookings.ts';
import { campaignCreated } from './events.ts';
import { context } from './markets.ts';
import { assertOutcomes } from './outcome-validator.ts';

/** A campaign of two days and 100 of a booking. */
export function ordered(campaignId: string, own: Partial<CampaignOrder> = {}): CampaignOrder {
  const { ifShort: _ifShort, booking: _booking, ...terms } = campaignCreated({ campaignId }).data;
  return { ...terms, ...own };
}

/** What a booking of t1 comes to: all or nothing, and not held, unless it says otherwise. */
export function book(
  orders: readonly CampaignOrder[],
  own: Partial<BookingWish> = {},
  where: CampaignContext = context(),
  quote?: Parameters<typeof decideBooking>[2],
) {
  const takenIds = new Set<string>();
  const wish = { tenantId: 't1', mode: 'all-or-nothing' as const, isHeld: false, heldShare: 1, takenIds };
  const decision = decideBooking({ ...wish, orders, ...own }, where, quote);
  assert.deepEqual(
    decision.lines.map((line) => line.order),
    orders,
  );
  assertOutcomes(decision.lines.flatMap(({ outcome, quote }) => (quote ? [outcome, quote] : [outcome])));
  for (const { outcome, quote: quoted } of quote ? [] : decision.lines)
    assert.equal(quoted !== undefined, outcome.type === 'campaign-accepted', 'who is accepted has a quote');
  const outcomes = decision.lines.map(({ outcome }) => outcome);
  const codes = outcomes.map(({ code = 'ACCEPTED' }) => code);
  const budgets = outcomes.map((outcome) => (outcome.type === 'campaign-accepted' ? outcome.budgetMicros : 0));
  return { ...decision, outcomes, codes, budgets };
}
