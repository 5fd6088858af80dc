// Synthetic splits for the bench: parts with concave or S-shaped curves on one grid of money, drawn from a seed.
import { drawInteger, drawOne } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import type { ResponsePart } from '../../shared/planning/response-split.ts';

/** Response to a share of a part's cap, 0 to 1, before scaling. */
type Shape = (share: number) => number;

/** Shapes that rise slowly first: the first money alone brings less than more of it does. */
const sShapes: Record<string, (random: Random) => Shape> = {
  hill: (random) => hill(1.5 + 4.5 * random(), 0.1 + 0.7 * random()),
  'steep hill': (random) => hill(6 + 40 * random(), 0.1 + 0.7 * random()),
  'two hills': (random) => {
    const [first, second, weight] = [hill(1 + 2 * random(), random()), hill(8 + 20 * random(), random()), random()];
    return (share) => weight * first(share) + (1 - weight) * second(share);
  },
  logistic: (random) => {
    const [rate, middle] = [5 + 20 * random(), 0.1 + 0.7 * random()];
    const logistic = (share: number) => 1 / (1 + Math.exp(-rate * (share - middle)));
    return (share) => logistic(share) - logistic(0);
  },
  gompertz: (random) => {
    const [displacement, rate] = [2 + 8 * random(), 2 + 8 * random()];
    return (share) => Math.exp(-displacement * Math.exp(-rate * share)) - Math.exp(-displacement);
  },
  convex: (random) => {
    const power = 1.1 + 4 * random();
    return (share) => share ** power;
  },
  step: (random) => {
    const threshold = 0.1 + 0.9 * random();
    return (share) => (share >= threshold ? 1 : 0);
  },
  stairs: (random) => {
    const stairs = Array.from({ length: drawInteger(random, 2, 6) }, () => ({ at: random(), rise: random() }));
    return (share) => stairs.reduce((sum, { at, rise }) => sum + (share >= at ? rise : 0), 0);
  },
  rough: (random) => {
    const rises = Array.from({ length: 50 }, () => Math.exp(6 * (random() + random() + random() - 1.5)));
    return (share) => rises.reduce((sum, rise, index) => sum + rise * Math.min(1, Math.max(0, share * 50 - index)), 0);
  },
};

const concaveShapes: Record<string, (random: Random) => Shape> = {
  saturating: (random) => hill(1, 0.05 + random()),
  logarithmic: (random) => {
    const rate = 0.5 + 20 * random();
    return (share) => Math.log1p(rate * share);
  },
  power: (random) => {
    const power = 0.3 + 0.6 * random();
    return (share) => share ** power;
  },
  exponential: (random) => {
    const rate = 0.5 + 8 * random();
    return (share) => 1 - Math.exp(-rate * share);
  },
  kinked: (random) => {
    const kink = random();
    return (share) => Math.min(kink, share);
  },
};

export const families = { 's-shaped': sShapes, concave: concaveShapes };

export interface SplitInstance {
  /** The family of its parts, or `mixed`. */
  family: string;
  budgetMicros: number;
  /** Grid of all curves; budget, floors and caps are on it. */
  stepMicros: number;
  parts: ResponsePart[];
}

/**
 * The same instance for the same seed: 2 to 20 parts, a budget of 5% to 95% of what caps add up to on a grid of about 200
 * to 400 steps, all parts of one family or of any, in two of five instances some with floors, lower caps and locks.
 */
export function createSplitInstance(kind: keyof typeof families, seed: number): SplitInstance {
  const random = createRandom(seed, 'split', kind);
  const names = Object.keys(families[kind]);
  const family = random() < 0.5 ? 'mixed' : drawOne(random, names);
  const budgetShare = 0.05 + 0.9 * random();
  const steps = drawInteger(random, 200, 400);
  const stepMicros = drawInteger(random, 1, 10 ** drawInteger(random, 2, 8));
  const sizes = Array.from({ length: drawInteger(random, 2, 20) }, () => 0.2 + 2 * random() ** 2);
  const size = sizes.reduce((sum, own) => sum + own, 0);
  const caps = sizes.map((own) => Math.max(2, Math.round(((own / size) * steps) / budgetShare)));
  const budgetSteps = Math.floor(caps.reduce((sum, cap) => sum + cap, 0) * budgetShare);
  const isLimited = random() < 0.4;
  const parts = caps.map((cap): ResponsePart => {
    const drawn = families[kind][family === 'mixed' ? drawOne(random, names) : family] as (random: Random) => Shape;
    const shape = drawn(random);
    const scale = cap * Math.exp(1.5 * (random() - 0.5));
    // Nobody can have more than the budget: past it the curve is of no use.
    const points = Array.from({ length: Math.min(cap, budgetSteps) + 1 }, (_, index) => index);
    const { floor, most } = isLimited ? drawLimits(random, cap, cap * budgetShare) : { floor: 0, most: cap };
    return {
      curve: {
        micros: points.map((point) => point * stepMicros),
        response: rising(points.map((point) => scale * shape(point / cap))),
      },
      weight: cap,
      floorMicros: floor * stepMicros,
      capMicros: most * stepMicros,
    };
  });
  return { family, budgetMicros: budgetSteps * stepMicros, stepMicros, parts };
}

/** A floor, a lower cap, a lock, or none of them, in steps; floors never add up to more than .6 of the budget. */
function drawLimits(random: Random, cap: number, proportion: number): { floor: number; most: number } {
  const which = random();
  if (which < 0.25) return { floor: Math.floor(0.5 * proportion * random()), most: cap };
  if (which < 0.4) return { floor: 0, most: drawInteger(random, 1, cap) };
  const locked = Math.floor(0.6 * proportion * random());
  return which < 0.5 ? { floor: locked, most: locked } : { floor: 0, most: cap };
}

function hill(power: number, half: number): Shape {
  return (share) => share ** power / (share ** power + half ** power);
}

/** Rounding must not let a curve fall. */
function rising(response: readonly number[]): number[] {
  let most = 0;
  return response.map((value) => (most = Math.max(most, value)));
}
