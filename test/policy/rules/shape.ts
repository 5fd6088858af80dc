// Rules of the configuration as such: what it is written for, what it refers to, that nothing is by hand that the topology says.
/* eslint-disable @typescript-eslint/no-base-to-string -- what is no text where one belongs is a finding of its own */
import { placeOf, readModuleFile, referencesIn, type Block, type Configuration } from '../configuration.ts';
import { checkArguments, defaultArgumentsPath, readProvider } from '../provider-arguments.ts';
import { append, edit, findings, type Rule } from '../rule.ts';

const provider = readProvider(defaultArgumentsPath());
const ofKind = ({ blocks }: Configuration, kind: Block['kind']) => blocks.filter((block) => block.kind === kind);

/** Resources that stand for entries of the topology, and the part of it that they are made from. */
const fromTopology: Record<string, string> = {
  google_cloudfunctions2_function: 'functions',
  google_pubsub_topic: 'topics',
  google_pubsub_subscription: 'subscriptions',
  google_cloud_scheduler_job: 'schedules',
  google_bigquery_table: 'tables or views',
  google_bigquery_data_transfer_config: 'queries',
};

/** Attributes that the provider adds to those of its arguments. */
const exported =
  /^(id|name|email|member|unique_id|uri|url|number|self_link|state|project|location|dataset_id|table_id|role_id|service_config|build_config|topic)$/;

/** The API that a type of resource is made through. */
const apis: [prefix: string, api: string][] = [
  ['google_artifact_registry_', 'artifactregistry'],
  ['google_bigquery_data_transfer_', 'bigquerydatatransfer'],
  ['google_bigquery_', 'bigquery'],
  ['google_cloud_run_', 'run'],
  ['google_cloud_scheduler_', 'cloudscheduler'],
  ['google_cloudfunctions2_', 'cloudfunctions'],
  ['google_cloudfunctions2_', 'cloudbuild'],
  ['google_firebaserules_', 'firebaserules'],
  ['google_firestore_', 'firestore'],
  ['google_logging_', 'logging'],
  ['google_monitoring_', 'monitoring'],
  ['google_project_iam_', 'cloudresourcemanager'],
  ['google_pubsub_', 'pubsub'],
  ['google_service_account', 'iam'],
  ['google_storage_', 'storage'],
];

export const shapeRules: Rule[] = [
  {
    name: 'Everything can be worked out: files are there, values fit their variables, conditions hold',
    check: ({ plan }) => plan.problems,
    mutants: [
      edit('locals.tf', '/topology.json', '/other.json'),
      edit('firestore.tf', '/firestore.rules', '/other.rules'),
      edit('pubsub.tf', 'each.value.retentionDays', 'each.value.retention'),
      edit('topology.json', '"schemas/quotes.json"', '"schemas/none.json"'),
      edit('variables.tf', /(variable "log_level"[^]*?default +=) "info"/, '$1 "loud"'),
      edit(
        'iam.tf',
        'google_service_account.function[each.value.function]',
        'google_service_account.function[each.value.topic]',
      ),
      edit(
        'locals.tf',
        'local.topology.functions : name => function if function.trigger.kind == "http"',
        'local.http_functions : name => function',
      ),
    ],
  },
  {
    name: 'What is referred to is there',
    check: ({ configuration }) => {
      const names = new Set(
        configuration.blocks.flatMap(({ kind, type, name, body }) => {
          if (kind === 'locals') return Object.keys(body).map((own) => `local.${own}`);
          return [
            kind === 'variable' ? `var.${name}` : kind === 'resource' ? `${type}.${name}` : `${kind}.${type}.${name}`,
          ];
        }),
      );
      return configuration.blocks.flatMap((block) =>
        referencesIn(block).flatMap((reference) => {
          const [root, first, second] = reference as [string, string?, string?];
          if (/^(each|count|path|self|terraform)$/.test(root)) return [];
          const target = root === 'data' ? [root, first, second] : [root, first];
          return names.has(target.join('.')) ? [] : [`${placeOf(block)}: ${target.join('.')} is not there`];
        }),
      );
    },
    mutants: [
      edit('pubsub.tf', 'google_service_account.pusher.email', 'google_service_account.pushers.email'),
      edit('functions.tf', '= var.region', '= var.location'),
      edit('pubsub.tf', 'for_each = local.push_subscriptions', 'for_each = local.pushes'),
      edit('locals.tf', 'data.google_project.project.number', 'data.google_project.current.number'),
      edit('pubsub.tf', 'depends_on = [google_project_service.api]', 'depends_on = [google_project_service.apis]'),
    ],
  },
  {
    name: 'What is referred to of a resource is one of its arguments, or exported by the provider',
    check: ({ configuration }) =>
      configuration.blocks.flatMap((block) =>
        referencesIn(block).flatMap(([type, name, attribute]) => {
          const target = configuration.blocks.find(
            (own) => own.kind === 'resource' && own.type === type && own.name === name,
          );
          const isKnown =
            attribute === undefined ||
            exported.test(attribute) ||
            (target !== undefined && attribute in target.body) ||
            provider?.[String(type)]?.['']?.[attribute] !== undefined;
          return target === undefined || isKnown ? [] : [`${placeOf(block)}: ${String(type)} has no ${attribute}`];
        }),
      ),
    mutants: [
      edit('pubsub.tf', 'google_service_account.pusher.email', 'google_service_account.pusher.mail'),
      edit('bigquery.tf', 'google_bigquery_dataset.dataset.dataset_id', 'google_bigquery_dataset.dataset.datasetId'),
    ],
  },
  {
    name: 'Every argument and block exists in the provider, and none that it requires is missing',
    check: ({ configuration }) => checkArguments(configuration.blocks, provider),
    mutants: [
      edit('firestore.tf', /(release" "firestore" \{[^]*?)ruleset_name/, '$1ruleset'),
      edit('firestore.tf', /source \{\s+files/, 'sources {\n    files'),
      append('storage.tf', 'resource "aws_s3_bucket" "extra" {\n  bucket = "extra"\n}'),
      ...(provider === undefined
        ? []
        : [
            edit('pubsub.tf', 'ack_deadline_seconds ', 'ack_deadline '),
            edit('pubsub.tf', 'minimum_backoff', 'min_backoff'),
            edit('pubsub.tf', 'oidc_token {', 'oidc {'),
            edit('functions.tf', /\n *location = var.region/, ''),
            edit('functions.tf', 'timeout_seconds ', 'timeout '),
            edit('firestore.tf', /\n *type +=.*/, ''),
            edit('pubsub.tf', 'retry_policy {', 'retry_policy = {'),
            edit('pubsub.tf', /(oidc_token \{)\s+service_account_email.*/, '$1'),
            edit('iam.tf', /\n *role = "roles\/pubsub.subscriber"|\n *role +=.*subscriber"/, ''),
            edit('metrics.tf', 'metric_kind', 'kind'),
            append('storage.tf', 'resource "google_storage_buckets" "extra" {\n  name = "extra"\n}'),
          ]),
    ],
  },
  {
    name: 'What the topology lists is made from it, not by hand',
    check: ({ configuration }) =>
      configuration.blocks
        .filter(({ kind, type }) => kind === 'resource' && fromTopology[type] !== undefined)
        .filter((block) => !comesFromTopology(configuration, block))
        .map(
          (block) => `${placeOf(block)}: add an entry to ${String(fromTopology[block.type])} of topology.json instead`,
        ),
    mutants: [
      append('pubsub.tf', 'resource "google_pubsub_topic" "extra" {\n  name = "reconcile"\n}'),
      edit('pubsub.tf', 'toset(local.topology.topics)', 'toset(["reconcile"])'),
      edit('locals.tf', /topology = jsondecode\(file\(.*\)\)/, 'topology = {}'),
      edit('scheduler.tf', 'for_each = local.topology.schedules', 'for_each = { delivery-tick = {} }'),
    ],
  },
  {
    name: 'Terraform and the provider are pinned, and no other provider is used',
    check: ({ configuration }) => {
      const settings = ofKind(configuration, 'terraform').map(({ body }) => body);
      const providers = settings.flatMap(
        ({ required_providers }) =>
          (required_providers ?? []) as Record<string, { source?: string; version?: string }>[],
      );
      const google = providers.map((one) => one['google']).find(Boolean);
      return [
        ...(settings.some(({ required_version }) => /\d/.test(String(required_version ?? '')))
          ? []
          : ['versions.tf: terraform: set required_version']),
        ...(google?.source === 'hashicorp/google' && /^(~> |= ?)?\d+\.\d+/.test(google.version ?? '')
          ? []
          : ['versions.tf: terraform: pin hashicorp/google with ~>']),
        ...providers
          .flatMap((one) => Object.keys(one))
          .filter((name) => name !== 'google')
          .map((name) => `versions.tf: terraform: remove the provider ${name}`),
      ];
    },
    mutants: [
      edit('versions.tf', /\n *required_version .*/, ''),
      edit('versions.tf', /\n *version += "~> .*/, ''),
      edit('versions.tf', '"~> 7.45"', '">= 5"'),
      edit('versions.tf', '"hashicorp/google"', '"other/google"'),
      edit(
        'versions.tf',
        'google = {',
        'random = {\n      source = "hashicorp/random"\n      version = "~> 3.0"\n    }\n    google = {',
      ),
    ],
  },
  {
    name: 'State is kept remotely',
    check: ({ configuration }) => {
      const backends = ofKind(configuration, 'terraform').flatMap(({ body }) => Object.keys(body['backend'] ?? {}));
      return backends.length === 1 && backends[0] === 'gcs' ? [] : ['versions.tf: terraform: add backend "gcs" {}'];
    },
    mutants: [
      edit('versions.tf', 'backend "gcs" {}', ''),
      edit('versions.tf', 'backend "gcs" {}', 'backend "local" {}'),
    ],
  },
  {
    name: 'Everything carries labels that say whose it is',
    check: ({ configuration }) =>
      ofKind(configuration, 'provider').flatMap((block) => {
        const labels = JSON.stringify(block.body['default_labels'] ?? {});
        return /"application"/.test(labels) && labels.includes('${var.environment}')
          ? []
          : [`${placeOf(block)}: set default_labels application and environment`];
      }),
    mutants: [
      edit('versions.tf', /default_labels = \{[^}]*\}/, ''),
      edit('versions.tf', 'environment = var.environment', 'environment = "production"'),
    ],
  },
  {
    name: 'Where things are is said by variables, not written',
    check: ({ configuration, plan }) => [
      ...configuration.blocks
        .filter(({ kind }) => kind !== 'variable' && kind !== 'output')
        .filter(({ body }) =>
          /\b(europe|us|asia|australia|africa|me|northamerica|southamerica)-[a-z]+\d+\b/.test(JSON.stringify(body)),
        )
        .map((block) => `${placeOf(block)}: use var.region`),
      ...findings(plan.instances, ({ values }) => {
        const place = values['location'] ?? values['region'];
        return place !== undefined && place !== plan.variables['region'] && `it is in ${String(place)}: use var.region`;
      }),
    ],
    mutants: [
      edit('functions.tf', '= var.region', '= "europe-west1"'),
      edit('bigquery.tf', '= var.region', '= "EU"'),
      edit('scheduler.tf', '= var.region', '= "us-central1"'),
    ],
  },
  {
    name: 'The project is said by a variable, not written',
    check: ({ configuration, plan }) =>
      [...ofKind(configuration, 'provider'), ...ofKind(configuration, 'resource')]
        .filter(({ body }) => typeof body['project'] === 'string' && !/var\.project_id/.test(body['project']))
        .map((block) => `${placeOf(block)}: use var.project_id`)
        .concat(plan.variables['project_id'] === undefined ? ['variables.tf: variable.project_id is missing'] : []),
    mutants: [
      edit('versions.tf', 'project = var.project_id', 'project = "andante"'),
      edit('services.tf', 'project = var.project_id', 'project = "other"'),
    ],
  },
  {
    name: 'Every variable is described and typed',
    check: ({ configuration }) =>
      ofKind(configuration, 'variable').flatMap((block) => [
        ...(String(block.body['description'] ?? '').length > 10 ? [] : [`${placeOf(block)}: describe it`]),
        ...(block.body['type'] === undefined || block.body['type'] === '${any}'
          ? [`${placeOf(block)}: give it a type`]
          : []),
      ]),
    mutants: [
      edit('variables.tf', /\n *description = "Region.*/, ''),
      edit('variables.tf', /(variable "region"[^}]*?)\n *type .*/, '$1'),
      edit('variables.tf', /(variable "region"[^}]*type +=) string/, '$1 any'),
      append('variables_observability.tf', 'variable "extra" {\n  type = string\n}'),
    ],
  },
  {
    name: 'Every variable that takes more than yes or no says what it refuses',
    check: ({ configuration }) =>
      ofKind(configuration, 'variable')
        .filter(({ body }) => body['type'] !== '${bool}' && body['validation'] === undefined)
        .map((block) => `${placeOf(block)}: add a validation`),
    mutants: [
      edit('variables.tf', /(variable "region" \{[^]*?)\n\n {2}validation \{[^]*?\n {2}\}/, '$1'),
      append('variables.tf', 'variable "extra" {\n  type = string\n  description = "Something new."\n}'),
    ],
  },
  {
    name: 'Every output is described',
    check: ({ configuration }) =>
      ofKind(configuration, 'output')
        .filter(({ body }) => String(body['description'] ?? '').length < 10)
        .map((block) => `${placeOf(block)}: describe it`),
    mutants: [edit('outputs.tf', /\n *description .*/, ''), append('outputs.tf', 'output "extra" {\n  value = 1\n}')],
  },
  {
    name: 'Every variable and local is used',
    check: ({ configuration }) => {
      const used = new Set(
        configuration.blocks.flatMap((block) =>
          referencesOfOthers(block).map(([root, name]) => `${root as string}.${String(name)}`),
        ),
      );
      return configuration.blocks.flatMap((block) => {
        const names =
          block.kind === 'variable'
            ? [`var.${block.name}`]
            : block.kind === 'locals'
              ? Object.keys(block.body).map((name) => `local.${name}`)
              : [];
        return names.filter((name) => !used.has(name)).map((name) => `${block.file}: ${name} is not used: remove it`);
      });
    },
    mutants: [
      edit('functions.tf', 'LOG_LEVEL            = var.log_level', 'LOG_LEVEL            = "info"'),
      append('locals.tf', 'locals {\n  extra = 1\n}'),
      append(
        'variables.tf',
        'variable "extra" {\n  type = bool\n  description = "Something new."\n  default = true\n}',
      ),
    ],
  },
  {
    name: 'The services that are used are enabled, and stay so for others',
    check: ({ plan }) => {
      const services = plan.instances.filter(({ type }) => type === 'google_project_service');
      const enabled = services.map(({ values }) => values['service']);
      const missing = apis
        .filter(
          ([prefix, api]) =>
            plan.instances.some(({ type }) => type.startsWith(prefix)) && !enabled.includes(`${api}.googleapis.com`),
        )
        .map(
          ([prefix, api]) =>
            `services.tf: google_project_service.api: enable ${api}.googleapis.com: ${prefix}* needs it`,
        );
      return [
        ...missing,
        ...findings(
          services,
          ({ values }) => values['disable_on_destroy'] !== false && 'set disable_on_destroy = false',
        ),
      ];
    },
    mutants: [
      edit('services.tf', '"cloudscheduler.googleapis.com",', ''),
      edit('services.tf', '"firebaserules.googleapis.com",', ''),
      edit('services.tf', 'toset(local.services)', '[]'),
      edit('services.tf', /disable_on_destroy = false/, ''),
      edit('services.tf', /disable_on_destroy = false/, 'disable_on_destroy = true'),
    ],
  },
  {
    name: 'Terraform runs nothing of its own: no provisioner, no external program, no module from elsewhere',
    check: ({ configuration }) =>
      configuration.blocks
        .filter(
          ({ kind, type, body }) =>
            String(kind) === 'module' ||
            body['provisioner'] !== undefined ||
            /^(null_resource|terraform_data|external|http|local_file)$/.test(type),
        )
        .map((block) => `${placeOf(block)}: remove it`),
    mutants: [
      edit(
        'storage.tf',
        '  bucket       = ',
        '  provisioner "local-exec" {\n    command = "npm run build"\n  }\n  bucket       = ',
      ),
      append('storage.tf', 'resource "null_resource" "extra" {\n}'),
      append('storage.tf', 'data "external" "extra" {\n  program = ["sh"]\n}'),
      append('storage.tf', 'module "extra" {\n  source = "./extra"\n}'),
    ],
  },
  {
    name: 'The bundles are those of the build, by nothing that changes from one apply to the next',
    check: ({ configuration }) =>
      [...configuration.texts]
        .filter(([path]) => path.endsWith('.tf'))
        .filter(([, text]) => /\b(timestamp|uuid|bcrypt|plantimestamp)\(/.test(text))
        .map(
          ([path]) =>
            `${path}: take out the function whose result is new each time: every apply would change something`,
        ),
    mutants: [
      edit('storage.tf', '"application/zip"', 'timestamp()'),
      edit('locals.tf', 'locals {', 'locals {\n  now = uuid()'),
    ],
  },
  {
    name: 'Files that are read are in the repository',
    check: ({ configuration, topology }) =>
      [
        ...Object.values(topology.tables).map(({ schema }) => schema),
        ...[...Object.values(topology.views), ...Object.values(topology.queries)].map(({ sql }) => sql),
      ].flatMap((path) => {
        try {
          readModuleFile(configuration, path);
          return [];
        } catch {
          return [`topology.json: ${path} is not there`];
        }
      }),
    mutants: [
      edit('topology.json', '"views/scores.sql"', '"views/none.sql"'),
      edit('topology.json', '"schemas/quotes.json"', '"schemas/none.json"'),
    ],
  },
];

/** A local that only itself refers to is not used; neither is a variable in its own validation. */
function referencesOfOthers(block: Block): string[][] {
  const own = block.kind === 'variable' ? `var.${block.name}` : '';
  return referencesIn(block).filter(([root, name]) => `${root as string}.${String(name)}` !== own);
}

/** Whether its for_each leads to local.topology, and that to topology.json. */
function comesFromTopology(configuration: Configuration, block: Block): boolean {
  const locals = Object.assign({}, ...ofKind(configuration, 'locals').map(({ body }) => body)) as Record<
    string,
    unknown
  >;
  if (!String(locals['topology']).includes('/topology.json')) return false;
  const seen = new Set<string>();
  const leads = (value: unknown): boolean =>
    referencesIn({ ...block, body: { value } }).some(([root, name]) => {
      if (root !== 'local' || name === undefined) return false;
      if (name === 'topology') return true;
      if (seen.has(name)) return false;
      seen.add(name);
      return leads(locals[name]);
    });
  return block.body['for_each'] !== undefined && leads(block.body['for_each']);
}
