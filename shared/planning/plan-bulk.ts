// Decides many requests at once, priced against each other and against all that is sold. Nothing is oversold in any mode.
import { sumMicros } from '../contracts/micros.ts';
import { bestSubset } from './best-subset.ts';
import {
  openBundle,
  routeMicros,
  routedMicros,
  takeWhole,
  type BulkCandidate,
  type BulkMarket,
  type Bundle,
  type BundleLine,
} from './bundle.ts';
import { displacement } from './displacement.ts';
import { bottleneck, copyFlow, type Flow } from './flow.ts';
import { scaleDown } from './scale-down.ts';

/**
 * `all-or-nothing`: every candidate whole, or none. `best-subset`: whole candidates, worth most together.
 * `scale-down`: everybody the same share of what was asked, and more where others cannot use it.
 */
export type BulkMode = 'all-or-nothing' | 'best-subset' | 'scale-down';

export interface BulkLine {
  result: 'accepted' | 'scaled' | 'refused';
  /** What the candidate gets, whole micros, and each of its parts. */
  micros: number;
  partMicros: number[];
  /**
   * Why it does not get all: `SUPPLY_SHORT` not even alone, `CONTENDED` alone but not beside others, `BUNDLE_SHORT` it
   * would, and others that it is bundled with do not.
   */
  code?: 'SUPPLY_SHORT' | 'CONTENDED' | 'BUNDLE_SHORT';
  reason: string;
  /**
   * The dual: what the supply for one micro more is worth to the candidates, weighted micros. 0 where there is room,
   * Infinity where only what is sold could make room. Of several parts, by what was asked.
   */
  supplyPrice: number;
}

export interface BulkPlan {
  /** In the order of the candidates. */
  lines: BulkLine[];
  /** Weighted micros. */
  value: number;
  /** Of `best-subset`: no subset is worth more. Where it is `value`, the subset is proved to be the best. */
  bound?: number;
  /** Of `scale-down`: the share of what it asked that every part gets at least, 0 to 1. */
  factor?: number;
}

/**
 * @param markets by name; one that is not there has no supply
 * @throws PlanningError `INVALID_PROBLEM` naming the candidate and the part
 */
export function planBulk(
  markets: ReadonlyMap<string, BulkMarket>,
  candidates: readonly BulkCandidate[],
  mode: BulkMode,
  nowMs: number,
): BulkPlan {
  const bundle = openBundle(markets, candidates, nowMs);
  switch (mode) {
    case 'all-or-nothing':
      return allOrNothing(bundle, candidates);
    case 'best-subset':
      return subset(bundle, candidates);
    case 'scale-down':
      return scaled(bundle, candidates);
  }
}

function allOrNothing(bundle: Bundle, candidates: readonly BulkCandidate[]): BulkPlan {
  const flows = bundle.flows.map(copyFlow);
  const short = bundle.lines.flat().filter((line) => routeMicros(flowOf(flows, line), line, line.micros) < line.micros);
  if (short.length === 0) return planOf(bundle, candidates, { flows, got: ({ micros }) => micros });
  const contended = flows.map(() => new Set<number>());
  for (const part of short) {
    const inTheWay = contended[part.market] as Set<number>;
    if (inTheWay.has(part.line)) continue;
    for (const line of [part.line, ...bottleneck(flowOf(flows, part), part.line).lines]) inTheWay.add(line);
  }
  const isContended = (candidate: number) =>
    (bundle.lines[candidate] as readonly BundleLine[]).some(({ market, line }) => contended[market]?.has(line));
  return planOf(bundle, candidates, {
    flows,
    got: () => 0,
    besideOthers: (candidate) => (isContended(candidate) ? 'CONTENDED' : 'BUNDLE_SHORT'),
  });
}

function subset(bundle: Bundle, candidates: readonly BulkCandidate[]): BulkPlan {
  const { isIn, unsearched } = bestSubset(bundle);
  const flows = bundle.flows.map(copyFlow);
  for (const part of bundle.lines.flat()) {
    if (isIn[part.candidate]) routeMicros(flowOf(flows, part), part, part.micros);
  }
  const plan = planOf(bundle, candidates, { flows, got: ({ candidate, micros }) => (isIn[candidate] ? micros : 0) });
  return { ...plan, bound: Math.max(plan.value, unsearched) };
}

function scaled(bundle: Bundle, candidates: readonly BulkCandidate[]): BulkPlan {
  const lines = Map.groupBy(bundle.lines.flat(), ({ market }) => market);
  const flows = bundle.flows.map((flow, market) => scaleDown(flow, lines.get(market) ?? []));
  const got = (part: BundleLine) => routedMicros(flowOf(flows, part), part);
  const shares = bundle.lines.flat().map((part) => got(part) / part.micros);
  return {
    ...planOf(bundle, candidates, { flows, got }),
    factor: shares.reduce((least, share) => Math.min(least, share), 1),
  };
}

interface Decided {
  /** With all that is sold and all that the candidates get, or would need. */
  flows: readonly Flow[];
  got: (part: BundleLine) => number;
  /** Why a candidate that would fit alone does not get all. */
  besideOthers?: (candidate: number) => 'CONTENDED' | 'BUNDLE_SHORT';
}

function planOf(
  bundle: Bundle,
  candidates: readonly BulkCandidate[],
  { flows, got, besideOthers = () => 'CONTENDED' }: Decided,
): BulkPlan {
  const prices = flows.map((flow, market) => {
    const worth = new Float64Array(flow.network.demandPerGrain.length).fill(Infinity);
    for (const part of bundle.lines.flat()) if (part.market === market) worth[part.line] = part.worth;
    return displacement(flow, worth).line;
  });
  const lines = bundle.lines.map((own, candidate): BulkLine => {
    const partMicros = own.map(got);
    const micros = sumMicros(partMicros);
    const askedMicros = sumMicros(own.map((part) => part.micros));
    const perMicro = (part: BundleLine) => (prices[part.market]?.[part.line] as number) / part.clickPriceMicros;
    const supplyPrice = own.reduce((sum, part) => sum + (perMicro(part) * part.micros) / askedMicros, 0);
    const decided = { micros, partMicros, supplyPrice };
    if (micros === askedMicros) return { result: 'accepted', ...decided, reason: 'supply is there for all of it' };
    const code = takeWhole(bundle.flows.slice(), own) ? besideOthers(candidate) : 'SUPPLY_SHORT';
    const reason = `${reasons[code]}: ${micros} of ${askedMicros} micros`;
    return { result: micros === 0 ? 'refused' : 'scaled', ...decided, code, reason };
  });
  const value = lines.reduce(
    (sum, { micros }, candidate) => sum + micros * (candidates[candidate] as BulkCandidate).weight,
    0,
  );
  return { lines, value };
}

const reasons = {
  SUPPLY_SHORT: 'supply is too short for it, even alone',
  CONTENDED: 'supply is there for it alone, not beside the others',
  BUNDLE_SHORT: 'supply is there for it, not for all that it is bundled with',
};

function flowOf(flows: readonly Flow[], { market }: BundleLine): Flow {
  return flows[market] as Flow;
}
