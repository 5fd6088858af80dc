// From one JSON text to a decision's request, or a refusal with a code; and from a batch to its lines.
import { AndanteError } from '../runtime/errors.ts';
import type { DecisionRequest, DecisionRequestWire } from './decision.ts';
import { checkShape, parseText } from './decode-message.ts';
import { InvalidInstant, parseInstant } from './instants.ts';
import * as validators from './validators.generated.js';

/** The longest batch. Its bytes are limited like those of every body. */
export const MAX_BATCH_LINES = 1000;

/** The most markets that the lines of one batch may name. */
export const MAX_BATCH_MARKETS = 32;

/**
 * A request for a decision. Its shape is closed at every level, so that it is neither deep nor reaches into prototypes.
 * @throws AndanteError BAD_JSON; INVALID_REQUEST naming the first field that is wrong
 */
export function decodeDecision(text: string): DecisionRequest {
  const wire = parseText(text);
  checkShape(validators.decisionRequest, wire, 'INVALID_REQUEST');
  const { at, ...request } = wire as DecisionRequestWire;
  return { ...request, atMs: instantOf(at) };
}

/** An instant that no calendar has is a wrong request, like any other wrong field. */
function instantOf(at: string): number {
  try {
    return parseInstant(at, '/at');
  } catch (error) {
    if (error instanceof InvalidInstant) throw new AndanteError('INVALID_REQUEST', error.message);
    throw error;
  }
}

/** The id that a refused request gave itself, where it has one. */
export function requestIdOf(text: string): string | undefined {
  let wire: unknown;
  try {
    wire = JSON.parse(text);
  } catch {
    return undefined;
  }
  return requestIdIn(wire);
}

/** The same of a value that was parsed already. */
export function requestIdIn(wire: unknown): string | undefined {
  const id: unknown = typeof wire === 'object' && wire !== null && 'requestId' in wire ? wire.requestId : undefined;
  return typeof id === 'string' && /^[A-Za-z0-9._:-]{1,64}$/.test(id) ? id : undefined;
}

/**
 * The lines of a batch (NDJSON). A newline at its end begins no further line; an empty line within is one that is no JSON.
 * @throws AndanteError INVALID_REQUEST a batch without lines; BODY_TOO_LARGE one of too many
 */
export function splitLines(text: string): string[] {
  const lines = text.split('\n', MAX_BATCH_LINES + 2);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw new AndanteError('INVALID_REQUEST', 'a batch has at least one line');
  if (lines.length > MAX_BATCH_LINES)
    throw new AndanteError('BODY_TOO_LARGE', `a batch has at most ${MAX_BATCH_LINES} lines`);
  return lines;
}
