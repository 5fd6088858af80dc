// Whether campaigns of a booking, decided some moments ago, still fit beside all that is sold and firmly held now.
import assert from 'node:assert/strict';
import type { BookingLine } from '../contracts/bookings.ts';
import type { CampaignContext } from './campaign-state.ts';

/**
 * The lines as they fit: a part whose page has no room left has another one. Undefined where not all of them fit any more. What
 * is held for these campaigns already counts for nothing.
 * @param lines accepted ones
 */
export function stillFit(lines: readonly BookingLine[], context: CampaignContext): BookingLine[] | undefined {
  assert.fail(`to come: ${lines.length} lines over ${context.markets.size} markets`);
}
