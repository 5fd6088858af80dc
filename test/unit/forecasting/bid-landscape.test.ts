import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawLogNormal } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import {
  MAX_POINTS,
  bidLandscape,
  secondPriceAt,
  winRateAt,
  type SeenAuction,
} from '../../../shared/forecasting/bid-landscape.ts';
import { bidResponse } from '../../../shared/forecasting/bid-response.ts';
import { normalCdf } from '../../../shared/forecasting/normal-cdf.ts';

const tops = (...prices: number[]): SeenAuction[] => prices.map((topMicros) => ({ topMicros }));
const bid = (bidMicros: number, isWon: boolean, count = 1): SeenAuction[] =>
  Array.from({ length: count }, () => ({ bidMicros, isWon }));
const near = (actual: number, expected: number, by = 1e-9) =>
  assert(Math.abs(actual - expected) <= by, `${actual}, ${expected}`);

/** Pool adjacent violators over the win rates of rising bids. */
function isotonic(rows: readonly { won: number; seen: number }[]): number[] {
  const blocks: { won: number; seen: number; rows: number }[] = [];
  for (const { won, seen } of rows) {
    let block = { won, seen, rows: 1 };
    for (let last = blocks.at(-1); last && last.won / last.seen >= block.won / block.seen; last = blocks.at(-1)) {
      blocks.pop();
      block = { won: last.won + block.won, seen: last.seen + block.seen, rows: last.rows + block.rows };
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ won, seen, rows: count }) => Array.from({ length: count }, () => won / seen));
}

/** The share of top prices at or below, of Kaplan and Meier: exact prices, and lost bids that the top price was above. */
function kaplanMeier(prices: readonly number[], losses: readonly number[], at: number): number {
  let above = 1;
  for (const price of [...new Set(prices)].filter((one) => one <= at).sort((a, b) => a - b)) {
    const atRisk = prices.filter((one) => one >= price).length + losses.filter((loss) => loss >= price).length;
    above *= 1 - prices.filter((one) => one === price).length / atRisk;
  }
  return 1 - above;
}

describe('the bid landscape', () => {
  it('is the empirical law where top prices are seen; an equal bid wins, and nobody competes for 0', () => {
    const landscape = bidLandscape(tops(0, 100, 100, 300));
    assert.deepEqual(landscape.points, [
      { bidMicros: 0, winRate: 0.25 },
      { bidMicros: 100, winRate: 0.75 },
      { bidMicros: 300, winRate: 1 },
    ]);
    near(winRateAt(landscape, 100), 0.75);
    near(winRateAt(landscape, 50), 0.5);
    near(winRateAt(landscape, 1e9), 1);
  });

  it('is isotonic regression where only wins and losses are seen', () => {
    const random = createRandom('isotonic');
    for (let trial = 0; trial < 5; trial++) {
      const rows = Array.from({ length: 6 }, (_, index) => {
        const seen = 20 + Math.floor(30 * random());
        return { bidMicros: 100 * (index + 1), seen, won: Math.floor(random() * seen) };
      });
      const auctions = rows.flatMap(({ bidMicros, seen, won }) => [
        ...bid(bidMicros, true, won),
        ...bid(bidMicros, false, seen - won),
      ]);
      const expected = isotonic(rows);
      bidLandscape(auctions).points.forEach(({ winRate }, index) => near(winRate, expected[index] as number, 2e-3));
    }
  });

  it('is the law of Kaplan and Meier where winners see the price and losers their bid', () => {
    const random = createRandom('kaplan-meier');
    const grid = () => 100 * (1 + Math.floor(10 * random()));
    const pairs = Array.from({ length: 400 }, () => [grid(), grid()] as [number, number]);
    const seen = pairs.map(([top, own]): SeenAuction =>
      own >= top ? { topMicros: top } : { bidMicros: own, isWon: false },
    );
    const prices = pairs.filter(([top, own]) => own >= top).map(([top]) => top);
    const losses = pairs.filter(([top, own]) => own < top).map(([, own]) => own + 0.5);
    for (const { bidMicros, winRate } of bidLandscape(seen).points)
      near(winRate, kaplanMeier(prices, losses, bidMicros), 1e-3);
  });

  it('finds the law behind censored auctions, in a few points', () => {
    const random = createRandom('censored');
    const auctions = Array.from({ length: 6000 }, (): SeenAuction => {
      const [top, own] = [drawLogNormal(random, 1000, 0.5), 300 + 3000 * random()];
      return own >= top ? { topMicros: top } : { bidMicros: own, isWon: false };
    });
    const landscape = bidLandscape(auctions);
    assert(landscape.points.length <= MAX_POINTS && JSON.stringify(landscape).length < 2000);
    for (const price of [500, 800, 1000, 1500, 2500]) {
      near(winRateAt(landscape, price), normalCdf(Math.log(price / 1000) / 0.5), 0.03);
    }
    // E[top price if it is at most the bid], of a log-normal law.
    const paid = 1000 * Math.exp(0.125) * normalCdf(Math.log(1500 / 1000) / 0.5 - 0.5);
    near(secondPriceAt(landscape, 1500), paid, 0.05 * paid);
  });

  it('knows nothing past the highest bid that was lost', () => {
    const landscape = bidLandscape(bid(500, false, 10));
    assert.equal(winRateAt(landscape, 1e12), 0);
    assert.equal(secondPriceAt(landscape, 1e12), 0);
  });

  it('rises with the bid and never costs more than the bid, whatever was seen', () => {
    const price = fc.double({ min: 0, max: 1e9, noNaN: true });
    const auction = fc.oneof(
      fc.record({ topMicros: price }),
      fc.record({ bidMicros: price, isWon: fc.boolean() }),
    ) as fc.Arbitrary<SeenAuction>;
    fc.assert(
      fc.property(fc.array(auction, { minLength: 1, maxLength: 60 }), price, price, (auctions, one, other) => {
        const landscape = bidLandscape(auctions);
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        assert(winRateAt(landscape, low) <= winRateAt(landscape, high));
        assert(secondPriceAt(landscape, low) <= secondPriceAt(landscape, high) * (1 + 1e-12));
        assert(secondPriceAt(landscape, high) <= high * winRateAt(landscape, high) * (1 + 1e-12));
        for (const pricing of ['first', 'second'] as const) {
          const terms = { landscape, opportunities: 1000, clickRate: 0.02, pricing };
          const [less, more] = [bidResponse(terms, low), bidResponse(terms, high)];
          for (const name of ['winRate', 'impressions', 'clicks', 'spendMicros'] as const) {
            assert(less[name] >= 0 && less[name] <= more[name] * (1 + 1e-12), name);
          }
        }
        assert(landscape.points.every(({ winRate }) => winRate >= 0 && winRate <= 1));
      }),
    );
  });

  const refused: { name: string; auctions: SeenAuction[]; message: RegExp }[] = [
    { name: 'no auction', auctions: [], message: /needs an auction/ },
    { name: 'a negative price', auctions: tops(1, -1), message: /price of auction 1 .* not -1/ },
    { name: 'a price that is no number', auctions: tops(NaN), message: /price of auction 0 .* not NaN/ },
    { name: 'an endless bid', auctions: bid(Infinity, false), message: /price of auction 0 .* not Infinity/ },
  ];
  for (const { name, auctions, message } of refused) {
    it(`refuses ${name}`, () => assert.throws(() => bidLandscape(auctions), { code: 'INVALID_QUOTE', message }));
  }
});

describe('the response to a bid', () => {
  const landscape = bidLandscape(tops(5_000, 10_000, 15_000, 20_000));
  const terms = { landscape, opportunities: 1000, clickRate: 0.02, pricing: 'first' as const };

  it('competes as bid x click rate, and pays the bid for each click in a first price auction', () => {
    const response = bidResponse(terms, 500_000);
    near(response.winRate, 0.5);
    near(response.impressions, 500);
    near(response.clicks, 10);
    near(response.spendMicros, 5_000_000, 1e-3);
  });

  it('pays the smallest bid that would have won in a second price auction', () => {
    const response = bidResponse({ ...terms, pricing: 'second' }, 500_000);
    // A quarter of the auctions at 2,500 on average, a quarter at 7,500.
    near(response.spendMicros, 1000 * (0.25 * 2_500 + 0.25 * 7_500), 1e-3);
  });

  const refused: { name: string; own: Partial<typeof terms>; clickBidMicros?: number; message: RegExp }[] = [
    { name: 'a negative bid', own: {}, clickBidMicros: -1, message: /clickBidMicros .* not -1/ },
    { name: 'a bid that is no number', own: {}, clickBidMicros: NaN, message: /clickBidMicros .* not NaN/ },
    { name: 'a rate above 1', own: { clickRate: 1.1 }, message: /clickRate must be from 0 to 1, not 1.1/ },
    { name: 'opportunities that are no number', own: { opportunities: NaN }, message: /opportunities/ },
  ];
  for (const { name, own, clickBidMicros = 1, message } of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => bidResponse({ ...terms, ...own }, clickBidMicros), { code: 'INVALID_QUOTE', message });
    });
  }
});
