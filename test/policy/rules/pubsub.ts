// Rules of Pub/Sub and Scheduler: nothing is lost, nothing is delivered unsigned, nothing runs twice at once.
/* eslint-disable @typescript-eslint/no-base-to-string -- what is no text where one belongs is a finding of its own */
import {
  append,
  compareNames,
  differs,
  edit,
  findings,
  isSame,
  joined,
  lastPart,
  nested,
  resourcesOf,
  type Rule,
  type Subject,
} from '../rule.ts';
import type { Instance } from '../plan.ts';

const topics = (subject: Subject) => resourcesOf(subject, 'google_pubsub_topic');
const subscriptions = (subject: Subject) => resourcesOf(subject, 'google_pubsub_subscription');
const jobs = (subject: Subject) => resourcesOf(subject, 'google_cloud_scheduler_job');
/** Those that push, or that the topology says should. */
const pushes = (subject: Subject) =>
  subscriptions(subject).filter(({ values }) => {
    const entry = subject.topology.subscriptions[String(values.name)];
    return values.push_config !== undefined || (entry !== undefined && !('pull' in entry));
  });
const agent = /^serviceAccount:service-\d+@gcp-sa-pubsub\.iam\.gserviceaccount\.com$/;
const byHand = (body: string) =>
  append(
    'pubsub.tf',
    `resource "google_pubsub_subscription" "extra" {\n  name = "extra"\n  topic = google_pubsub_topic.topic["reconcile"].id\n${body}\n}`,
  );
const unsignedPush = 'push_config {\n    push_endpoint = "https://example.com"\n  }';

export const pubsubRules: Rule[] = [
  {
    name: 'Every topic of the topology is there, and no other',
    check: (subject) =>
      compareNames(
        'topic',
        'pubsub.tf',
        subject.topology.topics,
        topics(subject).map(({ values }) => String(values.name)),
      ),
    mutants: [
      edit(
        'pubsub.tf',
        'toset(local.topology.topics)',
        'toset([for topic in local.topology.topics : topic if topic != "campaign-notified"])',
      ),
      edit('pubsub.tf', /name = each\.key\n\n {2}depends_on/, 'name = "andante-${each.key}"\n\n  depends_on'),
      append('pubsub.tf', 'resource "google_pubsub_topic" "extra" {\n  name = "extra"\n}'),
    ],
  },
  {
    name: 'Every subscription of the topology is there, of its topic, and no other',
    check: (subject) => [
      ...compareNames(
        'subscription',
        'pubsub.tf',
        Object.keys(subject.topology.subscriptions),
        subscriptions(subject).map(({ values }) => String(values.name)),
      ),
      ...findings(subscriptions(subject), ({ values }) => {
        const entry = subject.topology.subscriptions[String(values.name)];
        const pushes_ = values.push_config !== undefined;
        return (
          entry !== undefined &&
          joined(
            differs('topic', lastPart(values.topic), entry.topic),
            pushes_ === 'pull' in entry && 'it pushes where the topology pulls, or the reverse',
          )
        );
      }),
    ],
    mutants: [
      edit(
        'locals.tf',
        'name => subscription if !try(subscription.pull, false)',
        'name => subscription if !try(subscription.pull, false) && name != "reconcile"',
      ),
      edit('pubsub.tf', 'for_each = local.pull_subscriptions', 'for_each = {}'),
      edit('pubsub.tf', 'google_pubsub_topic.topic[each.value.topic].id', 'google_pubsub_topic.topic["reconcile"].id'),
      byHand('ack_deadline_seconds = 60'),
    ],
  },
  {
    name: 'Every push is signed, as an account of its own for an audience',
    check: (subject) =>
      findings(pushes(subject), ({ values }) => {
        const { service_account_email, audience } = nested(values, 'push_config', 'oidc_token');
        const pusher = pusherOf(subject);
        return joined(
          (pusher === undefined || service_account_email !== emailOf(subject, pusher)) &&
            'add oidc_token of google_service_account.pusher',
          (audience === undefined ||
            !String(nested(values, 'push_config').push_endpoint).startsWith(String(audience))) &&
            'make the audience of its token the address of the function',
        );
      }),
    mutants: [
      edit('pubsub.tf', /\n *oidc_token \{[^}]*\}/, ''),
      edit('pubsub.tf', 'google_service_account.pusher.email', 'google_service_account.builder.email'),
      edit('pubsub.tf', 'google_service_account.pusher.email', 'null'),
      edit('pubsub.tf', /audience( +)=.*/, 'audience$1= "https://example.com"'),
      byHand(unsignedPush),
    ],
  },
  {
    name: 'A push goes to its function, with the topic that the framework reads at the end of its address',
    check: (subject) =>
      findings(pushes(subject), ({ values }) => {
        const entry = subject.topology.subscriptions[String(values.name)];
        if (entry === undefined || 'pull' in entry) return undefined;
        const path = `/projects/${String(subject.plan.variables.project_id)}/topics/${entry.topic}`;
        const endpoint = String(nested(values, 'push_config').push_endpoint);
        const isOwn = endpoint.includes(
          `google_cloudfunctions2_function.function["${entry.function}"].service_config[0].uri`,
        );
        return joined(
          !isOwn && `push to the function ${entry.function}`,
          !endpoint.endsWith(path) && `end push_endpoint in ${path}`,
        );
      }),
    mutants: [
      edit('pubsub.tf', '/topics/${each.value.topic}"', '"'),
      edit('pubsub.tf', '/topics/${each.value.topic}"', '/topics/reconcile"'),
      edit(
        'pubsub.tf',
        'function[each.value.function].service_config[0].uri}/',
        'function["quote"].service_config[0].uri}/',
      ),
    ],
  },
  {
    name: 'What a push cannot deliver goes to a dead letter topic of its own, where a subscription keeps it',
    check: (subject) => {
      const owners = new Map<string, string>();
      return findings(pushes(subject), ({ values, place }) => {
        const letter = lastPart(nested(values, 'dead_letter_policy').dead_letter_topic ?? '');
        const entry = subject.topology.subscriptions[String(values.name)];
        if (letter === '') return 'add a dead_letter_policy';
        if (!topics(subject).some(({ values: own }) => own.name === letter))
          return `its dead letter topic ${letter} is not created`;
        const other = owners.get(letter);
        owners.set(letter, place);
        const kept = subscriptions(subject).some(
          ({ values: own }) => own.push_config === undefined && lastPart(own.topic) === letter,
        );
        return joined(
          other !== undefined && `shares ${letter} with ${other}`,
          letter === lastPart(values.topic) && 'its dead letters go round',
          !kept && `subscribe to ${letter}: without a subscription dead letters are dropped`,
          entry !== undefined && !('pull' in entry) && differs('dead_letter_topic', letter, entry.deadLetterTopic),
        );
      });
    },
    mutants: [
      edit('pubsub.tf', /\n *dead_letter_policy \{[^}]*\}/, ''),
      edit('pubsub.tf', /(dead_letter_topic +=) .*/, '$1 google_pubsub_topic.topic["reconcile-dead-letter"].id'),
      edit('pubsub.tf', /(dead_letter_topic +=) .*/, '$1 google_pubsub_topic.topic[each.value.topic].id'),
      edit(
        'pubsub.tf',
        'for_each = local.pull_subscriptions',
        'for_each = { for name, pull in local.pull_subscriptions : name => pull if !endswith(name, "dead-letter") }',
      ),
      byHand(unsignedPush),
    ],
  },
  {
    name: 'Pub/Sub may write dead letters: its agent publishes to every dead letter topic',
    check: (subject) =>
      findings(pushes(subject), ({ values }) => {
        const letter = lastPart(nested(values, 'dead_letter_policy').dead_letter_topic ?? '');
        return (
          letter !== '' &&
          !isGranted(
            resourcesOf(subject, 'google_pubsub_topic_iam_member'),
            'topic',
            letter,
            'roles/pubsub.publisher',
          ) &&
          `grant roles/pubsub.publisher on ${letter} to the Pub/Sub agent`
        );
      }),
    mutants: [
      edit(
        'iam.tf',
        'topic  = google_pubsub_topic.topic[each.value.deadLetterTopic].name',
        'topic  = google_pubsub_topic.topic[each.value.topic].name',
      ),
      edit(
        'iam.tf',
        /(dead_letter_publisher" \{\s+for_each = )local.push_subscriptions/,
        '$1{ for name, own in local.push_subscriptions : name => own if name != "reconcile" }',
      ),
      edit('iam.tf', /(dead_letter_publisher"[^}]*role +=) "roles\/pubsub.publisher"/, '$1 "roles/pubsub.viewer"'),
      edit(
        'iam.tf',
        /(dead_letter_publisher"[^}]*member +=) local.pubsub_agent/,
        '$1 google_service_account.pusher.member',
      ),
      edit('iam.tf', /resource "google_pubsub_topic_iam_member" "dead_letter_publisher" \{[^}]*\}/, ''),
      edit('locals.tf', '@gcp-sa-pubsub.iam', '@gcp-sa-eventarc.iam'),
    ],
  },
  {
    name: 'Pub/Sub may take dead letters out of their queue: its agent subscribes to every push subscription',
    check: (subject) =>
      findings(pushes(subject), ({ values }) => {
        const grants = resourcesOf(subject, 'google_pubsub_subscription_iam_member');
        return (
          !isGranted(grants, 'subscription', String(values.name), 'roles/pubsub.subscriber') &&
          'grant roles/pubsub.subscriber on it to the Pub/Sub agent'
        );
      }),
    mutants: [
      edit('iam.tf', /(dead_letter_subscriber" \{\s+for_each = )local.push_subscriptions/, '$1{}'),
      edit('iam.tf', '"roles/pubsub.subscriber"', '"roles/pubsub.viewer"'),
      edit(
        'iam.tf',
        /(dead_letter_subscriber"[^}]*member +=) local.pubsub_agent/,
        '$1 google_service_account.pusher.member',
      ),
      edit(
        'iam.tf',
        'google_pubsub_subscription.push[each.key].name',
        'google_pubsub_subscription.pull["${each.key}-dead-letter"].name',
      ),
      byHand(unsignedPush),
    ],
  },
  {
    name: 'A push is tried 100 times, 10 to 600 seconds apart: the default of 5 buries healthy traffic in an overload',
    check: (subject) =>
      findings(pushes(subject), ({ values }) => {
        const { minimum_backoff, maximum_backoff } = nested(values, 'retry_policy');
        return joined(
          differs('max_delivery_attempts', nested(values, 'dead_letter_policy').max_delivery_attempts, 100),
          differs('minimum_backoff', minimum_backoff, '10s'),
          differs('maximum_backoff', maximum_backoff, '600s'),
        );
      }),
    mutants: [
      edit('pubsub.tf', '= each.value.maxDeliveryAttempts', '= 5'),
      edit('pubsub.tf', /\n *max_delivery_attempts .*/, ''),
      edit('pubsub.tf', /\n *retry_policy \{[^]*?\n {2}\}/, ''),
      edit('pubsub.tf', '${each.value.minBackoffSeconds}s', '${each.value.maxBackoffSeconds}s'),
      edit('pubsub.tf', '${each.value.maxBackoffSeconds}s', '60s'),
      edit('topology.json', '"maxDeliveryAttempts": 100', '"maxDeliveryAttempts": 5'),
      byHand(unsignedPush),
    ],
  },
  {
    name: 'A message is not delivered again while its function may still be at it',
    check: (subject) =>
      findings(pushes(subject), ({ values }) => {
        const entry = subject.topology.subscriptions[String(values.name)];
        const timeout =
          entry === undefined || 'pull' in entry ? 600 : subject.topology.functions[entry.function]?.timeoutSeconds;
        const deadline = Number(values.ack_deadline_seconds ?? 10);
        return (
          !(deadline >= Number(timeout)) &&
          `raise ack_deadline_seconds from ${deadline} to the timeout of its function, ${timeout}`
        );
      }),
    mutants: [
      edit('pubsub.tf', '= each.value.ackDeadlineSeconds', '= 30'),
      edit('pubsub.tf', /\n *ack_deadline_seconds .*/, ''),
      edit('topology.json', '"timeoutSeconds": 120', '"timeoutSeconds": 180'),
      edit('topology.json', '"ackDeadlineSeconds": 330', '"ackDeadlineSeconds": 299'),
    ],
  },
  {
    name: 'A subscription has the deadline of the topology, that Pub/Sub takes',
    check: (subject) =>
      findings(subscriptions(subject), ({ values }) => {
        const entry = subject.topology.subscriptions[String(values.name)];
        const deadline = Number(values.ack_deadline_seconds);
        return (
          entry !== undefined &&
          joined(
            differs('ack_deadline_seconds', deadline, entry.ackDeadlineSeconds),
            !(deadline >= 10 && deadline <= 600) && 'a deadline is from 10 to 600 seconds',
          )
        );
      }),
    mutants: [
      edit('pubsub.tf', /(pull"[^}]*ack_deadline_seconds +=) each.value.ackDeadlineSeconds/, '$1 10'),
      edit('topology.json', '"ackDeadlineSeconds": 330', '"ackDeadlineSeconds": 900'),
    ],
  },
  {
    name: 'No subscription expires when it is quiet',
    check: (subject) =>
      findings(subscriptions(subject), ({ values }) => {
        return (
          nested(values, 'expiration_policy').ttl !== '' &&
          'add expiration_policy { ttl = "" }: it expires after 31 quiet days'
        );
      }),
    mutants: [
      edit('pubsub.tf', /\n *expiration_policy \{[^}]*\}/, ''),
      edit('pubsub.tf', /\n *expiration_policy \{[^}]*\}\s*\}\s*$/, '\n}'),
      edit('pubsub.tf', 'ttl = ""', 'ttl = "2678400s"'),
      byHand(''),
    ],
  },
  {
    name: 'Messages are kept for seven days',
    check: (subject) =>
      findings(subscriptions(subject), ({ values }) =>
        differs('message_retention_duration', values.message_retention_duration, '604800s'),
      ),
    mutants: [
      edit('pubsub.tf', /\n *message_retention_duration .*/, ''),
      edit('pubsub.tf', '${each.value.retentionDays * 86400}s', '86400s'),
      edit('topology.json', /"retentionDays": 7/, '"retentionDays": 1'),
      byHand(''),
    ],
  },
  {
    name: 'A push has neither order nor exactly-once nor a filter: the first stops dead letters, the second is for pulls, none is tested',
    check: (subject) =>
      findings(pushes(subject), ({ values }) =>
        joined(
          ...['enable_message_ordering', 'enable_exactly_once_delivery', 'filter', 'message_transforms'].map(
            (name) => values[name] !== undefined && values[name] !== false && values[name] !== '' && `remove ${name}`,
          ),
        ),
      ),
    mutants: [
      'enable_message_ordering = true',
      'enable_exactly_once_delivery = true',
      'filter = "attributes.a = \\"b\\""',
    ].map((line) => edit('pubsub.tf', '  push_config {', `  ${line}\n  push_config {`)),
  },
  {
    name: 'Every schedule of the topology runs, with its topic and body, and no other',
    check: (subject) => [
      ...compareNames(
        'schedule',
        'scheduler.tf',
        Object.keys(subject.topology.schedules),
        jobs(subject).map(({ values }) => String(values.name)),
      ),
      ...findings(jobs(subject), ({ values }) => {
        const entry = subject.topology.schedules[String(values.name)];
        const { topic_name, data } = nested(values, 'pubsub_target');
        const body: unknown = JSON.parse(Buffer.from(String(data ?? ''), 'base64').toString() || 'null');
        return (
          entry !== undefined &&
          joined(
            differs('schedule', values.schedule, entry.cron),
            differs('time_zone', values.time_zone ?? 'Etc/UTC', 'Etc/UTC'),
            differs('topic_name', lastPart(topic_name), entry.topic),
            !isSame(sorted(body), sorted(entry.body)) && `publish ${JSON.stringify(entry.body)}`,
            values.paused === true && 'it is paused',
          )
        );
      }),
    ],
    mutants: [
      edit(
        'scheduler.tf',
        'for_each = local.topology.schedules',
        'for_each = { for name, own in local.topology.schedules : name => own if name != "reconcile" }',
      ),
      edit('scheduler.tf', ': each.value.cron', ': "0 * * * *"'),
      edit('scheduler.tf', 'topic[each.value.topic]', 'topic["reconcile"]'),
      edit('scheduler.tf', 'jsonencode(each.value.body)', 'jsonencode({})'),
      edit('scheduler.tf', '"Etc/UTC"', '"Europe/Berlin"'),
      edit('scheduler.tf', 'retry_config {', 'paused = true\n  retry_config {'),
    ],
  },
  {
    name: 'A schedule is tried again: by default a publish that failed is gone',
    check: (subject) =>
      findings(jobs(subject), ({ values }) => {
        const count = nested(values, 'retry_config').retry_count;
        const entry = subject.topology.schedules[String(values.name)];
        return joined(
          !(Number(count) > 0) && 'set retry_count',
          entry !== undefined && differs('retry_count', count, entry.retries),
        );
      }),
    mutants: [
      edit('scheduler.tf', /retry_config \{[^}]*\}/, ''),
      edit('scheduler.tf', /\n *retry_count .*/, ''),
      edit('scheduler.tf', '= each.value.retries', '= 0'),
      edit('topology.json', '"retries": 3', '"retries": 0'),
      append(
        'scheduler.tf',
        'resource "google_cloud_scheduler_job" "extra" {\n  name = "extra"\n  schedule = "* * * * *"\n}',
      ),
    ],
  },
];

function isGranted(grants: Instance[], attribute: string, name: string, role: string): boolean {
  return grants.some(
    ({ values }) =>
      lastPart(values[attribute]) === name &&
      values.role === role &&
      agent.test(String(values.member)) &&
      values.condition === undefined,
  );
}

function pusherOf(subject: Subject): Instance | undefined {
  return resourcesOf(subject, 'google_service_account').find(({ name }) => name === 'pusher');
}

function emailOf({ plan }: Subject, { values }: Instance): string {
  return `${String(values.account_id)}@${String(plan.variables.project_id)}.iam.gserviceaccount.com`;
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
