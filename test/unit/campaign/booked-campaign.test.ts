import assert from 'node:assert/strict';
import { expectedCampaign, type CampaignContext } from '../../../shared/campaign/campaign-state.ts';
import { decideCampaign } from '../../../shared/campaign/decide-campaign.ts';
import { holdsOf, withHolds } from '../../../shared/campaign/holds.ts';
import type { CampaignAccepted } from '../../../shared/contracts/outcomes.ts';
import { campaignAfter } from '../../support/campaigns.ts';
import { entry } from '../../support/entries.ts';
import { budgetChanged, campaignCreated, statusChanged } from '../../support/events.ts';
import { START_MS } from '../../support/instants.ts';
import { context, page, view } from '../../support/markets.ts';
import { book, ordered } from '../../support/orders.ts';

const ALL_MICROS = 2_000_000_000;
const ID = '0123456789abcdef0123';
const nobody = expectedCampaign('t1', 'c1');
const [line] = book([ordered('c1')]).lines;
const outcome = line?.outcome as CampaignAccepted;
const booked = { outcome, quote: line?.quote };
const event = campaignCreated({ booking: { bookingId: ID, part: 0 } });

/** SE with the campaign's hold, and something else that takes all that is left. */
function held(otherMicros = ALL_MICROS - 100_000_000): CampaignContext {
  const sold = view({ pages: [page([entry({ campaignId: 'c9', budgetMicros: otherMicros })])] });
  const one = withHolds(sold, holdsOf(ID, outcome, { untilAtMs: START_MS }));
  return { ...context([one]), booked };
}

describe('a campaign that a booking brings', () => {
  it('is what was decided when its supply was held, whatever was sold and whatever time it is', () => {
    for (const where of [held(), held(5 * ALL_MICROS), { nowMs: START_MS * 2, markets: new Map(), booked }])
      assert.deepEqual(decideCampaign(nobody, event, where), [outcome, line?.quote]);
    assert.deepEqual(decideCampaign(nobody, event, { ...held(), booked: { outcome } }), [outcome]);
  });

  it('is a defect where nothing was decided of it', () => {
    const { booked: _booked, ...nothing } = held();
    assert.throws(() => decideCampaign(nobody, event, nothing), /no booking was read for campaign c1/);
    const other = { outcome: { ...outcome, campaignId: 'c2' } };
    assert.throws(() => decideCampaign(nobody, event, { ...held(), booked: other }), /no booking was read/);
  });

  it('takes the changes that waited for it, and its own hold is not in their way', () => {
    const waiting = campaignAfter([budgetChanged(200_000_000, 3), statusChanged('paused', 2)], context());
    const outcomes = decideCampaign(waiting, event, held(ALL_MICROS - 200_000_000));
    assert.deepEqual(
      outcomes.map(({ type }) => type),
      ['campaign-accepted', 'quote-issued', 'budget-applied', 'status-applied'],
    );
    const [, , refused] = decideCampaign(waiting, event, held(ALL_MICROS - 199_999_999));
    assert.equal(refused?.type, 'budget-refused');
  });

  it('exists once', () => {
    const campaign = campaignAfter([campaignCreated()], context());
    const [refused] = decideCampaign(campaign, event, held());
    assert(refused?.type === 'campaign-refused');
    assert.deepEqual([refused.code, refused.reason.slice(0, 25)], ['CAMPAIGN_EXISTS', 'campaign c1 exists alread']);
  });
});

describe('a campaign under an id that a booking holds', () => {
  it('is refused, and the changes that wait go on waiting', () => {
    const waiting = campaignAfter([budgetChanged(200_000_000, 3)], context());
    const outcomes = decideCampaign(waiting, campaignCreated(), { ...context(), heldBy: ID });
    assert.equal(outcomes.length, 1);
    const [refused] = outcomes;
    assert(refused?.type === 'campaign-refused');
    assert.deepEqual(
      [refused.code, refused.reason],
      ['CAMPAIGN_EXISTS', 'campaign c1 is held by a booking: confirm that, or give the new one an id of its own'],
    );
  });

  it('is accepted once nobody holds it', () => {
    const [first] = decideCampaign(nobody, campaignCreated(), context());
    assert.equal(first?.type, 'campaign-accepted');
  });
});
