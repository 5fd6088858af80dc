// The most that a day of requests could have been worth, in hindsight: the dual of the exact programme at prices that
// HiGHS finds. Whatever the prices, no assignment is worth more; good prices make the bound tight.
import type { LinearSolver } from '../../shared/planning/exact-allocation.ts';
import type { LiveLines } from '../../shared/planning/live-price.ts';
import { dualValue, type Request } from './live-price-oracle.ts';

/** To find prices, the requests of a cell are taken together in so many parts, by their offer over their clicks. */
const PARTS = 200;

export interface HindsightBound {
  /** At least the value of the best assignment. */
  value: number;
  /** Value of an assignment that is possible: the best one lies in between. */
  possible: number;
  prices: Float64Array;
}

export function hindsightBound(solver: LinearSolver, requests: readonly Request[], lines: LiveLines): HindsightBound {
  const cells = 1 + requests.reduce((last, { cell }) => Math.max(last, cell), -1);
  const [objective, upper, rows, values, starts]: [number[], number[], number[], number[], number[]] = [
    [],
    [],
    [],
    [],
    [0],
  ];
  // What is taken from spot demand feeds its cell, in clicks.
  for (const { cell, clicks, offer } of partsOf(requests, cells)) {
    objective.push(-offer / clicks);
    upper.push(clicks);
    rows.push(cell);
    values.push(-1);
    starts.push(rows.length);
  }
  lines.budget.forEach((_, line) => {
    const clickPrice = lines.clickPrice[line] as number;
    for (const cell of lines.edgeCell.subarray(lines.lineStart[line], lines.lineStart[line + 1])) {
      objective.push((lines.worth[line] as number) * clickPrice);
      upper.push(Infinity);
      rows.push(cell, cells + line);
      values.push(1, clickPrice);
      starts.push(rows.length);
    }
  });
  const { rowPrices, objective: gained } = solver.maximise({
    objective: Float64Array.from(objective),
    upper: Float64Array.from(upper),
    rowUpper: Float64Array.from([...new Array<number>(cells).fill(0), ...lines.budget]),
    starts: Int32Array.from(starts),
    rows: Int32Array.from(rows),
    values: Float64Array.from(values),
  });
  const prices = lines.worth.map((worth, line) =>
    Math.min(1, Math.max(0, (rowPrices[cells + line] as number) / worth)),
  );
  const offers = requests.reduce((sum, { count, offer }) => sum + count * offer, 0);
  return { value: dualValue(requests, lines, prices), possible: offers + gained, prices };
}

/** Requests of a cell with similar offers over clicks as one: all their clicks, all their offers. */
function partsOf(requests: readonly Request[], cells: number): { cell: number; clicks: number; offer: number }[] {
  const ofCell: Request[][] = Array.from({ length: cells }, () => []);
  for (const request of requests) if (request.clicks > 0) ofCell[request.cell]?.push(request);
  return ofCell.flatMap((own, cell) => {
    own.sort((a, b) => a.offer / a.clicks - b.offer / b.clicks);
    const size = Math.max(1, Math.ceil(own.length / PARTS));
    return Array.from({ length: Math.ceil(own.length / size) }, (_, part) => {
      const together = { cell, clicks: 0, offer: 0 };
      for (const { count, clicks, offer } of own.slice(part * size, (part + 1) * size)) {
        together.clicks += count * clicks;
        together.offer += count * offer;
      }
      return together;
    });
  });
}
