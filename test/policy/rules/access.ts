// Rules of access: each account may do what its work needs, on the thing it needs, and nobody is anonymous.
/* eslint-disable @typescript-eslint/no-base-to-string -- what is no text where one belongs is a finding of its own */
import type { Instance } from '../plan.ts';
import { append, edit, findings, joined, lastPart, nested, resourcesOf, type Rule, type Subject } from '../rule.ts';

const grants = (subject: Subject) =>
  subject.plan.instances.filter(({ type }) => /_iam_(member|binding|policy)$/.test(type));
const projectGrants = (subject: Subject) => resourcesOf(subject, 'google_project_iam_member');
const grant = (role: string, member = 'google_service_account.function["quote"].member', more = '') =>
  append(
    'iam.tf',
    `resource "google_project_iam_member" "extra" {\n  project = var.project_id\n  role = "${role}"\n  member = ${member}\n${more}}`,
  );

/** Roles that are given on the whole project, and why there is no narrower place; `condition` narrows them. */
const projectRoles: Record<string, { why: string; condition?: RegExp }> = {
  'roles/datastore.user': {
    why: 'Firestore has no access of its own',
    condition: /^resource\.name == "projects\/[^"]+\/databases\/\(default\)"$/,
  },
  'roles/datastore.viewer': {
    why: 'Firestore has no access of its own',
    condition: /^resource\.name == "projects\/[^"]+\/databases\/\(default\)"$/,
  },
  'roles/bigquery.jobUser': { why: 'jobs belong to a project' },
  'roles/logging.logWriter': { why: 'logs belong to a project' },
  'roles/storage.objectViewer': {
    why: 'sources are in a bucket that Cloud Functions makes',
    condition: /^resource\.name\.startsWith\("projects\/_\/buckets\/gcf-v2-sources-/,
  },
};

export const accessRules: Rule[] = [
  {
    name: 'Nothing is open to everybody',
    check: (subject) => [
      ...subject.configuration.blocks
        .filter(({ kind, body }) => kind !== 'variable' && /allUsers|allAuthenticatedUsers/.test(JSON.stringify(body)))
        .map(
          ({ file, type, name }) => `${file}: ${type}.${name}: name who, instead of allUsers or allAuthenticatedUsers`,
        ),
      ...findings(
        subject.plan.instances,
        ({ values }) => /all(Authenticated)?Users/.test(JSON.stringify(values)) && 'name who may, instead of everybody',
      ),
    ],
    mutants: [
      edit('iam.tf', 'member   = each.value.member', 'member   = "allUsers"'),
      edit('iam.tf', 'member   = each.value.member', 'member   = "allAuthenticatedUsers"'),
      edit('iam.tf', 'member   = each.value.member', 'member   = join("", ["all", "Users"])'),
      append('locals.tf', 'locals {\n  everybody = ["allUsers"]\n}'),
    ],
  },
  {
    name: 'Nobody has a primitive role: neither owner nor editor nor viewer',
    check: (subject) =>
      findings(
        grants(subject),
        ({ values }) =>
          /^(roles\/)?(owner|editor|viewer)$/.test(String(values.role)) &&
          `replace ${String(values.role)} by the role that the work needs`,
      ),
    mutants: [
      grant('roles/editor'),
      grant('roles/owner'),
      grant('roles/viewer'),
      edit('iam.tf', '"roles/logging.logWriter"', '"roles/editor"'),
      append(
        'iam.tf',
        'resource "google_project_iam_binding" "extra" {\n  project = var.project_id\n  role = "roles/editor"\n  members = []\n}',
      ),
    ],
  },
  {
    name: 'On the whole project only what has no narrower place is granted',
    check: (subject) =>
      findings(projectGrants(subject), ({ values }) => {
        const known = projectRoles[String(values.role)];
        if (known === undefined) return `grant ${String(values.role)} on what is used, not on the project`;
        const condition = String(nested(values, 'condition').expression ?? '');
        return (
          known.condition !== undefined &&
          !known.condition.test(condition) &&
          `narrow ${String(values.role)} by a condition (${known.why})`
        );
      }),
    mutants: [
      grant('roles/pubsub.publisher'),
      grant('roles/bigquery.dataEditor'),
      grant('roles/run.invoker'),
      grant('roles/datastore.user'),
      edit('iam.tf', /condition \{\s+title += "state-database-only"[^]*?\n {2}\}/, ''),
      edit('iam.tf', /condition \{\s+title += "function-sources-only"[^]*?\n {2}\}/, ''),
      edit('iam.tf', '"roles/bigquery.jobUser"', '"roles/bigquery.admin"'),
    ],
  },
  {
    name: 'Grants are added, never replaced: a binding or a policy would take away what Google gave its agents',
    check: (subject) =>
      findings(subject.plan.instances, ({ type, values }) =>
        joined(
          /_iam_(binding|policy)$/.test(type) && 'grant with the _iam_member of this type',
          type === 'google_bigquery_dataset' &&
            values.access !== undefined &&
            'grant with google_bigquery_dataset_iam_member',
        ),
      ),
    mutants: [
      append(
        'iam.tf',
        'resource "google_pubsub_topic_iam_binding" "extra" {\n  topic = "reconcile"\n  role = "roles/pubsub.publisher"\n  members = []\n}',
      ),
      append(
        'iam.tf',
        'resource "google_project_iam_policy" "extra" {\n  project = var.project_id\n  policy_data = ""\n}',
      ),
      edit(
        'bigquery.tf',
        'delete_contents_on_destroy = false',
        'access {\n    role = "READER"\n    special_group = "allReaders"\n  }',
      ),
    ],
  },
  {
    name: 'Service accounts have no keys',
    check: (subject) =>
      findings(
        resourcesOf(subject, 'google_service_account_key', 'google_storage_hmac_key', 'google_apikeys_key'),
        () => 'remove it: accounts are used without keys',
      ),
    mutants: [
      append(
        'service_accounts.tf',
        'resource "google_service_account_key" "extra" {\n  service_account_id = google_service_account.pusher.name\n}',
      ),
    ],
  },
  {
    name: 'No secret is in the configuration, its values or its state',
    check: (subject) => {
      const secretName = /(password|passwd|secret|token|api_?key|private_?key|credential)s?$/i;
      const secretText = /-----BEGIN|AIza[0-9A-Za-z_-]{35}|ya29\.|"private_key"|xox[bp]-|ghp_[A-Za-z0-9]{30}/;
      const { configuration } = subject;
      const texts = [...configuration.texts].filter(([path]) => /\.(tf|tfvars|tfbackend|json|tftpl|rules)$/.test(path));
      return [
        ...texts
          .filter(([, text]) => secretText.test(text))
          .map(([path]) => `${path}: a key is written here: revoke it`),
        ...configuration.blocks
          .filter(({ kind, name }) => (kind === 'variable' || kind === 'output') && secretName.test(name))
          .map(
            ({ file, kind, name }) =>
              `${file}: ${kind}.${name}: it would be in the state: let the function read Secret Manager`,
          ),
        ...findings(subject.plan.instances, ({ type, values, block }) =>
          joined(
            type === 'google_secret_manager_secret_version' &&
              values.secret_data !== undefined &&
              'add the version by hand: secret_data is in the state',
            /^(random_password|tls_private_key)$/.test(type) && 'what it makes is in the state',
            ...namesIn([block.body, values])
              .filter((name) => secretName.test(name) && !/^(oidc_token|secret)$/.test(name))
              .map((name) => `${name} is in the state`),
          ),
        ),
      ];
    },
    mutants: [
      append('variables.tf', 'variable "webhook_token" {\n  description = "x"\n  type = string\n  default = ""\n}'),
      append(
        'iam.tf',
        'resource "google_secret_manager_secret_version" "extra" {\n  secret = "x"\n  secret_data = "hunter2"\n}',
      ),
      append('iam.tf', 'resource "random_password" "extra" {\n  length = 16\n}'),
      edit('functions.tf', 'LOG_LEVEL ', 'API_KEY = "hunter2"\n    LOG_LEVEL '),
      append(
        'notifications.tf',
        'resource "google_monitoring_notification_channel" "extra" {\n  type = "slack"\n  sensitive_labels {\n    auth_token = "hunter2"\n  }\n}',
      ),
      append('locals.tf', 'locals {\n  pem = "-----BEGIN PRIVATE KEY-----"\n}'),
    ],
  },
  {
    name: 'A function may do to Firestore what the topology says, no more and no less',
    check: (subject) =>
      compareGrants(
        subject,
        'Firestore',
        projectGrants(subject).filter(({ values }) => String(values.role).startsWith('roles/datastore.')),
        (_, entry) =>
          entry.access.firestore === undefined
            ? []
            : [entry.access.firestore === 'write' ? 'roles/datastore.user' : 'roles/datastore.viewer'],
        ({ values }) => String(values.role),
      ),
    mutants: [
      edit(
        'iam.tf',
        'each.value == "write" ? "roles/datastore.user" : "roles/datastore.viewer"',
        '"roles/datastore.user"',
      ),
      edit('iam.tf', 'for_each = local.stateful_functions', 'for_each = {}'),
      edit('iam.tf', 'name => function.access.firestore if can(function.access.firestore)', 'name => "write"'),
    ],
  },
  {
    name: 'A function publishes to the topics that the topology says, and to no other',
    check: (subject) =>
      compareGrants(
        subject,
        'publishing',
        resourcesOf(subject, 'google_pubsub_topic_iam_member').filter(({ values }) =>
          /publisher|editor|admin/.test(String(values.role)),
        ),
        (_, entry) => entry.access.publishes ?? [],
        ({ values }) => lastPart(values.topic),
      ),
    mutants: [
      edit('iam.tf', 'for_each = local.publishes', 'for_each = {}'),
      edit('iam.tf', 'google_pubsub_topic.topic[each.value.topic].name', 'google_pubsub_topic.topic["reconcile"].name'),
      append(
        'iam.tf',
        'resource "google_pubsub_topic_iam_member" "extra" {\n  topic = "reconcile"\n  role = "roles/pubsub.publisher"\n  member = google_service_account.function["quote"].member\n}',
      ),
    ],
  },
  {
    name: 'A function appends to the tables that the topology says, and to no other',
    check: (subject) =>
      compareGrants(
        subject,
        'appending',
        resourcesOf(subject, 'google_bigquery_table_iam_member'),
        (_, entry) => entry.access.appends ?? [],
        ({ values }) => String(values.table_id),
      ),
    mutants: [
      edit('iam.tf', 'for_each = local.appends', 'for_each = {}'),
      edit(
        'iam.tf',
        'google_bigquery_table.table[each.value.table].table_id\n  role       = google_project_iam_custom_role.appender.id\n  member     = google_service_account.function',
        'google_bigquery_table.table["outcomes"].table_id\n  role       = google_project_iam_custom_role.appender.id\n  member     = google_service_account.function',
      ),
    ],
  },
  {
    name: 'A function reads the dataset and runs jobs where the topology says that it queries, and nowhere else',
    check: (subject) => [
      ...compareGrants(
        subject,
        'reading',
        resourcesOf(subject, 'google_bigquery_dataset_iam_member'),
        (_, entry) => (entry.access.queries ? ['roles/bigquery.dataViewer'] : []),
        ({ values }) => String(values.role),
      ),
      ...compareGrants(
        subject,
        'querying',
        projectGrants(subject).filter(({ values }) => String(values.role).startsWith('roles/bigquery.')),
        (_, entry) => (entry.access.queries ? ['roles/bigquery.jobUser'] : []),
        ({ values }) => String(values.role),
      ),
    ],
    mutants: [
      edit('iam.tf', /("reader" \{\s+for_each = )local.querying_functions/, '$1local.topology.functions'),
      edit('iam.tf', /("jobs" \{\s+for_each = )local.querying_functions/, '$1{}'),
      edit('iam.tf', '"roles/bigquery.dataViewer"', '"roles/bigquery.dataOwner"'),
      grant('roles/bigquery.jobUser', 'google_service_account.function["plan"].member'),
    ],
  },
  {
    name: 'Pub/Sub may call every function that is pushed to, as the pusher, and sign as it',
    check: (subject) => {
      const pusher = memberOf(subject, 'pusher');
      const called = invokersOf(subject)
        .filter(({ values }) => values.member === pusher)
        .map(({ values }) => String(values.name));
      const signs = resourcesOf(subject, 'google_service_account_iam_member').some(
        ({ values }) =>
          String(values.service_account_id).endsWith(`/${pusher.replace('serviceAccount:', '')}`) &&
          values.role === 'roles/iam.serviceAccountTokenCreator' &&
          String(values.member).includes('@gcp-sa-pubsub.'),
      );
      return [
        ...Object.entries(subject.topology.functions)
          .filter(([name, { trigger }]) => trigger.kind === 'pubsub' && !called.includes(name))
          .map(
            ([name]) =>
              `iam.tf: google_cloud_run_v2_service_iam_member.pusher: grant roles/run.invoker on ${name} to the pusher`,
          ),
        ...(signs
          ? []
          : ['iam.tf: google_service_account_iam_member: let the Pub/Sub agent create tokens of the pusher']),
      ];
    },
    mutants: [
      edit('iam.tf', 'for_each = local.pushed_functions', 'for_each = {}'),
      edit(
        'iam.tf',
        'member   = google_service_account.pusher.member',
        'member   = google_service_account.builder.member',
      ),
      edit(
        'iam.tf',
        /(pubsub_mints_tokens[^}]*role +=) "roles\/iam.serviceAccountTokenCreator"/,
        '$1 "roles/iam.serviceAccountUser"',
      ),
      edit(
        'iam.tf',
        'service_account_id = google_service_account.pusher.name',
        'service_account_id = google_service_account.builder.name',
      ),
    ],
  },
  {
    name: 'A function is called by the pusher, or by those whom the variables name for it, and by nobody else',
    check: (subject) => {
      const { tenants = {}, ad_server_groups = {} } = subject.plan.variables as Record<string, object>;
      const emails = {
        tenants: Object.keys(tenants),
        'ad-servers': Object.keys(ad_server_groups),
        all: Object.keys({ ...tenants, ...ad_server_groups }),
      };
      const pusher = memberOf(subject, 'pusher');
      const expected = Object.entries(subject.topology.functions).flatMap(([name, { trigger }]) =>
        trigger.kind === 'pubsub'
          ? [`${pusher} calls ${name}`]
          : emails[trigger.callers].map((email) => `${memberFor(email)} calls ${name}`),
      );
      const actual = invokersOf(subject).map(({ values }) => `${String(values.member)} calls ${String(values.name)}`);
      return [
        ...expected
          .filter((one) => !actual.includes(one))
          .map((one) => `iam.tf: google_cloud_run_v2_service_iam_member: grant it that ${one}`),
        ...actual
          .filter((one) => !expected.includes(one))
          .map((one) => `iam.tf: google_cloud_run_v2_service_iam_member: take away that ${one}`),
      ];
    },
    mutants: [
      edit('iam.tf', 'for_each = local.calls', 'for_each = {}'),
      edit('iam.tf', 'local.emails_of_callers[function.trigger.callers]', 'local.emails_of_callers["all"]'),
      edit('iam.tf', /(pusher" \{\s+for_each = )local.pushed_functions/, '$1local.topology.functions'),
      append(
        'iam.tf',
        'resource "google_cloud_run_v2_service_iam_member" "extra" {\n  location = var.region\n  name = "quote"\n  role = "roles/run.invoker"\n  member = "domain:example.com"\n}',
      ),
      append(
        'iam.tf',
        'resource "google_cloudfunctions2_function_iam_member" "extra" {\n  cloud_function = "quote"\n  role = "roles/cloudfunctions.invoker"\n  member = "user:a@example.com"\n}',
      ),
    ],
  },
  {
    name: 'A role of our own says what it permits, and nothing that changes access or deletes',
    check: (subject) =>
      findings(resourcesOf(subject, 'google_project_iam_custom_role'), ({ values }) => {
        const wide = (values.permissions as string[]).filter((one) =>
          /\*|setIamPolicy|\.delete$|\.create$|actAs/.test(one),
        );
        return wide.length > 0 && `take away ${wide.join(', ')}`;
      }),
    mutants: [
      edit('iam.tf', '"bigquery.tables.updateData"]', '"bigquery.tables.updateData", "bigquery.tables.delete"]'),
      edit('iam.tf', '"bigquery.tables.updateData"]', '"bigquery.datasets.setIamPolicy"]'),
    ],
  },
];

/** Compares what functions are granted with what the topology says, and refuses users and other strangers. */
function compareGrants(
  subject: Subject,
  what: string,
  instances: Instance[],
  expectedOf: (name: string, entry: Subject['topology']['functions'][string]) => string[],
  valueOf: (instance: Instance) => string,
): string[] {
  const byMember = Map.groupBy(instances, ({ values }) => String(values.member));
  const found = Object.entries(subject.topology.functions).flatMap(([name, entry]) => {
    const member = memberOf(subject, 'function', name);
    const actual = (byMember.get(member) ?? []).map(valueOf);
    byMember.delete(member);
    const expected = expectedOf(name, entry);
    return [
      ...expected
        .filter((one) => !actual.includes(one))
        .map((one) => `iam.tf: ${what}: the function ${name} needs ${one}: topology.json says so`),
      ...actual
        .filter((one) => !expected.includes(one))
        .map((one) => `iam.tf: ${what}: the function ${name} is granted ${one}, which topology.json does not say`),
    ];
  });
  const strangers = [...byMember].filter(([member]) => !/^serviceAccount:(query-|service-\d+@gcp-sa-)/.test(member));
  return [...found, ...strangers.map(([member]) => `iam.tf: ${what}: take it away from ${member}`)];
}

function invokersOf(subject: Subject): Instance[] {
  return resourcesOf(
    subject,
    'google_cloud_run_v2_service_iam_member',
    'google_cloud_run_service_iam_member',
    'google_cloudfunctions2_function_iam_member',
  );
}

function memberOf(subject: Subject, name: string, key?: string): string {
  const account = resourcesOf(subject, 'google_service_account').find((one) => one.name === name && one.key === key);
  return `serviceAccount:${String(account?.values.account_id)}@${String(subject.plan.variables.project_id)}.iam.gserviceaccount.com`;
}

function memberFor(email: string): string {
  return `${email.endsWith('.gserviceaccount.com') ? 'serviceAccount' : 'user'}:${email}`;
}

function namesIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(namesIn)];
}
