// What a function has in hand: one push or one request, with its trace and what every log line says of it. It is kept beside
// the calls, as OpenTelemetry keeps its context, and not handed through all of them: nothing is decided by it.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields, LogSubject } from '../contracts/log-line.ts';

export interface Handling {
  /** W3C Trace Context: what is published, written to the ledger and logged carries it on. */
  readonly traceparent: string;
  /** On each of its lines; more is added as it becomes known. */
  readonly about: LogSubject;
  /** What came of it, for the one line that ends it. */
  readonly ending: LogFields;
  /** The framework's name of the request. */
  readonly executionId?: string | undefined;
}

const storage = new AsyncLocalStorage<Handling>();

/** Runs this and all that it starts with something in hand. */
export function withHandling<T>(handling: Handling, run: () => T): T {
  return storage.run(handling, run);
}

/** Runs what another request or event led to in its trace, or in the present one where it had none. */
export function inTrace<T>(traceparent: string | undefined, run: () => T): T {
  const handling = storage.getStore();
  return handling && traceparent !== undefined ? storage.run({ ...handling, traceparent }, run) : run();
}

/** What is in hand; undefined outside of functions, such as in tools. */
export function currentHandling(): Handling | undefined {
  return storage.getStore();
}

/** The trace that is in hand, as a field or an attribute; nothing outside of functions. */
export function currentTrace(): { traceparent?: string } {
  const handling = storage.getStore();
  return handling ? { traceparent: handling.traceparent } : {};
}

/** Adds to what every line from now on says of what is in hand. */
export function describeAs(about: LogSubject): void {
  const handling = storage.getStore();
  if (handling) Object.assign(handling.about, about);
}

/** Adds to what the line says that ends what is in hand, also if it fails. */
export function endWith(ending: LogFields): void {
  const handling = storage.getStore();
  if (handling) Object.assign(handling.ending, ending);
}

/** The same pieces, made with the present handling whoever asks for them: a stream asks from wherever its reader is. */
export function keepHandling<T>(pieces: AsyncIterable<T>): AsyncIterable<T> {
  const handling = storage.getStore();
  if (!handling) return pieces;
  return {
    [Symbol.asyncIterator]() {
      const iterator = pieces[Symbol.asyncIterator]();
      return {
        next: () => storage.run(handling, () => iterator.next()),
        return: () =>
          storage.run(handling, async () => iterator.return?.() ?? { done: true as const, value: undefined }),
      };
    },
  };
}
