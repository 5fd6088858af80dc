import assert from 'node:assert/strict';
import fc from 'fast-check';
import { capacityMicros, openAvailability } from '../../../shared/planning/availability.ts';
import { counterOffers, type CounterOffer } from '../../../shared/planning/counter-offers.ts';
import type { Demand, SoldDemand } from '../../../shared/planning/market-model.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDays } from '../../support/markets.ts';
import { oversold } from '../../../emulators/supply-fit.ts';

const segments = ['a', 'b', 'c'];
const surfaces = ['home', 'search'];
const cells = segments.flatMap((segment) =>
  surfaces.map((surface) => cell({ segment, surface, q50: 1000, clickPpm: 100_000 })),
);
const supply = supplyDays(4, { cells });
/** Of one audience on one day, at a price of 1. */
const WHOLE_CELL_MICROS = 100_000_000;

function demand(own: Partial<Demand> = {}): Demand {
  const flight = { startAtMs: START_MS, endAtMs: START_MS + DAY_MS };
  return { segments: ['a'], surfaces: ['home'], clickPriceMicros: 1_000_000, ...flight, ...own };
}

function sell(asked: Demand, share = 1): SoldDemand {
  return { ...asked, remainingMicros: share * WHOLE_CELL_MICROS };
}

function shortageOf(asked: Demand, budgetMicros: number, sold: readonly SoldDemand[], nowMs = START_MS) {
  const shortage = counterOffers(asked, budgetMicros, { sold, supply, nowMs });
  assert(shortage, 'it does not fit');
  return shortage;
}

function offersOf(...parameters: Parameters<typeof shortageOf>): CounterOffer[] {
  return shortageOf(...parameters).offers;
}

/** What of an offer's terms differs from what was asked. */
function changed(asked: Demand, { kind, terms, budgetMicros }: CounterOffer) {
  const names = Object.keys(asked) as (keyof Demand)[];
  return {
    kind,
    budgetMicros,
    ...Object.fromEntries(names.filter((name) => terms[name] !== asked[name]).map((name) => [name, terms[name]])),
  };
}

const micros = fc.integer({ min: 1, max: 4 * WHOLE_CELL_MICROS });
const flight = fc
  .tuple(fc.integer({ min: 0, max: 71 }), fc.integer({ min: 1, max: 48 }))
  .map(([from, hours]) => ({ startAtMs: START_MS + from * HOUR_MS, endAtMs: START_MS + (from + hours) * HOUR_MS }));
const demands = fc.record({
  segments: fc.subarray(segments, { minLength: 1 }),
  surfaces: fc.subarray(surfaces, { minLength: 1 }),
  clickPriceMicros: fc.constantFrom(400_000, 1_000_000, 1_234_567),
  flight,
});
const requests = demands.map(({ flight, ...audience }): Demand => ({ ...audience, ...flight }));
/** Sold one after the other, each at most as much as there is. */
const books = fc.array(fc.tuple(requests, micros), { maxLength: 8 }).map((wishes) => {
  const sold: SoldDemand[] = [];
  for (const [asked, wanted] of wishes) {
    const most = capacityMicros(openAvailability([asked], sold, supply, START_MS), 0);
    sold.push({ ...asked, remainingMicros: Math.min(wanted, most) });
  }
  return sold;
});

describe('counterOffers', () => {
  it('offers nothing instead of what fits', () => {
    assert.equal(counterOffers(demand(), WHOLE_CELL_MICROS, { sold: [], supply, nowMs: START_MS }), undefined);
  });

  it('offers the most that fits, to the micro', () => {
    const asked = demand();
    const [offer] = offersOf(asked, WHOLE_CELL_MICROS, [sell(asked, 0.7)]);
    assert.deepEqual(offer && changed(asked, offer), { kind: 'budget', budgetMicros: 30_000_000 });
  });

  it('offers a surface, another flight, segments and a longer flight, the smallest change first', () => {
    const asked = demand();
    const offers = offersOf(asked, 2 * WHOLE_CELL_MICROS, [sell(asked, 0.5)]);
    assert.deepEqual(
      offers.map((offer) => changed(asked, offer)),
      [
        { kind: 'budget', budgetMicros: 0.5 * WHOLE_CELL_MICROS },
        { kind: 'surfaces', budgetMicros: 1.5 * WHOLE_CELL_MICROS, surfaces },
        {
          kind: 'days',
          budgetMicros: WHOLE_CELL_MICROS,
          startAtMs: START_MS + DAY_MS,
          endAtMs: START_MS + 2 * DAY_MS,
        },
        { kind: 'segments', budgetMicros: 2 * WHOLE_CELL_MICROS, segments },
        { kind: 'days', budgetMicros: 2 * WHOLE_CELL_MICROS, endAtMs: START_MS + 3 * DAY_MS },
      ],
    );
  });

  it('adds the one segment that has room, also where what is sold must move to make it', () => {
    const sold = [
      sell(demand()),
      sell(demand({ segments: ['b'] })),
      sell(demand({ segments: ['c'], endAtMs: START_MS + 2 * DAY_MS })),
    ];
    const asked = demand();
    const offers = offersOf(asked, WHOLE_CELL_MICROS, sold).filter(({ kind }) => kind === 'segments');
    assert.deepEqual(
      offers.map((offer) => changed(asked, offer)),
      [{ kind: 'segments', budgetMicros: WHOLE_CELL_MICROS, segments: ['a', 'c'] }],
    );
  });

  it('moves a flight by as few days as it can, back as well as on, but never before now', () => {
    const day = (index: number) => ({ startAtMs: START_MS + index * DAY_MS, endAtMs: START_MS + (index + 1) * DAY_MS });
    const sold = [1, 2].map((index) => sell(demand(day(index))));
    const days = (asked: Demand, nowMs: number) =>
      offersOf(asked, WHOLE_CELL_MICROS, sold, nowMs).flatMap(({ kind, terms }) =>
        kind === 'days' ? [[(terms.startAtMs - START_MS) / DAY_MS, (terms.endAtMs - START_MS) / DAY_MS]] : [],
      );
    assert.deepEqual(days(demand(day(1)), START_MS), [
      [0, 1],
      [1, 4],
    ]);
    assert.deepEqual(days(demand(day(1)), START_MS + 1), [
      [1, 4],
      [3, 4],
    ]);
  });

  it('offers no day without supply, and no flight beyond 31 days', () => {
    const asked = demand({ endAtMs: START_MS + 4 * DAY_MS });
    assert.deepEqual(
      offersOf(asked, 5 * WHOLE_CELL_MICROS, []).map(({ kind }) => kind),
      ['budget', 'segments', 'surfaces'],
    );
    const month = supplyDays(40, { cells });
    const long = demand({ endAtMs: START_MS + 30 * DAY_MS });
    const found = counterOffers(long, 50 * WHOLE_CELL_MICROS, { sold: [], supply: month, nowMs: START_MS });
    const longest = found?.offers
      .filter(({ kind }) => kind === 'days')
      .map(({ terms }) => terms.endAtMs - terms.startAtMs);
    assert.deepEqual(longest, [31 * DAY_MS]);
  });

  it('offers no more segments than an order may have', () => {
    const many = Array.from({ length: 23 }, (_, index) => `s${index}`);
    const wide = supplyDays(1, { cells: many.map((segment) => cell({ segment, q50: 1000, clickPpm: 100_000 })) });
    const asked = demand({ segments: many.slice(0, 19) });
    const found = counterOffers(asked, 30 * WHOLE_CELL_MICROS, { sold: [], supply: wide, nowMs: START_MS });
    const offered = found?.offers.filter(({ kind }) => kind === 'segments').map(({ terms }) => terms.segments.length);
    assert.deepEqual(offered, [20]);
  });

  it('says what is scarce, who contends, and what one more micro would cost them', () => {
    const cheap = sell(demand({ clickPriceMicros: 500_000 }), 0.2);
    const { scarce, displacedPerMicro } = shortageOf(demand(), WHOLE_CELL_MICROS, [sell(demand(), 0.6), cheap]);
    assert.deepEqual(scarce, {
      cells: [{ segment: 'a', surface: 'home', fromAtMs: START_MS, toAtMs: START_MS + DAY_MS }],
      contending: [0, 1],
    });
    assert.equal(displacedPerMicro, 0.5);
  });

  it('offers nothing where there is nothing, and says that no displacing helps', () => {
    const nowhere = counterOffers(demand(), 1, { sold: [], supply: new Map(), nowMs: START_MS });
    assert.deepEqual(nowhere, { scarce: { cells: [], contending: [] }, displacedPerMicro: Infinity, offers: [] });
    assert.deepEqual(offersOf(demand({ segments: ['x'], surfaces: ['y'] }), 1, []), []);
    assert.deepEqual(
      offersOf(demand({ segments: [] }), WHOLE_CELL_MICROS, []).map(({ kind }) => kind),
      ['segments'],
    );
  });

  it('offers what fits beside all that is sold, at most what was asked, and the largest budget that does', () => {
    fc.assert(
      fc.property(books, requests, micros, (sold, asked, budgetMicros) => {
        const shortage = counterOffers(asked, budgetMicros, { sold, supply, nowMs: START_MS });
        if (!shortage) return;
        assert(shortage.offers.length <= 5);
        const lines = sold.map((line, index) => wanting(line, `sold ${index}`, line.remainingMicros));
        const isSold = (terms: Demand, amount: number) =>
          oversold(lines, [...lines, wanting(terms, 'asked', amount)], [...supply.values()], START_MS) === undefined;
        for (const { kind, terms, budgetMicros: offered } of shortage.offers) {
          assert(offered > 0 && offered <= budgetMicros, `${kind} offers ${offered} of ${budgetMicros}`);
          assert(isSold(terms, offered), `${kind}: ${offered} does not fit`);
          const alone = capacityMicros(openAvailability([terms], sold, supply, START_MS), 0);
          assert(alone >= offered, `${kind}: ${alone} can be sold, ${offered} was offered`);
        }
        const mostMicros = shortage.offers.find(({ kind }) => kind === 'budget')?.budgetMicros ?? 0;
        assert(!isSold(asked, mostMicros * 1.00001 + 10), 'more than the offered budget would fit');
      }),
      { numRuns: 150, seed: 11 },
    );
  });

  for (const [what, own, budgetMicros, message] of [
    ['a budget of nothing', {}, 0, /the budget is 0 micros/],
    ['a budget that is no number', {}, NaN, /the budget is NaN micros/],
    ['a price of nothing', { clickPriceMicros: 0 }, 1, /a click is priced at 0 micros/],
    ['a price that is no number', { clickPriceMicros: NaN }, 1, /a click is priced at NaN micros/],
    ['a flight that ends where it begins', { endAtMs: START_MS }, 1, /the flight ends at/],
    ['a flight without an end', { endAtMs: NaN }, 1, /the flight ends at NaN/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => counterOffers(demand(own), budgetMicros, { sold: [], supply, nowMs: START_MS }), {
        code: 'INVALID_PROBLEM',
        message,
      });
    });
  }
});

function wanting(terms: Demand, key: string, remainingMicros: number) {
  return { ...terms, key, priceMicros: terms.clickPriceMicros, remainingMicros };
}
