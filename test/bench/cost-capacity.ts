// How much one project takes, stage by stage: functions by their instances and the processor time that was measured, Google's
// services by their quotas. What takes least binds. Nothing here was loaded to its limit: it is arithmetic on measured parts.
import { MAX_PAGES } from '../../shared/contracts/documents.ts';
import { MAX_PAGE_ENTRIES } from '../../shared/contracts/outcomes.ts';
import { MAX_PIECES, MAX_REPORTS, MAX_REPORT_BYTES } from '../../shared/store/persist-tick.ts';
import type { Topology } from '../../terraform/topology.ts';
import { KINDS, type Kind } from './cost-kinds.ts';
import type { Used } from './cost-meter.ts';
import { UTILISATION, vcpuMs } from './cost-price.ts';

interface Quota {
  limit: number;
  unit: string;
  /** What to do when it binds. */
  raise: string;
  source: string;
}

/** Google's, in a large region, as they are without asking; looked up with the prices. */
export const quotas = {
  firestoreWrites: {
    limit: 10_000,
    unit: 'documents a second, as a plan',
    raise: 'there is no fixed limit: grow from 500 a second by half every five minutes',
    source: 'cloud.google.com/firestore/docs/best-practices',
  },
  documentWrites: {
    limit: 1,
    unit: 'writes of one document a second, sustained',
    raise: 'cannot be: a market is its own shard, and one that outgrows its document is split by segments',
    source: 'cloud.google.com/firestore/quotas',
  },
  pubsubPush: {
    limit: 140e6,
    unit: 'bytes a second of all push subscriptions in a region',
    raise: 'quota "push subscriber throughput", on request',
    source: 'cloud.google.com/pubsub/quotas',
  },
  pubsubPublish: {
    limit: 4e9,
    unit: 'bytes a second in a region',
    raise: 'quota "publisher throughput", on request',
    source: 'cloud.google.com/pubsub/quotas',
  },
  bigqueryBytes: {
    limit: 300e6,
    unit: 'bytes a second of insertAll in a region (1e9 in the multi-regions US and EU)',
    raise: 'quota "tabledata.insertAll bytes", on request; or the Storage Write API behind the same port',
    source: 'cloud.google.com/bigquery/quotas',
  },
  loggedBytes: {
    limit: 4.8e9 / 60,
    unit: 'bytes a second written to Cloud Logging in a large region',
    raise: 'on request; or exclude the request log and sample lines of decisions',
    source: 'cloud.google.com/logging/quotas',
  },
} as const satisfies Record<string, Quota>;

export interface Stage {
  name: string;
  perSecond: number;
  raise: string;
}

export interface Flow {
  name: string;
  /** The one that binds first. */
  stages: Stage[];
}

export type Uses = Readonly<Record<Kind, Used>>;

/** Flows and what binds them, by the topology's instances. */
export function flowsOf(topology: Topology, uses: Uses): Flow[] {
  const instances = (kind: Kind): Stage => instancesStage(topology, KINDS[kind], uses[kind]);
  const report = uses['delivery report'];
  const reportBytes = uses['report door'].messageBytes / 2;
  return [
    flow('delivery reports', [
      instances('report door'),
      instances('delivery report'),
      quota('pubsubPublish', reportBytes),
      quota('pubsubPush', reportBytes),
      quota('firestoreWrites', report.writes),
      quota('bigqueryBytes', report.streamedBytes),
      quota('loggedBytes', report.logBytes + uses['report door'].logBytes),
    ]),
    flow('delivery reports of one market', [foldStage(reportBytes)]),
    flow('ticks of markets of a thousand', [
      instances('tick'),
      quota('firestoreWrites', uses.tick.writes),
      quota('bigqueryBytes', uses.tick.streamedBytes),
    ]),
    flow('campaigns created', [
      instances('campaign created'),
      quota('firestoreWrites', uses['campaign created'].writes),
    ]),
    // A booking and the campaign that it brings each raise the market's version; a tick does once a minute.
    flow('bookings of one market, sustained', [quota('documentWrites', 2)]),
    flow('bookings', [instances('booking'), quota('firestoreWrites', uses.booking.writes)]),
    flow('quotes', [instances('quote'), quota('loggedBytes', uses.quote.logBytes)]),
    flow('plans', [instances('plan')]),
    flow('decisions, one a request', [instances('decision'), quota('loggedBytes', uses.decision.logBytes)]),
  ];
}

function flow(name: string, stages: Stage[]): Flow {
  return { name, stages: stages.sort((a, b) => a.perSecond - b.perSecond) };
}

function instancesStage(topology: Topology, name: string, used: Used): Stage {
  const own = topology.functions[name];
  if (!own) throw new Error(`topology.json has no function ${name}`);
  // A concurrency above one needs a whole vCPU; a process runs on one.
  const perInstance = (1000 * UTILISATION * used.requests) / vcpuMs(used);
  return {
    name: `${name}: ${own.maxInstances} instances`,
    perSecond: (perInstance * own.maxInstances) / used.requests,
    raise: 'maxInstances in topology.json, up to the region’s quota of instances and vCPU',
  };
}

function quota(name: keyof typeof quotas, each: number): Stage {
  const { limit, raise } = quotas[name];
  return { name, perSecond: limit / each, raise };
}

/** One market is folded by one tick at a time, in pieces of a transaction each. */
function foldStage(reportBytes: number): Stage {
  const perPiece = Math.min(MAX_REPORTS, Math.max(1, Math.floor(MAX_REPORT_BYTES / reportBytes)));
  return {
    name: `fold: ${MAX_PIECES} pieces of ${perPiece} reports a tick`,
    perSecond: (MAX_PIECES * perPiece) / 60,
    raise: 'fewer and larger reports: each names up to 400 lines; or a market of its own',
  };
}

/** Live subcampaigns that a market has room for. */
export const MARKET_ROOM = MAX_PAGES * MAX_PAGE_ENTRIES;
