// Owns one child so that it cannot outlive the program that asked for it, even when that program is killed: when the
// channel to it breaks, the child's whole process group is ended. Started by supervise.ts, by nobody else.
import { spawn } from 'node:child_process';

const GRACE_MS = 3_000;

// Whoever asked may have been killed while this file loaded: that event is over, and no other would come.
if (!process.connected) process.exit();

// Before the child starts: a signal between the two would end us and leave it.
// The terminal's Ctrl-C goes to everybody; the program that owns us decides what it means.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', end);
// A terminal that closes, or Ctrl-\, reaches us as well, and would end us before the child.
process.on('SIGHUP', end);
process.on('SIGQUIT', end);
process.on('disconnect', end);

// A broken channel is no error of ours: the disconnect follows.
process.on('error', end);

const [command, ...args] = process.argv.slice(2);
const child = spawn(command as string, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });

child.on('spawn', () => process.send?.({ pid: child.pid }));
child.on('error', (error) => {
  process.send?.({ error: error.message });
  process.exitCode = 1;
  if (process.connected) process.disconnect();
});
child.on('exit', (code, signal) => {
  // Whoever the child left behind in its group goes with it.
  signalGroup('SIGKILL');
  if (process.connected) process.send?.({ code, signal }, () => process.exit(0));
  else process.exit(0);
});

function end(): void {
  signalGroup('SIGTERM');
  setTimeout(() => signalGroup('SIGKILL'), GRACE_MS).unref();
}

function signalGroup(signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // The group is gone.
  }
}
