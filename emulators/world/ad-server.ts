// One ad-server group of a market: pulls the plan, serves an interval's opportunities within its leases, and reports.
// It decides alone, by the plan's shares: one uniform draw per opportunity over the cumulative shares of the
// cell's eligible lines, and no winner means the house's own ad. The draws of a cell are made together (multinomial).
import { servingShare } from '../../shared/auction/serving-share.ts';
import type { ReportBodyWire } from '../../shared/contracts/events.ts';
import type { Plan } from '../../shared/contracts/plan.ts';
import { type ClickStream, type ResponseDelays, createClickStream } from './click-stream.ts';
import { drawBinomial, drawInteger } from './draws.ts';
import type { FunctionsClient } from './functions-client.ts';
import { type LeaseBook, createLeaseBook, impressionCostMillionths } from './lease-book.ts';
import type { Cell, CellTraffic } from './population.ts';
import { type Random, createRandom } from './random.ts';
import type { ListenerSample } from './listeners.ts';
import { type CellResponse, type ReportLine, writeReports } from './report-writer.ts';

const HOUR_MS = 3_600_000;

export interface AdServerDeps {
  seed: number;
  market: string;
  /** Who it is to the functions: `SE-a`. */
  group: string;
  client: FunctionsClient;
  delays: ResponseDelays;
  /** True clicks per impression. */
  clickRate: (cell: Cell) => number;
  /** What the listener of a request in this cell did lately. */
  listener: (cell: Cell, random: Random) => ListenerSample;
  /** The share of reports it sends twice, to show that duplicates are absorbed. */
  duplicateShare: number;
}

/** A stretch of time within one hour (or, without traffic, of any length). */
export interface Interval {
  startAtMs: number;
  endAtMs: number;
}

/** What one interval came to, as the group counted it. */
export interface IntervalCount {
  opportunities: number;
  lines: ReportLine[];
  reports: number;
  duplicates: number;
  retries: number;
  closings: number;
}

export interface AdServer {
  group: string;
  pullPlan(): Promise<Plan | undefined>;
  /** Serves and reports one interval under a plan; returns when every report is accepted. */
  playInterval(interval: Interval, plan: Plan, traffic: readonly CellTraffic[]): Promise<IntervalCount>;
}

/** A group with no leases yet. */
export function createAdServer(deps: AdServerDeps): AdServer {
  const leases = createLeaseBook(deps.group);
  const clicks = createClickStream(deps.delays);

  return {
    group: deps.group,
    pullPlan: () => deps.client.pullPlan(deps.market),
    async playInterval(interval, plan, traffic) {
      const random = createRandom(deps.seed, 'serve', deps.group, interval.startAtMs);
      const isCurrent = leases.adopt(plan);
      const served = isCurrent ? serve({ ...deps, interval, plan, traffic, random, leases, clicks }) : [];
      const arrived = clicks.take(interval.endAtMs);
      const lines = mergeLines(served, arrived);
      const responses = mergeResponses(served, arrived);
      const closings = leases.takeClosings(interval.endAtMs);
      const { market, group, listener } = deps;
      const report = { market, group, interval, lines, responses, traffic, closings, random, listener };
      const reports = writeReports(report);
      const sent = await send(reports, createRandom(deps.seed, 'send', group, interval.startAtMs), deps);
      leases.confirmReported();
      const opportunities = traffic.reduce((sum, cell) => sum + cell.opportunities, 0);
      return { opportunities, lines, reports: reports.length, closings: closings.length, ...sent };
    },
  };
}

async function send(reports: ReportBodyWire[], random: Random, { client, duplicateShare }: AdServerDeps) {
  let duplicates = 0;
  let retries = 0;
  for (const report of reports) {
    const times = random() < duplicateShare ? 2 : 1;
    for (let copy = 0; copy < times; copy += 1) retries += await client.postReport(report);
    duplicates += times - 1;
  }
  return { duplicates, retries };
}

interface Serving extends AdServerDeps {
  interval: Interval;
  plan: Plan;
  traffic: readonly CellTraffic[];
  random: Random;
  leases: LeaseBook;
  clicks: ClickStream;
}

/** Impressions of one subcampaign in one cell. */
interface CellLine extends ReportLine, Cell {}

/** Lines of impressions, one per subcampaign and cell. */
function serve(serving: Serving): CellLine[] {
  const { traffic, random } = serving;
  // Cells share a line's lease; starting at a drawn cell keeps any one of them from always being served first.
  const first = drawInteger(random, 0, Math.max(0, traffic.length - 1));
  return [...traffic.slice(first), ...traffic.slice(0, first)].flatMap((cell) => serveCell(serving, cell));
}

function serveCell(serving: Serving, cell: CellTraffic): CellLine[] {
  const { plan, interval, random, leases, clicks } = serving;
  const place = plan.response.findIndex((known) => known.segment === cell.segment && known.surface === cell.surface);
  const response = plan.response[place];
  if (!response || cell.opportunities === 0) return [];
  const hourAtMs = interval.startAtMs - (interval.startAtMs % HOUR_MS);
  const { segment, surface } = cell;
  const lines: CellLine[] = [];
  let left = cell.opportunities;
  let shareLeft = 1;
  for (const line of plan.lines) {
    const share = servingShare(plan, line, place, { ...interval, spendUntilAtMs: leases.spendUntilAtMs(line) });
    if (share <= 0) continue;
    const won = drawBinomial(random, left, share / shareLeft);
    left -= won;
    shareLeft = Math.max(Number.EPSILON, shareLeft - share);
    const cost = impressionCostMillionths(line.clickPriceMicros, response.clickPpm);
    const spent = leases.spend(line, won, cost);
    if (spent.impressions === 0) continue;
    const { campaignId, subcampaignId } = line;
    lines.push({ campaignId, subcampaignId, segment, surface, hourAtMs, clicks: 0, conversions: 0, ...spent });
    const { impressions } = spent;
    const clickRate = serving.clickRate(cell);
    const of = { campaignId, subcampaignId, segment, surface };
    clicks.add(random, { ...of, ...interval, hourAtMs, impressions, clickRate });
  }
  return lines;
}

/** One line per subcampaign and hour of impression. */
function mergeLines(served: CellLine[], arrived: ReturnType<ClickStream['take']>): ReportLine[] {
  const merged = new Map<string, ReportLine>();
  const late = arrived.map((arrival) => ({ ...arrival, impressions: 0, chargedMicros: 0 }));
  for (const { segment: _segment, surface: _surface, ...line } of [...served, ...late]) {
    const key = `${line.campaignId}/${line.subcampaignId}/${line.hourAtMs}`;
    const known = merged.get(key);
    if (!known) {
      merged.set(key, { ...line });
      continue;
    }
    known.impressions += line.impressions;
    known.clicks += line.clicks;
    known.conversions += line.conversions;
    known.chargedMicros += line.chargedMicros;
  }
  return [...merged.values()];
}

/** How listeners responded in each cell, whoever's ad it was. */
export function mergeResponses(
  served: readonly (Cell & { hourAtMs: number; impressions: number })[],
  arrived: ReturnType<ClickStream['take']>,
): CellResponse[] {
  const merged = new Map<string, CellResponse>();
  const shown = served.map((line) => ({ ...line, clicks: 0, conversions: 0 }));
  for (const line of [...shown, ...arrived.map((arrival) => ({ ...arrival, impressions: 0 }))]) {
    const { segment, surface, hourAtMs } = line;
    const key = `${segment}/${surface}/${hourAtMs}`;
    const known = merged.get(key) ?? { segment, surface, hourAtMs, impressions: 0, clicks: 0, conversions: 0 };
    merged.set(key, known);
    known.impressions += line.impressions;
    known.clicks += line.clicks;
    known.conversions += line.conversions;
  }
  return [...merged.values()];
}

/** The name of a market's nth ad-server group: `SE-a`, `SE-b`. */
export function groupName(market: string, index: number): string {
  return `${market}-${String.fromCharCode(97 + index)}`;
}
