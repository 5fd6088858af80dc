// Synthetic markets for the benches of planning: cells and lines of a stated shape, drawn from a seed.
import { drawNormal } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import { createProblem, type CreatedProblem } from '../../shared/planning/create-problem.ts';

export interface MarketShape {
  cells: number;
  lines: number;
  /** The mean number of cells a line is eligible for. */
  edgesPerLine: number;
  /** Total demand over total supply, in units. */
  load: number;
  /** `units`: use 1 and one price a line. `money`: use is the expected cost of a unit, click rate x price of a click. */
  rows: 'units' | 'money';
  /** `market`: segments on days of a flight; `random`: any cells. */
  targeting?: 'market' | 'random';
  /** Standard deviation of the logarithm of prices; .35 when absent. */
  priceSpread?: number;
  /** Standard deviation of the logarithm of demands beside what a line could take; .6 when absent. */
  sizeSpread?: number;
  /** Days of a market's cells: cell = segment x days + day; 14 when absent. */
  days?: number;
  /** Every second edge is capped at some fair shares of its line. */
  isCapped?: boolean;
}

export interface MarketInstance {
  supply: number[];
  /** Of each line, units or money. */
  demand: number[];
  price: number[];
  edges: { cell: number; line: number; use: number; worth: number; cap: number }[];
}

/** The same instance for the same shape and seed. */
export function createMarketInstance(shape: MarketShape, seed: number): MarketInstance {
  const random = createRandom(seed, 'allocation', JSON.stringify(shape));
  const logNormal = (spread: number) => Math.exp(spread * drawNormal(random));
  const supply = Array.from({ length: shape.cells }, () => 1000 * logNormal(0.8));
  const clickRate = supply.map(() => 0.01 * logNormal(0.4));
  const price = Array.from({ length: shape.lines }, () => logNormal(shape.priceSpread ?? 0.35));
  const eligible = price.map(() => drawCells(shape, random));
  const reachable = eligible.map((cells) => cells.reduce((sum, cell) => sum + (supply[cell] as number), 0));
  const wanted = reachable.map((units) => units * logNormal(shape.sizeSpread ?? 0.6));
  const total = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0);
  const scale = (shape.load * total(supply)) / total(wanted);
  const demand: number[] = [];
  const edges: MarketInstance['edges'] = [];
  eligible.forEach((cells, line) => {
    const units = Math.min((wanted[line] as number) * scale, (reachable[line] as number) * 0.95);
    const ownRate = logNormal(0.3);
    let uses = 0;
    for (const cell of cells) {
      const unitPrice = price[line] as number;
      const use = shape.rows === 'units' ? 1 : (clickRate[cell] as number) * ownRate * logNormal(0.15) * unitPrice;
      const worth = shape.rows === 'units' ? unitPrice : use;
      const fair = (units * (supply[cell] as number)) / (reachable[line] as number);
      const cap = shape.isCapped && random() < 0.5 ? fair * (0.5 + 3 * random()) : Infinity;
      edges.push({ cell, line, use, worth, cap });
      uses += use * (supply[cell] as number);
    }
    demand.push((units * uses) / (reachable[line] as number));
  });
  return { supply, demand, price, edges };
}

export function problemOf({ supply, demand, edges }: MarketInstance): CreatedProblem {
  const column = (name: 'cell' | 'line' | 'use' | 'worth' | 'cap') => Float64Array.from(edges, (edge) => edge[name]);
  return createProblem({
    supply,
    demand,
    edges: {
      cell: column('cell'),
      line: column('line'),
      use: column('use'),
      worth: column('worth'),
      cap: column('cap'),
    },
  });
}

function drawCells({ cells, edgesPerLine, targeting, days: wantedDays }: MarketShape, random: Random): number[] {
  const wanted = Math.max(1, Math.min(cells, Math.round(edgesPerLine * (0.4 + 1.2 * random()))));
  const chosen = new Set<number>();
  if (targeting === 'random') {
    while (chosen.size < wanted) chosen.add(Math.floor(random() * cells));
  } else {
    // Cells are days of segments; a flight of some days over some segments.
    const days = Math.min(wantedDays ?? 14, Math.floor(Math.sqrt(cells)));
    const segments = Math.floor(cells / days);
    const flight = Math.max(1, Math.min(days, wanted, Math.ceil(days * (0.15 + 0.85 * random()))));
    const first = Math.floor(random() * (days - flight + 1));
    const picks = Math.max(1, Math.min(segments, Math.round(wanted / flight)));
    while (chosen.size < picks * flight) {
      // Popular segments are chosen more often.
      const segment = Math.floor(segments * random() ** 1.5);
      for (let day = first; day < first + flight; day += 1) chosen.add(segment * days + day);
    }
  }
  return [...chosen].sort((a, b) => a - b);
}
