import assert from 'node:assert/strict';
import { holdsOf, withHolds } from '../../../shared/campaign/holds.ts';
import { stillFit } from '../../../shared/campaign/still-fit.ts';
import type { BookingLine } from '../../../shared/contracts/bookings.ts';
import { MAX_PAGES } from '../../../shared/contracts/documents.ts';
import type { CampaignAccepted } from '../../../shared/contracts/outcomes.ts';
import { entry } from '../../support/entries.ts';
import { hold } from '../../support/holds.ts';
import { START_MS } from '../../support/instants.ts';
import { context, market, page, view } from '../../support/markets.ts';
import { book, ordered } from '../../support/orders.ts';

const ALL_MICROS = 2_000_000_000;
const ID = '0123456789abcdef0123';

/** Two campaigns that take all of SE. */
const { lines } = book([
  ordered('c1', { budgetMicros: ALL_MICROS / 2 }),
  ordered('c2', { budgetMicros: ALL_MICROS / 2 }),
]);
const others = (own: Parameters<typeof hold>[0]) =>
  context([view({ pages: [page([], { holds: [hold({ campaignId: 'c9', budgetMicros: 1, ...own })] })] })]);

function pagesOf(fitting: BookingLine[] | undefined): (string | undefined)[] | undefined {
  return fitting?.map(({ outcome }) => (outcome as CampaignAccepted).subcampaigns[0]?.page);
}

describe('lines of a booking', () => {
  it('still fit where nothing was sold, as they were', () => {
    assert.deepEqual(stillFit(lines, context()), lines);
    assert.deepEqual(stillFit([], context()), []);
  });

  it('do not fit beside a micro that was sold or firmly held since', () => {
    const sold = context([view({ pages: [page([entry({ campaignId: 'c9', budgetMicros: 1 })])] })]);
    assert.equal(stillFit(lines, sold), undefined);
    assert.equal(stillFit(lines, others({})), undefined);
    assert.deepEqual(stillFit(lines.slice(0, 1), others({})), lines.slice(0, 1));
  });

  it('fit beside soft holds, and beside what bids in auctions', () => {
    for (const own of [{ probability: 0.9 }, { isAuctioned: true as const }])
      assert.deepEqual(stillFit(lines, others({ ...own, budgetMicros: ALL_MICROS })), lines);
  });

  it('fit beside their own holds: soft ones can be made firm in their places', () => {
    const held = lines.flatMap(({ outcome }) =>
      holdsOf(ID, outcome as CampaignAccepted, { untilAtMs: START_MS + 1, probability: 0.5 }),
    );
    assert.deepEqual(stillFit(lines, context([withHolds(view(), held)])), lines);
  });

  it('keep the room that they hold in a page that is full with them', () => {
    const [first] = lines as [BookingLine];
    const entries = Array.from({ length: 199 }, (_, index) => entry({ campaignId: `f${index}`, budgetMicros: 0 }));
    const held = holdsOf(ID, first.outcome as CampaignAccepted, { untilAtMs: START_MS + 1 });
    assert.deepEqual(stillFit([first], context([withHolds(view({ pages: [page(entries)] }), held)])), [first]);
  });

  it('move to another page where theirs is full, and do not fit where all are', () => {
    const [first] = lines as [BookingLine];
    const row = (name: string) => ({ page: name, entries: 200, bytes: 0 });
    const where = (pages: string[]) => context([{ ...view(), market: market({ pages: pages.map(row) }) }]);
    assert.deepEqual(pagesOf(stillFit([first], where(['p00']))), ['p01']);
    assert.deepEqual(pagesOf(stillFit([first], where([]))), ['p00']);
    const all = Array.from({ length: MAX_PAGES }, (_, index) => `p${String(index).padStart(2, '0')}`);
    assert.equal(stillFit([first], where(all)), undefined);
  });

  it('keep their page though an earlier one has room again', () => {
    const full = { page: 'p00', entries: 200, bytes: 0 };
    const [first] = lines as [BookingLine];
    const moved = stillFit([first], context([{ ...view(), market: market({ pages: [full] }) }])) as BookingLine[];
    const pages = [
      { ...full, entries: 0 },
      { page: 'p01', entries: 5, bytes: 0 },
    ];
    assert.deepEqual(pagesOf(stillFit(moved, context([{ ...view(), market: market({ pages }) }]))), ['p01']);
  });

  it('that were refused are left as they are', () => {
    const refused = book([ordered('c3', { budgetMicros: 2 * ALL_MICROS })]).lines;
    assert.deepEqual(stillFit(refused, others({})), refused);
  });
});
