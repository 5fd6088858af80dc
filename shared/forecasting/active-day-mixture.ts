// How likely listeners come on a day, from how many of them came on 1, 2, ... days of a window, and how many did not come.
import { binomialLogMass } from './binomial-log-mass.ts';
import { mixtureWeights } from './mixture-weights.ts';

export interface ActiveDayMixture {
  /** Daily probabilities, ascending. */
  probabilities: Float64Array;
  /** Listeners who came in the window, by those probabilities. */
  seen: Float64Array;
  /** Listeners who did not, though they do come at times. */
  unseen: Float64Array;
}

/** On a logit scale: from one day in three years to all but one day in five months. */
const ATOMS = 40;
const LEAST_LOGIT = -7;
const MOST_LOGIT = 5;

const STEPS = 400;

/**
 * A mixture of binomial laws, each without its zero, since who never came was not counted; the unseen follow from the
 * seen: (1 - p)^W / (1 - (1 - p)^W) of each. 400 steps of expectation maximisation from weights that rise with the root of
 * p, so that what a window cannot tell (very rare listeners) is not made up. A beta law in its place misses two kinds of
 * listeners in one market: it expects 13% too few in 31 days where this is within 2%.
 * @param activeDayListeners listeners with 1, 2, ... W active days, somebody among them
 */
export function fitActiveDays(activeDayListeners: readonly number[]): ActiveDayMixture {
  const windowDays = activeDayListeners.length;
  const probabilities = Float64Array.from({ length: ATOMS }, (_, atom) => {
    return 1 / (1 + Math.exp(-(LEAST_LOGIT + ((MOST_LOGIT - LEAST_LOGIT) * atom) / (ATOMS - 1))));
  });
  const missed = probabilities.map((probability) => (1 - probability) ** windowDays);
  const likelihood = new Float64Array(windowDays * ATOMS);
  for (let row = 0; row < windowDays; row++) {
    probabilities.forEach((probability, atom) => {
      const mass = Math.exp(binomialLogMass(windowDays, probability, row + 1));
      likelihood[row * ATOMS + atom] = mass / (1 - (missed[atom] as number));
    });
  }
  const seen = mixtureWeights(likelihood, activeDayListeners, probabilities.map(Math.sqrt), STEPS);
  const unseen = seen.map((people, atom) => (people * (missed[atom] as number)) / (1 - (missed[atom] as number)));
  return { probabilities, seen, unseen };
}
