import assert from 'node:assert/strict';
import { createLog } from '../../../shared/runtime/log.ts';
import { logLines } from '../../support/log-lines.ts';

describe('the log', () => {
  it('writes one JSON object per line with severity, message and time', () => {
    const { log, lines } = logLines();
    log.info('one', { event: 'e1' });
    log.warn('two');
    log.error('three');
    log.critical('four', { n: 1 });
    assert.deepEqual(
      lines.map(({ severity, message }) => [severity, message]),
      [
        ['INFO', 'one'],
        ['WARNING', 'two'],
        ['ERROR', 'three'],
        ['CRITICAL', 'four'],
      ],
    );
    assert.equal(lines[0]?.['event'], 'e1');
    assert.match(String(lines[0]?.['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(Object.keys(lines[1] ?? {}).sort(), ['message', 'severity', 'time']);
  });

  it('links a trace in the form Cloud Logging reads, and drops what is none', () => {
    const { log, lines } = logLines();
    const trace = '0af7651916cd43dd8448eb211c80319c';
    log.info('traced', { traceparent: `00-${trace}-b7ad6b7169203331-01` });
    log.info('untraced', { traceparent: 'rubbish' });
    assert.equal(lines[0]?.['logging.googleapis.com/trace'], `projects/demo-andante/traces/${trace}`);
    assert(!('traceparent' in (lines[0] ?? {})) && !('traceparent' in (lines[1] ?? {})));
    assert.equal(lines[1]?.['logging.googleapis.com/trace'], undefined);
  });

  it('is silent when told so', () => {
    const lines: string[] = [];
    createLog({
      level: 'silent',
      projectId: 'demo-andante',
      destination: { write: (line) => void lines.push(line) },
    }).critical('x');
    assert.deepEqual(lines, []);
  });
});
