import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRandom } from '../../../emulators/world/random.ts';
import { prepareSnapshot } from '../../../shared/planning/availability-snapshot.ts';
import {
  availableAtLeast,
  availableExactly,
  bracket,
  type AvailabilityRequest,
} from '../../../shared/planning/bracket.ts';
import { openFlow, route, routed } from '../../../shared/planning/flow.ts';
import { productForm } from '../../../shared/planning/product-form.ts';
import { edgesByCell } from '../../../shared/planning/flow-network.ts';
import type { AllocationProblem } from '../../../shared/planning/problem.ts';
import { drawInstance } from '../../bench/availability-instances.ts';
import { amount, cap, plainProblem, problemOf, type Line, type LineEdge } from '../../support/flow-problems.ts';

const invalid = (message: RegExp) => ({ code: 'INVALID_PROBLEM', message });

function assertClose(actual: number, expected: number, what = 'amount') {
  assert(
    Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, expected ${expected}`,
  );
}

function deliver(problem: AllocationProblem): Float64Array {
  const flow = openFlow(problem);
  return problem.demand.map((demand, line) => route(flow, line, demand));
}

/** From scratch: the request as one more line of the problem, routed last. */
function fromScratch(problem: AllocationProblem, delivered: Float64Array, request: AvailabilityRequest): number {
  const edgesOf = (line: number): LineEdge[] => {
    const [start, end] = [problem.lineStart[line] as number, problem.lineStart[line + 1] as number];
    return Array.from({ length: end - start }, (_, at) => ({
      cell: problem.edgeCell[start + at] as number,
      use: problem.use[start + at] as number,
      cap: problem.cap[start + at] as number,
    }));
  };
  const lines: Line[] = Array.from(delivered, (demand, line) => ({ demand, edges: edgesOf(line) }));
  const edges = Array.from(request.cells, (cell, at) => ({
    cell,
    use: request.use?.[at] ?? 1,
    cap: request.caps?.[at] ?? Infinity,
  }));
  const flow = openFlow(problemOf([...problem.supply], [...lines, { demand: 0, edges }]));
  delivered.forEach((owed, line) => route(flow, line, owed));
  return route(flow, delivered.length, Infinity);
}

/** A book, and requests for it in proportion to its cell factors. */
const bookAndRequests = fc
  .tuple(plainProblem, fc.array(fc.array(fc.tuple(fc.nat(5), cap), { maxLength: 8 }), { minLength: 1, maxLength: 4 }))
  .map(([problem, drawn]) => {
    const factor = productForm(problem, edgesByCell(problem))?.cellFactor as Float64Array;
    const requests = drawn.map((pairs): AvailabilityRequest => {
      const cells = Uint32Array.from(pairs, ([cell]) => cell % problem.supply.length);
      const use = Float64Array.from(cells, (cell) => 3 * (factor[cell] as number));
      return { cells, caps: Float64Array.from(pairs, ([, most]) => most), use };
    });
    return { problem, requests };
  });

describe('A bracket of availability', () => {
  const chain: Line[] = [
    { demand: 4, edges: [{ cell: 0 }, { cell: 1 }] },
    { demand: 6, edges: [{ cell: 1 }, { cell: 2 }] },
    { demand: 7, edges: [{ cell: 2 }] },
  ];
  const market = problemOf([5, 7, 10], chain);
  const delivered = Float64Array.of(4, 6, 7);

  it('counts all that others can make room for, however far they must move', () => {
    const snapshot = prepareSnapshot(market, delivered);
    assert.equal(availableExactly(snapshot, { cells: Uint32Array.of(0) }), 5);
    assert.equal(availableExactly(snapshot, { cells: Uint32Array.of(2) }), 3);
    assert.equal(availableExactly(snapshot, { cells: Uint32Array.of(0, 1, 2) }), 5);
  });

  it('says yes by its lower bound and no by its upper bound, to the last unit', () => {
    const snapshot = prepareSnapshot(market, delivered);
    const request = { cells: Uint32Array.of(2) };
    assert(bracket(snapshot, request, 3).lower >= 3);
    assert(bracket(snapshot, request, 3.0001).upper < 3.0001);
    assert(bracket(snapshot, request, 11).upper < 11);
    assert(bracket(snapshot, request, Infinity).upper < Infinity);
    assert(bracket(snapshot, request, 0).lower >= 0);
  });

  it('takes no more of a cell than the request’s cap, nor than lines’ own caps let go', () => {
    const snapshot = prepareSnapshot(market, delivered);
    assert.equal(availableExactly(snapshot, { cells: Uint32Array.of(0, 2), caps: Float64Array.of(0.5, 1) }), 1.5);
    const capped = problemOf([5, 7], [{ demand: 5, edges: [{ cell: 0 }, { cell: 1, cap: 2 }] }]);
    const held = prepareSnapshot(capped, Float64Array.of(5));
    assert.equal(availableExactly(held, { cells: Uint32Array.of(0) }), 2);
  });

  it('counts a cell that is named twice once, with both caps', () => {
    const snapshot = prepareSnapshot(market, delivered);
    assert.equal(availableExactly(snapshot, { cells: Uint32Array.of(2, 2) }), 3);
    assert.equal(availableExactly(snapshot, { cells: Uint32Array.of(2, 2), caps: Float64Array.of(1, 0.5) }), 1.5);
  });

  it('knows from one look that nothing is left where nobody can move', () => {
    const full = problemOf(
      [5, 5, 9],
      [
        { demand: 9, edges: [{ cell: 0 }, { cell: 1 }] },
        { demand: 1, edges: [{ cell: 1 }] },
      ],
    );
    const snapshot = prepareSnapshot(full, Float64Array.of(9, 1));
    assert.deepEqual(bracket(snapshot, { cells: Uint32Array.of(0, 1) }), { lower: 0, upper: 0, isExact: true });
    assert.equal(availableExactly(snapshot, { cells: Uint32Array.of(1, 2) }), 9);
    assert.deepEqual([...snapshot.flow.isClosed], [1, 1, 0]);
  });

  it('counts in money where a unit is worth its cell’s click rate', () => {
    const lines: Line[] = [
      {
        demand: 2,
        edges: [
          { cell: 0, use: 0.01 },
          { cell: 1, use: 0.04 },
        ],
      },
    ];
    const snapshot = prepareSnapshot(problemOf([100, 100], lines), Float64Array.of(2));
    const request = { cells: Uint32Array.of(0, 1), use: Float64Array.of(0.05, 0.2) };
    assertClose(availableExactly(snapshot, request), 15);
    assert.throws(
      () => bracket(snapshot, { cells: Uint32Array.of(0, 1) }),
      invalid(/cell 1 has use 1, out of proportion/),
    );
  });

  it('answers nothing for no cells, no supply, no market', () => {
    const none = { lower: 0, upper: 0, isExact: true };
    assert.deepEqual(bracket(prepareSnapshot(market, delivered), { cells: new Uint32Array() }), none);
    assert.deepEqual(bracket(prepareSnapshot(market, delivered), { cells: new Uint32Array() }, 0), none);
    const dry = prepareSnapshot(problemOf([0], [{ demand: 1, edges: [{ cell: 0 }] }]), Float64Array.of(1));
    assert.deepEqual(bracket(dry, { cells: Uint32Array.of(0) }, 1), none);
    assert.deepEqual(
      bracket(prepareSnapshot(problemOf([], []), new Float64Array()), { cells: new Uint32Array() }),
      none,
    );
    const empty = prepareSnapshot(problemOf([8], []), new Float64Array());
    assert.deepEqual(bracket(empty, { cells: Uint32Array.of(0) }, 7), { lower: 8, upper: 8, isExact: true });
  });

  it('answers for a million lines in one cell', () => {
    const count = 1_000_000;
    const snapshot = prepareSnapshot(
      {
        supply: Float64Array.of(count + 5),
        demand: new Float64Array(count).fill(1),
        lineStart: Uint32Array.from({ length: count + 1 }, (_, index) => index),
        edgeCell: new Uint32Array(count),
        use: new Float64Array(count).fill(1),
        worth: new Float64Array(count).fill(1),
        cap: new Float64Array(count).fill(Infinity),
      },
      new Float64Array(count).fill(1),
    );
    assert.deepEqual(bracket(snapshot, { cells: Uint32Array.of(0) }), { lower: 5, upper: 5, isExact: true });
  });

  it('never promises more than is there, and says it all when asked to, like the flow from scratch', () => {
    fc.assert(
      fc.property(bookAndRequests, fc.array(amount, { minLength: 4, maxLength: 4 }), ({ problem, requests }, asks) => {
        const owed = deliver(problem);
        const snapshot = prepareSnapshot(problem, owed);
        requests.forEach((request, index) => {
          const exact = fromScratch(problem, owed, request);
          assertClose(availableExactly(snapshot, request), exact);
          const unasked = bracket(snapshot, request);
          assert(
            unasked.lower <= exact + 1e-9 && exact <= unasked.upper + 1e-9,
            `${exact} in ${unasked.lower} to ${unasked.upper}`,
          );
          assert.equal(unasked.isExact, unasked.lower === unasked.upper);
          assertClose(availableAtLeast(snapshot, request), unasked.lower);
          for (const asked of [asks[index] as number, exact * 0.999, exact * 1.001, exact]) {
            const { lower, upper } = bracket(snapshot, request, asked);
            assert(asked <= lower || upper < asked, `${asked} is decided by ${lower} to ${upper}`);
            assert(lower <= exact + 1e-9 && exact <= upper + 1e-9, `${exact} in ${lower} to ${upper}`);
          }
        });
      }),
      { numRuns: 400 },
    );
  });

  it('leaves no trace of a question: the same answers in any order', () => {
    fc.assert(
      fc.property(bookAndRequests, ({ problem, requests }) => {
        const snapshot = prepareSnapshot(problem, deliver(problem));
        const ask = (request: AvailabilityRequest) => [
          availableExactly(snapshot, request),
          bracket(snapshot, request),
          availableAtLeast(snapshot, request),
        ];
        const first = requests.map(ask);
        const again = requests.toReversed().map(ask);
        assert.deepEqual(again.reverse(), first);
        assert.deepEqual(snapshot.flow.sent, snapshot.sent);
        assert.deepEqual(snapshot.flow.slack, snapshot.slack);
        assert.deepEqual(snapshot.flow.firstCarrying, snapshot.firstCarrying);
      }),
      { numRuns: 200 },
    );
  });

  it('answers from a book that gives every line what it is owed', () => {
    fc.assert(
      fc.property(plainProblem, (problem) => {
        const owed = deliver(problem);
        const { flow } = prepareSnapshot(problem, owed);
        owed.forEach((expected, line) => assertClose(routed(flow, line), expected, `line ${line}`));
        const used = new Float64Array(problem.supply.length);
        flow.sent.forEach((grains, edge) => {
          assert(grains >= 0 && grains <= (flow.network.cap[edge] as number), `edge ${edge} carries ${grains}`);
          const cell = flow.network.edgeCell[edge] as number;
          used[cell] = (used[cell] as number) + grains;
        });
        used.forEach((grains, cell) => assert.equal(grains + (flow.slack[cell] as number), flow.network.supply[cell]));
      }),
    );
  });

  it('has no cycle of edges that could be gathered', () => {
    for (let seed = 0; seed < 40; seed++) {
      const shape = { kind: 'unit', hasCaps: seed % 2 === 0, cells: 20, lines: 40, load: 0.4 + seed / 50 } as const;
      const problem = drawInstance(createRandom('thin', seed), shape);
      const { flow } = prepareSnapshot(problem, deliver(problem));
      const { edgeLine, edgeCell, cap: caps } = flow.network;
      const root = Array.from({ length: shape.lines + shape.cells }, (_, index) => index);
      const find = (row: number): number => (root[row] === row ? row : find(root[row] as number));
      flow.sent.forEach((grains, edge) => {
        if (grains === 0 || grains === caps[edge]) return;
        const [line, cell] = [find(edgeLine[edge] as number), find(shape.lines + (edgeCell[edge] as number))];
        assert.notEqual(line, cell, `seed ${seed}: edge ${edge} closes a cycle`);
        root[line] = cell;
      });
    }
  });

  it('refuses requests that make no sense, and is whole afterwards', () => {
    const snapshot = prepareSnapshot(market, delivered);
    const refuse = (request: AvailabilityRequest, message: RegExp) =>
      assert.throws(() => bracket(snapshot, request), invalid(message));
    refuse({ cells: Uint32Array.of(0, 3) }, /no cell 3 of 3/);
    refuse({ cells: Uint32Array.of(0), caps: Float64Array.of(NaN) }, /cell 0 has cap NaN/);
    refuse({ cells: Uint32Array.of(0), caps: Float64Array.of(-1) }, /cell 0 has cap -1/);
    refuse({ cells: Uint32Array.of(0), caps: Float64Array.of(1, 2) }, /1 cells have 2 caps/);
    refuse({ cells: Uint32Array.of(0), use: Float64Array.of() }, /1 cells have 0 uses/);
    refuse({ cells: Uint32Array.of(0, 1), use: Float64Array.of(1, 2) }, /cell 1 has use 2, out of proportion/);
    for (const use of [0, -1, NaN, Infinity])
      refuse({ cells: Uint32Array.of(1), use: Float64Array.of(use) }, new RegExp(`cell 1 has use ${use}`));
    for (const asked of [-1, NaN])
      assert.throws(() => bracket(snapshot, { cells: Uint32Array.of(0) }, asked), invalid(/asked is (-1|NaN)/));
    assert.equal(availableExactly(snapshot, { cells: Uint32Array.of(0) }), 5);
  });

  it('refuses books that make no sense', () => {
    const refuse = (problem: AllocationProblem, owed: Float64Array, message: RegExp) =>
      assert.throws(() => prepareSnapshot(problem, owed), invalid(message));
    refuse({ ...market, supply: Float64Array.of(1, NaN, 1) }, delivered, /cell 1 has supply NaN/);
    refuse(market, Float64Array.of(1), /1 amounts delivered to 3 lines/);
    for (const owed of [NaN, -1, Infinity])
      refuse(market, Float64Array.of(1, owed, 1), new RegExp(`line 1 is delivered ${owed}`));
    const gains: Line[] = [
      { demand: 1, edges: [{ cell: 0 }, { cell: 1 }] },
      { demand: 1, edges: [{ cell: 0 }, { cell: 1, use: 2 }] },
    ];
    refuse(problemOf([1, 1], gains), Float64Array.of(0, 0), /no product/);
  });
});
