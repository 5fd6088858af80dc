import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expectedCampaign, type MarketView } from '../../../shared/campaign/campaign-state.ts';
import type { CampaignCreated } from '../../../shared/contracts/events.ts';
import { MAX_COUNTER_OFFERS, type CampaignRefused, type CounterOffer } from '../../../shared/contracts/outcomes.ts';
import { decide } from '../../support/campaigns.ts';
import { entry } from '../../support/entries.ts';
import { campaignCreated, order } from '../../support/events.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { cell, context, market, page, supplyDays, view, withCampaign } from '../../support/markets.ts';

type Order = CampaignCreated['data'];

const segments = ['casual', 'fan', 'super'];
const surfaces = ['home', 'search'];
/** 1,000 clicks each and 500 in money. */
const cells = segments.flatMap((segment) => surfaces.map((surface) => cell({ segment, surface, q50: 50_000 })));
const WHOLE_CELL_MICROS = 500_000_000;

function openView(name: string, days = 4): MarketView {
  return view({ market: market({ market: name }), supply: supplyDays(days, { market: name, cells }) });
}

/** A view of SE in which these are sold. */
function soldView(sold: Parameters<typeof entry>[0][], days = 4): MarketView {
  const entries = sold.map((own, index) => entry({ campaignId: `other${index}`, ...own }));
  return { ...openView('SE', days), ...view({ pages: [page(entries)], supply: supplyDays(days, { cells }) }) };
}

const oneDay = { startAtMs: START_MS, endAtMs: START_MS + DAY_MS };
/** Sold to somebody over all four days, so that their supply is read; its audience is nobody's else. */
const fourDays = { startAtMs: START_MS, endAtMs: START_MS + 4 * DAY_MS, segments: ['nobody'], budgetMicros: 1 };

function outcomeOf(data: Partial<Order>, views: readonly MarketView[], nowMs = START_MS) {
  const [outcome] = decide(expectedCampaign('t1', 'c1'), campaignCreated(data), context(views, nowMs)).outcomes;
  assert(outcome);
  return outcome;
}

function refused(...parameters: Parameters<typeof outcomeOf>): CampaignRefused {
  const outcome = outcomeOf(...parameters);
  assert(outcome.type === 'campaign-refused' && outcome.code === 'SUPPLY_SHORT', JSON.stringify(outcome));
  return outcome;
}

/** The order that takes an offer. */
function taken(
  data: Order,
  { budgetMicros, subcampaignId, segments, surfaces, startAtMs, endAtMs }: CounterOffer,
): Order {
  return {
    ...data,
    budgetMicros,
    startAtMs: startAtMs ?? data.startAtMs,
    endAtMs: endAtMs ?? data.endAtMs,
    subcampaigns: data.subcampaigns.map((sub) =>
      sub.subcampaignId === subcampaignId
        ? { ...sub, segments: segments ?? sub.segments, surfaces: surfaces ?? sub.surfaces }
        : sub,
    ),
  };
}

describe('the offers of a refusal', () => {
  it('are a budget, a surface, another flight, segments and a longer flight, the smallest change first', () => {
    const neighbour = { ...oneDay, budgetMicros: WHOLE_CELL_MICROS / 2 };
    const data = { ...oneDay, budgetMicros: 2 * WHOLE_CELL_MICROS };
    const { reason, counterOfferMicros, counterOffers } = refused(data, [soldView([fourDays, neighbour])]);
    assert.equal(
      reason,
      'supply is there for 250000000 of 1000000000 micros; scarce: casual on home in SE, 2026-03-02',
    );
    assert.equal(counterOfferMicros, WHOLE_CELL_MICROS / 2);
    assert.deepEqual(counterOffers, [
      { kind: 'budget', budgetMicros: 0.5 * WHOLE_CELL_MICROS },
      { kind: 'surfaces', budgetMicros: 1.5 * WHOLE_CELL_MICROS, subcampaignId: 's1', surfaces },
      {
        kind: 'days',
        budgetMicros: WHOLE_CELL_MICROS,
        startAtMs: START_MS + DAY_MS,
        endAtMs: START_MS + 2 * DAY_MS,
      },
      { kind: 'segments', budgetMicros: 2 * WHOLE_CELL_MICROS, subcampaignId: 's1', segments },
      { kind: 'days', budgetMicros: 2 * WHOLE_CELL_MICROS, startAtMs: START_MS, endAtMs: START_MS + 3 * DAY_MS },
    ]);
  });

  it('take days that were sold before or are its own, whatever supply happens to be known', () => {
    const data = { ...oneDay, budgetMicros: 2 * WHOLE_CELL_MICROS };
    const few = refused(data, [soldView([], 1)]);
    assert.deepEqual(refused(data, [soldView([], 4)]), few);
    assert.deepEqual(
      few.counterOffers?.filter(({ kind }) => kind === 'days'),
      [],
    );
    const closing = { ...fourDays, status: 'closing' as const };
    assert.deepEqual(refused(data, [soldView([closing], 4)]), few);
  });

  it('move every part of a campaign, and widen the parts where supply is scarcest', () => {
    const data = {
      ...oneDay,
      budgetMicros: 3 * WHOLE_CELL_MICROS,
      subcampaigns: [order(), order({ subcampaignId: 's2', market: 'NO' })],
    };
    const busy = soldView([fourDays, { ...oneDay, budgetMicros: WHOLE_CELL_MICROS - 1_000_000 }]);
    const { counterOffers = [] } = refused(data, [busy, openView('NO')]);
    assert.deepEqual(
      counterOffers.map(({ kind, subcampaignId }) => [kind, subcampaignId]),
      [
        ['budget', undefined],
        ['surfaces', 's1'],
        ['surfaces', 's2'],
        ['segments', 's1'],
        ['days', undefined],
        ['segments', 's2'],
      ],
    );
  });

  it('are none where there is nothing to offer', () => {
    const data = { ...oneDay, subcampaigns: [order({ segments: ['x'], surfaces: ['y'] })] };
    const refusal = refused(data, [openView('SE')]);
    assert.deepEqual([refusal.counterOfferMicros, refusal.counterOffers], [0, undefined]);
    assert.equal(refusal.reason, 'supply is there for 0 of 100000000 micros');
  });

  it('say nothing of who was sold what is scarce', () => {
    const secret = entry({ campaignId: 'secret', segments: ['casual', 'fan'], budgetMicros: 10 * WHOLE_CELL_MICROS });
    const refusal = refused({ ...oneDay, budgetMicros: 1 }, [soldView([secret])]);
    assert.doesNotMatch(JSON.stringify(refusal.reason), /secret|fan/);
  });

  const orders = fc
    .record({
      parts: fc.array(
        fc.record({
          market: fc.constantFrom('SE', 'NO'),
          segments: fc.subarray(segments, { minLength: 1 }),
          surfaces: fc.subarray(surfaces, { minLength: 1 }),
          clickPriceMicros: fc.constantFrom(400_000, 500_000, 1_234_567),
          capMicros: fc.option(fc.integer({ min: 200_000_000, max: 2_000_000_000 }), { nil: undefined, freq: 3 }),
          floorMicros: fc.option(fc.integer({ min: 1, max: 20_000_000 }), { nil: undefined, freq: 2 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      budgetMicros: fc.integer({ min: 1, max: 6_000_000_000 }),
      from: fc.integer({ min: 0, max: 60 }),
      hours: fc.integer({ min: 1, max: 60 }),
    })
    .map(({ parts, budgetMicros, from, hours }, index = 0): Partial<Order> => ({
      budgetMicros,
      startAtMs: START_MS + from * HOUR_MS,
      endAtMs: START_MS + (from + hours) * HOUR_MS,
      subcampaigns: parts.map(({ capMicros, floorMicros, ...part }, which) =>
        order({
          subcampaignId: `s${index}${which}`,
          ...part,
          ...(capMicros === undefined ? {} : { capMicros }),
          ...(floorMicros === undefined ? {} : { floorMicros }),
        }),
      ),
    }));

  it('would each be accepted, with that budget and all else as it was asked', () => {
    let offered = 0;
    fc.assert(
      fc.property(fc.array(orders, { maxLength: 5 }), orders, (before, asked) => {
        let views = [openView('SE'), openView('NO')];
        before.forEach((data, index) => {
          const event = campaignCreated({ ...data, campaignId: `before${index}`, ifShort: 'scale-down' });
          const { after } = decide(expectedCampaign('t1', `before${index}`), event, context(views));
          if (after.status === 'active') views = withCampaign(views, after);
        });
        const { data } = campaignCreated(asked);
        const outcome = outcomeOf(data, views);
        if (outcome.type !== 'campaign-refused') return;
        const { counterOffers = [] } = outcome;
        assert(counterOffers.length <= MAX_COUNTER_OFFERS);
        for (const offer of counterOffers) {
          offered++;
          const retried = outcomeOf(taken(data, offer), views);
          const money = [retried.type, 'budgetMicros' in retried && retried.budgetMicros];
          assert.deepEqual(money, ['campaign-accepted', offer.budgetMicros], JSON.stringify({ offer, retried }));
        }
      }),
      { numRuns: 150, seed: 3 },
    );
    assert(offered > 100, `${offered} offers were tried`);
  });
});
