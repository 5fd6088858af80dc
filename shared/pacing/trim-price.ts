// Between two solves of a price: the same price, moved by how far spending is from its plan. No second controller: what is
// moved is the solved price, inside the same range, and what it learns never asks for more than that range has.

/** How far a price is moved, by gap of one whole budget, and how fast it learns, by that gap for a minute. */
const PROPORTION = 2;
const LEARNING_PER_MINUTE = 0.01;

export interface TrimInput {
  /** As it was solved, 0 to `cap`. */
  price: number;
  /** The highest price, below 1. */
  cap: number;
  /** What is due less what is accrued, as a share of the budget: above 0 when spending is behind. */
  gap: number;
  /** What of the gap chance alone explains, as a standard deviation: see {@link gapNoise}. */
  noise: number;
  /** Since the trim was last moved, in minutes. */
  minutes: number;
  /** What it has learned so far; 0 at first. */
  trim: number;
}

export interface Trimmed {
  price: number;
  trim: number;
}

/**
 * The price to serve at, and what to remember. The logarithm of what a line keeps of its worth, log(1 - price), is moved by a
 * proportion of the gap and by the sum of gaps so far, as log mu = log mu_0 + k_p gap + k_i sum gap with k_p = 2 and k_i =
 * 0.01 a minute. A gap that is no larger than its noise is believed in part only: gap^2 / (gap^2 + noise^2) of it.
 *
 * Nothing winds up: the sum stays within what would bring the solved price to an end of its range, so that a line at price 0
 * which is behind, and one at its cap which is ahead, learn nothing (clamping; Astrom and Hagglund, Advanced PID Control,
 * 2006, 3.5).
 */
export function trimPrice({ price, cap, gap, noise, minutes, trim }: TrimInput): Trimmed {
  const solved = Math.log1p(-Math.min(price, cap));
  const lowest = Math.log1p(-cap);
  const believed = noise === 0 ? gap : gap / (1 + (noise / gap) ** 2);
  const learned = clamp(trim + LEARNING_PER_MINUTE * minutes * believed, lowest - solved, -solved);
  const kept = clamp(solved + PROPORTION * believed + learned, lowest, 0);
  return { price: clamp(-Math.expm1(kept), 0, cap), trim: learned };
}

/**
 * The standard deviation of accrued spend that comes of clicks being few, as a share of the budget: that of so many clicks at
 * their price.
 */
export function gapNoise({
  accruedMicros,
  clickPriceMicros,
  budgetMicros,
}: {
  accruedMicros: number;
  clickPriceMicros: number;
  budgetMicros: number;
}): number {
  return budgetMicros > 0 ? Math.sqrt(Math.max(accruedMicros, clickPriceMicros) * clickPriceMicros) / budgetMicros : 0;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
