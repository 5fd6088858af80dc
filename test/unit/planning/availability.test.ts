import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SupplyDay } from '../../../shared/contracts/documents.ts';
import { availability, isEligible, type Demand, type SoldDemand } from '../../../shared/planning/availability.ts';
import { bookableOpportunities } from '../../../shared/forecasting/supply-quantile.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDays } from '../../support/markets.ts';

const segments = ['a', 'b', 'c'];
const surfaces = ['home', 'search'];
const cells = segments.flatMap((segment) =>
  surfaces.map((surface) => cell({ segment, surface, q50: 1000, clickPpm: 100_000 })),
);
const supply = supplyDays(3, { cells });
const WHOLE_CELL_MICROS = 100_000_000;

function demand(own: Partial<Demand> = {}): Demand {
  const flight = { startAtMs: START_MS, endAtMs: START_MS + DAY_MS };
  return { segments: ['a'], surfaces: ['home'], clickPriceMicros: 1_000_000, ...flight, ...own };
}

function sell(asked: Demand, remainingMicros: number): SoldDemand {
  return { ...asked, remainingMicros };
}

/** What a demand takes of each eligible opportunity, in the simple rule's own words: what is left to spend by what is there. */
function fractionOf(sold: SoldDemand, days: ReadonlyMap<string, SupplyDay>): number {
  const worth = hoursOf(sold).reduce((sum, atMs) => {
    const ofDay = days.get(new Date(atMs).toISOString().slice(0, 10));
    const share = ofDay?.hourShape[Math.floor((atMs % DAY_MS) / HOUR_MS)] ?? 0;
    const values = (ofDay?.cells ?? []).filter((one) => isEligible(sold, one));
    return (
      sum +
      share *
        values.reduce((all, one) => all + (bookableOpportunities(one) * one.clickPpm * sold.clickPriceMicros) / 1e6, 0)
    );
  }, 0);
  return worth === 0 ? 0 : sold.remainingMicros / worth;
}

function hoursOf({ startAtMs, endAtMs }: Demand): number[] {
  return Array.from({ length: (endAtMs - startAtMs) / HOUR_MS }, (_, hour) => startAtMs + hour * HOUR_MS);
}

describe('availability', () => {
  it('is all bookable supply of an empty market, and its traffic day by day', () => {
    const asked = demand({ endAtMs: START_MS + 2 * DAY_MS });
    assert.deepEqual(availability([asked], [], supply, START_MS), [
      {
        capacityMicros: 2 * WHOLE_CELL_MICROS,
        emptyMarketMicros: 2 * WHOLE_CELL_MICROS,
        trafficByDay: [1000, 1000],
      },
    ]);
  });

  it('books to the lower quartile, not to the median', () => {
    const uncertain = supplyDays(1, {
      cells: [cell({ segment: 'a', q10: 0, q50: 1000, q90: 2000, clickPpm: 100_000 })],
    });
    const [offer] = availability([demand()], [], uncertain, START_MS);
    assert.equal(offer?.capacityMicros, Math.floor(WHOLE_CELL_MICROS * (1 - 0.6744897501960817 / 1.2815515655446004)));
    assert.deepEqual(offer?.trafficByDay, [1000]);
  });

  it('is nothing where nothing is forecast, expected, or eligible, and after the flight', () => {
    const none = [{ capacityMicros: 0, emptyMarketMicros: 0, trafficByDay: [0] }];
    assert.deepEqual(availability([demand()], [], new Map(), START_MS), none);
    assert.deepEqual(availability([demand({ segments: ['x'] })], [], supply, START_MS), none);
    assert.equal(availability([demand()], [], supply, START_MS + DAY_MS)[0]?.capacityMicros, 0);
  });

  it('loses what is sold', () => {
    const sold = sell(demand(), 30_000_000);
    assert.equal(availability([demand()], [sold], supply, START_MS)[0]?.capacityMicros, 70_000_000);
    assert.equal(
      availability([demand({ segments: ['b'] })], [sold], supply, START_MS)[0]?.capacityMicros,
      WHOLE_CELL_MICROS,
    );
  });

  it('says beside it what an empty market would offer, which nothing sold changes', () => {
    const asked = [demand(), demand({ segments: ['a', 'b'] }), demand({ segments: ['c'] })];
    const empty = availability(asked, [], supply, START_MS).map((offer) => offer.emptyMarketMicros);
    assert.deepEqual(empty, [WHOLE_CELL_MICROS / 2, WHOLE_CELL_MICROS, WHOLE_CELL_MICROS]);
    const offers = availability(asked, [sell(demand(), 30_000_000)], supply, START_MS);
    assert.deepEqual(
      offers.map((offer) => offer.emptyMarketMicros),
      empty,
    );
    assert.deepEqual(
      offers.map((offer) => offer.capacityMicros),
      [35_000_000, 70_000_000, WHOLE_CELL_MICROS],
    );
  });

  it('is shared equally by those that ask together for one cell', () => {
    const offers = availability([demand(), demand()], [], supply, START_MS);
    assert.deepEqual(
      offers.map(({ capacityMicros }) => capacityMicros),
      [50_000_000, 50_000_000],
    );
  });

  it('sells the hours of a part of a day once', () => {
    const morning = demand({ endAtMs: START_MS + 8 * HOUR_MS });
    const [whole] = availability([morning], [], supply, START_MS);
    assert.equal(whole?.capacityMicros, WHOLE_CELL_MICROS / 2);
    const sold = sell(morning, whole?.capacityMicros);
    assert.equal(availability([morning], [sold], supply, START_MS)[0]?.capacityMicros, 0);
    const evening = demand({ startAtMs: START_MS + 8 * HOUR_MS });
    assert.equal(availability([evening], [sold], supply, START_MS)[0]?.capacityMicros, WHOLE_CELL_MICROS / 2);
  });

  it('sells one cell of an audience no further than another is free, since both are served alike', () => {
    const onlyA = sell(demand(), WHOLE_CELL_MICROS);
    const both = demand({ segments: ['a', 'b'] });
    assert.equal(availability([both], [onlyA], supply, START_MS)[0]?.capacityMicros, 0);
  });

  it('never oversells a cell, whoever is accepted one after the other at what is offered', () => {
    const some = <T>(from: T[]) => fc.subarray(from, { minLength: 1 });
    const asks = fc.record({
      audiences: fc.array(
        fc.record({
          segments: some(segments),
          surfaces: some(surfaces),
          clickPriceMicros: fc.integer({ min: 1, max: 10 ** 9 }),
        }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      startHour: fc.nat(60),
      hours: fc.integer({ min: 1, max: 12 }),
      /** How much of the offer is taken. */
      share: fc.constantFrom(1, 1, 0.5, 0.1),
    });
    fc.assert(
      fc.property(fc.array(asks, { maxLength: 12 }), (campaigns) => {
        const sold: SoldDemand[] = [];
        for (const { audiences, startHour, hours, share } of campaigns) {
          const startAtMs = START_MS + startHour * HOUR_MS;
          const asked = audiences.map((audience) => ({ ...audience, startAtMs, endAtMs: startAtMs + hours * HOUR_MS }));
          const offers = availability(asked, sold, supply, START_MS);
          asked.forEach((one, index) =>
            sold.push(sell(one, Math.floor((offers[index]?.capacityMicros as number) * share))),
          );
        }
        for (let hour = 0; hour < 72; hour++) {
          const atMs = START_MS + hour * HOUR_MS;
          const live = sold.filter((one) => one.startAtMs <= atMs && atMs < one.endAtMs);
          for (const one of cells) {
            const load = live
              .filter((demand) => isEligible(demand, one))
              .reduce((sum, demand) => sum + fractionOf(demand, supply), 0);
            assert(load <= 1 + 1e-9, `${one.segment}/${one.surface} at hour ${hour} is sold ${load} times`);
          }
        }
      }),
    );
  });
});
