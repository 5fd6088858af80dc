// Whether what is sold fits the supply it is sold on (invariant 2), worked out from supply documents and budgets alone: no
// line of the planning it judges is used. Cells are days cut at the ends of flights, merged where the same lines may
// take from them; what fits is a maximum flow by shortest augmenting paths (Edmonds and Karp, JACM 1972).
import type { SupplyDay } from '../shared/contracts/documents.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Sold demand: its clicks may come from any cell of its audience in its flight. */
export interface Wanting {
  key: string;
  segments: readonly string[];
  surfaces: readonly string[];
  startAtMs: number;
  endAtMs: number;
  priceMicros: number;
  remainingMicros: number;
}

/** The lower quartile of a normal law lies this part of the way from its median to its first decile, rounded down. */
const QUARTILE = 0.5263;

/**
 * What of a decision's sales does not fit, as a sentence: what rose must be deliverable on top of all that did not.
 * @param before what was wanted just before, at the same instant
 */
export function oversold(
  before: readonly Wanting[],
  after: readonly Wanting[],
  supply: readonly SupplyDay[],
  nowMs: number,
): string | undefined {
  const had = new Map(before.map((line) => [line.key, line.remainingMicros]));
  const kept = after.map((line) => ({
    ...line,
    remainingMicros: Math.min(line.remainingMicros, had.get(line.key) ?? 0),
  }));
  const rise = clicksWanted(after) - clicksWanted(kept);
  if (rise <= 0) return undefined;
  const cells = mergedCells(after, supply, nowMs);
  const [without, all] = [mostDelivered(kept, cells), mostDelivered(after, cells)];
  if (all >= without + rise - 1e-6 * (1 + rise)) return undefined;
  return `${rise.toFixed(3)} clicks were sold, supply has ${(all - without).toFixed(3)} beside the ${without.toFixed(3)} of others`;
}

function clicksWanted(lines: readonly Wanting[]): number {
  return lines.reduce((sum, { remainingMicros, priceMicros }) => sum + remainingMicros / priceMicros, 0);
}

interface Cell {
  lines: number[];
  clicks: number;
}

function mergedCells(lines: readonly Wanting[], supply: readonly SupplyDay[], nowMs: number): Cell[] {
  const instants = lines.flatMap(({ startAtMs, endAtMs }) => [startAtMs, endAtMs]);
  const cells = new Map<string, Cell>();
  for (const { day, hourShape, cells: ofDay } of supply) {
    const midnight = Date.parse(day);
    const inside = [...instants, nowMs].filter((atMs) => atMs > midnight && atMs < midnight + DAY_MS);
    const cuts = [...new Set([midnight, ...inside, midnight + DAY_MS])].sort((a, b) => a - b);
    for (let index = 0; index + 1 < cuts.length; index++) {
      const [fromMs, toMs] = [cuts[index] as number, cuts[index + 1] as number];
      if (fromMs < nowMs) continue;
      const share = shareBetween(hourShape, fromMs - midnight, toMs - midnight);
      const flying = lines.flatMap((line, which) => (line.startAtMs <= fromMs && line.endAtMs >= toMs ? [which] : []));
      for (const { segment, surface, q10, q50, clickPpm } of ofDay) {
        const own = flying.filter((which) => {
          const line = lines[which] as Wanting;
          return line.segments.includes(segment) && line.surfaces.includes(surface);
        });
        if (own.length === 0) continue;
        const key = own.join();
        const cell = cells.get(key) ?? { lines: own, clicks: 0 };
        cell.clicks += (share * Math.max(0, q50 - QUARTILE * (q50 - q10)) * clickPpm) / 1e6;
        cells.set(key, cell);
      }
    }
  }
  return [...cells.values()];
}

/** The part of a day's traffic between two times of it. */
function shareBetween(hourShape: readonly number[], fromMs: number, toMs: number): number {
  let share = 0;
  for (let hour = Math.floor(fromMs / HOUR_MS); hour * HOUR_MS < toMs; hour++) {
    const insideMs = Math.min(toMs, (hour + 1) * HOUR_MS) - Math.max(fromMs, hour * HOUR_MS);
    share += ((hourShape[hour] as number) * insideMs) / HOUR_MS;
  }
  return share;
}

/** The most clicks that all lines together can get. */
function mostDelivered(lines: readonly Wanting[], cells: readonly Cell[]): number {
  const open = lines.map(({ remainingMicros, priceMicros }) => Math.max(0, remainingMicros) / priceMicros);
  const free = cells.map(({ clicks }) => clicks);
  const given = cells.map(() => lines.map(() => 0));
  const cellsOf = lines.map((_, line) => cells.flatMap((cell, index) => (cell.lines.includes(line) ? [index] : [])));
  let delivered = 0;
  for (let source = 0; source < lines.length; source++) {
    for (;;) {
      const path = shortestPath(source, { cells, cellsOf, free, given });
      if (!path || (open[source] as number) <= 1e-9) break;
      let amount = Math.min(open[source] as number, free[path.at(-1)?.cell as number] as number);
      for (const { line, cell } of path.slice(1)) amount = Math.min(amount, takenFrom(given, path, line, cell));
      path.forEach(({ line, cell }, step) => {
        const row = given[cell] as number[];
        row[line] = (row[line] as number) + amount;
        const next = path[step + 1];
        if (next) row[next.line] = (row[next.line] as number) - amount;
      });
      const last = path.at(-1)?.cell as number;
      free[last] = (free[last] as number) - amount;
      open[source] = (open[source] as number) - amount;
      delivered += amount;
    }
  }
  return delivered;
}

/** A line takes of a cell; the line after it in a path gives that up and takes of the next cell instead. */
interface Step {
  line: number;
  cell: number;
}

/** What the line of a step has of the cell of the step before. */
function takenFrom(given: readonly number[][], path: readonly Step[], line: number, cell: number): number {
  const step = path.findIndex((one) => one.line === line && one.cell === cell);
  return given[(path[step - 1] as Step).cell]?.[line] as number;
}

function shortestPath(
  source: number,
  {
    cells,
    cellsOf,
    free,
    given,
  }: { cells: readonly Cell[]; cellsOf: readonly number[][]; free: readonly number[]; given: readonly number[][] },
): Step[] | undefined {
  const from = new Map<number, { step: Step; before: number | undefined }>();
  const queue: number[] = [];
  const visit = (line: number, before: number | undefined) => {
    for (const cell of cellsOf[line] as number[]) {
      if (from.has(cell)) continue;
      from.set(cell, { step: { line, cell }, before });
      queue.push(cell);
    }
  };
  visit(source, undefined);
  const seen = new Set([source]);
  for (let head = 0; head < queue.length; head++) {
    const cell = queue[head] as number;
    if ((free[cell] as number) > 1e-9) return pathTo(cell, from);
    for (const line of (cells[cell] as Cell).lines) {
      if (seen.has(line) || ((given[cell] as number[])[line] as number) <= 1e-9) continue;
      seen.add(line);
      visit(line, cell);
    }
  }
  return undefined;
}

function pathTo(end: number, from: ReadonlyMap<number, { step: Step; before: number | undefined }>): Step[] {
  const path: Step[] = [];
  for (let cell: number | undefined = end; cell !== undefined;) {
    const found = from.get(cell) as { step: Step; before: number | undefined };
    path.unshift(found.step);
    cell = found.before;
  }
  return path;
}
