import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawInteger } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { MAX_MICROS, sumMicros } from '../../../shared/contracts/micros.ts';
import { responseAt, type ResponseCurve } from '../../../shared/planning/response-curve.ts';
import { splitByResponse, type ResponsePart } from '../../../shared/planning/response-split.ts';
import { splitBudget } from '../../../shared/planning/split-budget.ts';
import { createSplitInstance } from '../../bench/split-instances.ts';
import { bestResponse } from '../../bench/split-oracle.ts';

function part(points: [number, number][], { floor = 0, cap = MAX_MICROS, weight = 1 } = {}): ResponsePart {
  const curve = { micros: points.map(([micros]) => micros), response: points.map(([, response]) => response) };
  return { curve, weight, floorMicros: floor, capMicros: cap };
}

/** Worth its money up to `end`, nothing after. */
function linear(end: number, limits?: { floor?: number; cap?: number; weight?: number }): ResponsePart {
  return part(
    [
      [0, 0],
      [end, end],
    ],
    limits,
  );
}

/** Worth nothing below `at`. */
function step(at: number, rise: number): ResponsePart {
  return part([
    [0, 0],
    [at - 1, 0],
    [at, rise],
  ]);
}

function shares(budgetMicros: number, parts: readonly ResponsePart[]): number[] {
  const split = splitByResponse(budgetMicros, parts);
  assert(split.kind === 'split');
  return split.sharesMicros;
}

function worth(parts: readonly ResponsePart[], sharesMicros: readonly number[]): number {
  return parts.reduce((sum, { curve }, index) => sum + responseAt(curve, sharesMicros[index] as number), 0);
}

const steepThenFlat: [number, number][] = [
  [0, 0],
  [10, 100],
  [100, 145],
];

const cases = [
  {
    name: 'the next money to whom it brings most',
    budget: 30,
    parts: [part(steepThenFlat), linear(100)],
    shares: [10, 20],
  },
  {
    name: 'what comes later where it makes up for what comes first',
    budget: 50,
    parts: [step(50, 90), linear(100)],
    shares: [50, 0],
  },
  {
    name: 'nothing to a jump that is out of reach',
    budget: 49,
    parts: [step(50, 90), linear(100)],
    shares: [0, 49],
  },
  {
    name: 'two jumps that fit together rather than the best one alone',
    budget: 100,
    parts: [step(60, 66), step(50, 50), step(50, 50)],
    shares: [0, 50, 50],
  },
  {
    name: 'equals the same, the odd micros to the first',
    budget: 101,
    parts: [linear(90), linear(90), linear(90)],
    shares: [34, 34, 33],
  },
  { name: 'a tie in proportion to what curves have', budget: 100, parts: [linear(50), linear(150)], shares: [25, 75] },
  {
    name: 'a tie in proportion, whatever the floor below it',
    budget: 100,
    parts: [linear(90, { floor: 40 }), linear(90)],
    shares: [50, 50],
  },
  {
    name: 'no more than the floor above the proportion',
    budget: 100,
    parts: [linear(90, { floor: 60 }), linear(90)],
    shares: [60, 40],
  },
  {
    name: 'what a cap refuses to the others',
    budget: 100,
    parts: [linear(90, { cap: 10 }), linear(90)],
    shares: [10, 90],
  },
  {
    name: 'locks what they are locked at',
    budget: 100,
    parts: [linear(90, { floor: 20, cap: 20 }), linear(90)],
    shares: [20, 80],
  },
  {
    name: 'a floor above its cap as the floor',
    budget: 100,
    parts: [linear(9, { floor: 20, cap: 10 }), linear(90)],
    shares: [20, 80],
  },
  {
    name: 'money beyond all use in proportion to weight',
    budget: 100,
    parts: [linear(10, { weight: 1 }), linear(20, { weight: 6 })],
    shares: [20, 80],
  },
  {
    name: 'money beyond all use in proportion to weight, whatever the floor below it',
    budget: 100,
    parts: [linear(10, { weight: 1, floor: 15 }), linear(20, { weight: 6 })],
    shares: [20, 80],
  },
  {
    name: 'to escrow what no cap takes',
    budget: 100,
    parts: [linear(90, { cap: 10 }), linear(20, { cap: 30 })],
    shares: [10, 30],
    escrow: 60,
  },
  {
    name: 'to escrow what is of no use to parts without weight',
    budget: 100,
    parts: [linear(10, { weight: 0 })],
    shares: [10],
    escrow: 90,
  },
  { name: 'money to a curve of one point by weight alone', budget: 9, parts: [part([[0, 5]])], shares: [9] },
  { name: 'everything to escrow without parts', budget: 9, parts: [], shares: [], escrow: 9 },
  { name: 'a budget of nothing', budget: 0, parts: [linear(9), step(5, 1)], shares: [0, 0] },
  {
    name: 'a budget equal to its floors',
    budget: 7,
    parts: [linear(9, { floor: 3 }), linear(9, { floor: 4 })],
    shares: [3, 4],
  },
  {
    name: 'the largest budget',
    budget: MAX_MICROS,
    parts: [linear(MAX_MICROS), linear(MAX_MICROS)],
    shares: [2 ** 52, 2 ** 52 - 1],
  },
];

describe('splitting a budget by response', () => {
  for (const { name, budget, parts, shares: expected, escrow = 0 } of cases) {
    it(`gives ${name}`, () => {
      assert.deepEqual(splitByResponse(budget, parts), {
        kind: 'split',
        sharesMicros: expected,
        escrowMicros: escrow,
      });
    });
  }

  it('says what the floors add up to when they do not fit, also past 2^53', () => {
    assert.deepEqual(splitByResponse(9, [linear(9, { floor: 5 }), linear(9, { floor: 5, cap: 0 })]), {
      kind: 'infeasible',
      floorsMicros: 10,
    });
    const huge = linear(9, { floor: MAX_MICROS });
    assert.deepEqual(splitByResponse(MAX_MICROS, [huge, huge]), { kind: 'infeasible', floorsMicros: 2 * MAX_MICROS });
  });

  it('splits like the proportional rule where every micro is worth the same', () => {
    const one = fc.record({ end: fc.integer({ min: 1, max: 1000 }), floor: fc.nat(100), cap: fc.nat(500) });
    fc.assert(
      fc.property(
        fc.array(one, { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, share) => {
          const parts = list.map(({ end, floor, cap }) =>
            linear(end, { floor: Math.min(floor, end), cap: Math.min(cap, end) }),
          );
          const [least, most] = [
            sumMicros(parts.map((own) => own.floorMicros)),
            sumMicros(parts.map((own) => Math.max(own.floorMicros, own.capMicros))),
          ];
          const budget = least + Math.floor((most - least) * share);
          const proportional = splitBudget(
            budget,
            parts.map((own, index) => ({ ...own, weight: (list[index] as { end: number }).end })),
          );
          assert.deepEqual(splitByResponse(budget, parts), proportional);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('finds all there is to be had of any curves on a small grid, by the dynamic programme', () => {
    const one = fc.record({
      rises: fc.array(fc.oneof(fc.constant(0), fc.nat(100)), { minLength: 1, maxLength: 12 }),
      floor: fc.nat(3),
      cap: fc.nat(14),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), fc.nat(40), (list, steps) => {
        const parts = list.map(({ rises, floor, cap }) => {
          const response = rises.reduce((sums, rise) => [...sums, (sums.at(-1) as number) + rise], [0]);
          return part(
            response.map((value, index) => [index * 1000, value]),
            { floor: floor * 1000, cap: cap * 1000 },
          );
        });
        const split = splitByResponse(steps * 1000, parts);
        const best = bestResponse(steps * 1000, 1000, parts);
        if (split.kind === 'infeasible') return assert.equal(best, -Infinity);
        assert(worth(parts, split.sharesMicros) >= best * (1 - 1e-9), `${worth(parts, split.sharesMicros)} of ${best}`);
      }),
      { numRuns: 500 },
    );
  });

  for (const kind of ['s-shaped', 'concave'] as const) {
    it(`comes within .999 of the dynamic programme on every one of 150 ${kind} instances`, () => {
      for (let seed = 10_000; seed < 10_150; seed++) {
        const { budgetMicros, stepMicros, parts } = createSplitInstance(kind, seed);
        const best = bestResponse(budgetMicros, stepMicros, parts);
        const own = worth(parts, shares(budgetMicros, parts));
        assert(own >= 0.999 * best, `seed ${seed}: ${own} of ${best}`);
      }
    });
  }

  it('comes within .999 of the dynamic programme also where points are few and far apart, each part its own', () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = createRandom(seed, 'few points');
      const parts = Array.from({ length: drawInteger(random, 2, 10) }, () => {
        const points: [number, number][] = [[0, 0]];
        for (let point = drawInteger(random, 2, 8); point > 0; point--) {
          const [micros, response] = points.at(-1) as [number, number];
          points.push([micros + 1000 * drawInteger(random, 1, 60), response + random() ** 4]);
        }
        return part(points, { cap: (points.at(-1) as [number, number])[0] });
      });
      const budget = 1000 * Math.floor((sumMicros(parts.map((own) => own.capMicros)) / 1000) * (0.05 + 0.9 * random()));
      const best = bestResponse(budget, 1000, parts);
      const own = worth(parts, shares(budget, parts));
      assert(own >= 0.999 * best, `seed ${seed}: ${own} of ${best}`);
    }
  });

  /** Curves of falling slopes, with ties, ends and flat ends. */
  const concave = fc
    .array(fc.record({ length: fc.integer({ min: 1, max: 60 }), slope: fc.nat(6) }), { minLength: 1, maxLength: 6 })
    .map((pieces): ResponseCurve => {
      const micros = [0];
      const response = [0];
      for (const { length, slope } of pieces.sort((one, other) => other.slope - one.slope)) {
        micros.push((micros.at(-1) as number) + length);
        response.push((response.at(-1) as number) + 0.1 * slope * length);
      }
      return { micros, response };
    });
  const concavePart = fc.record({ curve: concave, weight: fc.nat(5), floorMicros: fc.nat(60), capMicros: fc.nat(400) });

  it('gives no part of concave curves less of a larger budget, also when floors had risen to what parts have', () => {
    const one = fc.record({ own: concavePart, risen: fc.double({ min: 0, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), fc.nat(900), fc.nat(900), (list, left, right) => {
        const parts = list.map(({ own }) => own);
        const before = splitByResponse(Math.max(left, right), parts);
        if (before.kind === 'infeasible') return;
        const risen = list.map(({ own, risen }, index) => {
          const share = before.sharesMicros[index] as number;
          return { ...own, floorMicros: own.floorMicros + Math.floor((share - own.floorMicros) * risen) };
        });
        for (const floors of [parts, risen]) {
          const after = splitByResponse(Math.min(left, right), floors);
          if (after.kind === 'infeasible') continue;
          after.sharesMicros.forEach((share, index) => assert(share <= (before.sharesMicros[index] as number)));
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('gives equal parts of concave curves equal shares, to a micro', () => {
    fc.assert(
      fc.property(fc.array(concavePart, { minLength: 1, maxLength: 4 }), fc.nat(900), (list, budget) => {
        const split = splitByResponse(budget, [...list, list[0] as ResponsePart]);
        if (split.kind === 'infeasible') return;
        assert(Math.abs((split.sharesMicros[0] as number) - (split.sharesMicros.at(-1) as number)) <= 1);
      }),
    );
  });

  it('is exact to the micro and inside every floor and cap, whatever the curves, also near 2^53', () => {
    const amount = fc.oneof(fc.nat(1000), fc.maxSafeNat(), fc.integer({ min: MAX_MICROS - 100, max: MAX_MICROS }));
    const curve = fc
      .tuple(
        fc.uniqueArray(amount, { minLength: 1, maxLength: 12 }),
        fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e199, noNaN: true })), {
          minLength: 12,
          maxLength: 12,
        }),
      )
      .map(([amounts, rises]): ResponseCurve => {
        const micros = [...new Set([0, ...amounts])].sort((one, other) => one - other);
        let sum = 0;
        return { micros, response: micros.map((_, index) => (sum += (rises[index % 12] as number) / 13)) };
      });
    const parts = fc.array(fc.record({ curve, weight: amount, floorMicros: fc.nat(10 ** 12), capMicros: amount }), {
      maxLength: 50,
    });
    fc.assert(
      fc.property(amount, parts, (budget, list) => {
        const split = splitByResponse(budget, list);
        if (split.kind === 'infeasible') return assert(split.floorsMicros > budget);
        assert.equal(sumMicros([...split.sharesMicros, split.escrowMicros]), budget);
        assert(split.escrowMicros >= 0);
        split.sharesMicros.forEach((share, index) => {
          const { floorMicros, capMicros } = list[index] as ResponsePart;
          assert(Number.isSafeInteger(share) && share >= floorMicros && share <= Math.max(floorMicros, capMicros));
        });
      }),
      { numRuns: 300 },
    );
  });

  const wrongCurves: { name: string; curve: ResponseCurve; message: RegExp }[] = [
    { name: 'no point', curve: { micros: [], response: [] }, message: /part 1: 0 amounts and 0 responses/ },
    { name: 'a response missing', curve: { micros: [0, 1], response: [0] }, message: /2 amounts and 1 responses/ },
    { name: 'a first amount above 0', curve: { micros: [1, 2], response: [0, 1] }, message: /amount 0 is 1, not 0/ },
    {
      name: 'an amount twice',
      curve: { micros: [0, 5, 5], response: [0, 1, 2] },
      message: /amount 2 is 5, not above 5/,
    },
    { name: 'half a micro', curve: { micros: [0, 0.5], response: [0, 1] }, message: /amount 1 is 0.5, not whole/ },
    { name: 'an amount past 2^53', curve: { micros: [0, 2 ** 53], response: [0, 1] }, message: /amount 1 is 9007/ },
    { name: 'a NaN amount', curve: { micros: [0, NaN], response: [0, 1] }, message: /amount 1 is NaN/ },
    {
      name: 'a falling response',
      curve: { micros: [0, 1], response: [2, 1] },
      message: /response 1 is 1, not a number from 2/,
    },
    { name: 'a negative response', curve: { micros: [0], response: [-1] }, message: /response 0 is -1/ },
    { name: 'a NaN response', curve: { micros: [0], response: [NaN] }, message: /response 0 is NaN/ },
    { name: 'an infinite response', curve: { micros: [0], response: [Infinity] }, message: /response 0 is Infinity/ },
  ];
  for (const { name, curve, message } of wrongCurves) {
    it(`refuses a curve with ${name}`, () => {
      const parts = [linear(5), { ...linear(5), curve }];
      assert.throws(() => splitByResponse(9, parts), { name: 'PlanningError', code: 'INVALID_CURVE', message });
    });
  }

  const wrongAmounts = [
    { name: 'a budget', message: /the budget is/, of: (amount: number) => splitByResponse(amount, [linear(5)]) },
    {
      name: 'a floor',
      message: /the floor of part 0 is/,
      of: (amount: number) => splitByResponse(9, [{ ...linear(5), floorMicros: amount }]),
    },
    {
      name: 'a cap',
      message: /the cap of part 0 is/,
      of: (amount: number) => splitByResponse(9, [{ ...linear(5), capMicros: amount }]),
    },
    {
      name: 'a weight',
      message: /the weight of part 0 is/,
      of: (amount: number) => splitByResponse(9, [{ ...linear(5), weight: amount }]),
    },
  ];
  for (const { name, message, of } of wrongAmounts) {
    it(`refuses ${name} that is no whole number from 0 to 2^53-1`, () => {
      for (const amount of [NaN, -1, 0.5, Infinity, 2 ** 53])
        assert.throws(() => of(amount), { name: 'PlanningError', code: 'INVALID_PROBLEM', message });
    });
  }
});
