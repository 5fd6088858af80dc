// Waits until a market's plan has reached a slot, polling politely: it first waits about as long as the last tick took.
import type { PulledPlan } from './functions-client.ts';
import type { Pause } from './patient-fetch.ts';

const SHORTEST_POLL_MS = 10;
const LONGEST_POLL_MS = 40;
const LONGEST_FIRST_WAIT_MS = 500;

export interface PlanWaitDeps {
  market: string;
  pause: Pause;
  /** Give up after waiting for so long in real time; the time of the requests themselves comes on top. */
  timeoutMs: number;
}

/** Returns a function that pulls until the plan's slot is `slot` or later. */
export function createPlanWait({ market, pause, timeoutMs }: PlanWaitDeps) {
  let lastWaitedMs = 0;

  return async (pull: () => Promise<PulledPlan | undefined>, slot: number): Promise<PulledPlan> => {
    let waitedMs = 0;
    let nextMs = Math.min(LONGEST_FIRST_WAIT_MS, Math.floor(lastWaitedMs * 0.75));
    for (;;) {
      if (nextMs > 0) await pause(nextMs);
      waitedMs += nextMs;
      const pulled = await pull();
      if (pulled && pulled.plan.slot >= slot) {
        lastWaitedMs = waitedMs;
        return pulled;
      }
      if (waitedMs >= timeoutMs) {
        const found = pulled ? `its plan is at slot ${pulled.plan.slot}` : 'it has no plan';
        throw new Error(`market ${market} did not reach slot ${slot} in ${timeoutMs} ms: ${found}`);
      }
      nextMs = Math.min(LONGEST_POLL_MS, Math.max(SHORTEST_POLL_MS, Math.ceil(waitedMs / 8)));
    }
  };
}
