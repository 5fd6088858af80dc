// Every function behind the framework's own server, over memory ports, with a trace of what each request wrote,
// published and logged: so that it can be said of one request among many in flight that it changed nothing.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AddressInfo } from 'node:net';
import type { HttpFunction } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { createBudgetChangedHandler } from '../../functions/budget-changed/handler.ts';
import { createCampaignCreatedHandler } from '../../functions/campaign-created/handler.ts';
import { createCampaignStatusChangedHandler } from '../../functions/campaign-status-changed/handler.ts';
import { createDecisionHandler } from '../../functions/decision/handler.ts';
import { createDeliveryReportedHandler } from '../../functions/delivery-reported/handler.ts';
import { createDeliveryTickHandler } from '../../functions/delivery-tick/handler.ts';
import { createOutcomeDrainHandler } from '../../functions/outcome-drain/handler.ts';
import { createPlanHandler } from '../../functions/plan/handler.ts';
import { createReconcileHandler } from '../../functions/reconcile/handler.ts';
import { createReportHandler } from '../../functions/report/handler.ts';
import { createSupplyRefreshHandler } from '../../functions/supply-refresh/handler.ts';
import { createMemoryBus, type MemoryBus } from '../../shared/bus/memory-bus.ts';
import type { MessageName } from '../../shared/contracts/decode-message.ts';
import { createMemoryCalibration } from '../../shared/outcomes/memory-calibration.ts';
import { createMemoryLog, type MemoryLog } from '../../shared/outcomes/memory-log.ts';
import { createMemoryReader } from '../../shared/outcomes/memory-reader.ts';
import { parseConfig } from '../../shared/runtime/config.ts';
import { createReceiver, type Handler } from '../../shared/runtime/delivery.ts';
import { createHttpFunction } from '../../shared/runtime/http.ts';
import { createGroupAuthenticator, createTenantAuthenticator } from '../../shared/runtime/identity.ts';
import type { LogFields } from '../../shared/contracts/log-line.ts';
import type { Log } from '../../shared/runtime/log.ts';
import { createPushFunction } from '../../shared/runtime/push.ts';
import { serve } from '../../shared/runtime/serve.ts';
import { refs, type AllocationStore, type Ref } from '../../shared/store/allocation-store.ts';
import { persistCampaignEvent } from '../../shared/store/persist-campaign-event.ts';
import { decideUnquoted } from '../support/decide-unquoted.ts';
import { campaignCreated } from '../support/events.ts';
import { START_MS, TICK_MS } from '../support/instants.ts';
import { seededStore } from '../support/stores.ts';
import { noFeatures } from '../support/no-features.ts';
import { storedPlan } from '../support/plans.ts';
import { apiFunctions } from './api-functions.ts';
import { STANDING, apiDoors, type ApiDoor } from './api-requests.ts';

export const pushDoors: readonly MessageName[] = [
  'campaign-created',
  'budget-changed',
  'campaign-status-changed',
  'delivery-reported',
  'delivery-tick',
  'outcome-drain',
  'reconcile',
  'supply-refresh',
];
export type Door = MessageName | 'plan' | 'report' | 'decision' | ApiDoor;
export const doors: readonly Door[] = [...pushDoors, 'plan', 'report', 'decision', ...apiDoors];

/** The markets that have supply. */
export const MARKETS = ['SE', 'NO'];

/** What one request did. */
export interface Trace {
  /** Documents written, and quarantine documents that were there already. */
  writes: Ref[];
  published: number;
  lines: { severity: 'info' | 'warn' | 'error' | 'critical'; message: string; fields: LogFields }[];
}

export interface World {
  store: AllocationStore;
  bus: MemoryBus;
  outcomes: MemoryLog;
  /** What is reconciled: in the store itself others are always in the middle of something. */
  quiet: AllocationStore;
}

export interface Doors {
  ports: Readonly<Record<Door, number>>;
  world: World;
  /** What the request with this `x-case` did so far. */
  traceOf(id: string): Trace | undefined;
  /** A new world behind the same doors, without traces. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

/** Opens every door on a port of its own. */
export async function openDoors(): Promise<Doors> {
  const traces = new Map<string, Trace>();
  const current = new AsyncLocalStorage<Trace>();
  let world = await newWorld();
  let functions = functionsOf(world, current);
  const ports = {} as Record<Door, number>;
  const servers = await Promise.all(
    doors.map(async (door) => {
      serve(`hostile-${door}`, () => (request, response): unknown => {
        const trace: Trace = { writes: [], published: 0, lines: [] };
        traces.set(String(request.headers['x-case']), trace);
        return current.run(trace, () => functions[door](request, response) as unknown);
      });
      const server = getTestServer(`hostile-${door}`);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      ports[door] = (server.address() as AddressInfo).port;
      return server;
    }),
  );
  return {
    ports,
    get world() {
      return world;
    },
    traceOf: (id) => traces.get(id),
    async renew() {
      traces.clear();
      world = await newWorld();
      functions = functionsOf(world, current);
    },
    async close() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function newWorld(): Promise<World> {
  const store = await seededStore({ markets: MARKETS, days: 3 });
  const quiet = await seededStore({ markets: MARKETS, days: 3 });
  // Ticks replace them; until then there is something to decide by.
  await store.transact(async (transaction) => {
    for (const market of MARKETS) transaction.set(refs.plan(market), storedPlan({ market }));
  });
  await persistCampaignEvent(
    store,
    campaignCreated({ campaignId: STANDING, budgetMicros: 1_000_000 }),
    START_MS,
    decideUnquoted,
  );
  return { store, bus: createMemoryBus(), outcomes: createMemoryLog(), quiet };
}

function functionsOf(world: World, current: AsyncLocalStorage<Trace>): Record<Door, HttpFunction> {
  const log = tracedLog(current);
  const store = tracedStore(world.store, current);
  const bus = {
    publish: async (...args: Parameters<MemoryBus['publish']>) => {
      const trace = current.getStore();
      if (trace) trace.published++;
      return world.bus.publish(...args);
    },
  };
  const time = { clock: () => START_MS, tickIntervalMs: TICK_MS, virtualTime: false };
  const deps = { store, bus, outcomes: world.outcomes, log, ...time };
  const nothing = { rows: [] };
  const quiet = {
    store: world.quiet,
    reader: createMemoryReader(nothing),
    calibration: createMemoryCalibration(nothing),
    sleep: async () => undefined,
  };
  const push = <N extends MessageName>(name: N, handle: Handler<N>) =>
    createPushFunction(name, createReceiver(name, handle, deps), deps);
  // Plans are read again now and then.
  let decisions = 0;
  const passing = { clock: () => START_MS + 10_000 * decisions++ };
  return {
    'campaign-created': push('campaign-created', createCampaignCreatedHandler(deps)),
    'budget-changed': push('budget-changed', createBudgetChangedHandler(deps)),
    'campaign-status-changed': push('campaign-status-changed', createCampaignStatusChangedHandler(deps)),
    'delivery-reported': push('delivery-reported', createDeliveryReportedHandler(deps)),
    'delivery-tick': push('delivery-tick', createDeliveryTickHandler(deps)),
    'outcome-drain': push('outcome-drain', createOutcomeDrainHandler(deps)),
    reconcile: push('reconcile', createReconcileHandler({ ...deps, ...quiet })),
    'supply-refresh': push('supply-refresh', createSupplyRefreshHandler({ ...deps, features: noFeatures })),
    plan: createHttpFunction('plan', createPlanHandler({ ...deps, authenticateGroup }), deps),
    report: createHttpFunction('report', createReportHandler({ ...deps, authenticateGroup }), deps),
    ...apiFunctions({ ...deps, authenticateTenant, passing: passing.clock }),
    decision: createHttpFunction('decision', createDecisionHandler({ ...deps, ...passing, authenticateGroup }), deps),
  };
}

const config = parseConfig({
  GOOGLE_CLOUD_PROJECT: 'demo-andante',
  BIGQUERY_DATASET: 'andante',
  FIRESTORE_EMULATOR_HOST: 'localhost:1',
  PUBSUB_EMULATOR_HOST: 'localhost:1',
  BIGQUERY_EMULATOR_HOST: 'http://localhost:1',
});
const authenticateGroup = createGroupAuthenticator(config);
const authenticateTenant = createTenantAuthenticator(config);

function tracedStore(store: AllocationStore, current: AsyncLocalStorage<Trace>): AllocationStore {
  const note = (refs: readonly Ref[]) => current.getStore()?.writes.push(...refs);
  return {
    ...store,
    async transact(body) {
      let written: Ref[] = [];
      const result = await store.transact((transaction) => {
        written = [];
        return body({
          ...transaction,
          set: (ref, document) => {
            written.push(ref);
            transaction.set(ref, document);
          },
          create: (ref, document) => {
            written.push(ref);
            transaction.create(ref, document);
          },
          delete: (ref) => {
            written.push(ref);
            transaction.delete(ref);
          },
        });
      });
      note(written);
      return result;
    },
    async create(ref, document) {
      const isNew = await store.create(ref, document);
      // A refusal that came before has its document.
      if (isNew || ref.kind === 'quarantine') note([ref]);
      return isNew;
    },
    markDrained(refs, expireAtMs) {
      note(refs);
      return store.markDrained(refs, expireAtMs);
    },
  };
}

function tracedLog(current: AsyncLocalStorage<Trace>): Log {
  const write =
    (severity: Trace['lines'][number]['severity']) =>
    (message: string, fields: LogFields = {}) =>
      void current.getStore()?.lines.push({ severity, message, fields });
  return { info: write('info'), warn: write('warn'), error: write('error'), critical: write('critical') };
}
