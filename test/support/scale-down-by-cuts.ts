// The fairest scale-down as it was before decomposition, cut by cut from the flow before each level: slow, and an oracle for what is small.
import type { BundleLine } from '../../shared/planning/bundle.ts';
import { bottleneck, copyFlow, route, routed, type Flow } from '../../shared/planning/flow.ts';

/** After this many levels of shares the rest is filled one by one. */
const MAX_LEVELS = 64;
/** Steps to one level: each leaves a cut behind that was seen, so few are needed. */
const MAX_STEPS = 64;
/** A share below another by this much is the same: amounts are rounded to grains. */
const ROUNDING = 1e-9;

/**
 * The fairest flow: no line can get a larger share of its demand but from one with a smaller share (Megiddo, Mathematical
 * Programming 7, 1974). A level is found by Newton's method on cuts: the share at which the tightest cut that was found
 * would be full is the next one to try (Dinkelbach, Management Science 13, 1967).
 * @param flow in which none of the lines has anything; it stays as it is
 */
export function scaleDownByCuts(flow: Flow, lines: readonly BundleLine[]): Flow {
  let current = copyFlow(flow);
  let open = lines;
  let share = 0;
  for (let level = 0; level < MAX_LEVELS && open.length > 0; level++) {
    const raised = raise(current, open, share);
    ({ flow: current, share } = raised);
    if (raised.tight.size === 0) return current;
    open = open.filter((line) => !raised.tight.has(line.line));
  }
  for (const { line, clicks } of open) route(current, line, Math.max(0, clicks - routed(current, line)));
  return current;
}

/** The flow in which all open lines have the largest common share, and those of them that cannot get more. */
function raise(
  flow: Flow,
  open: readonly BundleLine[],
  from: number,
): { flow: Flow; share: number; tight: ReadonlySet<number> } {
  let share = 1;
  let tight: ReadonlySet<number> = new Set();
  for (let step = 0; ; step++) {
    const trial = copyFlow(flow);
    const short = open.filter(({ line, clicks }) => {
      const more = (share - from) * clicks;
      return route(trial, line, more) < more - ROUNDING * clicks;
    });
    if (short.length === 0 || step === MAX_STEPS) return { flow: trial, share, tight };
    const cut = tightestCut(trial, open, short);
    if (cut.share >= share || cut.tight.size === 0)
      return { flow: trial, share, tight: new Set(short.map(({ line }) => line)) };
    share = Math.max(from, cut.share);
    ({ tight } = cut);
  }
}

/** Of the cuts around lines that are short, that which leaves its lines the smallest share of what they asked. */
function tightestCut(
  flow: Flow,
  open: readonly BundleLine[],
  short: readonly BundleLine[],
): { share: number; tight: ReadonlySet<number> } {
  let best: { share: number; tight: ReadonlySet<number> } = { share: Infinity, tight: new Set() };
  const seen = new Set<number>();
  for (const { line } of short) {
    if (seen.has(line)) continue;
    const inside = new Set([line, ...bottleneck(flow, line).lines]);
    let [got, asked] = [0, 0];
    for (const one of open) {
      if (!inside.has(one.line)) continue;
      seen.add(one.line);
      got += routed(flow, one.line);
      asked += one.clicks;
    }
    if (got / asked < best.share) best = { share: got / asked, tight: inside };
  }
  return best;
}
