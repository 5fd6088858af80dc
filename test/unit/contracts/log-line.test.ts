import assert from 'node:assert/strict';
import { assertLogLines } from '../../support/assert-log-lines.ts';

const head = { severity: 'INFO', time: '2026-06-01T00:00:00.000Z' };
const handled = { ...head, message: 'handled', function: 'delivery-tick', outcome: 'applied', attempts: 1, ms: 3 };
const answered = { ...head, message: 'answered', function: 'booking', outcome: 'held', status: 201, ms: 3 };
const violated = {
  ...head,
  severity: 'CRITICAL',
  message: 'invariant violated',
  function: 'reconcile',
  market: 'SE',
  invariant: 1,
};
const trace = '0af7651916cd43dd8448eb211c80319c';

describe('the contract of log lines', () => {
  for (const [name, line] of Object.entries({
    'a tick': { ...handled, market: 'SE', event: 'tick:SE:5', slot: 5, lagMs: -3, overruns: 1, overrunMicros: 7 },
    'a quarantined event': { ...handled, severity: 'WARNING', outcome: 'quarantined', code: 'BAD_JSON', error: 'no' },
    'a booking': { ...answered, tenant: 't1', booking: 'b1', campaigns: 2 },
    'a refused request': { ...answered, outcome: 'refused', status: 429, code: 'TOO_MANY_REQUESTS' },
    'an invariant': violated,
    'a note': { ...head, message: 'no newer plan', function: 'decision', market: 'SE', error: 'gone' },
    'a line with its trace': {
      ...answered,
      'logging.googleapis.com/trace': `projects/demo-andante/traces/${trace}`,
      'logging.googleapis.com/spanId': 'b7ad6b7169203331',
      'logging.googleapis.com/labels': { execution_id: 'abc-1' },
    },
  }))
    it(`takes ${name}`, () => assertLogLines([line]));

  for (const [name, line] of Object.entries({
    'a field it does not know': { ...handled, result: 'applied' },
    'another name of a field': { ...answered, tenant_id: 't1' },
    'an outcome it does not know': { ...handled, outcome: 'done' },
    'a push without attempts': { ...handled, attempts: undefined },
    'a first attempt of 0': { ...handled, attempts: 0 },
    'a request without a status': { ...answered, status: undefined },
    'a request with attempts': { ...answered, attempts: 1 },
    'an invariant without its number': { ...violated, invariant: undefined },
    'an invariant that nobody promised': { ...violated, invariant: 7 },
    'an invariant that is no alarm': { ...violated, severity: 'WARNING' },
    'words it does not know': { ...head, message: 'something happened', function: 'decision' },
    'nobody’s line': { ...handled, function: undefined },
    'a trace of another form': { ...handled, 'logging.googleapis.com/trace': trace },
    'a fraction of a millisecond': { ...handled, ms: 0.5 },
    'a time without a zone': { ...handled, time: '2026-06-01T00:00:00' },
  }))
    it(`refuses ${name}`, () => {
      const said = JSON.parse(JSON.stringify(line)) as Record<string, unknown>;
      assert.throws(() => assertLogLines([said]));
    });
});
