import assert from 'node:assert/strict';
import { readTopology } from '../../../terraform/topology.ts';
import { checkLogFilter, fieldsOf } from './log-filter.ts';
import { readObservability, type Observability } from './observability.ts';

describe('Metrics of log lines', () => {
  let own: Observability;
  let functions: string[];
  before(async () => {
    own = await readObservability();
    functions = Object.keys((await readTopology()).functions);
  });

  it('filter by fields, messages, outcomes and functions that lines have', () => {
    assert(own.metrics.size > 5);
    for (const { filter } of own.metrics.values()) {
      assert(filter.startsWith('resource.type="cloud_run_revision" AND jsonPayload.message="'), filter);
      checkLogFilter(filter, functions);
    }
  });

  it('take their labels and values from fields of the lines that they count', () => {
    for (const [name, { filter, labels, value }] of own.metrics) {
      const fields = fieldsOf(filter);
      for (const field of [...labels, ...(value === undefined ? [] : [value])])
        assert(fields.has(field), `${name}: ${field}`);
    }
  });

  it('are of a distribution only where the line has the value: a line without it is an error of the metric', () => {
    const always = ['ms'];
    for (const [name, { filter, value }] of own.metrics) {
      if (value !== undefined && !always.includes(value))
        assert.match(filter, new RegExp(`jsonPayload\\.${value}(:\\*|>0)`), name);
    }
  });

  it('have few labels, and none that grows with customers', () => {
    const few = ['function', 'outcome', 'market', 'invariant', 'tier'];
    for (const [name, { labels }] of own.metrics) {
      assert(labels.length <= 2, name);
      for (const label of labels) assert(few.includes(label), `${name}: ${label}`);
    }
  });

  it('say what they are of, and in which buckets', () => {
    const schemes = Object.keys(own.locals['buckets'] as object);
    for (const [name, { description, value, buckets = '' }] of own.metrics) {
      assert.match(description, /^[A-Z].*\.$/, name);
      assert.equal(value !== undefined, schemes.includes(buckets), name);
    }
  });
});

describe('The check of log filters', () => {
  const wrong = [
    ['a field that no line has', 'jsonPayload.result="applied"', /no line has result/],
    ['a field of other lines', 'jsonPayload.message="answered" AND jsonPayload.lagMs:*', /no line has lagMs/],
    ['a message that nobody writes', 'jsonPayload.message="done"', /no line is a done/],
    ['an outcome that never is', 'jsonPayload.outcome=("retried" OR "lost")', /outcome is never lost/],
    ['an outcome of other lines', 'jsonPayload.message="answered" jsonPayload.outcome="retried"', /never retried/],
    ['a function that is none', 'jsonPayload.function="delivery-tock"', /function is never delivery-tock/],
    ['a severity that is none', 'severity>=FATAL', /FATAL is no severity/],
    ['what it cannot read', 'jsonPayload.message', /not understood/],
  ] as const;
  for (const [name, filter, message] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(() => checkLogFilter(filter, ['delivery-tick']), message);
    });
  }

  it('takes what lines have', () => {
    checkLogFilter('severity>=WARNING\njsonPayload.function="delivery-tick"\njsonPayload.ms>2000', ['delivery-tick']);
    checkLogFilter('jsonPayload.outcome=("failed" OR "retried") AND NOT jsonPayload.market:*', []);
  });
});
