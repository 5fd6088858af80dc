// The most that a day of the mixed auction could have been worth, in hindsight: the dual of the exact programme over the
// requests that came, at prices that HiGHS finds for them. Whatever the prices, no way of serving is worth more.
import type { LinearSolver } from '../../shared/planning/exact-allocation.ts';
import { CELLS, linesByCell, type AuctionWorld } from './auction-world.ts';

/** To find prices, the requests of a cell are taken together in so many parts, by their offer over their clicks. */
const PARTS = 60;

export interface AuctionBound {
  /** At least what the best way of serving is worth, micros. */
  value: number;
  /** What one that is possible is worth: the best lies in between. */
  possible: number;
  /** Guaranteed money that it delivers, micros. */
  delivered: number;
  /** Of each line: the worth of a micro of its money. */
  prices: Float64Array;
}

/** @param guaranteeWorth of a unit of guaranteed money that is delivered; all else is worth 1 */
export function auctionBound(solver: LinearSolver, world: AuctionWorld, guaranteeWorth: number): AuctionBound {
  const { lines } = world;
  const parts = partsOf(world);
  const [objective, rows, values, starts]: [number[], number[], number[], number[]] = [[], [], [], [0]];
  const guaranteed: number[] = [];
  parts.forEach(({ cell, clicks, rival }, part) => {
    lines.forEach(({ cells, clickPriceMicros, isAuctioned, budgetMicros }, line) => {
      if (!cells.includes(cell)) return;
      const money = clicks * clickPriceMicros;
      objective.push(money * (isAuctioned ? 1 : guaranteeWorth) - rival);
      rows.push(part, parts.length + line);
      values.push(1, money / budgetMicros);
      starts.push(rows.length);
      guaranteed.push(isAuctioned ? 0 : money);
    });
  });
  const {
    rowPrices,
    columns,
    objective: gained,
  } = solver.maximise({
    objective: Float64Array.from(objective),
    upper: new Float64Array(objective.length).fill(Infinity),
    rowUpper: new Float64Array(parts.length + lines.length).fill(1),
    starts: Int32Array.from(starts),
    rows: Int32Array.from(rows),
    values: Float64Array.from(values),
  });
  const prices = Float64Array.from(lines, ({ budgetMicros }, line) =>
    Math.max(0, (rowPrices[parts.length + line] as number) / budgetMicros),
  );
  return {
    value: dualAt(world, prices, guaranteeWorth),
    possible: gained + parts.reduce((all, { rival }) => all + rival, 0),
    delivered: columns.reduce((all, share, column) => all + share * (guaranteed[column] as number), 0),
    prices,
  };
}

/** An upper bound, whatever the prices of a micro of each line's money are, 0 or more. */
export function dualAt(world: AuctionWorld, prices: Float64Array, guaranteeWorth: number): number {
  const { lines, requests } = world;
  const kept = lines.map(
    ({ clickPriceMicros, isAuctioned }, line) =>
      clickPriceMicros * ((isAuctioned ? 1 : guaranteeWorth) - (prices[line] as number)),
  );
  const best = linesByCell(world).map((own) => own.reduce((most, line) => Math.max(most, kept[line] as number), 0));
  let value = lines.reduce((all, { budgetMicros }, line) => all + (prices[line] as number) * budgetMicros, 0);
  for (let request = 0; request < requests.cell.length; request++) {
    const { clicks, rival } = requestAt(world, request);
    value += Math.max(rival, clicks * (best[requests.cell[request] as number] as number));
  }
  return value;
}

/** Expected clicks, and what the request is worth without lines, micros: its offer, or the floor to the house. */
function requestAt({ requests, clickPpm, floorCpmMicros }: AuctionWorld, request: number) {
  const cell = requests.cell[request] as number;
  const clicks = ((clickPpm[cell] as number) / 1e6) * (requests.multiplier[request] as number);
  const rivalCpm = Math.max(requests.offerCpmMicros[request] as number, floorCpmMicros[cell] as number);
  return { cell, clicks, rival: rivalCpm / 1000 };
}

function partsOf(world: AuctionWorld): { cell: number; clicks: number; rival: number }[] {
  const ofCell = Array.from({ length: CELLS }, (): ReturnType<typeof requestAt>[] => []);
  for (let request = 0; request < world.requests.cell.length; request++) {
    ofCell[world.requests.cell[request] as number]?.push(requestAt(world, request));
  }
  return ofCell.flatMap((own, cell) => {
    own.sort((a, b) => a.rival / a.clicks - b.rival / b.clicks);
    const size = Math.max(1, Math.ceil(own.length / PARTS));
    return Array.from({ length: Math.ceil(own.length / size) }, (_, part) => {
      const together = { cell, clicks: 0, rival: 0 };
      for (const one of own.slice(part * size, (part + 1) * size)) {
        together.clicks += one.clicks;
        together.rival += one.rival;
      }
      return together;
    });
  });
}
