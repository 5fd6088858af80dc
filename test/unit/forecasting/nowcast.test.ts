import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawNormal } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { nowcastFactor } from '../../../shared/forecasting/nowcast.ts';

const spreads = { market: 0.2, own: 0.2 };
const near = (actual: number, expected: number) =>
  assert(Math.abs(actual - expected) < 1e-12, `${actual}, ${expected}`);

describe('the nowcast', () => {
  it('is 1 when nothing was seen, nothing was expected, or the market never moves', () => {
    assert.equal(nowcastFactor([], spreads), 1);
    assert.equal(nowcastFactor([{ expected: 0, observed: 7 }], spreads), 1);
    assert.equal(nowcastFactor([{ expected: 5, observed: 7 }], { market: 0, own: 0.2 }), 1);
  });

  it('believes half of what one observation says that is as noisy as the market moves', () => {
    near(nowcastFactor([{ expected: 100, observed: 121 }], spreads), 1.1);
  });

  it('believes all of it without noise, and more the more is seen', () => {
    near(nowcastFactor([{ expected: 100, observed: 121 }], { market: 0.2, own: 0 }), 1.21);
    const seen = Array.from({ length: 4 }, () => ({ expected: 50, observed: 60 }));
    near(nowcastFactor(seen, spreads), 1.2 ** 0.8);
  });

  it('takes nothing at all, or far too much, as four spreads', () => {
    const furthest = 4 * Math.hypot(0.2, 0.2);
    near(nowcastFactor([{ expected: 100, observed: 0 }], spreads), Math.exp(-furthest / 2));
    near(nowcastFactor([{ expected: 1, observed: 1e9 }], spreads), Math.exp(furthest / 2));
  });

  it('does not depend on the unit, and rises with what is seen', () => {
    const amount = fc.double({ min: 0.01, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.record({ expected: amount, observed: amount }), { minLength: 1 }), (seen) => {
        const factor = nowcastFactor(seen, spreads);
        const scaled = seen.map(({ expected, observed }) => ({ expected: expected * 8, observed: observed * 8 }));
        near(nowcastFactor(scaled, spreads), factor);
        const more = seen.map(({ expected, observed }) => ({ expected, observed: observed * 2 }));
        assert(nowcastFactor(more, spreads) >= factor);
      }),
    );
  });

  it('misses the true factor by less than believing nothing, and than believing everything', () => {
    const random = createRandom(1, 'nowcast');
    const sums = { ours: 0, nothing: 0, everything: 0 };
    for (let world = 0; world < 2000; world++) {
      const shared = Math.exp(0.2 * drawNormal(random));
      const seen = Array.from({ length: 2 }, () => ({
        expected: 10,
        observed: 10 * shared * Math.exp(0.3 * drawNormal(random)),
      }));
      const ratio = seen.reduce((sum, { observed }) => sum + observed, 0) / 20;
      sums.ours += Math.log(nowcastFactor(seen, { market: 0.2, own: 0.3 }) / shared) ** 2;
      sums.nothing += Math.log(shared) ** 2;
      sums.everything += Math.log(ratio / shared) ** 2;
    }
    assert(sums.ours < 0.6 * sums.nothing && sums.ours < 0.8 * sums.everything, JSON.stringify(sums));
  });

  const refused: {
    name: string;
    seen: { expected: number; observed: number }[];
    of?: typeof spreads;
    message: RegExp;
  }[] = [
    { name: 'a negative amount', seen: [{ expected: 1, observed: -1 }], message: /observation 0 .* not -1/ },
    {
      name: 'an expectation that is no number',
      seen: [{ expected: NaN, observed: 1 }],
      message: /observation 0 .* not NaN/,
    },
    {
      name: 'an endless amount',
      seen: [
        { expected: 1, observed: 1 },
        { expected: 1, observed: Infinity },
      ],
      message: /observation 1/,
    },
    { name: 'a negative spread', seen: [], of: { market: -1, own: 0 }, message: /spread market .* not -1/ },
    { name: 'a spread that is no number', seen: [], of: { market: 1, own: NaN }, message: /spread own .* not NaN/ },
  ];
  for (const { name, seen, of = spreads, message } of refused) {
    it(`refuses ${name}`, () => assert.throws(() => nowcastFactor(seen, of), message));
  }
});
