// The problem laid out for the dual: edges grouped by cell, lines and money scaled so that every line's mean use and the
// mean worth of a unit are 1. Then no setting depends on the units of money or supply.
import type { FirstPart } from './fairness.ts';
import type { AllocationProblem } from './problem.ts';

/** Positions are edges in cell order: those of cell i are `cellStart[i]` up to and without `cellStart[i + 1]`. */
export interface CellMarket {
  cellStart: Uint32Array;
  /** Of each position: its line, and its edge in the problem. */
  line: Uint32Array;
  edge: Uint32Array;
  use: Float64Array;
  worth: Float64Array;
  /** Finite: the problem's cap, or twice the supply of the cell, which never binds and so takes no price from the cell. */
  cap: Float64Array;
  /** The share of a cell that a line takes when it takes the same of all its cells, units. */
  fair: Float64Array;
  supply: Float64Array;
  /** Of each line, scaled; `first` is the part that has a bonus, 0 without fairness. */
  demand: Float64Array;
  first: Float64Array;
  bonus: Float64Array;
  /** A scaled price x this is a price in the problem's money, per unit of supply and per unit of each line's demand. */
  cellMoney: number;
  lineMoney: Float64Array;
  largestCell: number;
}

export function createCellMarket(problem: AllocationProblem, firstPart: FirstPart | undefined): CellMarket {
  const { supply, demand, lineStart, edgeCell } = problem;
  const [cells, lines, edges] = [supply.length, demand.length, edgeCell.length];
  const { cellStart, largestCell } = countCells(edgeCell, cells);
  const market: CellMarket = {
    cellStart,
    line: new Uint32Array(edges),
    edge: new Uint32Array(edges),
    use: new Float64Array(edges),
    worth: new Float64Array(edges),
    cap: new Float64Array(edges),
    fair: new Float64Array(edges),
    supply,
    demand: new Float64Array(lines),
    first: new Float64Array(lines),
    bonus: new Float64Array(lines),
    cellMoney: 1,
    lineMoney: new Float64Array(lines),
    largestCell,
  };
  const next = cellStart.slice();
  let fairWorth = 0;
  let fairUnits = 0;
  for (let line = 0; line < lines; line++) {
    const start = lineStart[line] as number;
    const end = lineStart[line + 1] as number;
    let units = 0;
    let uses = 0;
    for (let edge = start; edge < end; edge++) {
      units += supply[edgeCell[edge] as number] as number;
      uses += (supply[edgeCell[edge] as number] as number) * (problem.use[edge] as number);
    }
    const meanUse = units > 0 ? uses / units : 1;
    const wanted = (demand[line] as number) / meanUse;
    const share = units > 0 ? Math.min(1, wanted / units) : 0;
    for (let edge = start; edge < end; edge++) {
      const cell = edgeCell[edge] as number;
      const room = supply[cell] as number;
      const use = (problem.use[edge] as number) / meanUse;
      const position = next[cell] as number;
      next[cell] = position + 1;
      market.line[position] = line;
      market.edge[position] = edge;
      market.use[position] = use;
      market.worth[position] = problem.worth[edge] as number;
      market.cap[position] = Math.min(problem.cap[edge] as number, 2 * room);
      market.fair[position] = share * room;
      fairWorth += share * room * (problem.worth[edge] as number);
      fairUnits += share * room;
    }
    market.demand[line] = wanted;
    market.first[line] = (firstPart?.amount[line] ?? 0) / meanUse;
    market.bonus[line] = (firstPart?.bonus[line] ?? 0) * meanUse;
    market.lineMoney[line] = 1 / meanUse;
  }
  scaleMoney(market, fairWorth > 0 ? fairWorth / fairUnits : 1);
  return market;
}

function countCells(edgeCell: Uint32Array, cells: number): { cellStart: Uint32Array; largestCell: number } {
  const cellStart = new Uint32Array(cells + 1);
  for (let edge = 0; edge < edgeCell.length; edge++) {
    const after = (edgeCell[edge] as number) + 1;
    cellStart[after] = (cellStart[after] as number) + 1;
  }
  let largestCell = 0;
  for (let cell = 0; cell < cells; cell++) {
    largestCell = Math.max(largestCell, cellStart[cell + 1] as number);
    cellStart[cell + 1] = (cellStart[cell + 1] as number) + (cellStart[cell] as number);
  }
  return { cellStart, largestCell };
}

function scaleMoney(market: CellMarket, money: number): void {
  market.cellMoney = money;
  for (let position = 0; position < market.worth.length; position++) {
    market.worth[position] = (market.worth[position] as number) / money;
  }
  for (let line = 0; line < market.bonus.length; line++) {
    market.bonus[line] = (market.bonus[line] as number) / money;
    market.lineMoney[line] = (market.lineMoney[line] as number) * money;
  }
}
