// Names of time series compared with those that exist: our own by metrics.tf, Google's by a list of the few that are used.
import assert from 'node:assert/strict';
import type { LogMetric } from './observability.ts';

/**
 * Metric types of Google and the monitored resource of each, with the labels that a chart or an alert may go by.
 * https://cloud.google.com/monitoring/api/metrics_gcp
 */
const googleMetrics: Record<string, { resource: string; labels: string[] }> = {
  'run.googleapis.com/request_count': {
    resource: 'cloud_run_revision',
    labels: ['service_name', 'response_code_class'],
  },
  'run.googleapis.com/request_latencies': {
    resource: 'cloud_run_revision',
    labels: ['service_name', 'response_code_class'],
  },
  'pubsub.googleapis.com/subscription/num_undelivered_messages': {
    resource: 'pubsub_subscription',
    labels: ['subscription_id'],
  },
  'pubsub.googleapis.com/subscription/oldest_unacked_message_age': {
    resource: 'pubsub_subscription',
    labels: ['subscription_id'],
  },
  'bigquery.googleapis.com/query/scanned_bytes_billed': { resource: 'global', labels: [] },
  'firestore.googleapis.com/document/read_ops_count': { resource: 'firestore.googleapis.com/Database', labels: [] },
  'firestore.googleapis.com/document/write_ops_count': { resource: 'firestore.googleapis.com/Database', labels: [] },
};

const OWN = 'logging.googleapis.com/user/andante/';

/** Where a metric comes from, whether it is a distribution, and the labels it has. */
interface Series {
  resource: string;
  labels: readonly string[];
  isDistribution: boolean;
}

/**
 * A filter of Cloud Monitoring: one metric that exists, on its own resource, by labels it has.
 * @throws AssertionError
 */
export function checkMonitoringFilter(
  filter: string,
  groupBy: readonly string[],
  metrics: ReadonlyMap<string, LogMetric>,
): Series {
  const type = /\bmetric\.type="([^"]+)"/.exec(filter)?.[1];
  assert(type !== undefined, `no metric: ${filter}`);
  const series = seriesOf(type, metrics);
  assert.equal(/\bresource\.type="([^"]+)"/.exec(filter)?.[1], series.resource, `the resource of ${type}: ${filter}`);
  const paths = [...filter.matchAll(/\b((?:metric|resource)\.labels\.\w+)/g)].map(([path]) => path);
  for (const path of [...paths, ...groupBy]) {
    const [, label] = /^(?:metric|resource)\.labels\.(\w+)$/.exec(path) ?? [];
    assert(label !== undefined && series.labels.includes(label), `${type} has no ${path}`);
  }
  return series;
}

/**
 * A query in PromQL: every series in it exists, names its resource, is read by `_sum` and `_count` just where it is a
 * distribution, and is summed by labels it has. `local.series["x"]` of Terraform stands for the series of metric x.
 * @throws AssertionError
 */
export function checkPromql(query: string, metrics: ReadonlyMap<string, LogMetric>): void {
  const named = query
    .replaceAll(/\$\{local\.series\["(\w+)"\]\}/g, 'logging_googleapis_com:user_andante_$1')
    .replaceAll('${local.own_run}', 'monitored_resource="cloud_run_revision"');
  const selectors = [...named.matchAll(/\b([a-z]+_googleapis_com:\w+)\{([^}]*(?:\$\{[^}]*\}[^}]*)*)\}/g)];
  assert(selectors.length > 0, `no series: ${query}`);
  assert.equal(
    selectors.length,
    (named.match(/_googleapis_com:/g) ?? []).length,
    `a series without its resource: ${query}`,
  );
  const groups = [...named.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels]) => (labels as string).split(', '));
  for (const [, name, matchers] of selectors) {
    const { series, suffix } = promSeries(name as string, metrics);
    assert.equal(series.isDistribution, /^_(sum|count)$/.test(suffix), `${name}: a distribution has _sum and _count`);
    assert((matchers as string).includes(`monitored_resource="${series.resource}"`), `${name} needs its resource`);
    const matched = [...(matchers as string).matchAll(/(\w+)(?:=~|!=|=)"/g)].map(([, label]) => label as string);
    for (const label of [...matched, ...groups])
      assert(label === 'monitored_resource' || series.labels.includes(label), `${name} has no label ${label}`);
  }
}

function promSeries(name: string, metrics: ReadonlyMap<string, LogMetric>): { series: Series; suffix: string } {
  const types = [...Object.keys(googleMetrics), ...[...metrics.keys()].map((own) => `${OWN}${own}`)];
  const found = types
    .map((type) => ({ type, prom: type.replaceAll('.', '_').replace('/', ':').replaceAll('/', '_') }))
    .filter(({ prom }) => name === prom || new RegExp(`^${prom}_(sum|count)$`).test(name))
    .at(0);
  assert(found, `no metric is called ${name}`);
  return { series: seriesOf(found.type, metrics), suffix: name.slice(found.prom.length) };
}

function seriesOf(type: string, metrics: ReadonlyMap<string, LogMetric>): Series {
  const own = type.startsWith(OWN) ? metrics.get(type.slice(OWN.length)) : undefined;
  if (own)
    return {
      resource: 'cloud_run_revision',
      labels: [...own.labels, 'service_name'],
      isDistribution: own.value !== undefined,
    };
  const google = googleMetrics[type];
  assert(google, `no metric is called ${type}`);
  return { ...google, isDistribution: type.endsWith('latencies') };
}
