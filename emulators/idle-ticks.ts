// The scheduler's ticks for a stack without traffic: on the wall clock, through Pub/Sub, with the faults that were asked for.
import { PubSub } from '@google-cloud/pubsub';
import { startRealScheduler, type TickFaults } from './scheduler.ts';
import type { Stack } from './stack.ts';
import { createRandom } from './world/random.ts';
import { inTicksOf } from './world-stack.ts';

export interface IdleTicks {
  seed: number;
  tickIntervalMs: number;
  /** A late tick is one tick late. */
  tickFaults: Omit<TickFaults, 'lateByMs'>;
  /** A tick that could not be published; the next one is. */
  onError: (error: unknown) => void;
}

/** Publishes until it is stopped. */
export function startIdleTicks(
  stack: Stack,
  { seed, tickIntervalMs, tickFaults, onError }: IdleTicks,
): { stop(): Promise<void> } {
  const pubsub = new PubSub({ projectId: stack.projectId, apiEndpoint: stack.pubsubHost, emulatorMode: true });
  const stopScheduler = startRealScheduler(
    {
      schedules: inTicksOf(stack.topology.schedules, tickIntervalMs),
      faults: { ...tickFaults, lateByMs: tickIntervalMs },
      random: createRandom(seed, 'ticks'),
      publish: async (topic, body) => {
        const attributes = { type: String(body['type']), tenantId: String(body['tenantId']) };
        await pubsub.topic(topic).publishMessage({ data: Buffer.from(JSON.stringify(body)), attributes });
      },
    },
    onError,
  );
  return {
    async stop() {
      stopScheduler();
      await pubsub.close();
    },
  };
}
