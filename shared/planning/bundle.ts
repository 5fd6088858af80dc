// Requests that are decided together: their parts as lines of the markets' flows, beside all that is sold.
import type { SupplyDay } from '../contracts/documents.ts';
import { openAvailability } from './availability.ts';
import { copyFlow, route, routed, type Flow } from './flow.ts';
import type { Demand, SoldDemand } from './market-model.ts';
import { PlanningError } from './planning-error.ts';

export interface BulkMarket {
  sold: readonly SoldDemand[];
  /** Over the flights of all that is sold and of the candidates. */
  supply: ReadonlyMap<string, SupplyDay>;
}

/** What a candidate asks of one market, whole micros. */
export interface BulkPart extends Demand {
  market: string;
  micros: number;
}

/** A campaign, or any other request with parts in one or several markets. */
export interface BulkCandidate {
  parts: readonly BulkPart[];
  /** What a micro of it is worth against one of another. */
  weight: number;
}

/** A part as a line of its market's flow. */
export interface BundleLine {
  candidate: number;
  /** The place of its market's flow. */
  market: number;
  line: number;
  micros: number;
  clicks: number;
  clickPriceMicros: number;
  /** What a click is worth: its price, weighted. */
  worth: number;
}

/** Flows with what is sold routed and nothing of the candidates. They are copied before anything is routed in them. */
export interface Bundle {
  flows: readonly Flow[];
  /** Of each candidate, its parts in their order. */
  lines: readonly (readonly BundleLine[])[];
}

/**
 * A market that is not there has no supply.
 * @throws PlanningError `INVALID_PROBLEM` naming the candidate and the part
 */
export function openBundle(
  markets: ReadonlyMap<string, BulkMarket>,
  candidates: readonly BulkCandidate[],
  nowMs: number,
): Bundle {
  const asked = candidates.flatMap(({ parts, weight }, candidate) => {
    if (!(weight >= 0 && weight < Infinity)) throw invalid(`candidate ${candidate} has weight ${weight}`);
    return parts.map((part, index) => {
      assertPart(part, `part ${index} of candidate ${candidate}`);
      return { part, index, candidate, weight };
    });
  });
  const flows: Flow[] = [];
  const lines = candidates.map((): BundleLine[] => []);
  for (const [name, own] of Map.groupBy(asked, ({ part }) => part.market)) {
    const { sold, supply } = markets.get(name) ?? { sold: [], supply: new Map<string, SupplyDay>() };
    const demands = own.map(({ part }) => part);
    const { flow, firstAsked } = openAvailability(demands, sold, supply, nowMs);
    own.forEach(({ part: { micros, clickPriceMicros }, index, candidate, weight }, which) => {
      const clicks = micros / clickPriceMicros;
      const seat = { candidate, market: flows.length, line: firstAsked + which };
      const line = { ...seat, micros, clicks, clickPriceMicros, worth: weight * clickPriceMicros };
      (lines[candidate] as BundleLine[])[index] = line;
    });
    flows.push(flow);
  }
  return { flows, lines };
}

/** What rounding may lose of an amount that fits: clicks are real numbers, money is not. */
const ROUNDING_MICROS = 0.01;

/** Routes up to an amount of micros for a line; what it got, the amount itself where only rounding is missing. */
export function routeMicros(flow: Flow, { line, clickPriceMicros }: BundleLine, micros: number): number {
  const got = route(flow, line, micros / clickPriceMicros) * clickPriceMicros;
  return got >= micros - ROUNDING_MICROS ? micros : got;
}

/** What a line has, whole micros, at most what it asked. */
export function routedMicros(flow: Flow, { line, clickPriceMicros, micros }: BundleLine): number {
  return Math.min(micros, Math.floor(routed(flow, line) * clickPriceMicros + ROUNDING_MICROS));
}

/** Puts flows with all parts of a candidate in the place of those it is in, or leaves them where not all of them fit. */
export function takeWhole(flows: Flow[], parts: readonly BundleLine[]): boolean {
  const copies = new Map<number, Flow>();
  for (const part of parts) {
    const copy = copies.get(part.market) ?? copyFlow(flows[part.market] as Flow);
    copies.set(part.market, copy);
    if (routeMicros(copy, part, part.micros) < part.micros) return false;
  }
  for (const [market, copy] of copies) flows[market] = copy;
  return true;
}

function assertPart({ micros, clickPriceMicros, startAtMs, endAtMs }: BulkPart, name: string): void {
  if (!(Number.isSafeInteger(micros) && micros > 0)) throw invalid(`${name} asks for ${micros} micros`);
  if (!(clickPriceMicros > 0 && clickPriceMicros < Infinity))
    throw invalid(`${name} has a click price of ${clickPriceMicros}`);
  if (!(startAtMs < endAtMs)) throw invalid(`${name} flies from ${startAtMs} to ${endAtMs}`);
}

function invalid(message: string): PlanningError {
  return new PlanningError('INVALID_PROBLEM', message);
}
