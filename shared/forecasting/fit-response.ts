// The rate of clicks (of impressions) or of conversions (of clicks), learned from counts by segment, surface, market,
// format or whatever else they are counted by. Small cells borrow from their levels, new levels from everything.
import { descendResponse, type Effects, type ResponseRows } from './response-descent.ts';
import { ForecastError } from './forecast-error.ts';

export interface ResponseObservation {
  /** The level of every factor, the same factors in all observations: `{ segment: 'super', surface: 'home' }`. */
  factors: Readonly<Record<string, string>>;
  /** Chances of a click: impressions; for the rate of conversions, clicks. Weighted counts may be broken. */
  impressions: number;
  clicks: number;
  /** How old the counts are, 0 when absent; see {@link ResponseOptions.halfLifeDays}. */
  ageDays?: number;
  /** What another model says of these impressions, in log-odds and up to a constant; its slope is learned. */
  score?: number;
}

export interface ResponseOptions {
  /** Counts as old as this count half, those twice as old a quarter; without it age does not matter. */
  halfLifeDays?: number;
  /**
   * Factors whose levels must add up: over the observations, the predicted clicks of each of their levels with ten
   * clicks or more are within 4% of its clicks, or half their standard error where that is less. Their effects are not shrunk, so they should have few levels.
   */
  balanced?: readonly string[];
}

/** JSON, some bytes a level and a cell. Effects are log-odds; each beside the information of its own data. */
export interface ResponseModel {
  logOdds: number;
  information: number;
  slope: number;
  slopeVariance: number;
  factors: { name: string; effects: StoredEffects }[];
  /** By the levels in the order of the factors, as a JSON list. */
  cells: StoredEffects;
}

export interface StoredEffects {
  /** How far the effects spread; 0 where the data show no difference. */
  variance: number;
  /** How far they may spread for all that is known: more than the variance where data are few. */
  possible: number;
  /** What takes the place of the effect of a level that was not seen. */
  unseen: number;
  /** [effect, information] of each level seen; none where there is no difference. */
  levels: Record<string, [number, number]>;
}

/**
 * Effects of levels and of cells on the log-odds, each shrunk by how much such effects differ in these very data (see
 * response-descent.ts). The order of the observations does not matter, nor how they are split over rows.
 * @throws ForecastError INVALID_RESPONSE for no impressions at all, more clicks than impressions, counts that are
 * negative or no numbers, and observations or options with other factors than the first
 */
export function fitResponse(
  observations: readonly ResponseObservation[],
  { halfLifeDays = Infinity, balanced = [] }: ResponseOptions = {},
): ResponseModel {
  if (!(halfLifeDays > 0)) throw invalid(`halfLifeDays must be above 0, not ${halfLifeDays}`);
  const names = Object.keys(observations[0]?.factors ?? {}).sort();
  for (const name of balanced) {
    if (!names.includes(name)) throw invalid(`there is no factor ${name} to balance, only ${names.join(', ')}`);
  }
  observations.forEach((observation, index) => check(observation, index, names));
  const table = tabulate(observations, names, halfLifeDays);
  const rows = toRows(table, names, balanced);
  const effects = descendResponse(rows);
  return {
    logOdds: effects.logOdds,
    information: effects.information,
    slope: effects.slope,
    slopeVariance: effects.slopeVariance,
    factors: names.map((name, index) => ({
      name,
      effects: store(effects.factors[index] as Effects, (rows.levels[index] as string[]).slice()),
    })),
    cells: store(effects.cells, rows.keys),
  };
}

function check(
  { factors, impressions, clicks, ageDays = 0, score = 0 }: ResponseObservation,
  index: number,
  names: string[],
) {
  const where = `observation ${index}`;
  const own = Object.keys(factors).sort();
  if (own.length !== names.length || own.some((name, place) => name !== names[place])) {
    throw invalid(`${where} has the factors ${own.join(', ')}, the first has ${names.join(', ')}`);
  }
  if (!(impressions >= 0 && impressions <= MOST))
    throw invalid(`${where}: impressions must be 0 to ${MOST}, not ${impressions}`);
  if (!(clicks >= 0)) throw invalid(`${where}: clicks must be 0 or more, not ${clicks}`);
  if (clicks > impressions) throw invalid(`${where}: ${clicks} clicks of ${impressions} impressions are too many`);
  if (!(ageDays >= 0 && ageDays < Infinity)) throw invalid(`${where}: ageDays must be 0 or more, not ${ageDays}`);
  if (!(Math.abs(score) <= FURTHEST_SCORE))
    throw invalid(`${where}: the score must be within ${FURTHEST_SCORE}, not ${score}`);
}

/** Counts beyond this are a mistake, and their sums no longer exact. */
const MOST = 1e15;
/** What is left of so old data says nothing. */
const LEAST = 1e-9;
/** Log-odds beyond this are certainties. */
const FURTHEST_SCORE = 50;

interface Row {
  cell: string;
  score: number;
  impressions: number;
  clicks: number;
}

/** One row for each cell and score, sorted, so that the same data give the same sums in whatever order they come. */
function tabulate(observations: readonly ResponseObservation[], names: readonly string[], halfLifeDays: number): Row[] {
  const rows = new Map<string, Row>();
  const weighted = observations
    .filter(({ impressions }) => impressions > 0)
    .map((observation) => ({ ...observation, ageDays: observation.ageDays ?? 0, score: observation.score ?? 0 }))
    .sort((a, b) => a.ageDays - b.ageDays || a.impressions - b.impressions || a.clicks - b.clicks);
  for (const { factors, impressions, clicks, ageDays, score } of weighted) {
    const weight = halfLifeDays === Infinity ? 1 : 2 ** (-ageDays / halfLifeDays);
    const cell = JSON.stringify(names.map((name) => factors[name]));
    const key = `${cell}${score}`;
    const row = rows.get(key) ?? { cell, score, impressions: 0, clicks: 0 };
    row.impressions += weight * impressions;
    row.clicks += weight * clicks;
    rows.set(key, row);
  }
  const table = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row)
    .filter(({ impressions }) => impressions > LEAST);
  if (table.length === 0) throw invalid('there are no impressions: nothing to learn a rate from');
  return withBothClasses(table);
}

/** No click at all, or nothing but clicks: half of one of the other kind is spread over the rows (Jeffreys' prior). */
function withBothClasses(table: Row[]): Row[] {
  const impressions = table.reduce((sum, row) => sum + row.impressions, 0);
  const clicks = table.reduce((sum, row) => sum + row.clicks, 0);
  if (clicks > 0 && clicks < impressions) return table;
  const rate = (clicks + 0.5) / (impressions + 1);
  return table.map((row) => ({ ...row, clicks: row.impressions * rate }));
}

function toRows(table: readonly Row[], names: readonly string[], balanced: readonly string[]) {
  const keys = [...new Set(table.map(({ cell }) => cell))];
  const places = new Map(keys.map((key, place) => [key, place]));
  const cellLevels = keys.map((key) => JSON.parse(key) as string[]);
  const levels = names.map((_, index) => [...new Set(cellLevels.map((own) => own[index] as string))].sort());
  const factors = names.map((name, index) => {
    const ordinal = new Map((levels[index] as string[]).map((level, place) => [level, place]));
    return {
      level: Int32Array.from(cellLevels, (own) => ordinal.get(own[index] as string) as number),
      levels: ordinal.size,
      isBalanced: balanced.includes(name),
    };
  });
  return {
    cell: Int32Array.from(table, ({ cell }) => places.get(cell) as number),
    impressions: Float64Array.from(table, ({ impressions }) => impressions),
    clicks: Float64Array.from(table, ({ clicks }) => clicks),
    score: Float64Array.from(table, ({ score }) => score),
    cells: keys.length,
    factors,
    levels,
    keys,
  } satisfies ResponseRows & { levels: string[][]; keys: string[] };
}

function store({ effect, information, variance, possible }: Effects, keys: readonly string[]): StoredEffects {
  if (variance === 0) return { variance, possible, unseen: 0, levels: {} };
  const mean = effect.reduce((sum, one) => sum + Math.exp(one), 0) / effect.length;
  const levels = keys.map((key, place) => [key, [effect[place] as number, information[place] as number]] as const);
  return { variance, possible, unseen: Math.log(mean), levels: Object.fromEntries(levels) as StoredEffects['levels'] };
}

function invalid(message: string): ForecastError {
  return new ForecastError('INVALID_RESPONSE', message);
}
