import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawBinomial, drawNormal } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { ForecastError } from '../../../shared/forecasting/forecast-error.ts';
import { fitResponse, type ResponseObservation } from '../../../shared/forecasting/fit-response.ts';
import { calibrationOf, logLoss } from '../../../shared/forecasting/log-loss.ts';
import { predictRate } from '../../../shared/forecasting/predict-rate.ts';

interface World {
  observations: ResponseObservation[];
  truth: number[];
}

/** Cells of two factors, whose log-odds add up but for an effect of each cell. */
function worldOf(seed: number, { impressions = 400, sigma = 0.5, cellSigma = 0.3, base = -4 } = {}): World {
  const random = createRandom(seed, 'response');
  const draw = (count: number, spread: number) => Array.from({ length: count }, () => spread * drawNormal(random));
  const [segments, surfaces] = [draw(12, sigma), draw(8, sigma)];
  const world: World = { observations: [], truth: [] };
  segments.forEach((one, segment) =>
    surfaces.forEach((other, surface) => {
      const rate = 1 / (1 + Math.exp(-(base + one + other + cellSigma * drawNormal(random))));
      const factors = { segment: `s${segment}`, surface: `u${surface}` };
      world.observations.push({ factors, impressions, clicks: drawBinomial(random, impressions, rate) });
      world.truth.push(rate);
    }),
  );
  return world;
}

const refuses = (observations: ResponseObservation[], message: RegExp, options = {}) =>
  assert.throws(
    () => fitResponse(observations, options),
    (error: unknown) => {
      assert(error instanceof ForecastError);
      assert.equal(error.code, 'INVALID_RESPONSE');
      assert.match(error.message, message);
      return true;
    },
  );

const one = (impressions: number, clicks: number, level = 'a'): ResponseObservation => ({
  factors: { segment: level },
  impressions,
  clicks,
});

describe('a response model', () => {
  it('is nearer to the truth than the rate of all and the rates of cells', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { observations, truth } = worldOf(seed);
      const model = fitResponse(observations);
      const mean = observations.reduce((sum, { clicks }) => sum + clicks, 0) / (400 * observations.length);
      const lossOf = (rateOf: (observation: ResponseObservation) => number) =>
        logLoss(
          observations.map((own, index) => ({
            rate: rateOf(own),
            impressions: 1e6,
            clicks: 1e6 * (truth[index] as number),
          })),
        );
      const loss = lossOf(({ factors }) => predictRate(model, factors).rate);
      assert(loss < lossOf(() => mean), `seed ${seed}`);
      assert(loss < lossOf(({ impressions, clicks }) => (clicks + 0.5) / (impressions + 1)), `seed ${seed}`);
    }
  });

  it('is at the maximum of its penalised likelihood: what is left of a level is its effect over the variance', () => {
    const { observations } = worldOf(3);
    const model = fitResponse(observations);
    assert(model.cells.variance > 0);
    const left = observations.map(
      ({ factors, impressions, clicks }) => clicks - impressions * predictRate(model, factors).rate,
    );
    observations.forEach(({ factors }, index) => {
      const [effect] = model.cells.levels[JSON.stringify([factors['segment'], factors['surface']])] as [number, number];
      assert(Math.abs((left[index] as number) - effect / model.cells.variance) < 1e-4);
    });
    for (const { name, effects } of model.factors) {
      for (const [level, [effect]] of Object.entries(effects.levels)) {
        const sum = left.reduce((all, own, index) => all + (observations[index]?.factors[name] === level ? own : 0), 0);
        assert(Math.abs(sum - effect / effects.variance) < 1e-4, `${level}: ${sum}, ${effect / effects.variance}`);
      }
    }
    assert(Math.abs(left.reduce((sum, own) => sum + own, 0)) < 1e-4);
  });

  it('holds the truth between low and high four times in five', () => {
    let [inside, all] = [0, 0];
    for (let seed = 0; seed < 60; seed++) {
      const { observations, truth } = worldOf(seed, { impressions: 100 * 4 ** (seed % 4) });
      const model = fitResponse(observations);
      observations.forEach(({ factors }, index) => {
        const { low, high } = predictRate(model, factors);
        const rate = truth[index] as number;
        all++;
        if (low <= rate && rate <= high) inside++;
      });
    }
    assert(inside / all > 0.72 && inside / all < 0.88, `${inside / all}`);
  });

  it('adds up by the levels that are balanced, and shrinks the others', () => {
    const observations = ['a', 'b', 'c'].flatMap((segment, index) =>
      ['x', 'y'].map((surface) => ({ factors: { segment, surface }, impressions: 2000, clicks: 8 + 3 * index })),
    );
    const ratioOf = (model: ReturnType<typeof fitResponse>, segment: string) =>
      calibrationOf(
        observations
          .filter(({ factors }) => factors.segment === segment)
          .map((own) => ({ ...own, rate: predictRate(model, own.factors).rate })),
      )?.ratio as number;
    const balanced = fitResponse(observations, { balanced: ['segment'] });
    for (const segment of ['a', 'b', 'c']) assert(Math.abs(ratioOf(balanced, segment) - 1) < 0.05, segment);
    const shrunk = fitResponse(observations);
    assert(ratioOf(shrunk, 'a') > 1.2 && ratioOf(shrunk, 'c') < 0.9);
  });

  it('adds up the more closely the more clicks there are', () => {
    const clicksOf = { a: 10_000, b: 12_000, c: 9000 };
    const observations = Object.entries(clicksOf).flatMap(([segment, clicks]) =>
      Array.from({ length: 50 }, (_, surface) => {
        return { factors: { segment, surface: `${surface}` }, impressions: 20_000, clicks: clicks / 50 };
      }),
    );
    const model = fitResponse(observations, { balanced: ['segment'] });
    for (const [segment, clicks] of Object.entries(clicksOf)) {
      const own = observations.filter(({ factors }) => factors.segment === segment);
      const predicted = own.reduce((sum, { factors }) => sum + 20_000 * predictRate(model, factors).rate, 0);
      assert(Math.abs(predicted - clicks) <= 0.51 * Math.sqrt(clicks), `${predicted}, ${clicks}`);
    }
  });

  it('is as sure of a cell as the cell has data, where cells differ', () => {
    const model = fitResponse(worldOf(6, { impressions: 100_000, cellSigma: 0.6 }).observations);
    assert(model.cells.variance > 0.1);
    const { effectiveImpressions } = predictRate(model, { segment: 's2', surface: 'u3' });
    assert(effectiveImpressions > 80_000 && effectiveImpressions < 140_000, `${effectiveImpressions}`);
  });

  it('balances no level of fewer than ten clicks, had or expected, and survives one without any', () => {
    const thin = fitResponse([one(1000, 9, 'a'), one(400_000, 4000, 'b')], { balanced: ['segment'] });
    assert(Math.abs(predictRate(thin, { segment: 'a' }).rate - predictRate(thin, { segment: 'b' }).rate) < 5e-4);
    const none = fitResponse([one(10_000, 0, 'a'), one(10_000, 100, 'b')], { balanced: ['segment'] });
    const { rate } = predictRate(none, { segment: 'a' });
    assert(rate > 0 && rate < 3e-4, `${rate}`);
  });

  it('falls back to what levels have in common for one it has not seen, and is less sure', () => {
    const { observations } = worldOf(5, { impressions: 4000 });
    const model = fitResponse(observations);
    const known = predictRate(model, { segment: 's1', surface: 'u1' });
    const other = predictRate(model, { segment: 'new', surface: 'u1' });
    const nothing = predictRate(model, {});
    const mean = observations.reduce((sum, { clicks }) => sum + clicks, 0) / (4000 * observations.length);
    assert(known.effectiveImpressions > 10 * other.effectiveImpressions);
    assert(nothing.high / nothing.low > other.high / other.low);
    assert(Math.abs(nothing.rate / mean - 1) < 0.2, `${nothing.rate}, ${mean}`);
    assert(nothing.low < mean && nothing.high > mean);
  });

  it('takes names of any kind for levels, such as those of the language itself', () => {
    const names = ['__proto__', 'constructor', 'toString', '', '"[', 'ø'];
    const observations = names.map((segment, index) => one(10_000, 100 * (index + 1), segment));
    const model = JSON.parse(JSON.stringify(fitResponse(observations))) as ReturnType<typeof fitResponse>;
    names.forEach((segment, index) => {
      const { rate } = predictRate(model, { segment });
      assert(Math.abs(rate / (0.01 * (index + 1)) - 1) < 0.05, `${segment}: ${rate}`);
    });
  });

  it('learns how much a score is worth', () => {
    const random = createRandom(7, 'score');
    const observations = Array.from({ length: 3000 }, () => {
      const score = drawNormal(random);
      return {
        factors: {},
        impressions: 20,
        clicks: drawBinomial(random, 20, 1 / (1 + Math.exp(3 - 0.7 * score))),
        score,
      };
    });
    const model = fitResponse(observations);
    assert(Math.abs(model.slope - 0.7) < 0.06, `${model.slope}`);
    const [low, high] = [predictRate(model, {}, -1).rate, predictRate(model, {}, 1).rate];
    assert(Math.abs(high / low - Math.exp(1.4)) < 0.6);
    const worthless = fitResponse(observations.map((own) => ({ ...own, score: 0 })));
    assert.equal(worthless.slope, 0);
  });

  it('forgets old data by half in a half-life', () => {
    const observations = [
      { ...one(1e6, 1000), ageDays: 7 },
      { ...one(1e6, 4000), ageDays: 0 },
    ];
    assert(Math.abs(predictRate(fitResponse(observations), {}).rate - 0.0025) < 1e-6);
    assert(Math.abs(predictRate(fitResponse(observations, { halfLifeDays: 7 }), {}).rate - 0.003) < 1e-6);
  });

  it('is the same for the same data in another order and split over more rows', () => {
    const { observations } = worldOf(9);
    const model = fitResponse(observations);
    assert.deepEqual(fitResponse(observations.toReversed()), model);
    const split = observations.flatMap((own) => [
      { ...own, impressions: own.impressions - own.clicks, clicks: 0 },
      { ...own, impressions: own.clicks, clicks: own.clicks },
    ]);
    assert.deepEqual(fitResponse(split), model);
  });

  it('has an answer for no clicks, nothing but clicks, one impression, and a thousand million', () => {
    for (const [impressions, clicks] of [
      [1000, 0],
      [1000, 1000],
      [1, 0],
      [1, 1],
      [1e9, 5e6],
      [1e15, 1],
      [1e-6, 0],
    ] as const) {
      const { rate, low, high, effectiveImpressions } = predictRate(
        fitResponse([one(impressions, clicks), one(0, 0, 'b')]),
        { segment: 'a' },
      );
      const what = JSON.stringify({ impressions, clicks, rate, low, high, effectiveImpressions });
      assert(
        rate > 0 && rate < 1 && low <= rate && rate <= high && low >= 0 && high <= 1 && effectiveImpressions >= 0,
        what,
      );
      if (clicks > 0 && clicks < impressions) assert(Math.abs((rate * impressions) / clicks - 1) < 1e-6, what);
    }
  });

  it('gives rates within 0 and 1 around which low and high stand, whatever the counts', () => {
    const counts = fc.record({
      segment: fc.constantFrom('a', 'b', 'c', 'd'),
      surface: fc.constantFrom('x', 'y'),
      impressions: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1e9 })),
      share: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
      score: fc.constantFrom(-50, -1, 0, 2, 50),
      ageDays: fc.constantFrom(0, 3, 1e6),
    });
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 12 }), fc.boolean(), (drawn, isBalanced) => {
        const observations = drawn.map(({ segment, surface, impressions, share, score, ageDays }) => {
          return {
            factors: { segment, surface },
            impressions,
            clicks: Math.floor(share * impressions),
            score,
            ageDays,
          };
        });
        fc.pre(observations.some(({ impressions, ageDays }) => impressions > 0 && ageDays < 10));
        const model = fitResponse(
          observations,
          isBalanced ? { balanced: ['segment'], halfLifeDays: 1e4 } : { halfLifeDays: 1e4 },
        );
        assert.deepEqual(JSON.parse(JSON.stringify(model)), model);
        for (const { factors, score } of [...observations, { factors: {}, score: 0 }]) {
          const { rate, low, high, effectiveImpressions } = predictRate(model, factors, score);
          assert(low >= 0 && low <= rate && rate <= high && high <= 1, JSON.stringify({ rate, low, high }));
          assert(effectiveImpressions >= 0);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('refuses counts that cannot be', () => {
    refuses([one(10, 11)], /observation 0: 11 clicks of 10 impressions/);
    refuses([one(10, 1), one(10, -1)], /observation 1: clicks must be 0 or more, not -1/);
    refuses([one(-1, 0)], /impressions must be 0 to .*, not -1/);
    for (const impressions of [NaN, Infinity, 1e300]) refuses([one(impressions, 0)], /impressions must be/);
    refuses([one(10, NaN)], /clicks must be/);
    refuses([{ ...one(10, 1), ageDays: -1 }], /ageDays must be 0 or more, not -1/);
    refuses([{ ...one(10, 1), score: NaN }], /score must be within 50, not NaN/);
  });

  it('refuses nothing to learn from, mixed factors and options that name none', () => {
    refuses([], /no impressions/);
    refuses([one(0, 0)], /no impressions/);
    refuses([one(1e-300, 0)], /no impressions/);
    refuses([{ ...one(5, 1), ageDays: 1e9 }], /no impressions/, { halfLifeDays: 1 });
    refuses(
      [one(10, 1), { factors: { surface: 'x' }, impressions: 10, clicks: 1 }],
      /observation 1 has the factors surface/,
    );
    refuses([one(10, 1)], /no factor surface/, { balanced: ['surface'] });
    for (const halfLifeDays of [0, -1, NaN]) refuses([one(10, 1)], /halfLifeDays must be above 0/, { halfLifeDays });
    assert.throws(() => predictRate(fitResponse([one(10, 1)]), {}, NaN), /score must be a number/);
  });
});
