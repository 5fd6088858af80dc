// What must hold for every request, however hostile: it is refused with a code or quarantined with one, and then nothing
// else changed; or it was right after all, and then it was handled once. No crash, no 5xx, no word about our insides.
import type { LogFields } from '../../shared/contracts/log-line.ts';
import assert from 'node:assert/strict';
import { httpCodes, permanentCodes } from '../../shared/runtime/errors.ts';
import type { AllocationStore, Ref } from '../../shared/store/allocation-store.ts';
import { isOneOff, type Answer, type Wire } from './connection.ts';
import { pushDoors, type Door, type Doors, type Trace } from './doors.ts';

export interface Exchange {
  door: Door;
  id: string;
  wire: Wire;
  answer: Answer;
}

/** What became of a request. */
export type Verdict = 'handled' | 'quarantined' | 'refused' | 'unheard';

const results = [
  'applied',
  'refused',
  'superseded',
  'waiting',
  'filed',
  'folded',
  'quarantined',
  'fanned-out',
  'drained',
  'agrees',
  'different',
  'refreshed',
  'frozen',
  'duplicate',
];
const HANDLED = new Set(results);
const INSIDES = /node_modules|^\s*at .*\(|[\\/](shared|functions|test)[\\/]\w|file:\/\/|\.[jt]s:\d/m;

/** @throws AssertionError */
export async function judge({ door, id, wire, answer }: Exchange, doors: Doors): Promise<Verdict> {
  const trace = doors.traceOf(id);
  assert.doesNotMatch(answer.body, INSIDES, 'an answer says nothing about our insides');
  for (const { severity, message, fields } of trace?.lines ?? [])
    assert(severity !== 'critical', `CRITICAL ${message}: ${JSON.stringify(fields)}`);
  assert(answer.status < 500, `${answer.status} ${answer.body}`);
  if (!trace) return judgeUnheard(wire, answer);
  if ((pushDoors as readonly Door[]).includes(door)) return judgePush(wire, answer, trace, doors.world.store);
  return judgeHttp({ door, wire, answer }, trace);
}

/** What node itself refused, or never understood: headers that are none, or no more than a part of them. */
function judgeUnheard({ cutAt }: Wire, { status }: Answer): Verdict {
  assert(cutAt !== undefined || (status >= 400 && status < 500) || status === 0, `${status} without a function`);
  return 'unheard';
}

async function judgePush(wire: Wire, answer: Answer, trace: Trace, store: AllocationStore): Promise<Verdict> {
  // A decision that refuses has a reason, a push that is none a code.
  const isNone = (fields: LogFields) => fields['outcome'] === 'refused' && fields['code'] !== undefined;
  const said = trace.lines.filter(({ message, fields }) => message === 'handled' && !isNone(fields));
  if (said.length === 0) return judgeRefused(wire, answer, trace);
  const [{ fields }, ...more] = said as [Trace['lines'][number]];
  assert.equal(more.length, 0, 'a message is handled or quarantined, and once');
  assert(answer.status === 204 || isUnheard(wire, answer), `acknowledged with ${answer.status}`);
  if (fields['code'] === undefined) {
    assert(HANDLED.has(String(fields['outcome'])), `outcome ${fields['outcome']}`);
    return 'handled';
  }
  assert.equal(fields['outcome'], 'quarantined');
  assert.equal(trace.published, 0, 'what is quarantined publishes nothing');
  assert.deepEqual(
    trace.writes.map(({ kind }) => kind),
    ['quarantine'],
    'what is quarantined writes its quarantine document and nothing else',
  );
  const [document] = await store.read([trace.writes[0] as Ref<'quarantine'>]);
  // The document may be of another request that was refused with the same bytes, as an envelope or in one.
  for (const code of [document?.code, fields['code']])
    assert((permanentCodes as readonly unknown[]).includes(code), `code ${code}`);
  for (const text of [document?.message, document?.body]) assert(text?.isWellFormed(), 'Firestore takes no half pairs');
  return 'quarantined';
}

function judgeHttp({ door, wire, answer }: Omit<Exchange, 'id'>, trace: Trace): Verdict {
  if (answer.status >= 400) return judgeRefused(wire, answer, trace);
  const isWriting = door === 'booking' || (door === 'campaign' && wire.method === 'POST');
  if (!isWriting) assert.equal(trace.writes.length, 0);
  if (isUnheard(wire, answer)) return 'unheard';
  if (!isWriting) assert.equal(trace.published, door === 'report' ? 1 : 0);
  assert((door === 'report' ? [202] : [200, 201, 304]).includes(answer.status), `${answer.status}`);
  if (door === 'decision') judgeDecisions(answer);
  if (door === 'quote') judgeQuotes(answer);
  if (door === 'booking') judgeBooking(answer);
  return 'handled';
}

/** Each line of a batch is decided, or refused with a code, as the one request of another body is. */
function judgeDecisions({ headers, body }: Answer): void {
  const isBatch = headers['content-type'] === 'application/x-ndjson';
  for (const line of isBatch ? body.trimEnd().split('\n') : [body]) {
    const { awards, error } = JSON.parse(line) as { awards?: unknown[]; error?: { code: string } };
    if (awards) assert(awards.length > 0 && awards.length <= 8, line);
    else assert(isBatch && isCode(error?.code), line);
  }
}

/** Each request of a batch is quoted, or refused with a code. */
function judgeQuotes({ headers, body }: Answer): void {
  const isLines = headers['content-type'] === 'application/x-ndjson';
  const value = JSON.parse(isLines ? `[${body.trimEnd().replaceAll('\n', ',')}]` : body) as Quoted | Quoted[];
  for (const one of Array.isArray(value) ? value : [value]) {
    if (one.error) assert(Array.isArray(value) && isCode(one.error.code), one.error.code);
    else assert(typeof one.quoteId === 'string' && Number.isSafeInteger(one.budgetMicros), JSON.stringify(one));
  }
}

interface Quoted {
  quoteId?: string;
  budgetMicros?: number;
  error?: { code: string };
}

/** The answer is the last line, after what was said of its progress. */
function judgeBooking({ headers, body }: Answer): void {
  const isLines = headers['content-type'] === 'application/x-ndjson';
  const last = JSON.parse(isLines ? (body.trimEnd().split('\n').at(-1) ?? '') : body) as {
    status?: string;
    error?: { code: string };
  };
  if (last.error) assert(isLines && isCode(last.error.code), last.error.code);
  else assert(['held', 'confirmed', 'released', 'refused', 'expired'].includes(String(last.status)), body);
}

function isCode(code: unknown): boolean {
  return ([...httpCodes, ...permanentCodes] as string[]).includes(String(code));
}

function judgeRefused(wire: Wire, answer: Answer, trace: Trace): Verdict {
  assert.deepEqual([trace.writes, trace.published], [[], 0], 'what is refused changes nothing');
  if (isUnheard(wire, answer)) return 'unheard';
  assert(answer.status >= 400, `${answer.status} for what was neither handled nor quarantined`);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  if (answer.body === '') return 'refused';
  const { code, status } = JSON.parse(answer.body) as { code: string; status: number };
  assert.equal(status, answer.status);
  assert(isCode(code), `code ${code}`);
  return 'refused';
}

/** Where a connection ends in the middle of a request, or goes on after it with what is none, node says 400 before us. */
function isUnheard(wire: Wire, { status, body }: Answer): boolean {
  return isOneOff(wire) && (status === 0 || (status === 400 && body === ''));
}
