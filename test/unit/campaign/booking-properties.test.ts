// Bookings of drawn orders in drawn markets, held against arithmetic of its own: whether supply holds all that is sold and held.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { oversold, type Wanting } from '../../../emulators/supply-fit.ts';
import { acceptCampaign } from '../../../shared/campaign/accept-campaign.ts';
import type { CampaignContext, MarketView } from '../../../shared/campaign/campaign-state.ts';
import { holdsOf, withHolds } from '../../../shared/campaign/holds.ts';
import { termsOf } from '../../../shared/campaign/screen-orders.ts';
import { stillFit } from '../../../shared/campaign/still-fit.ts';
import type { BookingMode, CampaignOrder } from '../../../shared/contracts/bookings.ts';
import { sumMicros } from '../../../shared/contracts/micros.ts';
import type { CampaignAccepted, CampaignRefused } from '../../../shared/contracts/outcomes.ts';
import { entry } from '../../support/entries.ts';
import { order } from '../../support/events.ts';
import { hold } from '../../support/holds.ts';
import { HOUR_MS, START_MS } from '../../support/instants.ts';
import { cell, context, market, page, supplyDays, view } from '../../support/markets.ts';
import { book as bookQuoted, ordered } from '../../support/orders.ts';

const book = (...[orders, own, where]: Parameters<typeof bookQuoted>) =>
  bookQuoted(orders, own, where, () => undefined);

const ID = '0123456789abcdef0123';
const names = ['SE', 'NO'];
const segments = ['a', 'b', 'c'];
/** What one cell can sell in two days. */
const CELL_MICROS = 200_000_000;

const audience = fc.subarray(segments, { minLength: 1 });
const flight = fc
  .record({ from: fc.integer({ min: 0, max: 40 }), hours: fc.integer({ min: 1, max: 48 }) })
  .map(({ from, hours }) => ({
    startAtMs: START_MS + from * HOUR_MS,
    endAtMs: START_MS + Math.min(48, from + hours) * HOUR_MS,
  }));
const micros = fc.integer({ min: 1, max: 2 * CELL_MICROS });
const part = fc.record({
  market: fc.constantFrom(...names),
  segments: audience,
  clickPriceMicros: fc.integer({ min: 100_000, max: 900_000 }),
  bound: fc.constantFrom('none', 'none', 'none', 'floor', 'cap', 'lock'),
});
const drawnOrder = fc.record({
  flight,
  micros: fc.integer({ min: 1, max: CELL_MICROS / 2 }),
  weight: fc.constantFrom(undefined, 0, 1, 2.5),
  parts: fc.array(part, { minLength: 1, maxLength: 3 }),
  objective: fc.constantFrom('clicks' as const, 'reach' as const),
});
const drawnBook = fc.record({
  entries: fc.array(fc.record({ flight, micros, segments: audience, market: fc.constantFrom(...names) }), {
    maxLength: 3,
  }),
  holds: fc.array(
    fc.record({
      flight,
      micros,
      segments: audience,
      market: fc.constantFrom(...names),
      probability: fc.constantFrom(undefined, 0.5),
    }),
    { maxLength: 3 },
  ),
});
const mode = fc.constantFrom<BookingMode[]>('all-or-nothing', 'best-subset', 'scale-down');

function booksOf({
  entries,
  holds,
}: typeof drawnBook extends fc.Arbitrary<infer Drawn> ? Drawn : never): CampaignContext {
  const cells = segments.map((segment) => cell({ segment, q50: 10_000, q10: 8_000 }));
  return context(
    names.map((name) => {
      const sold = entries
        .filter((one) => one.market === name)
        .map((one, index) =>
          entry({ ...one.flight, campaignId: `${name}${index}`, segments: one.segments, budgetMicros: one.micros }),
        );
      const held = holds
        .filter((one) => one.market === name)
        .map(({ probability, ...one }, index) =>
          hold({
            ...one.flight,
            campaignId: `held${name}${index}`,
            segments: one.segments,
            budgetMicros: one.micros,
            ...(probability === undefined ? {} : { probability }),
          }),
        );
      const own = held.length > 0 ? { market: name, holds: held } : { market: name };
      const supply = supplyDays(2, { market: name, cells });
      return view({ market: market({ market: name }), supply, pages: [page(sold, own)] });
    }),
  );
}

function orderOf(
  drawn: typeof drawnOrder extends fc.Arbitrary<infer Drawn> ? Drawn : never,
  index: number,
): CampaignOrder {
  const subcampaigns = drawn.parts.map(({ bound, ...own }, which) => {
    const third = Math.floor(drawn.micros / 3);
    const bounds = {
      none: {},
      floor: { floorMicros: third },
      cap: { capMicros: third },
      lock: { lockMicros: third },
    }[bound as 'none'];
    return order({ ...own, subcampaignId: `s${which}`, ...bounds });
  });
  const weight = drawn.weight === undefined ? {} : { weight: drawn.weight };
  const { objective, micros: budgetMicros } = drawn;
  return ordered(`c${index}`, { ...drawn.flight, ...weight, objective, budgetMicros, subcampaigns });
}

function accepted(outcomes: readonly (CampaignAccepted | CampaignRefused)[]): CampaignAccepted[] {
  return outcomes.filter((outcome) => outcome.type === 'campaign-accepted');
}

/** All that is sold and firmly held in a market. */
function wantedOf({ pages }: MarketView): Wanting[] {
  return pages.flatMap(({ entries, holds = [] }) =>
    [...entries, ...holds.filter(({ probability }) => probability === undefined)].map((one) => ({
      ...one,
      key: `${one.campaignId}/${one.subcampaignId}`,
      priceMicros: one.clickPriceMicros,
      remainingMicros: one.budgetMicros,
    })),
  );
}

function withAll(where: CampaignContext, own: readonly CampaignAccepted[]): CampaignContext {
  const holds = own.flatMap((one) => holdsOf(ID, one, { untilAtMs: START_MS }));
  return { ...where, markets: new Map([...where.markets].map(([name, one]) => [name, withHolds(one, holds)])) };
}

describe('any booking', () => {
  const seen = { scaled: 0, refused: 0, whole: 0, contended: 0, floors: 0 };

  it('oversells nothing, adds up, keeps every bound, and is all or nothing where it says so', () => {
    fc.assert(
      fc.property(drawnBook, fc.array(drawnOrder, { minLength: 1, maxLength: 8 }), mode, (drawn, some, mode) => {
        const where = booksOf(drawn);
        const orders = some.map(orderOf);
        const { outcomes, codes, factor, lines } = book(orders, { mode }, where);
        const own = accepted(outcomes);
        for (const outcome of own) {
          const shares = outcome.subcampaigns.map((sub) => sub.budgetMicros);
          assert.equal(sumMicros(shares) + outcome.escrowMicros, outcome.budgetMicros);
          assert(outcome.budgetMicros > 0 && outcome.budgetMicros <= outcome.requestedMicros);
          assert.equal(outcome.code === 'SCALED_DOWN', outcome.budgetMicros < outcome.requestedMicros);
          assert(outcome.code === undefined || mode === 'scale-down');
          assert(factor === undefined || outcome.budgetMicros + 1e-3 >= factor * outcome.requestedMicros);
          for (const sub of outcome.subcampaigns) {
            assert(sub.budgetMicros >= (sub.lockMicros ?? sub.floorMicros ?? 0), JSON.stringify(sub));
            assert(sub.budgetMicros <= (sub.lockMicros ?? sub.capMicros ?? Infinity), JSON.stringify(sub));
            assert.notEqual(sub.page, '');
          }
        }
        const then = withAll(where, own);
        for (const [name, before] of where.markets) {
          const after = wantedOf(then.markets.get(name) as MarketView);
          assert.equal(oversold(wantedOf(before), after, [...before.supply.values()], START_MS), undefined);
        }
        if (mode === 'all-or-nothing') assert(own.length === 0 || own.length === orders.length, codes.join());
        assert.deepEqual(
          stillFit(lines, where)?.map(({ outcome }) => outcome),
          outcomes,
          'what was decided fits as it was decided',
        );
        seen.scaled += codes.filter((code) => code === 'SCALED_DOWN').length;
        seen.contended += codes.filter((code) => code === 'CONTENDED').length;
        seen.floors += codes.filter((code) => code === 'FLOORS_INFEASIBLE').length;
        seen.whole += codes.filter((code) => code === 'ACCEPTED').length;
        seen.refused += codes.filter((code) => code === 'SUPPLY_SHORT').length;
      }),
      { numRuns: 600, seed: 7 },
    );
    assert(
      Object.values(seen).every((count) => count > 20),
      JSON.stringify(seen),
    );
  });

  it('offers budgets that are accepted beside all that it brings', () => {
    let offered = 0;
    fc.assert(
      fc.property(drawnBook, fc.array(drawnOrder, { minLength: 2, maxLength: 6 }), (drawn, some) => {
        const where = booksOf(drawn);
        const orders = some.map(orderOf);
        const { outcomes } = book(orders, { mode: 'best-subset' }, where);
        const then = withAll(where, accepted(outcomes));
        outcomes.forEach((outcome, place) => {
          if (outcome.type !== 'campaign-refused' || !outcome.counterOfferMicros) return;
          const order = { ...(orders[place] as CampaignOrder), budgetMicros: outcome.counterOfferMicros };
          const again = acceptCampaign({ tenantId: 't1' }, termsOf(order), then).outcome;
          assert.equal(again.type, 'campaign-accepted', JSON.stringify([outcome, again]));
          offered += 1;
        });
      }),
      { numRuns: 150, seed: 7 },
    );
    assert(offered > 30, `${offered} were offered`);
  });

  it('scales all who contend for one audience by one share, to a micro', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: CELL_MICROS / 20, max: 2 * CELL_MICROS }), { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        (budgets, price) => {
          const where = booksOf({ entries: [], holds: [] });
          const orders = budgets.map((budgetMicros, index) =>
            ordered(`c${index}`, {
              budgetMicros,
              subcampaigns: [order({ segments: ['a'], clickPriceMicros: price * 100_000 * (index + 1) })],
            }),
          );
          const { outcomes } = book(orders, { mode: 'scale-down' }, where);
          const own = accepted(outcomes);
          assert.equal(own.length, orders.length);
          const scaled = own.filter(({ code }) => code === 'SCALED_DOWN');
          const [least, most] = own.reduce(
            ([least, most], { budgetMicros, requestedMicros }) => [
              Math.min(least, (budgetMicros + 1) / requestedMicros),
              Math.max(most, budgetMicros / requestedMicros),
            ],
            [Infinity, 0],
          );
          assert(least >= most, `${least} and ${most}`);
          assert(scaled.length === 0 || scaled.length === own.length || most > 1 - 1e-6);
        },
      ),
      { numRuns: 100, seed: 7 },
    );
  });

  it('does not depend on the order of its lines where all of them fit', () => {
    let whole = 0;
    fc.assert(
      fc.property(fc.array(drawnOrder, { minLength: 2, maxLength: 5 }), mode, (some, mode) => {
        const where = booksOf({ entries: [], holds: [] });
        const orders = some.map((one, index) => orderOf({ ...one, micros: Math.ceil(one.micros / 20) }, index));
        const { outcomes, codes } = book(orders, { mode }, where);
        if (codes.some((code) => code !== 'ACCEPTED')) return;
        whole += 1;
        const back = book(orders.toReversed(), { mode }, where).outcomes.toReversed();
        assert.deepEqual(back, outcomes);
      }),
      { numRuns: 150, seed: 7 },
    );
    assert(whole > 50, `${whole} fitted`);
  });
});
