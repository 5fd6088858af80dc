import assert from 'node:assert/strict';
import { createRandom } from '../../../emulators/world/random.ts';
import { drawPoisson } from '../../../emulators/world/draws.ts';
import { drawGamma } from '../../bench/reach-populations.ts';
import { fitNbd, nbdLogMass, poissonLogMass } from '../../../shared/forecasting/nbd.ts';

/** Fader and Hardie's published fit of 250 people's exposures to billboards. */
const PUBLISHED = { r: 0.969259, alpha: 0.217518, logLikelihood: -649.6888 };
const billboard = {
  exposures: Array.from({ length: 24 }, (_, count) => count),
  people: [48, 37, 30, 24, 20, 16, 13, 11, 9, 7, 6, 5, 5, 3, 3, 2, 2, 2, 1, 1, 2, 1, 1, 1],
};
const near = (actual: number, expected: number, tolerance: number) =>
  assert(Math.abs(actual - expected) <= tolerance * Math.abs(expected), `${actual}, ${expected}`);

describe('the negative binomial fit', () => {
  it('is the published one of the billboards', () => {
    const fit = fitNbd(billboard);
    near(fit.r, PUBLISHED.r, 1e-6);
    near(fit.alpha, PUBLISHED.alpha, 3e-6);
    near(fit.logLikelihood, PUBLISHED.logLikelihood, 1e-7);
  });

  it('is likelier than any near it', () => {
    const fit = fitNbd(billboard);
    const likelihood = (r: number, alpha: number) =>
      billboard.people.reduce((sum, people, count) => sum + people * nbdLogMass({ r, alpha }, count), 0);
    for (const factor of [0.9, 0.999, 1.001, 1.1]) {
      assert(likelihood(fit.r * factor, fit.alpha) < fit.logLikelihood);
      assert(likelihood(fit.r, fit.alpha * factor) < fit.logLikelihood);
      assert(likelihood(fit.r * factor, fit.alpha * factor) < fit.logLikelihood);
    }
  });

  it('finds the parameters that exposures were drawn from', () => {
    for (const [r, alpha] of [
      [0.3, 0.05],
      [1, 0.5],
      [5, 1],
    ] as const) {
      const random = createRandom(1, 'nbd', r);
      const counts = new Map<number, number>();
      for (let person = 0; person < 40_000; person++) {
        const count = drawPoisson(random, drawGamma(random, r) / alpha);
        counts.set(count, (counts.get(count) ?? 0) + 1);
      }
      const sorted = [...counts].sort(([one], [other]) => one - other);
      const fit = fitNbd({ exposures: sorted.map(([count]) => count), people: sorted.map(([, people]) => people) });
      near(fit.r, r, 0.06);
      near(fit.alpha, alpha, 0.06);
    }
  });

  it("is Poisson's where exposures vary no more than by chance", () => {
    const table = { exposures: [2, 3], people: [500, 500] };
    const fit = fitNbd(table);
    near(fit.r / fit.alpha, 2.5, 1e-9);
    near(fit.logLikelihood, 500 * (poissonLogMass(2.5, 2) + poissonLogMass(2.5, 3)), 1e-5);
  });

  it('is a law: its probabilities add up to 1', () => {
    for (const r of [1e-3, 0.5, 20]) {
      let sum = 0;
      for (let count = 0; count < 5000; count++) sum += Math.exp(nbdLogMass({ r, alpha: 0.1 }, count));
      near(sum, 1, 1e-9);
    }
  });

  it('is a number for one person, for a million exposures, and for parts of people', () => {
    const tables = [
      { exposures: [1], people: [1] },
      { exposures: [0, 1_000_000], people: [1e9, 1] },
      { exposures: [0, 1, 70, 1_000_000], people: [0, 1e-300, 1e-300, 0] },
      { exposures: [5, 1000], people: [1e15, 1] },
    ];
    for (const table of tables) {
      const { r, alpha, logLikelihood } = fitNbd(table);
      assert(r > 0 && r <= 1_000_001 && alpha > 0 && Number.isFinite(alpha) && Number.isFinite(logLikelihood));
    }
  });

  const wrong: { name: string; exposures: number[]; people: number[]; message: RegExp }[] = [
    { name: 'an empty table', exposures: [], people: [], message: /nobody was exposed/ },
    { name: 'a table without an exposure', exposures: [0, 1], people: [9, 0], message: /nobody was exposed/ },
    { name: 'negative people', exposures: [0, 1], people: [9, -1], message: /bin 1 has -1/ },
    { name: 'falling exposures', exposures: [1, 0], people: [9, 1], message: /bin 1 is of 0/ },
    { name: 'exposures that are no number', exposures: [NaN], people: [9], message: /bin 0 is of NaN/ },
  ];
  for (const { name, exposures, people, message } of wrong) {
    it(`refuses ${name}`, () =>
      assert.throws(() => fitNbd({ exposures, people }), { code: 'INVALID_HISTOGRAM', message }));
  }
});
