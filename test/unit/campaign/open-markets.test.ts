import assert from 'node:assert/strict';
import { openMarkets } from '../../../shared/campaign/open-markets.ts';
import { entry, lease } from '../../support/entries.ts';
import { order } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { context, page, view } from '../../support/markets.ts';

const flight = { startAtMs: START_MS, endAtMs: START_MS + 2 * DAY_MS };
const capacityBeside = (own: Parameters<typeof entry>[0]) =>
  openMarkets('c2', [order()], flight, context([view({ pages: [page([entry(own)])] })])).capacityMicros(0);
/** Two days of 2,000 clicks at 0.5. */
const ALL_MICROS = 2_000_000_000;

describe('what a market can still sell', () => {
  it('is what others have not been sold and not accrued', () => {
    assert.equal(capacityBeside({ budgetMicros: 100_000_000, spentMicros: 40_000_000 }), ALL_MICROS - 60_000_000);
  });

  it('leaves what others were leased to them, also where clicks have used up their budget', () => {
    const leases = [lease({ grantedMicros: 30_000_000, chargedMicros: 10_000_000 })];
    const own = { budgetMicros: 100_000_000, spentMicros: 95_000_000, leases };
    assert.equal(capacityBeside(own), ALL_MICROS - 20_000_000);
  });

  it('is all of it again once the others are closing', () => {
    assert.equal(capacityBeside({ status: 'closing' }), ALL_MICROS);
  });

  it('is not less for what others bid in auctions', () => {
    assert.equal(capacityBeside({ isAuctioned: true, budgetMicros: 100_000_000 }), ALL_MICROS);
  });
});

describe('what a market offers to a part that bids in auctions', () => {
  const bids = order({ isAuctioned: true });
  const others = context([view({ pages: [page([entry({ budgetMicros: ALL_MICROS })])] })]);

  it('is what an empty market has, whatever is sold, less what it holds', () => {
    const markets = openMarkets('c2', [{ ...bids, remainingMicros: 30_000_000 }], flight, others);
    assert.equal(markets.capacityMicros(0), ALL_MICROS - 30_000_000);
    assert.equal(markets.deliverableMicros(0), 30_000_000);
    assert.deepEqual(markets.scarceCells(0), []);
  });

  it('takes nothing from a guaranteed part of the same order', () => {
    const markets = openMarkets('c2', [bids, order({ subcampaignId: 's2' })], flight, context());
    const wish = { floorMicros: 0, micros: ALL_MICROS };
    assert.deepEqual(markets.place([wish, wish]), [ALL_MICROS, ALL_MICROS]);
    assert.equal(markets.capacityMicros(1), ALL_MICROS);
  });

  it('is nothing in a market that nobody knows', () => {
    assert.equal(openMarkets('c2', [order({ isAuctioned: true, market: 'XX' })], flight, others).capacityMicros(0), 0);
  });
});
