// A command line over memory: what it prints, what it answers, and the ports it worked on.
import { createMemoryBus } from '../../../shared/bus/memory-bus.ts';
import { createMemoryDeadLetters } from '../../../shared/bus/memory-dead-letters.ts';
import { runCommand } from '../../../shared/cli/andante.ts';
import type { Ports } from '../../../shared/cli/command.ts';
import { createMemoryCalibration } from '../../../shared/outcomes/memory-calibration.ts';
import { createMemoryFeatures } from '../../../shared/outcomes/memory-features.ts';
import { createMemoryLog } from '../../../shared/outcomes/memory-log.ts';
import { createMemoryReader } from '../../../shared/outcomes/memory-reader.ts';
import { drain } from '../../../shared/outcomes/record.ts';
import { createMemoryStore } from '../../../shared/store/memory-store.ts';
import type { AllocationStore } from '../../../shared/store/allocation-store.ts';
import { campaignCreated, deliveryReported, line } from '../../support/events.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { file, persist, tick } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';

/** A wall clock a day after the first campaign. */
export const NOW_MS = START_MS + 86_400_000;

const env = { GOOGLE_CLOUD_PROJECT: 'demo-andante', BIGQUERY_DATASET: 'andante', TICK_INTERVAL_MS: String(TICK_MS) };

export interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
  /** The last line of stdout, parsed. */
  json: () => Record<string, unknown>;
}

export function createCommandLine({
  store = createMemoryStore(),
  stack,
}: { store?: AllocationStore; stack?: string } = {}) {
  const bus = createMemoryBus();
  const deadLetters = createMemoryDeadLetters();
  const log = createMemoryLog();
  const state = { opened: 0, closed: 0, slept: 0, nowMs: NOW_MS, inputs: new Map<string, string>() };
  const ports: Ports = {
    store,
    bus,
    deadLetters,
    reader: createMemoryReader(log),
    calibration: createMemoryCalibration(log),
    features: createMemoryFeatures(log),
    outcomes: log,
    close: async () => void (state.closed += 1),
  };

  async function run(argv: readonly string[], own: { env?: Record<string, string> } = {}): Promise<Ran> {
    let stdout = '';
    let stderr = '';
    const exit = await runCommand(argv, {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      env: own.env ?? env,
      stackFile: { read: () => stack, isAlive: (pid) => pid === 1 },
      openPorts: async () => {
        state.opened += 1;
        return ports;
      },
      readInput: async (path) => {
        const text = state.inputs.get(path);
        if (text === undefined) throw new Error('no such file');
        return text;
      },
      clock: () => state.nowMs,
      sleep: async (durationMs) => {
        state.slept += 1;
        state.nowMs += durationMs;
      },
    });
    return {
      exit,
      stdout,
      stderr,
      json: () => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>,
    };
  }
  return { run, bus, deadLetters, log, ports, state };
}

const quiet = { info() {}, warn() {}, error() {}, critical() {} };

/** Campaign t1/c1 in SE, one report folded, leases granted; `drained` when BigQuery has all of it. */
export async function servedWorld({ drained = true } = {}) {
  const store = await seededStore();
  const world = createCommandLine({ store });
  await persist(store, campaignCreated());
  await file(
    store,
    deliveryReported('r1', {
      lines: [line({ clicks: 3 })],
      opportunities: [{ segment: 'casual', surface: 'home', opportunities: 50 }],
    }),
  );
  await tick(store, START_MS + TICK_MS);
  await tick(store, START_MS + 2 * TICK_MS);
  const drainAll = () =>
    drain({ store, outcomes: world.log, bus: createMemoryBus(), log: quiet, clock: () => NOW_MS }, NOW_MS);
  if (drained) await drainAll();
  return { ...world, store, drainAll };
}
