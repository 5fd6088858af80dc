// Runs a program of the machine, such as terraform or git, and says what it wrote and how it ended.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface Ran {
  /** Undefined: there is no such program, or it was killed. */
  exit: number | undefined;
  isMissing: boolean;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Called with what it writes to stderr and stdout while it runs, for people who wait. */
  onOutput?: (text: string) => void;
}

export async function runTool(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const { cwd, env, onOutput } = options;
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  if (onOutput)
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
  const ended = new Promise<{ exit: number | undefined; isMissing: boolean }>((resolve) => {
    child.once('error', (error) => resolve({ exit: undefined, isMissing: 'code' in error && error.code === 'ENOENT' }));
    child.once('close', (exit) => resolve({ exit: exit ?? undefined, isMissing: false }));
  });
  const [stdout, stderr, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { ...end, stdout, stderr };
}
