// What every composition root starts from: configuration, log and clock of this process.
import { readConfig, type Config } from './config.ts';
import { createLog, type Log } from './log.ts';

export interface Process {
  config: Config;
  log: Log;
  /** Wall clock, epoch ms. */
  clock: () => number;
}

/** @throws AndanteError INVALID_CONFIG */
export function openProcess(): Process {
  const config = readConfig();
  return { config, log: createLog({ level: config.logLevel, projectId: config.projectId }), clock: Date.now };
}

/** Builds on the first call and keeps it: no client exists before the first event, and a failed build is tried again. */
export function onFirstUse<A extends unknown[], R>(build: () => (...args: A) => R): (...args: A) => R {
  let built: ((...args: A) => R) | undefined;
  return (...args) => (built ??= build())(...args);
}
