// The exact programme behind live prices, for small samples: every request that a cell is scaled from, and what the
// best assignment of them is worth.
import type { LinearSolver } from '../../shared/planning/exact-allocation.ts';
import type { LiveLines } from '../../shared/planning/live-price.ts';
import type { LiveCells, RequestSample } from '../../shared/planning/offer-curve.ts';

/** A cell counts this many requests of the whole sample beside its own. */
const BORROWED_REQUESTS = 20;

export interface Request {
  cell: number;
  /** Opportunities that it stands for. */
  count: number;
  /** Expected clicks of one of them. */
  clicks: number;
  offer: number;
}

/** The sample as the solver scales it: a cell's own requests and the borrowed ones, whose offers follow the click rate. */
export function scaledRequests({ cell, multiplier, offer }: RequestSample, cells: LiveCells): Request[] {
  const requests: Request[] = [];
  cells.opportunities.forEach((opportunities, which) => {
    const rate = cells.clickRate[which] as number;
    const own = cell.reduce((count, one) => count + (one === which ? 1 : 0), 0);
    cell.forEach((from, index) => {
      const parts = (from === which ? 1 : 0) + BORROWED_REQUESTS / cell.length;
      requests.push({
        cell: which,
        count: (opportunities * parts) / (own + BORROWED_REQUESTS),
        clicks: rate * (multiplier[index] as number),
        offer: ((offer?.[index] ?? 0) * rate) / (cells.clickRate[from] as number),
      });
    });
  });
  return requests;
}

/** The linear programme's optimum: worth of delivered money and spot money. */
export function bestValue(solver: LinearSolver, requests: readonly Request[], lines: LiveLines): number {
  const [objective, rows, values, starts]: [number[], number[], number[], number[]] = [[], [], [], [0]];
  requests.forEach(({ cell, count, clicks, offer }, request) => {
    objective.push(count * offer);
    rows.push(request);
    values.push(1);
    starts.push(rows.length);
    for (const line of eligibleLines(lines, cell)) {
      const money = count * clicks * (lines.clickPrice[line] as number);
      objective.push(money * (lines.worth[line] as number));
      rows.push(request, requests.length + line);
      values.push(1, money);
      starts.push(rows.length);
    }
  });
  return solver.maximise({
    objective: Float64Array.from(objective),
    upper: new Float64Array(objective.length).fill(Infinity),
    rowUpper: Float64Array.from([...requests.map(() => 1), ...lines.budget]),
    starts: Int32Array.from(starts),
    rows: Int32Array.from(rows),
    values: Float64Array.from(values),
  }).objective;
}

/** The dual's value at these prices: an upper bound of what any assignment is worth, tight at the best prices. */
export function dualValue(requests: Iterable<Request>, lines: LiveLines, prices: Float64Array): number {
  let value = 0;
  const best: number[] = [];
  prices.forEach((price, line) => {
    const worth = lines.worth[line] as number;
    value += worth * price * (lines.budget[line] as number);
    const net = worth * (lines.clickPrice[line] as number) * (1 - price);
    for (const cell of lines.edgeCell.subarray(lines.lineStart[line], lines.lineStart[line + 1])) {
      best[cell] = Math.max(best[cell] ?? 0, net);
    }
  });
  for (const { cell, count, clicks, offer } of requests) value += count * Math.max(offer, clicks * (best[cell] ?? 0));
  return value;
}

function eligibleLines({ budget, lineStart, edgeCell }: LiveLines, cell: number): number[] {
  return Array.from(budget.keys()).filter((line) =>
    edgeCell.subarray(lineStart[line], lineStart[line + 1]).includes(cell),
  );
}
