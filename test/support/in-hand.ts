// Runs something as a function does that has a request or a push in hand, and says what its log lines will be told.
import type { LogFields, LogSubject } from '../../shared/contracts/log-line.ts';
import { withHandling } from '../../shared/runtime/handling.ts';

export const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

export async function inHand<T>(run: () => Promise<T>): Promise<{ answer: T; about: LogSubject; ending: LogFields }> {
  const [about, ending]: [LogSubject, LogFields] = [{}, {}];
  const answer = await withHandling({ traceparent: TRACEPARENT, about, ending }, run);
  return { answer, about, ending };
}
