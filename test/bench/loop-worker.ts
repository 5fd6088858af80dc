// A thread of the loop bench: plays the seeds it is asked for, one after the other.
import { parentPort } from 'node:worker_threads';
import { playSeed, type LoopSeed } from './loop-seed.ts';

parentPort?.on('message', (asked: LoopSeed) => {
  void playSeed(asked).then((result) => parentPort?.postMessage(result));
});
