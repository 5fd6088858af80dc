// From the bytes of an HTTP request to a typed body, or a refusal with a code.
import { AndanteError } from '../runtime/errors.ts';
import { checkShape, parseJson } from './decode-message.ts';
import { InvalidInstant, decodeInstants, type Decoded } from './instants.ts';
import type { Validator } from './validators.generated.js';

/**
 * A JSON body of one contract, its instants decoded.
 * @throws AndanteError BODY_TOO_LARGE, BAD_JSON, BODY_TOO_DEEP, FORBIDDEN_KEY; INVALID_REQUEST naming the first field that is wrong
 */
export function decodeBody<Wire>(validate: Validator, bytes: Uint8Array, maxBytes?: number): Decoded<Wire> {
  return decodeWire<Wire>(validate, parseJson(bytes, maxBytes));
}

/**
 * The same of a value that was parsed already.
 * @throws AndanteError INVALID_REQUEST
 */
export function decodeWire<Wire>(validate: Validator, wire: unknown): Decoded<Wire> {
  checkShape(validate, wire, 'INVALID_REQUEST');
  try {
    return decodeInstants(wire as Wire);
  } catch (error) {
    if (error instanceof InvalidInstant) throw new AndanteError('INVALID_REQUEST', error.message);
    throw error;
  }
}
