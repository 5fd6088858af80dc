import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expectedCampaign } from '../../../shared/campaign/campaign-state.ts';
import { explainDelivery, type DeliverySources } from '../../../shared/campaign/explain-delivery.ts';
import type { Campaign, Subcampaign, SupplyDay } from '../../../shared/contracts/documents.ts';
import type { QuoteIssued } from '../../../shared/contracts/forecast-outcomes.ts';
import { campaignAfter } from '../../support/campaigns.ts';
import { campaignCreated, order } from '../../support/events.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { context, supplyDay, view, market } from '../../support/markets.ts';
import { promised, quoteIssued } from '../../support/observed-rows.ts';

const { hourShape } = supplyDay();
const created = campaignCreated({
  budgetMicros: 100_000_000,
  subcampaigns: [order(), order({ subcampaignId: 's2', market: 'NO' })],
});
const accepted = campaignAfter([created], context([view(), view({ market: market({ market: 'NO' }) })]));

/** A campaign of two parts of 50, of which each has become something else. */
function campaign(parts: readonly Partial<Subcampaign>[] = [], own: Partial<Campaign> = {}): Campaign {
  const subcampaigns = accepted.subcampaigns.map((sub, index) => ({ ...sub, ...parts[index] }));
  return { ...accepted, subcampaigns, ...own };
}

/** Each part was told 1,000 impressions and 100 clicks for its 50. */
function quote(own: Partial<QuoteIssued> = {}): QuoteIssued {
  const subcampaigns = accepted.subcampaigns.map(({ subcampaignId, market }) => ({
    subcampaignId,
    market,
    ...promised(),
  }));
  const whole = {
    impressions: { low: 1700, mid: 2000, high: 2300 },
    clicks: { low: 170, mid: 200, high: 230 },
    conversions: { low: 17, mid: 20, high: 23 },
    spendMicros: { low: 85_000_000, mid: 100_000_000, high: 100_000_000 },
  };
  return quoteIssued({ budgetMicros: 100_000_000, subcampaigns, ...whole, ...own });
}

/** After a day of two; so much of the expected traffic was counted in each market. */
function sources(
  own: Partial<DeliverySources> = {},
  counted: Record<string, number> = { SE: 1, NO: 1 },
): DeliverySources {
  const hoursAtMs = Array.from({ length: 24 }, (_hour, index) => START_MS + index * HOUR_MS);
  const cells = ([name, share]: [string, number]) => {
    const traffic = accepted.subcampaigns.find((sub) => sub.market === name)?.trafficByDay[0] as number;
    const opportunities = hoursAtMs.map((_atMs, hour) => traffic * (hourShape[hour] as number) * share);
    return [name, [{ segment: 'casual', surface: 'home', hoursAtMs, opportunities }]] as const;
  };
  const supply = ['SE', 'NO'].map((name): [string, SupplyDay] => [name, supplyDay(START_MS, { market: name })]);
  return {
    quote: quote(),
    observed: new Map(Object.entries(counted).map(cells)),
    reached: new Map(),
    supply: new Map(supply),
    nowMs: START_MS + DAY_MS,
    ...own,
  };
}

/** What a part that has been served as planned is after half of its flight. */
const asPlanned = { impressions: 500, clicks: 45, conversions: 4, spentMicros: 22_500_000, inFlightMicros: 2_500_000 };

const explained = (...args: Parameters<typeof explainDelivery>) => explainDelivery(...args) ?? assert.fail('not known');

describe('delivery beside its forecast', () => {
  it('is as forecast where it is served as planned, with the clicks that are still to come', () => {
    const { parts, difference, expected, delivered, forecast, ...about } = explained(
      campaign([asPlanned, asPlanned]),
      sources(),
    );
    assert.deepEqual(about, {
      asOfAtMs: START_MS + DAY_MS,
      quoteId: 'q1',
      issuedAtMs: START_MS,
      quotedBudgetMicros: 100_000_000,
      fullSpendProbability: 0.85,
    });
    assert.deepEqual(forecast.spendMicros, quote().spendMicros);
    assert.deepEqual(expected.spendMicros.mid, 50_000_000);
    assert.deepEqual(delivered, {
      ...{ impressions: 1000, clicks: 90, clicksToCome: 10, conversions: 8 },
      ...{ spentMicros: 45_000_000, accruedMicros: 50_000_000 },
    });
    assert.deepEqual([difference.micros, difference.isWithin, difference.largest], [0, true, undefined]);
    assert.equal(difference.words, 'as forecast: what is delivered lies within what was expected by now');
    for (const part of parts)
      assert.deepEqual(
        part.difference.reasons.map(({ micros }) => micros),
        [0, 0, 0],
      );
  });

  for (const { name, part, counted, own, largest, words } of [
    {
      name: 'traffic',
      part: { ...asPlanned, impressions: 250, clicks: 25, spentMicros: 12_500_000, inFlightMicros: 0 },
      counted: 0.5,
      own: {},
      largest: 'supply',
      words: 'less than forecast, mostly because its audience comes less often than was forecast',
    },
    {
      name: 'others',
      part: { ...asPlanned, impressions: 200, clicks: 20, spentMicros: 10_000_000, inFlightMicros: 0 },
      counted: 0.95,
      own: {},
      largest: 'contention',
      words:
        'less than forecast, mostly because it is served fewer of the opportunities that it could be shown at than planned',
    },
    {
      name: 'listeners who do not click',
      part: { ...asPlanned, clicks: 10, spentMicros: 5_000_000, inFlightMicros: 1_000_000 },
      counted: 1.1,
      own: {},
      largest: 'response',
      words: 'less than forecast, mostly because an impression brings less than was forecast: fewer listeners click',
    },
    {
      name: 'its owner',
      part: { ...asPlanned, impressions: 200, clicks: 20, spentMicros: 10_000_000, inFlightMicros: 0 },
      counted: 1,
      own: { pausedMs: 0.6 * DAY_MS },
      largest: 'pause',
      words: 'less than forecast, mostly because its owner paused it',
    },
    {
      name: 'more traffic',
      part: { ...asPlanned, impressions: 900, clicks: 90, spentMicros: 45_000_000, inFlightMicros: 0 },
      counted: 1.7,
      own: {},
      largest: 'supply',
      words: 'more than forecast, mostly because its audience comes more often than was forecast',
    },
  ]) {
    it(`says that ${name} made the difference`, () => {
      const { difference } = explained(campaign([part, part], own), sources({}, { SE: counted, NO: counted }));
      assert.deepEqual([difference.largest, difference.words, difference.isWithin], [largest, words, false]);
    });
  }

  it('says that nobody knows where nobody counted', () => {
    const part = { ...asPlanned, impressions: 100, clicks: 10, spentMicros: 5_000_000, inFlightMicros: 0 };
    const { difference } = explained(campaign([part, part]), sources({}, {}));
    assert.deepEqual(
      [difference.largest, difference.words],
      ['unexplained', 'less than forecast, mostly because what was recorded does not tell why'],
    );
  });

  it('adds up over reasons and parts, whatever became of them', () => {
    const amount = fc.integer({ min: 0, max: 80_000_000 });
    const part = fc
      .record({ impressions: fc.nat(2000), spentMicros: amount, inFlightMicros: amount, budgetMicros: amount })
      .map((drawn) => (drawn.impressions === 0 ? { ...drawn, spentMicros: 0, inFlightMicros: 0 } : drawn));
    const world = fc.record({
      parts: fc.tuple(part, part),
      hour: fc.integer({ min: -5, max: 60 }),
      counted: fc.constantFrom({}, { SE: 0, NO: 1 }, { SE: 1.4, NO: 0.3 }),
      pausedMs: fc.constantFrom(0, HOUR_MS, 3 * DAY_MS),
      stoppedAtMs: fc.constantFrom(undefined, START_MS + 6 * HOUR_MS),
    });
    fc.assert(
      fc.property(world, ({ parts, hour, counted, pausedMs, stoppedAtMs }) => {
        const more = { nowMs: START_MS + hour * HOUR_MS, ...(stoppedAtMs === undefined ? {} : { stoppedAtMs }) };
        const whole = explained(campaign(parts, { pausedMs }), sources(more, counted));
        for (const { difference, delivered, expected } of [whole, ...whole.parts]) {
          assert.equal(difference.micros, delivered.accruedMicros - expected.spendMicros.mid);
          assert.equal(
            difference.reasons.reduce((sum, { micros }) => sum + micros, 0),
            difference.micros,
          );
          for (const { low, mid, high } of [expected.spendMicros, expected.clicks, expected.impressions])
            assert(0 <= low && low <= mid && mid <= high);
        }
        assert.equal(
          whole.parts.reduce((sum, { difference }) => sum + difference.micros, 0),
          whole.difference.micros,
        );
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('expects nothing before the flight, nothing more after it, and no more than came before it was called off', () => {
    const at = (own: Partial<DeliverySources>) => explained(campaign(), sources(own)).expected.spendMicros;
    assert.deepEqual(at({ nowMs: START_MS }), { low: 0, mid: 0, high: 0 });
    assert.deepEqual(at({ nowMs: START_MS + 9 * DAY_MS }), quote().spendMicros);
    assert.equal(at({ nowMs: START_MS + 2 * DAY_MS, stoppedAtMs: START_MS + DAY_MS }).mid, 50_000_000);
    assert.equal(
      at({ nowMs: START_MS + HOUR_MS, stoppedAtMs: START_MS + DAY_MS }).mid,
      at({ nowMs: START_MS + HOUR_MS }).mid,
    );
  });

  it('takes the interval of the whole, which is narrower than its parts’ together', () => {
    const { expected, parts } = explained(campaign(), sources({ nowMs: START_MS + 2 * DAY_MS }));
    assert.deepEqual(expected.clicks, { low: 170, mid: 200, high: 230 });
    assert.deepEqual(parts[0]?.expected.clicks, { low: 80, mid: 100, high: 120 });
  });

  it('measures a budget that was changed by the forecast in proportion', () => {
    const whole = explained(campaign([{ budgetMicros: 25_000_000 }, { budgetMicros: 75_000_000 }]), sources());
    assert.deepEqual(
      whole.parts.map(({ forecast, expected }) => [forecast.clicks.mid, expected.spendMicros.mid]),
      [
        [50, 12_500_000],
        [150, 37_500_000],
      ],
    );
    assert.deepEqual([whole.forecast.clicks.mid, whole.quotedBudgetMicros], [200, 100_000_000]);
    const falling = explained(campaign([{ budgetMicros: 50_000_000, shareMicros: 25_000_000 }]), sources());
    assert.equal(falling.parts[0]?.forecast.clicks.mid, 50, 'what it falls to counts');
  });

  it('knows reach where it was promised: of the flight, and on the way there where listeners are counted', () => {
    const reach = { low: 320, mid: 400, high: 480 };
    const [first, second] = quote().subcampaigns as [
      QuoteIssued['subcampaigns'][number],
      QuoteIssued['subcampaigns'][number],
    ];
    const told = quote({ subcampaigns: [{ ...first, reach }, second] });
    const audience = { slots: [1, 20], listeners: [100, 400] };
    const at = (own: Partial<Subcampaign>, nowMs: number) =>
      explained(campaign([own]), sources({ quote: told, nowMs, reached: new Map([['s1', 77]]) })).parts[0];
    assert.deepEqual(at({}, START_MS + 2 * DAY_MS)?.expected.reach, reach);
    assert.equal(at({}, START_MS + DAY_MS)?.expected.reach, undefined);
    const half = at({ audience }, START_MS + DAY_MS);
    assert(
      (half?.expected.reach?.mid ?? 0) > 200 && (half?.expected.reach?.mid ?? 0) < 400,
      'more than half of it by then',
    );
    assert.deepEqual([half?.forecast.reach, half?.delivered.reach], [reach, 77]);
  });

  it('is not known of a campaign that was told nothing, and of one that has not been accepted', () => {
    const [first] = quote().subcampaigns;
    assert.equal(
      explainDelivery(campaign(), sources({ quote: quote({ subcampaigns: [first as NonNullable<typeof first>] }) })),
      undefined,
    );
    assert.equal(explainDelivery(expectedCampaign('t1', 'c1'), sources()), undefined);
  });

  it('of one part is that part’s', () => {
    const one = campaignAfter([campaignCreated()], context());
    const [sub] = one.subcampaigns;
    const told = quoteIssued({
      subcampaigns: [{ subcampaignId: 's1', market: 'SE', ...promised({ budgetMicros: sub?.budgetMicros as number }) }],
    });
    const { parts, ...whole } = explained(one, sources({ quote: told }));
    const { subcampaignId: _sub, market: _market, ...part } = parts[0] as NonNullable<(typeof parts)[0]>;
    assert.deepEqual({ ...whole, ...part }, whole);
  });
});
