import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawNormal } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { scoreRanges, type SettledRange } from '../../../shared/forecasting/score-range.ts';

const near = (actual: number, expected: number) =>
  assert(Math.abs(actual - expected) < 1e-12, `${actual}, ${expected}`);

describe('scores of ranges', () => {
  it('are what is worked out by hand', () => {
    const score = scoreRanges([
      { low: 10, mid: 20, high: 40, actual: 30 },
      { low: 10, mid: 20, high: 40, actual: 5 },
      { low: 10, mid: 20, high: 40, actual: 50 },
      { low: 0, mid: 0, high: 0, actual: 0 },
    ]);
    assert.deepEqual([score.count, score.coverage, score.below, score.above], [4, 0.5, 0.25, 0.25]);
    near(score.bias, Math.log(30.5 / 20.5) / 2);
    near(score.error, (Math.abs(5.5 / 20.5 - 1) + Math.abs(30.5 / 20.5 - 1)) / 2);
    const inside = 0.1 * 20 + 0.5 * 10 + 0.1 * 10;
    const under = 0.9 * 5 + 0.5 * 15 + 0.1 * 35;
    const over = 0.1 * 40 + 0.5 * 30 + 0.9 * 10;
    near(score.pinball, (inside + under + over) / 3 / 4);
    near(score.crps, 2 * score.pinball);
  });

  it('find eight in ten covered where ranges are true, and prefer them to wide, narrow and biased ones', () => {
    const random = createRandom('ranges');
    const worlds = Array.from({ length: 4000 }, () => 100 * Math.exp(0.3 * drawNormal(random)));
    const scoreOf = (sigma: number, middle: number) =>
      scoreRanges(
        worlds.map((actual) => ({
          low: middle * Math.exp(-1.2816 * sigma),
          mid: middle,
          high: middle * Math.exp(1.2816 * sigma),
          actual,
        })),
      );
    const honest = scoreOf(0.3, 100);
    assert(Math.abs(honest.coverage - 0.8) < 0.03 && Math.abs(honest.bias) < 0.02);
    assert(scoreOf(0.1, 100).coverage < 0.5 && scoreOf(0.9, 100).coverage > 0.97);
    assert(Math.abs(scoreOf(0.3, 50).bias - Math.log(2)) < 0.03);
    for (const other of [scoreOf(0.1, 100), scoreOf(0.9, 100), scoreOf(0.3, 50)])
      assert(honest.pinball < other.pinball);
  });

  it('scale with the unit and stay finite', () => {
    const amount = fc.double({ min: 0, max: 1e12, noNaN: true });
    const range = fc.tuple(amount, amount, amount, amount).map(([a, b, c, actual]) => {
      const [low, mid, high] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
      return { low, mid, high, actual };
    });
    fc.assert(
      fc.property(fc.array(range, { minLength: 1 }), (settled) => {
        const score = scoreRanges(settled);
        for (const value of Object.values(score)) assert(Number.isFinite(value));
        near(score.coverage + score.below + score.above, 1);
        const doubled = settled.map(({ low, mid, high, actual }) => ({
          low: 2 * low,
          mid: 2 * mid,
          high: 2 * high,
          actual: 2 * actual,
        }));
        assert(Math.abs(scoreRanges(doubled).pinball - 2 * score.pinball) <= 1e-9 * score.pinball);
      }),
    );
  });

  const right = { low: 1, mid: 2, high: 3, actual: 2 };
  const refused: { name: string; settled: SettledRange[]; message: RegExp }[] = [
    { name: 'nothing', settled: [], message: /no settled range/ },
    { name: 'percentiles that fall', settled: [right, { ...right, low: 2.5 }], message: /range 1 must rise/ },
    { name: 'a negative percentile', settled: [{ ...right, low: -1 }], message: /range 0 must rise from 0/ },
    { name: 'a percentile that is no number', settled: [{ ...right, mid: NaN }], message: /range 0/ },
    { name: 'an endless percentile', settled: [{ ...right, high: Infinity }], message: /range 0/ },
    { name: 'a negative outcome', settled: [{ ...right, actual: -1 }], message: /came -1/ },
    { name: 'an outcome that is no number', settled: [{ ...right, actual: NaN }], message: /came NaN/ },
  ];
  for (const { name, settled, message } of refused) {
    it(`refuse ${name}`, () => assert.throws(() => scoreRanges(settled), { code: 'INVALID_QUOTE', message }));
  }
});
