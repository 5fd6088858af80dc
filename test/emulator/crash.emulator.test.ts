// The crash test's short form, by the same code, and its command line: what it prints, how it is stopped.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { runCrash } from '../crash/run-crash.ts';
import { newProject } from '../support/emulators.ts';
import { processesLeftWith, processesWith } from '../support/processes.ts';

const script = resolve(import.meta.dirname, '../crash/crash-test.ts');

describe('The crash test', function () {
  // What a killed process had locked, the emulator lets go of after about a minute.
  this.timeout(200_000);

  it('finds every event applied once after kills in the middle of commits, ticks and appends', async () => {
    const lines: string[] = [];
    const result = await runCrash(
      { seed: 5, events: 600, seconds: 12 },
      { signal: new AbortController().signal, say: (line) => lines.push(line), projectId: newProject() },
    );
    assert.deepEqual(result.violations, []);
    assert.equal(result.events, 600);
    assert(result.kills >= 3 && result.inFlightWhenKilled > result.kills, lines.join('\n'));
    assert(result.deliveries > result.events, `${result.deliveries} deliveries`);
    assert(result.ledgerEntries > result.events, 'and ticks have entries of their own');
  });

  it('leaves nothing running when it is stopped', async () => {
    const { FIRESTORE_EMULATOR_HOST: _firestore, PUBSUB_EMULATOR_HOST: _pubsub, ...env } = process.env;
    const child = spawn(process.execPath, [script, '--events', '200', '--seconds', '60'], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      const lines = createInterface({ input: child.stderr });
      const ended = once(child, 'close');
      let ports: string[] = [];
      for await (const line of lines) {
        ports = /workers on ports (\d+) and (\d+)/.exec(line)?.slice(1) ?? ports;
        if (/kill 1:/.test(line)) break;
      }
      assert.equal(ports.length, 2);
      // The one that was just killed may be between its two lives.
      const alive = await Promise.all(ports.map((port) => processesWith(`--port ${port}`)));
      assert.notDeepEqual(alive.flat(), []);
      child.kill('SIGINT');
      assert.deepEqual(await ended, [130, null]);
      for (const port of ports) assert.deepEqual(await processesLeftWith(`--port ${port}`), []);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('refuses arguments that make no sense with exit code 2, and says where to look', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--kills', '3'], { encoding: 'utf8' });
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /--kills/);
    assert.match(stderr, /npm run crash-test -- --help/);
  });
});
