// Rules of what holds data: tables, views, the database of state and its rules, the bucket of bundles.
/* eslint-disable @typescript-eslint/no-base-to-string -- what is no text where one belongs is a finding of its own */
import { queriedFields, storedCollections } from '../stored-collections.ts';
import { readModuleFile } from '../configuration.ts';
import {
  append,
  compareNames,
  differs,
  edit,
  findings,
  isSame,
  joined,
  nested,
  resourcesOf,
  type Rule,
  type Subject,
} from '../rule.ts';
import type { Instance } from '../plan.ts';

const allTables = (subject: Subject) => resourcesOf(subject, 'google_bigquery_table');
const tables = (subject: Subject) =>
  allTables(subject).filter(({ values }) => values.view === undefined && values.materialized_view === undefined);
const views = (subject: Subject) => allTables(subject).filter(({ values }) => values.view !== undefined);
const queries = (subject: Subject) => resourcesOf(subject, 'google_bigquery_data_transfer_config');
const fields = (subject: Subject) => resourcesOf(subject, 'google_firestore_field');
const byHand = append(
  'bigquery.tf',
  'resource "google_bigquery_table" "extra" {\n  dataset_id = google_bigquery_dataset.dataset.dataset_id\n  table_id = "extra"\n}',
);
const table = (from: RegExp, to: string) =>
  edit('bigquery.tf', new RegExp(`(resource "google_bigquery_table" "table" \\{[^]*?)${from.source}`), `$1${to}`);

export const dataRules: Rule[] = [
  {
    name: 'Every table of the topology is there, with the generated schema, and no other',
    check: (subject) => [
      ...compareNames(
        'table',
        'bigquery.tf',
        Object.keys(subject.topology.tables),
        tables(subject).map(({ values }) => String(values.table_id)),
      ),
      ...findings(tables(subject), ({ values }) => {
        const entry = subject.topology.tables[String(values.table_id)];
        if (entry === undefined) return undefined;
        const schema: unknown = JSON.parse(readModuleFile(subject.configuration, entry.schema).toString());
        return joined(
          differs('dataset_id', values.dataset_id, subject.topology.dataset),
          !isSame(JSON.parse(String(values.schema ?? 'null')), schema) && `its schema is not ${entry.schema}`,
        );
      }),
    ],
    mutants: [
      table(
        /for_each = local\.topology\.tables/,
        'for_each = { for name, table in local.topology.tables : name => table if name != "quotes" }',
      ),
      table(/\$\{each\.value\.schema\}/, 'schemas/outcomes.json'),
      table(/\n *schema +=.*/, ''),
      edit(
        'bigquery.tf',
        'dataset_id                 = local.topology.dataset',
        'dataset_id                 = "other"',
      ),
      byHand,
    ],
  },
  {
    name: 'Every table is partitioned by its day: a query that names days pays for them alone',
    check: (subject) =>
      findings(tables(subject), ({ values }) => {
        const { type, field } = nested(values, 'time_partitioning');
        const entry = subject.topology.tables[String(values.table_id)];
        return joined(
          differs('type of time_partitioning', type, 'DAY'),
          differs('field of time_partitioning', field, entry?.partitionBy ?? 'event_date'),
        );
      }),
    mutants: [
      table(/time_partitioning \{[^}]*\}/, ''),
      table(/type {2}= "DAY"/, 'type  = "MONTH"'),
      table(/= each\.value\.partitionBy/, '= null'),
      table(/= each\.value\.partitionBy/, '= "ingested_at"'),
      byHand,
    ],
  },
  {
    name: 'Every table is clustered as the topology says',
    check: (subject) =>
      findings(tables(subject), ({ values }) => {
        const expected = subject.topology.tables[String(values.table_id)]?.clusterBy;
        if (expected !== undefined) return differs('clustering', values.clustering, expected);
        return !(Array.isArray(values.clustering) && values.clustering.length > 0) && 'add clustering';
      }),
    mutants: [
      table(/\n *clustering +=.*/, ''),
      table(/= each\.value\.clusterBy/, '= reverse(each.value.clusterBy)'),
      table(/= each\.value\.clusterBy/, '= []'),
      byHand,
    ],
  },
  {
    name: 'Tables refuse to be destroyed',
    check: (subject) =>
      findings(tables(subject), ({ values }) => differs('deletion_protection', values.deletion_protection, true)),
    mutants: [
      table(/\n *deletion_protection +=.*/, ''),
      table(/= var\.deletion_protection/, '= false'),
      edit('variables.tf', /(variable "deletion_protection"[^}]*default +=) true/, '$1 false'),
      byHand,
    ],
  },
  {
    name: 'The dataset does not take its tables with it, and its tables do not expire',
    check: (subject) =>
      atLeastOne(subject, 'google_bigquery_dataset', 'bigquery.tf', ({ values }) =>
        joined(
          differs('delete_contents_on_destroy', values.delete_contents_on_destroy ?? false, false),
          values.default_table_expiration_ms !== undefined && 'remove default_table_expiration_ms',
          values.default_partition_expiration_ms !== undefined && 'remove default_partition_expiration_ms',
        ),
      ),
    mutants: [
      edit('bigquery.tf', 'delete_contents_on_destroy = false', 'delete_contents_on_destroy = true'),
      edit('bigquery.tf', 'delete_contents_on_destroy = false', 'default_table_expiration_ms = 3600000'),
      edit('bigquery.tf', 'delete_contents_on_destroy = false', 'default_partition_expiration_ms = 3600000'),
      append(
        'bigquery.tf',
        'resource "google_bigquery_dataset" "extra" {\n  dataset_id = "extra"\n  delete_contents_on_destroy = true\n}',
      ),
    ],
  },
  {
    name: 'Every view of the topology is there, with its SQL, and no other',
    check: (subject) => [
      ...compareNames(
        'view',
        'bigquery.tf',
        Object.keys(subject.topology.views),
        views(subject).map(({ values }) => String(values.table_id)),
      ),
      ...findings(views(subject), ({ values }) => {
        const entry = subject.topology.views[String(values.table_id)];
        const { query, use_legacy_sql } = nested(values, 'view');
        return (
          entry !== undefined &&
          joined(
            query !== sqlOf(subject, entry.sql) && `its query is not ${entry.sql}`,
            differs('use_legacy_sql', use_legacy_sql, false),
          )
        );
      }),
    ],
    mutants: [
      edit('bigquery.tf', 'setsubtract(local.until_3, local.until_2)', '[]'),
      edit('bigquery.tf', 'use_legacy_sql = false', 'use_legacy_sql = true'),
      edit('bigquery.tf', /\n *use_legacy_sql = false/, ''),
      edit('bigquery.tf', /query( +)= .*view_sql\[.*/, 'query$1= "SELECT 1"'),
      edit('bigquery.tf', 'project = var.project_id, dataset', 'project = "other", dataset'),
    ],
  },
  {
    name: 'A view waits for the tables and views that it reads',
    check: (subject) => {
      const byName = new Map(allTables(subject).map((one) => [String(one.values.table_id), one]));
      return views(subject).flatMap((view) => {
        const query = String(nested(view.values, 'view').query);
        const before = waitsFor(subject, view);
        return [...byName].flatMap(([name, read]) =>
          read !== view && query.includes(`.${name}\``) && !before.has(read.name)
            ? [`${view.place}: reads ${name}, so it must wait for ${read.place}: add it to depends_on`]
            : [],
        );
      });
    },
    mutants: [
      edit('bigquery.tf', 'depends_on = [google_bigquery_table.table]', ''),
      edit('bigquery.tf', 'depends_on = [google_bigquery_table.view_3]', ''),
      edit('bigquery.tf', 'if length(reads) == 0', 'if true'),
    ],
  },
  {
    name: 'Every scheduled query of the topology runs, with its SQL, as an account of its own, and no other',
    check: (subject) => [
      ...compareNames(
        'query',
        'bigquery.tf',
        Object.keys(subject.topology.queries),
        queries(subject).map(({ values }) => String(values.display_name)),
      ),
      ...findings(queries(subject), ({ values }) => {
        const entry = subject.topology.queries[String(values.display_name)];
        const { query } = (values.params ?? {}) as { query?: string };
        const account = resourcesOf(subject, 'google_service_account').find(({ values: own }) =>
          String(values.service_account_name).startsWith(`${String(own.account_id)}@`),
        );
        return (
          entry !== undefined &&
          joined(
            differs('schedule', values.schedule, entry.schedule),
            query !== sqlOf(subject, entry.sql) && `its query is not ${entry.sql}`,
            account?.name !== 'query' && 'run it as its own service account, not as whoever applied',
            values.disabled === true && 'it is disabled',
          )
        );
      }),
    ],
    mutants: [
      edit('bigquery.tf', '= each.value.schedule', '= "every 24 hours"'),
      edit('bigquery.tf', /\n *service_account_name +=.*/, ''),
      edit(
        'bigquery.tf',
        'google_service_account.query[each.key].email',
        'google_service_account.function["quote"].email',
      ),
      edit('bigquery.tf', 'query = local.query_sql[each.key]', 'query = ""'),
      edit('bigquery.tf', 'for_each = local.topology.queries', 'for_each = {}'),
    ],
  },
  {
    name: 'The database is native, pessimistic and the one that the code opens',
    check: (subject) =>
      atLeastOne(subject, 'google_firestore_database', 'firestore.tf', ({ values }) =>
        joined(
          differs('name', values.name, '(default)'),
          differs('type', values.type, 'FIRESTORE_NATIVE'),
          differs('concurrency_mode', values.concurrency_mode, 'PESSIMISTIC'),
        ),
      ),
    mutants: [
      edit('firestore.tf', '"FIRESTORE_NATIVE"', '"DATASTORE_MODE"'),
      edit('firestore.tf', '"PESSIMISTIC"', '"OPTIMISTIC"'),
      edit('firestore.tf', /\n *concurrency_mode .*/, ''),
      edit('firestore.tf', '= "(default)"', '= "state"'),
    ],
  },
  {
    name: 'The database refuses to be deleted and can be restored to any minute of a week',
    check: (subject) =>
      atLeastOne(subject, 'google_firestore_database', 'firestore.tf', ({ values }) =>
        joined(
          differs('delete_protection_state', values.delete_protection_state, 'DELETE_PROTECTION_ENABLED'),
          differs(
            'point_in_time_recovery_enablement',
            values.point_in_time_recovery_enablement,
            'POINT_IN_TIME_RECOVERY_ENABLED',
          ),
        ),
      ),
    mutants: [
      edit('firestore.tf', /\n *delete_protection_state .*/, ''),
      edit('firestore.tf', '"DELETE_PROTECTION_ENABLED"', '"DELETE_PROTECTION_DISABLED"'),
      edit('firestore.tf', /\n *point_in_time_recovery_enablement .*/, ''),
      edit('firestore.tf', '"POINT_IN_TIME_RECOVERY_ENABLED"', '"POINT_IN_TIME_RECOVERY_DISABLED"'),
      edit(
        'firestore.tf',
        'var.deletion_protection ? "DELETE_PROTECTION_ENABLED"',
        '!var.deletion_protection ? "DELETE_PROTECTION_ENABLED"',
      ),
    ],
  },
  {
    name: 'The database is backed up every day, and backups are kept for a week at least',
    check: (subject) => {
      const daily = resourcesOf(subject, 'google_firestore_backup_schedule').filter(
        ({ values }) => values.daily_recurrence !== undefined,
      );
      const isKept = daily.some(
        ({ values }) => values.database === '(default)' && parseInt(String(values.retention)) >= 7 * 86_400,
      );
      return isKept
        ? []
        : ['firestore.tf: google_firestore_backup_schedule: add one with daily_recurrence and a retention of 604800s'];
    },
    mutants: [
      edit('firestore.tf', 'daily_recurrence {}', ''),
      edit('firestore.tf', '${7 * 86400}s', '86400s'),
      edit('firestore.tf', /resource "google_firestore_backup_schedule" "daily" \{[^]*?\n\}/, ''),
    ],
  },
  {
    name: 'No field of a collection is indexed but those that a query asks for: pages, plans, payloads and times are exempt',
    check: (subject) => {
      const exempt = fields(subject)
        .filter(({ values }) => isExempt(values) && values.field === '*')
        .map(({ values }) => String(values.collection));
      const asked = queriedFields(subject.configuration);
      return [
        ...[...storedCollections(subject.configuration)]
          .filter((name) => !exempt.includes(name))
          .map(
            (name) =>
              `firestore.tf: google_firestore_field: exempt every field of ${name}: a packed one has more entries than a document may`,
          ),
        ...findings(fields(subject), ({ values }) => {
          const name = `${String(values.collection)}.${String(values.field)}`;
          return !isExempt(values) && !asked.has(name) && `no query asks for ${name}: exempt it`;
        }),
      ];
    },
    mutants: [
      edit('firestore.tf', '"book", ', ''),
      edit('firestore.tf', '"quarantine"]', '"other"]'),
      edit(
        'firestore.tf',
        /field {6}= "\*"\n\n {2}index_config \{\}/,
        'field      = "*"\n\n  index_config {\n    indexes {\n      order = "ASCENDING"\n    }\n  }',
      ),
      edit('firestore.tf', /field {6}= "\*"\n\n {2}index_config \{\}/, 'field      = "*"'),
      edit('firestore.tf', /resource "google_firestore_field" "unindexed" \{[^]*?\n\}/, ''),
      append(
        'firestore.tf',
        'resource "google_firestore_field" "extra" {\n  collection = "plans"\n  field = "body"\n  index_config {\n    indexes {\n      order = "ASCENDING"\n    }\n  }\n}',
      ),
    ],
  },
  {
    name: 'Every field that a query asks for is indexed',
    check: (subject) => {
      const indexed = fields(subject).filter(
        ({ values }) => nested(values, 'index_config', 'indexes').order === 'ASCENDING',
      );
      const names = indexed.map(({ values }) => `${String(values.collection)}.${String(values.field)}`);
      return [...queriedFields(subject.configuration)]
        .filter((name) => !names.includes(name))
        .map(
          (name) => `firestore.tf: google_firestore_field: index ${name}: shared/store/firestore-store.ts asks for it`,
        );
    },
    mutants: [
      edit('firestore.tf', /\n *"ledger.undrained" .*/, ''),
      edit('firestore.tf', '"ASCENDING"', '"DESCENDING"'),
      edit('firestore.tf', 'field = "isOpen"', 'field = "open"'),
      edit('firestore.tf', 'for_each = local.queried_fields', 'for_each = {}'),
    ],
  },
  {
    name: 'What may be forgotten is, by a field without an index: an index over times is a hot one',
    check: (subject) => {
      const expiring = fields(subject).filter(({ values }) => values.ttl_config !== undefined);
      return [
        ...['ledger', 'quarantine', 'bookings', 'parts']
          .filter((name) => !expiring.some(({ values }) => values.collection === name && values.field === 'expireAt'))
          .map((name) => `firestore.tf: google_firestore_field: add ttl_config of expireAt of ${name}`),
        ...findings(expiring, ({ values }) =>
          joined(
            differs('field', values.field, 'expireAt'),
            !isExempt(values) && 'add index_config {}: its time is indexed',
          ),
        ),
      ];
    },
    mutants: [
      edit('firestore.tf', 'ttl_config {}', ''),
      edit('firestore.tf', /index_config \{\}\n {2}ttl_config/, 'ttl_config'),
      edit('firestore.tf', 'field      = "expireAt"', 'field      = "expiresAt"'),
      edit('firestore.tf', /expiring_collections = \["ledger", /, 'expiring_collections = ['),
    ],
  },
  {
    name: 'Nobody reaches the database from a browser: the rules deny everything, and they are in force',
    check: (subject) => {
      const rulesets = resourcesOf(subject, 'google_firebaserules_ruleset');
      const releases = resourcesOf(subject, 'google_firebaserules_release');
      const isReleased = releases.some(
        ({ values }) =>
          values.name === 'cloud.firestore' &&
          rulesets.some(({ name }) => String(values.ruleset_name).includes(`google_firebaserules_ruleset.${name}`)),
      );
      return [
        ...(isReleased ? [] : ['firestore.tf: google_firebaserules_release: release a ruleset to cloud.firestore']),
        ...findings(rulesets, ({ values }) => {
          const text = String(nested(values, 'source', 'files').content).replaceAll(/\/\/.*$/gm, '');
          const allows = [...text.matchAll(/\ballow\b[^;]*;/g)].map(([statement]) => statement.replaceAll(/\s+/g, ' '));
          return (
            !(allows.length === 1 && allows[0] === 'allow read, write: if false;' && text.includes('{document=**}')) &&
            'deny everything'
          );
        }),
      ];
    },
    mutants: [
      edit('firestore.rules', 'if false', 'if true'),
      edit('firestore.rules', 'if false', 'if request.auth != null'),
      edit('firestore.rules', 'allow read, write: if false;', 'allow read, write: if false;\n      allow get;'),
      edit('firestore.tf', '"cloud.firestore"', '"firebase.storage"'),
      edit('firestore.tf', 'file("${path.module}/firestore.rules")', '"rules_version = \'2\';"'),
    ],
  },
  {
    name: 'Buckets are private, keep what was replaced, and are not emptied to be deleted',
    check: (subject) =>
      atLeastOne(subject, 'google_storage_bucket', 'storage.tf', ({ values }) =>
        joined(
          differs('uniform_bucket_level_access', values.uniform_bucket_level_access, true),
          differs('public_access_prevention', values.public_access_prevention, 'enforced'),
          differs('enabled of versioning', nested(values, 'versioning').enabled, true),
          differs('force_destroy', values.force_destroy ?? false, false),
        ),
      ),
    mutants: [
      edit('storage.tf', 'uniform_bucket_level_access = true', 'uniform_bucket_level_access = false'),
      edit('storage.tf', /\n *uniform_bucket_level_access .*/, ''),
      edit('storage.tf', '"enforced"', '"inherited"'),
      edit('storage.tf', /\n *public_access_prevention .*/, ''),
      edit('storage.tf', /versioning \{[^}]*\}/, ''),
      edit('storage.tf', '= !var.deletion_protection', '= true'),
      append('storage.tf', 'resource "google_storage_bucket" "extra" {\n  name = "extra"\n  location = var.region\n}'),
    ],
  },
];

/** A rule that there must be something to hold of. */
function atLeastOne(subject: Subject, type: string, file: string, problem: Parameters<typeof findings>[1]): string[] {
  const instances = resourcesOf(subject, type);
  return instances.length === 0 ? [`${file}: ${type}: there is none`] : findings(instances, problem);
}

function isExempt(values: Instance['values']): boolean {
  return values.index_config !== undefined && nested(values, 'index_config').indexes === undefined;
}

function sqlOf({ configuration, plan, topology }: Subject, path: string): string {
  return readModuleFile(configuration, path)
    .toString()
    .replaceAll('${project}', String(plan.variables.project_id))
    .replaceAll('${dataset}', topology.dataset);
}

/** The names of the resources that a table's resource waits for, near and far. */
function waitsFor({ configuration }: Subject, { type, name }: Instance): Set<string> {
  const found = new Set<string>();
  const add = (own: string) => {
    const block = configuration.blocks.find((one) => one.type === type && one.name === own);
    for (const one of (block?.body.depends_on ?? []) as string[]) {
      const other = /^\$\{google_bigquery_table\.(\w+)\}$/.exec(one)?.[1];
      if (other !== undefined && !found.has(other)) {
        found.add(other);
        add(other);
      }
    }
  };
  add(name);
  return found;
}
