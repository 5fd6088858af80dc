// Events from a file: one JSON object, an array of them, or one a line. Each is checked as the function that would
// receive it checks it, before anything is sent.
import { decodeMessage, type MessageName } from '../contracts/decode-message.ts';
import type { AndanteMessage } from '../contracts/events.ts';
import { AndanteError } from '../runtime/errors.ts';
import { suggestion } from './nearest.ts';

/** The names of the events that can be published. */
export const messageNames: readonly MessageName[] = [
  'campaign-created',
  'budget-changed',
  'campaign-status-changed',
  'delivery-reported',
  'delivery-tick',
  'outcome-drain',
  'reconcile',
  'supply-refresh',
];

/** One event of the input, or why it is none. `place` is where it stands: `event 3`, `line 7`. */
export interface ReadEvent {
  place: string;
  message?: AndanteMessage;
  refusal?: { code: string; message: string };
}

export function readEvents(text: string): ReadEvent[] {
  return parse(text).map(({ place, ...parsed }) =>
    'value' in parsed ? check(place, parsed.value) : { place, ...parsed },
  );
}

type Parsed = { place: string } & ({ value: unknown } | { refusal: { code: string; message: string } });

function parse(text: string): Parsed[] {
  const whole = parseJson(text);
  if (whole && Array.isArray(whole.value)) {
    return (whole.value as unknown[]).map((value, index) => ({ place: `event ${index + 1}`, value }));
  }
  if (whole) return [{ place: 'event 1', value: whole.value }];
  return text.split('\n').flatMap((line, index): Parsed[] => {
    if (line.trim() === '') return [];
    const place = `line ${index + 1}`;
    const refusal = { code: 'BAD_JSON', message: 'expected JSON: one object, one array, or one object a line' };
    return [{ place, ...(parseJson(line) ?? { refusal }) }];
  });
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function check(place: string, value: unknown): ReadEvent {
  try {
    return { place, message: checkMessage(value) };
  } catch (error) {
    if (!(error instanceof AndanteError)) throw error;
    return { place, refusal: { code: error.code, message: error.message } };
  }
}

/**
 * The message, when the function of its type takes it.
 * @throws AndanteError as decodeMessage does
 */
export function checkMessage(value: unknown): AndanteMessage {
  decodeMessage(nameOf(value), Buffer.from(JSON.stringify(value)));
  return value as AndanteMessage;
}

function nameOf(value: unknown): MessageName {
  const type: unknown = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof type !== 'string')
    throw new AndanteError('WRONG_TYPE', 'an event is an object with a /type such as andante.budget-changed.v1');
  const typed = /^andante\.([a-z-]{1,40})\.v[0-9]/.exec(type)?.[1] ?? type;
  const name = messageNames.find((candidate) => candidate === typed);
  if (name) return name;
  const types = messageNames.map((known) => `andante.${known}.v1`);
  const meant = suggestion(type.slice(0, 64), types);
  throw new AndanteError('WRONG_TYPE', `/type is none of ${types.join(', ')}${meant}`);
}
