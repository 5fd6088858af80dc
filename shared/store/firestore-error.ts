// What an error of Firestore's means to whoever asked: the document exists, the same request may succeed, or neither.
import { AndanteError } from '../runtime/errors.ts';
import { AlreadyExists } from './allocation-store.ts';

/** gRPC statuses after which the same request may succeed. */
const passing = new Map([
  [1, 'CANCELLED'],
  [2, 'UNKNOWN'],
  [4, 'DEADLINE_EXCEEDED'],
  [8, 'RESOURCE_EXHAUSTED'],
  [10, 'ABORTED'],
  [13, 'INTERNAL'],
  [14, 'UNAVAILABLE'],
]);
const ALREADY_EXISTS = 6;
/**
 * A commit whose answer was lost is sent again, for a transaction that is over by then. Firestore has no status for that:
 * as the client does, we go by its words, and by the emulator's.
 */
const TRANSACTION_IS_OVER = /transaction (has expired|is invalid or closed)/i;

/** AlreadyExists, AndanteError STORE_UNAVAILABLE, or the error itself where it means neither. */
export function translateFirestoreError(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === ALREADY_EXISTS) return new AlreadyExists('the document exists', { cause: error });
  if (typeof message === 'string' && TRANSACTION_IS_OVER.test(message))
    return new AndanteError('STORE_UNAVAILABLE', 'Firestore did not say what became of a commit', { cause: error });
  const name = passing.get(code as number);
  return name ? new AndanteError('STORE_UNAVAILABLE', `Firestore answered ${name}`, { cause: error }) : error;
}
