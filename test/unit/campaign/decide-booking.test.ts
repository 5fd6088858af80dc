import assert from 'node:assert/strict';
import { acceptCampaign } from '../../../shared/campaign/accept-campaign.ts';
import { holdsOf, withHolds } from '../../../shared/campaign/holds.ts';
import type { CampaignOrder } from '../../../shared/contracts/bookings.ts';
import { MAX_PAGES } from '../../../shared/contracts/documents.ts';
import { sumMicros } from '../../../shared/contracts/micros.ts';
import type { CampaignAccepted, CampaignRefused } from '../../../shared/contracts/outcomes.ts';
import { entry } from '../../support/entries.ts';
import { campaignCreated, order } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { cell, context, market, page, supplyDays, view } from '../../support/markets.ts';
import { book, ordered } from '../../support/orders.ts';

/** All that two days of SE can sell to one audience. */
const ALL_MICROS = 2_000_000_000;

const half = { budgetMicros: ALL_MICROS / 2 };

describe('a booking', () => {
  it('of one order is what that order would be without it', () => {
    const sold = context([view({ pages: [page([entry({ campaignId: 'c0', budgetMicros: ALL_MICROS / 2 })])] })]);
    const subcampaigns = [order(), order({ subcampaignId: 's2', segments: ['fan'] })];
    const cells = [cell(), cell({ segment: 'fan', q50: 1000 })];
    const two = context([view({ supply: supplyDays(2, { cells }) })]);
    for (const [where, own] of [
      [context(), {}],
      [sold, { budgetMicros: ALL_MICROS }],
      [sold, { budgetMicros: ALL_MICROS / 2 }],
      [two, { subcampaigns, budgetMicros: ALL_MICROS, objective: 'reach' as const }],
      [context(), { endAtMs: START_MS - 1 }],
    ] as const) {
      for (const mode of ['all-or-nothing', 'best-subset', 'scale-down'] as const) {
        const { ifShort: _ifShort, ...data } = campaignCreated(own).data;
        const ifShort = mode === 'scale-down' ? 'scale-down' : 'refuse';
        const { outcome } = acceptCampaign({ tenantId: 't1' }, { ...data, ifShort }, where);
        const expected = outcome.type === 'campaign-accepted' ? { ...outcome, ifShort: 'refuse' } : outcome;
        assert.deepEqual(book([data], { mode }, where).outcomes, [expected]);
      }
    }
  });

  it('is accepted whole when all of it fits, page by page in its order', () => {
    const { codes, outcomes, reason, factor } = book([ordered('c1', half), ordered('c2', half)]);
    assert.deepEqual(codes, ['ACCEPTED', 'ACCEPTED']);
    assert.deepEqual([reason, factor], [undefined, undefined]);
    for (const outcome of outcomes as CampaignAccepted[]) {
      assert.deepEqual([outcome.ifShort, outcome.escrowMicros, outcome.splitVersion], ['refuse', 0, 1]);
      assert.deepEqual(
        outcome.subcampaigns.map((sub) => [sub.page, sub.budgetMicros]),
        [['p00', ALL_MICROS / 2]],
      );
    }
  });

  it('all or nothing is refused whole for a micro too much, and says which would fit', () => {
    const { codes, outcomes, reason } = book([
      ordered('c1', { budgetMicros: 1_000_000 }),
      ordered('c2', { budgetMicros: ALL_MICROS - 999_999 }),
    ]);
    assert.deepEqual(codes, ['CONTENDED', 'BUNDLE_SHORT']);
    assert.equal(reason, '1 of 2 campaigns cannot be booked, so none is');
    const [contended, bundled] = outcomes as CampaignRefused[];
    assert.equal(contended?.counterOfferMicros, 999_999);
    assert.match(
      contended?.reason ?? '',
      /^it would fit alone; beside the others supply is there for 999999 of 1000000 micros; scarce: casual on home in SE/,
    );
    assert.equal(bundled?.counterOffers, undefined);
  });

  it('all or nothing fails with one order that nothing about the others could help', () => {
    const { codes } = book([
      ordered('c1'),
      ordered('c2', { endAtMs: START_MS - 1 }),
      ordered('c3', { budgetMicros: 2 * ALL_MICROS }),
    ]);
    assert.deepEqual(codes, ['BUNDLE_SHORT', 'FLIGHT_ENDED', 'SUPPLY_SHORT']);
  });

  it('takes the best subset by worth, with its counter-offers beside what was taken', () => {
    const { codes, outcomes } = book(
      [
        ordered('c1', half),
        ordered('c2', { ...half, weight: 3 }),
        ordered('c3', { budgetMicros: ALL_MICROS / 2 + 7, weight: 2 }),
      ],
      { mode: 'best-subset' },
    );
    assert.deepEqual(codes, ['ACCEPTED', 'ACCEPTED', 'CONTENDED']);
    assert.equal((outcomes[2] as CampaignRefused).counterOfferMicros, 0);
    const heavy = book([ordered('c1', half), ordered('c3', { budgetMicros: ALL_MICROS / 2 + 7, weight: 2 })], {
      mode: 'best-subset',
    });
    assert.deepEqual(heavy.codes, ['CONTENDED', 'ACCEPTED']);
    assert.equal((heavy.outcomes[0] as CampaignRefused).counterOfferMicros, ALL_MICROS / 2 - 7);
  });

  it('takes what is worth nothing where there is room for it', () => {
    const orders = Array.from({ length: 15 }, (_, index) =>
      ordered(`c${index}`, { budgetMicros: 1_000_000, weight: 0 }),
    );
    const { codes } = book([...orders, ordered('large', { budgetMicros: ALL_MICROS - 5_000_000 })], {
      mode: 'best-subset',
    });
    assert.deepEqual([codes.filter((code) => code === 'ACCEPTED').length, codes.at(-1)], [6, 'ACCEPTED']);
    assert.deepEqual(new Set(book(orders, { mode: 'best-subset' }).codes), new Set(['ACCEPTED']));
  });

  it('scales all down to the same share of what they asked', () => {
    const { codes, budgets, factor, outcomes } = book(
      [ordered('c1', { budgetMicros: ALL_MICROS }), ordered('c2', { budgetMicros: 3 * ALL_MICROS })],
      { mode: 'scale-down' },
    );
    assert.deepEqual(codes, ['SCALED_DOWN', 'SCALED_DOWN']);
    assert.deepEqual(budgets, [ALL_MICROS / 4, (3 * ALL_MICROS) / 4]);
    assert.equal(factor, 0.25);
    for (const outcome of outcomes as CampaignAccepted[])
      assert.equal(sumMicros(outcome.subcampaigns.map((sub) => sub.budgetMicros)), outcome.budgetMicros);
  });

  it('refuses who would be scaled below a floor, and gives what that frees to the others', () => {
    const floored = { budgetMicros: ALL_MICROS, subcampaigns: [order({ floorMicros: 0.6 * ALL_MICROS })] };
    const { codes, outcomes, budgets } = book([ordered('c1', { budgetMicros: ALL_MICROS }), ordered('c2', floored)], {
      mode: 'scale-down',
    });
    assert.deepEqual(codes, ['ACCEPTED', 'FLOORS_INFEASIBLE']);
    assert.deepEqual(budgets, [ALL_MICROS, 0]);
    assert.match((outcomes[1] as CampaignRefused).reason, /s1 would get 1000000000 micros, its floor is 1200000000/);
  });

  it('gives one of two with floors its due, not none', () => {
    const floored = { budgetMicros: ALL_MICROS, subcampaigns: [order({ floorMicros: 0.6 * ALL_MICROS })] };
    const { codes } = book([ordered('c1', floored), ordered('c2', floored)], { mode: 'scale-down' });
    assert.deepEqual(codes, ['ACCEPTED', 'FLOORS_INFEASIBLE']);
  });

  describe('of campaigns in several parts', () => {
    const parts = [order(), order({ subcampaignId: 's2', market: 'NO' })];
    const where = context([view(), view({ market: market({ market: 'NO' }) })]);
    const orders = [
      ordered('c1', { budgetMicros: ALL_MICROS, subcampaigns: parts }),
      ordered('c2', { budgetMicros: ALL_MICROS / 2 + 100_000_000 }),
    ];

    it('moves their money to where there is room beside the others', () => {
      for (const mode of ['all-or-nothing', 'best-subset', 'scale-down'] as const) {
        const { codes, outcomes } = book(orders, { mode }, where);
        assert.deepEqual(codes, ['ACCEPTED', 'ACCEPTED'], mode);
        const shares = (outcomes[0] as CampaignAccepted).subcampaigns.map((sub) => sub.budgetMicros);
        assert.equal(sumMicros(shares), ALL_MICROS);
        assert((shares[1] as number) > (shares[0] as number));
      }
    });

    it('lets one that is scaled have what its other part has room for', () => {
      const others = [ordered('c2', { budgetMicros: 2 * ALL_MICROS }), ordered('c3', { budgetMicros: 2 * ALL_MICROS })];
      const { codes, budgets } = book([orders[0] as CampaignOrder, ...others], { mode: 'scale-down' }, where);
      assert.deepEqual(codes, ['ACCEPTED', 'SCALED_DOWN', 'SCALED_DOWN']);
      assert.equal(budgets[0], ALL_MICROS);
    });

    describe('of which one fits only when it is split otherwise', () => {
      const crowded = [
        ordered('c0', { budgetMicros: 0.9 * ALL_MICROS, weight: 5 }),
        ordered('c1', { budgetMicros: 0.2 * ALL_MICROS }),
        ordered('c2', { budgetMicros: 0.4 * ALL_MICROS, subcampaigns: parts }),
      ];
      const mode = 'best-subset' as const;

      it('takes it, and offers nobody what it took', () => {
        const { codes, outcomes } = book(crowded, { mode }, where);
        assert.deepEqual(codes, ['ACCEPTED', 'CONTENDED', 'ACCEPTED']);
        assert.equal((outcomes[1] as CampaignRefused).counterOfferMicros, 0);
      });

      it('does not take it over the tenant’s quota', () => {
        const { codes, outcomes } = book(crowded, { mode, isHeld: true, heldShare: 0.95 }, where);
        assert.deepEqual(codes, ['ACCEPTED', 'CONTENDED', 'CONTENDED']);
        assert.equal((outcomes[1] as CampaignRefused).counterOfferMicros, 0.1 * ALL_MICROS);
      });
    });

    it('takes nothing from the others for that', () => {
      const { outcomes } = book(
        [...orders, ordered('c3', { budgetMicros: ALL_MICROS })],
        { mode: 'scale-down' },
        where,
      );
      const inSweden = (outcomes as CampaignAccepted[]).flatMap(({ subcampaigns }) =>
        subcampaigns.filter((sub) => sub.market === 'SE').map((sub) => sub.budgetMicros),
      );
      assert(sumMicros(inSweden) <= ALL_MICROS);
    });
  });

  for (const { name, own, code, reason } of [
    {
      name: 'floors above the budget',
      own: { subcampaigns: [order({ floorMicros: 100_000_001 })] },
      code: 'FLOORS_INFEASIBLE',
      reason: /add up to 100000001 micros, the budget is 100000000/,
    },
    {
      name: 'locks above the budget',
      own: { subcampaigns: [order({ lockMicros: 100_000_001 })] },
      code: 'LOCKS_INFEASIBLE',
      reason: /locks add up to 100000001 micros/,
    },
    {
      name: 'a floor without supply',
      own: { subcampaigns: [order(), order({ subcampaignId: 's2', segments: ['nobody'], floorMicros: 1 })] },
      code: 'FLOORS_INFEASIBLE',
      reason: /a floor of 1 micros has supply for 0/,
    },
    {
      name: 'an unknown market',
      own: { subcampaigns: [order({ market: 'NO' })] },
      code: 'SUPPLY_UNKNOWN',
      reason: /market NO has no forecast/,
    },
    {
      name: 'a flight that is over',
      own: { endAtMs: START_MS },
      code: 'FLIGHT_ENDED',
      reason: /over before it begins/,
    },
    { name: 'an id that is taken', own: { campaignId: 'taken' }, code: 'CAMPAIGN_EXISTS', reason: /exists already/ },
    {
      name: 'the id of another order',
      own: { campaignId: 'c1' },
      code: 'CAMPAIGN_EXISTS',
      reason: /in this booking twice/,
    },
  ]) {
    it(`refuses an order with ${name} in any mode, and none other in those that allow it`, () => {
      for (const mode of ['all-or-nothing', 'best-subset', 'scale-down'] as const) {
        const { codes, outcomes } = book([ordered('c1'), ordered('c2', own)], { mode, takenIds: new Set(['taken']) });
        assert.deepEqual(codes, [mode === 'all-or-nothing' ? 'BUNDLE_SHORT' : 'ACCEPTED', code]);
        assert.match((outcomes[1] as CampaignRefused).reason, reason);
      }
      if (code !== 'CAMPAIGN_EXISTS') assert.deepEqual(book([ordered('c2', own)]).codes, [code]);
    });
  }

  it('refuses one order with an id that is taken', () => {
    assert.deepEqual(book([ordered('c1')], { takenIds: new Set(['c1']) }).codes, ['CAMPAIGN_EXISTS']);
  });

  it('fills pages one after the other and refuses who finds none', () => {
    const full = Array.from({ length: MAX_PAGES }, (_, index) => ({ page: `p${index}`, entries: 199, bytes: 0 }));
    const where = context([{ ...view(), market: market({ pages: full }) }]);
    const orders = Array.from({ length: MAX_PAGES + 1 }, (_, index) =>
      ordered(`c${index}`, { budgetMicros: 1_000_000 }),
    );
    const { codes, outcomes } = book(orders, { mode: 'best-subset' }, where);
    assert.deepEqual(codes.at(-1), 'MARKET_FULL');
    const pages = outcomes.slice(0, -1).map((outcome) => (outcome as CampaignAccepted).subcampaigns[0]?.page);
    assert.deepEqual(
      pages,
      full.map((row) => row.page),
    );
    assert.deepEqual(new Set(book(orders, {}, where).codes), new Set(['BUNDLE_SHORT', 'MARKET_FULL']));
  });

  it('counts firm holds as sold, and soft ones not', () => {
    const other = book([ordered('c0', half)]).outcomes[0] as CampaignAccepted;
    const held = (probability?: number) => {
      const terms = { untilAtMs: START_MS + 1, ...(probability === undefined ? {} : { probability }) };
      return context([withHolds(view(), holdsOf('0'.repeat(20), other, terms))]);
    };
    const orders = [ordered('c1', half), ordered('c2', { budgetMicros: 1_000_000 })];
    assert.deepEqual(book(orders, {}, held()).codes, ['BUNDLE_SHORT', 'CONTENDED']);
    assert.deepEqual(book(orders, {}, held(0.9)).codes, ['ACCEPTED', 'ACCEPTED']);
  });
});

describe("a tenant's quota of held supply", () => {
  const tenth = { budgetMicros: ALL_MICROS / 10 };

  it('is what all its holds of a market take of a day, not a micro more', () => {
    const orders = [ordered('c1', tenth), ordered('c2', tenth)];
    assert.deepEqual(book(orders, { isHeld: true, heldShare: 0.2 }).codes, ['ACCEPTED', 'ACCEPTED']);
    const over = [ordered('c1', tenth), ordered('c2', { budgetMicros: ALL_MICROS / 10 + 10 })];
    const { codes, outcomes } = book(over, { isHeld: true, heldShare: 0.2 });
    assert.deepEqual(codes, ['BUNDLE_SHORT', 'HOLD_QUOTA']);
    assert.match(
      (outcomes[1] as CampaignRefused).reason,
      /may take 0.2 of the supply of market SE, it would take 0.200 on 2026-03-02/,
    );
    assert.deepEqual(book(over, { isHeld: true, heldShare: 0.2, mode: 'best-subset' }).codes, [
      'ACCEPTED',
      'HOLD_QUOTA',
    ]);
  });

  it('counts for who holds, not for who books', () => {
    const orders = [ordered('c1', half), ordered('c2', half)];
    assert.deepEqual(book(orders, { heldShare: 0.01 }).codes, ['ACCEPTED', 'ACCEPTED']);
    assert.deepEqual(book(orders, { isHeld: true, heldShare: 0.01 }).codes, ['HOLD_QUOTA', 'HOLD_QUOTA']);
    assert.deepEqual(book([ordered('c1', half)], { isHeld: true, heldShare: 0.01 }).codes, ['HOLD_QUOTA']);
  });

  it('is of each tenant, with what it holds already, firm or soft, on the days that they share', () => {
    const held = book([ordered('c0', tenth)]).outcomes[0] as CampaignAccepted;
    const where = (tenantId: string) =>
      context([
        withHolds(
          view(),
          holdsOf('0'.repeat(20), { ...held, tenantId }, { untilAtMs: START_MS + 1, probability: 0.5 }),
        ),
      ]);
    const own = { isHeld: true, heldShare: 0.15 };
    assert.deepEqual(book([ordered('c1', tenth)], own, where('t2')).codes, ['ACCEPTED']);
    assert.deepEqual(book([ordered('c1', tenth)], own, where('t1')).codes, ['HOLD_QUOTA']);
    const later = { startAtMs: START_MS + 2 * DAY_MS, endAtMs: START_MS + 4 * DAY_MS };
    const long = withHolds(view({ supply: supplyDays(4) }), holdsOf('0'.repeat(20), held, { untilAtMs: START_MS + 1 }));
    assert.deepEqual(book([ordered('c1', { ...tenth, ...later })], own, context([long])).codes, ['ACCEPTED']);
  });

  it('leaves the supply of whom it refuses to the others', () => {
    const orders = [
      ordered('c1', { budgetMicros: 0.7 * ALL_MICROS, weight: 3 }),
      ordered('c2', { budgetMicros: 0.5 * ALL_MICROS }),
    ];
    const own = { isHeld: true, heldShare: 0.6 };
    assert.deepEqual(book(orders, { ...own, mode: 'best-subset' }).codes, ['HOLD_QUOTA', 'ACCEPTED']);
  });
});
