// A plan laid out for deciding: for each cell its lines, for each line what eligibility and score need, in typed arrays.
// Compiled once per plan and group; a decision then allocates nothing but its result.
import type { Plan, PlanLine } from '../contracts/plan.ts';
import type { AuctionSettings } from '../contracts/serving.ts';
import { floorCpmMicros } from '../planning/floor-cpm.ts';
import { compileAdjustments, type BidAdjustments } from './bid-adjustments.ts';
import { drawKey } from './keyed-draw.ts';

export interface CompiledPlan {
  market: string;
  planVersion: number;
  /** The plan's hash, as it was handed in: what an explanation names. */
  planHash: string;
  validUntilAtMs: number;
  auction: AuctionSettings;
  adjustments: BidAdjustments;
  /** By segment, then surface: the cell. */
  cellOf: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Of each cell: expected clicks of a million impressions; floor, micros for a thousand. */
  cellClickPpm: Float64Array;
  cellFloorCpm: Float64Array;
  /** The lines of cell i, in the plan's order, are `cellLine[cellStart[i]]` up to and without `cellLine[cellStart[i + 1]]`. */
  cellStart: Uint32Array;
  cellLine: Uint32Array;
  lines: CompiledLines;
  /** Where a decision works. Nothing in it outlives a decision but the count of decisions. */
  scratch: Scratch;
}

/** Lines in the plan's order. */
export interface CompiledLines {
  /** The line itself, for its names. */
  source: readonly PlanLine[];
  startAtMs: Float64Array;
  endAtMs: Float64Array;
  /** Until when the group may spend on it: 0 without a lease. */
  spendUntilAtMs: Float64Array;
  /** What the group may charge to it in all: granted - returned, micros. */
  leaseMicros: Float64Array;
  clickPriceMicros: Float64Array;
  /** worth x (1 - price): net worth of a micro of expected cost. */
  kept: Float64Array;
  fallbackShare: Float64Array;
  /** Impressions that a listener may have, of a day and of the flight; Infinity: any number. */
  perListenerDay: Float64Array;
  perListenerFlight: Float64Array;
  /** Years; 0 without a least age. */
  minimumAge: Uint8Array;
  isFullScreen: Uint8Array;
  isExplicit: Uint8Array;
  /** Campaigns, artists and releases numbered; -1 where a line has none. */
  campaign: Int32Array;
  artist: Int32Array;
  release: Int32Array;
  /** The key of each line's draws. */
  drawLow: Int32Array;
  drawHigh: Int32Array;
  campaignOf: ReadonlyMap<string, number>;
  artistOf: ReadonlyMap<string, number>;
  releaseOf: ReadonlyMap<string, number>;
  /** Of each campaign: its first line; of each line: the next one of its campaign, -1 after the last. */
  firstOfCampaign: Int32Array;
  nextOfCampaign: Int32Array;
}

export interface Scratch {
  /** Decisions so far. What carries this number in the arrays below is so for the decision at hand. */
  decision: number;
  /** Of each line: its lease is spent, by the request; the listener was shown it as often as allowed. */
  spentIn: Float64Array;
  cappedIn: Float64Array;
  /** Of each artist and release: the listener was shown it already. */
  artistSeenIn: Float64Array;
  releaseSeenIn: Float64Array;
  /** Of each line of the request's cell, in its order: why it is excluded, its draw, its net worth in the first slot. */
  exclusion: Uint8Array;
  draw: Uint32Array;
  netWorth: Float64Array;
}

/**
 * @param plan one that the contract's validator passed
 * @param hash of the plan's body, as it is published
 * @param group of ad servers whose leases count; one that is unknown to the plan has none
 */
export function compilePlan(plan: Plan, hash: string, group: string): CompiledPlan {
  const cellOf = numberCells(plan.response);
  const { cellStart, cellLine } = linesByCell(plan, cellOf);
  const lines = compileLines(plan.lines, group);
  let longest = 0;
  for (let cell = 0; cell < plan.response.length; cell++) {
    longest = Math.max(longest, (cellStart[cell + 1] as number) - (cellStart[cell] as number));
  }
  return {
    market: plan.market,
    planVersion: plan.planVersion,
    planHash: hash,
    validUntilAtMs: plan.validUntilAtMs,
    auction: plan.auction,
    adjustments: compileAdjustments(plan.auction.adjustments),
    cellOf,
    cellClickPpm: Float64Array.from(plan.response, ({ clickPpm }) => clickPpm),
    cellFloorCpm: Float64Array.from(plan.response, (cell) => floorCpmMicros(plan.auction.floors, cell)),
    cellStart,
    cellLine,
    lines,
    scratch: {
      decision: 0,
      spentIn: new Float64Array(plan.lines.length),
      cappedIn: new Float64Array(plan.lines.length),
      artistSeenIn: new Float64Array(lines.artistOf.size),
      releaseSeenIn: new Float64Array(lines.releaseOf.size),
      exclusion: new Uint8Array(longest),
      draw: new Uint32Array(longest),
      netWorth: new Float64Array(longest),
    },
  };
}

/** The place of a line in the plan; -1 for one that it does not have. */
export function lineOf(
  { campaignOf, firstOfCampaign, nextOfCampaign, source }: CompiledLines,
  { campaignId, subcampaignId }: { campaignId: string; subcampaignId: string },
): number {
  const campaign = campaignOf.get(campaignId);
  if (campaign === undefined) return -1;
  let line = firstOfCampaign[campaign] as number;
  while (line >= 0 && source[line]?.subcampaignId !== subcampaignId) line = nextOfCampaign[line] as number;
  return line;
}

function numberCells(response: Plan['response']): Map<string, Map<string, number>> {
  const cellOf = new Map<string, Map<string, number>>();
  for (const [cell, { segment, surface }] of response.entries()) {
    const bySurface = cellOf.get(segment) ?? new Map<string, number>();
    if (!bySurface.has(surface)) bySurface.set(surface, cell);
    cellOf.set(segment, bySurface);
  }
  return cellOf;
}

function linesByCell({ lines, response }: Plan, cellOf: CompiledPlan['cellOf']) {
  const byCell = response.map((): number[] => []);
  for (const [line, { segments, surfaces }] of lines.entries()) {
    for (const segment of segments) {
      const bySurface = cellOf.get(segment);
      if (!bySurface) continue;
      for (const surface of surfaces) {
        const cell = byCell[bySurface.get(surface) ?? -1];
        // A segment that is named twice is one.
        if (cell && cell[cell.length - 1] !== line) cell.push(line);
      }
    }
  }
  const cellStart = new Uint32Array(response.length + 1);
  for (const [cell, { length }] of byCell.entries()) cellStart[cell + 1] = (cellStart[cell] as number) + length;
  return { cellStart, cellLine: Uint32Array.from(byCell.flat()) };
}

function compileLines(source: readonly PlanLine[], group: string): CompiledLines {
  const campaigns = numberNames(source.map(({ campaignId }) => campaignId));
  const artists = numberNames(source.map(({ artistId }) => artistId));
  const releases = numberNames(source.map(({ releaseId }) => releaseId));
  const open = source.map(({ leases }) => openLeases(leases, group));
  const keys = source.map(({ campaignId, subcampaignId }) => drawKey(`${campaignId}/${subcampaignId}`));
  const firstOfCampaign = new Int32Array(campaigns.of.size).fill(-1);
  const nextOfCampaign = new Int32Array(source.length).fill(-1);
  for (let line = source.length - 1; line >= 0; line--) {
    const campaign = campaigns.numbers[line] as number;
    nextOfCampaign[line] = firstOfCampaign[campaign] as number;
    firstOfCampaign[campaign] = line;
  }
  return {
    source,
    startAtMs: Float64Array.from(source, ({ startAtMs }) => startAtMs),
    endAtMs: Float64Array.from(source, ({ endAtMs }) => endAtMs),
    spendUntilAtMs: Float64Array.from(open, ({ spendUntilAtMs }) => spendUntilAtMs),
    leaseMicros: Float64Array.from(open, ({ leaseMicros }) => leaseMicros),
    clickPriceMicros: Float64Array.from(source, ({ clickPriceMicros }) => clickPriceMicros),
    kept: Float64Array.from(source, ({ worth, price }) => worth * (1 - price)),
    fallbackShare: Float64Array.from(source, ({ fallbackShare }) => fallbackShare),
    perListenerDay: Float64Array.from(source, ({ perListenerDay }) => perListenerDay ?? Infinity),
    perListenerFlight: Float64Array.from(source, ({ perListenerFlight }) => perListenerFlight ?? Infinity),
    minimumAge: Uint8Array.from(source, ({ minimumAge }) => minimumAge ?? 0),
    isFullScreen: Uint8Array.from(source, ({ isFullScreen }) => Number(isFullScreen ?? false)),
    isExplicit: Uint8Array.from(source, ({ isExplicit }) => Number(isExplicit ?? false)),
    campaign: campaigns.numbers,
    artist: artists.numbers,
    release: releases.numbers,
    drawLow: Int32Array.from(keys, ({ low }) => low),
    drawHigh: Int32Array.from(keys, ({ high }) => high),
    campaignOf: campaigns.of,
    artistOf: artists.of,
    releaseOf: releases.of,
    firstOfCampaign,
    nextOfCampaign,
  };
}

/** Names numbered in the order in which they come, and the number of each; -1 for none. */
function numberNames(names: readonly (string | undefined)[]): { of: Map<string, number>; numbers: Int32Array } {
  const of = new Map<string, number>();
  const numbers = Int32Array.from(names, (name) => {
    if (name === undefined) return -1;
    const number = of.get(name) ?? of.size;
    of.set(name, number);
    return number;
  });
  return { of, numbers };
}

function openLeases(leases: PlanLine['leases'], group: string): { spendUntilAtMs: number; leaseMicros: number } {
  let spendUntilAtMs = 0;
  let leaseMicros = 0;
  for (const lease of leases) {
    const openMicros = lease.grantedMicros - lease.returnedMicros;
    if (lease.group !== group || openMicros <= 0) continue;
    spendUntilAtMs = Math.max(spendUntilAtMs, lease.spendUntilAtMs);
    leaseMicros += openMicros;
  }
  return { spendUntilAtMs, leaseMicros };
}
