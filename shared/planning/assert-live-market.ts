// Refuses what is no market to price: one message per kind of mistake, naming where it is and what was there.
import type { LiveLines, LivePriceInput } from './live-price.ts';
import type { RequestSample } from './offer-curve.ts';
import { PlanningError } from './planning-error.ts';

/** No product of a few such amounts overflows. */
const LARGEST = 1e50;

/** @throws PlanningError INVALID_PROBLEM */
export function assertLiveMarket(
  sample: RequestSample,
  lines: LiveLines,
  { cells, start, fallback }: LivePriceInput,
): void {
  const cellCount = cells.opportunities.length;
  assertAmounts('opportunities of cell', cells.opportunities, cellCount);
  assertAmounts('click rate of cell', cells.clickRate, cellCount);
  if (cells.floor) assertAmounts('floor of cell', cells.floor, cellCount);
  const lineCount = lines.budget.length;
  assertAmounts('budget of line', lines.budget, lineCount);
  assertAmounts('worth of line', lines.worth, lineCount);
  assertAmounts('click price of line', lines.clickPrice, lineCount);
  assertRows(lines);
  assertIndices('cell of edge', lines.edgeCell, cellCount);
  for (const [name, prices] of Object.entries({ start, fallback })) {
    if (prices) assertAmounts(`${name} price of line`, prices, lineCount, 1);
  }
  const requestCount = sample.cell.length;
  assertIndices('cell of request', sample.cell, cellCount);
  assertAmounts('multiplier of request', sample.multiplier, requestCount);
  if (sample.offer) assertAmounts('offer of request', sample.offer, requestCount);
  if (sample.weight) {
    assertAmounts('weight of request', sample.weight, requestCount);
    const nothing = sample.weight.indexOf(0);
    if (nothing >= 0) throw invalid(`weight of request ${nothing} is 0, it must be above 0`);
  }
}

/**
 * Refuses amounts that are negative, above `most` or no numbers, or not one for each of `count`.
 * @throws PlanningError INVALID_PROBLEM
 */
export function assertAmounts(what: string, values: Float64Array, count: number, most = LARGEST): void {
  if (values.length !== count) throw invalid(`${what}: expected ${count} numbers, got ${values.length}`);
  for (let index = 0; index < count; index++) {
    const value = values[index] as number;
    if (!(value >= 0 && value <= most)) {
      throw invalid(`${what} ${index} is ${value}, expected 0 to ${most}`);
    }
  }
}

function assertRows({ budget, lineStart, edgeCell }: LiveLines): void {
  if (lineStart.length !== budget.length + 1) {
    throw invalid(`starts of lines: expected ${budget.length + 1} numbers, got ${lineStart.length}`);
  }
  for (let line = 0; line < budget.length; line++) {
    if ((lineStart[line] as number) > (lineStart[line + 1] as number)) {
      throw invalid(`edges of line ${line} start at ${lineStart[line]} and end before, at ${lineStart[line + 1]}`);
    }
  }
  if (lineStart[0] !== 0 || lineStart.at(-1) !== edgeCell.length) {
    throw invalid(`edges of lines go from ${lineStart[0]} to ${lineStart.at(-1)}, expected 0 to ${edgeCell.length}`);
  }
}

function assertIndices(what: string, indices: Uint32Array, count: number): void {
  for (let index = 0; index < indices.length; index++) {
    if ((indices[index] as number) >= count) {
      throw invalid(`${what} ${index} is ${indices[index]}, but there are ${count} cells`);
    }
  }
}

function invalid(message: string): PlanningError {
  return new PlanningError('INVALID_PROBLEM', message);
}
