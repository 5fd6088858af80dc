// What all parts of a crash test work on, and how they publish.
import type { Firestore } from '@google-cloud/firestore';
import type { Stack } from '../../emulators/stack.ts';
import type { EventBus } from '../../shared/bus/event-bus.ts';
import type { AndanteMessage, BusinessEvent } from '../../shared/contracts/events.ts';
import { encodeInstants } from '../../shared/contracts/instants.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import type { CrashLoad } from './crash-load.ts';

export interface CrashRun {
  stack: Stack;
  store: AllocationStore;
  db: Firestore;
  bus: EventBus;
  load: CrashLoad;
  signal: AbortSignal;
  /** Called with a line of progress. */
  say: (line: string) => void;
}

/** Publishes events, in their wire form. */
export async function publishAll({ bus }: CrashRun, events: readonly BusinessEvent[]): Promise<void> {
  await Promise.all(events.map((event) => bus.publish(encodeInstants(event) as AndanteMessage)));
}

/** Brings a market, or all of them, to an instant: by two messages, because Scheduler may send two. */
export async function publishTick({ bus }: CrashRun, atMs: number, market?: string): Promise<void> {
  const tick: AndanteMessage = {
    type: 'andante.delivery-tick.v1',
    source: 'scheduler',
    tenantId: 'andante',
    scheduledFor: new Date(atMs).toISOString(),
    ...(market === undefined ? {} : { market }),
  };
  await Promise.all([bus.publish(tick), bus.publish(tick)]);
}

export async function publishDrain({ bus }: CrashRun): Promise<void> {
  await bus.publish({ type: 'andante.outcome-drain.v1', source: 'scheduler', tenantId: 'andante' });
}
