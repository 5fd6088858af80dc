// One worker of a simulation: plays the seeds it is given and tells what came of them. With a bug, the bug is in every
// module it loads.
import { parentPort, workerData } from 'node:worker_threads';
import { bugs, switchOn } from './bugs.ts';
import type { SeedResult } from './run-seed.ts';

/** Seeds from `first` on, every `step`th, `count` of them. */
export interface Work {
  first: number;
  step: number;
  count: number;
  bug?: string | undefined;
  /** Ends with the first seed that fails. */
  stopsAtFailure: boolean;
}

/** Seeds are told of together: a message each would cost as much as a seed. */
export interface Progress {
  seeds: number;
  events: number;
  handlerRuns: number;
  failures: Pick<SeedResult, 'seed' | 'violations'>[];
  isDone: boolean;
}

const SEEDS_PER_MESSAGE = 25;

// Refusals are answers here, thousands a second, and nobody reads where they were made.
Error.stackTraceLimit = 0;

const { first, step, count, bug, stopsAtFailure } = workerData as Work;
const wanted = bugs.find(({ name }) => name === bug);
if (wanted) switchOn(wanted);
const { runSeed } = await import('./run-seed.ts');

let progress = nothing();
for (let index = 0; index < count; index++) {
  const { seed, events, handlerRuns, violations } = await runSeed(first + index * step);
  progress.seeds += 1;
  progress.events += events;
  progress.handlerRuns += handlerRuns;
  if (violations.length > 0) progress.failures.push({ seed, violations });
  const isDone = index === count - 1 || (stopsAtFailure && violations.length > 0);
  if (isDone || progress.seeds === SEEDS_PER_MESSAGE) {
    parentPort?.postMessage({ ...progress, isDone });
    progress = nothing();
    // The event loop gets a turn: the handlers never gave it one.
    await new Promise(setImmediate);
  }
  if (isDone) break;
}

function nothing(): Progress {
  return { seeds: 0, events: 0, handlerRuns: 0, failures: [], isDone: false };
}
