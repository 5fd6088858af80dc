// What runs on this machine, for tests that nothing is left running. `ps` is the same on Linux and macOS.
import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The ids of processes whose command line contains `text`; a dead one that nobody has collected does not count. */
export async function processesWith(text: string): Promise<number[]> {
  const { stdout } = await execute('ps', ['-A', '-ww', '-o', 'pid=,stat=,args='], { maxBuffer: 16 * 2 ** 20 });
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((match) => match?.[3]?.includes(text) && !match[2]?.startsWith('Z'))
    .map((match) => Number(match?.[1]));
}

/** Waits until none is left; returns those that are after `timeoutMs`. */
export async function processesLeftWith(text: string, timeoutMs = 5_000): Promise<number[]> {
  for (const deadline = Date.now() + timeoutMs; ; await delay(50)) {
    const left = await processesWith(text);
    if (left.length === 0 || Date.now() > deadline) return left;
  }
}
