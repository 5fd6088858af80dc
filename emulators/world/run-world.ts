// Plays days of campaigns against the stack's public interfaces, in virtual time: publish what is booked, tick, wait for
// each market's plan, serve and report the interval; then some coarse ticks without traffic, until the last clicks are
// in. It touches no store and knows nothing of the functions but their topics and URLs.
import { setTimeout as pauseFor } from 'node:timers/promises';
import { type AdServer, createAdServer, groupName } from './ad-server.ts';
import { type Booked, createBookingCaller } from './booking-caller.ts';
import { drawBookingCalls } from './booking-calls.ts';
import { createBookingClient } from './booking-client.ts';
import { type Publish, type PublishedEvent, createBookingFlow } from './booking-flow.ts';
import { type BudgetCut, drawBookingPlan } from './booking-plan.ts';
import { type PulledPlan, createFunctionsClient } from './functions-client.ts';
import type { Fetch, Pause } from './patient-fetch.ts';
import { createPlanWait } from './plan-wait.ts';
import type { Population } from './population.ts';
import { type RequestLog, createRequestLog } from './request-log.ts';
import { type WorldSettings, type WorldSettingsInput, resolveWorldSettings } from './world-settings.ts';
import { type Tally, type WorldCounts, type WorldTotals, createTally } from './world-totals.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface WorldProgress extends WorldCounts {
  /** Virtual time reached. */
  atMs: number;
  /** Of the whole run, drain included; ends at 1. */
  share: number;
  phase: 'day' | 'drain';
}

/** What befalls a world. */
export interface Trouble {
  /** A market's servers reach no function for a time: they go on by the plan they have, and report afterwards. */
  cutOff?: { market: string; fromMs: number; untilMs: number };
  /** From an instant on a group neither serves nor reports. */
  silence?: { group: string; fromMs: number };
  /** The owners of a share of the campaigns cut their budgets to this part. */
  budgetCut?: BudgetCut;
}

export interface WorldDeps {
  population: Population;
  trouble?: Trouble;
  /** Where plan and report answer; without a slash at the end. */
  functionsUrl: string;
  publish: Publish;
  fetch: Fetch;
  /**
   * Sends the tick of this virtual time on its way and says which is the latest that is: a scheduler may miss one. The
   * world then waits for that tick's plans.
   */
  tick: (atMs: number) => Promise<number>;
  onProgress?: (progress: WorldProgress) => void;
  signal?: AbortSignal;
  /** Waits in real time; a test may make it instant. */
  pause?: Pause;
}

export interface WorldResult extends WorldTotals {
  /** Every event id the booking flow published, and how often. */
  published: PublishedEvent[];
  /** What it booked over HTTP. */
  booked: Booked[];
  /** Every request of each market. */
  requests: ReadonlyMap<string, RequestLog>;
  /** What the group that fell silent could still have spent. */
  silentMicros?: number;
}

/**
 * Runs a world from its first tick to its last. The same settings and population give the same bookings and the same
 * traffic, and with the same plans the same reports.
 * @throws InvalidWorldSettings, or an Error that names the market or report that did not come through
 */
export async function runWorld(input: WorldSettingsInput & WorldDeps): Promise<WorldResult> {
  const settings = resolveWorldSettings(input);
  const { population, publish, signal, trouble = {} } = input;
  const { budgetCut } = trouble;
  const plan = drawBookingPlan({ ...settings, population, ...(budgetCut ? { budgetCut } : {}) });
  const flow = createBookingFlow({ plan, publish });
  const calls = drawBookingCalls({ ...settings, population });
  const tally = createTally();
  const pause: Pause = input.pause ?? ((waitMs) => pauseFor(waitMs, undefined, signal ? { signal } : {}));
  const clientOf = (tenantId: string) => createBookingClient({ ...input, tenantId, pause });
  const caller = createBookingCaller({ calls, clientOf });
  const requests = new Map(population.markets.map((market) => [market, createRequestLog()]));
  const silent: { micros?: number } = {};
  const deps = { ...input, settings, pause, tally, trouble, silent };
  const markets = [...requests].map(([market, log]) => createMarketPlayer(market, { ...deps, log }));
  const steps = scheduleSteps(settings);

  for (const [index, step] of steps.entries()) {
    signal?.throwIfAborted();
    await caller.callDue(step.startAtMs);
    await flow.publishDue(step.startAtMs);
    const tickedAtMs = await input.tick(step.startAtMs);
    await Promise.all(markets.map((play) => play(step, tickedAtMs)));
    const share = (index + 1) / steps.length;
    input.onProgress?.({ atMs: step.endAtMs, share, phase: step.phase, ...tally.counts() });
  }
  const silentMicros = silent.micros === undefined ? {} : { silentMicros: silent.micros };
  return { ...tally.totals(), published: flow.published(), booked: caller.booked(), requests, ...silentMicros };
}

/** One tick and the stretch of time it opens. The last step is a tick that only folds: its stretch is empty. */
interface Step {
  startAtMs: number;
  endAtMs: number;
  phase: 'day' | 'drain';
}

function scheduleSteps({ startAtMs, days, tickIntervalMs, drainHours }: WorldSettings): Step[] {
  const endAtMs = startAtMs + days * DAY_MS;
  const ofDays = Array.from({ length: (endAtMs - startAtMs) / tickIntervalMs }, (_step, index): Step => {
    const fromMs = startAtMs + index * tickIntervalMs;
    return { startAtMs: fromMs, endAtMs: fromMs + tickIntervalMs, phase: 'day' };
  });
  const ofDrain = Array.from({ length: drainHours + 1 }, (_step, index): Step => {
    const fromMs = endAtMs + index * HOUR_MS;
    return { startAtMs: fromMs, endAtMs: index < drainHours ? fromMs + HOUR_MS : fromMs, phase: 'drain' };
  });
  return [...ofDays, ...ofDrain];
}

interface MarketDeps extends WorldDeps {
  settings: WorldSettings;
  trouble: Trouble;
  pause: Pause;
  tally: Tally;
  log: RequestLog;
  /** Where the group that falls silent leaves what it could still have spent. */
  silent: { micros?: number };
}

/** Returns a function that plays one step in one market: wait for the plan, then all groups at once. */
function createMarketPlayer(market: string, deps: MarketDeps): (step: Step, tickedAtMs: number) => Promise<void> {
  const { settings, population, pause, tally, trouble, silent } = deps;
  const groups = Array.from({ length: settings.groupsPerMarket }, (_group, index) => ({
    server: createGroup(market, index, deps),
    waitForPlan: createPlanWait({ market, pause, timeoutMs: settings.planTimeoutMs }),
    last: undefined as PulledPlan | undefined,
  }));
  const isSilent = (group: string, atMs: number) => trouble.silence?.group === group && atMs >= trouble.silence.fromMs;
  const isCutOff = (atMs: number) =>
    trouble.cutOff?.market === market && atMs >= trouble.cutOff.fromMs && atMs < trouble.cutOff.untilMs;

  return async ({ startAtMs, endAtMs, phase }, tickedAtMs) => {
    const slot = Math.floor(tickedAtMs / settings.tickIntervalMs);
    const isAlone = isCutOff(startAtMs);
    const pull = async (group: (typeof groups)[number]) => {
      const { last } = group;
      group.last = isAlone && last ? last : await group.waitForPlan(() => group.server.pullPlan(), slot);
      return group.last;
    };
    for (const { server } of groups) {
      if (isSilent(server.group, startAtMs)) silent.micros ??= server.openMicros(startAtMs);
    }
    const speaking = groups.filter(({ server }) => !isSilent(server.group, startAtMs));
    const [first] = speaking;
    if (!first) return;
    // The first group does the waiting; after it the others get the plan at once.
    const firstPlan = await pull(first);
    if (endAtMs === startAtMs) return;
    const traffic = phase === 'day' ? population.traffic(market, { startAtMs, endAtMs }, groups.length) : [];
    const counts = await Promise.all(
      speaking.map(async (group) => {
        const plan = group === first ? firstPlan : await pull(group);
        return group.server.playInterval({ startAtMs, endAtMs }, plan, traffic[groups.indexOf(group)] ?? [], isAlone);
      }),
    );
    for (const count of counts) tally.add(market, count);
  };
}

function createGroup(market: string, index: number, deps: MarketDeps): AdServer {
  const { settings, population, functionsUrl, fetch, pause, log } = deps;
  const group = groupName(market, index);
  return createAdServer({
    seed: settings.seed,
    market,
    group,
    client: createFunctionsClient({ functionsUrl, group, fetch, pause }),
    delays: { ...settings, bucketMs: settings.tickIntervalMs },
    cells: population.cells(market),
    clickFactor: settings.clickFactor,
    audience: population.audience(market, index, settings.groupsPerMarket),
    spotDemand: population.spotDemand(market),
    log,
    duplicateShare: settings.duplicateShare,
  });
}
