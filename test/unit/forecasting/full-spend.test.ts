import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clickLaw } from '../../../shared/forecasting/click-law.ts';
import { estimateSpread, supplyLaw } from '../../../shared/forecasting/error-spread.ts';
import { fullSpend, fullSpendOf, suggestedMaximumBudget } from '../../../shared/forecasting/full-spend.ts';
import { scoreProbabilities } from '../../../shared/forecasting/score-probability.ts';
import { createQuotes } from '../../bench/full-spend-world.ts';

const PRICE = 500_000;
const terms = {
  supply: [{ weight: 1, median: 1e4, sigma: 0.25 }],
  rate: { alpha: 20, beta: 980 },
  clickPriceMicros: PRICE,
};

describe('the probability of full spend', () => {
  it('is 1 for a budget of nothing and 0 without supply', () => {
    assert.equal(fullSpend(terms, 0), 1);
    assert.equal(fullSpend({ ...terms, supply: [{ weight: 1, median: 0, sigma: 0.2 }] }, 1), 0);
    assert.equal(fullSpend({ ...terms, rate: { alpha: 0, beta: 10 } }, 1), 0);
  });

  it('asks for whole clicks: the last may cost more than is left', () => {
    assert.equal(fullSpend(terms, 100 * PRICE), fullSpend(terms, 99 * PRICE + 1));
    assert(fullSpend(terms, 100 * PRICE) < fullSpend(terms, 99 * PRICE));
  });

  it('never rises with the budget, and is the same for every unit of money', () => {
    const micros = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(micros, micros, fc.integer({ min: 1, max: 1e7 }), (one, other, clickPriceMicros) => {
        const law = clickLaw(terms.supply, terms.rate);
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        assert(fullSpendOf(law, clickPriceMicros, less) >= fullSpendOf(law, clickPriceMicros, more));
        const budget = less % 1e12;
        assert.equal(fullSpendOf(law, clickPriceMicros, budget), fullSpendOf(law, clickPriceMicros * 8, budget * 8));
      }),
    );
  });

  it('falls on either side of an even chance as the supply becomes less certain', () => {
    const at = (sigma: number, clicks: number) =>
      fullSpend(
        { ...terms, rate: { alpha: 1e6, beta: 49e6 }, supply: [{ weight: 1, median: 1e4, sigma }] },
        clicks * PRICE,
      );
    assert(at(0.1, 150) > at(0.4, 150) && at(0.1, 260) < at(0.4, 260));
  });

  it('is calibrated on markets whose spread it is not told', () => {
    const quotes = createQuotes({ law: 'log-uniform .1-.5', seed: 7, quotes: 3000, pastErrors: 10 });
    const settled = quotes.map(({ supply, errors, rate, clickPriceMicros, budgetMicros, spentInFull }) => ({
      probability: fullSpend(
        { supply: supplyLaw(supply, estimateSpread(errors)), rate, clickPriceMicros },
        budgetMicros,
      ),
      happened: spentInFull,
    }));
    const certain = quotes.map(({ supply, rate, clickPriceMicros, budgetMicros, spentInFull }) => ({
      probability: fullSpend(
        { supply: [{ weight: 1, median: supply, sigma: 0 }], rate, clickPriceMicros },
        budgetMicros,
      ),
      happened: spentInFull,
    }));
    const [ours, theirs] = [scoreProbabilities(settled), scoreProbabilities(certain)];
    assert(ours.ece < 0.03 && theirs.ece > 0.05, `${ours.ece}, ${theirs.ece}`);
    assert(ours.brier < theirs.brier);
  });

  for (const budgetMicros of [-1, NaN, Infinity]) {
    it(`refuses a budget of ${budgetMicros}`, () => {
      const message = new RegExp(`budget must be 0 or more micros, not ${budgetMicros}`);
      assert.throws(() => fullSpend(terms, budgetMicros), { name: 'ForecastError', code: 'INVALID_QUOTE', message });
    });
  }
  for (const clickPriceMicros of [0, -5, NaN, Infinity]) {
    it(`refuses a price of ${clickPriceMicros}`, () => {
      const message = new RegExp(`price of a click must be above 0 micros, not ${clickPriceMicros}`);
      assert.throws(() => fullSpend({ ...terms, clickPriceMicros }, 1), { code: 'INVALID_QUOTE', message });
    });
  }
});

describe('the suggested maximum budget', () => {
  const law = clickLaw(terms.supply, terms.rate);

  it('is the largest that is spent in full four times in five', () => {
    const budgetMicros = suggestedMaximumBudget(law, PRICE);
    assert.equal(budgetMicros % PRICE, 0);
    assert(fullSpendOf(law, PRICE, budgetMicros) >= 0.8);
    assert(fullSpendOf(law, PRICE, budgetMicros + 1) < 0.8);
  });

  it('falls with the probability that is asked for', () => {
    const budgets = [0.5, 0.8, 0.95].map((probability) => suggestedMaximumBudget(law, PRICE, probability));
    assert.deepEqual(
      budgets,
      [...budgets].sort((a, b) => b - a),
    );
    assert(new Set(budgets).size === 3);
  });

  it('is nothing where not one click is likely, and never past what a number holds', () => {
    assert.equal(suggestedMaximumBudget(clickLaw([{ weight: 1, median: 1, sigma: 0.1 }], terms.rate), PRICE), 0);
    const endless = clickLaw([{ weight: 1, median: 1e30, sigma: 0.1 }], terms.rate);
    assert.equal(suggestedMaximumBudget(endless, PRICE), Number.MAX_SAFE_INTEGER);
  });

  it('refuses a price of nothing and a probability of 1', () => {
    assert.throws(() => suggestedMaximumBudget(law, 0), { code: 'INVALID_QUOTE', message: /price of a click/ });
    assert.throws(() => suggestedMaximumBudget(law, PRICE, 1), { code: 'INVALID_QUOTE', message: /between 0 and 1/ });
  });
});
