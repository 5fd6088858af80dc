// Plays Cloud Scheduler: publishes each schedule's static body when its cron expression says so, in real time or in
// virtual time that the caller moves. At least once is what Scheduler promises, so doubled, late and missing ticks can be
// had on demand.
import { Cron } from 'croner';
import type { ScheduleEntry } from '../terraform/topology.ts';

/** How often a tick goes wrong, as shares of all ticks, and how late a late one is. */
export interface TickFaults {
  doubledShare: number;
  lateShare: number;
  missingShare: number;
  lateByMs: number;
}

export interface SchedulerOptions {
  schedules: Readonly<Record<string, Pick<ScheduleEntry, 'topic' | 'cron' | 'body'>>>;
  publish: (topic: string, body: Record<string, unknown>) => Promise<void>;
  faults?: TickFaults;
  /** Uniform in [0, 1); decides the faults. */
  random?: () => number;
}

export interface VirtualScheduler {
  /**
   * Publishes every run after the last call up to and including `atMs`, with its time as `scheduledFor`. Returns, by
   * schedule, the time of the latest run that was published; the first run of a schedule is never at fault.
   */
  advanceTo(atMs: number): Promise<ReadonlyMap<string, number>>;
}

/** A scheduler on virtual time that starts just before `startAtMs`. */
export function createVirtualScheduler(
  { schedules, publish, faults, random = () => 1 }: SchedulerOptions,
  startAtMs: number,
): VirtualScheduler {
  const latest = new Map<string, number>();
  const crons = Object.entries(schedules).map(([name, schedule]) => ({
    name,
    schedule,
    cron: new Cron(schedule.cron, { timezone: 'UTC', paused: true }),
  }));
  let reachedAtMs = startAtMs - 1;
  let late: { dueAtMs: number; send: () => Promise<void> }[] = [];
  const sendLate = async (untilMs: number) => {
    const due = late.filter(({ dueAtMs }) => dueAtMs <= untilMs).sort((a, b) => a.dueAtMs - b.dueAtMs);
    late = late.filter(({ dueAtMs }) => dueAtMs > untilMs);
    for (const { send } of due) await send();
  };
  return {
    async advanceTo(atMs) {
      const runs = crons.flatMap(({ name, schedule, cron }) =>
        runsBetween(cron, reachedAtMs, atMs).map((runAtMs) => ({ name, schedule, runAtMs })),
      );
      reachedAtMs = Math.max(reachedAtMs, atMs);
      for (const { name, schedule, runAtMs } of runs.sort((a, b) => a.runAtMs - b.runAtMs)) {
        await sendLate(runAtMs);
        const send = async () => {
          await publish(schedule.topic, { ...schedule.body, scheduledFor: new Date(runAtMs).toISOString() });
          latest.set(name, Math.max(runAtMs, latest.get(name) ?? 0));
        };
        const draw = latest.has(name) ? random() : 1;
        const { doubledShare = 0, lateShare = 0, missingShare = 0, lateByMs = 0 } = faults ?? {};
        if (draw < missingShare) continue;
        if (draw < missingShare + lateShare) {
          late.push({ dueAtMs: runAtMs + lateByMs, send });
          continue;
        }
        await send();
        if (draw < missingShare + lateShare + doubledShare) await send();
      }
      await sendLate(atMs);
      return latest;
    },
  };
}

function runsBetween(cron: Cron, afterMs: number, untilMs: number): number[] {
  const runs: number[] = [];
  for (let run = cron.nextRun(new Date(afterMs)); run && run.getTime() <= untilMs; run = cron.nextRun(run))
    runs.push(run.getTime());
  return runs;
}

/** A scheduler on the wall clock; the body is published as it is, as in the cloud. Returns how to stop it. */
export function startRealScheduler(
  { schedules, publish }: SchedulerOptions,
  onError: (error: unknown) => void,
): () => void {
  const crons = Object.values(schedules).map(
    ({ cron, topic, body }) => new Cron(cron, { timezone: 'UTC' }, () => void publish(topic, body).catch(onError)),
  );
  return () => crons.forEach((cron) => cron.stop());
}
