// One ad-server group of a market: pulls the plan, decides an interval's requests by it within its leases, and reports. While
// it is cut off from the functions it goes on by the plan it has, and keeps its reports.
import { compilePlan, type CompiledPlan } from '../../shared/auction/compile-plan.ts';
import type { ReportBodyWire } from '../../shared/contracts/events.ts';
import type { Plan } from '../../shared/contracts/plan.ts';
import type { Audience } from './audience.ts';
import { type ClickStream, type ResponseDelays, createClickStream } from './click-stream.ts';
import type { FunctionsClient, PulledPlan } from './functions-client.ts';
import { createLeaseBook } from './lease-book.ts';
import type { Cell, CellTraffic, TrueCell } from './population.ts';
import { type Random, createRandom } from './random.ts';
import { type CellResponse, type ReportLine, writeReports } from './report-writer.ts';
import type { RequestLog } from './request-log.ts';
import { type ServedInterval, nothingServed, serveRequests } from './serve-requests.ts';
import type { SpotDemand } from './spot-demand.ts';

export interface AdServerDeps {
  seed: number;
  market: string;
  /** Who it is to the functions: `SE-a`. */
  group: string;
  client: FunctionsClient;
  delays: ResponseDelays;
  /** In the order of the traffic. */
  cells: readonly TrueCell[];
  /** What clicks there truly are beside what was to be expected. */
  clickFactor: number;
  audience: Audience;
  spotDemand: SpotDemand;
  log: RequestLog;
  /** The share of reports it sends twice, to show that duplicates are absorbed. */
  duplicateShare: number;
}

/** A stretch of time within one hour (or, without traffic, of any length). */
export interface Interval {
  startAtMs: number;
  endAtMs: number;
}

/** What one interval came to, as the group counted it. */
export interface IntervalCount extends Pick<ServedInterval, 'spot' | 'awards'> {
  opportunities: number;
  lines: (ReportLine & { expectedMicros: number })[];
  reports: number;
  /** Reports that were kept from an earlier interval. */
  lateReports: number;
  duplicates: number;
  retries: number;
  closings: number;
}

export interface AdServer {
  group: string;
  pullPlan(): Promise<PulledPlan | undefined>;
  /**
   * Serves and reports one interval under a plan; returns when every report is accepted. Cut off, it sends nothing: what it
   * counted goes out with the next interval in which it is not.
   */
  playInterval(
    interval: Interval,
    plan: PulledPlan,
    traffic: readonly CellTraffic[],
    isCutOff?: boolean,
  ): Promise<IntervalCount>;
  /** What it could still spend from now on without asking anybody. */
  openMicros(nowMs: number): number;
}

/** A group with no leases yet. */
export function createAdServer(deps: AdServerDeps): AdServer {
  const leases = createLeaseBook(deps.group);
  const clicks = createClickStream(deps.delays);
  const kept: ReportBodyWire[] = [];
  let compiled: { plan: Plan; plans: CompiledPlan } | undefined;

  return {
    group: deps.group,
    pullPlan: () => deps.client.pullPlan(deps.market),
    openMicros: (nowMs) => leases.openMicros(nowMs),
    async playInterval(interval, { plan, hash }, traffic, isCutOff = false) {
      const random = createRandom(deps.seed, 'serve', deps.group, interval.startAtMs);
      const isCurrent = leases.adopt(plan);
      if (isCurrent && compiled?.plan !== plan) compiled = { plan, plans: compilePlan(plan, hash, deps.group) };
      const served =
        isCurrent && compiled
          ? serveRequests({ ...deps, interval, plan, compiled: compiled.plans, traffic, random, leases, clicks })
          : nothingServed();
      const arrived = clicks.take(interval.endAtMs);
      const lines = mergeLines(served.lines, arrived);
      const responses = mergeResponses(served.shown, arrived);
      const closings = isCutOff ? [] : leases.takeClosings(interval.endAtMs);
      const { market, group } = deps;
      const { sample, spot, awards } = served;
      const reports = writeReports({ market, group, interval, lines, responses, traffic, closings, sample });
      const lateReports = isCutOff ? 0 : kept.length;
      kept.push(...reports);
      const due = isCutOff ? [] : kept.splice(0);
      const sent = await send(due, createRandom(deps.seed, 'send', group, interval.startAtMs), deps);
      if (!isCutOff) leases.confirmReported();
      const opportunities = traffic.reduce((sum, cell) => sum + cell.opportunities, 0);
      const count = { opportunities, lines, spot, awards, reports: reports.length, lateReports };
      return { ...count, closings: closings.length, ...sent };
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

/** One line per subcampaign and hour of impression. */
function mergeLines(served: ServedInterval['lines'], arrived: ReturnType<ClickStream['take']>): IntervalCount['lines'] {
  const merged = new Map<string, IntervalCount['lines'][number]>();
  const none = { impressions: 0, chargedMicros: 0, reached: 0, expectedMicros: 0 };
  const late = arrived.map(({ segment: _segment, surface: _surface, ...arrival }) => ({ ...arrival, ...none }));
  for (const line of [...served, ...late]) {
    const key = `${line.campaignId}/${line.subcampaignId}/${line.hourAtMs}`;
    const known = merged.get(key);
    if (!known) {
      merged.set(key, { ...line });
      continue;
    }
    for (const name of SUMMED) known[name] += line[name];
  }
  return [...merged.values()];
}

/** What lines are counted by. */
export const SUMMED = [
  'impressions',
  'clicks',
  'conversions',
  'chargedMicros',
  'clickMicros',
  'reached',
  'expectedMicros',
] as const;

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
