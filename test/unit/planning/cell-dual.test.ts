import assert from 'node:assert/strict';
import fc from 'fast-check';
import { solveCellDual } from '../../../shared/planning/cell-dual.ts';
import { createCellMarket } from '../../../shared/planning/cell-market.ts';
import { takeFromCells } from '../../../shared/planning/cell-prices.ts';
import { dualBound, scaledValue } from '../../../shared/planning/dual-bound.ts';
import { allocateExactly } from '../../../shared/planning/exact-allocation.ts';
import { firstParts } from '../../../shared/planning/fairness.ts';
import { createMarketInstance, problemOf } from '../../bench/allocation-instances.ts';
import { fairWorthOf, worthOf } from '../../bench/allocation-measures.ts';
import { loadHighsSolver, type HighsSolver } from '../../../shared/cli/highs-solver.ts';
import { tidyProblems } from '../../support/problems.ts';

describe('what lines take of cells at given prices', () => {
  const price = fc.array(fc.double({ min: -2, max: 10, noNaN: true }), { minLength: 8, maxLength: 8 });

  it('is within caps and supplies, and a cell with a price is full', () => {
    fc.assert(
      fc.property(tidyProblems, price, (problem, prices) => {
        const dual = solveCellDual(createCellMarket(problem, undefined));
        const { market, taken } = dual;
        takeFromCells(market, dual.response, Float64Array.from(prices), taken);
        for (let cell = 0; cell < market.supply.length; cell++) {
          const supply = market.supply[cell] as number;
          let sum = 0;
          for (let edge = market.cellStart[cell] as number; edge < (market.cellStart[cell + 1] as number); edge++) {
            const units = taken.units[edge] as number;
            assert(units >= 0 && units <= (market.cap[edge] as number), `edge ${edge} takes ${units}`);
            sum += units;
          }
          assert(sum <= supply * (1 + 1e-9), `cell ${cell} gives ${sum} of ${supply}`);
          assert(taken.cellPrice[cell] === 0 || sum >= supply * (1 - 1e-9), `cell ${cell} has a price and is not full`);
        }
      }),
    );
  });
});

describe('the bound of a dual', () => {
  let highs: HighsSolver;
  before(async () => void (highs = await loadHighsSolver({ crossover: true })));

  it('is above every allocation at any prices, with fairness and without', () => {
    const start = fc.array(fc.double({ min: -2, max: 10, noNaN: true }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(tidyProblems, start, fc.boolean(), (problem, prices, fairness) => {
        const market = createCellMarket(problem, fairness ? firstParts(problem) : undefined);
        const dual = solveCellDual(market);
        const { y } = allocateExactly(highs, problem, { fairness });
        const optimum = fairness ? fairWorthOf(problem, y) : worthOf(problem, y);
        const bounds = [dualBound(dual)];
        prices.forEach((one, line) => {
          if (line < dual.linePrice.length) dual.linePrice[line] = Math.max(-(market.bonus[line] as number), one);
        });
        takeFromCells(market, dual.response, dual.linePrice, dual.taken);
        bounds.push(dualBound(dual));
        for (const bound of bounds) {
          assert(bound * market.cellMoney >= optimum * (1 - 1e-6) - 1e-5, `${bound * market.cellMoney} of ${optimum}`);
        }
        assert(scaledValue(dual) * market.cellMoney <= optimum * (1 + 1e-6) + 1e-5);
      }),
    );
  });

  for (const fairness of [false, true]) {
    it(`is next to the optimum at the prices it ends with, ${fairness ? 'with' : 'without'} fairness`, () => {
      const shape = { cells: 100, lines: 40, edgesPerLine: 15, load: 1.15, rows: 'units', priceSpread: 0.6 } as const;
      const problem = problemOf(createMarketInstance(shape, 1));
      const dual = solveCellDual(createCellMarket(problem, fairness ? firstParts(problem) : undefined));
      const { y } = allocateExactly(highs, problem, { fairness });
      const optimum = fairness ? fairWorthOf(problem, y) : worthOf(problem, y);
      const bound = dualBound(dual) * dual.market.cellMoney;
      assert(bound <= optimum * 1.005, `${bound} of ${optimum}`);
    });
  }
});
