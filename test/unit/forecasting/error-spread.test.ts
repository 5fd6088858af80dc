import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawNormal } from '../../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../../emulators/world/random.ts';
import { estimateSpread, supplyLaw, type ErrorSpread } from '../../../shared/forecasting/error-spread.ts';
import { normalCdf } from '../../../shared/forecasting/normal-cdf.ts';
import { SPREADS, learnSpreadPrior, spreadPrior } from '../../../shared/forecasting/spread-prior.ts';

const errorsOf = (...logErrors: number[]) => logErrors.map((logError) => ({ logError }));
const drawErrors = (random: Random, sigma: number, count: number, bias = 0) =>
  errorsOf(...Array.from({ length: count }, () => bias + sigma * drawNormal(random)));
const meanSigma = ({ nodes }: ErrorSpread) => nodes.reduce((sum, { weight, sigma }) => sum + weight * sigma, 0);
/** The chance that the next error is below. */
const below = ({ bias, nodes }: ErrorSpread, error: number) =>
  nodes.reduce((sum, { weight, sigma }) => sum + weight * normalCdf((error - bias) / sigma), 0);

describe('the spread of errors', () => {
  it('is a law for none, one and many errors: weights add up to 1, spreads rise', () => {
    for (const count of [0, 1, 3, 10, 60, 400]) {
      const { nodes, bias, sharedShare } = estimateSpread(drawErrors(createRandom(count), 0.2, count));
      assert(Math.abs(nodes.reduce((sum, { weight }) => sum + weight, 0) - 1) < 1e-12);
      nodes.forEach(({ sigma }, index) => assert(sigma > 0 && sigma >= (nodes[index - 1]?.sigma ?? 0)));
      assert(Number.isFinite(bias) && sharedShare > 0 && sharedShare < 1);
    }
  });

  it('comes to the truth as errors come in, whatever was expected', () => {
    for (const sigma of [0.03, 0.1, 0.25, 0.8]) {
      const distances = [3, 30, 300].map((count) => {
        return Math.abs(
          Math.log(meanSigma(estimateSpread(drawErrors(createRandom('truth', sigma), sigma, count))) / sigma),
        );
      });
      assert((distances[2] as number) < 0.1, `${sigma}: ${distances.join()}`);
    }
  });

  it('is surer the more errors there are', () => {
    const widths = [0, 1, 3, 10, 60].map((count) => {
      const { nodes } = estimateSpread(
        errorsOf(...Array.from({ length: count }, (_, index) => (index % 2 ? 0.25 : -0.25))),
      );
      return Math.log((nodes.at(-1)?.sigma ?? NaN) / (nodes[0]?.sigma ?? NaN));
    });
    widths.slice(1).forEach((width, index) => assert(width < (widths[index] as number), widths.join()));
  });

  it('covers new errors as often as it says, from ten of a market never seen before', () => {
    const random = createRandom('coverage');
    const hits = [0, 0, 0];
    const markets = 2000;
    for (let market = 0; market < markets; market++) {
      const sigma = 0.08 * 6 ** random();
      const spread = estimateSpread(drawErrors(random, sigma, 10));
      const place = below(spread, sigma * drawNormal(random));
      [0.5, 0.8, 0.95].forEach((level, index) => {
        if (Math.abs(place - 0.5) < level / 2) hits[index] = (hits[index] as number) + 1;
      });
    }
    [0.5, 0.8, 0.95].forEach((level, index) => {
      const covered = (hits[index] as number) / markets;
      assert(Math.abs(covered - level) < 4 * Math.sqrt((level * (1 - level)) / markets), `${level}: ${covered}`);
    });
  });

  it('does not take chance for a bias, and takes a bias for one', () => {
    const random = createRandom('bias');
    const [none, lasting] = [drawErrors(random, 0.2, 10), drawErrors(random, 0.2, 30, 0.3)];
    assert(Math.abs(estimateSpread(none).bias) < 0.02);
    assert(Math.abs(estimateSpread(lasting).bias - 0.3) < 0.1);
    assert(meanSigma(estimateSpread(lasting)) < 0.27, 'a bias is no spread');
  });

  it('finds what errors of a period share, and nothing where none share one', () => {
    const drawPeriods = (share: number) => {
      const random = createRandom('periods', share);
      return Array.from({ length: 60 }, (_, period) => {
        const factor = drawNormal(random) * Math.sqrt(share);
        return [0, 1, 2].map(() => ({ period, logError: 0.2 * (factor + Math.sqrt(1 - share) * drawNormal(random)) }));
      }).flat();
    };
    const [little, much] = [estimateSpread(drawPeriods(0.05)), estimateSpread(drawPeriods(0.8))];
    assert(little.sharedShare < 0.2 && much.sharedShare > 0.6, `${little.sharedShare}, ${much.sharedShare}`);
    const unknown = estimateSpread([]).sharedShare;
    const alone = estimateSpread(drawErrors(createRandom('alone'), 0.2, 40)).sharedShare;
    assert(Math.abs(alone - unknown) < 1e-9, 'errors of their own periods say nothing of it');
  });

  it('does not depend on the order of errors', () => {
    const error = fc.record({
      logError: fc.double({ min: -2, max: 2, noNaN: true }),
      period: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(error, { maxLength: 12 }), (errors) => {
        const [one, other] = [estimateSpread(errors), estimateSpread([...errors].reverse())];
        assert(Math.abs(one.bias - other.bias) < 1e-9);
        one.nodes.forEach(({ sigma }, index) =>
          assert(Math.abs(sigma - (other.nodes[index]?.sigma ?? NaN)) < 1e-9 * sigma),
        );
      }),
    );
  });

  it('stays a law after errors beyond all sense', () => {
    for (const extreme of [0, 1e-300, 1e300, -1e300, 20]) {
      for (const count of [1, 2, 50]) {
        const { bias, nodes } = estimateSpread(errorsOf(...Array.from({ length: count }, () => extreme)));
        assert(Number.isFinite(bias) && nodes.every(({ weight, sigma }) => weight > 0 && sigma > 0 && sigma < 10));
      }
    }
  });

  it('makes a supply of a forecast: moved by the bias, widened where input could not be trusted', () => {
    const spread = { bias: Math.log(1.1), nodes: [{ weight: 1, sigma: 0.2 }], sharedShare: 0.2 };
    const [one] = supplyLaw(100, spread, 1.5);
    assert(Math.abs((one?.median ?? NaN) - 110) < 1e-9 && Math.abs((one?.sigma ?? NaN) - 0.3) < 1e-12);
  });

  for (const logError of [NaN, Infinity, -Infinity]) {
    it(`refuses an error of ${logError}`, () => {
      const message = new RegExp(`past error 1 must be a number, not ${logError}`);
      assert.throws(() => estimateSpread(errorsOf(0.1, logError)), { code: 'INVALID_QUOTE', message });
    });
  }
});

describe('the prior of spreads', () => {
  const meanOf = (prior: readonly number[]) =>
    Math.exp(prior.reduce((sum, weight, index) => sum + weight * Math.log(SPREADS[index] as number), 0));

  it('adds up to 1 and moves with its centre', () => {
    const priors = [1e-300, 0.05, 0.25, 0.5, 1e300].map((centre) => spreadPrior(centre));
    for (const prior of priors) assert(Math.abs(prior.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-12);
    priors.slice(1).forEach((prior, index) => assert(meanOf(prior) > meanOf(priors[index] as readonly number[])));
  });

  it('learns from many markets what a new one is likely to be', () => {
    const random = createRandom('markets');
    const markets = Array.from({ length: 60 }, () => drawErrors(random, 0.1 * Math.exp(0.2 * drawNormal(random)), 10));
    const learned = learnSpreadPrior(markets);
    const [before, after] = [estimateSpread([]), estimateSpread([], learned)];
    assert(Math.abs(Math.log(meanSigma(after) / 0.1)) < 0.25, String(meanSigma(after)));
    const width = ({ nodes }: ErrorSpread) => (nodes[8]?.sigma ?? NaN) / (nodes[1]?.sigma ?? NaN);
    assert(width(after) < width(before) / 2);
  });

  it('stays what it was without errors to learn from', () => {
    assert.deepEqual(learnSpreadPrior([]), spreadPrior());
    assert.deepEqual(learnSpreadPrior([[], []]), spreadPrior());
  });

  for (const centre of [0, -1, NaN, Infinity]) {
    it(`refuses a centre of ${centre}`, () => {
      assert.throws(() => spreadPrior(centre), { code: 'INVALID_QUOTE', message: new RegExp(`not ${centre}`) });
    });
  }
});
