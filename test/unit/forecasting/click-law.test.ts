import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawNormal, drawPoisson } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { clickLaw, type ClickRate, type SupplyLaw } from '../../../shared/forecasting/click-law.ts';
import { logGamma } from '../../../shared/forecasting/log-gamma.ts';
import { drawBeta } from '../../bench/full-spend-world.ts';

const certain = (median: number) => [{ weight: 1, median, sigma: 0 }];
const KNOWN: ClickRate = { alpha: 1, beta: 0 };

/** P[Poisson(mean) >= count] term by term. */
function poissonTail(mean: number, count: number): number {
  let below = 0;
  for (let k = 0; k < count; k++) below += Math.exp(k * Math.log(mean) - mean - logGamma(k + 1));
  return 1 - below;
}

/** P[count or more] of Poisson(S x C) with C of a Beta law: term by term, E[C^k e^(-S C)] by the midpoint rule. */
function betaPoissonTail(supply: number, { alpha, beta }: ClickRate, count: number): number {
  const nodes = 4000;
  const logBeta = logGamma(alpha) + logGamma(beta) - logGamma(alpha + beta);
  let below = 0;
  for (let node = 0; node < nodes; node++) {
    const rate = (node + 0.5) / nodes;
    const density = Math.exp((alpha - 1) * Math.log(rate) + (beta - 1) * Math.log1p(-rate) - logBeta) / nodes;
    below += density * (1 - poissonTail(supply * rate, count));
  }
  return 1 - below;
}

/** The share of drawn worlds that bring so many clicks. */
function simulated(supply: SupplyLaw, { alpha, beta }: ClickRate, clicks: number, draws: number): number {
  const random = createRandom('click-law', clicks);
  let hits = 0;
  for (let draw = 0; draw < draws; draw++) {
    let left = random() * supply.reduce((sum, { weight }) => sum + weight, 0);
    const one = supply.find(({ weight }) => (left -= weight) < 0);
    assert(one);
    const opportunities = one.median * Math.exp(one.sigma * drawNormal(random));
    if (drawPoisson(random, opportunities * drawBeta(random, alpha, beta)) >= clicks) hits += 1;
  }
  return hits / draws;
}

describe('the law of clicks', () => {
  it('is the Poisson law where supply and rate are certain', () => {
    for (const mean of [0.5, 3, 20, 200]) {
      const law = clickLaw(certain(mean), KNOWN);
      for (const share of [0.3, 0.8, 1, 1.1, 2]) {
        const count = Math.max(1, Math.round(mean * share));
        assert(Math.abs(law(count) - poissonTail(mean, count)) < 2e-4, `mean ${mean}, ${count} clicks`);
      }
    }
  });

  it('is the Beta-Poisson law where only the supply is certain', () => {
    for (const rate of [
      { alpha: 2, beta: 3 },
      { alpha: 20, beta: 180 },
      { alpha: 1, beta: 1 },
    ]) {
      const law = clickLaw(certain(100), rate);
      for (const count of [1, 5, 10, 20, 50, 90]) {
        assert(Math.abs(law(count) - betaPoissonTail(100, rate, count)) < 3e-4, `${JSON.stringify(rate)}, ${count}`);
      }
    }
  });

  const worlds: { name: string; supply: SupplyLaw; rate: ClickRate; clicks: number }[] = [
    {
      name: 'a usual campaign',
      supply: [{ weight: 1, median: 1e4, sigma: 0.25 }],
      rate: { alpha: 20, beta: 980 },
      clicks: 180,
    },
    { name: 'few clicks', supply: [{ weight: 1, median: 50, sigma: 0.5 }], rate: { alpha: 5, beta: 200 }, clicks: 2 },
    {
      name: 'a wild supply',
      supply: [{ weight: 1, median: 3e4, sigma: 1.5 }],
      rate: { alpha: 300, beta: 9700 },
      clicks: 2000,
    },
    {
      name: 'a rate hardly known',
      supply: [{ weight: 1, median: 300, sigma: 0.1 }],
      rate: { alpha: 0.5, beta: 3 },
      clicks: 40,
    },
    {
      name: 'a mixture that may be nothing',
      supply: [
        { weight: 3, median: 1e4, sigma: 0.1 },
        { weight: 2, median: 2e4, sigma: 0.6 },
        { weight: 1, median: 0, sigma: 1 },
      ],
      rate: { alpha: 50, beta: 950 },
      clicks: 600,
    },
  ];
  for (const { name, supply, rate, clicks } of worlds) {
    it(`agrees with simulation: ${name}`, () => {
      const [draws, probability] = [40_000, clickLaw(supply, rate)(clicks)];
      const drawn = simulated(supply, rate, clicks, draws);
      assert(Math.abs(drawn - probability) < 4 * Math.sqrt(0.25 / draws), `${drawn} drawn, ${probability}`);
    });
  }

  it('never rises with the clicks by more than its last digit, from certainty down to nothing', () => {
    const positive = (max: number) => fc.double({ min: 0.01, max, noNaN: true });
    const supply = fc.array(
      fc.record({ weight: positive(5), median: positive(1e7), sigma: fc.double({ min: 0, max: 2, noNaN: true }) }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(supply, positive(1e4), positive(1e6), (laws, alpha, beta) => {
        const law = clickLaw(laws, { alpha, beta });
        let last = 1;
        for (let count = 0.5; count < 1e9; count *= 3) {
          const probability = law(count);
          assert(probability >= 0 && probability < last + 1.5e-6, `${probability} after ${last} at ${count}`);
          last = Math.min(last, probability);
        }
        assert.equal(law(0), 1);
        assert.equal(law(Infinity), 0);
      }),
      { numRuns: 60 },
    );
  });

  it('rises with the supply and with the rate', () => {
    const of = (median: number, alpha: number) =>
      clickLaw([{ weight: 1, median, sigma: 0.3 }], { alpha, beta: 1000 })(150);
    assert(of(8000, 20) < of(9000, 20) && of(9000, 20) < of(9000, 22));
  });

  it('is nothing without supply or without a rate, and stays a probability at the edge of numbers', () => {
    for (const law of [clickLaw(certain(0), KNOWN), clickLaw(certain(100), { alpha: 0, beta: 5 })]) {
      assert.equal(law(1), 0);
      assert.equal(law(0), 1);
    }
    for (const median of [1e-300, 1e-9, 1e15, 1e100]) {
      for (const sigma of [0, 1e-300, 0.2, 100]) {
        for (const rate of [
          { alpha: 1e-5, beta: 1e100 },
          { alpha: 1e100, beta: 1e100 },
          { alpha: 3, beta: 1e-300 },
        ]) {
          const law = clickLaw([{ weight: 1e-300, median, sigma }], rate);
          for (const clicks of [1e-300, 1, 50, 1e9, Number.MAX_SAFE_INTEGER, 1e300]) {
            const probability = law(clicks);
            assert(probability >= 0 && probability <= 1, `${median}, ${sigma}, ${rate.alpha}: ${probability}`);
          }
        }
      }
    }
  });

  const rate = { alpha: 1, beta: 1 };
  const refused: { name: string; supply: SupplyLaw; rate: ClickRate; message: RegExp }[] = [
    { name: 'no supply at all', supply: [], rate, message: /needs a median of some weight/ },
    { name: 'weights of nothing', supply: [{ weight: 0, median: 1, sigma: 1 }], rate, message: /needs a median/ },
    { name: 'a negative median', supply: certain(-1), rate, message: /median of supply 0 .* not -1/ },
    { name: 'a median that is no number', supply: certain(NaN), rate, message: /median of supply 0 .* not NaN/ },
    { name: 'an endless median', supply: certain(Infinity), rate, message: /median of supply 0 .* not Infinity/ },
    {
      name: 'a spread that is no number',
      supply: [{ weight: 1, median: 1, sigma: NaN }],
      rate,
      message: /sigma of supply 0/,
    },
    {
      name: 'a spread past all sense',
      supply: [{ weight: 1, median: 1, sigma: 1e300 }],
      rate,
      message: /from 0 to 100, not 1e\+300/,
    },
    { name: 'a negative weight', supply: [{ weight: -1, median: 1, sigma: 1 }], rate, message: /weight of supply 0/ },
    {
      name: 'a negative alpha',
      supply: certain(1),
      rate: { alpha: -1, beta: 1 },
      message: /alpha of the click rate .* not -1/,
    },
    {
      name: 'a beta that is no number',
      supply: certain(1),
      rate: { alpha: 1, beta: NaN },
      message: /beta of the click rate/,
    },
  ];
  for (const { name, supply, rate: own, message } of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => clickLaw(supply, own), { name: 'ForecastError', code: 'INVALID_QUOTE', message });
    });
  }

  it('refuses to count clicks that are no number', () => {
    assert.throws(() => clickLaw(certain(1), rate)(NaN), {
      code: 'INVALID_QUOTE',
      message: /clicks .* must be a number/,
    });
  });
});
