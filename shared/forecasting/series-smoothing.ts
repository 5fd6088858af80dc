// The candidate that follows a level and a season step by step and does not let one odd step drag it along.
import type { Candidate } from './series-candidates.ts';
import type { SeriesHistory } from './series-history.ts';

export interface Smoothing {
  period: number;
  /** How much of a step's surprise the level takes, and how much its place in the season; 0 to 1. */
  level: number;
  season: number;
}

/** A surprise counts as at most so many usual ones. */
const FURTHEST = 2;
/** How fast what is usual moves, and what a single surprise counts as at most in it. */
const [SPREAD_GAIN, SPREAD_FURTHEST] = [0.05, 3];
/** The mean of a normal law's distance from its middle, times this, is its standard deviation. */
const SIGMAS = 1.2533141373155003;

/**
 * Exponential smoothing of the logarithms with a season, each surprise cut to a multiple of a running robust spread: a
 * holiday or a spike moves neither level nor season by more than a usual step would (Gelper, Fried and Croux, Robust
 * forecasting with exponential and Holt-Winters smoothing, Journal of Forecasting 29, 2010; additive season, no trend).
 */
export function smoothing(name: string, settings: Smoothing): Candidate {
  const { period } = settings;
  return {
    name,
    needs: 2 * period,
    of: (history) => ({
      fit: (origins) => origins.map((origin) => (origin >= 2 * period ? [] : undefined)),
      forecast(_coefficients, origin, out) {
        const season = new Float64Array(period);
        const level = follow(history, settings, origin, season);
        for (let step = 0; step < out.length; step++) {
          out[step] = Math.exp(level + (season[(origin + step) % period] as number)) - history.offset;
        }
      },
    }),
  };
}

/** Fills the season, by position in the history, and gives the level before the origin. */
function follow({ logs }: SeriesHistory, settings: Smoothing, origin: number, season: Float64Array): number {
  const { period, level: levelGain, season: seasonGain } = settings;
  let level = 0;
  for (let step = 0; step < period; step++) level += (logs[step] as number) / period;
  for (let step = 0; step < period; step++) season[step] = (logs[step] as number) - level;
  let spread = 0;
  for (let step = period; step < 2 * period; step++) {
    spread += (SIGMAS * Math.abs((logs[step] as number) - (logs[step - period] as number))) / period;
  }
  for (let step = period; step < origin; step++) {
    const place = step % period;
    const surprise = (logs[step] as number) - level - (season[place] as number);
    const limit = FURTHEST * spread;
    const cut = Math.max(-limit, Math.min(limit, surprise));
    spread += SPREAD_GAIN * (SIGMAS * Math.min(Math.abs(surprise), SPREAD_FURTHEST * spread) - spread);
    level += levelGain * cut;
    season[place] = (season[place] as number) + seasonGain * cut;
  }
  return level;
}
