// A difference counts when it is found again: between two reads the world moves on.
import type { Difference } from './difference.ts';
import type { Subject } from './subjects.ts';

/** How many times what differs is read. */
export const ATTEMPTS = 3;
const PAUSE_MS = 1_000;

export interface Waiting {
  sleep: (durationMs: number) => Promise<void>;
  /** Told of differences that are about to be read again. */
  onAgain?: (subject: Subject, found: readonly Difference[]) => void;
}

/** What still differs at the last attempt, or nothing at an earlier one. */
export async function checkRepeatedly(
  subject: Subject,
  { sleep, onAgain }: Waiting,
): Promise<Difference[] | undefined> {
  for (let attempt = 1; ; attempt++) {
    const found = await subject.check();
    if (!found || found.length === 0 || attempt === ATTEMPTS) return found;
    onAgain?.(subject, found);
    await sleep(PAUSE_MS);
  }
}
