// The listeners' slots behind a past campaign's exposures, for audiences whose visits nobody counted.
import { binomialLogMass } from './binomial-log-mass.ts';
import { assertExposures, type ExposureTable } from './exposure-table.ts';
import { ForecastError } from './forecast-error.ts';
import { mixtureWeights } from './mixture-weights.ts';
import { fitNbd, nbdLogMass } from './nbd.ts';
import { MAX_SLOTS } from './slots.ts';

/** What is asked of `reach` and the others, at any offer rate; it has a bin of 0 slots, listeners who never come. */
export interface FittedSlots {
  slots: Float64Array;
  listeners: Float64Array;
  /** The rate at which the table was seen: twice as many exposures are twice this rate. */
  offerRate: number;
  /** Of the table under the fit. */
  logLikelihood: number;
}

/**
 * Listeners by slots from exposures at one offer rate: a mixture of binomial laws Bin(k, x) on a grid of k, its weights by
 * 400 steps of expectation maximisation from listeners falling with k^1.5. Where the rate is not known, exposures are taken as
 * a very small part of the slots: then the laws are Poisson's, and only multiples of what was seen mean anything.
 *
 * Who had no exposure may have had no slot. When everybody had one, no listener is without; else a table that a
 * negative binomial law explains as well (Akaike's criterion) is explained by it, also beyond what was seen: its part is
 * 1 / (1 + exp(gain - 3)) where `gain` is what the free mixture gains in log-likelihood.
 * @param context.offerRate the share of slots that was taken, above 0; left out when unknown
 * @param context.everyoneHadSlots the table's people were known to come in the window, as uniques are, not a list of accounts
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function slotsFromExposures(
  table: ExposureTable,
  { offerRate, everyoneHadSlots }: { offerRate?: number; everyoneHadSlots: boolean },
): FittedSlots {
  assertExposures(table);
  const rows = rowsOf(table);
  const rate = offerRate ?? unknownRate(rows);
  assertRate(rate, rows);
  if (everyoneHadSlots && rate === 1 && rows.exposures[0] === 0)
    throw new ForecastError(
      'INVALID_HISTOGRAM',
      'all slots were taken, everyone had one, and yet some had no exposure',
    );
  const slots = gridFor(rows, rate, everyoneHadSlots ? 1 : 0);
  const likelihood = likelihoodOf(rows, slots, rate);
  const fitted = (start: Float64Array) => mixtureWeights(likelihood.scaled, rows.people, start, STEPS);
  let listeners = fitted(startOf(slots));
  let logLikelihood = logLikelihoodOf(rows, likelihood, listeners);
  if (!everyoneHadSlots) {
    const simple = fitted(nbdStart(table, slots, rate));
    const gain = logLikelihood - fitNbd(table).logLikelihood;
    const share = 1 / (1 + Math.exp(gain - FREE_PARAMETERS));
    listeners = listeners.map((amount, atom) => (1 - share) * amount + share * (simple[atom] as number));
    logLikelihood = logLikelihoodOf(rows, likelihood, listeners);
  }
  return { slots, listeners, offerRate: rate, logLikelihood };
}

const STEPS = 400;

/** So small a part of the slots that binomial laws are Poisson's to four digits. */
const UNKNOWN_RATE = 1e-4;

/** What a free mixture gains in log-likelihood over a law of two parameters by chance alone. */
const FREE_PARAMETERS = 3;

/** Neighbours of the grid differ by so much, above the lowest whole numbers. */
const GRID_STEP = 1.06;

/** The grid goes so far beyond what explains the most exposures. */
const BEYOND = 1.3;

/** The part of listeners without slots at the start, where there may be some. */
const ABSENT_AT_START = 0.01;

interface Rows {
  exposures: number[];
  people: number[];
}

/** Those with somebody in them. */
function rowsOf({ exposures, people }: ExposureTable): Rows {
  const rows = Array.from(exposures, (_, row) => row).filter((row) => (people[row] as number) > 0);
  return { exposures: rows.map((row) => exposures[row] as number), people: rows.map((row) => people[row] as number) };
}

function unknownRate({ exposures }: Rows): number {
  return Math.max(UNKNOWN_RATE, (2 * (exposures.at(-1) as number)) / MAX_SLOTS);
}

function assertRate(rate: number, { exposures }: Rows): void {
  if (!(rate > 0 && rate <= 1))
    throw new ForecastError('INVALID_HISTOGRAM', `the offer rate must be above 0 and up to 1, not ${rate}`);
  const most = exposures.at(-1) as number;
  if (!(most / rate <= MAX_SLOTS / BEYOND))
    throw new ForecastError('INVALID_HISTOGRAM', `${most} exposures at an offer rate of ${rate} are too many slots`);
}

/** Numbers of slots, ascending from `least`. */
function gridFor({ exposures }: Rows, rate: number, least: number): Float64Array {
  const end = Math.ceil((BEYOND * (exposures.at(-1) as number)) / rate) + 1;
  const grid = new Set<number>();
  for (let slots = least; slots <= end; slots = Math.max(slots + 1, Math.round(slots * GRID_STEP))) grid.add(slots);
  // At rates near 1 laws are narrower than steps: each row has the number of slots that explains it best.
  for (const count of exposures) grid.add(Math.max(least, Math.round(count / rate)));
  return Float64Array.from(grid).sort();
}

/** Whole numbers that an atom stands for. */
function widthOf(slots: Float64Array, atom: number): number {
  const here = slots[atom] as number;
  const before = slots[atom - 1] ?? here - 1;
  const after = slots[atom + 1] ?? here + 1;
  return (after - before) / 2;
}

/** Listeners fall with slots^1.5; few have none. */
function startOf(slots: Float64Array): Float64Array {
  const start = slots.map((count, atom) => (count === 0 ? 0 : widthOf(slots, atom) / count ** 1.5));
  if (slots[0] === 0) start[0] = ABSENT_AT_START * start.reduce((sum, weight) => sum + weight, 0);
  return start;
}

/** Where slots are negative binomial too, as they are when exposures are. */
function nbdStart(table: ExposureTable, slots: Float64Array, rate: number): Float64Array {
  const { r, alpha } = fitNbd(table);
  return slots.map((count, atom) => {
    const width = count === 0 ? 1 : widthOf(slots, atom);
    return Math.max(Number.MIN_VALUE, width * Math.exp(nbdLogMass({ r, alpha: alpha * rate }, count)));
  });
}

interface Likelihood {
  /** Rows x atoms, the largest of each row 1. */
  scaled: Float64Array;
  /** The logarithm of each row's largest. */
  logLargest: number[];
}

/** A law that explains a row so much worse than another explains nothing of it. */
const NEGLIGIBLE_LOG = -35;

/** Of a row the laws around that which explains it best: likelihood falls on both sides of exposures / rate. */
function likelihoodOf({ exposures }: Rows, slots: Float64Array, rate: number): Likelihood {
  const scaled = new Float64Array(exposures.length * slots.length);
  const logs = new Float64Array(slots.length);
  const logLargest = exposures.map((count, row) => {
    const found = slots.findIndex((atom) => atom >= count / rate);
    const middle = found < 0 ? slots.length - 1 : found;
    let largest = -Infinity;
    const isWorth = (atom: number) => {
      const log = binomialLogMass(slots[atom] as number, rate, count);
      logs[atom] = log;
      largest = Math.max(largest, log);
      return log > largest + NEGLIGIBLE_LOG;
    };
    let to = middle;
    while (to < slots.length && isWorth(to)) to++;
    let from = middle;
    while (from > 0 && isWorth(from - 1)) from--;
    for (let atom = from; atom < to; atom++)
      scaled[row * slots.length + atom] = Math.exp((logs[atom] as number) - largest);
    return largest;
  });
  return { scaled, logLargest };
}

function logLikelihoodOf({ people }: Rows, { scaled, logLargest }: Likelihood, listeners: Float64Array): number {
  const all = listeners.reduce((sum, amount) => sum + amount, 0);
  const atoms = listeners.length;
  return people.reduce((sum, count, row) => {
    let mass = 0;
    for (let atom = 0; atom < atoms; atom++) {
      mass += (scaled[row * atoms + atom] as number) * (listeners[atom] as number);
    }
    return sum + count * (Math.log(mass / all) + (logLargest[row] as number));
  }, 0);
}
