// Runs everything of a simulation one step at a time, in an order that the seed draws. Work runs on until it awaits
// something outside itself; there it parks, and who goes on next is drawn again. A process that dies never goes on.
import type { Random } from '../../emulators/world/random.ts';

/** What can die: every piece of work belongs to one, or to the world, which lives. */
export interface Mortal {
  isDead: boolean;
}

export interface Scheduler {
  /** Something that may happen from now on. */
  add: (start: () => void, owner?: Mortal) => void;
  /** An await of `owner`'s: undefined when it may run on at once. */
  pause(owner: Mortal): Promise<void> | undefined;
  /** A piece of work has ended, or died. */
  ended: () => void;
  /** Steps until nothing is left to do; returns how many were taken. */
  run(): Promise<number>;
}

interface Parked {
  owner: Mortal | undefined;
  resume: () => void;
}

/** More steps than any seed needs: work that never comes to an end is a finding, not a hang. */
const MAX_STEPS = 200_000;

/** @param parkShare how often an await parks */
export function createScheduler(random: Random, parkShare: number): Scheduler {
  const parked: Parked[] = [];
  let wake: (() => void) | undefined;
  let isWatched = false;
  const ended = () => {
    wake?.();
    wake = undefined;
  };
  const add = (resume: () => void, owner?: Mortal) => void parked.push({ owner, resume });
  /** A branch can end without a word, inside a Promise.all. The event loop comes to this only when no microtask is left. */
  const watch = () => {
    if (isWatched) return;
    isWatched = true;
    setImmediate(() => {
      isWatched = false;
      ended();
    });
  };
  return {
    add,
    ended,
    pause(owner) {
      if (random() >= parkShare) return undefined;
      return new Promise((resume) => {
        add(resume, owner);
        ended();
      });
    },
    async run() {
      let steps = 0;
      while (parked.length > 0) {
        if (++steps > MAX_STEPS) throw new Error(`more than ${MAX_STEPS} steps: something never comes to an end`);
        const index = Math.floor(random() * parked.length);
        const chosen = parked[index] as Parked;
        const last = parked.pop() as Parked;
        if (index < parked.length) parked[index] = last;
        if (chosen.owner?.isDead) continue;
        const settled = new Promise<void>((resolve) => (wake = resolve));
        watch();
        chosen.resume();
        await settled;
      }
      return steps;
    },
  };
}
