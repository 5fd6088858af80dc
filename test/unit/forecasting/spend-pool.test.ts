import assert from 'node:assert/strict';
import { drawNormal, drawPoisson } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { fullSpend } from '../../../shared/forecasting/full-spend.ts';
import { poolParts, type SpendPart } from '../../../shared/forecasting/spend-pool.ts';
import { drawBeta } from '../../bench/full-spend-world.ts';

const spread = (sigma: number, sharedShare = 0.4, bias = 0) => ({ bias, nodes: [{ weight: 1, sigma }], sharedShare });
const part = (over: Partial<SpendPart> = {}): SpendPart => ({
  market: 'SE',
  forecast: 10_000,
  spread: spread(0.3),
  rate: { alpha: 40, beta: 1960 },
  clickPriceMicros: 500_000,
  ...over,
});

/** What the parts could spend, drawn many times and sorted. */
function simulated(parts: readonly SpendPart[], draws: number): number[] {
  const random = createRandom('pool');
  const sums = Array.from({ length: draws }, () => {
    const factors = new Map(parts.map(({ market }) => [market, drawNormal(random)]));
    return parts.reduce((sum, { market, forecast, spread: own, rate, clickPriceMicros }) => {
      const { sigma } = own.nodes[0] as { sigma: number };
      const shared = Math.sqrt(own.sharedShare) * (factors.get(market) as number);
      const error = own.bias + sigma * (shared + Math.sqrt(1 - own.sharedShare) * drawNormal(random));
      const clicks = drawPoisson(random, forecast * Math.exp(error) * drawBeta(random, rate.alpha, rate.beta));
      return sum + clickPriceMicros * clicks;
    }, 0);
  });
  return sums.sort((a, b) => a - b);
}

describe('parts of a campaign pooled', () => {
  it('takes spreads of different releases, whose nodes are not alike, at their mean square', () => {
    const two = { ...spread(0.3), nodes: [0.3, 0.3].map((sigma) => ({ weight: 0.5, sigma })) };
    const mixed = poolParts([part({ spread: two }), part({ market: 'NO', spread: spread(0.2) })]);
    assert.deepEqual(mixed, poolParts([part({ spread: spread(0.3) }), part({ market: 'NO', spread: spread(0.2) })]));
  });

  it('are the part itself where there is one', () => {
    const { supply, rate, clickPriceMicros } = poolParts([part({ spread: spread(0.3, 0.4, 0.1), widening: 2 })]);
    assert.deepEqual(rate, part().rate);
    assert.equal(clickPriceMicros, 500_000);
    assert.deepEqual(supply, [{ weight: 1, median: 10_000 * Math.exp(0.1), sigma: 0.6 }]);
  });

  const campaigns: Record<string, SpendPart[]> = {
    'two parts of a market': [part(), part({ forecast: 4000, rate: { alpha: 20, beta: 500 } })],
    'four markets of different prices': [
      part(),
      part({ market: 'DE', clickPriceMicros: 900_000, spread: spread(0.5) }),
      part({ market: 'US', forecast: 30_000, spread: spread(0.15) }),
      part({ market: 'BR', rate: { alpha: 15, beta: 300 }, spread: spread(0.3, 0.4, -0.2) }),
    ],
    'a market of six parts beside a small one': [
      ...Array.from({ length: 6 }, () => part({ forecast: 3000 })),
      part({ market: 'NO', forecast: 500 }),
    ],
  };
  for (const [name, parts] of Object.entries(campaigns)) {
    it(`spend together what simulation says: ${name}`, () => {
      const sums = simulated(parts, 10_000);
      const pool = poolParts(parts);
      for (const level of [0.05, 0.25, 0.5, 0.75, 0.95]) {
        const budgetMicros = Math.round(sums[Math.floor(level * sums.length)] as number);
        const probability = fullSpend(pool, budgetMicros);
        assert(Math.abs(1 - level - probability) < 0.025, `${1 - level} drawn, ${probability}`);
      }
    });
  }

  it('are surer in many markets than in one, whose luck they share', () => {
    const inOne = Array.from({ length: 5 }, () => part());
    const inMany = inOne.map((one, index) => ({ ...one, market: `M${index}` }));
    const budgetMicros = 0.8 * 5 * 200 * 500_000;
    assert(fullSpend(poolParts(inMany), budgetMicros) > fullSpend(poolParts(inOne), budgetMicros) + 0.02);
  });

  it('count nothing for a part without supply or clicks', () => {
    const alone = fullSpend(poolParts([part()]), 9e7);
    for (const nothing of [part({ forecast: 0 }), part({ rate: { alpha: 0, beta: 1 } })]) {
      assert(Math.abs(fullSpend(poolParts([part(), nothing]), 9e7) - alone) < 0.01);
      assert.equal(fullSpend(poolParts([nothing, nothing]), 1), 0);
    }
  });

  it('are certain of clicks where each impression is one', () => {
    const always = part({ rate: { alpha: 5, beta: 0 } });
    assert(fullSpend(poolParts([always, always]), 15_000 * 500_000) > 0.8);
  });

  const refused: { name: string; parts: SpendPart[]; message: RegExp }[] = [
    { name: 'no part', parts: [], message: /needs a part/ },
    {
      name: 'a forecast that is no number',
      parts: [part({ forecast: NaN })],
      message: /forecast of part 0 .* not NaN/,
    },
    {
      name: 'a negative price',
      parts: [part(), part({ clickPriceMicros: -1 })],
      message: /clickPriceMicros of part 1 .* not -1/,
    },
    { name: 'an endless widening', parts: [part({ widening: Infinity })], message: /widening of part 0/ },
    { name: 'a negative rate', parts: [part({ rate: { alpha: -1, beta: 1 } })], message: /alpha of part 0/ },
    {
      name: 'a spread without nodes',
      parts: [part(), part({ spread: { bias: 0, nodes: [], sharedShare: 0 } })],
      message: /spread of part 1 has no node/,
    },
  ];
  for (const { name, parts, message } of refused) {
    it(`refuse ${name}`, () => {
      assert.throws(() => poolParts(parts), { name: 'ForecastError', code: 'INVALID_QUOTE', message });
    });
  }
});
