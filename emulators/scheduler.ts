// Plays Cloud Scheduler: publishes each schedule's static body when its cron expression says so, in real time or in
// virtual time that the caller moves. At least once is what Scheduler promises, so doubled, late and missing ticks can be
// had on demand.
import assert from 'node:assert/strict';
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
  faults?: TickFaults | undefined;
  /** Uniform in [0, 1); decides the faults, which cannot be without it. */
  random?: (() => number) | undefined;
}

/** What becomes of one run. */
type Fate = 'once' | 'doubled' | 'late' | 'missing';

/** Decides each run of a schedule; the first run is never at fault. */
function createFates({ faults, random }: Pick<SchedulerOptions, 'faults' | 'random'>): (schedule: string) => Fate {
  if (!faults) return () => 'once';
  assert(random, 'a scheduler with faults needs a random that decides them');
  const { doubledShare, lateShare, missingShare } = faults;
  const begun = new Set<string>();
  return (schedule) => {
    if (!begun.has(schedule)) {
      begun.add(schedule);
      return 'once';
    }
    const draw = random();
    if (draw < missingShare) return 'missing';
    if (draw < missingShare + lateShare) return 'late';
    return draw < missingShare + lateShare + doubledShare ? 'doubled' : 'once';
  };
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
  { schedules, publish, faults, random }: SchedulerOptions,
  startAtMs: number,
): VirtualScheduler {
  const fateOf = createFates({ faults, random });
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
        const fate = fateOf(name);
        if (fate === 'missing') continue;
        if (fate === 'late') {
          late.push({ dueAtMs: runAtMs + (faults?.lateByMs ?? 0), send });
          continue;
        }
        await send();
        if (fate === 'doubled') await send();
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

/**
 * A scheduler on the wall clock; the body is published as it is, as in the cloud, and a late run by `lateByMs` of real
 * time. Returns how to stop it.
 */
export function startRealScheduler(
  { schedules, publish, faults, random }: SchedulerOptions,
  onError: (error: unknown) => void,
): () => void {
  const fateOf = createFates({ faults, random });
  const late = new Set<NodeJS.Timeout>();
  const crons = Object.entries(schedules).map(([name, { cron, topic, body }]) => {
    const send = () => void publish(topic, body).catch(onError);
    const sendLater = () => {
      const timer = setTimeout(() => {
        late.delete(timer);
        send();
      }, faults?.lateByMs);
      late.add(timer);
    };
    return new Cron(cron, { timezone: 'UTC' }, () => {
      const fate = fateOf(name);
      if (fate === 'missing') return;
      if (fate === 'late') return sendLater();
      send();
      if (fate === 'doubled') send();
    });
  });
  return () => {
    for (const cron of crons) cron.stop();
    for (const timer of late) clearTimeout(timer);
  };
}
