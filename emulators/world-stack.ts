// Joins the world to a stack: seeds the forecast it is sold on, plays its bookings and ticks through Pub/Sub, and watches
// every plan that is served.
import { PubSub } from '@google-cloud/pubsub';
import type { PlanWire } from '../shared/contracts/plan.ts';
import { persistSupply } from '../shared/store/persist-supply.ts';
import type { AllocationStore } from '../shared/store/allocation-store.ts';
import { createVirtualScheduler, type TickFaults } from './scheduler.ts';
import type { Stack } from './stack.ts';
import { builtInProfiles, firstMarkets } from './world/market-profile.ts';
import { createPopulation, daysOf, type Population } from './world/population.ts';
import { createRandom } from './world/random.ts';
import { runWorld, type WorldProgress, type WorldResult } from './world/run-world.ts';
import { type Scenario, troubleOf } from './world/scenarios.ts';
import { readTrafficFile } from './world/traffic-file.ts';
import { worldDefaults } from './world/world-settings.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** @throws Error naming the file and line of traffic that cannot be read, or how many markets there are */
export async function openPopulation(options: {
  seed: number;
  markets: number;
  traffic: string | undefined;
  /** When the world begins. */
  startAtMs: number;
  scenario: Scenario;
}): Promise<Population> {
  const { seed, markets, traffic, startAtMs, scenario } = options;
  const { surge } = scenario;
  const profiles =
    traffic === undefined ? builtInProfiles(markets) : firstMarkets(await readTrafficFile(traffic), markets);
  if (!surge) return createPopulation({ seed, profiles });
  const fromMs = startAtMs + surge.fromHour * HOUR_MS;
  const surged = { startAtMs: fromMs, endAtMs: fromMs + surge.hours * HOUR_MS, factor: surge.factor };
  return createPopulation({ seed, profiles, surge: surged });
}

/** Writes what the population is expected to do as the markets' supply. */
export async function seedSupply(
  store: AllocationStore,
  population: Population,
  startAtMs: number,
  endAtMs: number,
): Promise<void> {
  const days = daysOf(startAtMs, endAtMs);
  for (const market of population.markets) {
    // A transaction takes 400 documents; 31 days of a flight are far from it.
    await persistSupply(
      store,
      market,
      days.map((day) => population.expectedSupply(market, day)),
    );
  }
}

export interface PlayOptions {
  seed: number;
  startAtMs: number;
  campaigns: number;
  days: number;
  tickIntervalMs: number;
  tickFaults: Pick<TickFaults, 'doubledShare' | 'lateShare' | 'missingShare'>;
  scenario: Scenario;
  /** Called before every tick: what is to be noticed of the supply that is sold on. */
  look: () => Promise<void>;
  onProgress: (progress: WorldProgress) => void;
  signal: AbortSignal;
}

export interface PlayResult extends WorldResult {
  /** Virtual time of the last tick. */
  reachedAtMs: number;
  /** Slots for which the scheduler published a tick, and those of them that it published twice. */
  ticks: number;
  doubledTicks: number;
  /** True clicks beside what the forecast was learnt from. */
  clickFactor: number;
  /** Plans whose fallback shares over some cell added up to more than the cell (invariant 5). */
  overfullPlans: string[];
}

/** Plays the world against the stack's public interfaces. */
export async function playWorld(stack: Stack, population: Population, options: PlayOptions): Promise<PlayResult> {
  const { tickIntervalMs, seed, startAtMs, tickFaults, scenario } = options;
  const pubsub = new PubSub({ projectId: stack.projectId, apiEndpoint: stack.pubsubHost, emulatorMode: true });
  const publish = async (topic: string, data: string, attributes: Record<string, string>) =>
    void (await pubsub
      .topic(topic, { batching: { maxMilliseconds: 2 } })
      .publishMessage({ data: Buffer.from(data), attributes }));
  const sent = new Map<string, number>();
  const publishTick = async (topic: string, body: Record<string, unknown>) => {
    const key = `${topic} ${String(body['scheduledFor'])}`;
    sent.set(key, (sent.get(key) ?? 0) + 1);
    await publish(topic, JSON.stringify(body), { type: String(body['type']), tenantId: String(body['tenantId']) });
  };
  const endAtMs = startAtMs + options.days * DAY_MS;
  const { schedules } = stack.topology;
  const ofDays = createVirtualScheduler(
    {
      schedules: inTicksOf(schedules, tickIntervalMs),
      faults: { ...tickFaults, lateByMs: tickIntervalMs },
      random: createRandom(seed, 'ticks'),
      publish: publishTick,
    },
    startAtMs,
  );
  // After the last day nothing is served: an hour is a tick.
  const ofDrain = createVirtualScheduler({ schedules: inTicksOf(schedules, HOUR_MS), publish: publishTick }, endAtMs);
  const overfullPlans = new Set<string>();
  let reachedAtMs = startAtMs;
  try {
    const result = await runWorld({
      ...options,
      ...scenario.settings,
      trouble: troubleOf(scenario, startAtMs, population.markets[0] ?? ''),
      population,
      functionsUrl: stack.functionsUrl,
      publish,
      fetch: watchPlans(overfullPlans),
      tick: async (atMs) => {
        reachedAtMs = atMs;
        await options.look();
        return (await (atMs < endAtMs ? ofDays : ofDrain).advanceTo(atMs)).get('delivery-tick') ?? atMs;
      },
    });
    const ticks = [...sent].filter(([key]) => key.startsWith('delivery-tick'));
    const doubledTicks = ticks.filter(([, count]) => count > 1).length;
    const { clickFactor = worldDefaults.clickFactor } = scenario.settings ?? {};
    const counted = { reachedAtMs, ticks: ticks.length, doubledTicks, clickFactor };
    return { ...result, ...counted, overfullPlans: [...overfullPlans] };
  } finally {
    await pubsub.close();
  }
}

/** Publishes every schedule once more, for a time after the world's end. */
export async function nudge(stack: Stack, atMs: number): Promise<void> {
  const pubsub = new PubSub({ projectId: stack.projectId, apiEndpoint: stack.pubsubHost, emulatorMode: true });
  try {
    for (const { topic, body } of Object.values(stack.topology.schedules)) {
      const json = { ...body, scheduledFor: new Date(atMs).toISOString() };
      await pubsub.topic(topic).publishMessage({ json });
    }
  } finally {
    await pubsub.close();
  }
}

/**
 * The world's minute is its tick: what the cloud does every minute it does every tick, what every few minutes once an hour,
 * and what a few times a day as the cloud does. What compares stores that rest has nothing to do while they do not.
 */
export function inTicksOf(
  schedules: Stack['topology']['schedules'],
  tickIntervalMs: number,
): Stack['topology']['schedules'] {
  const minutes = tickIntervalMs / 60_000;
  const cronOf = (name: string, cron: string) => {
    if (name === 'supply-refresh') return cron;
    return name === 'delivery-tick' && minutes < 60 ? `*/${minutes} * * * *` : '0 * * * *';
  };
  return Object.fromEntries(
    Object.entries(schedules)
      .filter(([name]) => name !== 'reconcile')
      .map(([name, schedule]) => [name, { ...schedule, cron: cronOf(name, schedule.cron) }]),
  );
}

/** A fetch that reads every plan that passes and notes those that promise more of a cell than there is. */
function watchPlans(overfull: Set<string>): typeof globalThis.fetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (response.status === 200 && /\/v1\/markets\/[^/]+\/plan$/.test(url instanceof Request ? url.url : String(url))) {
      const plan = (await response.clone().json()) as PlanWire;
      if (plan.response.some((cell) => fallbackLoad(plan, cell) > 1))
        overfull.add(`${plan.market} ${plan.planVersion}`);
    }
    return response;
  };
}

/** What a plan gives away of a cell where it is stale. */
function fallbackLoad({ lines }: PlanWire, { segment, surface }: PlanWire['response'][number]): number {
  return lines
    .filter((line) => line.segments.includes(segment) && line.surfaces.includes(surface))
    .reduce((sum, { fallbackShare }) => sum + fallbackShare, 0);
}

/** The days that a stack without traffic is given supply for: from yesterday, as long as a flight can be. */
export function idleDays(nowMs: number): { startAtMs: number; endAtMs: number } {
  const todayAtMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return { startAtMs: todayAtMs - DAY_MS, endAtMs: todayAtMs + 32 * DAY_MS };
}
