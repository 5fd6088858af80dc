// What a past campaign tells about frequency: how many people had how many exposures.
import { ForecastError } from './forecast-error.ts';
import { assertSlots } from './slots.ts';

export interface ExposureTable {
  /** Whole numbers of at least 0, ascending; numbers left out have nobody. */
  exposures: ArrayLike<number>;
  /** With so many exposures: any amounts of at least 0. The population is their sum, those without an exposure included. */
  people: ArrayLike<number>;
}

/**
 * Refuses what is no such table, and one in which nobody was exposed: it tells nothing.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function assertExposures({ exposures, people }: ExposureTable): void {
  assertSlots({ slots: exposures, listeners: people });
  for (let row = 0; row < exposures.length; row++) {
    if ((exposures[row] as number) > 0 && (people[row] as number) > 0) return;
  }
  throw new ForecastError(
    'INVALID_HISTOGRAM',
    'nobody was exposed: such a table tells nothing of more or fewer exposures',
  );
}
