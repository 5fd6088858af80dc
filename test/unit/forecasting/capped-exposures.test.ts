import assert from 'node:assert/strict';
import fc from 'fast-check';
import { binomialLogMass } from '../../../shared/forecasting/binomial-log-mass.ts';
import { cappedExposures } from '../../../shared/forecasting/capped-exposures.ts';

/** Doubles alone are nearly all tiny. */
const probability = fc.oneof(
  fc.integer({ min: 0, max: 1000 }).map((parts) => parts / 1000),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

/** Probabilities of 0, 1, ... successes, one trial after the other: slow, and without any formula of ours. */
function masses(trials: number, probability: number): number[] {
  let law = [1];
  for (let trial = 0; trial < trials; trial++) {
    law = [...law, 0].map((mass, count) => mass * (1 - probability) + (law[count - 1] ?? 0) * probability);
  }
  return law;
}

describe('capped exposures of a listener', () => {
  it('equal those counted trial by trial', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 120 }),
        probability,
        fc.integer({ min: 0, max: 130 }),
        (slots, rate, cap) => {
          const expected = masses(slots, rate).reduce((sum, mass, count) => sum + mass * Math.min(count, cap), 0);
          const actual = cappedExposures(slots, rate, cap);
          assert(Math.abs(actual - expected) <= 1e-11 * expected + 1e-300, `${actual}, ${expected}`);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('stay within bounds however many slots there are', () => {
    for (const slots of [1, 1e3, 1e6, 1e9]) {
      for (const rate of [1e-300, 1e-9, 1e-6, 0.01, 0.5, 1 - 1e-12, 1]) {
        for (const cap of [0, 1, 2, 5, 1e3, 1e6, Infinity]) {
          const exposures = cappedExposures(slots, rate, cap);
          assert(exposures >= 0 && exposures <= Math.min(cap, slots * rate) * (1 + 1e-9), `${slots} ${rate} ${cap}`);
        }
      }
    }
  });
});

describe('the logarithm of a binomial probability', () => {
  it('equals that counted trial by trial', () => {
    for (const trials of [0, 1, 2, 63, 200]) {
      for (const probability of [0, 1e-3, 0.5, 0.99, 1]) {
        masses(trials, probability).forEach((mass, count) => {
          const actual = Math.exp(binomialLogMass(trials, probability, count));
          assert(Math.abs(actual - mass) <= 1e-12 * mass + 1e-300, `${trials} ${probability} ${count}`);
        });
      }
    }
  });

  it('is that of nothing for more successes than trials', () => {
    assert.equal(binomialLogMass(3, 0.5, 4), -Infinity);
  });

  it('says how little probable a thing is that no number can', () => {
    assert(Math.abs(binomialLogMass(1e6, 0.5, 0) + 1e6 * Math.LN2) < 1e-6);
  });
});
