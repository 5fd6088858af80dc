import assert from 'node:assert/strict';
import { describeAs, withHandling } from '../../../shared/runtime/handling.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { assertLogLines } from '../../support/assert-log-lines.ts';
import { logLines } from '../../support/log-lines.ts';

describe('the log', () => {
  it('writes one JSON object per line with severity, message and time', () => {
    const { log, lines } = logLines();
    log.info('handled', { event: 'e1' });
    log.warn('no newer plan');
    log.error('answered');
    log.critical('failed', { differences: 1 });
    assert.deepEqual(
      lines.map(({ severity, message }) => [severity, message]),
      [
        ['INFO', 'handled'],
        ['WARNING', 'no newer plan'],
        ['ERROR', 'answered'],
        ['CRITICAL', 'failed'],
      ],
    );
    assert.equal(lines[0]?.['event'], 'e1');
    assert.match(String(lines[0]?.['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(Object.keys(lines[1] ?? {}).sort(), ['message', 'severity', 'time']);
  });

  it('says on each line what is in hand, with its trace in the form Cloud Logging reads and the framework’s execution id', () => {
    const { log, lines } = logLines();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    withHandling({ traceparent, about: { function: 'quote' }, ending: { outcome: 'held' }, executionId: 'x1' }, () => {
      log.warn('no newer snapshot', { market: 'SE' });
      describeAs({ tenant: 't1' });
      log.warn('no track record');
    });
    log.warn('no track record');
    const trace = {
      'logging.googleapis.com/trace': 'projects/demo-andante/traces/0af7651916cd43dd8448eb211c80319c',
      'logging.googleapis.com/spanId': 'b7ad6b7169203331',
      'logging.googleapis.com/labels': { execution_id: 'x1' },
    };
    const said = lines.map(({ time: _time, severity: _severity, ...line }) => line);
    assert.deepEqual(said, [
      { message: 'no newer snapshot', function: 'quote', market: 'SE', ...trace },
      { message: 'no track record', function: 'quote', tenant: 't1', ...trace },
      { message: 'no track record' },
    ]);
    assertLogLines(lines.slice(0, 2));
  });

  it('is silent when told so', () => {
    const lines: string[] = [];
    createLog({
      level: 'silent',
      projectId: 'demo-andante',
      destination: { write: (line) => void lines.push(line) },
    }).critical('failed');
    assert.deepEqual(lines, []);
  });
});
