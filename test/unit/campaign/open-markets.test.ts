import assert from 'node:assert/strict';
import { openMarkets } from '../../../shared/campaign/open-markets.ts';
import { entry, lease } from '../../support/entries.ts';
import { order } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import type { SupplyDay } from '../../../shared/contracts/documents.ts';
import { context, page, supplyDays, view } from '../../support/markets.ts';

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

describe('what a market can sell to a part that is shown to a listener so often only', () => {
  /** 1,000 listeners, each of whom comes 200 times in two days. */
  const listeners: NonNullable<SupplyDay['listeners']> = [
    {
      segment: 'casual',
      windowDays: 10,
      visits: [1000],
      visitListeners: [1000],
      activeDayListeners: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1000],
    },
  ];
  const capacity = (own: Parameters<typeof order>[0], views = [view({ supply: supplyDays(2, { listeners }) })]) =>
    openMarkets('c2', [order(own)], flight, context(views)).capacityMicros(0);

  it('is what its listeners have room for, not all that they come', () => {
    assert.equal(capacity({}), ALL_MICROS);
    const once = capacity({ perListenerFlight: 1 });
    // One of 200 visits.
    assert(Math.abs(once / ALL_MICROS - 1 / 200) < 1e-4, `${once}`);
    assert.equal(capacity({ releaseId: 'r1' }), once);
    assert.equal(capacity({ releaseId: 'r1', perListenerFlight: 5 }), once);
    const twiceADay = capacity({ perListenerDay: 2 });
    // Nobody is taken to come on every day for certain.
    assert(Math.abs(twiceADay / once - 4) < 0.05, `${twiceADay} and ${once}`);
    const both = capacity({ perListenerDay: 2, perListenerFlight: 4 });
    assert(both <= twiceADay && both > 0.8 * twiceADay, `${both} and ${twiceADay}`);
  });

  it('is, by a cap a day, what they have room for on the days on which they come, not on those of the flight', () => {
    const rare = [{ ...listeners[0], visits: [10], activeDayListeners: [1000, 0, 0, 0, 0, 0, 0, 0, 0, 0] }];
    const views = [view({ supply: supplyDays(2, { listeners: rare as typeof listeners }) })];
    const ofFlight = (own: Parameters<typeof order>[0]) => capacity(own, views) / ALL_MICROS;
    // Ten visits on one of ten days: once a day is one of those ten, in two days as in one.
    assert(Math.abs(ofFlight({ perListenerDay: 1 }) - 0.1) < 0.02, `${ofFlight({ perListenerDay: 1 })}`);
    assert(Math.abs(ofFlight({ perListenerDay: 2 }) - 0.2) < 0.05, `${ofFlight({ perListenerDay: 2 })}`);
  });

  it('is what a daily cap allows on the days that are left', () => {
    assert.equal(capacity({ dailyCapMicros: 3_000_000 }), 6_000_000);
    const late = { ...context(), nowMs: START_MS + DAY_MS };
    const markets = openMarkets('c2', [{ ...order({ dailyCapMicros: 3_000_000 }), remainingMicros: 1 }], flight, late);
    assert.equal(markets.capacityMicros(0), 2_999_999);
  });

  it('is nothing, and no odd number, when the flight is over', () => {
    const over = { ...context(), nowMs: flight.endAtMs };
    for (const own of [{}, { dailyCapMicros: 3_000_000 }, { perListenerDay: 1 }, { isAuctioned: true as const }]) {
      const [micros] = [openMarkets('c2', [order(own)], flight, over).capacityMicros(0)];
      assert.equal(micros, 0, JSON.stringify(own));
    }
  });

  it('is less what it holds, and never below nothing', () => {
    const markets = (remainingMicros: number) =>
      openMarkets(
        'c2',
        [{ ...order({ perListenerFlight: 1 }), remainingMicros }],
        flight,
        context([view({ supply: supplyDays(2, { listeners }) })]),
      ).capacityMicros(0);
    assert.equal(markets(1_000_000), markets(0) - 1_000_000);
    assert.equal(markets(100_000_000), 0);
  });

  it('holds for what bids in auctions too', () => {
    assert.equal(capacity({ perListenerFlight: 1, isAuctioned: true }), capacity({ perListenerFlight: 1 }));
  });

  it('is all of it where nobody has counted listeners', () => {
    assert.equal(capacity({ perListenerFlight: 1 }, [view()]), ALL_MICROS);
  });
});
