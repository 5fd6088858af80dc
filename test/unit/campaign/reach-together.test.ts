import assert from 'node:assert/strict';
import fc from 'fast-check';
import { oversold, type Wanting } from '../../../emulators/supply-fit.ts';
import { openMarkets, reachTogether } from '../../../shared/campaign/open-markets.ts';
import { sharesWithin } from '../../../shared/campaign/split-within.ts';
import { MAX_MICROS, sumMicros } from '../../../shared/contracts/micros.ts';
import type { ResponsePart } from '../../../shared/planning/response-split.ts';
import { entry } from '../../support/entries.ts';
import { order } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { cell, context, market, page, supplyDays, view } from '../../support/markets.ts';

const flight = { startAtMs: START_MS, endAtMs: START_MS + 2 * DAY_MS };
/** Two days of 2,000 clicks at 0.5. */
const CELL_MICROS = 2_000_000_000;

function part(own: Partial<ResponsePart> = {}): ResponsePart {
  return { curve: { micros: [0], response: [0] }, weight: 1, floorMicros: 0, capMicros: MAX_MICROS, ...own };
}

/** What parts reach of a budget that is split by their weights, and the shares that they are given. */
function reachOf(
  budgetMicros: number,
  asked: readonly ReturnType<typeof order>[],
  parts: readonly ResponsePart[],
  books = context(),
) {
  const markets = openMarkets('c1', asked, flight, books);
  let splits = 0;
  const reach = reachTogether(
    markets,
    {
      heldMicros: asked.map(() => 0),
      floorMicros: parts.map(({ floorMicros }) => floorMicros),
      reachMicros: asked.map((_, index) => markets.capacityMicros(index)),
    },
    (reach) => {
      splits += 1;
      return sharesWithin(budgetMicros, parts, reach);
    },
  );
  return { reach, shares: sharesWithin(budgetMicros, parts, reach), splits };
}

describe('what parts reach together', () => {
  it('is what each reaches alone where they do not meet', () => {
    const { reach, splits } = reachOf(
      1_000_000_000,
      [order(), order({ market: 'NO' })],
      [part(), part()],
      context([view(), view({ market: market({ market: 'NO' }) })]),
    );
    assert.deepEqual([reach, splits], [[CELL_MICROS, CELL_MICROS], 1]);
  });

  it('is shared where they do: as much of a cell as there is, and no more', () => {
    const { reach, shares } = reachOf(3_000_000_000, [order(), order({ subcampaignId: 's2' })], [part(), part()]);
    assert.deepEqual(shares, reach);
    assert.equal(sumMicros(reach), CELL_MICROS);
    // Scarce supply is dealt in sixteen rounds.
    for (const micros of reach) assert(Math.abs(micros - CELL_MICROS / 2) <= CELL_MICROS / 32, reach.join());
  });

  it('gives one part what another cannot take for its cap', () => {
    const parts = [part({ capMicros: 300_000_000 }), part()];
    const { shares } = reachOf(2_000_000_000, [order(), order({ subcampaignId: 's2' })], parts);
    assert.deepEqual(shares, [300_000_000, 1_700_000_000]);
  });

  it('gives floors what is scarce first', () => {
    const parts = [part({ weight: 1000 }), part({ floorMicros: 1_500_000_000 })];
    const { reach, shares } = reachOf(4_000_000_000, [order(), order({ subcampaignId: 's2' })], parts);
    assert((reach[1] as number) >= 1_500_000_000, `${reach[1]}`);
    assert(sumMicros(shares) <= CELL_MICROS, shares.join());
  });

  it('says of a floor that does not fit what there is for it', () => {
    const parts = [part({ floorMicros: 1_500_000_000 }), part({ floorMicros: 1_500_000_000 })];
    const { reach } = reachOf(3_000_000_000, [order(), order({ subcampaignId: 's2' })], parts);
    assert.deepEqual(reach, [CELL_MICROS, 500_000_000]);
  });

  it('splits what one market is short of again over the others', () => {
    const full = view({ pages: [page([entry({ campaignId: 'c0', budgetMicros: 1_900_000_000 })])] });
    const asked = [order(), order({ subcampaignId: 's2' }), order({ subcampaignId: 's3', market: 'NO' })];
    const books = context([full, view({ market: market({ market: 'NO' }) })]);
    const { shares } = reachOf(1_800_000_000, asked, [part(), part(), part()], books);
    assert.deepEqual(shares, [50_000_000, 50_000_000, 1_700_000_000]);
  });

  it('is nothing in a market that is not there, and without parts', () => {
    const { reach, shares } = reachOf(100, [order({ market: 'XX' }), order()], [part(), part()]);
    assert.deepEqual(
      [reach, shares],
      [
        [0, CELL_MICROS],
        [0, 100],
      ],
    );
    assert.deepEqual(reachOf(100, [], []).reach, []);
  });

  it('asks for no supply for what is held, and keeps for a part what it was placed once', () => {
    const heldMicros = [400_000_000, 0];
    const asked: { floorMicros: number; micros: number }[][] = [];
    const place = (wishes: readonly { floorMicros: number; micros: number }[]) => {
      asked.push([...wishes]);
      return wishes.map(({ micros }) => Math.min(micros, 10));
    };
    const split = (reach: readonly number[]) => reach;
    const reach = reachTogether({ place }, { heldMicros, floorMicros: [0, 3], reachMicros: [400_000_500, 500] }, split);
    assert.deepEqual(asked, [
      [
        { floorMicros: 0, micros: 500 },
        { floorMicros: 3, micros: 500 },
      ],
      [
        { floorMicros: 10, micros: 10 },
        { floorMicros: 10, micros: 10 },
      ],
    ]);
    assert.deepEqual(reach, [400_000_010, 10]);
  });

  it('is what was placed last where no end is found', () => {
    const place = ([first, second]: readonly { micros: number }[]) => [
      (first as { micros: number }).micros - 1,
      (second as { micros: number }).micros,
    ];
    const split = ([first]: readonly number[]) => [first as number, 10];
    const limits = { heldMicros: [0, 0], floorMicros: [0, 0], reachMicros: [1000, 1000] };
    assert.deepEqual(reachTogether({ place }, limits, split), [997, 10]);
  });

  it('ends after as many rounds as there are parts, also where a split takes back what it said, and what it says fits', () => {
    // A split that each time wants all for the next part, and a market that has 100 for all.
    let round = 0;
    const split = (reach: readonly number[]) => reach.map((micros, index) => (index === round % 3 ? micros : 0));
    const place = (wishes: readonly { micros: number }[]) => {
      round += 1;
      return wishes.map(({ micros }) => Math.min(micros, 100 - round));
    };
    const reach = reachTogether(
      { place },
      { heldMicros: [0, 0, 0], floorMicros: [0, 0, 0], reachMicros: [1000, 1000, 1000] },
      split,
    );
    assert(round <= 4, `${round} rounds`);
    assert(sumMicros(reach) <= 300, reach.join());
  });

  const segments = fc.subarray(['a', 'b', 'c'], { minLength: 1 });
  const drawnPart = fc.record({
    market: fc.constantFrom('SE', 'NO'),
    segments,
    clickPriceMicros: fc.constantFrom(70_001, 500_000, 3_000_000),
    weight: fc.integer({ min: 1, max: 1000 }),
    floorMicros: fc.oneof(fc.constant(0), fc.nat(30_000_000)),
    capMicros: fc.oneof(fc.constant(MAX_MICROS), fc.integer({ min: 30_000_000, max: 500_000_000 })),
  });
  const neighbour = fc.record({ segments, budgetMicros: fc.nat(300_000_000), hours: fc.integer({ min: 1, max: 48 }) });
  const supplied = fc.record({
    cells: fc.array(fc.nat(30_000), { minLength: 3, maxLength: 3 }),
    neighbours: fc.array(neighbour, { maxLength: 3 }),
  });

  it('fits beside everything sold, leaves no part short of what is still free, and comes to an end', () => {
    let scarce = 0;
    fc.assert(
      fc.property(
        fc.array(drawnPart, { minLength: 1, maxLength: 5 }),
        fc.tuple(supplied, supplied),
        fc.integer({ min: 1, max: 2_000_000_000 }),
        (drawn, own, budgetMicros) => {
          const views = own.map(({ cells, neighbours }, index) => {
            const name = ['SE', 'NO'][index] as string;
            const supply = supplyDays(2, {
              market: name,
              cells: cells.map((q50, which) => cell({ segment: ['a', 'b', 'c'][which] as string, q50 })),
            });
            const entries = neighbours.map(({ hours, ...rest }, which) =>
              entry({ ...rest, campaignId: `n${which}`, endAtMs: START_MS + hours * 3_600_000 }),
            );
            return view({ market: market({ market: name }), supply, pages: [page(entries, { market: name })] });
          });
          const asked = drawn.map(({ market, segments, clickPriceMicros }, index) =>
            order({ subcampaignId: `s${index}`, market, segments, clickPriceMicros }),
          );
          const parts = drawn.map(({ weight, floorMicros, capMicros }) => part({ weight, floorMicros, capMicros }));
          const floors = sumMicros(parts.map(({ floorMicros }) => floorMicros));
          const books = context(views);
          const { reach, shares, splits } = reachOf(budgetMicros + floors, asked, parts, books);
          assert(splits <= parts.length + 1, `${splits} splits of ${parts.length} parts`);
          // A floor that does not fit is refused by whoever asks.
          if (parts.some(({ floorMicros }, index) => (reach[index] as number) < floorMicros)) return;
          if (sumMicros(shares) < budgetMicros + floors) scarce += 1;
          for (const { market, pages, supply } of views) {
            const sold = pages
              .flatMap(({ entries }) => entries)
              .map((one): Wanting => ({
                ...one,
                key: one.campaignId,
                priceMicros: one.clickPriceMicros,
                remainingMicros: one.budgetMicros,
              }));
            const wants = asked.flatMap((one, index): Wanting[] =>
              one.market === market.market
                ? [
                    {
                      ...one,
                      ...flight,
                      key: one.subcampaignId,
                      priceMicros: one.clickPriceMicros,
                      remainingMicros: shares[index] as number,
                    },
                  ]
                : [],
            );
            assert.equal(oversold(sold, [...sold, ...wants], [...supply.values()], START_MS), undefined);
          }
          // Nobody can have more while all others keep what they have: what placing left for rounding is small.
          const more = openMarkets(
            'c1',
            asked.map((one, index) => ({ ...one, remainingMicros: shares[index] as number })),
            flight,
            books,
          );
          parts.forEach(({ capMicros }, index) => {
            const room = Math.min(capMicros - (shares[index] as number), budgetMicros + floors - sumMicros(shares));
            const free = Math.min(room, more.capacityMicros(index));
            assert(
              free <= 0.001 * budgetMicros + 10,
              `s${index} has ${shares[index]} and could have ${free} more of ${budgetMicros}`,
            );
          });
        },
      ),
      { numRuns: 300 },
    );
    assert(scarce > 30, `${scarce} were scarce`);
  });
});
