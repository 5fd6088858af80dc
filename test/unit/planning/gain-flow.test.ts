import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Highs } from 'highs';
import { createRandom } from '../../../emulators/world/random.ts';
import {
  copyGainFlow,
  gainBottleneck,
  openGainFlow,
  routeGain,
  routedGain,
  routedGainByEdge,
  type GainFlow,
} from '../../../shared/planning/gain-flow.ts';
import { openFlow, route } from '../../../shared/planning/flow.ts';
import type { AllocationProblem } from '../../../shared/planning/problem.ts';
import { drawInstance } from '../../bench/availability-instances.ts';
import { loadHighs, mostByLp } from '../../bench/availability-lp.ts';
import { amount, anyProblem, gainProblem, plainProblem, problemOf, type Line } from '../../support/flow-problems.ts';

const invalid = (message: RegExp) => ({ code: 'INVALID_PROBLEM', message });

function assertClose(actual: number, expected: number, what = 'amount') {
  assert(
    Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, expected ${expected}`,
  );
}

/** All lines but the last, up to their demand. */
function sold(problem: AllocationProblem): GainFlow {
  const flow = openGainFlow(problem);
  for (let line = 0; line < problem.demand.length - 1; line++) routeGain(flow, line, problem.demand[line] as number);
  return flow;
}

function assertConsistent(problem: AllocationProblem, flow: GainFlow) {
  const byEdge = routedGainByEdge(flow);
  const left = problem.supply.slice();
  problem.demand.forEach((_, line) => {
    let delivered = 0;
    for (let edge = problem.lineStart[line] as number; edge < (problem.lineStart[line + 1] as number); edge++) {
      const [units, cell] = [byEdge[edge] as number, problem.edgeCell[edge] as number];
      assert(units >= 0 && units <= (problem.cap[edge] as number) * (1 + 1e-9), `edge ${edge} carries ${units}`);
      left[cell] = (left[cell] as number) - units;
      delivered += units * (problem.use[edge] as number);
    }
    assertClose(routedGain(flow, line), delivered, `line ${line}`);
  });
  left.forEach((units, cell) => assert(units >= -1e-9 * (problem.supply[cell] as number), `cell ${cell} has ${units}`));
}

describe('A flow with gains', () => {
  let highs: Highs;
  before(async () => (highs = await loadHighs()));

  it('gives a line alone all of its cells, at what each is worth to it', () => {
    const flow = openGainFlow(
      problemOf(
        [3, 4],
        [
          {
            demand: 1,
            edges: [
              { cell: 0, use: 2 },
              { cell: 1, use: 0.5 },
            ],
          },
        ],
      ),
    );
    assert.equal(routeGain(flow, 0, 1.5), 1.5);
    assert.equal(routeGain(flow, 0, Infinity), 6.5);
  });

  it('moves a line to where it needs fewer units, even when it had room where it was', () => {
    const lines: Line[] = [
      {
        demand: 4,
        edges: [
          { cell: 0, use: 1 },
          { cell: 1, use: 4 },
        ],
      },
      {
        demand: 9,
        edges: [
          { cell: 0, use: 1 },
          { cell: 1, use: 1 },
        ],
      },
    ];
    const flow = openGainFlow(problemOf([4, 2], lines));
    assert.equal(routeGain(flow, 0, 4), 4);
    assertClose(routeGain(flow, 1, Infinity), 5);
    assertClose(routedGain(flow, 0), 4);
  });

  it('says which cells and lines have a price', () => {
    const lines: Line[] = [
      { demand: 4, edges: [{ cell: 0 }, { cell: 1, use: 2 }] },
      { demand: 2, edges: [{ cell: 1 }] },
      { demand: 1, edges: [{ cell: 2, use: 3 }] },
      { demand: 9, edges: [{ cell: 0 }] },
    ];
    const flow = openGainFlow(problemOf([3, 3, 9], lines));
    for (const line of [0, 1, 2])
      assertClose(routeGain(flow, line, lines[line]?.demand as number), lines[line]?.demand as number);
    assert.deepEqual(gainBottleneck(flow, 3), { lines: [], cells: [] }, 'it can get 1');
    assertClose(routeGain(flow, 3, 9), 1);
    assert.deepEqual(gainBottleneck(flow, 3), { lines: [0, 1], cells: [0, 1] });
    assert.deepEqual(gainBottleneck(flow, 2), { lines: [], cells: [] });
  });

  it('leaves the original of a copy as it was', () => {
    const flow = openGainFlow(problemOf([5], [{ demand: 1, edges: [{ cell: 0, use: 2 }] }]));
    routeGain(flow, 0, 1);
    const copy = copyGainFlow(flow);
    assertClose(routeGain(copy, 0, Infinity), 9);
    assert.equal(routedGain(flow, 0), 1);
    assert.equal(routeGain(flow, 0, 2), 2);
  });

  const nothing: { name: string; problem: AllocationProblem }[] = [
    { name: 'a line without cells', problem: problemOf([5], [{ demand: 1, edges: [] }]) },
    { name: 'a cell without supply', problem: problemOf([0], [{ demand: 1, edges: [{ cell: 0, use: 3 }] }]) },
    { name: 'a cap of nothing', problem: problemOf([7], [{ demand: 1, edges: [{ cell: 0, cap: 0 }] }]) },
    { name: 'a market of no cells', problem: problemOf([], [{ demand: 1, edges: [] }]) },
  ];
  for (const { name, problem } of nothing) {
    it(`routes nothing for ${name}`, () => {
      const flow = openGainFlow(problem);
      assert.equal(routeGain(flow, 0, Infinity), 0);
      assert.equal(routedGain(flow, 0), 0);
      assert.deepEqual(gainBottleneck(flow, 0), { lines: [], cells: [] });
    });
  }

  it('gives every line what the linear programme says is available', () => {
    fc.assert(
      fc.property(anyProblem, (problem) => {
        const flow = sold(problem);
        const last = problem.demand.length - 1;
        const owed = problem.demand.map((_, line) => routedGain(flow, line));
        const available = mostByLp(highs, problem, last, (line) => owed[line]);
        const got = routeGain(flow, last, Infinity);
        assert(Math.abs(got - available) <= 1e-6 * Math.max(1, available), `${got}, the programme ${available}`);
        assertConsistent(problem, flow);
      }),
      { numRuns: 400 },
    );
  });

  it('agrees with the plain flow where both apply', () => {
    fc.assert(
      fc.property(plainProblem, (problem) => {
        const [plain, flow] = [openFlow(problem), openGainFlow(problem)];
        problem.demand.forEach((demand, line) =>
          assertClose(routeGain(flow, line, demand), route(plain, line, demand)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with the plain flow on larger markets, where every cycle gains nothing', () => {
    for (let seed = 0; seed < 30; seed++) {
      const shape = { kind: 'product', hasCaps: seed % 2 === 0, cells: 40, lines: 60, load: 0.5 + seed / 40 } as const;
      const problem = drawInstance(createRandom('gains', seed), shape);
      const [plain, flow] = [openFlow(problem), openGainFlow(problem)];
      problem.demand.forEach((demand, line) => {
        const asked = line === shape.lines - 1 ? Infinity : demand;
        assertClose(routeGain(flow, line, asked), route(plain, line, asked), `seed ${seed}, line ${line}`);
      });
      assertConsistent(problem, flow);
    }
  });

  it('is never over-filled, and never takes from one line for another', () => {
    fc.assert(
      fc.property(gainProblem, fc.array(fc.tuple(fc.nat(6), amount), { maxLength: 12 }), (problem, steps) => {
        const flow = openGainFlow(problem);
        for (const [which, asked] of steps) {
          const line = which % problem.demand.length;
          const before = problem.demand.map((_, index) => routedGain(flow, index));
          const got = routeGain(flow, line, asked);
          assert(got >= 0 && got <= asked);
          problem.demand.forEach((_, index) => {
            const had = before[index] as number;
            assertClose(routedGain(flow, index), index === line ? had + got : had, `line ${index}`);
          });
          assertConsistent(problem, flow);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('offers no less when a cell has more', () => {
    fc.assert(
      fc.property(gainProblem, fc.nat(), amount, (problem, which, more) => {
        const supply = problem.supply.slice();
        const cell = which % supply.length;
        supply[cell] = (supply[cell] as number) + more;
        const [flow, richer] = [sold(problem), openGainFlow({ ...problem, supply })];
        const last = problem.demand.length - 1;
        for (let line = 0; line < last; line++) routeGain(richer, line, routedGain(flow, line));
        const [less, now] = [routeGain(flow, last, Infinity), routeGain(richer, last, Infinity)];
        assert(now >= less - 1e-6 * Math.max(1, less), `${now} after ${less}`);
      }),
    );
  });

  it('gives the same bits for the same problem', () => {
    fc.assert(
      fc.property(anyProblem, (problem) => {
        assert.deepEqual(routedGainByEdge(sold(problem)), routedGainByEdge(sold(problem)));
      }),
      { numRuns: 50 },
    );
  });

  it('proves by its bottleneck that nothing outside of it matters', () => {
    fc.assert(
      fc.property(gainProblem, (problem) => {
        const flow = sold(problem);
        const last = problem.demand.length - 1;
        routeGain(flow, last, Infinity);
        const { lines, cells } = gainBottleneck(flow, last);
        const [contending, binding] = [new Set([last, ...lines]), new Set(cells)];
        const byEdge = routedGainByEdge(flow);
        const { edgeLine } = flow.basis;
        const left = problem.supply.slice();
        problem.edgeCell.forEach((cell, edge) => (left[cell] = (left[cell] as number) - (byEdge[edge] as number)));
        for (const cell of binding) assert((left[cell] as number) <= 1e-9, `cell ${cell} is full`);
        if (binding.size === 0) return;
        problem.edgeCell.forEach((cell, edge) => {
          const [isBinding, isContending] = [binding.has(cell), contending.has(edgeLine[edge] as number)];
          const [units, cap] = [byEdge[edge] as number, problem.cap[edge] as number];
          const full = Math.min(cap, problem.supply[cell] as number);
          if (isContending && !isBinding)
            assert(units >= full - 1e-9, `edge ${edge} leads out with ${units} of ${full}`);
          if (isBinding && !isContending) assert(units <= 1e-9, `edge ${edge} leads in with ${units}`);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('refuses problems, lines and amounts that make no sense', () => {
    const good = problemOf([5, 6], [{ demand: 1, edges: [{ cell: 0 }, { cell: 1 }] }]);
    assert.throws(() => openGainFlow({ ...good, use: Float64Array.of(1, 0) }), invalid(/edge 1 has use 0/));
    assert.throws(() => openGainFlow({ ...good, supply: Float64Array.of(NaN, 0) }), invalid(/cell 0 has supply NaN/));
    const flow = openGainFlow(good);
    for (const line of [-1, 1, 0.5, NaN]) {
      assert.throws(() => routeGain(flow, line, 1), invalid(/there is no line/));
      assert.throws(() => routedGain(flow, line), invalid(/there is no line/));
      assert.throws(() => gainBottleneck(flow, line), invalid(/there is no line/));
    }
    for (const asked of [-1, NaN])
      assert.throws(() => routeGain(flow, 0, asked), invalid(/amount (-1|NaN) for line 0/));
  });
});
