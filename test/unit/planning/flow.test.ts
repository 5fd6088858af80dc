import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Highs } from 'highs';
import {
  bottleneck,
  copyFlow,
  openFlow,
  route,
  routed,
  routedByEdge,
  type Flow,
} from '../../../shared/planning/flow.ts';
import type { AllocationProblem } from '../../../shared/planning/problem.ts';
import { loadHighs, mostByLp } from '../../bench/availability-lp.ts';
import { amount, plainProblem, problemOf, unitProblem, type Line } from '../../support/flow-problems.ts';

const invalid = (message: RegExp) => ({ code: 'INVALID_PROBLEM', message });

/** All lines but the last, up to their demand. */
function sold(problem: AllocationProblem): Flow {
  const flow = openFlow(problem);
  for (let line = 0; line < problem.demand.length - 1; line++) route(flow, line, problem.demand[line] as number);
  return flow;
}

function assertClose(actual: number, expected: number, what = 'amount') {
  assert(
    Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, expected ${expected}`,
  );
}

/** Nothing negative, over its cap or over its supply, and every line has what the flow says it has. */
function assertConsistent(problem: AllocationProblem, flow: Flow) {
  const byEdge = routedByEdge(flow);
  const left = problem.supply.slice();
  problem.demand.forEach((_, line) => {
    let delivered = 0;
    for (let edge = problem.lineStart[line] as number; edge < (problem.lineStart[line + 1] as number); edge++) {
      const [units, cell] = [byEdge[edge] as number, problem.edgeCell[edge] as number];
      assert(units >= 0 && units <= (1 + 1e-12) * (problem.cap[edge] as number), `edge ${edge} carries ${units}`);
      left[cell] = (left[cell] as number) - units;
      delivered += units * (problem.use[edge] as number);
    }
    assertClose(routed(flow, line), delivered, `line ${line}`);
  });
  left.forEach((units, cell) =>
    assert(units >= -1e-12 * (problem.supply[cell] as number), `cell ${cell} has ${units}`),
  );
}

describe('A flow', () => {
  let highs: Highs;
  before(async () => (highs = await loadHighs()));

  it('gives a line alone all of its cells', () => {
    const flow = openFlow(problemOf([3, 4, 5], [{ demand: 1, edges: [{ cell: 0 }, { cell: 2 }] }]));
    assert.equal(route(flow, 0, Infinity), 8);
  });

  it('routes no more than was asked', () => {
    const flow = openFlow(problemOf([10], [{ demand: 1, edges: [{ cell: 0 }] }]));
    assert.equal(route(flow, 0, 0.1), 0.1);
    assertClose(route(flow, 0, Infinity), 9.9);
  });

  it('moves others to their other cells, over as many lines as it takes', () => {
    const chain = [0, 1, 2, 3].map((cell): Line => ({ demand: 5, edges: [{ cell }, { cell: cell + 1 }] }));
    const flow = openFlow(problemOf([5, 5, 5, 5, 5], [...chain, { demand: 9, edges: [{ cell: 0 }] }]));
    for (let line = 0; line < 4; line++) assert.equal(route(flow, line, 5), 5);
    assert.equal(route(flow, 4, 9), 5);
    assert.deepEqual(
      [0, 1, 2, 3].map((line) => routed(flow, line)),
      [5, 5, 5, 5],
    );
    assert.deepEqual([...routedByEdge(flow)], [0, 5, 0, 5, 0, 5, 0, 5, 5]);
  });

  it('moves nobody further than his cap allows', () => {
    const lines: Line[] = [
      { demand: 5, edges: [{ cell: 0 }, { cell: 1, cap: 2 }] },
      { demand: 9, edges: [{ cell: 0 }] },
    ];
    const flow = openFlow(problemOf([5, 9], lines));
    route(flow, 0, 5);
    assert.equal(route(flow, 1, Infinity), 2);
  });

  it('counts in money when use is a click rate times a click price', () => {
    const uses = (price: number) => [
      { cell: 0, use: 0.02 * price },
      { cell: 1, use: 0.05 * price },
    ];
    const flow = openFlow(
      problemOf(
        [1000, 200],
        [
          { demand: 0, edges: uses(0.5) },
          { demand: 0, edges: uses(2) },
        ],
      ),
    );
    assertClose(route(flow, 0, Infinity), 15);
    const other = openFlow(
      problemOf(
        [1000, 200],
        [
          { demand: 0, edges: uses(0.5) },
          { demand: 0, edges: uses(2) },
        ],
      ),
    );
    assert.equal(route(other, 0, 5), 5);
    assertClose(route(other, 1, Infinity), 40);
  });

  it('says which cells bind and who contends for them', () => {
    const lines: Line[] = [
      { demand: 4, edges: [{ cell: 0 }, { cell: 1 }] },
      { demand: 6, edges: [{ cell: 1 }] },
      { demand: 1, edges: [{ cell: 2 }] },
      { demand: 9, edges: [{ cell: 0 }] },
    ];
    const flow = openFlow(problemOf([5, 6, 8], lines));
    for (const line of [0, 1, 2]) route(flow, line, lines[line]?.demand as number);
    assert.deepEqual(bottleneck(flow, 3), { lines: [], cells: [] }, 'it can get 1');
    assert.equal(route(flow, 3, 9), 1);
    assert.deepEqual(bottleneck(flow, 3), { lines: [0, 1], cells: [0, 1] });
    assert.deepEqual(bottleneck(flow, 2), { lines: [], cells: [] }, 'it has a cell of its own');
  });

  it('leaves the original of a copy as it was', () => {
    const flow = openFlow(problemOf([5], [{ demand: 1, edges: [{ cell: 0 }] }]));
    route(flow, 0, 1);
    const copy = copyFlow(flow);
    assert.equal(route(copy, 0, Infinity), 4);
    assert.equal(routed(flow, 0), 1);
    assert.equal(route(flow, 0, 2), 2);
  });

  const nothing: { name: string; problem: AllocationProblem; line?: number }[] = [
    { name: 'a line without cells', problem: problemOf([5], [{ demand: 1, edges: [] }]) },
    { name: 'a cell without supply', problem: problemOf([0], [{ demand: 1, edges: [{ cell: 0 }] }]) },
    { name: 'a cap of nothing', problem: problemOf([7], [{ demand: 1, edges: [{ cell: 0, cap: 0 }] }]) },
    { name: 'a market of no cells', problem: problemOf([], [{ demand: 1, edges: [] }]) },
    {
      name: 'supply too small for a double to tell',
      problem: problemOf([1e-320], [{ demand: 1, edges: [{ cell: 0 }] }]),
    },
  ];
  for (const { name, problem } of nothing) {
    it(`routes nothing for ${name}`, () => {
      const flow = openFlow(problem);
      assert.equal(route(flow, 0, Infinity), 0);
      assert.equal(routed(flow, 0), 0);
    });
  }

  it('opens on a market without lines', () => {
    assert.deepEqual([...routedByEdge(openFlow(problemOf([1], [])))], []);
  });

  it('serves a million lines from one cell, and refuses those who come too late', () => {
    const count = 1_000_000;
    const problem: AllocationProblem = {
      supply: Float64Array.of(count / 2),
      demand: new Float64Array(count).fill(1),
      lineStart: Uint32Array.from({ length: count + 1 }, (_, index) => index),
      edgeCell: new Uint32Array(count),
      use: new Float64Array(count).fill(1),
      worth: new Float64Array(count).fill(1),
      cap: new Float64Array(count).fill(Infinity),
    };
    const flow = openFlow(problem);
    let served = 0;
    for (let line = 0; line < count; line++) served += route(flow, line, 1);
    assert.equal(served, count / 2);
    assert.equal(bottleneck(flow, count - 1).lines.length, count / 2);
  });

  it('loses nothing when amounts are moved to and fro a thousand times', () => {
    const thirds = [1 / 3, 1 / 7, 0.1, Math.SQRT2, 1e-9, 12345.678];
    const lines = thirds.flatMap((demand, cell): Line[] => [
      { demand, edges: thirds.map((_, other) => ({ cell: (cell + other) % thirds.length })) },
    ]);
    const problem = problemOf(thirds, lines);
    const flow = openFlow(problem);
    for (let step = 0; step < 2000; step++) route(flow, step % lines.length, 12345.678 / 2000 / Math.PI);
    assertConsistent(problem, flow);
    for (let line = 0; line < lines.length; line++) route(flow, line, Infinity);
    const total = thirds.reduce((sum, one) => sum + one, 0);
    assertClose(
      lines.reduce((sum, _, line) => sum + routed(flow, line), 0),
      total,
    );
    assertConsistent(problem, flow);
  });

  it('gives every line what the linear programme says is available, in units and in money', () => {
    fc.assert(
      fc.property(plainProblem, (problem) => {
        const flow = sold(problem);
        const last = problem.demand.length - 1;
        const owed = problem.demand.map((_, line) => routed(flow, line));
        const available = mostByLp(highs, problem, last, (line) => owed[line]);
        const got = route(flow, last, Infinity);
        assert(Math.abs(got - available) <= 1e-6 * Math.max(1, available), `${got}, the programme ${available}`);
      }),
      { numRuns: 300 },
    );
  });

  it('is never over-filled, and never takes from one line for another', () => {
    fc.assert(
      fc.property(plainProblem, fc.array(fc.tuple(fc.nat(6), amount), { maxLength: 12 }), (problem, steps) => {
        const flow = openFlow(problem);
        for (const [which, units] of steps) {
          const line = which % problem.demand.length;
          const before = problem.demand.map((_, index) => routed(flow, index));
          const got = route(flow, line, units);
          assert(got >= 0 && got <= units);
          problem.demand.forEach((_, index) => {
            const had = before[index] as number;
            assertClose(routed(flow, index), index === line ? had + got : had, `line ${index}`);
          });
          assertConsistent(problem, flow);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('routes the same total in whatever order lines come', () => {
    const permutation = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 });
    fc.assert(
      fc.property(plainProblem, permutation, (problem, order) => {
        const grains = (lines: readonly number[]) => {
          const flow = openFlow(problem);
          for (const line of lines) if (line < problem.demand.length) route(flow, line, problem.demand[line] as number);
          return flow.sent.reduce((sum, one) => sum + one, 0) / 2 ** 52;
        };
        assertClose(grains(order), grains([0, 1, 2, 3, 4, 5, 6]));
      }),
    );
  });

  it('offers no less when a cell has more', () => {
    fc.assert(
      fc.property(unitProblem, fc.nat(), amount, (problem, which, more) => {
        const supply = problem.supply.slice();
        const cell = which % supply.length;
        supply[cell] = (supply[cell] as number) + more;
        const richer = { ...problem, supply };
        // The same book on both: what the smaller supply can deliver.
        const [flow, wider] = [sold(problem), openFlow(richer)];
        const last = problem.demand.length - 1;
        for (let line = 0; line < last; line++) route(wider, line, routed(flow, line));
        const [less, now] = [route(flow, last, Infinity), route(wider, last, Infinity)];
        assert(now >= less - 1e-9, `${now} after ${less}`);
      }),
    );
  });

  it('gives the same bits for the same problem', () => {
    fc.assert(
      fc.property(plainProblem, (problem) => {
        assert.deepEqual(routedByEdge(sold(problem)), routedByEdge(sold(problem)));
      }),
      { numRuns: 50 },
    );
  });

  it('proves by its bottleneck that a line can get no more', () => {
    fc.assert(
      fc.property(plainProblem, (problem) => {
        const flow = sold(problem);
        const last = problem.demand.length - 1;
        route(flow, last, Infinity);
        const found = bottleneck(flow, last);
        const [lines, cells] = [new Set([last, ...found.lines]), new Set(found.cells)];
        assert(found.lines.every((line) => line !== last));
        const byEdge = routedByEdge(flow);
        const { edgeLine } = flow.network;
        problem.edgeCell.forEach((cell, edge) => {
          const line = edgeLine[edge] as number;
          const carried = flow.sent[edge] as number;
          if (cells.has(cell)) {
            assert.equal(flow.slack[cell], 0, `cell ${cell} is full`);
            if (carried > 0) assert(lines.has(line), `line ${line} in cell ${cell} contends`);
          } else if (lines.has(line)) {
            assert.equal(carried, flow.network.cap[edge], `edge ${edge} leads out: ${byEdge[edge]}`);
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  const good = problemOf([5, 6], [{ demand: 1, edges: [{ cell: 0 }, { cell: 1 }] }]);
  const bad: { name: string; problem: AllocationProblem; message: RegExp }[] = [
    {
      name: 'supply that is no number',
      problem: { ...good, supply: Float64Array.of(5, NaN) },
      message: /cell 1 .* NaN/,
    },
    { name: 'negative supply', problem: { ...good, supply: Float64Array.of(-1, 5) }, message: /cell 0 .* -1/ },
    {
      name: 'endless supply',
      problem: { ...good, supply: Float64Array.of(5, Infinity) },
      message: /cell 1 .* Infinity/,
    },
    {
      name: 'supply that is endless together',
      problem: { ...good, supply: Float64Array.of(1e308, 1e308) },
      message: /all supply together/,
    },
    { name: 'negative demand', problem: { ...good, demand: Float64Array.of(-2) }, message: /line 0 .* -2/ },
    { name: 'demand that is no number', problem: { ...good, demand: Float64Array.of(NaN) }, message: /line 0 .* NaN/ },
    {
      name: 'a cell that does not exist',
      problem: { ...good, edgeCell: Uint32Array.of(0, 2) },
      message: /edge 1 .* cell 2 of 2/,
    },
    { name: 'use of nothing', problem: { ...good, use: Float64Array.of(1, 0) }, message: /edge 1 has use 0/ },
    {
      name: 'use that is no number',
      problem: { ...good, use: Float64Array.of(NaN, 1) },
      message: /edge 0 has use NaN/,
    },
    { name: 'a negative cap', problem: { ...good, cap: Float64Array.of(-1, 1) }, message: /edge 0 has cap -1/ },
    {
      name: 'a cap that is no number',
      problem: { ...good, cap: Float64Array.of(NaN, 1) },
      message: /edge 0 has cap NaN/,
    },
    { name: 'too few caps', problem: { ...good, cap: Float64Array.of(1) }, message: /cap has 1 entries for 2 edges/ },
    {
      name: 'too few line starts',
      problem: { ...good, lineStart: Uint32Array.of(0) },
      message: /lineStart has 1 entries for 1 lines/,
    },
    {
      name: 'a first line that begins late',
      problem: { ...good, lineStart: Uint32Array.of(1, 2) },
      message: /begins with 1/,
    },
    {
      name: 'a last line that ends early',
      problem: { ...good, lineStart: Uint32Array.of(0, 1) },
      message: /ends with 1 for 2/,
    },
    {
      name: 'line starts that fall',
      problem: { ...good, demand: Float64Array.of(1, 1, 1), lineStart: Uint32Array.of(0, 2, 1, 2) },
      message: /falls from 2 to 1 at line 1/,
    },
    {
      name: 'uses that are no product',
      problem: problemOf(
        [1, 1],
        [
          { demand: 1, edges: [{ cell: 0 }, { cell: 1 }] },
          { demand: 1, edges: [{ cell: 0 }, { cell: 1, use: 2 }] },
        ],
      ),
      message: /no product/,
    },
  ];
  for (const { name, problem, message } of bad) {
    it(`refuses ${name}`, () => assert.throws(() => openFlow(problem), invalid(message)));
  }

  it('refuses lines that do not exist and amounts that make no sense', () => {
    const flow = openFlow(good);
    for (const line of [-1, 1, 0.5, NaN]) {
      assert.throws(() => route(flow, line, 1), invalid(/there is no line/));
      assert.throws(() => routed(flow, line), invalid(/there is no line/));
      assert.throws(() => bottleneck(flow, line), invalid(/there is no line/));
    }
    for (const asked of [-1, NaN]) assert.throws(() => route(flow, 0, asked), invalid(/amount (-1|NaN) for line 0/));
  });
});
