// Turns what a group counted in one interval into delivery reports, as many as the contract's limits make necessary.
import type { ReportBodyWire } from '../../shared/contracts/events.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { drawInteger, drawLogNormal } from './draws.ts';
import type { LeaseClosing, SubcampaignKey } from './lease-book.ts';
import type { ListenerSample } from './listeners.ts';
import type { Cell, CellTraffic } from './population.ts';
import type { Random } from './random.ts';

/** Lines, and closings, of one report: the contract's limit. */
const MAX_LINES = 400;
/** Requests in a report's sample. */
const SAMPLE_SIZE = 8;

/** Impressions of one subcampaign in one hour, and the clicks on them that this report tells. */
export interface ReportLine extends SubcampaignKey {
  hourAtMs: number;
  impressions: number;
  clicks: number;
  conversions: number;
  chargedMicros: number;
}

/** What came of a cell's impressions of one hour in this interval. */
export interface CellResponse extends Cell {
  hourAtMs: number;
  impressions: number;
  clicks: number;
  conversions: number;
}

export interface ReportInput {
  market: string;
  group: string;
  interval: { startAtMs: number; endAtMs: number };
  lines: readonly ReportLine[];
  responses: readonly CellResponse[];
  traffic: readonly CellTraffic[];
  listener: (cell: Cell, random: Random) => ListenerSample;
  closings: readonly LeaseClosing[];
  random: Random;
}

/** At least one report; traffic and sample are in the first. Ids name group, interval and piece, so a retry keeps its id. */
export function writeReports(input: ReportInput): ReportBodyWire[] {
  const { market, group, interval, lines, traffic, closings } = input;
  const pieces = Math.max(1, Math.ceil(lines.length / MAX_LINES), Math.ceil(closings.length / MAX_LINES));
  return Array.from({ length: pieces }, (_report, piece) => {
    const start = piece * MAX_LINES;
    const isFirst = piece === 0;
    return {
      eventId: `report:${group}:${interval.startAtMs}:${piece}`,
      market,
      windowStartAt: formatInstant(interval.startAtMs),
      windowEndAt: formatInstant(interval.endAtMs),
      lines: lines.slice(start, start + MAX_LINES).map(({ hourAtMs, ...line }) => ({
        ...line,
        hourAt: formatInstant(hourAtMs),
      })),
      opportunities: isFirst ? traffic.map((cell) => ({ ...cell })) : [],
      sample: isFirst ? drawSample(input) : [],
      ...(isFirst && input.responses.length > 0
        ? { responses: input.responses.map(({ hourAtMs, ...one }) => ({ ...one, hourAt: formatInstant(hourAtMs) })) }
        : {}),
      closings: closings.slice(start, start + MAX_LINES),
    };
  });
}

/**
 * Different requests of the interval, each as likely as any other: what a reservoir over the single requests would
 * hold. The multiplier says how this listener responds against the cell's average; its mean is 1.
 */
export function drawSample({
  random,
  traffic,
  listener,
}: Pick<ReportInput, 'random' | 'traffic' | 'listener'>): ReportBodyWire['sample'] {
  const total = traffic.reduce((sum, cell) => sum + cell.opportunities, 0);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(SAMPLE_SIZE, total)) chosen.add(drawInteger(random, 0, total - 1));
  return [...chosen].flatMap((request) => {
    let passed = 0;
    const cell = traffic.find(({ opportunities }) => (passed += opportunities) > request);
    if (!cell) return [];
    const multiplier = drawLogNormal(random, Math.exp(-(MULTIPLIER_SIGMA ** 2) / 2), MULTIPLIER_SIGMA);
    const responseMultiplier = Math.min(1000, Math.round(multiplier * 1000) / 1000);
    const { segment, surface } = cell;
    return [{ segment, surface, responseMultiplier, listener: listener(cell, random) }];
  });
}

const MULTIPLIER_SIGMA = 0.6;
