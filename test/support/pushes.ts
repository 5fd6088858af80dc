// Posts messages to the gateway as Pub/Sub pushes them, several at a time.
import { setTimeout as delay } from 'node:timers/promises';
import { topicOf } from '../../shared/bus/event-bus.ts';
import { encodeInstants } from '../../shared/contracts/instants.ts';
import type { BusinessEvent } from '../../shared/contracts/events.ts';
import type { Stack } from '../../emulators/stack.ts';

let messages = 0;

/** The push of a body, as Pub/Sub writes it. */
export function pushOf(body: unknown, attributes: Record<string, string> = {}): unknown {
  const data = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)).toString('base64');
  const messageId = String(++messages);
  return {
    message: { data, attributes, messageId, publishTime: '2026-03-02T00:00:00Z' },
    subscription: 'projects/p/subscriptions/s',
  };
}

/** Posts one push; returns the status. */
export async function post(stack: Stack, functionName: string, push: unknown): Promise<number> {
  const response = await fetch(
    `${stack.functionsUrl}/${functionName}/projects/${stack.projectId}/topics/${functionName}`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof push === 'string' ? push : JSON.stringify(push),
    },
  );
  await response.arrayBuffer();
  return response.status;
}

/** Posts until it is acknowledged, as Pub/Sub does: no answer and any answer but 2xx is a reason to try again. */
export async function deliver(stack: Stack, functionName: string, push: unknown): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const status = await post(stack, functionName, push).catch(() => 0);
    if (status >= 200 && status < 300) return;
    await delay(Math.min(500, 20 * 2 ** attempt));
  }
  throw new Error(`${functionName} did not acknowledge a push in 100 attempts`);
}

/** Delivers a decoded event, in its wire form. */
export async function deliverEvent(stack: Stack, event: BusinessEvent): Promise<void> {
  await deliver(stack, topicOf(event), pushOf(encodeInstants(event)));
}

/** The tick of one market at an instant. */
export function tickOf(market: string, atMs: number) {
  return {
    type: 'andante.delivery-tick.v1',
    source: 'scheduler',
    tenantId: 'andante',
    scheduledFor: new Date(atMs).toISOString(),
    market,
  };
}

/** Works through a list, so many at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
