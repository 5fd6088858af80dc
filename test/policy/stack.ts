// One stack for the policy tests: the values that a user would give, and the files as they are or with changes.
import type { Topology } from '../../terraform/topology.ts';
import { readConfiguration, type Body } from './configuration.ts';
import { plan } from './plan.ts';
import type { Edit, Mutant, Subject } from './rule.ts';

export const stackVariables: Body = {
  project_id: 'demo-andante',
  region: 'europe-west1',
  environment: 'test',
  tenants: {
    'booking@acme.iam.gserviceaccount.com': { tenant_id: 'acme' },
    'someone@example.com': { tenant_id: 'other', requests_per_minute: 60, held_share: 0.1 },
  },
  ad_server_groups: { 'servers@ads.iam.gserviceaccount.com': 'group-1' },
  notification_emails: ['oncall@example.com'],
};

/** @throws when a file is no HCL, or the topology no JSON */
export async function subjectOf(texts: ReadonlyMap<string, string>, given: Body = stackVariables): Promise<Subject> {
  const configuration = await readConfiguration(texts);
  const topology = JSON.parse(texts.get('topology.json') as string) as Topology;
  return { configuration, plan: plan(configuration, given), topology };
}

/** @throws when what is to be changed is not there */
export function mutate(texts: ReadonlyMap<string, string>, mutant: Mutant): Map<string, string> {
  const changed = new Map(texts);
  for (const change of Array.isArray(mutant) ? mutant : [mutant]) {
    const text = changed.get(change.file) ?? '';
    const result = 'append' in change ? text + change.append : text.replace(change.from, change.to);
    if (result === text) throw new Error(`the line to break is gone: ${describeEdit(change)}`);
    changed.set(change.file, result);
  }
  return changed;
}

export function describeEdit(change: Edit): string {
  return 'append' in change
    ? `${change.file} + ${change.append.trim().replaceAll(/\s+/g, ' ')}`
    : `${change.file}: ${String(change.from)} -> ${change.to}`;
}
