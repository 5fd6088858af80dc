// The two ad-server groups of a loop market: they decide each request by the plan and their own leases, as it ships, draw
// late clicks, and say in reports what they saw and did.
import { createClickStream } from '../../emulators/world/click-stream.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import { compilePlan, type CompiledPlan } from '../../shared/auction/compile-plan.ts';
import { decideOpportunity } from '../../shared/auction/decide-opportunity.ts';
import { CLICK_WINDOW_MS } from '../../shared/campaign/book-page.ts';
import type { Award, DecisionRequest } from '../../shared/contracts/decision.ts';
import type { StoredPlan } from '../../shared/contracts/documents.ts';
import type { DeliveryReported } from '../../shared/contracts/events.ts';
import { decodeInstants } from '../../shared/contracts/instants.ts';
import type { Plan, PlanWire } from '../../shared/contracts/plan.ts';
import { normalCdf } from '../../shared/forecasting/normal-cdf.ts';
import { HOUR_MS } from '../../shared/forecasting/traffic-clock.ts';
import { createLoopLeases, type LoopLeases } from './loop-leases.ts';
import { CLICK_DELAY_SIGMA, GROUPS, REQUEST_IMPRESSIONS, type LoopMarket } from './loop-world.ts';

const MAX_LINES = 400;
/** Requests in the sample of a report. */
const SAMPLED = 20;

type ReportLine = DeliveryReported['data']['lines'][number];

/** What was served of a line, or told of it. */
export interface LineTotals {
  impressions: number;
  clicks: number;
  conversions: number;
  chargedMicros: number;
}

export interface LoopServers {
  /** Serves the requests of an interval by the newest plan, and writes what is to be reported of it. */
  play(stored: StoredPlan | undefined, interval: Interval): DeliveryReported[];
  /** Of each line, in the market's order: expected money of what was served, micros. */
  expectedMicros: Float64Array;
  /** Money of the offers of spot demand that were taken, micros. */
  spotMicros: () => number;
  /** Of each line: what the reports so far tell. */
  reported: LineTotals[];
}

export interface Interval {
  startAtMs: number;
  endAtMs: number;
}

export function createLoopServers(market: LoopMarket): LoopServers {
  const lineOf = new Map(market.entries.map(({ campaignId }, line) => [campaignId, line]));
  const expectedMicros = new Float64Array(market.entries.length);
  const reported = market.entries.map(() => ({ impressions: 0, clicks: 0, conversions: 0, chargedMicros: 0 }));
  let spotMicros = 0;
  let next = 0;
  const served: Served = {
    line(campaignId, micros) {
      const line = lineOf.get(campaignId) as number;
      expectedMicros[line] = (expectedMicros[line] as number) + micros;
    },
    spot: (micros) => (spotMicros += micros),
  };
  const groups = GROUPS.map((group) => createGroup(market, group, served));

  return {
    expectedMicros,
    spotMicros: () => spotMicros,
    reported,
    play(stored, interval) {
      const { atMs, group } = market.requests;
      const plan = stored && decodeInstants(JSON.parse(stored.body) as PlanWire);
      const first = next;
      while (next < atMs.length && (atMs[next] as number) < interval.endAtMs) next++;
      const reports = groups.flatMap((server, which) => {
        const own: number[] = [];
        for (let request = first; request < next; request++) if (group[request] === which) own.push(request);
        return server.play(plan, stored?.hash ?? '', own, interval);
      });
      for (const { data } of reports) {
        for (const line of data.lines) addTo(reported[lineOf.get(line.campaignId) as number] as LineTotals, line);
      }
      return reports;
    },
  };
}

interface Served {
  line(campaignId: string, micros: number): void;
  spot(micros: number): void;
}

function createGroup(market: LoopMarket, group: string, served: Served) {
  // Click rates are those of clicks within their window; the stream also draws later ones, which nobody tells.
  const inWindow = normalCdf(Math.log(CLICK_WINDOW_MS / market.clickDelayMedianMs) / CLICK_DELAY_SIGMA);
  const random = createRandom(market.seed, 'loop group', market.market, group);
  const leases = createLoopLeases(group);
  const clicks = createClickStream({
    bucketMs: 60_000,
    clickDelayMedianMs: market.clickDelayMedianMs,
    conversionDelayMedianMs: HOUR_MS,
    conversionRate: 0.05,
    attributionWindowMs: CLICK_WINDOW_MS,
  });
  return {
    play(plan: Plan | undefined, hash: string, requests: readonly number[], interval: Interval): DeliveryReported[] {
      if (plan) leases.adopt(plan);
      const shown = plan ? serve(market, compilePlan(plan, hash, group), { requests, leases, served }) : [];
      const hourAtMs = Math.floor(interval.startAtMs / HOUR_MS) * HOUR_MS;
      for (const { campaignId, impressions, expectedClicks } of shown) {
        const about = { campaignId, subcampaignId: 's1', segment: '', surface: '', ...interval, hourAtMs };
        clicks.add(random, { ...about, impressions, clickRate: expectedClicks / impressions / inWindow });
      }
      const lines = mergeLines([
        ...shown.map(({ campaignId, impressions, chargedMicros }) => ({
          ...{ campaignId, subcampaignId: 's1', hourAtMs, clicks: 0, conversions: 0 },
          ...{ impressions, chargedMicros },
        })),
        ...clicks.take(interval.endAtMs).map(({ campaignId, subcampaignId, hourAtMs, clicks, conversions }) => ({
          ...{ campaignId, subcampaignId, hourAtMs, clicks, conversions },
          ...{ impressions: 0, chargedMicros: 0 },
        })),
      ]);
      const closings = leases.takeClosings(interval.endAtMs);
      const seen = { opportunities: countCells(market, requests), sample: drawSample(market, requests, random) };
      const pieces = Math.max(1, Math.ceil(Math.max(lines.length, closings.length) / MAX_LINES));
      return Array.from({ length: pieces }, (_, piece): DeliveryReported => {
        const [from, to] = [piece * MAX_LINES, (piece + 1) * MAX_LINES];
        return {
          type: 'andante.delivery-reported.v1',
          eventId: `${market.market}:${group}:${interval.startAtMs}:${piece}`,
          source: group,
          tenantId: 'andante',
          occurredAtMs: interval.endAtMs,
          data: {
            market: market.market,
            group,
            windowStartAtMs: interval.startAtMs,
            windowEndAtMs: interval.endAtMs,
            lines: lines.slice(from, to),
            ...(piece === 0 ? seen : { opportunities: [], sample: [] }),
            closings: closings.slice(from, to),
          },
        };
      });
    },
  };
}

interface Shown {
  campaignId: string;
  impressions: number;
  chargedMicros: number;
  expectedClicks: number;
}

interface Serving {
  requests: readonly number[];
  leases: LoopLeases;
  served: Served;
}

/** Decides each request, and anew for what is left of it where a lease is used up on the way. */
function serve(market: LoopMarket, plan: CompiledPlan, { requests, leases, served }: Serving): Shown[] {
  const { clickRate } = market.world;
  const { cell, multiplier, offerCpmMicros } = market.requests;
  const shown = new Map<string, Shown>();
  for (const at of requests) {
    const request = requestOf(market, at);
    const expectedClicks = (clickRate[cell[at] as number] as number) * (multiplier[at] as number);
    for (let left = REQUEST_IMPRESSIONS; left > 0;) {
      const award = decideOpportunity(plan, request, leases.isSpent()).awards[0] as Award;
      if (award.campaignId === undefined) {
        if (award.offerId !== undefined) served.spot((left * (offerCpmMicros[at] as number)) / 1000);
        break;
      }
      const [line, chargeMicros] = [award as Required<Award>, award.chargeMicros as number];
      const impressions = leases.charge(line, left, chargeMicros);
      left -= impressions;
      if (impressions === 0) continue;
      const clicks = impressions * expectedClicks;
      served.line(award.campaignId, clicks * (award.clickPriceMicros as number));
      const known = shown.get(award.campaignId) ?? {
        ...{ campaignId: award.campaignId, impressions: 0, chargedMicros: 0, expectedClicks: 0 },
      };
      known.impressions += impressions;
      known.chargedMicros += impressions * chargeMicros;
      known.expectedClicks += clicks;
      shown.set(award.campaignId, known);
    }
  }
  return [...shown.values()];
}

function requestOf({ market, seed, supply, requests }: LoopMarket, at: number): DecisionRequest {
  const { segment, surface } = cellOf(supply, requests.cell[at] as number);
  return {
    requestId: `r${at}`,
    market,
    segment,
    surface,
    atMs: requests.atMs[at] as number,
    listener: {
      id: `${seed}.${market}.${requests.listener[at] as number}`,
      responseMultiplier: requests.multiplier[at] as number,
    },
    offers: [{ offerId: 'spot', buyer: 'spot', cpmMicros: requests.offerCpmMicros[at] as number }],
  };
}

function cellOf(supply: LoopMarket['supply'], cell: number) {
  return supply[0]?.cells[cell] as LoopMarket['supply'][number]['cells'][number];
}

/** One line per subcampaign and hour of impression. */
function mergeLines(lines: readonly ReportLine[]): ReportLine[] {
  const merged = new Map<string, ReportLine>();
  for (const line of lines) {
    const key = `${line.campaignId}/${line.hourAtMs}`;
    const known = merged.get(key);
    if (known) addTo(known, line);
    else merged.set(key, { ...line });
  }
  return [...merged.values()];
}

function addTo(totals: LineTotals, line: LineTotals): void {
  totals.impressions += line.impressions;
  totals.clicks += line.clicks;
  totals.conversions += line.conversions;
  totals.chargedMicros += line.chargedMicros;
}

function countCells({ supply, requests }: LoopMarket, own: readonly number[]) {
  const counts = new Map<number, number>();
  for (const at of own) {
    const cell = requests.cell[at] as number;
    counts.set(cell, (counts.get(cell) ?? 0) + REQUEST_IMPRESSIONS);
  }
  return [...counts].map(([cell, opportunities]) => {
    const { segment, surface } = cellOf(supply, cell);
    return { segment, surface, opportunities };
  });
}

/** Different requests, each as likely as any other: Vitter's reservoir (1985, algorithm R). */
function drawSample({ supply, requests }: LoopMarket, own: readonly number[], random: Random) {
  const kept = own.slice(0, SAMPLED);
  for (let index = SAMPLED; index < own.length; index++) {
    const place = Math.floor(random() * (index + 1));
    if (place < SAMPLED) kept[place] = own[index] as number;
  }
  return kept.map((at) => {
    const { segment, surface } = cellOf(supply, requests.cell[at] as number);
    const responseMultiplier = requests.multiplier[at] as number;
    return { segment, surface, responseMultiplier, offerCpmMicros: requests.offerCpmMicros[at] as number };
  });
}
