// What a plan of Terraform would do, in words: from `terraform show -json` (https://developer.hashicorp.com/terraform/internals/json-format).

/** As much of the plan's JSON as is read here. */
export interface TerraformPlan {
  format_version: string;
  resource_changes?: {
    address: string;
    type: string;
    change: { actions: string[]; before: Record<string, unknown> | null };
  }[];
}

export interface PlanSummary {
  created: string[];
  changed: string[];
  /** Destroyed and made anew. */
  replaced: string[];
  destroyed: string[];
  /** Of those replaced or destroyed, the ones that take data with them. */
  losesData: string[];
}

/** What holds what cannot be made again: state, outcomes, and messages that wait. */
const dataTypes = [
  'google_firestore_database',
  'google_bigquery_dataset',
  'google_bigquery_table',
  'google_pubsub_subscription',
];

/**
 * Addresses by what becomes of them, sorted.
 * @throws Error when this is no plan of a format that is known
 */
export function summarizePlan(json: string): PlanSummary {
  const plan = JSON.parse(json) as TerraformPlan;
  if (!/^1\./.test(String(plan.format_version)))
    throw new Error(`a plan of format 1 is expected, not ${String(plan.format_version)}`);
  const summary: PlanSummary = { created: [], changed: [], replaced: [], destroyed: [], losesData: [] };
  for (const { address, type, change } of plan.resource_changes ?? []) {
    const isGone = change.actions.includes('delete');
    if (isGone) summary[change.actions.includes('create') ? 'replaced' : 'destroyed'].push(address);
    else if (change.actions.includes('create')) summary.created.push(address);
    else if (change.actions.includes('update')) summary.changed.push(address);
    if (isGone && dataTypes.includes(type) && !isView(change.before)) summary.losesData.push(address);
  }
  for (const addresses of Object.values(summary) as string[][]) addresses.sort();
  return summary;
}

/** A view is a table to Terraform, and holds nothing. */
function isView(before: Record<string, unknown> | null): boolean {
  const view = before?.['view'];
  return Array.isArray(view) && view.length > 0;
}

/** The summary as lines: a count of each, and the addresses under it. */
export function describePlan(summary: PlanSummary): string {
  const parts = [
    ['created', summary.created],
    ['changed in place', summary.changed],
    ['destroyed and made anew', summary.replaced],
    ['destroyed', summary.destroyed],
  ] as const;
  const lines = parts
    .filter(([, addresses]) => addresses.length > 0)
    .flatMap(([what, addresses]) => [`${addresses.length} ${what}:`, ...addresses.map((address) => `  ${address}`)]);
  return lines.length === 0 ? 'nothing to change: what runs is what is here' : lines.join('\n');
}
