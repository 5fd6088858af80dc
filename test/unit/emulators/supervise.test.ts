import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { supervise } from '../../../emulators/supervise.ts';
import { processesLeftWith, processesWith } from '../../support/processes.ts';

const supervisePath = resolve(import.meta.dirname, '../../../emulators/supervise.ts');
const shell = (script: string) => ({ name: 'shell', command: 'sh', args: ['-c', script] });

let sleeps = 0;
/** Seconds to sleep, in a form that no other process has on its command line. */
const longSleep = () => `9${process.pid}.${++sleeps}5`;

describe('a supervised program', () => {
  it('hands over its lines, its exit code and its last lines', async () => {
    const lines: string[] = [];
    const program = await supervise({
      ...shell('echo one; echo two >&2; echo "$MOOD"; sleep 0.1; exit 3'),
      env: { MOOD: 'andante' },
      onLine: (line) => lines.push(line),
    });
    assert.deepEqual(await program.exited, { code: 3, signal: null });
    assert.deepEqual(lines.sort(), ['andante', 'one', 'two']);
    assert.deepEqual(program.lastLines().sort(), ['andante', 'one', 'two']);
  });

  it('keeps the last fifty lines only', async () => {
    const program = await supervise(shell('i=0; while [ $i -lt 120 ]; do echo $i; i=$((i+1)); done; sleep 0.1'));
    await program.exited;
    assert.equal(program.lastLines().length, 50);
    assert.equal(program.lastLines().at(-1), '119');
  });

  it('is gone when stop resolves, and so is what it started', async () => {
    const seconds = longSleep();
    const program = await supervise(shell(`sleep ${seconds} & echo up; wait`));
    await program.stop();
    assert.deepEqual(await processesLeftWith(seconds, 1_000), []);
    await program.stop();
  });

  it('is killed when it does not end on request', async () => {
    const seconds = longSleep();
    let isUp = () => undefined as void;
    const up = new Promise<void>((resolve) => (isUp = resolve));
    const program = await supervise({ ...shell(`trap '' TERM; echo up; sleep ${seconds}`), onLine: () => isUp() });
    await up;
    await program.stop();
    assert.deepEqual(await program.exited, { code: null, signal: 'SIGKILL' });
    assert.deepEqual(await processesLeftWith(seconds, 1_000), []);
  });

  it('dies at once of kill9, as in a crash, and takes its own children along', async () => {
    const seconds = longSleep();
    const program = await supervise(shell(`sleep ${seconds} & wait`));
    program.kill9();
    assert.deepEqual(await program.exited, { code: null, signal: 'SIGKILL' });
    assert.deepEqual(await processesLeftWith(seconds, 1_000), []);
    program.kill9();
  });

  it('goes with its supervisor, however early that is told to end', async () => {
    const seconds = longSleep();
    const starts = [1, 2, 3, 4, 5].map(() => supervise(shell(`kill -TERM $PPID; sleep ${seconds}`)));
    const ended = Promise.allSettled(starts);
    const left = await processesLeftWith(seconds);
    // What is left would keep its streams, and so this test, open.
    for (const pid of left) process.kill(pid, 'SIGKILL');
    await ended;
    assert.deepEqual(left, []);
  });

  it('that is not there is an error that names it', async () => {
    await assert.rejects(supervise({ name: 'Nonesuch', command: 'no-such-program-here', args: [] }), {
      message: /Nonesuch did not start: .*ENOENT/,
    });
  });
});

describe('the parent of a supervised program', () => {
  async function startParent(seconds: string): Promise<ChildProcessByStdio<null, Readable, null>> {
    const script = `
      import { supervise } from ${JSON.stringify(supervisePath)};
      console.log('starting');
      await supervise({ name: 'sleep', command: 'sleep', args: ['${seconds}'] });
      console.log('started');
      setInterval(() => undefined, 1e6);`;
    const args = ['--input-type=module', '-e', script];
    // A group of its own, as a shell makes one: the terminal's signals go to all of it.
    const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    await once(parent.stdout, 'data');
    return parent;
  }

  async function untilRunning(command: string): Promise<void> {
    for (const deadline = Date.now() + 5_000; (await processesWith(command)).length === 0; await delay(20)) {
      assert.ok(Date.now() < deadline, `${command} does not run`);
    }
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGKILL'] as const) {
    it(`leaves nothing behind when its terminal or its owner sends it ${signal}`, async () => {
      const seconds = longSleep();
      const parent = await startParent(seconds);
      await untilRunning(`sleep ${seconds}`);
      // Only the parent can be killed outright; the others go to its whole group.
      process.kill(signal === 'SIGKILL' ? (parent.pid as number) : -(parent.pid as number), signal);
      assert.deepEqual(await processesLeftWith(seconds), []);
    });
  }

  it('leaves nothing behind when it is killed while the supervisor is still loading', async () => {
    for (const afterMs of [0, 15, 30, 45, 60]) {
      const seconds = longSleep();
      const parent = await startParent(seconds);
      await delay(afterMs);
      parent.kill('SIGKILL');
      await delay(200);
      assert.deepEqual(await processesLeftWith(seconds), [], `killed after ${afterMs} ms`);
    }
  });
});
