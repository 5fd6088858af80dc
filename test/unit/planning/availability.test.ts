import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  capacityMicros,
  emptyMarket,
  openAvailability,
  place,
  scarcity,
} from '../../../shared/planning/availability.ts';
import type { Demand, SoldDemand } from '../../../shared/planning/market-model.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDays } from '../../support/markets.ts';
import { oversold } from '../../../emulators/supply-fit.ts';

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

function capacities(asked: readonly Demand[], sold: readonly SoldDemand[], nowMs = START_MS): number[] {
  const open = openAvailability(asked, sold, supply, nowMs);
  return asked.map((_, which) => capacityMicros(open, which));
}

describe('availability', () => {
  it('is all bookable supply of an empty market', () => {
    assert.deepEqual(capacities([demand({ endAtMs: START_MS + 2 * DAY_MS })], []), [2 * WHOLE_CELL_MICROS]);
  });

  it('books to the lower quartile, not to the median', () => {
    const uncertain = supplyDays(1, {
      cells: [cell({ segment: 'a', q10: 0, q50: 1000, q90: 2000, clickPpm: 100_000 })],
    });
    const booked = Math.floor(WHOLE_CELL_MICROS * (1 - 0.6744897501960817 / 1.2815515655446004));
    assert.equal(capacityMicros(openAvailability([demand()], [], uncertain, START_MS), 0), booked);
    assert.deepEqual(emptyMarket(demand(), uncertain, START_MS), {
      weightMicros: booked,
      medianMicros: WHOLE_CELL_MICROS,
      trafficByDay: [1000],
    });
  });

  it('is nothing where nothing is forecast, expected, or eligible, and after the flight', () => {
    assert.equal(capacityMicros(openAvailability([demand()], [], new Map(), START_MS), 0), 0);
    assert.deepEqual(capacities([demand({ segments: ['x'] })], []), [0]);
    assert.deepEqual(capacities([demand()], [], START_MS + DAY_MS), [0]);
    const nothing = { weightMicros: 0, medianMicros: 0, trafficByDay: [0] };
    assert.deepEqual(emptyMarket(demand(), new Map(), START_MS), nothing);
  });

  it('loses what is sold', () => {
    const sold = sell(demand(), 30_000_000);
    assert.deepEqual(capacities([demand(), demand({ segments: ['b'] })], [sold]), [70_000_000, WHOLE_CELL_MICROS]);
  });

  it('moves what is sold out of the way, where its audience allows', () => {
    const wide = sell(demand({ segments: ['a', 'b'] }), WHOLE_CELL_MICROS);
    const narrow = sell(demand({ segments: ['b'] }), 40_000_000);
    assert.deepEqual(capacities([demand()], [wide]), [WHOLE_CELL_MICROS]);
    assert.deepEqual(capacities([demand()], [wide, narrow]), [60_000_000]);
    assert.deepEqual(capacities([demand({ segments: ['a', 'b'] })], [sell(demand(), WHOLE_CELL_MICROS)]), [
      WHOLE_CELL_MICROS,
    ]);
  });

  it('moves what is sold to other days of its flight', () => {
    const long = sell(demand({ endAtMs: START_MS + 2 * DAY_MS }), WHOLE_CELL_MICROS);
    assert.deepEqual(capacities([demand()], [long]), [WHOLE_CELL_MICROS]);
  });

  it('sells the hours of a part of a day once', () => {
    const morning = demand({ endAtMs: START_MS + 8 * HOUR_MS });
    assert.deepEqual(capacities([morning], []), [WHOLE_CELL_MICROS / 2]);
    const sold = sell(morning, WHOLE_CELL_MICROS / 2);
    const evening = demand({ startAtMs: START_MS + 8 * HOUR_MS });
    assert.deepEqual(capacities([morning, evening], [sold]), [0, WHOLE_CELL_MICROS / 2]);
  });

  it('says what binds and who contends', () => {
    const sold = [sell(demand({ segments: ['b'] }), 10_000_000), sell(demand(), 90_000_000)];
    const open = openAvailability([demand()], sold, supply, START_MS);
    assert.deepEqual(scarcity(open, 0), {
      cells: [{ segment: 'a', surface: 'home', fromAtMs: START_MS, toAtMs: START_MS + DAY_MS }],
      contending: [1],
    });
  });

  it('rejects nothing that was oversold already, and sells nothing on top of it', () => {
    assert.deepEqual(capacities([demand()], [sell(demand(), 3 * WHOLE_CELL_MICROS)]), [0]);
  });
});

describe('place', () => {
  const wish = (micros: number, floorMicros = 0) => ({ floorMicros, micros });

  it('gives every wish that fits together', () => {
    const open = openAvailability([demand(), demand({ segments: ['a', 'b'] })], [], supply, START_MS);
    assert.deepEqual(place(open, [wish(WHOLE_CELL_MICROS), wish(WHOLE_CELL_MICROS)]), [
      WHOLE_CELL_MICROS,
      WHOLE_CELL_MICROS,
    ]);
  });

  it('shares scarce supply in proportion to the wishes, and all of it', () => {
    const open = openAvailability([demand(), demand()], [], supply, START_MS);
    assert.deepEqual(place(open, [wish(WHOLE_CELL_MICROS), wish(3 * WHOLE_CELL_MICROS)]), [25_000_000, 75_000_000]);
  });

  it('serves floors before the rest', () => {
    const open = openAvailability([demand(), demand()], [], supply, START_MS);
    const placed = place(open, [wish(90_000_000, 90_000_000), wish(90_000_000)]);
    assert.deepEqual(placed, [90_000_000, 10_000_000]);
  });

  it('places nothing for those who wish nothing or cannot be served', () => {
    const open = openAvailability([demand(), demand({ segments: ['x'] })], [], supply, START_MS);
    assert.deepEqual(place(open, [wish(0), wish(5)]), [0, 0]);
  });

  it('never oversells, whoever is accepted one after the other at what is offered', () => {
    const some = <T>(from: T[]) => fc.subarray(from, { minLength: 1 });
    const audience = fc.record({
      segments: some(segments),
      surfaces: some(surfaces),
      clickPriceMicros: fc.integer({ min: 1, max: 10 ** 9 }),
    });
    const asks = fc.record({
      audiences: fc.array(audience, { minLength: 1, maxLength: 3 }),
      startHour: fc.nat(60),
      hours: fc.integer({ min: 1, max: 12 }),
      /** How much of what it could have alone each part wishes. */
      share: fc.constantFrom(1, 1, 0.5, 0.1),
    });
    fc.assert(
      fc.property(fc.array(asks, { maxLength: 12 }), (campaigns) => {
        const sold: SoldDemand[] = [];
        const wanting = () =>
          sold.map((one, index) => ({ ...one, key: String(index), priceMicros: one.clickPriceMicros }));
        for (const { audiences, startHour, hours, share } of campaigns) {
          const startAtMs = START_MS + startHour * HOUR_MS;
          const asked = audiences.map((one) => ({ ...one, startAtMs, endAtMs: startAtMs + hours * HOUR_MS }));
          const open = openAvailability(asked, sold, supply, START_MS);
          const before = wanting();
          const placed = place(
            open,
            asked.map((_, which) => wish(Math.floor(capacityMicros(open, which) * share))),
          );
          asked.forEach((one, index) => sold.push(sell(one, placed[index] as number)));
          assert.equal(oversold(before, wanting(), [...supply.values()], START_MS), undefined);
        }
      }),
    );
  });
});
