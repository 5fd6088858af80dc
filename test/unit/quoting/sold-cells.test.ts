import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openMarkets } from '../../../shared/campaign/open-markets.ts';
import { capacityMicros } from '../../../shared/planning/availability.ts';
import { isEligible } from '../../../shared/planning/market-model.ts';
import { marketSupply } from '../../../shared/quoting/market-supply.ts';
import { leftFor, soldCells } from '../../../shared/quoting/sold-cells.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { quoteRequestOf, quoteWorld, type WorldOptions } from '../../support/quote-worlds.ts';

const nowMs = START_MS + 3 * 3_600_000 + 17 * 60_000;

/** What is left for the first part of a request: by days, and exactly; clicks. */
function both(seed: number, options: WorldOptions): { quick: number; exact: number } {
  const view = quoteWorld(seed, options);
  const request = quoteRequestOf(seed + 1);
  const [part] = request.subcampaigns;
  assert(part);
  const clickPriceMicros = 1_000_000;
  const supply = marketSupply(view.supply, nowMs);
  const audiences = supply.audiences.flatMap((audience, at) => (isEligible(part, audience) ? [at] : []));
  const left = leftFor(soldCells(view, supply), { ...request, audiences });
  const open = openMarkets('', [{ ...part, clickPriceMicros }], request, { nowMs, markets: new Map([['SE', view]]) });
  const [seat] = open.seats;
  assert(seat);
  return { quick: left.clicks, exact: (capacityMicros(seat.availability, 0) + 1) / clickPriceMicros };
}

const loads = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  lines: fc.integer({ min: 1, max: 60 }),
  load: fc.constantFrom(0.2, 0.6, 0.9, 1.2),
  isAligned: fc.boolean(),
  firmHolds: fc.constantFrom(0, 5),
});

describe('what is left of days on which lines are sold', () => {
  it('is never more than the exact flow has, whenever flights begin and end', () => {
    fc.assert(
      fc.property(loads, ({ seed, ...options }) => {
        const { quick, exact } = both(seed, options);
        assert(quick <= exact * (1 + 1e-6) + 1e-3, `${quick} of ${exact}`);
      }),
      { numRuns: 120, seed: 7 },
    );
  });

  it('is nearly what the exact flow has where flights are whole days, and most of it elsewhere', () => {
    for (const { isAligned, least } of [
      { isAligned: true, least: 0.95 },
      { isAligned: false, least: 0.85 },
    ]) {
      let [quick, exact] = [0, 0];
      for (let seed = 0; seed < 25; seed++) {
        const one = both(seed * 31, { load: 0.8, lines: 40, isAligned });
        quick += one.quick;
        exact += one.exact;
      }
      assert(quick > least * exact, `${quick / exact}`);
    }
  });

  it('is all there is where nothing is sold, and nothing after the last day that is known', () => {
    const supply = marketSupply(quoteWorld(3, { lines: 0 }).supply, nowMs);
    const sold = soldCells(quoteWorld(3, { lines: 0 }), supply);
    const guest = { startAtMs: START_MS, endAtMs: START_MS + 3 * DAY_MS, audiences: [0, 1] };
    const { clicks, matchedClicks } = leftFor(sold, guest);
    assert(matchedClicks > 0);
    assert(Math.abs(clicks - matchedClicks) <= 1e-9 * matchedClicks);
    const late = leftFor(sold, { ...guest, startAtMs: START_MS + 9 * DAY_MS, endAtMs: START_MS + 10 * DAY_MS });
    assert.deepEqual(late, { clicks: 0, matchedClicks: 0 });
  });
});
