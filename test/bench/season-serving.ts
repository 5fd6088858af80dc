// What markets really deliver: each morning a plan, then visit by visit whoever may be shown it, clicks as they come. Nothing here
// knows of quotes.
import { drawBinomial } from '../../emulators/world/draws.ts';
import type { Random } from '../../emulators/world/random.ts';
import type { BookEntry, SupplyDay } from '../../shared/contracts/documents.ts';
import { DAY_MS, dayOf } from '../../shared/forecasting/traffic-clock.ts';
import { allocate } from '../../shared/planning/allocation.ts';
import { GUARANTEE_WORTH } from '../../shared/planning/guarantee-worth.ts';
import type { AllocationProblem } from '../../shared/planning/problem.ts';
import { modelMarket } from '../../shared/planning/market-model.ts';
import { servingShares } from '../../shared/planning/serving-shares.ts';
import type { CellClicks, DayVisits, MarketTruth } from './season-truth.ts';

/** A part of a campaign on its way. */
export interface Line {
  entry: BookEntry;
  /** As they are for it, by cell. */
  clicks: readonly CellClicks[];
  /** Exposures of each listener in its flight; 255 where the listener streams the release. */
  exposures: Uint8Array;
  reached: number;
  /** Of those it was drawn for last, the share that it might still be shown to. */
  eligibleShare: number;
  /** When the day began. */
  spentBeforeMicros: number;
  /** By the last plan, what it will spend of what is left. */
  plannedMicros: number;
  /** What the whole campaign has left: on the last day its parts share it. */
  purse: { leftMicros: number };
}

export function createLine(
  entry: BookEntry,
  { clicks, listeners, purse }: { clicks: readonly CellClicks[]; listeners: number; purse: Line['purse'] },
): Line {
  const exposures = new Uint8Array(listeners);
  return {
    entry,
    clicks,
    exposures,
    purse,
    reached: 0,
    eligibleShare: 1,
    spentBeforeMicros: 0,
    plannedMicros: Infinity,
  };
}

/** Of its own budget, and on the last day of what the others do not spend. */
function leftMicros({ entry, purse }: Line, atMs: number): number {
  return entry.endAtMs <= atMs + DAY_MS
    ? purse.leftMicros
    : Math.min(purse.leftMicros, entry.budgetMicros - entry.spentMicros);
}

const [GONE, LEAST_SHARE] = [255, 0.05];
/** Plans of a day. */
const STEPS = 8;

/** A line on one day. */
interface Today {
  line: Line;
  cap: number;
  capToday: number;
  shownToday: Uint8Array;
  /** Clicks that the day may bring. */
  target: number;
  got: number;
  drawn: number;
  able: number;
}

/**
 * One day of a market.
 * @param lines all that are booked and not over; only flying ones are served
 * @param supply as forecast this morning
 */
export function serveDay(
  truth: MarketTruth,
  lines: readonly Line[],
  supply: ReadonlyMap<string, SupplyDay>,
  { nowMs, visits, random }: { nowMs: number; visits: DayVisits; random: Random },
): void {
  leaveStreamers(truth, lines, { nowMs, random });
  const seen = withSeen(supply, nowMs, visits.counts);
  const shownToday = new Map(lines.map((line) => [line, new Uint8Array(line.exposures.length)]));
  for (let step = 0; step < STEPS; step++) {
    const open = lines.filter((line) => leftMicros(line, nowMs) > 0);
    const atMs = nowMs + (step * DAY_MS) / STEPS;
    const { offers, targets } = planDay(truth, open, seen, atMs);
    const flying = open.map((line, index) =>
      todayOf(line, targets[index] as number, shownToday.get(line) as Uint8Array, { atMs, random }),
    );
    const [from, to] = [step, step + 1].map((at) => Math.floor((at * visits.listener.length) / STEPS));
    for (let visit = from as number; visit < (to as number); visit++) {
      const { which, bounds } = offers[visits.cell[visit] as number] as Offers;
      if (which.length === 0) continue;
      const drawn = random();
      let at = 0;
      while (at < which.length && drawn >= (bounds[at] as number)) at += 1;
      const first = at < which.length ? at : Math.floor(random() * which.length);
      for (let turn = 0; turn < which.length; turn++) {
        const today = flying[which[(first + turn) % which.length] as number] as Today;
        if (show(today, visits.listener[visit] as number, visits.cell[visit] as number, random)) break;
      }
    }
    for (const { line, drawn, able } of flying) {
      if (drawn > 0) line.eligibleShare = Math.max(LEAST_SHARE, able / drawn);
    }
  }
  for (const line of lines) line.spentBeforeMicros = line.entry.spentMicros;
}

/** Whether it was shown to the listener. */
function show(today: Today, listener: number, cell: number, random: Random): boolean {
  const { line, cap, capToday, shownToday } = today;
  if (today.got >= today.target || line.purse.leftMicros <= 0) return false;
  const { entry, exposures } = line;
  const seen = exposures[listener] as number;
  today.drawn += 1;
  if (seen >= cap || (shownToday[listener] as number) >= capToday) return false;
  today.able += 1;
  if (seen === 0) line.reached += 1;
  if (seen < GONE - 1) exposures[listener] = seen + 1;
  shownToday[listener] = (shownToday[listener] as number) + 1;
  entry.impressions += 1;
  const { clickRate, conversionRate } = line.clicks[cell] as CellClicks;
  if (random() >= clickRate) return true;
  today.got += 1;
  entry.clicks += 1;
  const paidMicros = Math.min(line.purse.leftMicros, entry.clickPriceMicros);
  line.purse.leftMicros -= paidMicros;
  entry.spentMicros += paidMicros;
  entry.conversions += drawBinomial(random, 1, conversionRate);
  return true;
}

/** The lines that a cell's visits are drawn for, and the upper ends of their shares. */
interface Offers {
  which: number[];
  bounds: number[];
}

/** The shares of visits for the rest of the day, and each line's clicks by its end; what no line's share takes is offered to all. */
function planDay(truth: MarketTruth, open: readonly Line[], supply: ReadonlyMap<string, SupplyDay>, atMs: number) {
  const midnightMs = Math.floor(atMs / DAY_MS) * DAY_MS;
  const demands = open.map((line) => ({ ...line.entry, remainingMicros: openMicros(line, atMs) / line.eligibleShare }));
  const { problem, cuts } = modelMarket(demands, supply, atMs, ({ q50 }) => q50);
  const { lineStart, worth, edgeCell } = problem;
  open.forEach(({ entry }, line) => capDays(problem, line, entry, { cuts, cells: truth.cells.length }));
  open.forEach(({ entry }, line) => {
    const factor = entry.isAuctioned ? 1 : GUARANTEE_WORTH;
    for (let edge = lineStart[line] as number; edge < (lineStart[line + 1] as number); edge++) {
      worth[edge] = factor * (worth[edge] as number);
    }
  });
  const { y } = allocate(problem);
  const shares = servingShares(problem, y);
  const today = supply.get(dayOf(atMs)) as SupplyDay;
  const left = 1 - (atMs - midnightMs) / DAY_MS;
  const offers: Offers[] = truth.cells.map(() => ({ which: [], bounds: [] }));
  const targets = open.map((line, index) => {
    const { entry } = line;
    const edges = y.subarray(lineStart[index], lineStart[index + 1]);
    line.plannedMicros = edges.reduce((sum, units) => sum + units, 0) * line.eligibleShare * entry.clickPriceMicros;
    if (entry.startAtMs > atMs) return 0;
    let planned = 0;
    for (let edge = lineStart[index] as number; edge < (lineStart[index + 1] as number); edge++) {
      const cell = edgeCell[edge] as number;
      // What comes first begins now: a line is flying.
      if (cell >= truth.cells.length) continue;
      const { q50, clickPpm } = today.cells[cell] as SupplyDay['cells'][number];
      planned += ((y[edge] as number) / (problem.supply[cell] as number)) * ((left * q50 * clickPpm) / 1e6);
      const { which, bounds } = offers[cell] as Offers;
      which.push(index);
      bounds.push((bounds.at(-1) ?? 0) + (shares[edge] as number));
    }
    const isLastDay = entry.endAtMs <= midnightMs + DAY_MS;
    if (isLastDay) return Infinity;
    // What the caps of the days to come do not hold must be spent today.
    const later = Math.ceil((entry.endAtMs - midnightMs) / DAY_MS) - 1;
    const urgent = entry.budgetMicros - entry.spentMicros - (entry.dailyCapMicros ?? Infinity) * later;
    return Math.max(planned * line.eligibleShare, urgent / entry.clickPriceMicros);
  });
  return { offers, targets };
}

/** A daily cap is one of each cell, by its part of the supply. */
function capDays(
  { supply, lineStart, edgeCell, cap }: AllocationProblem,
  line: number,
  { dailyCapMicros, clickPriceMicros }: BookEntry,
  { cuts, cells }: { cuts: readonly number[]; cells: number },
): void {
  if (dailyCapMicros === undefined) return;
  const edges = Array.from(
    { length: (lineStart[line + 1] as number) - (lineStart[line] as number) },
    (_, at) => at + (lineStart[line] as number),
  );
  for (const [interval, own] of Map.groupBy(edges, (edge) => Math.floor((edgeCell[edge] as number) / cells))) {
    const days = Math.ceil(((cuts[interval + 1] as number) - (cuts[interval] as number)) / DAY_MS);
    const all = own.reduce((sum, edge) => sum + (supply[edgeCell[edge] as number] as number), 0);
    for (const edge of own) {
      cap[edge] = (days * dailyCapMicros * (supply[edgeCell[edge] as number] as number)) / all / clickPriceMicros;
    }
  }
}

/**
 * What is still to be spent: of the budget, and by the days that are left. Clicks come by chance: on the last day twice their
 * standard deviation more is asked for, as nothing can make up for them later.
 */
function openMicros(line: Line, atMs: number): number {
  const { entry, spentBeforeMicros } = line;
  const due = leftMicros(line, atMs);
  const left = entry.endAtMs <= atMs + DAY_MS ? due + 2 * Math.sqrt(due * entry.clickPriceMicros) : due;
  if (entry.dailyCapMicros === undefined) return left;
  const days = Math.ceil((entry.endAtMs - Math.max(atMs, entry.startAtMs)) / DAY_MS);
  const isFlying = entry.startAtMs <= atMs;
  const spentToday = isFlying ? entry.spentMicros - spentBeforeMicros : 0;
  return Math.min(left, entry.dailyCapMicros * days - spentToday);
}

/** A target that is no whole number is rounded by chance. The last click of a budget may cost more than is left. */
function todayOf(
  line: Line,
  target: number,
  shownToday: Uint8Array,
  { atMs, random }: { atMs: number; random: Random },
): Today {
  const { entry, spentBeforeMicros } = line;
  const price = entry.clickPriceMicros;
  const ofBudget = Math.ceil(leftMicros(line, atMs) / price);
  const capped = ((entry.dailyCapMicros ?? Infinity) - (entry.spentMicros - spentBeforeMicros)) / price;
  const ofDay = Math.floor(capped + random());
  return {
    line,
    cap: Math.min(GONE - 1, entry.releaseId === undefined ? (entry.perListenerFlight ?? Infinity) : 1),
    capToday: entry.perListenerDay ?? Infinity,
    shownToday,
    target: Math.max(0, Math.min(ofBudget, ofDay, Math.floor(target + random()))),
    got: 0,
    drawn: 0,
    able: 0,
  };
}

function leaveStreamers(
  { streamingHazard, listeners }: MarketTruth,
  lines: readonly Line[],
  { nowMs, random }: { nowMs: number; random: Random },
): void {
  for (const { entry, exposures } of lines) {
    if (entry.releaseId === undefined || entry.startAtMs > nowMs) continue;
    const leaving = drawBinomial(random, listeners, streamingHazard);
    for (let one = 0; one < leaving; one++) exposures[Math.floor(random() * listeners)] = GONE;
  }
}

/** Plans are made anew by the minute: by the end of a day they have seen it. */
function withSeen(
  supply: ReadonlyMap<string, SupplyDay>,
  nowMs: number,
  counts: Float64Array,
): ReadonlyMap<string, SupplyDay> {
  const name = dayOf(nowMs);
  const today = supply.get(name) as SupplyDay;
  const cells = today.cells.map((cell, index) => ({ ...cell, q50: counts[index] as number }));
  return new Map([...supply, [name, { ...today, cells }]]);
}
