// A market and its cells, forecast apart, made to add up: only where a backtest says it helps, and only for counts that add
// up by nature. Never for unique listeners: a listener is one in the market and one in each cell she visits.
import { ForecastError } from './forecast-error.ts';

/** Forecasts, or what came, of a parent and its children: the same hours of each. */
export interface Family {
  parent: Float64Array;
  children: readonly Float64Array[];
}

/** Variances of forecast errors, in squared amounts. */
export interface FamilyVariances {
  parent: number;
  children: readonly number[];
}

/**
 * The children moved so that they and the parent agree, each by its share of all variance: child + var_c / (var_p +
 * sum of var_c) x (parent - sum of children), no child below 0; the parent is their sum. This is MinT with a diagonal
 * covariance (wls_var) in closed form (Wickramasuriya, Athanasopoulos and Hyndman, JASA 114, 2019) for two levels. Without
 * any variance nothing but the parent moves.
 * @throws ForecastError INVALID_SERIES when lengths differ, or an amount or a variance is negative or no number
 */
export function reconcileCounts({ parent, children }: Family, variances: FamilyVariances): Family {
  assertFamily({ parent, children });
  assertVariances(variances, children.length);
  const total = variances.children.reduce((sum, variance) => sum + variance, variances.parent);
  const moved = children.map((child) => Float64Array.from(child));
  const sums = new Float64Array(parent.length);
  for (let hour = 0; hour < parent.length; hour++) {
    let gap = parent[hour] as number;
    for (const child of children) gap -= child[hour] as number;
    for (const [index, child] of moved.entries()) {
      const share = total > 0 ? (variances.children[index] as number) / total : 0;
      const amount = Math.max(0, (child[hour] as number) + share * gap);
      child[hour] = amount;
      sums[hour] = (sums[hour] as number) + amount;
    }
  }
  return { parent: sums, children: moved };
}

/** One origin of a backtest: what was forecast there, each series on its own, and what came. */
export interface FamilyOrigin {
  forecast: Family;
  actual: Family;
}

export interface ReconciliationDecision {
  /** Whether both the parent and the children, on average, were nearer for being made to agree. */
  isBetter: boolean;
  /** Mean absolute error over mean actual amount, of the parent and of the children together. */
  base: { parent: number; children: number };
  reconciled: { parent: number; children: number };
  /** Of all origins: what to reconcile the next forecast with. */
  variances: FamilyVariances;
}

/**
 * Whether reconciliation would have helped: each origin but the first is reconciled with the variances of the errors
 * of the origins before it, and counted beside the forecasts as they were.
 * @param origins oldest first; with fewer than two nothing can be said, and it is not better
 * @throws ForecastError INVALID_SERIES when families differ in size or amounts are negative or no numbers
 */
export function decideReconciliation(origins: readonly FamilyOrigin[]): ReconciliationDecision {
  const [first] = origins;
  if (!first) throw new ForecastError('INVALID_SERIES', 'a backtest needs at least one origin');
  const size = first.forecast.children.length;
  const squares = { parent: 0, children: new Float64Array(size), hours: 0 };
  const variances = (): FamilyVariances => ({
    parent: squares.parent / Math.max(1, squares.hours),
    children: Array.from(squares.children, (square) => square / Math.max(1, squares.hours)),
  });
  const errors = { base: [0, 0], reconciled: [0, 0] } as Record<'base' | 'reconciled', [number, number]>;
  let amount = 0;
  for (const [index, { forecast, actual }] of origins.entries()) {
    assertFamily(forecast, size, forecast.parent.length);
    assertFamily(actual, size, forecast.parent.length);
    if (index > 0) {
      addErrors(errors.base, forecast, actual);
      addErrors(errors.reconciled, reconcileCounts(forecast, variances()), actual);
      amount += actual.parent.reduce((sum, value) => sum + value, 0);
    }
    squares.hours += forecast.parent.length;
    squares.parent += squaredError(forecast.parent, actual.parent);
    forecast.children.forEach((child, of) => {
      squares.children[of] =
        (squares.children[of] as number) + squaredError(child, actual.children[of] as Float64Array);
    });
  }
  const relative = ([parent, children]: [number, number]) =>
    amount > 0 ? { parent: parent / amount, children: children / amount } : { parent: 0, children: 0 };
  const [base, reconciled] = [relative(errors.base), relative(errors.reconciled)];
  const isNowhereWorse = reconciled.parent <= base.parent && reconciled.children <= base.children;
  const isBetter = isNowhereWorse && reconciled.parent + reconciled.children < base.parent + base.children;
  return { isBetter, base, reconciled, variances: variances() };
}

function addErrors(sums: [number, number], forecast: Family, actual: Family): void {
  sums[0] += absoluteError(forecast.parent, actual.parent);
  forecast.children.forEach((child, of) => {
    sums[1] += absoluteError(child, actual.children[of] as Float64Array);
  });
}

function absoluteError(forecast: Float64Array, actual: Float64Array): number {
  return forecast.reduce((sum, value, hour) => sum + Math.abs(value - (actual[hour] as number)), 0);
}

function squaredError(forecast: Float64Array, actual: Float64Array): number {
  return forecast.reduce((sum, value, hour) => sum + (value - (actual[hour] as number)) ** 2, 0);
}

function assertFamily({ parent, children }: Family, size = children.length, hours = parent.length): void {
  if (children.length !== size) {
    throw new ForecastError('INVALID_SERIES', `expected ${size} children, not ${children.length}`);
  }
  for (const [index, series] of [parent, ...children].entries()) {
    const name = index === 0 ? 'the parent' : `child ${index - 1}`;
    if (series.length !== hours) {
      throw new ForecastError('INVALID_SERIES', `${name} has ${series.length} hours, not ${hours}`);
    }
    const wrong = series.find((value) => !(value >= 0 && value < Infinity));
    if (wrong !== undefined) throw new ForecastError('INVALID_SERIES', `${name} must be of 0 or more, not ${wrong}`);
  }
}

function assertVariances({ parent, children }: FamilyVariances, size: number): void {
  if (children.length !== size) {
    throw new ForecastError('INVALID_SERIES', `expected ${size} variances of children, not ${children.length}`);
  }
  const wrong = [parent, ...children].find((variance) => !(variance >= 0 && variance < Infinity));
  if (wrong !== undefined) throw new ForecastError('INVALID_SERIES', `a variance is 0 or more, not ${wrong}`);
}
