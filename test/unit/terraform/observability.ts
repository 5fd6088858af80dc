// What terraform/ says of metrics, alerts, objectives, dashboard and runbook, read as text: expressions stay as they are written.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from '@cdktn/hcl2json';
import { topologyDir } from '../../../terraform/topology.ts';

/** A block: its arguments, and below it lists of blocks. */
export type Block = Record<string, unknown>;

export interface LogMetric {
  description: string;
  /** With what `local.handled` stands for. */
  filter: string;
  labels: string[];
  /** The field that a distribution is of. */
  value?: string;
  buckets?: string;
}

export interface Alert {
  name: string;
  policy: Block;
  conditions: Block[];
}

export interface Observability {
  metrics: Map<string, LogMetric>;
  alerts: Alert[];
  /** Locals of all files. */
  locals: Block;
  /** Resources by type and label. */
  resources: Record<string, Record<string, Block>>;
  /** Declared by us, and by others. */
  variables: { own: string[]; all: string[] };
  /** All of our HCL. */
  text: string;
}

const files = ['metrics', 'alerts', 'slos', 'dashboard', 'notifications', 'variables_observability'];

export async function readObservability(): Promise<Observability> {
  const texts = await Promise.all(files.map((name) => readTerraform(`${name}.tf`)));
  const parsed = await Promise.all(texts.map((text, index) => parse(`${files[index]}.tf`, text)));
  const locals = Object.assign({}, ...parsed.flatMap((file) => blocks(file, 'locals'))) as Block;
  const resources: Observability['resources'] = {};
  for (const file of parsed) {
    for (const [type, labelled] of Object.entries(
      (file['resource'] ?? {}) as Record<string, Record<string, Block[]>>,
    )) {
      for (const [label, [block]] of Object.entries(labelled)) (resources[type] ??= {})[label] = block as Block;
    }
  }
  const others = await parse('variables.tf', await readTerraform('variables.tf'));
  const own = parsed.flatMap((file) => Object.keys((file['variable'] ?? {}) as Block));
  return {
    metrics: metricsOf(locals),
    alerts: alertsOf(resources, locals),
    locals,
    resources,
    variables: { own, all: [...own, ...Object.keys(others['variable'] as Block)] },
    text: texts.join('\n'),
  };
}

export function readTerraform(path: string): Promise<string> {
  return readFile(resolve(topologyDir, path), 'utf8');
}

/** The blocks of one kind below a block. */
export function blocks(block: Block, kind: string): Block[] {
  return (block[kind] ?? []) as Block[];
}

/** The block of one kind, of which there may be one. */
export function block(of: Block, kind: string): Block | undefined {
  return blocks(of, kind)[0];
}

/** An argument that is text. */
export function text(of: Block | undefined, argument: string): string {
  const value = of?.[argument];
  return typeof value === 'string' ? value : '';
}

function metricsOf(locals: Block): Map<string, LogMetric> {
  const handled = locals['handled'] as string;
  const metrics = locals['metrics'] as Record<string, LogMetric>;
  return new Map(
    Object.entries(metrics).map(([name, metric]) => [
      name,
      { ...metric, filter: metric.filter.replaceAll('${local.handled}', handled) },
    ]),
  );
}

/** A policy for each objective and burn rate is that many alerts. */
function alertsOf(resources: Observability['resources'], locals: Block): Alert[] {
  return Object.entries(resources['google_monitoring_alert_policy'] ?? {}).flatMap(([label, policy]) => {
    const conditions = blocks(policy, 'conditions');
    if (!('for_each' in policy)) return [{ name: label.replaceAll('_', '-'), policy, conditions }];
    return Object.keys(locals['slos'] as Block).flatMap((slo) =>
      Object.keys(locals['burns'] as Block).map((burn) => ({ name: `${slo}-${burn}`, policy, conditions })),
    );
  });
}
