// Holds log lines to their contract: ajv over its schema.
import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import { AnsweredLine, HandledLine, InvariantLine, NoteLine } from '../../shared/contracts/log-line.ts';

const ajv = new Ajv({ strict: true, allErrors: true });
const validators = {
  handled: ajv.compile(HandledLine),
  answered: ajv.compile(AnsweredLine),
  'invariant violated': ajv.compile(InvariantLine),
};
const validateNote = ajv.compile(NoteLine);

/** Fails for the first line that is none, and says what is wrong with it. */
export function assertLogLines(lines: readonly Readonly<Record<string, unknown>>[]): void {
  for (const line of lines) {
    const message = String(line['message']);
    const validate = Object.hasOwn(validators, message) ? validators[message as keyof typeof validators] : validateNote;
    assert(validate(line), `${ajv.errorsText(validate.errors)}: ${JSON.stringify(line)}`);
  }
}
