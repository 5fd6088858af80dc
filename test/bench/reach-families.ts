// Laws of slots whose exposures at a part of the inventory are known exactly: what a fit to such exposures should find.
import { logGamma } from '../../shared/forecasting/log-gamma.ts';
import { binomialLogMass } from '../../shared/forecasting/binomial-log-mass.ts';
import type { ExposureTable } from '../../shared/forecasting/exposure-table.ts';

export interface Family {
  name: string;
  /** Probabilities of 0, 1, 2, ... slots. */
  slots: Float64Array;
  /** Absolute relative errors of the published mixture at 40, 70 and 100% of the inventory, fitted at 20%. */
  mixtureErrors: readonly [number, number, number];
}

const MOST = 1000;

/** Five laws in which everybody has a slot. */
export const FAMILIES: readonly Family[] = [
  {
    name: 'shifted Poisson(4)',
    slots: lawOf((slots) => (slots - 1) * Math.log(4) - 4 - logGamma(slots)),
    mixtureErrors: [0.02, 0.02, 0.01],
  },
  { name: 'exponential-Poisson(4)', slots: lawOf(negativeBinomial(1, 4)), mixtureErrors: [0.01, 0.04, 0.07] },
  { name: 'gamma-Poisson, low variance', slots: lawOf(negativeBinomial(8, 6)), mixtureErrors: [0.01, 0.01, 0.01] },
  { name: 'gamma-Poisson, high variance', slots: lawOf(negativeBinomial(0.3, 4)), mixtureErrors: [0.03, 0.1, 0.18] },
  { name: 'zeta(2.14)', slots: lawOf((slots) => -2.14 * Math.log(slots)), mixtureErrors: [0.06, 0.13, 0.21] },
];

/** Exposures of so many people when each slot is taken with this probability: expected, nothing is drawn. */
export function exposuresAt(slots: Float64Array, offerRate: number, people: number): ExposureTable {
  const counts: number[] = [];
  slots.forEach((share, count) => {
    if (share < 1e-12) return;
    const mean = count * offerRate;
    const [from, to] = [mean - 12 * Math.sqrt(mean) - 5, mean + 12 * Math.sqrt(mean) + 10];
    for (let exposures = Math.max(0, Math.floor(from)); exposures <= Math.min(count, to); exposures++) {
      const mass = share * Math.exp(binomialLogMass(count, offerRate, exposures));
      counts[exposures] = (counts[exposures] ?? 0) + people * mass;
    }
  });
  const exposures = [...counts.keys()];
  return { exposures, people: exposures.map((count) => counts[count] ?? 0) };
}

/** The part of all people that is reached. */
export function reachOf(slots: Float64Array, offerRate: number): number {
  return slots.reduce((sum, share, count) => sum + share * (1 - (1 - offerRate) ** count), 0);
}

/** @param logMass of each number of slots from 1, up to a constant */
function lawOf(logMass: (slots: number) => number): Float64Array {
  const masses = Float64Array.from({ length: MOST }, (_, slots) => (slots === 0 ? 0 : Math.exp(logMass(slots))));
  const all = masses.reduce((sum, mass) => sum + mass, 0);
  return masses.map((mass) => mass / all);
}

function negativeBinomial(shape: number, mean: number): (slots: number) => number {
  return (slots) => logGamma(shape + slots) - logGamma(slots + 1) + slots * Math.log(mean / (shape + mean));
}
