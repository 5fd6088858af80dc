// Starts a program that never outlives us: not after Ctrl-C, not after SIGTERM, not when we are killed.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

const KEPT_LINES = 50;

export interface Program {
  /** For messages: `Firestore emulator`. */
  name: string;
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Called with each line the program prints. */
  onLine?: (line: string) => void;
}

export interface Exit {
  code: number | null;
  signal: string | null;
}

export interface Supervised {
  pid: number;
  /** Resolves when the program has ended, however it came to that. */
  exited: Promise<Exit>;
  /** The last lines it printed. */
  lastLines(): string[];
  /** Asks it to end, insists after three seconds, and resolves when it has. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill9(): void;
}

/** Resolves when the program runs. @throws Error when it cannot be started */
export async function supervise({ name, command, args, env, onLine }: Program): Promise<Supervised> {
  const supervisor = spawn(process.execPath, [resolve(import.meta.dirname, 'supervisor.ts'), command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
  const { stdout, stderr } = supervisor as ChildProcess & { stdout: Readable; stderr: Readable };
  const lines: string[] = [];
  for (const stream of [stdout, stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      onLine?.(line);
    });
  }
  let exit: Exit = { code: null, signal: null };
  supervisor.on('message', (message) => {
    if (typeof message === 'object' && 'code' in message) exit = message as unknown as Exit;
  });
  // `close` never comes after we disconnect; the end of both streams says that the last lines are read.
  const ends = [once(supervisor, 'exit'), finished(stdout), finished(stderr)];
  const exited = Promise.allSettled(ends).then(() => exit);
  const pid = await new Promise<number>((started, failed) => {
    supervisor.on('message', (message) => {
      const { pid, error } = message as { pid?: number; error?: string };
      if (pid !== undefined) started(pid);
      if (error !== undefined) failed(new Error(`${name} did not start: ${error}`));
    });
    supervisor.once('error', failed);
    void exited.then(() => failed(new Error(`${name} did not start: ${lines.at(-1) ?? 'it printed nothing'}`)));
  });
  return {
    pid,
    exited,
    lastLines: () => [...lines],
    async stop() {
      // Not a disconnect, after which it could not tell us how the program ended.
      supervisor.kill('SIGTERM');
      await exited;
    },
    kill9() {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    },
  };
}
