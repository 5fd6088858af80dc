// The scores of the M4 competition, as its own code defines them (Mcompetitions/M4-methods, Benchmarks and Evaluation.R).

/** Mean of 200 |y - f| / (|y| + |f|); a step at which both are 0 counts 0. */
export function smapeOf(said: Float64Array, truth: Float64Array): number {
  return meanOf(truth, (value, step) => {
    const own = said[step] as number;
    const size = Math.abs(value) + Math.abs(own);
    return size === 0 ? 0 : (200 * Math.abs(value - own)) / size;
  });
}

/** The in-sample error of the seasonal naive, by which MASE and MSIS are scaled; 0 for what repeats itself exactly. */
export function scaleOf(history: Float64Array, season: number): number {
  const later = history.subarray(season);
  return later.length === 0 ? 0 : meanOf(later, (value, step) => Math.abs(value - (history[step] as number)));
}

export function meanErrorOf(said: Float64Array, truth: Float64Array): number {
  return meanOf(truth, (value, step) => Math.abs(value - (said[step] as number)));
}

/** Of a 95% interval: its width, and 2/0.05 of how far the truth lies outside; and the part of steps inside. */
export function intervalScoreOf(
  lower: Float64Array,
  upper: Float64Array,
  truth: Float64Array,
): { score: number; coverage: number } {
  let inside = 0;
  const score = meanOf(truth, (value, step) => {
    const [low, high] = [lower[step] as number, upper[step] as number];
    if (value >= low && value <= high) inside++;
    return high - low + 40 * Math.max(0, low - value, value - high);
  });
  return { score, coverage: inside / truth.length };
}

/** Naive2: the last value, after the multiplicative season is taken out where a test finds one, and put back. */
export function naive2(history: Float64Array, season: number, horizon: number): Float64Array {
  const { length } = history;
  const figure = isSeasonal(history, season) ? seasonalFigure(history, season) : new Float64Array(season).fill(1);
  const level = (history[length - 1] as number) / (figure[(length - 1) % season] as number);
  return Float64Array.from({ length: horizon }, (_, step) => level * (figure[(length + step) % season] as number));
}

/** A 90% test of the autocorrelation at the season. */
function isSeasonal(history: Float64Array, season: number): boolean {
  const { length } = history;
  if (season === 1 || length < 3 * season) return false;
  const centre = meanOf(history, (value) => value);
  const products = (lag: number) => {
    let sum = 0;
    for (let step = lag; step < length; step++) {
      sum += ((history[step] as number) - centre) * ((history[step - lag] as number) - centre);
    }
    return sum;
  };
  const variance = products(0);
  if (variance === 0) return false;
  let squares = 0;
  for (let lag = 1; lag < season; lag++) squares += (products(lag) / variance) ** 2;
  return Math.abs(products(season) / variance) > 1.645 * Math.sqrt((1 + 2 * squares) / length);
}

/** Classical decomposition: the mean ratio to a centred moving average, by place, with mean 1. */
function seasonalFigure(history: Float64Array, season: number): Float64Array {
  const sums = new Float64Array(season);
  const counts = new Float64Array(season);
  const half = Math.floor(season / 2);
  for (let step = half; step < history.length - half; step++) {
    let trend = 0;
    for (let near = step - half; near <= step + half; near++) {
      const isEnd = season % 2 === 0 && Math.abs(near - step) === half;
      trend += (history[near] as number) * (isEnd ? 0.5 : 1);
    }
    if (trend === 0) continue;
    const place = step % season;
    sums[place] = (sums[place] as number) + ((history[step] as number) * season) / trend;
    counts[place] = (counts[place] as number) + 1;
  }
  const figure = sums.map((sum, place) => (counts[place] === 0 ? 1 : sum / (counts[place] as number)));
  const centre = meanOf(figure, (value) => value);
  // A place that is always 0 would divide by 0.
  return figure.map((value) => (value > 0 ? value / centre : 1));
}

function meanOf(values: Float64Array, valueAt: (value: number, step: number) => number): number {
  let sum = 0;
  for (let step = 0; step < values.length; step++) sum += valueAt(values[step] as number, step);
  return sum / values.length;
}
