// Plays many seeds on several threads.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Progress, Work } from './worker.ts';

export interface PlayOptions {
  seeds: number;
  /** The first seed. */
  from?: number;
  bug?: string | undefined;
  threads?: number;
  /** Called now and then with what has been played so far. */
  onProgress?: (sum: Played) => void;
}

export interface Played {
  seeds: number;
  events: number;
  handlerRuns: number;
  seconds: number;
  failures: Progress['failures'];
}

/** Plays all seeds; with a bug, until the first one fails. */
export async function playSeeds({
  seeds,
  from = 1,
  bug,
  threads = availableParallelism(),
  onProgress,
}: PlayOptions): Promise<Played> {
  const startedAtMs = performance.now();
  const sum: Played = { seeds: 0, events: 0, handlerRuns: 0, seconds: 0, failures: [] };
  const width = Math.max(1, Math.min(threads, seeds));
  const works = Array.from({ length: width }, (_, index): Work => {
    const count = Math.floor((seeds - index + width - 1) / width);
    return { first: from + index, step: width, count, bug, stopsAtFailure: bug !== undefined };
  });
  const workers: Worker[] = [];
  try {
    await Promise.all(
      works.map(async (workerData) => {
        const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
        workers.push(worker);
        await followed(worker, (progress) => {
          sum.seeds += progress.seeds;
          sum.events += progress.events;
          sum.handlerRuns += progress.handlerRuns;
          sum.failures.push(...progress.failures);
          sum.seconds = (performance.now() - startedAtMs) / 1000;
          onProgress?.(sum);
          if (bug !== undefined && progress.failures.length > 0) for (const other of workers) void other.terminate();
        });
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  sum.failures.sort((a, b) => a.seed - b.seed);
  return sum;
}

/** Resolves when a worker has told all, or was ended by us. */
function followed(worker: Worker, onProgress: (progress: Progress) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('message', onProgress);
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
}
