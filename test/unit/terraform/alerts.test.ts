import assert from 'node:assert/strict';
import { readTopology } from '../../../terraform/topology.ts';
import { checkLogFilter } from './log-filter.ts';
import { checkMonitoringFilter, checkPromql } from './check-series.ts';
import { block, blocks, readObservability, text, type Alert, type Observability } from './observability.ts';

const asked = [
  'dead-letters',
  'oldest-unacked',
  'tick-missing',
  'invariant-violated',
  'function-failed',
  'differences',
  'overrun',
  'drain-lag',
  'refresh-stale',
  'quote-errors',
  'quote-latency',
  'bigquery-bytes',
  'event-latency-fast-burn',
  'event-latency-slow-burn',
  'quote-availability-fast-burn',
  'quote-availability-slow-burn',
];

/** The blocks that say when a condition holds, by kind. */
function kindsOf({ conditions }: Alert): string[] {
  return conditions.flatMap((condition) => Object.keys(condition).filter((key) => key.startsWith('condition_')));
}

describe('Alerts', () => {
  let own: Observability;
  let functions: string[];
  before(async () => {
    own = await readObservability();
    functions = Object.keys((await readTopology()).functions);
  });

  function each(kind: string): { name: string; condition: Record<string, unknown> }[] {
    return own.alerts.flatMap(({ name, conditions }) =>
      conditions.flatMap((condition) => blocks(condition, kind).map((found) => ({ name, condition: found }))),
    );
  }

  it('are there for everything that somebody must be told of', () => {
    const names = own.alerts.map(({ name }) => name);
    for (const name of asked) assert(names.includes(name), name);
  });

  it('tell somebody, say how bad it is and what to do, and close', () => {
    for (const { name, policy } of own.alerts) {
      const key = 'for_each' in policy ? '${each.key}' : name;
      assert.equal(text(policy, 'display_name'), `${key} (\${var.environment})`);
      assert.equal(text(policy, 'notification_channels'), '${local.channels}', name);
      const documented = 'for_each' in policy ? 'each.key' : `"${name}"`;
      assert.equal(text(block(policy, 'documentation'), 'content'), `\${local.documentation[${documented}]}`);
      assert.equal(text(block(policy, 'alert_strategy'), 'auto_close'), '${local.auto_close}', name);
      const severity = 'for_each' in policy ? 'ERROR' : text(policy, 'severity');
      assert(['CRITICAL', 'ERROR', 'WARNING'].includes(severity), name);
    }
    // Monitoring closes after 30 minutes at the earliest.
    assert(Number(/^(\d+)s$/.exec(own.locals['auto_close'] as string)?.[1]) >= 1800);
  });

  it('have one condition of one kind each, with words of its own', () => {
    for (const alert of own.alerts) {
      const kinds = kindsOf(alert);
      assert.equal(kinds.length, alert.conditions.length, alert.name);
      assert(kinds.length >= 1 && kinds.length <= 6, alert.name);
      const words = alert.conditions.map((condition) => text(condition, 'display_name'));
      assert.equal(new Set(words).size, words.length, alert.name);
    }
  });

  it('that look for a line have that condition alone and a limit of notifications, as Monitoring asks', () => {
    const looking = own.alerts.filter((alert) => kindsOf(alert).includes('condition_matched_log'));
    assert(looking.length > 0);
    for (const { name, policy, conditions } of own.alerts) {
      const limit = block(block(policy, 'alert_strategy') ?? {}, 'notification_rate_limit');
      const isLooking = looking.some((one) => one.name === name);
      // The limit is refused where no line is looked for.
      assert.equal(limit !== undefined, isLooking, name);
      if (isLooking) assert.equal(conditions.length, 1, name);
    }
  });

  it('that look for a line name fields, messages and functions that lines have', () => {
    for (const { condition } of each('condition_matched_log')) {
      checkLogFilter(text(condition, 'filter').replace('${local.handled}', own.locals['handled'] as string), functions);
      for (const extractor of Object.values((condition['label_extractors'] ?? {}) as Record<string, string>))
        checkLogFilter(`${extractor.replace(/^EXTRACT\((.+)\)$/, '$1')}:*`, functions);
    }
  });

  it('that query name series that there are, by labels that they have', () => {
    const queries = each('condition_prometheus_query_language');
    assert(queries.length > 5);
    for (const { condition } of queries) checkPromql(text(condition, 'query'), own.metrics);
  });

  it('over metrics of our own can be made before the first line is logged', () => {
    for (const { name, condition } of each('condition_prometheus_query_language'))
      assert.equal(condition['disable_metric_validation'], true, name);
    for (const kind of ['condition_threshold', 'condition_absent']) {
      for (const { name, condition } of each(kind)) {
        for (const argument of ['filter', 'denominator_filter'])
          assert.doesNotMatch(text(condition, argument), /logging\.googleapis\.com\/user|local\.series/, name);
      }
    }
  });

  it('are evaluated by whole periods of 30 seconds and held for whole minutes', () => {
    for (const { name, condition } of each('condition_prometheus_query_language')) {
      assert.equal(Number(/^(\d+)s$/.exec(text(condition, 'evaluation_interval'))?.[1]) % 30, 0, name);
      const duration = text(condition, 'duration').replace(
        '${local.late_entries}',
        own.locals['late_entries'] as string,
      );
      if (duration !== '') assert.equal(Number(/^(\d+)s$/.exec(duration)?.[1]) % 60, 0, name);
    }
  });

  it('that compare name metrics that there are, on their resource', () => {
    let compared = 0;
    for (const { condition } of each('condition_threshold')) {
      if (text(condition, 'filter').startsWith('select_slo_burn_rate')) continue;
      const aggregation = block(condition, 'aggregations') as Record<string, unknown>;
      const groupBy = (aggregation['group_by_fields'] ?? []) as string[];
      const { isDistribution } = checkMonitoringFilter(text(condition, 'filter'), groupBy, own.metrics);
      assert.equal(isDistribution, text(aggregation, 'cross_series_reducer').startsWith('REDUCE_PERCENTILE'));
      compared++;
    }
    assert(compared >= 4);
  });

  it('of a tick count the tick’s own interval, and one market’s silence among others', () => {
    const [all, one] = each('condition_prometheus_query_language').filter(({ name }) => name === 'tick-missing');
    assert.match(text(all?.condition, 'query'), /\[\$\{local\.tick_window\}\]\)\) or vector\(0\)\) <= 0/);
    assert.match(text(one?.condition, 'query'), /unless/);
    assert.equal(own.locals['tick_window'], '${var.tick_missing_periods * var.tick_interval_seconds}s');
  });
});

describe('Objectives', () => {
  let own: Observability;
  before(async () => {
    own = await readObservability();
  });

  it('are of 28 days and of metrics that there are from the first apply on', () => {
    const slos = Object.values(own.resources['google_monitoring_slo'] ?? {});
    assert.equal(slos.length, 2);
    for (const slo of slos) {
      assert.equal(slo['rolling_period_days'], 28);
      const sli = block(slo, 'request_based_sli') ?? {};
      const filters = [...blocks(sli, 'distribution_cut'), ...blocks(sli, 'good_total_ratio')].flatMap((one) =>
        Object.entries(one).flatMap(([key, value]) => (key.endsWith('_filter') ? [value as string] : [])),
      );
      assert(filters.length > 0);
      for (const filter of filters)
        checkMonitoringFilter(
          filter.replaceAll('${local.own_requests}', own.locals['own_requests'] as string),
          [],
          own.metrics,
        );
    }
  });

  it('each have an alert of a fast and a slow burn, over a long window and a twelfth of it, both at once', () => {
    const slos = Object.keys(own.locals['slos'] as object);
    assert.deepEqual(
      slos.map((name) => name.replaceAll('-', '_')).sort(),
      Object.keys(own.resources['google_monitoring_slo'] ?? {}).sort(),
    );
    const burns = own.locals['burns'] as Record<string, { rate: number; long: string; short: string }>;
    const shares = Object.values(burns).map(({ rate, long, short }) => {
      assert.equal(parseInt(long, 10), 12 * parseInt(short, 10));
      return (rate * parseInt(long, 10)) / (28 * 86_400);
    });
    // Site Reliability Workbook, table 5-8: 2% of the budget in an hour, 5% in six.
    assert.deepEqual(
      shares.map((share) => Math.round(100 * share)),
      [2, 5],
    );
    const policy = own.resources['google_monitoring_alert_policy']?.['slo_burn'] ?? {};
    assert.equal(policy['combiner'], 'AND');
    const windows = blocks(policy, 'conditions').map((condition) =>
      text(block(condition, 'condition_threshold'), 'filter'),
    );
    assert.deepEqual(windows, [
      'select_slo_burn_rate("${local.slos[each.value.slo]}", "${each.value.long}")',
      'select_slo_burn_rate("${local.slos[each.value.slo]}", "${each.value.short}")',
    ]);
  });
});

describe('Variables of alerts', () => {
  it('are declared, described, checked and used', async () => {
    const { text: hcl, variables } = await readObservability();
    const used = new Set([...hcl.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name as string));
    for (const name of used) assert(variables.all.includes(name), `var.${name} is not declared`);
    const beyondChecks = hcl.replaceAll(/^variable [^]*?^}$/gm, '');
    for (const name of variables.own) assert(beyondChecks.includes(`var.${name}`), `var.${name} is not used`);
    for (const [declared, name] of hcl.matchAll(/^variable "(\w+)" [^]*?^}$/gm)) {
      assert.match(declared, /^ {2}description = "[A-Z].*\."$/m, name);
      assert.match(declared, /^ {2}validation \{$/m, name);
    }
  });
});

describe('The check of series', () => {
  const metrics = new Map([
    ['ticks', { description: '', filter: '', labels: ['market'] }],
    ['drain_age', { description: '', filter: '', labels: [], value: 'oldestMs' }],
  ]);
  const run = 'monitored_resource="cloud_run_revision"';
  const own = (name: string) => `logging_googleapis_com:user_andante_${name}`;
  const wrongQueries = [
    ['a metric of nobody', `increase(${own('tocks')}{${run}}[5m])`, /no metric is called/],
    ['no series', '1 > 0', /no series/],
    ['a label that a metric has not', `sum by (tenant) (increase(${own('ticks')}{${run}}[5m]))`, /no label tenant/],
    ['a matcher that a metric has not', `increase(${own('ticks')}{${run},campaign="c"}[5m])`, /no label campaign/],
    ['a distribution as it is', `increase(${own('drain_age')}{${run}}[5m])`, /_sum and _count/],
    ['a counter as a distribution', `increase(${own('ticks')}_sum{${run}}[5m])`, /_sum and _count/],
    ['no resource', `increase(${own('ticks')}{market="SE"}[5m])`, /needs its resource/],
    ['no braces', `increase(${own('ticks')}{${run}}[5m]) > increase(${own('ticks')}[1h])`, /without its resource/],
  ] as const;
  for (const [name, query, message] of wrongQueries) {
    it(`refuses ${name}`, () => {
      assert.throws(() => checkPromql(query, metrics), message);
    });
  }

  const wrongFilters = [
    ['no metric', 'resource.type="global"', [], /no metric/],
    [
      'a metric of nobody',
      'metric.type="run.googleapis.com/requests" AND resource.type="cloud_run_revision"',
      [],
      /called/,
    ],
    [
      'a metric on the resource of another',
      'metric.type="bigquery.googleapis.com/query/scanned_bytes_billed" AND resource.type="bigquery_project"',
      [],
      /the resource of/,
    ],
    [
      'groups that a metric has not',
      'metric.type="logging.googleapis.com/user/andante/ticks" AND resource.type="cloud_run_revision"',
      ['metric.labels.tenant'],
      /has no metric.labels.tenant/,
    ],
  ] as const;
  for (const [name, filter, groupBy, message] of wrongFilters) {
    it(`refuses a filter of ${name}`, () => {
      assert.throws(() => checkMonitoringFilter(filter, groupBy, metrics), message);
    });
  }
});
