import assert from 'node:assert/strict';
import { decideTick } from '../../../shared/campaign/decide-tick.ts';
import { endHolds, lapsedBookings, type KnownBookings } from '../../../shared/campaign/end-holds.ts';
import type { BookPage } from '../../../shared/contracts/documents.ts';
import { entry } from '../../support/entries.ts';
import { hold } from '../../support/holds.ts';
import { START_MS, TICK_MS, slotAt } from '../../support/instants.ts';
import { page, view } from '../../support/markets.ts';
import { assertOutcomes } from '../../support/outcome-validator.ts';

const booking = (digit: number) => String(digit).repeat(20);
const NOW = { nowMs: START_MS, most: 10 };

/** Two pages of holds that end now, and one that ends a millisecond later. */
const pages: BookPage[] = [
  page([entry()], {
    holds: [
      hold({ bookingId: booking(1), untilAtMs: START_MS }),
      hold({ bookingId: booking(2), campaignId: 'c2', untilAtMs: START_MS }),
      hold({ bookingId: booking(3), campaignId: 'c3', untilAtMs: START_MS + 1 }),
    ],
  }),
  page([], { page: 'p01', holds: [hold({ bookingId: booking(4), campaignId: 'c4', untilAtMs: START_MS })] }),
  page([entry({ campaignId: 'c9' })], { page: 'p02' }),
];

function heldAfter(bookings: KnownBookings, most = 10): string[] {
  const { pages: after } = endHolds(pages, bookings, { nowMs: START_MS, most });
  return after.flatMap(({ holds = [] }) => holds.map(({ campaignId }) => campaignId));
}

describe('holds past their time', () => {
  it('are looked up by their bookings, to the millisecond', () => {
    assert.deepEqual(lapsedBookings(pages, START_MS), [booking(1), booking(2), booking(4)]);
    assert.deepEqual(lapsedBookings(pages, START_MS - 1), []);
    assert.deepEqual(lapsedBookings(pages, START_MS + 1).length, 4);
  });

  it('leave the book with an outcome of each campaign, unless their booking is confirmed', () => {
    const bookings = new Map([
      [booking(1), 'held' as const],
      [booking(2), 'confirmed' as const],
      [booking(4), 'expired' as const],
    ]);
    const { pages: after, outcomes, hasMore } = endHolds(pages, bookings, NOW);
    assert.deepEqual(heldAfter(bookings), ['c2', 'c3']);
    assertOutcomes(outcomes);
    const expired = { type: 'hold-ended', tenantId: 't1', market: 'SE', ended: 'expired' };
    assert.deepEqual(outcomes, [
      { ...expired, campaignId: 'c1', bookingId: booking(1) },
      { ...expired, campaignId: 'c4', bookingId: booking(4) },
    ]);
    assert.equal(hasMore, false);
    assert.equal('holds' in (after[1] as BookPage), false);
    assert.equal(after[2], pages[2]);
  });

  it('are taken away without a word where the booking was released or refused: who gives it back tells', () => {
    for (const status of ['released', 'refused'] as const) {
      const { pages: after, outcomes } = endHolds(pages, new Map([[booking(4), status]]), NOW);
      assert.deepEqual([after[1]?.holds, outcomes], [undefined, []]);
    }
  });

  it('of a booking that is gone leave the book; those that nobody looked up stay', () => {
    assert.deepEqual(heldAfter(new Map([[booking(1), undefined]])), ['c2', 'c3', 'c4']);
    assert.deepEqual(heldAfter(new Map()), ['c1', 'c2', 'c3', 'c4']);
  });

  it('end in pieces where there are many', () => {
    const bookings = new Map([1, 2, 4].map((digit) => [booking(digit), 'held' as const]));
    assert.deepEqual(heldAfter(bookings, 1), ['c2', 'c3', 'c4']);
    assert.equal(endHolds(pages, bookings, { ...NOW, most: 1 }).hasMore, true);
    const one = new Map([[booking(1), 'held' as const]]);
    assert.equal(endHolds(pages, one, NOW).hasMore, true, 'others were not looked up');
    assert.equal(endHolds(pages, new Map([[booking(1), 'confirmed' as const]]), NOW).hasMore, false, 'nothing ended');
  });

  it('leave everything as it is where none is', () => {
    const idle = endHolds(pages, new Map([[booking(3), 'held']]), NOW);
    assert.equal(idle.pages, pages);
    assert.deepEqual(idle.outcomes, []);
  });
});

describe('a tick that finds holds past their time', () => {
  const tick = (bookings?: KnownBookings) =>
    decideTick({
      view: view({ pages: [page([entry({ status: 'paused' })], { holds: [hold({ untilAtMs: START_MS })] })] }),
      reports: [],
      slot: slotAt(START_MS),
      tickIntervalMs: TICK_MS,
      isPiece: false,
      ...(bookings ? { bookings } : {}),
    });

  it('writes their page and its room in the table, and keeps its entries', () => {
    const { market, pages: written, outcomes, plan } = tick(new Map([[hold().bookingId, 'held']]));
    assert.deepEqual(
      written.map((one) => [one.page, one.entries.length, one.holds]),
      [['p00', 1, undefined]],
    );
    assert.deepEqual([market.bookVersion, market.pages[0]?.entries], [1, 1]);
    assert.deepEqual(
      outcomes.map(({ type }) => type),
      ['hold-ended'],
    );
    assert(plan);
  });

  it('writes nothing where they are confirmed, or not looked up', () => {
    for (const bookings of [undefined, new Map([[hold().bookingId, 'confirmed' as const]])]) {
      const { market, pages: written, outcomes } = tick(bookings);
      assert.deepEqual([market.bookVersion, written, outcomes], [0, [], []]);
      assert.equal(market.pages[0]?.entries, 2);
    }
  });

  it('only ends holds where there are more than it can tell of', () => {
    const many = Array.from({ length: 700 }, (_, index) =>
      hold({ campaignId: `c${index}`, subcampaignId: `s${index}`, untilAtMs: START_MS }),
    );
    const held = [0, 1, 2, 3].map((index) =>
      page([], { page: `p0${index}`, holds: many.slice(175 * index, 175 * index + 175) }),
    );
    const decision = decideTick({
      view: view({ pages: held }),
      reports: [],
      slot: slotAt(START_MS),
      tickIntervalMs: TICK_MS,
      isPiece: false,
      bookings: new Map([[hold().bookingId, 'held']]),
    });
    assert.equal(decision.plan, undefined);
    assert.equal(decision.market.watermarkSlot, 0);
    assert.equal(decision.outcomes.length, 600);
    assert.equal(
      decision.market.pages.reduce((sum, row) => sum + row.entries, 0),
      100,
    );
  });
});
