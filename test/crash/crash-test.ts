// `npm run crash-test`: kills the functions again and again while events flow, and lets a separate verifier judge what is
// stored afterwards.
import { UsageError } from '../../emulators/start-options.ts';
import { parseCrashOptions, USAGE } from './crash-options.ts';
import { runCrash, type CrashResult } from './run-crash.ts';

const stopped = new AbortController();

async function main(args: string[]): Promise<number> {
  const options = parseCrashOptions(args);
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const result = await runCrash(options, { signal: stopped.signal, say: (line) => console.error(line) });
  console.log(summaryOf(result));
  if (options.json) console.log(JSON.stringify(result));
  return result.violations.length === 0 ? 0 : 1;
}

/** Violations of one kind can be thousands. */
const SHOWN_VIOLATIONS = 20;

function summaryOf({ seed, events, deliveries, kills, inFlightWhenKilled, seconds, violations }: CrashResult): string {
  const about =
    `${events} events in ${deliveries} deliveries, ${kills} kills with ${inFlightWhenKilled} requests in flight, ` +
    `${seconds} s, seed ${seed}`;
  if (violations.length === 0) return `Exact: ${about}.`;
  const shown = violations.slice(0, SHOWN_VIOLATIONS).map((violation) => `  ${violation}`);
  const others = violations.length > shown.length ? [`  and ${violations.length - shown.length} more`] : [];
  return [`${violations.length} violations: ${about}.`, ...shown, ...others].join('\n');
}

function stop(): void {
  if (stopped.signal.aborted) return;
  console.error('\nStopping: nothing is left running.');
  stopped.abort();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

main(process.argv.slice(2)).then(
  // Clients keep connections open: what there is to say is said.
  (code) => process.exit(code),
  (error: unknown) => {
    if (stopped.signal.aborted) process.exit(130);
    console.error(error instanceof Error ? error.message : error);
    if (error instanceof UsageError) console.error('\n`npm run crash-test -- --help` lists the options.');
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
