// Against the exact programme over every single request, by HiGHS.
import assert from 'node:assert/strict';
import { loadHighsSolver } from '../../../shared/cli/highs-solver.ts';
import { hindsightBound, type BoundedMarket } from '../../../emulators/hindsight-bound.ts';
import { drawInteger, drawLogNormal, drawOne } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { createRequestLog } from '../../../emulators/world/request-log.ts';

const CELLS = [
  { segment: 'a', surface: 'home', clickRate: 0.02 },
  { segment: 'b', surface: 'home', clickRate: 0.01 },
];
const POSITIONS = [1, 0.7];

function drawMarket(seed: number, requests: number, lineCount: number, load = 1): BoundedMarket {
  const random = createRandom(seed, 'bound');
  const log = createRequestLog();
  for (let index = 0; index < requests; index += 1) {
    const [one, other] = [0, 0].map(() => (random() < 0.7 ? Math.fround(drawLogNormal(random, 3000, 0.7)) : 0));
    log.add({
      atMs: index,
      place: drawInteger(random, 0, 1),
      responseMultiplier: Math.fround(drawLogNormal(random, 0.8, 0.6)),
      slots: random() < 0.2 ? 2 : 1,
      bestOffer: Math.max(one as number, other as number),
      secondOffer: Math.min(one as number, other as number),
    });
  }
  const lines = Array.from({ length: lineCount }, () => ({
    segments: drawOne(random, [['a'], ['b'], ['a', 'b']]),
    surfaces: ['home'],
    startAtMs: drawInteger(random, 0, requests / 3),
    endAtMs: drawInteger(random, requests / 2, requests),
    clickPriceMicros: drawInteger(random, 30, 70) * 10_000,
    budgetMicros: Math.round((load * requests * 5000 * drawLogNormal(random, 1, 0.5)) / lineCount),
    worth: drawOne(random, [1, 6]),
  }));
  return { log, cells: CELLS, lines, positions: POSITIONS };
}

const solver = await loadHighsSolver({ crossover: true });

/** Columns: which line or offer has which slot of which request. */
function exactValue({ log, cells, lines, positions }: BoundedMarket): number {
  const columns: { value: number; entries: [row: number, amount: number][] }[] = [];
  const rowUpper = lines.map(({ budgetMicros }) => budgetMicros);
  for (let index = 0; index < log.count(); index += 1) {
    const request = log.get(index);
    const cell = cells[request.place] as (typeof cells)[number];
    const slotRow = rowUpper.length;
    const once = slotRow + request.slots;
    for (let row = 0; row < request.slots + lines.length + 2; row += 1) rowUpper.push(1);
    for (let slot = 0; slot < request.slots; slot += 1) {
      lines.forEach((line, which) => {
        const isOpen = line.startAtMs <= request.atMs && request.atMs < line.endAtMs;
        if (!isOpen || !line.segments.includes(cell.segment)) return;
        const clicks = cell.clickRate * request.responseMultiplier * (positions[slot] as number);
        const cost = clicks * line.clickPriceMicros;
        columns.push({
          value: line.worth * cost,
          entries: [
            [which, cost],
            [slotRow + slot, 1],
            [once + which, 1],
          ],
        });
      });
      [request.bestOffer, request.secondOffer].forEach((value, which) =>
        columns.push({
          value,
          entries: [
            [slotRow + slot, 1],
            [once + lines.length + which, 1],
          ],
        }),
      );
    }
  }
  const starts = [0];
  for (const { entries } of columns) starts.push((starts.at(-1) as number) + entries.length);
  const entries = columns.flatMap((column) => column.entries.sort(([a], [b]) => a - b));
  return solver.maximise({
    objective: Float64Array.from(columns, ({ value }) => value),
    upper: new Float64Array(columns.length).fill(1),
    rowUpper: Float64Array.from(rowUpper),
    starts: Int32Array.from(starts),
    rows: Int32Array.from(entries, ([row]) => row),
    values: Float64Array.from(entries, ([, amount]) => amount),
  }).objective;
}

describe('the hindsight bound', () => {
  for (const { name, seed, lines, load } of [
    { name: 'budgets that bind', seed: 1, lines: 4, load: 1 },
    { name: 'budgets for half of the requests', seed: 2, lines: 6, load: 0.5 },
    { name: 'more money than requests', seed: 3, lines: 5, load: 4 },
    { name: 'hardly any money', seed: 4, lines: 3, load: 0.02 },
  ]) {
    it(`lies above the best assignment and close to it, with ${name}`, () => {
      const market = drawMarket(seed, 400, lines, load);
      const [bound, exact] = [hindsightBound(market), exactValue(market)];
      assert(bound >= exact * (1 - 1e-6), `${bound} below ${exact}`);
      assert(bound <= exact * 1.04, `${bound / exact} of the best`);
    });
  }

  it('is what offers pay where there is no line, and nothing where nobody came', () => {
    const { log, ...market } = drawMarket(5, 100, 1);
    let offered = 0;
    for (let index = 0; index < log.count(); index += 1) {
      const { slots, bestOffer, secondOffer } = log.get(index);
      offered += bestOffer + (slots > 1 ? secondOffer : 0);
    }
    assert(Math.abs(hindsightBound({ ...market, log, lines: [] }) / offered - 1) < 1e-9);
    assert.equal(hindsightBound({ ...market, log: createRequestLog(), lines: [] }), 0);
    const penniless = market.lines.map((line) => ({ ...line, budgetMicros: 0 }));
    assert(Math.abs(hindsightBound({ ...market, log, lines: penniless }) / offered - 1) < 1e-6);
  });
});
