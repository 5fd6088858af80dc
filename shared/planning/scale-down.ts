// Scales requests that do not all fit: everybody gets the same share of what was asked, as large as it can be; those whom
// scarce supply does not hold back get more, again the same share, and so on until nobody can get more.
import type { BundleLine } from './bundle.ts';
import { bottleneck, copyFlow, giveBack, route, routed, type Flow } from './flow.ts';

/** A share below another by this much is the same: amounts are rounded to grains. */
const ROUNDING = 1e-9;

/** Lines whose shares are to be found among themselves: no other can take of their cells what they get together. */
interface Group {
  lines: readonly BundleLine[];
  /** What they get together, clicks. */
  clicks: number;
}

/**
 * The fairest flow: no line can get a larger share of its demand but from one with a smaller share (Megiddo, Mathematical
 * Programming 7, 1974). Found by decomposition (Fujishige, Mathematics of Operations Research 5, 1980): all of a group are
 * tried at their mean share. Whoever stays short is, with all around the full cells in its way, a group that gets what it
 * has now and less than the mean; the others are one that gets the rest and more; and who all get the mean have been found.
 * A trial goes on from the flow that was tried before: of it, only what is above the mean is given back.
 * @param flow in which none of the lines has anything, on edges without caps; it stays as it is
 */
export function scaleDown(flow: Flow, lines: readonly BundleLine[]): Flow {
  const current = copyFlow(flow);
  const asked = lines.reduce((sum, { clicks }) => sum + clicks, 0);
  // The last first: who gets more goes on while the cells of those who get less are full.
  const groups: Group[] = [{ lines, clicks: asked }];
  for (let group = groups.pop(); group; group = groups.pop()) {
    const weight = group.lines.reduce((sum, { clicks }) => sum + clicks, 0);
    const held = raise(current, group.lines, Math.min(1, group.clicks / weight));
    if (held.size === 0) continue;
    const less = group.lines.filter(({ line }) => held.has(line));
    const more = group.lines.filter(({ line }) => !held.has(line));
    const clicks = less.reduce((sum, { line }) => sum + routed(current, line), 0);
    // Who got all they asked are done, and so are those who can only share as they do.
    const isDone = group.clicks === asked && group.lines === lines;
    if (more.length > 0 || isDone) groups.push({ lines: less, clicks });
    if (more.length > 0 && !isDone) groups.push({ lines: more, clicks: group.clicks - clicks });
  }
  return current;
}

/** Brings all lines to a share as far as it goes; those that are held back by full cells, or are in them with one that is. */
function raise(flow: Flow, lines: readonly BundleLine[], share: number): ReadonlySet<number> {
  for (const { line, clicks } of lines) {
    const above = routed(flow, line) - share * clicks;
    if (above > ROUNDING * clicks) giveBack(flow, line, above);
  }
  const short = lines.filter(({ line, clicks }) => {
    const missing = share * clicks - routed(flow, line);
    return missing > 0 && route(flow, line, missing) < missing - ROUNDING * clicks;
  });
  const held = new Set<number>();
  for (const { line } of short) {
    if (held.has(line)) continue;
    held.add(line);
    for (const other of bottleneck(flow, line).lines) held.add(other);
  }
  return held;
}
