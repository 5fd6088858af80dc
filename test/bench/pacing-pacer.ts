// A pacer for one campaign alone that sees every opportunity: what is worth its threshold of value for money is won. The
// threshold is solved again every five minutes (sooner while little was seen) for the money left on what is still to come, and
// trimmed in between. Nothing that comes later is known to it.
import { RATIO_STEPS, ratioStep, solveThreshold } from './pacing-threshold.ts';
import { trimPrice } from '../../shared/pacing/trim-price.ts';

export interface Pacer {
  /** The least value for a unit of money that is won now. */
  thresholdAt(minute: number): number;
  /** What came of an opportunity, won or not. */
  tell(minute: number, opportunity: { value: number; price: number; isWon: boolean }): void;
}

/** What a pacer believes of the rest of its flight. */
export interface Outlook {
  /** Opportunities, and what they cost by {@link ratioStep}. */
  count: number;
  cost: Float64Array;
}

export interface Foresight {
  /** What is still to come from `minute` on; undefined while nothing is known. */
  outlookAt(minute: number): Outlook | undefined;
  observe(minute: number, opportunity: { value: number; price: number }): void;
}

const SOLVE_MINUTES = 5;
/** While less has been seen, each tenth more is reason to solve again. */
const GROWTH = 1.1;
/** A first threshold that was handed in weighs as much as so many opportunities. */
const START_WEIGHT = 20;
/** The trim may halve or double the threshold: a price of a half, between none and three quarters. */
const NEUTRAL = { price: 0.5, cap: 0.75 };

/** @param start the threshold before anything was seen; without one, what the outlook says, or everything is won */
export function createPacer(foresight: Foresight, budget: number, start?: number): Pacer {
  let [seen, spent, threshold] = [0, 0, start ?? 0];
  let [nextMinute, nextCount] = [-Infinity, 1];
  let solved = { seen: 0, spent: 0, minute: 0, spendEach: 0 };

  function solve(minute: number): void {
    nextMinute = Math.floor(minute / SOLVE_MINUTES) * SOLVE_MINUTES + SOLVE_MINUTES;
    nextCount = Math.max(seen + 1, Math.ceil(seen * GROWTH));
    const outlook = foresight.outlookAt(minute);
    if (!outlook) return;
    const found = solveThreshold(outlook.cost, budget - spent);
    const isSure = start === undefined || found === Infinity || found === 0;
    threshold = isSure
      ? found
      : Math.exp((seen * Math.log(found) + START_WEIGHT * Math.log(start)) / (seen + START_WEIGHT));
    solved = { seen, spent, minute, spendEach: outlook.count > 0 ? (budget - spent) / outlook.count : 0 };
  }

  return {
    thresholdAt(minute) {
      if (minute >= nextMinute || seen >= nextCount) solve(minute);
      const due = (seen - solved.seen) * solved.spendEach;
      if (due === 0 || threshold === 0 || threshold === Infinity) return threshold;
      const gap = (due - (spent - solved.spent)) / budget;
      const { price } = trimPrice({
        ...NEUTRAL,
        gap,
        noise: Math.sqrt(due * solved.spendEach) / budget,
        minutes: 0,
        trim: 0,
      });
      return (threshold * (1 - NEUTRAL.price)) / (1 - price);
    },
    tell(minute, { value, price, isWon }) {
      seen += 1;
      if (isWon) spent += price;
      foresight.observe(minute, { value, price });
    },
  };
}

/** Adds a histogram of money by ratio to another, its money scaled and its ratios moved by a logarithm. */
export function addMoved(
  to: Float64Array,
  from: Float64Array,
  { scale, logRatio }: { scale: number; logRatio: number },
): void {
  const by = Math.round((logRatio / Math.LN2) * STEPS_PER_OCTAVE);
  const [first, end] = [Math.max(0, -by), Math.min(RATIO_STEPS, RATIO_STEPS - by)];
  for (let step = first; step < end; step++) {
    const own = from[step] as number;
    if (own > 0) to[step + by] = (to[step + by] as number) + own * scale;
  }
}

const STEPS_PER_OCTAVE = ratioStep(2, 1) - ratioStep(1, 1);
