// Rules of functions: each is the one of topology.json, under an account of its own, at the door it should have.
/* eslint-disable @typescript-eslint/no-base-to-string -- what is no text where one belongs is a finding of its own */
import { createHash } from 'node:crypto';
import { Environment } from '../../../shared/contracts/environment.ts';
import { readModuleFile, type Body } from '../configuration.ts';
import {
  append,
  compareNames,
  differs,
  edit,
  findings,
  joined,
  nested,
  resourcesOf,
  type Rule,
  type Subject,
} from '../rule.ts';

const type = 'google_cloudfunctions2_function';
const functions = (subject: Subject) => resourcesOf(subject, type);
const byHand = (body: string) =>
  append('functions.tf', `resource "${type}" "extra" {\n  name = "extra"\n  location = var.region\n${body}\n}`);

const bundleHash = 'filesha256("${path.module}/../dist/${each.key}.zip")';

export const functionRules: Rule[] = [
  {
    name: 'Every function of the topology is deployed under its name, and no other',
    check: (subject) => [
      ...compareNames(
        'function',
        'functions.tf',
        Object.keys(subject.topology.functions),
        functions(subject).map(({ values }) => String(values.name)),
      ),
      ...findings(functions(subject), ({ values }) =>
        differs('entry_point', nested(values, 'build_config').entry_point, values.name),
      ),
    ],
    mutants: [
      edit('functions.tf', 'for_each = local.topology.functions', 'for_each = local.pushed_functions'),
      edit(
        'functions.tf',
        'for_each = local.topology.functions',
        'for_each = { for name, function in local.topology.functions : name => function if name != "quote" }',
      ),
      edit('functions.tf', /name {5}= each.key/, 'name     = "x-${each.key}"'),
      edit('functions.tf', /entry_point( +)= each.key/, 'entry_point$1= "handler"'),
      byHand(''),
    ],
  },
  {
    name: 'A function has the timeout, memory, CPU, concurrency and instances of the topology',
    check: (subject) =>
      findings(functions(subject), ({ values }) => {
        const entry = subject.topology.functions[String(values.name)];
        const service = nested(values, 'service_config');
        const isWarm = subject.plan.variables.keep_warm !== false;
        return (
          entry !== undefined &&
          joined(
            differs('timeout_seconds', service.timeout_seconds, entry.timeoutSeconds),
            differs('available_memory', service.available_memory, `${entry.memoryMb}Mi`),
            differs('available_cpu', service.available_cpu, String(entry.cpu)),
            differs('max_instance_request_concurrency', service.max_instance_request_concurrency, entry.concurrency),
            differs('min_instance_count', service.min_instance_count, isWarm ? entry.minInstances : 0),
            differs('max_instance_count', service.max_instance_count, entry.maxInstances),
          )
        );
      }),
    mutants: [
      edit('functions.tf', '= each.value.timeoutSeconds', '= 60'),
      edit('functions.tf', /\n *timeout_seconds .*/, ''),
      edit('functions.tf', '${each.value.memoryMb}Mi', '256Mi'),
      edit('functions.tf', 'tostring(each.value.cpu)', '"2"'),
      edit('functions.tf', '= each.value.concurrency\n', '= 1\n'),
      edit('functions.tf', 'each.value.minInstances', '5'),
      edit('functions.tf', '= each.value.maxInstances', '= 1000'),
    ],
  },
  {
    name: 'More than one request at a time has a whole CPU',
    check: (subject) =>
      findings(functions(subject), ({ values }) => {
        const { available_cpu, max_instance_request_concurrency } = nested(values, 'service_config');
        const isShort = Number(max_instance_request_concurrency) > 1 && !(Number(available_cpu) >= 1);
        return (
          isShort && `available_cpu is ${String(available_cpu)}: raise it to 1, or Cloud Run refuses the concurrency`
        );
      }),
    mutants: [
      edit('functions.tf', 'tostring(each.value.cpu)', '"0.5"'),
      edit('functions.tf', /\n *available_cpu .*/, ''),
    ],
  },
  {
    name: 'Every function runs as a service account of its own',
    check: (subject) => {
      const accounts = resourcesOf(subject, 'google_service_account');
      const owner = new Map<string, string>();
      return findings(functions(subject), ({ values, place }) => {
        const email = String(nested(values, 'service_config').service_account_email ?? '');
        const account = accounts.find(({ values: own }) => email.startsWith(`${String(own.account_id)}@`));
        if (account === undefined)
          return 'its service_account_email is no account created here: give it one of its own';
        const other = owner.get(email);
        owner.set(email, place);
        if (other !== undefined) return `shares ${email} with ${other}: give it one of its own`;
        return account.name !== 'function' && `runs as ${account.place}, which is for something else`;
      });
    },
    mutants: [
      edit('functions.tf', /\n *service_account_email .*/, ''),
      edit('functions.tf', 'google_service_account.function[each.key].email', 'google_service_account.pusher.email'),
      edit(
        'functions.tf',
        'google_service_account.function[each.key].email',
        'google_service_account.function["quote"].email',
      ),
      edit(
        'functions.tf',
        'google_service_account.function[each.key].email',
        '"${data.google_project.project.number}-compute@developer.gserviceaccount.com"',
      ),
      edit('service_accounts.tf', '"fn-${each.key}"', '"fn-all"'),
      byHand('service_config {\n service_account_email = google_service_account.builder.email\n }'),
    ],
  },
  {
    name: 'Functions are built by an account of their own, not by the default one',
    check: (subject) => {
      const names = resourcesOf(subject, 'google_service_account').map(({ values }) => String(values.account_id));
      return findings(functions(subject), ({ values }) => {
        const account = String(nested(values, 'build_config').service_account ?? '');
        return (
          !names.some((name) => account.includes(`/${name}@`)) &&
          'name the account that builds it: the default may do far more'
        );
      });
    },
    mutants: [edit('functions.tf', /\n *service_account +=.*builder.*/, '')],
  },
  {
    name: 'The runtime is current, and the one that is developed with',
    check: (subject) => {
      const manifest = readModuleFile(subject.configuration, '../package.json').toString();
      const major = /"engines":\s*\{\s*"node":\s*">=(\d+)/.exec(manifest)?.[1] ?? 'of engines in package.json';
      return findings(functions(subject), ({ values }) =>
        differs('runtime', nested(values, 'build_config').runtime, `nodejs${major}`),
      );
    },
    mutants: [edit('functions.tf', '"nodejs24"', '"nodejs20"'), edit('functions.tf', /\n *runtime .*/, '')],
  },
  {
    name: 'Only Google may call what is pushed to',
    check: (subject) =>
      findings(functions(subject), ({ values }) => {
        const kind = subject.topology.functions[String(values.name)]?.trigger.kind;
        const expected = kind === 'http' ? 'ALLOW_ALL' : 'ALLOW_INTERNAL_ONLY';
        return differs('ingress_settings', nested(values, 'service_config').ingress_settings, expected);
      }),
    mutants: [
      edit('functions.tf', '"ALLOW_INTERNAL_ONLY"', '"ALLOW_ALL"'),
      edit('functions.tf', /\n *ingress_settings .*/, ''),
      edit('functions.tf', '.trigger.kind == "pubsub"', '.trigger.kind == "http"'),
      byHand('service_config {\n ingress_settings = "ALLOW_ALL"\n }'),
    ],
  },
  {
    name: 'A function is deployed anew when its code is new, and only then',
    check: (subject) => {
      const objects = resourcesOf(subject, 'google_storage_bucket_object');
      return findings(functions(subject), ({ values }) => {
        const path = `../dist/${String(values.name)}.zip`;
        const hash = createHash('sha256').update(readModuleFile(subject.configuration, path)).digest('hex');
        const { bucket, object } = nested(values, 'build_config', 'source', 'storage_source');
        const bundle = objects.find(({ values: own }) => own.name === object && own.bucket === bucket);
        if (bundle === undefined) return 'its storage_source is no object created here';
        if (!String(bundle.values.source).endsWith(path)) return `${bundle.place} is not ${path}`;
        return !String(object).includes(hash) && `put filesha256 of ${path} into the name of ${bundle.place}`;
      });
    },
    mutants: [
      edit('storage.tf', bundleHash, '"fixed"'),
      edit('storage.tf', bundleHash, 'filesha256("${path.module}/versions.tf")'),
      edit('storage.tf', bundleHash, 'plantimestamp()'),
      edit('functions.tf', 'google_storage_bucket_object.bundle[each.key].name', '"${each.key}.zip"'),
      edit(
        'functions.tf',
        'google_storage_bucket_object.bundle[each.key].name',
        'google_storage_bucket_object.bundle["quote"].name',
      ),
    ],
  },
  {
    name: 'Every line of one execution can be found: LOG_EXECUTION_ID is set on every function',
    check: (subject) =>
      findings(functions(subject), ({ values }) =>
        differs('LOG_EXECUTION_ID', environmentOf(values).LOG_EXECUTION_ID, 'true'),
      ),
    mutants: [
      edit('functions.tf', /\n *LOG_EXECUTION_ID .*/, ''),
      edit('functions.tf', /(LOG_EXECUTION_ID += )"true"/, '$1"false"'),
      edit('functions.tf', 'local.environment_of_all,', ''),
    ],
  },
  {
    name: 'A function is told where it is, and nothing that the code does not read',
    check: (subject) =>
      findings(functions(subject), ({ values }) => {
        const environment = environmentOf(values);
        const known = [
          ...Object.keys(Environment.properties).filter((name) => !/EMULATOR|VIRTUAL/.test(name)),
          'LOG_EXECUTION_ID',
        ];
        const unknown = Object.keys(environment).filter((name) => !known.includes(name));
        const callers = (subject.topology.functions[String(values.name)]?.trigger as { callers?: string }).callers;
        return joined(
          unknown.length > 0 && `${unknown.join(', ')}: shared/contracts/environment.ts does not know it`,
          differs('GOOGLE_CLOUD_PROJECT', environment.GOOGLE_CLOUD_PROJECT, subject.plan.variables.project_id),
          differs('BIGQUERY_DATASET', environment.BIGQUERY_DATASET, subject.topology.dataset),
          callers === 'tenants' && differs('BOOKING_AUDIENCE', environment.BOOKING_AUDIENCE, urlOf(subject, values)),
          callers === 'ad-servers' &&
            differs('AD_SERVER_AUDIENCE', environment.AD_SERVER_AUDIENCE, urlOf(subject, values)),
        );
      }),
    mutants: [
      edit('functions.tf', /BIGQUERY_DATASET( +)=.*/, 'BIGQUERY_DATASET$1= "other"'),
      edit('functions.tf', /GOOGLE_CLOUD_PROJECT/, 'GCP_PROJECT'),
      edit('functions.tf', 'BOOKING_AUDIENCE = local.function_urls[name]', 'BOOKING_AUDIENCE = "https://example.com"'),
      edit('functions.tf', 'LOG_LEVEL ', 'VIRTUAL_TIME = "true"\n    LOG_LEVEL '),
    ],
  },
];

function environmentOf(values: Body): Body {
  return (nested(values, 'service_config').environment_variables ?? {}) as Body;
}

function urlOf({ plan }: Subject, { name }: Body): string {
  const { region, project_id } = plan.variables;
  return `https://${String(region)}-${String(project_id)}.cloudfunctions.net/${String(name)}`;
}
