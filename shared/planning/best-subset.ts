// Which of the candidates that do not all fit are worth most together, each whole or not at all.
import { routeMicros, takeWhole, type Bundle, type BundleLine } from './bundle.ts';
import { copyFlow, type Flow } from './flow.ts';

export interface Subset {
  isIn: boolean[];
  /** No subset that was not searched is worth more, in weighted micros. 0 where all were: the subset is proved to be the best. */
  unsearched: number;
}

/** Up to this many candidates are searched, more are only rounded. */
const MAX_SEARCHED = 30;
/** A search ends after this many nodes, or edges of flows in all its nodes. */
const MAX_NODES = 50_000;
const MAX_EDGES = 1e8;
/** Sums of money times weight differ by this share, however they are added up. */
const ROUNDING = 1e-12;

/**
 * Branch and bound, depth first (Land and Doig, Econometrica 28, 1960). The bound takes parts in part and each for itself:
 * then a market takes clicks by their worth as far as they fit, the greedy that is optimal over a polymatroid (Edmonds,
 * 1970). That the parts of a candidate come together is priced: see {@link pricedCredits}. Candidates that are whole in
 * it, and what else fits whole, are the next best subset. Of more than 30 candidates this rounding is the answer.
 */
export function bestSubset(bundle: Bundle): Subset {
  const { lines } = bundle;
  const values = lines.map((parts) => sumOf(parts.map(valueOf)));
  const edges = bundle.flows.reduce((sum, { sent }) => sum + sent.length, 0);
  const mostNodes = lines.length > MAX_SEARCHED ? 1 : Math.min(MAX_NODES, Math.ceil(MAX_EDGES / Math.max(1, edges)));
  const all = byWorth(lines, values);
  const first = roundUp(bundle, bundle.flows, all);
  const { credits, shares } = pricedCredits(bundle, all, sumOf(first.map((candidate) => values[candidate] as number)));
  const best = { isIn: lines.map(() => false), value: 0 };
  let [nodes, unsearched] = [0, 0];

  const keep = (subset: readonly number[]) => {
    const value = sumOf(subset.map((candidate) => values[candidate] as number));
    if (value <= best.value) return;
    best.value = value;
    best.isIn = lines.map(() => false);
    for (const candidate of subset) best.isIn[candidate] = true;
  };
  const isSearchable = (bound: number) => bound > best.value * (1 + ROUNDING);
  const visit = (flows: readonly Flow[], taken: readonly number[], open: readonly number[], above: number) => {
    if (++nodes > mostNodes) {
      unsearched = Math.max(unsearched, above);
      return;
    }
    const valueIn = sumOf(taken.map((candidate) => values[candidate] as number));
    const { worth, shares } = relax(bundle, flows, open, credits);
    const bound = Math.min(above, valueIn + worth);
    if (!isSearchable(bound)) return;
    const isWhole = (candidate: number) => (shares[candidate] as readonly number[]).every((share) => share === 1);
    const [whole, split] = [open.filter(isWhole), open.filter((candidate) => !isWhole(candidate))];
    keep([...taken, ...roundUp(bundle, flows, [...whole, ...split])]);
    const [branch] = split;
    if (branch === undefined || !isSearchable(bound)) return;
    const rest = open.filter((candidate) => candidate !== branch);
    const withBranch = flows.slice();
    if (takeWhole(withBranch, lines[branch] as readonly BundleLine[]))
      visit(withBranch, [...taken, branch], rest, bound);
    if (isSearchable(bound)) visit(flows, taken, rest, bound);
  };
  keep(first);
  keep(
    roundUp(
      bundle,
      bundle.flows,
      all.toSorted((one, other) => (shares[other] as number) - (shares[one] as number)),
    ),
  );
  visit(bundle.flows, [], all, Infinity);
  return { isIn: best.isIn, unsearched };
}

/** Of each candidate and part, in weighted micros. */
type Credits = readonly (readonly number[])[];

/** Parts by the credit of their clicks, each as far as it fits: what they come to, and the share that each gets. */
function relax(
  { lines }: Bundle,
  flows: readonly Flow[],
  open: readonly number[],
  credits: Credits,
): { worth: number; shares: number[][] } {
  const trial = flows.map(copyFlow);
  const shares = lines.map((parts) => parts.map(() => 0));
  const parts = open.flatMap((candidate) =>
    (lines[candidate] as readonly BundleLine[]).map((part, index) => {
      const credit = credits[candidate]?.[index] as number;
      return { part, index, credit, perClick: credit / part.clicks };
    }),
  );
  let worth = 0;
  for (const { part, index, credit } of parts.toSorted((one, other) => other.perClick - one.perClick)) {
    if (credit <= 0) continue;
    const share = routeMicros(trial[part.market] as Flow, part, part.micros) / part.micros;
    worth += share * credit;
    (shares[part.candidate] as number[])[index] = share;
  }
  return { worth, shares };
}

/** Credits are moved this often, by a share of Polyak's length that falls from step to step. */
const PRICINGS = 16;
const FIRST_LENGTH = 0.5;
const LENGTH_KEPT = 0.8;

/**
 * Moves the worth of a candidate from parts that fit to parts that do not, until they fit alike: the Lagrangian of "all
 * parts get the same share", whose bound holds for any credits that add up to the candidate's worth. Subgradient steps after
 * Polyak (USSR Computational Mathematics 9, 1969). Nothing to do where every candidate has one part.
 * @param value of a subset that is known
 * @returns the credits with the lowest bound, and the share of each candidate on average over the steps
 */
function pricedCredits(
  bundle: Bundle,
  all: readonly number[],
  value: number,
): { credits: Credits; shares: readonly number[] } {
  const { lines, flows } = bundle;
  let credits: Credits = lines.map((parts) => parts.map(valueOf));
  let best = { credits, bound: Infinity };
  const sums = lines.map(() => 0);
  for (let step = 0; step < PRICINGS; step++) {
    const { worth, shares } = relax(bundle, flows, all, credits);
    if (worth < best.bound) best = { credits, bound: worth };
    const means = shares.map((own) => sumOf(own) / Math.max(1, own.length));
    means.forEach((mean, candidate) => (sums[candidate] = (sums[candidate] as number) + mean));
    const gaps = shares.map((own, candidate) => own.map((share) => share - (means[candidate] as number)));
    const square = sumOf(gaps.flat().map((gap) => gap * gap));
    if (square < 1e-9 || worth <= value) break;
    const length = (FIRST_LENGTH * LENGTH_KEPT ** step * (worth - value)) / square;
    credits = credits.map((own, candidate) =>
      own.map((credit, index) => credit - length * (gaps[candidate]?.[index] as number)),
    );
  }
  return { credits: best.credits, shares: sums };
}

/** Those that fit whole, one after the other. */
function roundUp({ lines }: Bundle, flows: readonly Flow[], candidates: readonly number[]): number[] {
  const trial = flows.slice();
  return candidates.filter((candidate) => takeWhole(trial, lines[candidate] as readonly BundleLine[]));
}

/** By what a click of them is worth on average, then the largest first. */
function byWorth(lines: Bundle['lines'], values: readonly number[]): number[] {
  const worth = lines.map(
    (parts, candidate) => (values[candidate] as number) / Math.max(1e-9, sumOf(parts.map(({ clicks }) => clicks))),
  );
  return lines
    .map((_, candidate) => candidate)
    .sort(
      (one, other) =>
        (worth[other] as number) - (worth[one] as number) ||
        (values[other] as number) - (values[one] as number) ||
        one - other,
    );
}

function valueOf({ clicks, worth }: BundleLine): number {
  return clicks * worth;
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
