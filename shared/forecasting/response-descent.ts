// The numbers of a response model: a logistic regression with an effect of each level of each factor and of each cell,
// fitted in typed arrays. What an observation is, and what is kept of a model, is said in fit-response.ts.
import { effectVariance } from './effect-variance.ts';

/** Rows are sums over observations of one cell and score; cells are the combinations of levels that occur. */
export interface ResponseRows {
  /** The cell, the impressions, clicks and score of each row. */
  cell: Int32Array;
  impressions: Float64Array;
  clicks: Float64Array;
  score: Float64Array;
  cells: number;
  /** For each factor, the level of each cell and how many levels there are. */
  factors: readonly { level: Int32Array; levels: number; isBalanced: boolean }[];
}

export interface Effects {
  /** In log-odds, of each level or cell. */
  effect: Float64Array;
  /** What the data alone say of it: expected clicks x the share of no click, the inverse of a variance. */
  information: Float64Array;
  /** Of the law that the effects are shrunk by; 0 where there are none. And what it may be for all that is known. */
  variance: number;
  possible: number;
}

export interface ResponseEffects {
  logOdds: number;
  information: number;
  slope: number;
  slopeVariance: number;
  factors: Effects[];
  cells: Effects;
}

/** A balanced level may miss its clicks by this share, and by no more than this part of their standard error. */
const BALANCE = 0.04;
const CHANCE = 0.5;
/** Fewer clicks than this, had or expected, are too few to balance: the level keeps the rate of the others. */
const LEAST_TO_BALANCE = 10;
/** Keeps a balanced level without any click finite: its log-odds are within 2 of the others', give or take. */
const BALANCED_VARIANCE = 4;
/** A score is a log-odds of somebody else's, worth anything from nothing (0) to all that it says (1). */
const SLOPE_VARIANCE = 0.25;
const VARIANCE_SWEEPS = 8;
const MAXIMUM_SWEEPS = 60;
const TOLERANCE = 1e-9;
const LONGEST_STEP = 2;
const FURTHEST = 12;

/**
 * Penalised likelihood by coordinate steps of Newton's, the effects of cells integrated out of the steps of levels
 * (penalised quasi-likelihood: Breslow and Clayton, JASA 1993). Effects of levels and cells are normal with a variance
 * by {@link effectVariance}; those of balanced factors are free but for a soft threshold, which by its optimality
 * condition leaves the sum of predicted clicks of each level within {@link BALANCE} and {@link CHANCE} of its clicks (Tibshirani 1996).
 */
export function descendResponse(rows: ResponseRows): ResponseEffects {
  const state = startOf(rows);
  for (let sweep = 0; sweep < MAXIMUM_SWEEPS; sweep++) {
    let moved = 0;
    rows.factors.forEach((_, index) => (moved = Math.max(moved, stepFactor(rows, state, index))));
    moved = Math.max(moved, stepSlope(rows, state), stepCells(rows, state), stepIntercept(rows, state));
    if (sweep < VARIANCE_SWEEPS) estimateVariances(rows, state);
    else if (moved < TOLERANCE) break;
  }
  return state.effects;
}

interface State {
  effects: ResponseEffects;
  /** Log-odds of each row as they stand. */
  logOdds: Float64Array;
  /** Of each cell: what its clicks say beyond the levels, with which weight, and expected clicks without own effect. */
  residual: Float64Array;
  weight: Float64Array;
  information: Float64Array;
  /** Scratch, as long as the longest factor or the cells. */
  sums: Float64Array;
  weights: Float64Array;
  /** Balanced factors: clicks of each level, or infinity where it is too thin. */
  thresholds: Float64Array[];
}

function startOf(rows: ResponseRows): State {
  const clicks = sum(rows.clicks);
  const rate = clicks / sum(rows.impressions);
  const longest = Math.max(rows.cells, ...rows.factors.map(({ levels }) => levels));
  const effects: ResponseEffects = {
    logOdds: Math.log(rate / (1 - rate)),
    information: 0,
    slope: 0,
    slopeVariance: SLOPE_VARIANCE,
    factors: rows.factors.map(({ levels, isBalanced }) => emptyEffects(levels, isBalanced ? BALANCED_VARIANCE : 0.1)),
    cells: emptyEffects(rows.cells, 0),
  };
  return {
    effects,
    logOdds: new Float64Array(rows.cell.length).fill(effects.logOdds),
    residual: new Float64Array(rows.cells),
    weight: new Float64Array(rows.cells),
    information: new Float64Array(rows.cells),
    sums: new Float64Array(longest),
    weights: new Float64Array(longest),
    thresholds: rows.factors.map((factor) => thresholdsOf(rows, factor, rate)),
  };
}

function emptyEffects(length: number, variance: number): Effects {
  return { effect: new Float64Array(length), information: new Float64Array(length), variance, possible: variance };
}

function thresholdsOf(rows: ResponseRows, factor: ResponseRows['factors'][number], rate: number): Float64Array {
  const clicks = new Float64Array(factor.levels);
  const expected = new Float64Array(factor.levels);
  rows.cell.forEach((cell, row) => {
    const level = factor.level[cell] as number;
    clicks[level] = (clicks[level] as number) + (rows.clicks[row] as number);
    expected[level] = (expected[level] as number) + rate * (rows.impressions[row] as number);
  });
  return clicks.map((count, level) =>
    Math.max(count, expected[level] as number) < LEAST_TO_BALANCE
      ? Infinity
      : Math.min(BALANCE * count, CHANCE * Math.sqrt(count)),
  );
}

/** What each cell's clicks say beyond its levels: the working response, and its weight with the cell's own spread in it. */
function readCells(rows: ResponseRows, { effects, logOdds, residual, weight, information }: State): void {
  residual.fill(0);
  information.fill(0);
  for (let row = 0; row < rows.cell.length; row++) {
    const cell = rows.cell[row] as number;
    const impressions = rows.impressions[row] as number;
    const rate = 1 / (1 + Math.exp(-(logOdds[row] as number)));
    residual[cell] = (residual[cell] as number) + (rows.clicks[row] as number) - impressions * rate;
    information[cell] = (information[cell] as number) + impressions * rate * (1 - rate);
  }
  const { effect, variance } = effects.cells;
  for (let cell = 0; cell < rows.cells; cell++) {
    const own = information[cell] as number;
    weight[cell] = own / (1 + own * variance);
    // The weighted residual, so that no cell is divided by its own nothing.
    residual[cell] = ((residual[cell] as number) + own * (effect[cell] as number)) / (1 + own * variance);
  }
}

function stepFactor(rows: ResponseRows, state: State, index: number): number {
  readCells(rows, state);
  const { level, levels, isBalanced } = rows.factors[index] as ResponseRows['factors'][number];
  const { effect, information, variance } = state.effects.factors[index] as Effects;
  const { sums, weights } = state;
  sums.fill(0, 0, levels);
  information.fill(0);
  for (let cell = 0; cell < rows.cells; cell++) {
    const own = level[cell] as number;
    sums[own] = (sums[own] as number) + (state.residual[cell] as number);
    information[own] = (information[own] as number) + (state.weight[cell] as number);
  }
  let moved = 0;
  for (let own = 0; own < levels; own++) {
    const old = effect[own] as number;
    const weight = information[own] as number;
    let pull = (sums[own] as number) + weight * old;
    if (isBalanced) {
      const threshold = (state.thresholds[index] as Float64Array)[own] as number;
      pull = Math.sign(pull) * Math.max(0, Math.abs(pull) - threshold);
    }
    const target = variance === 0 ? 0 : pull / (weight + 1 / variance);
    weights[own] = bounded(old, target) - old;
    effect[own] = old + (weights[own] as number);
    moved = Math.max(moved, Math.abs(weights[own] as number));
  }
  // The shrunk effects of a factor sum to 0 at the optimum; the intercept alone would take long to bring them there.
  if (!isBalanced) {
    const mean = sum(effect) / levels;
    for (let own = 0; own < levels; own++) effect[own] = (effect[own] as number) - mean;
    state.effects.logOdds += mean;
  }
  for (let row = 0; row < rows.cell.length; row++) {
    const own = level[rows.cell[row] as number] as number;
    state.logOdds[row] = (state.logOdds[row] as number) + (weights[own] as number);
  }
  return moved;
}

function stepCells(rows: ResponseRows, state: State): number {
  readCells(rows, state);
  const { effect, information, variance } = state.effects.cells;
  information.set(state.information);
  let moved = 0;
  for (let cell = 0; cell < rows.cells; cell++) {
    const old = effect[cell] as number;
    // residual = information x (residual of the levels) / (1 + information x variance): the posterior mean over variance
    const step = bounded(old, variance * (state.residual[cell] as number)) - old;
    effect[cell] = old + step;
    state.weights[cell] = step;
    moved = Math.max(moved, Math.abs(step));
  }
  for (let row = 0; row < rows.cell.length; row++) {
    state.logOdds[row] = (state.logOdds[row] as number) + (state.weights[rows.cell[row] as number] as number);
  }
  return moved;
}

function stepSlope(rows: ResponseRows, { effects, logOdds }: State): number {
  let gradient = -effects.slope / SLOPE_VARIANCE;
  let information = 1 / SLOPE_VARIANCE;
  for (let row = 0; row < rows.cell.length; row++) {
    const score = rows.score[row] as number;
    if (score === 0) continue;
    const impressions = rows.impressions[row] as number;
    const rate = 1 / (1 + Math.exp(-(logOdds[row] as number)));
    gradient += score * ((rows.clicks[row] as number) - impressions * rate);
    information += score * score * impressions * rate * (1 - rate);
  }
  const step = bounded(effects.slope, effects.slope + gradient / information) - effects.slope;
  effects.slope += step;
  effects.slopeVariance = 1 / information;
  if (step !== 0) {
    for (let row = 0; row < rows.cell.length; row++) {
      logOdds[row] = (logOdds[row] as number) + step * (rows.score[row] as number);
    }
  }
  return Math.abs(step);
}

function stepIntercept(rows: ResponseRows, state: State): number {
  readCells(rows, state);
  const weight = sum(state.weight);
  const step = weight === 0 ? 0 : bounded(0, sum(state.residual) / weight);
  state.effects.logOdds += step;
  state.effects.information = weight;
  for (let row = 0; row < rows.cell.length; row++) state.logOdds[row] = (state.logOdds[row] as number) + step;
  return Math.abs(step);
}

/** Every law's spread anew from what its levels brought, as counts of the weight that they have. */
function estimateVariances(rows: ResponseRows, state: State): void {
  const { effects } = state;
  rows.factors.forEach(({ level, levels, isBalanced }, index) => {
    if (isBalanced) return;
    const factor = effects.factors[index] as Effects;
    readCells(rows, state);
    const [weights, residuals] = [new Float64Array(levels), new Float64Array(levels)];
    for (let cell = 0; cell < rows.cells; cell++) {
      const own = level[cell] as number;
      weights[own] = (weights[own] as number) + (state.weight[cell] as number);
      residuals[own] = (residuals[own] as number) + (state.residual[cell] as number);
    }
    Object.assign(factor, varianceOf(weights, residuals, factor.effect));
  });
  readCells(rows, state);
  const { cells } = effects;
  const residuals = state.residual.map((residual, cell) => {
    const own = state.information[cell] as number;
    return residual * (1 + own * cells.variance) - own * (cells.effect[cell] as number);
  });
  Object.assign(cells, varianceOf(state.information, residuals, cells.effect));
}

function varianceOf(weights: Float64Array, residuals: Float64Array, effect: Float64Array) {
  const expected = weights.map((weight, own) => weight * Math.exp(-(effect[own] as number)));
  const counts = weights.map((weight, own) => Math.max(0, weight + (residuals[own] as number)));
  return effectVariance(expected, counts);
}

function bounded(from: number, to: number): number {
  const near = Math.max(from - LONGEST_STEP, Math.min(from + LONGEST_STEP, to));
  return Math.max(-FURTHEST, Math.min(FURTHEST, near));
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
