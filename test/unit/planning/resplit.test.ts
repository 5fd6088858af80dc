import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_MICROS, sumMicros } from '../../../shared/contracts/micros.ts';
import { responseAt, spendCurve, type ResponseCurve } from '../../../shared/planning/response-curve.ts';
import { resplit, type Resplit, type RunningPart, type RunningSplit } from '../../../shared/planning/resplit.ts';

/** Worth `slope` a micro up to `end`. */
function line(end: number, slope = 1): ResponseCurve {
  return { micros: [0, end], response: [0, slope * end] };
}

function running(currentMicros: number, curve: ResponseCurve, limits: Partial<RunningPart> = {}): RunningPart {
  return { currentMicros, committedMicros: 0, floorMicros: 0, capMicros: MAX_MICROS, curve, ...limits };
}

function split(about: RunningSplit): Resplit & { kind: 'split' } {
  const result = resplit(about);
  assert(result.kind === 'split');
  return result;
}

function expected(parts: readonly RunningPart[], shares: readonly number[]): number {
  return parts.reduce((sum, { curve, committedMicros }, index) => {
    return sum + responseAt(curve, Math.max(0, (shares[index] as number) - committedMicros));
  }, 0);
}

describe('splitting again in flight', () => {
  it('moves money to where it brings more, a tenth of the budget at most, decreases first', () => {
    const parts = [running(600, line(1000, 1)), running(400, line(1000, 2))];
    assert.deepEqual(split({ parts, budgetMicros: 1000, hysteresis: 0.01 }), {
      kind: 'split',
      sharesMicros: [500, 500],
      escrowMicros: 0,
      changes: [
        { part: 0, fromMicros: 600, toMicros: 500 },
        { part: 1, fromMicros: 400, toMicros: 500 },
      ],
    });
  });

  it('names a decrease first also when its part comes last', () => {
    const parts = [running(400, line(1000, 2)), running(600, line(1000, 1))];
    const { changes } = split({ parts, budgetMicros: 1000, maxChange: 0.2, hysteresis: 0 });
    assert.deepEqual(changes, [
      { part: 1, fromMicros: 600, toMicros: 400 },
      { part: 0, fromMicros: 400, toMicros: 600 },
    ]);
  });

  it('gives money to a part that has none', () => {
    const parts = [running(1000, line(100)), running(0, line(1000))];
    assert.deepEqual(split({ parts, budgetMicros: 1000, hysteresis: 0 }).sharesMicros, [900, 100]);
  });

  it('uses escrow first, and takes nothing from anybody for a gain below the threshold', () => {
    const parts = [running(400, line(1000, 1)), running(400, line(1000, 1.01))];
    assert.deepEqual(split({ parts, budgetMicros: 850, hysteresis: 0.01 }), {
      kind: 'split',
      sharesMicros: [400, 450],
      escrowMicros: 0,
      changes: [{ part: 1, fromMicros: 400, toMicros: 450 }],
    });
    assert.deepEqual(split({ parts, budgetMicros: 850, hysteresis: 0.0001 }).sharesMicros, [365, 485]);
  });

  it('changes nothing where the gain is below the threshold, and does where it is above', () => {
    const parts = [running(500, line(1000, 1)), running(500, line(1000, 1.2))];
    // A tenth of the budget at .2 more is 20 of 1,100: .018.
    assert.deepEqual(split({ parts, budgetMicros: 1000, hysteresis: 0.02 }), {
      kind: 'split',
      sharesMicros: [500, 500],
      escrowMicros: 0,
      changes: [],
    });
    assert.deepEqual(split({ parts, budgetMicros: 1000, hysteresis: 0.015 }).sharesMicros, [400, 600]);
  });

  it('changes nothing where nothing can be gained, whatever the threshold', () => {
    const parts = [running(700, line(1000)), running(300, line(1000))];
    assert.deepEqual(split({ parts, budgetMicros: 1000, hysteresis: 0 }).changes, []);
    // Here the response of the shares by curve is more, by rounding alone.
    const uneven = [running(1, line(1009, 0.1)), running(67, line(1003, 0.1))];
    assert.deepEqual(split({ parts: uneven, budgetMicros: 68, hysteresis: 0 }).changes, []);
  });

  it('leaves money that nobody has a use for where it is', () => {
    const parts = [running(500, line(50)), running(100, line(50)), running(200, line(250))];
    const { sharesMicros, escrowMicros } = split({ parts, budgetMicros: 1000, hysteresis: 0 });
    assert.deepEqual([sharesMicros, escrowMicros], [[500, 100, 250], 150]);
  });

  it('asks the curve only for money beyond what is committed', () => {
    const parts = [
      running(500, line(100), { committedMicros: 400 }),
      running(500, line(1000), { committedMicros: 100 }),
    ];
    assert.deepEqual(split({ parts, budgetMicros: 1000, hysteresis: 0 }).changes, []);
    const early = [running(500, line(50), { committedMicros: 400 }), running(500, line(1000, 0.9))];
    assert.deepEqual(split({ parts: early, budgetMicros: 1000, hysteresis: 0 }).sharesMicros, [450, 550]);
  });

  it('meets a floor, a cap and an overrun however far away they are', () => {
    const parts = [
      running(100, line(1000), { floorMicros: 300 }),
      running(500, line(1000), { capMicros: 200 }),
      running(50, line(1000), { committedMicros: 200 }),
    ];
    const { sharesMicros } = split({ parts, budgetMicros: 1000, hysteresis: 1 });
    assert(sharesMicros[0] === 300 && sharesMicros[1] === 200 && (sharesMicros[2] as number) >= 200);
  });

  it('takes more than a step at once where a floor cannot be met otherwise', () => {
    const parts = [running(0, line(1000), { floorMicros: 900 }), running(1000, line(1000))];
    assert.deepEqual(split({ parts, budgetMicros: 1000, hysteresis: 1 }).sharesMicros, [900, 100]);
  });

  it('says what floors and commitments add up to when they do not fit', () => {
    const parts = [
      running(500, line(9), { committedMicros: 700 }),
      running(500, line(9), { floorMicros: 400, committedMicros: 100 }),
    ];
    assert.deepEqual(resplit({ parts, budgetMicros: 1000, hysteresis: 0 }), { kind: 'infeasible', floorsMicros: 1100 });
  });

  it('is settled: what one call moved, the next one leaves, once nothing is held back by the step', () => {
    const parts = [0.1, 0.5, 0.9].map((sigma, index) => {
      const medianMicros = 10 ** 9 * (index + 1);
      return running(10 ** 9, spendCurve({ medianMicros, lowMicros: medianMicros * Math.exp(-0.67 * sigma) }));
    });
    let shares = [10 ** 9, 10 ** 9, 10 ** 9];
    const moved: number[] = [];
    for (let call = 0; call < 12; call++) {
      const now = parts.map((part, index) => ({ ...part, currentMicros: shares[index] as number }));
      const { sharesMicros, changes } = split({ parts: now, budgetMicros: 4 * 10 ** 9, hysteresis: 0.001 });
      moved.push(changes.length);
      shares = sharesMicros;
    }
    assert((moved[0] as number) > 0);
    assert.deepEqual(moved.slice(-5), [0, 0, 0, 0, 0]);
  });

  it('leaves nothing to split without parts', () => {
    assert.deepEqual(resplit({ parts: [], budgetMicros: 5, hysteresis: 0 }), {
      kind: 'split',
      sharesMicros: [],
      escrowMicros: 5,
      changes: [],
    });
  });

  it('keeps every promise, whatever runs', () => {
    const one = fc.record({
      current: fc.nat(300),
      committed: fc.nat(200),
      floor: fc.oneof(fc.constant(0), fc.nat(150)),
      cap: fc.oneof(fc.constant(MAX_MICROS), fc.nat(400)),
      rises: fc.array(fc.nat(50), { minLength: 1, maxLength: 6 }),
    });
    const property = fc.property(
      fc.array(one, { minLength: 1, maxLength: 5 }),
      fc.nat(300),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.5, noNaN: true })),
      (list, escrow, maxChange, hysteresis) => {
        const parts = list.map(({ current, committed, floor, cap, rises }) => {
          const response = rises.reduce((sums, rise) => [...sums, (sums.at(-1) as number) + rise], [0]);
          const curve = { micros: response.map((_, index) => index * 40), response };
          return running(current, curve, { committedMicros: committed, floorMicros: floor, capMicros: cap });
        });
        const budgetMicros = sumMicros(parts.map((part) => part.currentMicros)) + escrow;
        const result = resplit({ parts, budgetMicros, maxChange, hysteresis });
        const floors = parts.map((part) => Math.max(part.floorMicros, part.committedMicros));
        if (result.kind === 'infeasible')
          return assert(result.floorsMicros === sumMicros(floors) && sumMicros(floors) > budgetMicros);
        const { sharesMicros, escrowMicros, changes } = result;
        assert.equal(sumMicros([...sharesMicros, escrowMicros]), budgetMicros);
        const step = budgetMicros * maxChange;
        const least = parts.map((part, index) => {
          const most = Math.max(floors[index] as number, part.capMicros);
          return Math.min(most, Math.max(floors[index] as number, part.currentMicros - Math.floor(step)));
        });
        const isCalm = sumMicros(least) <= budgetMicros;
        sharesMicros.forEach((share, index) => {
          const { currentMicros, capMicros } = parts[index] as RunningPart;
          const [bottom, top] = [floors[index] as number, Math.max(floors[index] as number, capMicros)];
          assert(share >= bottom && share <= top);
          if (currentMicros >= bottom && currentMicros <= top && isCalm)
            assert(Math.abs(share - currentMicros) <= step);
        });
        let sum = sumMicros(parts.map((part) => part.currentMicros));
        const applied = parts.map((part) => part.currentMicros);
        let hasIncreased = false;
        for (const { part, fromMicros, toMicros } of changes) {
          assert.equal(applied[part], fromMicros);
          assert(toMicros !== fromMicros && !(hasIncreased && toMicros < fromMicros));
          hasIncreased ||= toMicros > fromMicros;
          applied[part] = toMicros;
          sum += toMicros - fromMicros;
          assert(sum <= budgetMicros);
        }
        assert.deepEqual(applied, sharesMicros);
        const isWithin = parts.every(({ currentMicros, capMicros }, index) => {
          const bottom = floors[index] as number;
          return currentMicros >= bottom && currentMicros <= Math.max(bottom, capMicros);
        });
        if (isWithin && changes.length > 0) {
          const now = expected(
            parts,
            parts.map((part) => part.currentMicros),
          );
          assert(expected(parts, sharesMicros) - now > hysteresis * now * (1 - 1e-9));
        }
      },
    );
    fc.assert(property, { numRuns: 2_000 });
  });

  const good = { parts: [running(5, line(9))], budgetMicros: 9, hysteresis: 0 };
  const refused: { name: string; about: RunningSplit; code?: string; message: RegExp }[] = [
    { name: 'a budget that is no amount', about: { ...good, budgetMicros: NaN }, message: /the budget is NaN/ },
    { name: 'a change of more than everything', about: { ...good, maxChange: 1.1 }, message: /largest change is 1.1/ },
    { name: 'a change below nothing', about: { ...good, maxChange: -0.1 }, message: /largest change is -0.1/ },
    { name: 'a hysteresis that is no number', about: { ...good, hysteresis: NaN }, message: /hysteresis is NaN/ },
    { name: 'a negative hysteresis', about: { ...good, hysteresis: -1 }, message: /hysteresis is -1/ },
    {
      name: 'shares that add up to more than the budget',
      about: { ...good, parts: [running(5, line(9)), running(5, line(9))] },
      message: /the shares add up to 10, the budget is 9/,
    },
    {
      name: 'half a micro of a share',
      about: { ...good, parts: [running(0.5, line(9))] },
      message: /the share of part 0 is 0.5/,
    },
    {
      name: 'a commitment below nothing',
      about: { ...good, parts: [running(5, line(9), { committedMicros: -1 })] },
      message: /what is committed of part 0 is -1/,
    },
    {
      name: 'a floor that is no number',
      about: { ...good, parts: [running(5, line(9), { floorMicros: NaN })] },
      message: /the floor of part 0 is NaN/,
    },
    {
      name: 'an infinite cap',
      about: { ...good, parts: [running(5, line(9), { capMicros: Infinity })] },
      message: /the cap of part 0 is Infinity/,
    },
    {
      name: 'a curve that falls',
      about: { ...good, parts: [running(5, { micros: [0, 5], response: [3, 2] })] },
      code: 'INVALID_CURVE',
      message: /part 0: response 1 is 2/,
    },
  ];
  for (const { name, about, code = 'INVALID_PROBLEM', message } of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => resplit(about), { name: 'PlanningError', code, message });
    });
  }
});
