// What each kind of event and request uses, played on a world that counts: a minute of reports and ticks as often as it takes
// to be usual, then campaigns, changes, quotes, bookings, plans and decisions.
import { encodeInstants, formatInstant } from '../../shared/contracts/instants.ts';
import { DAY_MS } from '../../shared/forecasting/traffic-clock.ts';
import { refs } from '../../shared/store/allocation-store.ts';
import { ledgerId } from '../../shared/store/ledger-key.ts';
import { WORLD_MARKETS, createCostWorld, type CostWorld, type DoorName, type PushName } from './cost-world.ts';
import type { Used } from './cost-meter.ts';
import { FIRST_TICK_AT_MS, MINUTE_MS, ORDER, createGroups } from './minute-traffic.ts';

export const KINDS = {
  'campaign created': 'campaign-created',
  'budget change': 'budget-changed',
  'status change': 'campaign-status-changed',
  'report door': 'report',
  'delivery report': 'delivery-reported',
  tick: 'delivery-tick',
  quote: 'quote',
  booking: 'booking',
  plan: 'plan',
  decision: 'decision',
} as const satisfies Record<string, PushName | DoorName>;
export type Kind = keyof typeof KINDS;

/** Minutes until leases are granted and renewed as they will be. */
const WARM_UP_MINUTES = 8;
const MINUTES = 4;
const COUNT = 12;

/** Of one event each, of a market's minute for a tick: played once for counts and once for time. */
export async function kindUses(): Promise<Record<Kind, Used>> {
  const counted = await playKinds(false);
  const timed = await playKinds(true);
  const merge = (kind: Kind): [Kind, Used] => {
    return [kind, { ...counted[kind], cpuMs: timed[kind].cpuMs }];
  };
  return Object.fromEntries((Object.keys(KINDS) as Kind[]).map(merge)) as Record<Kind, Used>;
}

async function playKinds(isTimed: boolean): Promise<Record<Kind, Used>> {
  const world = await createCostWorld(isTimed);
  const { meter } = world;
  const minutes = await playMinutes(world);
  const of = async (count: number, play: (index: number) => Promise<unknown>): Promise<Used> => {
    // The first ones fill caches and are compiled.
    for (let index = 0; index < count; index++) await play(index);
    meter.reset();
    for (let index = count; index < 2 * count; index++) await play(index);
    return each(meter.used(), count);
  };
  return {
    ...minutes,
    'campaign created': await of(COUNT, (index) => world.push('campaign-created', orderEvent(world, index))),
    'budget change': await of(COUNT, (index) => world.push('budget-changed', budgetEvent(world, index))),
    'status change': await of(COUNT, (index) => world.push('campaign-status-changed', statusEvent(world, index))),
    quote: await of(COUNT, (index) => world.ask('quote', { path: '/v1/quotes', ...json(quoteBody(world, index)) })),
    booking: await of(COUNT, (index) => book(world, index)),
    plan: await of(COUNT, (index) => world.ask('plan', planRequest(index))),
    decision: await of(50 * COUNT, (index) => world.ask('decision', decisionRequest(world, index))),
  };
}

/** Reports through the door and ticks, market by market, as the Scheduler and ad servers bring them. */
async function playMinutes(world: CostWorld): Promise<Record<'report door' | 'delivery report' | 'tick', Used>> {
  const { meter, now } = world;
  const groups = new Map(WORLD_MARKETS.map((name) => [name, createGroups(name)]));
  const filed = new Set<string>();
  let reports = 0;
  let ofDoor: Used | undefined;
  let ofReports: Used | undefined;
  let ofTicks: Used | undefined;
  for (let minute = 0; minute < WARM_UP_MINUTES + MINUTES; minute++) {
    now.atMs = FIRST_TICK_AT_MS + minute * MINUTE_MS;
    const events = [];
    for (const [name, own] of groups) {
      const [plan] = await meter.store.read([refs.plan(name)]);
      events.push(...own.reports(plan?.body, now.atMs));
    }
    meter.reset();
    filed.clear();
    for (const event of events) {
      filed.add(refs.ledger(ledgerId(event)).path);
      const { eventId, data } = encodeInstants(event) as { eventId: string; data: Record<string, unknown> };
      const { group: _stamped, ...body } = data;
      await world.ask('report', { path: '/v1/reports', ...json({ eventId, ...body }) });
    }
    const ofPosting = meter.used();
    meter.reset();
    for (const event of events) await world.push('delivery-reported', encodeInstants(event) as object, 'ours');
    const ofFiling = meter.used();
    meter.reset();
    await tickAll(world, now.atMs);
    if (minute < WARM_UP_MINUTES) continue;
    reports += events.length;
    // A report's entry is folded, and its rows are appended, by the tick.
    const folding = meter.share({ path: (path) => filed.has(path), table: (table) => table !== 'outcomes' });
    ofDoor = add(ofDoor, ofPosting);
    ofReports = add(ofReports, add(ofFiling, folding));
    ofTicks = add(ofTicks, without(meter.used(), folding));
  }
  const ticks = WORLD_MARKETS.length * MINUTES;
  return {
    'report door': each(ofDoor as Used, reports),
    'delivery report': each(ofReports as Used, reports),
    tick: each(ofTicks as Used, ticks),
  };
}

/** The scheduler's message, and those that it fans out to. */
async function tickAll(world: CostWorld, nowMs: number): Promise<void> {
  const { published } = world.meter;
  const before = published.length;
  const tick = { type: 'andante.delivery-tick.v1', source: 'scheduler', tenantId: 'andante' };
  await world.push('delivery-tick', { ...tick, scheduledFor: formatInstant(nowMs) });
  for (const { topic, message } of published.slice(before))
    if (topic === 'delivery-tick') await world.push('delivery-tick', message, 'ours');
}

function orderTerms(world: CostWorld, index: number) {
  const startAtMs = Math.ceil(world.now.atMs / DAY_MS) * DAY_MS;
  return {
    campaignId: `new-${index}`,
    currency: 'USD',
    budgetMicros: ORDER.budgetMicros,
    startAt: formatInstant(startAtMs),
    endAt: formatInstant(startAtMs + ORDER.flightDays * DAY_MS),
    objective: 'clicks',
  };
}

function part(index: number) {
  const market = WORLD_MARKETS[index % WORLD_MARKETS.length] as string;
  const segments = [['casual', 'fans', 'lapsed', 'new'][index % 4] as string];
  return { subcampaignId: 's1', market, segments, surfaces: ['home', 'search'], clickPriceMicros: 500_000 };
}

function envelope(world: CostWorld, name: PushName, eventId: string) {
  const occurredAt = formatInstant(world.now.atMs);
  return { type: `andante.${name}.v1`, eventId, source: 'booking', tenantId: 't1', occurredAt };
}

function orderEvent(world: CostWorld, index: number) {
  const data = { ...orderTerms(world, index), ifShort: 'refuse', subcampaigns: [part(index)] };
  return { ...envelope(world, 'campaign-created', `created-${index}`), data };
}

/** Every second one a raise. */
function budgetEvent(world: CostWorld, index: number) {
  const budgetMicros = Math.round(ORDER.budgetMicros * (index % 2 === 0 ? 1.1 : 0.9));
  const data = { campaignId: `new-${index}`, budgetMicros, budgetVersion: 1 };
  return { ...envelope(world, 'budget-changed', `budget-${index}`), data };
}

function statusEvent(world: CostWorld, index: number) {
  const data = { campaignId: `new-${index}`, status: 'paused', statusVersion: 1 };
  return { ...envelope(world, 'campaign-status-changed', `status-${index}`), data };
}

function json(body: object) {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function quoteBody(world: CostWorld, index: number) {
  const { campaignId: _none, ...terms } = orderTerms(world, index);
  const { subcampaignId: _name, ...asked } = part(index);
  return { ...terms, budgetMicros: terms.budgetMicros + index, subcampaigns: [asked] };
}

/** One campaign booked at once, with the event that it is created by. */
async function book(world: CostWorld, index: number): Promise<void> {
  const { published } = world.meter;
  const before = published.length;
  const campaign = { ...orderTerms(world, index), campaignId: `booked-${index}`, subcampaigns: [part(index)] };
  const request = json({ mode: 'all-or-nothing', campaigns: [campaign] });
  const headers = { ...request.headers, 'idempotency-key': `key-${index}` };
  await world.ask('booking', { path: '/v1/bookings', ...request, headers });
  for (const { topic, message } of published.slice(before))
    if (topic === 'campaign-created') await world.push('campaign-created', message, 'ours');
}

function planRequest(index: number) {
  const market = WORLD_MARKETS[index % WORLD_MARKETS.length] as string;
  return { method: 'GET', path: `/v1/markets/${market}/plan`, headers: { 'accept-encoding': 'gzip' } };
}

function decisionRequest(world: CostWorld, index: number) {
  const { market, segments } = part(index);
  const at = formatInstant(world.now.atMs);
  const listener = { id: `l${index}` };
  return {
    path: '/v1/decisions',
    ...json({ requestId: `q${index}`, market, segment: segments[0], surface: 'home', at, listener }),
  };
}

function add(before: Used | undefined, more: Partial<Used>): Used {
  return combine(before ?? (more as Used), (value, name) => (before === undefined ? value : value + (more[name] ?? 0)));
}

function without(all: Used, some: Partial<Used>): Used {
  return combine(all, (value, name) => value - (some[name] ?? 0));
}

function each(used: Used, count: number): Used {
  return combine(used, (value) => value / count);
}

function combine(used: Used, of: (value: number, name: keyof Used) => number): Used {
  const fields = Object.entries(used) as [keyof Used, number][];
  return Object.fromEntries(fields.map(([name, value]) => [name, of(value, name)])) as unknown as Used;
}
