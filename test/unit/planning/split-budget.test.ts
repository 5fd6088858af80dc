import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_MICROS, sumMicros } from '../../../shared/contracts/micros.ts';
import { splitBudget, type SplitPart } from '../../../shared/planning/split-budget.ts';

function part(weight: number, floorMicros = 0, capMicros = MAX_MICROS): SplitPart {
  return { weight, floorMicros, capMicros };
}

const cases = [
  { name: 'in proportion to weight', budget: 100, parts: [part(1), part(3)], shares: [25, 75] },
  {
    name: 'the odd micros to the first parts, one each',
    budget: 101,
    parts: [part(1), part(1), part(1)],
    shares: [34, 34, 33],
  },
  {
    name: 'its floor to a part whose proportion is less',
    budget: 100,
    parts: [part(1, 60), part(1)],
    shares: [60, 40],
  },
  {
    name: 'nothing on top of a floor below the proportion',
    budget: 100,
    parts: [part(1, 40), part(1)],
    shares: [50, 50],
  },
  {
    name: 'floors and caps at once',
    budget: 100,
    parts: [part(1, 30), part(8, 0, 40), part(1), part(2)],
    shares: [30, 40, 10, 20],
  },
  { name: 'what a cap refuses to the others', budget: 100, parts: [part(1, 0, 10), part(1)], shares: [10, 90] },
  { name: 'a floor above its cap as the floor', budget: 100, parts: [part(1, 20, 10), part(1)], shares: [20, 80] },
  { name: 'nothing but the floor to weight zero', budget: 100, parts: [part(0, 5), part(2)], shares: [5, 95] },
  {
    name: 'everything to escrow when no part has weight',
    budget: 100,
    parts: [part(0), part(0)],
    shares: [0, 0],
    escrow: 100,
  },
  {
    name: 'to escrow what no cap takes',
    budget: 100,
    parts: [part(1, 0, 30), part(9, 0, 30)],
    shares: [30, 30],
    escrow: 40,
  },
  { name: 'the largest budget', budget: MAX_MICROS, parts: [part(1), part(1)], shares: [2 ** 52, 2 ** 52 - 1] },
  {
    name: 'the largest budget by the largest weights',
    budget: MAX_MICROS,
    parts: [part(MAX_MICROS), part(MAX_MICROS)],
    shares: [2 ** 52, 2 ** 52 - 1],
  },
  { name: 'a budget equal to its floors', budget: 7, parts: [part(1, 3), part(1, 4)], shares: [3, 4] },
  { name: 'a budget of nothing', budget: 0, parts: [part(1), part(1)], shares: [0, 0] },
];

describe('splitting a budget', () => {
  for (const { name, budget, parts, shares, escrow = 0 } of cases) {
    it(`gives ${name}`, () => {
      assert.deepEqual(splitBudget(budget, parts), { kind: 'split', sharesMicros: shares, escrowMicros: escrow });
    });
  }

  it('says what the floors add up to when they do not fit', () => {
    assert.deepEqual(splitBudget(9, [part(1, 5), part(1, 5)]), { kind: 'infeasible', floorsMicros: 10 });
  });

  it('fails at once for a cap that is no number, and does not deal micro by micro', () => {
    assert.throws(() => splitBudget(1_000_000, [part(1, 0, NaN)]), { name: 'AssertionError' });
  });

  it('is exact to the micro and inside every floor and cap, also near 2^53', () => {
    const amount = fc.oneof(fc.nat(1000), fc.maxSafeNat(), fc.integer({ min: MAX_MICROS - 100, max: MAX_MICROS }));
    const parts = fc.array(
      fc.record({ weight: fc.oneof(fc.constant(0), fc.nat(10), amount), floor: fc.nat(10 ** 12), cap: amount }),
      {
        minLength: 1,
        maxLength: 50,
      },
    );
    fc.assert(
      fc.property(amount, parts, (budget, list) => {
        const all = list.map(({ weight, floor, cap }) => part(weight, floor, cap));
        const split = splitBudget(budget, all);
        if (split.kind === 'infeasible') {
          assert(split.floorsMicros > budget);
          return;
        }
        assert.equal(sumMicros([...split.sharesMicros, split.escrowMicros]), budget);
        assert(split.escrowMicros >= 0);
        split.sharesMicros.forEach((share, index) => {
          const { floorMicros, capMicros, weight } = all[index] as SplitPart;
          assert(Number.isSafeInteger(share) && share >= floorMicros && share <= Math.max(floorMicros, capMicros));
          // Nothing is left over while somebody has room.
          if (split.escrowMicros > 0 && weight > 0) assert(share >= capMicros);
        });
      }),
    );
  });

  it('gives no part more of a smaller budget, also when floors have risen to what parts had', () => {
    const one = fc.record({
      weight: fc.nat(1000),
      floor: fc.nat(50),
      cap: fc.nat(200),
      risen: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), fc.nat(600), fc.nat(600), (list, left, right) => {
        const parts = list.map(({ weight, floor, cap }) => part(weight, floor, cap));
        const before = splitBudget(Math.max(left, right), parts);
        if (before.kind === 'infeasible') return;
        const risen = parts.map((own, index) => {
          const share = before.sharesMicros[index] as number;
          return {
            ...own,
            floorMicros: own.floorMicros + Math.floor((share - own.floorMicros) * (list[index]?.risen ?? 0)),
          };
        });
        const after = splitBudget(Math.min(left, right), risen);
        if (after.kind === 'infeasible') return;
        after.sharesMicros.forEach((share, index) => assert(share <= (before.sharesMicros[index] as number)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('deals whole micros as D’Hondt deals seats: nobody’s next micro has more weight behind it than one that was given', () => {
    const one = fc.record({ weight: fc.integer({ min: 1, max: 1000 }), floor: fc.nat(50), cap: fc.nat(200) });
    fc.assert(
      fc.property(fc.array(one, { minLength: 2, maxLength: 5 }), fc.nat(600), (list, budget) => {
        const parts = list.map(({ weight, floor, cap }) => part(weight, floor, cap));
        const split = splitBudget(budget, parts);
        if (split.kind === 'infeasible') return;
        const { sharesMicros } = split;
        parts.forEach((taker, index) => {
          const share = sharesMicros[index] as number;
          if (share >= taker.capMicros) return;
          parts.forEach((giver, other) => {
            const given = sharesMicros[other] as number;
            if (given > giver.floorMicros) assert(taker.weight * given <= giver.weight * (share + 1));
          });
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('never gives a heavier part less, all else equal', () => {
    fc.assert(
      fc.property(
        fc.nat(10 ** 9),
        fc.integer({ min: 1, max: 10 ** 6 }),
        fc.integer({ min: 1, max: 10 ** 6 }),
        (budget, left, right) => {
          const split = splitBudget(budget, [part(Math.max(left, right)), part(Math.min(left, right))]);
          assert(split.kind === 'split' && (split.sharesMicros[0] as number) >= (split.sharesMicros[1] as number));
        },
      ),
    );
  });
});
