// Reach, and exposures under caps, of a flight by the share of its listeners' visits that is served: a table for a kind of flight.
import { cappedExposures } from './capped-exposures.ts';
import type { ListenerModel } from './listener-model.ts';

/** At offer rates (n / {@link STEPS})^3, where curves are about straight. */
export interface ListenerCurve {
  reach: Float64Array;
  /** Under the caps; the visits times the rate where there are none. */
  exposures: Float64Array;
  visits: number;
}

export interface ExposureCaps {
  /** Whole numbers of at least 1, or Infinity. */
  perDay: number;
  perFlight: number;
}

export const STEPS = 32;

/**
 * Serving at random: each visit of a listener is served with a chance x until caps stop it. A day's visits are one and a negative
 * binomial number more; what is shown in a flight is taken as negative binomial too where it varies more than a Poisson
 * number, as binomial in days where once a day is the cap, as Poisson otherwise.
 * @param days of the flight, above 0, whole or not
 */
export function listenerCurve(model: ListenerModel, days: number, caps: ExposureCaps): ListenerCurve {
  const { listeners, daily, further, shape } = model;
  const [reach, exposures] = [new Float64Array(STEPS + 1), new Float64Array(STEPS + 1)];
  for (let step = 1; step <= STEPS; step++) {
    const rate = (step / STEPS) ** 3;
    let reached = 0;
    for (let kind = 0; kind < listeners.length; kind++) {
      const missed = (1 - rate) * (1 + ((further[kind] as number) * rate) / shape) ** -shape;
      reached += (listeners[kind] as number) * -Math.expm1(days * Math.log1p(-(daily[kind] as number) * (1 - missed)));
    }
    reach[step] = reached;
    exposures[step] = exposuresUnder(model, days, caps, rate);
  }
  return { reach, exposures, visits: visitsOf(model, days) };
}

/** Visits of so many days. */
export function visitsOf({ listeners, daily, further }: ListenerModel, days: number): number {
  let visits = 0;
  for (let kind = 0; kind < listeners.length; kind++)
    visits += (listeners[kind] as number) * (daily[kind] as number) * days * (1 + (further[kind] as number));
  return visits;
}

/** What is shown under caps at one offer rate, 0 to 1: not read from a table. */
export function exposuresUnder(model: ListenerModel, days: number, caps: ExposureCaps, rate: number): number {
  if (caps.perDay === Infinity && caps.perFlight === Infinity) return rate * visitsOf(model, days);
  const { listeners, daily, further, shape } = model;
  let shown = 0;
  for (let kind = 0; kind < listeners.length; kind++) {
    const [chance, more] = [daily[kind] as number, (further[kind] as number) * rate];
    shown += (listeners[kind] as number) * cappedInFlight({ days, chance, rate, more, shape }, caps);
  }
  return shown;
}

/** The table at a rate from 0 to 1; above, what there is. */
export function valueAt(table: Float64Array, rate: number): number {
  const place = STEPS * Math.cbrt(rate);
  if (place >= STEPS) return table[STEPS] as number;
  const below = Math.floor(place);
  const low = table[below] as number;
  return low + (place - below) * ((table[below + 1] as number) - low);
}

interface Served {
  days: number;
  /** Of coming on a day; of a visit being served; visits beyond the first that are, and their shape. */
  chance: number;
  rate: number;
  more: number;
  shape: number;
}

function cappedInFlight(served: Served, { perDay, perFlight }: ExposureCaps): number {
  const { days, chance } = served;
  const { mean, square } = ofActiveDay(served, perDay);
  const expected = days * chance * mean;
  if (perFlight === Infinity) return expected;
  if (perFlight === 1) return -Math.expm1(days * Math.log1p(-chance * (1 - noneOf(served))));
  if (perDay === 1)
    return cappedExposures(
      Math.max(1, Math.round(days)),
      Math.min(1, expected / Math.max(1, Math.round(days))),
      perFlight,
    );
  const variance = days * chance * (square - chance * mean * mean);
  return expectedUpTo(perFlight, expected, variance > expected ? expected ** 2 / (variance - expected) : Infinity);
}

/** What is shown on a day on which one comes, capped: mean and mean square. */
function ofActiveDay(served: Served, cap: number): { mean: number; square: number } {
  const { rate, more, shape } = served;
  if (cap === Infinity) {
    const mean = rate + more;
    return { mean, square: mean + 2 * rate * more + more ** 2 * (1 + 1 / shape) };
  }
  if (cap === 1) return { mean: 1 - noneOf(served), square: 1 - noneOf(served) };
  let [mass, before, left, mean, square] = [(1 + more / shape) ** -shape, 0, 1, 0, 0];
  for (let count = 0; count < cap && left > 1e-9; count++) {
    const chance = (1 - rate) * mass + rate * before;
    mean += count * chance;
    square += count ** 2 * chance;
    left -= chance;
    before = mass;
    mass *= ((shape + count) / (count + 1)) * (more / (shape + more));
  }
  return { mean: mean + cap * Math.max(0, left), square: square + cap ** 2 * Math.max(0, left) };
}

/** That nothing is shown on a day on which one comes. */
function noneOf({ rate, more, shape }: Served): number {
  return (1 - rate) * (1 + more / shape) ** -shape;
}

/** E[min(X, cap)] of a negative binomial X; Poisson where the shape is Infinity. */
function expectedUpTo(cap: number, mean: number, shape: number): number {
  if (cap > mean + 12 * Math.sqrt(mean + mean ** 2 / shape) + 12) return mean;
  let mass = shape === Infinity ? Math.exp(-mean) : (1 + mean / shape) ** -shape;
  let expected = cap;
  for (let count = 0; count < cap; count++) {
    expected -= (cap - count) * mass;
    mass *= shape === Infinity ? mean / (count + 1) : ((shape + count) / (count + 1)) * (mean / (shape + mean));
  }
  return Math.max(0, Math.min(mean, expected));
}
