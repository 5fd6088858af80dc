// How uncertain a market's forecast is: what its past forecasts came to, and what it says of itself while those are few.
import { estimateSpread, type ErrorSpread } from './error-spread.ts';
import type { PastError } from './market-features.ts';
import { DAY_MS } from './traffic-clock.ts';

/** Flights last about a week. */
export const ERROR_DAYS = 7;
const MOST_ERRORS = 60;
/** Deciles of a normal law lie so many sigma from its median. */
const SIGMAS_OF_Q10 = 1.2815515655446004;
const MOST_SIGMA = 3;
/** An error of more than a thousandfold is a fault of what was counted, and would be the only one that matters. */
const MOST_LOG_ERROR = 7;

/**
 * Forecasts of a week, one a week: overlapping ones turn out alike and would count as many. What the newest forecast states
 * counts as two errors, one up and one down.
 * @param stated quantiles of the week to come
 */
export function forecastSpread(
  past: readonly PastError[],
  stated: { q10: number; q50: number; q90: number },
): ErrorSpread {
  const errors: { logError: number }[] = [];
  let nextAtMs = -Infinity;
  for (const { days, issuedAtMs, logError } of past) {
    if (days !== ERROR_DAYS || issuedAtMs < nextAtMs || Number.isNaN(logError)) continue;
    errors.push({ logError: Math.max(-MOST_LOG_ERROR, Math.min(MOST_LOG_ERROR, logError)) });
    nextAtMs = issuedAtMs + ERROR_DAYS * DAY_MS;
  }
  const sigma = statedSigma(stated);
  return estimateSpread([...errors.slice(-MOST_ERRORS), { logError: sigma }, { logError: -sigma }]);
}

function statedSigma({ q10, q50, q90 }: { q10: number; q50: number; q90: number }): number {
  if (q50 <= 0) return MOST_SIGMA;
  const below = q10 > 0 ? Math.log(q50 / q10) : Infinity;
  const above = q90 > q50 ? Math.log(q90 / q50) : below;
  return Math.min(MOST_SIGMA, (below + above) / 2 / SIGMAS_OF_Q10);
}
