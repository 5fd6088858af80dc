// How a season's quotes turned out beside what they said of themselves.
import type { Random } from '../../emulators/world/random.ts';
import { drawNormal } from '../../emulators/world/draws.ts';
import type { Range } from '../../shared/contracts/forecast-outcomes.ts';
import { normalCdf } from '../../shared/forecasting/normal-cdf.ts';
import { scoreProbabilities } from '../../shared/forecasting/score-probability.ts';

/** A probability of full spend that has been settled. */
export interface SettledChance {
  probability: number;
  happened: boolean;
  /** The weeks of its market that it lived through: those of one share part of their luck. */
  weeks: readonly string[];
}

/** An 80% range that has been settled; `most` is what the budget allows, and is reached with the probability. */
export interface SettledBand {
  range: Range;
  actual: number;
  most?: number;
  probability?: number;
}

const [LOW, HIGH] = [0.1, 0.9];

/**
 * The share of outcomes in their bands. What ends at the budget does so with a probability that has been told: such an
 * outcome is spread evenly over the percentiles that this probability takes up (randomised probability integral
 * transform, in expectation; Czado, Gneiting and Held, Biometrics 65, 2009). A band around one amount that is certain
 * would hold every outcome otherwise, and say nothing.
 */
export function coverageOf(bands: readonly SettledBand[]): number {
  return bands.reduce((sum, band) => sum + heldShare(band), 0) / bands.length;
}

function heldShare({ range, actual, most = Infinity, probability = 0 }: SettledBand): number {
  if (actual < most) return actual >= range.low && actual <= range.high ? 1 : 0;
  const from = 1 - probability;
  return probability > 0 ? Math.max(0, HIGH - Math.max(LOW, from)) / probability : 0;
}

/** The expected calibration error over ten bins. */
export function calibrationError(settled: readonly SettledChance[]): number {
  return scoreProbabilities(settled).ece;
}

/**
 * The 95th percentile of the calibration error if every probability were right.
 * @param shared the part of the luck, as variance of a normal law, that weeks decide, evenly; 0: each is on its own
 */
export function nullError(settled: readonly SettledChance[], shared: number, random: Random, draws = 1000): number {
  const weeks = [...new Set(settled.flatMap((one) => one.weeks))];
  const errors = Array.from({ length: draws }, () => {
    const luckOf = new Map(weeks.map((week) => [week, drawNormal(random)]));
    return calibrationError(
      settled.map((one) => {
        const sum = one.weeks.reduce((total, week) => total + (luckOf.get(week) as number), 0);
        const common = sum / Math.sqrt(Math.max(1, one.weeks.length));
        const luck = normalCdf(Math.sqrt(shared) * common + Math.sqrt(1 - shared) * drawNormal(random));
        return { ...one, happened: luck < one.probability };
      }),
    );
  }).sort((left, right) => left - right);
  return errors[Math.floor(0.95 * draws)] as number;
}
