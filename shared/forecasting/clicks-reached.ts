// The quantile of a law of clicks.
import type { ClickLaw } from './click-law.ts';
import { ForecastError } from './forecast-error.ts';

/** What the first step away from the guess multiplies clicks with; every next one does so twice as far. */
const FIRST_STEP = 1.1;
/** A step of the search must leave less than this part of the interval, or the next one halves it. */
const SLOW = 0.5;

/**
 * The most clicks that are reached with this probability or a greater one: the median at .5, a careful forecast at .9. A whole
 * number, 0 where even one click is less likely, and at most 2^53 - 1.
 * Found by false position between brackets, in log-odds against the logarithm of clicks, where laws are nearly straight.
 * @param guess where to look first: right or wrong, the answer is the same
 * @throws ForecastError `INVALID_QUOTE` for a probability that is not between 0 and 1
 */
export function clicksReached(law: ClickLaw, probability: number, guess = 1): number {
  if (!(probability > 0 && probability < 1)) {
    throw new ForecastError('INVALID_QUOTE', `the probability must be between 0 and 1, not ${probability}`);
  }
  const bracket = bracketOf(law, probability, Math.max(1, Math.min(Number.MAX_SAFE_INTEGER, Math.round(guess))));
  if (bracket.reached.clicks === Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER;
  let { reached, missed } = bracket;
  let isSlow = false;
  while (missed.clicks - reached.clicks > 1) {
    const [from, to] = [Math.log(Math.max(0.5, reached.clicks)), Math.log(missed.clicks)];
    const place = isSlow ? 0.5 : placeBetween(reached.probability, missed.probability, probability);
    const aimed = Math.round(Math.exp(from + place * (to - from)));
    const clicks = Math.max(reached.clicks + 1, Math.min(missed.clicks - 1, aimed));
    const width = missed.clicks - reached.clicks;
    const found = { clicks, probability: law(clicks) };
    if (found.probability >= probability) reached = found;
    else missed = found;
    isSlow = !isSlow && missed.clicks - reached.clicks > SLOW * width;
  }
  return reached.clicks;
}

interface Point {
  clicks: number;
  probability: number;
}

/** Neighbours of the answer: the first is reached, the second is not, but for what passes every number. */
function bracketOf(law: ClickLaw, probability: number, guess: number): { reached: Point; missed: Point } {
  let reached: Point | undefined;
  let missed: Point | undefined;
  let factor = FIRST_STEP;
  for (let clicks = guess; ;) {
    const found = { clicks, probability: law(clicks) };
    const isReached = found.probability >= probability;
    if (isReached) reached = found;
    else missed = found;
    const isEnd = clicks === (isReached ? Number.MAX_SAFE_INTEGER : 1);
    if ((reached && missed) || isEnd)
      return {
        reached: reached ?? { clicks: 0, probability: 1 },
        missed: missed ?? { clicks: Number.MAX_SAFE_INTEGER, probability: 0 },
      };
    clicks = isReached
      ? Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(clicks * factor))
      : Math.max(1, Math.floor(clicks / factor));
    factor *= factor;
  }
}

/** How far along from a greater probability to a smaller one the wanted one lies, in log-odds; the middle where it lies outside. */
export function placeBetween(greater: number, smaller: number, wanted: number): number {
  const share = (logOdds(greater) - logOdds(wanted)) / (logOdds(greater) - logOdds(smaller));
  return share >= 0 && share <= 1 ? share : 0.5;
}

function logOdds(probability: number): number {
  const inside = Math.max(1e-9, Math.min(1 - 1e-9, probability));
  return Math.log(inside / (1 - inside));
}
