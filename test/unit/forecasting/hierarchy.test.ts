import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawNormal } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import {
  decideReconciliation,
  reconcileCounts,
  type Family,
  type FamilyOrigin,
} from '../../../shared/forecasting/hierarchy.ts';

const family = (parent: readonly number[], ...children: number[][]): Family => ({
  parent: Float64Array.from(parent),
  children: children.map((child) => Float64Array.from(child)),
});

describe('reconciling counts', () => {
  it('is the projection that the least weighted squares give', () => {
    // Oracle: minimise sum (x - forecast)^2 / variance over what adds up, by coordinate descent.
    const [parent, first, second] = [100, 30, 50];
    const variances = { parent: 4, children: [1, 3] };
    let [x, y] = [first, second];
    for (let round = 0; round < 2000; round++) {
      x = (first / 1 + (parent - y) / 4) / (1 / 1 + 1 / 4);
      y = (second / 3 + (parent - x) / 4) / (1 / 3 + 1 / 4);
    }
    const moved = reconcileCounts(family([parent], [first], [second]), variances);
    const near = (actual: number | undefined, expected: number) => assert(Math.abs((actual ?? NaN) - expected) < 1e-9);
    near(moved.children[0]?.[0], x);
    near(moved.children[1]?.[0], y);
    near(moved.parent[0], x + y);
  });

  it('adds up, is never negative, and changes nothing that adds up', () => {
    const amount = fc.double({ min: 0, max: 1e6, noNaN: true });
    const variance = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        amount,
        fc.array(fc.tuple(amount, variance), { minLength: 1, maxLength: 6 }),
        variance,
        (top, cells, of) => {
          const children = cells.map(([value]) => [value]);
          const variances = { parent: of, children: cells.map(([, one]) => one) };
          const moved = reconcileCounts(family([top], ...children), variances);
          const sum = moved.children.reduce((total, child) => total + (child[0] as number), 0);
          assert(moved.children.every((child) => (child[0] as number) >= 0));
          assert(Math.abs(sum - (moved.parent[0] as number)) <= 1e-9 * (1 + sum));
          const same = reconcileCounts(moved, variances);
          moved.children.forEach((child, index) => {
            assert(Math.abs((child[0] as number) - (same.children[index]?.[0] as number)) <= 1e-6 * (1 + sum));
          });
        },
      ),
    );
  });

  const refused: [string, () => unknown, RegExp][] = [
    [
      'hours that differ',
      () => reconcileCounts(family([1, 2], [1]), { parent: 1, children: [1] }),
      /child 0 has 1 hours/,
    ],
    ['a negative amount', () => reconcileCounts(family([1], [-1]), { parent: 1, children: [1] }), /child 0 .* not -1/],
    [
      'an amount that is no number',
      () => reconcileCounts(family([NaN], [1]), { parent: 1, children: [1] }),
      /parent .* not NaN/,
    ],
    [
      'a variance too few',
      () => reconcileCounts(family([1], [1], [1]), { parent: 1, children: [1] }),
      /expected 2 variances/,
    ],
    [
      'a negative variance',
      () => reconcileCounts(family([1], [1]), { parent: 1, children: [-1] }),
      /variance .* not -1/,
    ],
    ['no origin', () => decideReconciliation([]), /at least one origin/],
  ];
  for (const [name, act, message] of refused) {
    it(`refuses ${name}`, () => assert.throws(act, { code: 'INVALID_SERIES', message }));
  }
});

describe('deciding to reconcile', () => {
  /** Twenty origins of 24 hours; errors of the parent and of children as given, common to children where `shared`. */
  const origins = (parentError: number, childError: number, bias: number): FamilyOrigin[] => {
    const random = createRandom(1, 'hierarchy', parentError, childError, bias);
    return Array.from({ length: 20 }, () => {
      const truth = [40, 60, 100].map((level) => Array.from({ length: 24 }, () => level + 5 * drawNormal(random)));
      const actual = family(sums(truth), ...truth);
      const noisy = (series: readonly number[], error: number, factor = 1) =>
        series.map((value) => Math.max(0, factor * value * (1 + error * drawNormal(random))));
      const children = truth.map((series) => noisy(series, childError));
      return { actual, forecast: family(noisy(sums(truth), parentError, 1 + bias), ...children) };
    });
  };
  const sums = (children: readonly number[][]) =>
    Array.from({ length: 24 }, (_, hour) => children.reduce((sum, child) => sum + (child[hour] as number), 0));

  it('says yes where both levels gain', () => {
    const decision = decideReconciliation(origins(0.1, 0.15, 0));
    assert(decision.isBetter);
    assert(decision.reconciled.parent < decision.base.parent && decision.reconciled.children < decision.base.children);
    assert(decision.variances.parent > (decision.variances.children[0] as number));
  });

  it('says no where a parent that was right goes wrong and its cells would pay for it', () => {
    const decision = decideReconciliation([
      ...origins(0.01, 0.05, 0).slice(0, 4),
      ...origins(0.01, 0.05, 0.3).slice(0, 2),
    ]);
    assert(!decision.isBetter);
    assert(decision.reconciled.children > decision.base.children);
  });

  it('says no of a single origin, of no traffic, and of forecasts that add up', () => {
    assert(!decideReconciliation(origins(0.1, 0.15, 0).slice(0, 1)).isBetter);
    const nothing = { forecast: family([0], [0]), actual: family([0], [0]) };
    assert.deepEqual(decideReconciliation([nothing, nothing]).base, { parent: 0, children: 0 });
    assert(!decideReconciliation([nothing, nothing]).isBetter);
  });
});
