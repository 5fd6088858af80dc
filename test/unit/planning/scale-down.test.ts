import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { BundleLine } from '../../../shared/planning/bundle.ts';
import { bottleneck, openFlow, route, routed, routedByEdge, type Flow } from '../../../shared/planning/flow.ts';
import { scaleDown } from '../../../shared/planning/scale-down.ts';
import { problemOf, type Line } from '../../support/flow-problems.ts';
import { scaleDownByCuts } from '../../support/scale-down-by-cuts.ts';

/** The last `asked` of the lines ask; what the others are sold is routed. */
function marketOf(supply: readonly number[], all: readonly Line[], asked: number): { flow: Flow; lines: BundleLine[] } {
  const flow = openFlow(problemOf(supply, all));
  const first = all.length - asked;
  all.slice(0, first).forEach(({ demand }, line) => route(flow, line, demand));
  const lines = all.slice(first).map(({ demand: clicks }, candidate) => {
    const base = { candidate, market: 0, line: first + candidate, clicks, clickPriceMicros: 1, worth: 1 };
    return { ...base, micros: Math.ceil(clicks) };
  });
  return { flow, lines };
}

const sharesOf = (flow: Flow, lines: readonly BundleLine[]) =>
  lines.map(({ line, clicks }) => routed(flow, line) / clicks);

const world = fc.integer({ min: 1, max: 10 }).chain((cells) =>
  fc.record({
    supply: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: cells, maxLength: cells }),
    lines: fc.array(
      fc.record({
        demand: fc.integer({ min: 1, max: 40 }),
        edges: fc.uniqueArray(fc.nat(cells - 1), { maxLength: 4 }).map((own) => own.map((cell) => ({ cell }))),
      }),
      { minLength: 2, maxLength: 24 },
    ),
    soldShare: fc.constantFrom(0, 0.3, 0.6),
  }),
);

describe('a scale-down', () => {
  it('gives nobody more than is fair, and nobody less', () => {
    fc.assert(
      fc.property(world, ({ supply, lines: all, soldShare }) => {
        const sold = Math.floor(soldShare * all.length);
        const { flow, lines } = marketOf(supply, all, all.length - sold);
        const before = all.map((_, line) => routed(flow, line));
        const fair = scaleDown(flow, lines);
        const shares = sharesOf(fair, lines);
        const shareOf = new Map(lines.map(({ line }, at) => [line, shares[at] as number]));
        lines.forEach(({ line }, at) => {
          const own = shares[at] as number;
          assert(own <= 1 + 1e-9);
          if (own >= 1 - 1e-9) return;
          // In the cells in its way is nobody with a larger share, and there is no way around them.
          assert(route(fair, line, 1) < 1e-6, `line ${line} could get more`);
          for (const other of bottleneck(fair, line).lines)
            assert((shareOf.get(other) ?? 0) <= own + 1e-6, `line ${other} of a larger share is in the way of ${line}`);
        });
        before.slice(0, sold).forEach((had, line) => assert.equal(routed(fair, line), had, 'what is sold stays'));
        const used = new Float64Array(supply.length);
        routedByEdge(fair).forEach((units, edge) => (used[flow.network.edgeCell[edge] as number]! += units));
        used.forEach((units, cell) => assert(units <= (supply[cell] as number) * (1 + 1e-12)));
        assert.deepEqual(
          all.map((_, line) => routed(flow, line)),
          before,
          'the flow that was given stays',
        );
      }),
      { numRuns: 1_000, seed: 11 },
    );
  });

  it('is what levels found cut by cut come to, or fairer', () => {
    let same = 0;
    fc.assert(
      fc.property(world, ({ supply, lines: all, soldShare }) => {
        const { flow, lines } = marketOf(supply, all, all.length - Math.floor(soldShare * all.length));
        const [fair, slow] = [scaleDown(flow, lines), scaleDownByCuts(flow, lines)].map((one) =>
          sharesOf(one, lines).sort((a, b) => a - b),
        ) as [number[], number[]];
        const at = fair.findIndex((share, index) => Math.abs(share - (slow[index] as number)) > 1e-6);
        if (at < 0) same++;
        else assert((fair[at] as number) > (slow[at] as number), `${fair.join()} ${slow.join()}`);
      }),
      { numRuns: 1_000, seed: 12 },
    );
    assert(same > 900, `${same} of 1000 are the same`);
  });

  it('gives nothing of nothing, and all where there is room', () => {
    const none = marketOf(
      [0],
      [
        { demand: 3, edges: [{ cell: 0 }] },
        { demand: 2, edges: [] },
      ],
      2,
    );
    assert.deepEqual(sharesOf(scaleDown(none.flow, none.lines), none.lines), [0, 0]);
    const room = marketOf([9], [{ demand: 3, edges: [{ cell: 0 }] }], 1);
    assert.deepEqual(sharesOf(scaleDown(room.flow, room.lines), room.lines), [1]);
    assert.equal(scaleDown(room.flow, []).slack[0], room.flow.slack[0]);
  });
});
