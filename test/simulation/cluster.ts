// The functions' processes and the bus that pushes to them. A message is delivered until it is acknowledged: in one to
// five copies, in any order, some of them late; after too many attempts it is a dead letter. A process that dies takes
// what it knew and what it was doing with it, and another starts in its place.
import { createDeliveryReportedHandler } from '../../functions/delivery-reported/handler.ts';
import { createBudgetChangedHandler } from '../../functions/budget-changed/handler.ts';
import { createCampaignCreatedHandler } from '../../functions/campaign-created/handler.ts';
import { createCampaignStatusChangedHandler } from '../../functions/campaign-status-changed/handler.ts';
import { createDeliveryTickHandler } from '../../functions/delivery-tick/handler.ts';
import { createOutcomeDrainHandler } from '../../functions/outcome-drain/handler.ts';
import { createPlanHandler } from '../../functions/plan/handler.ts';
import { createReconcileHandler } from '../../functions/reconcile/handler.ts';
import { createReportHandler } from '../../functions/report/handler.ts';
import { createSupplyRefreshHandler } from '../../functions/supply-refresh/handler.ts';
import type { Random } from '../../emulators/world/random.ts';
import { attributesOf, topicOf, type EventBus } from '../../shared/bus/event-bus.ts';
import type { MessageName } from '../../shared/contracts/decode-message.ts';
import type { AndanteMessage, BudgetChangedWire } from '../../shared/contracts/events.ts';
import type { CampaignNotifiedWire } from '../../shared/contracts/lifecycle-outcomes.ts';
import { createBigQueryLog } from '../../shared/outcomes/bigquery-log.ts';
import { createMemoryCalibration } from '../../shared/outcomes/memory-calibration.ts';
import { createMemoryReader } from '../../shared/outcomes/memory-reader.ts';
import { createReceiver } from '../../shared/runtime/delivery.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import type { HttpAnswer, HttpHandler, HttpRequest } from '../../shared/runtime/http.ts';
import type { Log } from '../../shared/runtime/log.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import type { DecideCampaign } from '../../shared/store/persist-campaign-event.ts';
import type { DecideTick } from '../../shared/store/persist-tick.ts';
import { createFaultyBigQuery, type Warehouse } from './faulty-bigquery.ts';
import { createFaultyStore } from './faulty-store.ts';
import { drawCopies, type Faults } from './faults.ts';
import type { Mortal, Scheduler } from './scheduler.ts';
import { describeBody, nameOf, type Trace } from './trace.ts';
import { noFeatures } from '../support/no-features.ts';

/** A message on the bus. */
export interface Message {
  topic: MessageName;
  messageId: string;
  /** What it says, in a few words. */
  label: string;
  push: { message: { data: string; attributes: Record<string, string>; messageId: string; publishTime: string } };
  attempts: number;
}

export interface ClusterDeps {
  random: Random;
  scheduler: Scheduler;
  store: AllocationStore;
  warehouse: Warehouse;
  faults: () => Faults;
  nowMs: () => number;
  tickIntervalMs: number;
  /** Runs `start` in a later round. */
  later: (start: () => void) => void;
  decideCampaign: DecideCampaign;
  decideTick: DecideTick;
  /** Told of each split that a tick asks for. */
  onRebalance: (message: BudgetChangedWire) => void;
  /** Told of each notice that the bus takes: nobody answers it. */
  onNotice: (message: CampaignNotifiedWire) => void;
  /** A line that only a person must be told: an error nobody expects. */
  onCritical: (what: string) => void;
  trace: Trace | undefined;
}

export interface Cluster {
  /** Publishes to the bus, from outside: the answer can be lost. */
  publish(message: AndanteMessage | string, topic: MessageName, attributes: Record<string, string>): void;
  /** Calls an HTTP function; undefined when no answer came. */
  call(name: 'report' | 'plan', request: HttpRequest): Promise<HttpAnswer | undefined>;
  deadLetters: Message[];
  handlerRuns: () => number;
}

interface Process extends Mortal {
  name: string;
  receivers: Record<MessageName, (input: unknown) => Promise<void>>;
  doors: Record<'report' | 'plan', HttpHandler>;
  /** What happens to each piece of its work when it dies. */
  orphaned: Map<object, () => void>;
}

const PROCESSES = 2;
const MAX_ATTEMPTS = 10;

export function createCluster(deps: ClusterDeps): Cluster {
  const { random, scheduler, faults, nowMs, trace } = deps;
  const deadLetters: Message[] = [];
  let messages = 0;
  let handlerRuns = 0;
  let started = 0;

  const newProcess = () => createProcess(deps, { name: `p${++started}`, kill, publish });
  const processes: Process[] = [];
  for (let index = 0; index < PROCESSES; index++) processes.push(newProcess());
  const anyProcess = () => processes[Math.floor(random() * processes.length)] as Process;

  function kill(process: Process): void {
    trace?.(`${process.name} dies with ${process.orphaned.size} pieces of work`);
    process.isDead = true;
    processes[processes.indexOf(process)] = newProcess();
    for (const orphan of process.orphaned.values()) orphan();
  }

  function publish(body: AndanteMessage | string, topic: MessageName, attributes: Record<string, string>): void {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const messageId = `m${++messages}`;
    const label = trace ? `${messageId} ${nameOf(topic, text)}` : topic;
    const data = Buffer.from(text).toString('base64');
    const publishTime = new Date(nowMs()).toISOString();
    const message: Message = {
      topic,
      messageId,
      label,
      push: { message: { data, attributes, messageId, publishTime } },
      attempts: 0,
    };
    const copies = drawCopies(random, faults());
    trace?.(`${label} published ${describeBody(text)}${copies > 1 ? ` (${copies} copies)` : ''}`);
    for (let copy = 0; copy < copies; copy++) schedule(message);
  }

  function schedule(message: Message): void {
    if (random() < faults().late) deps.later(() => scheduler.add(() => deliver(message)));
    else scheduler.add(() => deliver(message));
  }

  function again(message: Message, why: string): void {
    message.attempts += 1;
    trace?.(`${message.label}: ${why}, attempt ${message.attempts}`);
    if (message.attempts < MAX_ATTEMPTS) schedule(message);
    else deadLetters.push(message);
  }

  function deliver(message: Message): void {
    const process = anyProcess();
    handlerRuns += 1;
    trace?.(`${process.name} gets ${message.label}`);
    // A process can have two copies of one message in hand.
    const delivery = {};
    process.orphaned.set(delivery, () => again(message, 'its process died'));
    const done = (): boolean => {
      if (process.isDead) return false;
      process.orphaned.delete(delivery);
      scheduler.ended();
      return true;
    };
    process.receivers[message.topic](message.push).then(
      () => {
        if (!done()) return;
        if (random() < faults().acknowledgementLost) again(message, 'the acknowledgement was lost');
        else trace?.(`${message.label}: acknowledged`);
      },
      (error: unknown) => {
        if (done()) again(message, `failed (${error instanceof Error ? error.message : String(error)})`);
      },
    );
  }

  function call(name: 'report' | 'plan', request: HttpRequest): Promise<HttpAnswer | undefined> {
    const process = anyProcess();
    handlerRuns += 1;
    const { promise, resolve } = Promise.withResolvers<HttpAnswer | undefined>();
    process.orphaned.set(request, () => resolve(undefined));
    const answered = (answer: HttpAnswer | undefined) => {
      if (process.isDead) return;
      process.orphaned.delete(request);
      resolve(answer);
    };
    process.doors[name](request).then(answered, (error: unknown) => {
      if (error instanceof AndanteError) answered({ status: error.retryable ? 503 : 400 });
      else {
        deps.onCritical(`${name}: ${String(error)}`);
        answered(undefined);
      }
    });
    return promise;
  }

  return { publish, call, deadLetters, handlerRuns: () => handlerRuns };
}

interface Births {
  name: string;
  kill: (process: Process) => void;
  publish: Cluster['publish'];
}

/** A process with everything that functions/<name>/index.ts composes, over ports that fail. */
function createProcess(deps: ClusterDeps, { name, kill, publish }: Births): Process {
  const { random, scheduler, faults, tickIntervalMs, onCritical, trace } = deps;
  const process = { name, isDead: false, orphaned: new Map() } as unknown as Process;
  const never = new Promise<never>(() => {});
  const pause = () => {
    // Another branch of the same work died beside this one.
    if (process.isDead) return never;
    if (random() < faults().death) {
      kill(process);
      scheduler.ended();
      return never;
    }
    return scheduler.pause(process);
  };
  const note = (what: string) => trace?.(`${name}: ${what}`);
  const ports = { random, faults, pause, note };
  const store = createFaultyStore({ ...ports, store: deps.store });
  const outcomes = createBigQueryLog(createFaultyBigQuery({ ...ports, warehouse: deps.warehouse }), 'andante');
  const bus: EventBus = {
    async publish(message, attributes) {
      await pause();
      const isUnknown = random() < faults().publishUnknown;
      if (!isUnknown || random() < 0.5) {
        if (message.type === 'andante.budget-changed.v1') deps.onRebalance(message);
        if (message.type === 'andante.campaign-notified.v1') deps.onNotice(message);
        else publish(message, topicOf(message) as MessageName, attributesOf(message, attributes));
      }
      if (isUnknown) throw new AndanteError('BUS_UNAVAILABLE', 'the bus did not answer');
      await pause();
      return 'published';
    },
  };
  const log = createLog(name, onCritical, trace);
  const clock = deps.nowMs;
  const shared = { store, outcomes, bus, log, clock, virtualTime: false, tickIntervalMs };
  const receiver = <N extends MessageName>(of: N, handle: Parameters<typeof createReceiver<N>>[1]) =>
    createReceiver(of, handle, shared);
  process.receivers = {
    'campaign-created': receiver(
      'campaign-created',
      createCampaignCreatedHandler({ ...shared, decide: deps.decideCampaign }),
    ),
    'budget-changed': receiver('budget-changed', createBudgetChangedHandler(shared)),
    'campaign-status-changed': receiver('campaign-status-changed', createCampaignStatusChangedHandler(shared)),
    'delivery-reported': receiver('delivery-reported', createDeliveryReportedHandler(shared)),
    'delivery-tick': receiver('delivery-tick', createDeliveryTickHandler({ ...shared, decide: deps.decideTick })),
    'outcome-drain': receiver('outcome-drain', createOutcomeDrainHandler(shared)),
    reconcile: receiver('reconcile', createReconcileHandler({ ...shared, ...nothingScored })),
    'supply-refresh': receiver('supply-refresh', createSupplyRefreshHandler({ ...shared, features: noFeatures })),
  };
  const authenticateGroup = async (authorization: string | undefined) =>
    (authorization ?? '').replace('Bearer group:', '');
  const doors = { ...shared, authenticateGroup };
  process.doors = { plan: createPlanHandler(doors), report: createReportHandler(doors) };
  return process;
}

/** Nobody reconciles while the faults go on: the final check does. */
const nothingScored = {
  reader: createMemoryReader({ rows: [] }),
  calibration: createMemoryCalibration({ rows: [] }),
  sleep: async () => undefined,
};

/** Only what nobody expects matters; that BigQuery stopped rows was our own doing. */
function createLog(name: string, onCritical: (what: string) => void, trace: ClusterDeps['trace']): Log {
  const say = (level: string) => (message: string, fields?: object) =>
    trace?.(`${name}: ${level} ${message} ${fields ? JSON.stringify(fields) : ''}`);
  return {
    info: () => {},
    warn: trace ? say('WARNING') : () => {},
    error: (message) => {
      // No reports reach the warehouse's views here.
      if (message !== 'the last good forecast stays in force') onCritical(message);
    },
    critical: (message, fields) => {
      if (!message.startsWith('outcomes refused by BigQuery')) onCritical(`${message} ${JSON.stringify(fields)}`);
    },
  };
}
