// What a line can win of a cell's remaining traffic against the offers of spot demand and the floor, by its net worth:
// the sampled requests as one curve per cell, so that solving prices no longer depends on how many were sampled.

/** Recent requests, any order. All arrays are as long as `cell`. */
export interface RequestSample {
  /** The index of the request's cell. */
  cell: Uint32Array;
  /** The listener's expected response over the cell's average, 0 or more. */
  multiplier: Float64Array;
  /** The best offer of spot demand for the request, money; none when absent. */
  offer?: Float64Array;
  /** How many requests it stands for, relative to the others; all the same when absent. */
  weight?: Float64Array;
}

/** What is left to come. All arrays have one number per cell. */
export interface LiveCells {
  /** Forecast opportunities until the end of what is planned. */
  opportunities: Float64Array;
  /** Expected clicks of one opportunity of the average listener. */
  clickRate: Float64Array;
  /** No line wins an opportunity for less, money; 0 when absent. */
  floor?: Float64Array;
}

/** The power of the net worth by which what is won may grow at most. */
export const OFFER_POWER = 16;
const OCTAVES = 16;
export const NODES_PER_OCTAVE = 16;
/** The last node of a curve: a net worth 2^16 times below the first. */
export const LAST_NODE = OCTAVES * NODES_PER_OCTAVE;
/** A cell's curve counts as many requests of the whole sample beside its own: a cell seen twice is not taken at its word. */
const BORROWED_REQUESTS = 20;

/**
 * Curves of all cells, one after the other, {@link LAST_NODE} + 1 numbers each: the expected clicks of the cell's remaining
 * opportunities that a line wins whose net worth per expected click is `top` x 2^(-node / {@link NODES_PER_OCTAVE}).
 * Between nodes a request is won in proportion, which also smooths the few that were sampled. A cell is scaled to its own
 * forecast, whatever part of the sample it is. Without any sampled request every listener is average and nobody offers.
 * @param top the highest net worth per expected click, above 0
 */
export function offerCurves(sample: RequestSample, cells: LiveCells, top: number): Float64Array {
  const cellCount = cells.opportunities.length;
  const width = LAST_NODE + 1;
  const curves = new Float64Array(cellCount * width);
  const pool = new Float64Array(width);
  const seen = new Float64Array(cellCount);
  const perRequest = sample.cell.length / sumOf(sample.weight, sample.cell.length);
  const logTop = Math.log2(top);
  for (let request = 0; request < sample.cell.length; request++) {
    const cell = sample.cell[request] as number;
    const weight = sample.weight === undefined ? 1 : (sample.weight[request] as number) * perRequest;
    const multiplier = sample.multiplier[request] as number;
    const clicks = (cells.clickRate[cell] as number) * multiplier;
    seen[cell] = (seen[cell] as number) + weight;
    const offer = sample.offer?.[request] ?? 0;
    const floor = cells.floor?.[cell] ?? 0;
    addWon(pool, 0, (logTop - Math.log2(offer / clicks)) * NODES_PER_OCTAVE, weight * multiplier);
    const node = (logTop - Math.log2(Math.max(offer, floor) / clicks)) * NODES_PER_OCTAVE;
    addWon(curves, cell * width, node, weight * multiplier);
  }
  if (sample.cell.length === 0) addWon(pool, 0, Infinity, 1);
  const borrowed = BORROWED_REQUESTS / Math.max(1, sample.cell.length);
  const scratch = new Float64Array(width);
  for (let cell = 0; cell < cellCount; cell++) {
    const rate = cells.clickRate[cell] as number;
    const curve = curves.subarray(cell * width, (cell + 1) * width);
    if (rate === 0) continue;
    const atFloor = (logTop - Math.log2((cells.floor?.[cell] ?? 0) / rate)) * NODES_PER_OCTAVE;
    let belowFloor = 0;
    for (let node = 0; node < width; node++) {
      const clicks = borrowed * (pool[node] as number);
      if (node <= atFloor) curve[node] = (curve[node] as number) + clicks;
      else belowFloor += clicks;
    }
    addWon(curve, 0, atFloor, belowFloor);
    spread(curve, scratch);
    const scale = ((cells.opportunities[cell] as number) * rate) / ((seen[cell] as number) + BORROWED_REQUESTS);
    let won = 0;
    for (let node = LAST_NODE; node >= 0; node--) {
      won += curve[node] as number;
      curve[node] = scale * won;
    }
  }
  return curves;
}

/** Adds clicks that are won by everybody whose net worth is at this position of a curve or above. */
function addWon(curve: Float64Array, first: number, position: number, clicks: number): void {
  if (!(position > -0.5)) return;
  // Half a node less: read between two nodes, a curve is the mean of both.
  const at = Math.min(position - 0.5, LAST_NODE);
  const node = Math.floor(at);
  const part = at - node;
  if (node >= 0) curve[first + node] = (curve[first + node] as number) + clicks * (1 - part);
  if (node < LAST_NODE) curve[first + node + 1] = (curve[first + node + 1] as number) + clicks * part;
}

/**
 * Takes each offer for a little more or less than it is, by a two-sided exponential law: what is won then changes by no
 * more than the power {@link OFFER_POWER} of the net worth, even where all offers are one number. What everybody wins
 * stays as it is.
 */
function spread(curve: Float64Array, scratch: Float64Array): void {
  const carry = 2 ** (-OFFER_POWER / NODES_PER_OCTAVE);
  const share = (1 - carry) / (1 + carry);
  const always = curve[LAST_NODE] as number;
  curve[LAST_NODE] = 0;
  let fromAbove = 0;
  for (let node = 0; node <= LAST_NODE; node++) {
    scratch[node] = fromAbove;
    fromAbove = carry * (fromAbove + (curve[node] as number));
  }
  let fromBelow = 0;
  for (let node = LAST_NODE; node >= 0; node--) {
    const own = curve[node] as number;
    curve[node] = share * (own + (scratch[node] as number) + fromBelow);
    fromBelow = carry * (fromBelow + own);
  }
  // What the law puts below the last node.
  curve[LAST_NODE] = (curve[LAST_NODE] as number) + always + (share * fromAbove) / (1 - carry);
}

function sumOf(weights: Float64Array | undefined, count: number): number {
  if (weights === undefined) return count;
  let sum = 0;
  for (const weight of weights) sum += weight;
  return sum;
}
