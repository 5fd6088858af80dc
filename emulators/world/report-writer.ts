// Turns what a group counted in one interval into delivery reports, as many as the contract's limits make necessary.
import type { ReportBodyWire } from '../../shared/contracts/events.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import type { LeaseClosing, SubcampaignKey } from './lease-book.ts';
import type { Cell, CellTraffic } from './population.ts';

/** Lines, and closings, of one report: the contract's limit. */
const MAX_LINES = 400;

/** Impressions of one subcampaign in one hour, and the clicks on them that this report tells. */
export interface ReportLine extends SubcampaignKey {
  hourAtMs: number;
  impressions: number;
  clicks: number;
  conversions: number;
  chargedMicros: number;
  /** Impressions to a listener who had not seen it before. */
  reached: number;
  /** What the clicks cost. */
  clickMicros: number;
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
  sample: ReportBodyWire['sample'];
  closings: readonly LeaseClosing[];
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
      lines: lines.slice(start, start + MAX_LINES).map(wireLine),
      opportunities: isFirst ? traffic.map((cell) => ({ ...cell })) : [],
      sample: isFirst ? input.sample : [],
      ...(isFirst && input.responses.length > 0
        ? { responses: input.responses.map(({ hourAtMs, ...one }) => ({ ...one, hourAt: formatInstant(hourAtMs) })) }
        : {}),
      closings: closings.slice(start, start + MAX_LINES),
    };
  });
}

function wireLine(line: ReportLine): ReportBodyWire['lines'][number] {
  const { campaignId, subcampaignId, hourAtMs, impressions, clicks, conversions } = line;
  const { chargedMicros, clickMicros, reached } = line;
  const hourAt = formatInstant(hourAtMs);
  return { campaignId, subcampaignId, hourAt, impressions, clicks, conversions, chargedMicros, clickMicros, reached };
}
