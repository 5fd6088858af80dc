import assert from 'node:assert/strict';
import { newEntry, pageTable, reservedBytes } from '../../../shared/campaign/book-page.ts';
import { expectedCampaign } from '../../../shared/campaign/campaign-state.ts';
import { evolve } from '../../../shared/campaign/evolve.ts';
import { holdsOf, movedPages, withHolds, withoutHolds } from '../../../shared/campaign/holds.ts';
import type { CampaignAccepted } from '../../../shared/contracts/outcomes.ts';
import { entry } from '../../support/entries.ts';
import { order } from '../../support/events.ts';
import { hold } from '../../support/holds.ts';
import { START_MS } from '../../support/instants.ts';
import { context, market, page, view } from '../../support/markets.ts';
import { book, ordered } from '../../support/orders.ts';

const ID = '0123456789abcdef0123';
const UNTIL = { untilAtMs: START_MS + 60_000 };
const NO = view({ market: market({ market: 'NO' }) });

function accepted(...[campaignId, own]: Parameters<typeof ordered>): CampaignAccepted {
  const [outcome] = book([ordered(campaignId, own)], {}, context([view(), NO])).outcomes;
  assert(outcome?.type === 'campaign-accepted', JSON.stringify(outcome));
  return outcome;
}

describe('holds', () => {
  it('are one of each part, in the page and with the room that its entry will take', () => {
    const subcampaigns = [order({ releaseId: 'r1' }), order({ subcampaignId: 's2', market: 'NO', isAuctioned: true })];
    const outcome = accepted('c1', { subcampaigns });
    const campaign = evolve(expectedCampaign('t1', 'c1'), outcome);
    const placed = holdsOf(ID, outcome, { ...UNTIL, probability: 0.4 });
    assert.deepEqual(
      placed.map(({ market, page, hold: one }) => [market, page, one.subcampaignId, one.isAuctioned, one.budgetMicros]),
      outcome.subcampaigns.map((sub) => [sub.market, 'p00', sub.subcampaignId, sub.isAuctioned, sub.budgetMicros]),
    );
    placed.forEach(({ hold: one }, index) => {
      const [sub] = campaign.subcampaigns.slice(index);
      assert(sub);
      assert.equal(one.bytes, reservedBytes(newEntry(campaign, sub)));
      assert.deepEqual(
        [one.bookingId, one.tenantId, one.campaignId, one.untilAtMs, one.probability],
        [ID, 't1', 'c1', UNTIL.untilAtMs, 0.4],
      );
    });
    assert.equal('probability' in (holdsOf(ID, outcome, UNTIL)[0] as { hold: object }).hold, false);
  });

  it('turned into entries leave the table of pages as it was', () => {
    const outcome = accepted('c1', { subcampaigns: [order(), order({ subcampaignId: 's2' })] });
    const campaign = evolve(expectedCampaign('t1', 'c1'), outcome);
    const held = withHolds(view(), holdsOf(ID, outcome, UNTIL));
    const entries = campaign.subcampaigns.map((sub) => newEntry(campaign, sub));
    assert.deepEqual(pageTable(market(), [page(entries)]), held.market.pages);
  });

  it('are put into pages, known or new, beside what lies there, and raise the book’s version once', () => {
    const before = view({
      pages: [page([entry()], { holds: [hold({ campaignId: 'c8' })] }), page([], { page: 'p01' })],
    });
    const placed = ['p00', 'p02', 'p02'].map((page, index) => ({
      market: 'SE',
      page,
      hold: hold({ campaignId: `new${index}` }),
    }));
    const after = withHolds(before, [...placed, { market: 'NO', page: 'p00', hold: hold() }]);
    assert.deepEqual(
      after.pages.map((one) => [one.page, one.entries.length, (one.holds ?? []).map(({ campaignId }) => campaignId)]),
      [
        ['p00', 1, ['c8', 'new0']],
        ['p01', 0, []],
        ['p02', 0, ['new1', 'new2']],
      ],
    );
    assert.equal(after.market.bookVersion, before.market.bookVersion + 1);
    assert.deepEqual(
      after.market.pages.map(({ page, entries }) => [page, entries]),
      [
        ['p00', 3],
        ['p01', 0],
        ['p02', 2],
      ],
    );
    assert.deepEqual(
      movedPages(before, after).map((one) => one.page),
      ['p00', 'p02'],
    );
    assert.equal(withHolds(before, [{ market: 'NO', page: 'p00', hold: hold() }]), before);
  });

  it('put there again are replaced: a soft one becomes firm', () => {
    const soft = withHolds(view(), [{ market: 'SE', page: 'p00', hold: hold({ probability: 0.5 }) }]);
    const firm = withHolds(soft, [{ market: 'SE', page: 'p00', hold: hold() }]);
    assert.deepEqual(firm.pages[0]?.holds, [hold()]);
    assert.deepEqual(firm.market.pages, soft.market.pages);
  });

  it('are taken out, and a page without any says nothing of them', () => {
    const before = view({
      pages: [page([], { holds: [hold(), hold({ campaignId: 'c2' })] }), page([], { page: 'p01' })],
    });
    const one = withoutHolds(before, ({ campaignId }) => campaignId === 'c1');
    assert.deepEqual(
      one.pages[0]?.holds?.map(({ campaignId }) => campaignId),
      ['c2'],
    );
    const none = withoutHolds(one, () => true);
    assert.equal('holds' in (none.pages[0] as object), false);
    assert.deepEqual(none.market.pages[0], { page: 'p00', entries: 0, bytes: 0 });
    assert.equal(none.market.bookVersion, before.market.bookVersion + 2);
    assert.equal(none.pages[1], before.pages[1]);
    assert.equal(
      withoutHolds(none, () => true),
      none,
    );
  });
});
