// Accelerated gradient steps on the line prices of a cell dual.
import type { CellDual } from './cell-dual.ts';
import type { CellMarket } from './cell-market.ts';
import { takeFromCells } from './cell-prices.ts';

/**
 * Projected Nesterov with a diagonal preconditioner and gradient restart (O'Donoghue and Candes, Adaptive restart for
 * accelerated gradient schemes, 2015). Changes the line prices; what is taken is at prices of the way there.
 */
export function takeGradientSteps(dual: CellDual, count: number): void {
  const { market, response, taken, linePrice, steepest } = dual;
  const ahead = linePrice.slice();
  let momentum = 1;
  for (let turn = 0; turn < count; turn++) {
    takeFromCells(market, response, ahead, taken);
    dual.iterations += 1;
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const push = (momentum - 1) / nextMomentum;
    let uphill = 0;
    for (let line = 0; line < linePrice.length; line++) {
      const fall = steepest[line] as number;
      if (!(fall > 0)) continue;
      const before = linePrice[line] as number;
      const from = ahead[line] as number;
      const next = settledPrice(market, line, from, taken.delivered[line] as number, fall);
      uphill += fall * (from - next) * (next - before);
      linePrice[line] = next;
      ahead[line] = Math.max(-(market.bonus[line] as number), next + push * (next - before));
    }
    if (uphill > 0) {
      momentum = 1;
      ahead.set(linePrice);
    } else momentum = nextMomentum;
  }
}

/**
 * The proximal step of a line's part of the dual: above 0 the line wants its whole demand, between -bonus and 0 its
 * first part, at either of these prices anything between. Without a bonus it is the projection to 0 and above.
 * @param fall how fast the delivery falls with the price at most
 */
export function settledPrice(market: CellMarket, line: number, price: number, delivered: number, fall: number): number {
  const raised = price + delivered / fall;
  const whole = (market.demand[line] as number) / fall;
  const first = (market.first[line] as number) / fall;
  if (raised > whole) return raised - whole;
  if (raised >= first) return 0;
  return Math.max(-(market.bonus[line] as number), raised - first);
}
