// Which way of fitting a response model to take: the one whose predictions of each day, from the days before it, were best.
import { fitResponse, type ResponseObservation, type ResponseOptions } from './fit-response.ts';
import { ForecastError } from './forecast-error.ts';
import { logLoss, type ScoredRate } from './log-loss.ts';
import { predictRate } from './predict-rate.ts';

export interface ResponseChoice {
  options: ResponseOptions;
  /** Nats per impression over the days predicted; absent where the data are too short to predict any. */
  logLoss?: number;
}

/** Days at the end that are predicted one by one. */
const ORIGINS = 7;

/**
 * Rolling origin over whole days of age: day d is predicted by a fit to what is older, for the seven youngest days that
 * have both. Of equal candidates the first is taken, so the plainest should come first.
 * @throws ForecastError INVALID_RESPONSE for no candidates, and as fitResponse
 */
export function chooseResponse(
  observations: readonly ResponseObservation[],
  candidates: readonly ResponseOptions[],
): ResponseChoice {
  const [first] = candidates;
  if (!first) throw new ForecastError('INVALID_RESPONSE', 'there must be a candidate to choose');
  for (const options of candidates) fitResponse(observations, options);
  let best: ResponseChoice = { options: first };
  for (const options of candidates) {
    const scored = predictDays(observations, options);
    if (scored.length === 0) continue;
    const loss = logLoss(scored);
    if (best.logLoss === undefined || loss < best.logLoss) best = { options, logLoss: loss };
  }
  return best;
}

function predictDays(observations: readonly ResponseObservation[], options: ResponseOptions): ScoredRate[] {
  const dayOf = ({ ageDays = 0 }: ResponseObservation) => Math.floor(ageDays);
  const seen = observations.filter(({ impressions }) => impressions > 0);
  const days = [...new Set(seen.map(dayOf))].sort((a, b) => a - b);
  return days.slice(0, Math.min(ORIGINS, days.length - 1)).flatMap((day) => {
    const before = seen
      .filter((one) => dayOf(one) > day)
      .map((one) => ({ ...one, ageDays: (one.ageDays ?? 0) - day - 1 }));
    const model = fitResponse(before, options);
    return seen
      .filter((one) => dayOf(one) === day)
      .map(({ factors, impressions, clicks, score }) => {
        return { rate: predictRate(model, factors, score).rate, impressions, clicks };
      });
  });
}
