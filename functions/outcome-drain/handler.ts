// Appends and publishes what the handlers could not: the ledger is the outbox, ids are the same, so doing it twice is harmless.
import { drain, type RecordDeps } from '../../shared/outcomes/record.ts';
import type { Handler } from '../../shared/runtime/delivery.ts';

export function createOutcomeDrainHandler(deps: RecordDeps): Handler<'outcome-drain'> {
  return async () => {
    const { drained, refused } = await drain(deps);
    return { result: 'drained', entries: drained, refused };
  };
}
