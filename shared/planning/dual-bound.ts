// What proves an allocation good: the prices of a cell dual bound the value of every allocation from above.
import type { CellDual } from './cell-dual.ts';

/** No allocation is worth more (scaled, bonus included): linear programming duality at the current prices. */
export function dualBound({ market, taken, linePrice }: CellDual): number {
  const { cellStart, line, use, worth, cap, supply, demand, first, bonus } = market;
  let bound = 0;
  for (let own = 0; own < linePrice.length; own++) {
    const price = linePrice[own] as number;
    bound += (first[own] as number) * ((bonus[own] as number) + Math.min(0, price));
    bound += (demand[own] as number) * Math.max(0, price);
  }
  for (let cell = 0; cell < supply.length; cell++) {
    const start = cellStart[cell] as number;
    const end = cellStart[cell + 1] as number;
    const units = supply[cell] as number;
    let price = taken.cellPrice[cell] as number;
    for (let position = start; position < end; position++) {
      if ((cap[position] as number) < units) continue;
      const gain =
        (worth[position] as number) - (use[position] as number) * (linePrice[line[position] as number] as number);
      price = Math.max(price, gain);
    }
    bound += price * units;
    for (let position = start; position < end; position++) {
      if ((cap[position] as number) >= units) continue;
      const gain =
        (worth[position] as number) - (use[position] as number) * (linePrice[line[position] as number] as number);
      bound += (cap[position] as number) * Math.max(0, gain - price);
    }
  }
  return bound;
}

/** What is taken, with lines above their demand scaled down to it (scaled, bonus included). */
export function scaledValue({ market, taken }: CellDual): number {
  const { line, worth, demand, first, bonus } = market;
  const { units, delivered } = taken;
  let value = 0;
  for (let position = 0; position < line.length; position++) {
    const own = line[position] as number;
    const most = demand[own] as number;
    const all = delivered[own] as number;
    value += (units[position] as number) * (worth[position] as number) * (all > most ? most / all : 1);
  }
  for (let own = 0; own < demand.length; own++) {
    value += (bonus[own] as number) * Math.min(first[own] as number, delivered[own] as number);
  }
  return value;
}
