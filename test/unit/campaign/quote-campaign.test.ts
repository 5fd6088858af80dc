import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expectedCampaign } from '../../../shared/campaign/campaign-state.ts';
import { decideCampaign } from '../../../shared/campaign/decide-campaign.ts';
import type { SupplyDay } from '../../../shared/contracts/documents.ts';
import type { QuoteIssued } from '../../../shared/contracts/forecast-outcomes.ts';
import type { MarketView } from '../../../shared/campaign/campaign-state.ts';
import { estimateSpread } from '../../../shared/forecasting/error-spread.ts';
import { campaignCreated, order } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { cell, context, market, supplyDay, supplyDays, view } from '../../support/markets.ts';
import { assertOutcomes } from '../../support/outcome-validator.ts';

type Created = Parameters<typeof campaignCreated>[0];

function quoted(data: Created, views: readonly MarketView[]): QuoteIssued {
  const outcomes = decideCampaign(expectedCampaign('t1', 'c1'), campaignCreated(data), context(views));
  assertOutcomes(outcomes);
  const [accepted, quote] = outcomes;
  assert.equal(accepted?.type, 'campaign-accepted', JSON.stringify(accepted));
  assert.equal(quote?.type, 'quote-issued');
  return quote;
}

const of = (name: string, own: Partial<SupplyDay> = {}) =>
  view({ market: market({ market: name }), supply: supplyDays(2, { market: name, ...own }) });
const isRange = ({ low, mid, high }: { low: number; mid: number; high: number }) => low <= mid && mid <= high;
const oneEach = { subcampaigns: [order({ subcampaignId: 's1' }), order({ subcampaignId: 's2', market: 'NO' })] };

/** What can be said of a market's supply. */
interface Kind {
  quantiles: number[];
  clickPpm: number;
  clickTrials: number | undefined;
  conversionPpm: number | undefined;
  bias: number | undefined;
  people: number | undefined;
  isElsewhere: boolean;
  clickPriceMicros: number;
}

describe('What a campaign is told when it is accepted', () => {
  it('is what its budget brings, with what that was made of', () => {
    const inputsHash = 'c'.repeat(64);
    const supply = { issuedAtMs: START_MS - 1, inputsHash, errorSpread: estimateSpread([{ logError: 0.1 }]) };
    const quote = quoted({}, [of('SE', supply)]);
    assert.equal(quote.inputsHash, inputsHash);
    assert.equal(quote.quoteId, 'quote:c1:1');
    assert.equal(quote.modelId, 'm1');
    assert.equal(quote.validUntilAtMs, START_MS - 1 + DAY_MS);
    assert.equal(quote.budgetMicros, 100_000_000);
    assert(quote.fullSpendPpm > 950_000, 'a twentieth of what supply is there for');
    assert.deepEqual(quote.clicks, { low: 200, mid: 200, high: 200 });
    assert(Math.abs(quote.impressions.mid / 10_000 - 1) < 0.05);
    assert(quote.suggestedMaximumMicros > 500_000_000 && quote.suggestedMaximumMicros < 2_000_000_000);
    assert.equal(quote.reach, undefined, 'nobody was counted');
    const { subcampaignId, market: name, ...part } = quote.subcampaigns[0] as QuoteIssued['subcampaigns'][number];
    assert.deepEqual([subcampaignId, name], ['s1', 'SE']);
    assert.deepEqual({ ...quote, ...part }, quote, 'the only part is all of it');
  });

  it('is less sure of more money and of supply that is frozen', () => {
    const errorSpread = estimateSpread([0.3, -0.3, 0.2, -0.2].map((logError) => ({ logError })));
    const sure = (budgetMicros: number, widening: number) =>
      quoted({ budgetMicros }, [of('SE', { errorSpread, widening })]).fullSpendPpm;
    assert(sure(500_000_000, 1) > sure(1_500_000_000, 1));
    assert(sure(500_000_000, 1) > sure(500_000_000, 3));
  });

  it('counts the conversions of each part by its own rate', () => {
    const rates = (conversionPpm: number) => ({ cells: [cell({ conversionPpm, clickTrials: 1_000_000 })] });
    const quote = quoted(oneEach, [of('SE', rates(100_000)), of('NO', rates(10_000))]);
    const parts = quote.subcampaigns.map(({ conversions }) => conversions.mid);
    assert.deepEqual(parts, [10, 1]);
    assert(Math.abs(quote.conversions.mid - 11) <= 1, `${quote.conversions.mid} in all`);
    const reversed = quoted(oneEach, [of('SE', rates(10_000)), of('NO', rates(100_000))]);
    assert.deepEqual(reversed.conversions, quote.conversions, 'which part is first says nothing');
  });

  it('has one hash for the same forecasts in any order, and none for supply that people wrote', () => {
    const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
    const hash = (first: Partial<SupplyDay>, second: Partial<SupplyDay>) =>
      quoted(oneEach, [of('SE', first), of('NO', second)]).inputsHash;
    assert.equal(hash({ inputsHash: a }, { inputsHash: b }), hash({ inputsHash: b }, { inputsHash: a }));
    assert.notEqual(hash({ inputsHash: a }, { inputsHash: b }), hash({ inputsHash: a }, { inputsHash: a }));
    assert.equal(hash({}, {}), '0'.repeat(64));
  });

  it('reaches the listeners that were counted', () => {
    const listeners = [
      {
        segment: 'casual',
        surface: 'home',
        windowDays: 10,
        visits: [1, 10],
        visitListeners: [1000, 500],
        activeDayListeners: [1000, 0, 0, 0, 0, 0, 0, 500, 0, 0],
      },
    ];
    const { reach, impressions } = quoted({}, [of('SE', { listeners })]);
    assert(reach && isRange(reach));
    assert(reach.mid > 0 && reach.mid <= impressions.mid);
  });

  it('is told of every supply that can be stored', () => {
    const count = fc.constantFrom(0, 1, 1000, 1_000_000);
    const kind = fc.record({
      quantiles: fc.array(count, { minLength: 3, maxLength: 3 }),
      clickPpm: fc.constantFrom(0, 1, 20_000, 1_000_000),
      clickTrials: fc.option(fc.constantFrom(0, 1, 500, Number.MAX_SAFE_INTEGER), { nil: undefined }),
      conversionPpm: fc.option(fc.constantFrom(0, 5_000, 1_000_000), { nil: undefined }),
      bias: fc.option(fc.constantFrom(-7, 0, 7), { nil: undefined }),
      people: fc.option(fc.constantFrom(0, 1, 1e12), { nil: undefined }),
      isElsewhere: fc.boolean(),
      clickPriceMicros: fc.constantFrom(1, 500_000, Number.MAX_SAFE_INTEGER),
    });
    const supplyOf = (name: string, own: Kind): MarketView => {
      const { quantiles, clickPpm, clickTrials, conversionPpm, bias, people, isElsewhere } = own;
      const [q10, q50, q90] = [...quantiles].sort((one, other) => one - other) as [number, number, number];
      const rates = {
        clickPpm,
        ...(clickTrials === undefined ? {} : { clickTrials }),
        ...(conversionPpm === undefined ? {} : { conversionPpm }),
      };
      const day = (index: number) =>
        supplyDay(START_MS + index * DAY_MS, {
          market: name,
          cells: [cell({ q10, q50, q90, ...rates, segment: isElsewhere && index === 0 ? 'super' : 'casual' })],
          ...(bias === undefined ? {} : { errorSpread: { ...estimateSpread([{ logError: 0.1 }]), bias } }),
          ...(people === undefined
            ? {}
            : {
                listeners: [
                  {
                    segment: 'casual',
                    windowDays: 10,
                    visits: [1, 1_000_000],
                    visitListeners: [people, people],
                    activeDayListeners: [people, 0, 0, 0, 0, 0, 0, 0, 0, people],
                  },
                ],
              }),
          widening: 1.5,
        });
      const days = [day(0), day(1)];
      return view({ market: market({ market: name }), supply: new Map(days.map((one) => [one.day, one])) });
    };
    fc.assert(
      fc.property(
        fc.array(kind, { minLength: 1, maxLength: 2 }),
        fc.constantFrom(1, 100_000_000, Number.MAX_SAFE_INTEGER),
        fc.constantFrom<'clicks' | 'reach'>('clicks', 'reach'),
        (kinds, budgetMicros, objective) => {
          const names = ['SE', 'NO'];
          const subcampaigns = kinds.map(({ clickPriceMicros }, index) =>
            order({ subcampaignId: `s${index}`, market: names[index] as string, clickPriceMicros }),
          );
          const views = kinds.map((own, index) => supplyOf(names[index] as string, own));
          const event = campaignCreated({ budgetMicros, objective, ifShort: 'scale-down', subcampaigns });
          const outcomes = decideCampaign(expectedCampaign('t1', 'c1'), event, context(views));
          assertOutcomes(outcomes);
          const quote = outcomes[1];
          if (quote?.type !== 'quote-issued') return;
          for (const own of [quote, ...quote.subcampaigns]) {
            const ranges = [
              own.impressions,
              own.clicks,
              own.conversions,
              own.spendMicros,
              ...(own.reach ? [own.reach] : []),
            ];
            assert(ranges.every(isRange), JSON.stringify(own));
            assert(own.spendMicros.high <= own.budgetMicros);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
