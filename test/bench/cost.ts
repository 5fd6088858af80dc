// What a deployment costs at list prices and how much it takes, from what the functions' own handlers read, write, publish,
// append, log, answer and compute in markets of a thousand subcampaigns. Bars are on what is counted, as regressions: a tenth
// above what it is. What rests on processor time has none, for it is this machine's.
import { readTopology, type Topology } from '../../terraform/topology.ts';
import { MARKET_ROOM, flowsOf, quotas, type Flow, type Uses } from './cost-capacity.ts';
import { KINDS, kindUses, type Kind } from './cost-kinds.ts';
import type { Used } from './cost-meter.ts';
import {
  UTILISATION,
  VCPU_FACTOR,
  billOf,
  countedUsd,
  idleUsdPerMonth,
  totalUsd,
  vcpuMs,
  type Bill,
} from './cost-price.ts';
import { MARKET_SUBCAMPAIGNS, WORLD_MARKETS } from './cost-world.ts';
import { formatNumber, type BenchResult, type Figure } from './figure.ts';
import { PRICES_OF } from './list-prices.ts';

const MILLION = 1e6;
const MINUTES_PER_MONTH = 30.4 * 1440;
/** Reports of a market each minute: two groups, three of at most 400 lines from each. */
const EXAMPLE = { markets: 10, reportsPerMinute: 6, campaignsPerMonth: 40_000, quotesPerCampaign: 20 };

/** Counted dollars a million that it may not rise above: a write, a larger document or a row more would. */
const COUNTED_BARS: Record<Kind, number> = {
  'campaign created': 12.4,
  'budget change': 9.5,
  'status change': 8.6,
  'report door': 8.9,
  'delivery report': 43,
  tick: 51,
  quote: 1.31,
  booking: 28.5,
  plan: 3.4,
  decision: 0.93,
};

export async function run(): Promise<BenchResult> {
  console.error('two markets of 1,000 subcampaigns, played twice: for counts and for time');
  const [topology, uses] = [await readTopology(), await kindUses()];
  const kinds = Object.keys(KINDS) as Kind[];
  const bills = Object.fromEntries(
    kinds.map((kind) => [kind, billOf(uses[kind], topology.functions[KINDS[kind]]?.memoryMb ?? 512)]),
  ) as Record<Kind, Bill>;
  const flows = flowsOf(topology, uses);
  const idle = idleUsdPerMonth(topology);
  const figures = [
    ...kinds.flatMap((kind) => kindFigures(kind, uses[kind], bills[kind])),
    ...minuteFigures(bills, uses),
    { name: 'minimum instances that nobody calls', measured: idle.instances, unit: 'USD a month' },
    { name: 'Scheduler jobs', measured: idle.jobs, unit: 'USD a month' },
    ...exampleFigures(bills, idle.instances + idle.jobs),
    ...flows.flatMap(flowFigures),
    ...roomFigures(flows),
  ];
  return { figures, notes: [notes(topology), quotaNotes(flows)], fields: fieldsOf(bills, flows) };
}

function perMillion(usd: number): number {
  return usd * MILLION;
}

function kindFigures(kind: Kind, used: Used, bill: Bill): Figure[] {
  const counts = (
    [
      ['reads', used.reads, 'documents'],
      ['writes', used.writes, 'documents'],
      ['rows', used.rows, 'rows'],
      ['processor time', vcpuMs(used), 'vCPU ms'],
    ] as const
  ).map(([name, measured, unit]) => ({ name: `${kind}: ${name}`, measured, unit }));
  const parts = (Object.entries(bill) as [keyof Bill, number][])
    .filter(([, usd]) => usd > 0)
    .map(([name, usd]) => ({ name: `a million, ${kind}: ${name}`, measured: perMillion(usd), unit: 'USD' }));
  const bar = { atMost: COUNTED_BARS[kind] };
  return [
    ...counts,
    ...parts,
    { name: `a million, ${kind}: all but functions`, measured: perMillion(countedUsd(bill)), unit: 'USD', bar },
    { name: `a million, ${kind}`, measured: perMillion(totalUsd(bill)), unit: 'USD' },
  ];
}

/** A minute of a market: its tick, and the reports that it folds. */
function minuteFigures(bills: Record<Kind, Bill>, uses: Uses): Figure[] {
  const perMinute = totalUsd(bills.tick) / MARKET_SUBCAMPAIGNS;
  const reported = (EXAMPLE.reportsPerMinute * reportUsd(bills)) / MARKET_SUBCAMPAIGNS;
  return [
    { name: 'a million subcampaign-minutes: ticks', measured: perMillion(perMinute), unit: 'USD' },
    { name: 'a million subcampaign-minutes: reports', measured: perMillion(reported), unit: 'USD' },
    { name: 'a million subcampaign-minutes', measured: perMillion(perMinute + reported), unit: 'USD' },
    { name: 'bytes of a report', measured: uses['report door'].messageBytes / 2, unit: 'bytes' },
  ];
}

function reportUsd(bills: Record<Kind, Bill>): number {
  return totalUsd(bills['report door']) + totalUsd(bills['delivery report']);
}

function exampleFigures(bills: Record<Kind, Bill>, idleUsd: number): Figure[] {
  const { markets, reportsPerMinute, campaignsPerMonth, quotesPerCampaign } = EXAMPLE;
  const usd =
    idleUsd +
    markets * MINUTES_PER_MONTH * (totalUsd(bills.tick) + reportsPerMinute * reportUsd(bills)) +
    campaignsPerMonth * (totalUsd(bills.booking) + quotesPerCampaign * totalUsd(bills.quote));
  const name = `${markets} markets of 1,000, ${campaignsPerMonth} bookings a month`;
  return [{ name, measured: usd, unit: 'USD a month' }];
}

function flowFigures({ name, stages }: Flow): Figure[] {
  const [first] = stages;
  return first ? [{ name: `${name}: ${first.name}`, measured: first.perSecond, unit: 'a second' }] : [];
}

function roomFigures(flows: readonly Flow[]): Figure[] {
  const ticks = flows.find(({ name }) => name.startsWith('ticks'))?.stages[0]?.perSecond ?? NaN;
  const markets = Math.floor(ticks * 60);
  return [
    { name: 'markets of 1,000 that are ticked each minute', measured: markets, unit: 'markets' },
    { name: 'subcampaigns in them', measured: markets * MARKET_SUBCAMPAIGNS, unit: 'subcampaigns' },
    { name: 'room of one market', measured: MARKET_ROOM, unit: 'subcampaigns' },
  ];
}

/** Numbers that a program finds by name: dollars a million, and what binds first a second. */
function fieldsOf(bills: Record<Kind, Bill>, flows: readonly Flow[]): Record<string, number> {
  const name = (text: string, end: string) =>
    `${text.replaceAll(/[^a-z]+([a-z0-9])/gi, (_, next: string) => next.toUpperCase())}${end}`;
  return {
    ...Object.fromEntries(
      Object.entries(bills).map(([kind, bill]) => [name(kind, 'UsdPerMillion'), perMillion(totalUsd(bill))]),
    ),
    ...Object.fromEntries(flows.map((one) => [name(one.name, 'PerSecond'), one.stages[0]?.perSecond ?? NaN])),
  };
}

function notes(topology: Topology): string {
  const waiting = Object.values(topology.functions).filter(({ minInstances }) => minInstances > 0).length;
  return [
    `List prices of ${PRICES_OF.region}, ${PRICES_OF.readOn} (test/bench/list-prices.ts), without free tiers.`,
    `Functions: one vCPU each, this machine's processor time times ${VCPU_FACTOR}, clients' calls added (test/bench/cost-meter.ts), instances ${100 * UTILISATION}% busy;`,
    `an event that comes alone is billed 100 ms. ${waiting} functions keep an instance. Ledger entries stay 90 days, those of ticks 7; rows a year.`,
    `Versions for point-in-time recovery are the most that they can be: each write the last of its minute. ${WORLD_MARKETS.length} markets.`,
    `A booking is one campaign, booked at once and created. The month has ${EXAMPLE.reportsPerMinute} reports a market and minute, ${EXAMPLE.quotesPerCampaign} quotes a booking.`,
  ].join('\n');
}

function quotaNotes(flows: readonly Flow[]): string {
  const lines = flows.flatMap(({ name, stages }) =>
    stages.map(
      (stage, index) => `${index === 0 ? name : ''}\t${stage.name}\t${formatNumber(stage.perSecond)} a second`,
    ),
  );
  const raises = Object.entries(quotas).map(([name, { limit, unit, raise }]) => `${name}: ${limit} ${unit}; ${raise}`);
  return [...lines, '', ...raises].join('\n');
}
