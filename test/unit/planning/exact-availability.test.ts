import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Highs } from 'highs';
import { exactAvailability } from '../../../shared/planning/exact-availability.ts';
import { openGainFlow, routeGain } from '../../../shared/planning/gain-flow.ts';
import type { AllocationProblem } from '../../../shared/planning/problem.ts';
import { loadHighs, mostByLp } from '../../bench/availability-lp.ts';
import { anyProblem, problemOf, type Line } from '../../support/flow-problems.ts';

/** What each line gets when they come in order. */
function deliver(problem: AllocationProblem): Float64Array {
  const flow = openGainFlow(problem);
  return problem.demand.map((demand, line) => routeGain(flow, line, demand));
}

interface Vector extends Record<
  'supply' | 'demand' | 'lineStart' | 'edgeCell' | 'use' | 'delivered' | 'priority',
  number[]
> {
  name: string;
  cap: (number | null)[];
  matched: number;
  possible: number;
  available: number;
}

/** Recorded by record.ts beside them. */
const vectors = JSON.parse(
  await readFile(join(import.meta.dirname, '../../golden/availability/vectors.json'), 'utf8'),
) as Vector[];

const lines: Line[] = [
  { demand: 4, edges: [{ cell: 0 }, { cell: 1 }] },
  { demand: 6, edges: [{ cell: 1 }] },
  { demand: 0, edges: [{ cell: 0 }] },
];

describe('Exact availability', () => {
  let highs: Highs;
  before(async () => (highs = await loadHighs()));

  it('is what is matched, possible over the heads of others, and available', () => {
    const question = { line: 2, delivered: Float64Array.of(4, 6, 0), priority: [3, 1, 2] };
    assert.deepEqual(exactAvailability(problemOf([5, 7], lines), question), {
      matched: 5,
      possible: 5,
      available: 2,
      bottleneck: { lines: [0, 1], cells: [0, 1] },
    });
    const above = { ...question, priority: [1, 3, 2] };
    assert.equal(exactAvailability(problemOf([5, 7], lines), above).possible, 5);
    assert.equal(exactAvailability(problemOf([5, 1], lines), above).possible, 2);
  });

  it('is in the unit of demand when a unit of a cell uses up its own amount', () => {
    const money: Line[] = [
      {
        demand: 2,
        edges: [
          { cell: 0, use: 0.5 },
          { cell: 1, use: 2 },
        ],
      },
      {
        demand: 0,
        edges: [
          { cell: 0, use: 0.1 },
          { cell: 1, use: 0.1 },
        ],
      },
    ];
    const found = exactAvailability(problemOf([10, 10], money), { line: 1, delivered: Float64Array.of(2, 0) });
    assert(Math.abs(found.available - 1.9) < 1e-9, `${found.available}`);
    assert.equal(found.matched, 2);
  });

  it('counts what cannot all be delivered by priority, then by index', () => {
    const rivals: Line[] = [
      { demand: 9, edges: [{ cell: 0 }] },
      { demand: 9, edges: [{ cell: 0 }] },
      { demand: 9, edges: [{ cell: 0 }] },
    ];
    const delivered = Float64Array.of(6, 6, 0);
    const { possible, available } = exactAvailability(problemOf([8], rivals), {
      line: 2,
      delivered,
      priority: [2, 1, 2],
    });
    assert.deepEqual({ possible, available }, { possible: 2, available: 0 });
  });

  it('equals the linear programmes, in every sense', () => {
    fc.assert(
      fc.property(anyProblem, fc.array(fc.nat(2), { minLength: 7, maxLength: 7 }), (problem, priorities) => {
        const delivered = deliver(problem);
        const line = problem.demand.length - 1;
        const priority = priorities.slice(0, line + 1);
        const found = exactAvailability(problem, { line, delivered, priority });
        const byLp = (isKept: (other: number) => boolean) =>
          mostByLp(highs, problem, line, (other) => (isKept(other) ? delivered[other] : undefined));
        const expected = {
          matched: byLp(() => false),
          possible: byLp((other) => (priority[other] as number) < (priority[line] as number)),
          available: byLp(() => true),
        };
        for (const sense of ['matched', 'possible', 'available'] as const) {
          const [got, wanted] = [found[sense], expected[sense]];
          assert(Math.abs(got - wanted) <= 1e-6 * Math.max(1, wanted), `${sense}: ${got}, the programme ${wanted}`);
        }
        assert(found.matched >= found.possible - 1e-9 && found.possible >= found.available - 1e-9);
      }),
      { numRuns: 250 },
    );
  });

  for (const { name, priority, ...vector } of vectors) {
    it(`equals what is recorded of HiGHS: ${name}`, () => {
      const problem: AllocationProblem = {
        supply: Float64Array.from(vector.supply),
        demand: Float64Array.from(vector.demand),
        lineStart: Uint32Array.from(vector.lineStart),
        edgeCell: Uint32Array.from(vector.edgeCell),
        use: Float64Array.from(vector.use),
        worth: new Float64Array(vector.use.length),
        cap: Float64Array.from(vector.cap, (units) => units ?? Infinity),
      };
      const delivered = Float64Array.from(vector.delivered);
      const found = exactAvailability(problem, { line: priority.length - 1, delivered, priority });
      for (const sense of ['matched', 'possible', 'available'] as const) {
        const off = Math.abs(found[sense] - vector[sense]);
        assert(off <= 1e-9 * vector.matched, `${sense}: ${found[sense]}, recorded ${vector[sense]}`);
      }
    });
  }

  it('refuses a question that makes no sense', () => {
    const problem = problemOf([5, 7], lines);
    const delivered = Float64Array.of(4, 6, 0);
    const refuse = (question: Parameters<typeof exactAvailability>[1], message: RegExp) =>
      assert.throws(() => exactAvailability(problem, question), { code: 'INVALID_PROBLEM', message });
    refuse({ line: 3, delivered }, /no line 3/);
    refuse({ line: 0, delivered: Float64Array.of(1) }, /not of the 3 lines/);
    refuse({ line: 0, delivered, priority: [1] }, /not of the 3 lines/);
    refuse({ line: 0, delivered, priority: [1, NaN, 2] }, /line 1 has priority NaN/);
    refuse({ line: 0, delivered: Float64Array.of(4, NaN, 0) }, /amount NaN for line 1/);
    refuse({ line: 0, delivered: Float64Array.of(4, -6, 0) }, /amount -6 for line 1/);
    assert.throws(() => exactAvailability({ ...problem, cap: Float64Array.of(1) }, { line: 0, delivered }), {
      code: 'INVALID_PROBLEM',
    });
  });
});
