// Rules of what operators see: metrics of lines that functions write, alerts that somebody is told of and knows what to do about.
import { checkLogFilter } from '../../unit/terraform/log-filter.ts';
import { append, edit, findings, joined, nested, resourcesOf, type Rule, type Subject } from '../rule.ts';

const alerts = (subject: Subject) => resourcesOf(subject, 'google_monitoring_alert_policy');
const headings = ({ configuration }: Subject) =>
  [...(configuration.texts.get('RUNBOOK.md') ?? '').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading as string);
const nameOf = (values: Record<string, unknown>) => String(values['display_name']).replace(/ \(.*$/, '');

export const observabilityRules: Rule[] = [
  {
    name: 'Metrics and alerts of the log name only fields and values that lines have',
    check: (subject) => {
      const functions = Object.keys(subject.topology.functions);
      const filters = [
        ...resourcesOf(subject, 'google_logging_metric').map(({ place, values }) => ({
          place,
          text: [values['filter'], values['value_extractor'], ...Object.values(values['label_extractors'] ?? {})],
        })),
        ...alerts(subject).map(({ place, values }) => ({
          place,
          text: ((values['conditions'] ?? []) as Record<string, unknown>[]).map(
            (one) => nested(one, 'condition_matched_log')['filter'],
          ),
        })),
      ];
      return filters.flatMap(({ place, text }) =>
        text
          .filter((one) => typeof one === 'string')
          .flatMap((one) => {
            const filter = one.replace(/^EXTRACT\((jsonPayload\.\w+)\)$/, '$1:*');
            try {
              checkLogFilter(filter, functions);
              return [];
            } catch (error) {
              return [`${place}: ${(error as Error).message}: see shared/contracts/log-line.ts`];
            }
          }),
      );
    },
    mutants: [
      edit('metrics.tf', 'jsonPayload.lagMs:*', 'jsonPayload.lag:*'),
      edit('metrics.tf', 'labels      = ["function", "outcome"]', 'labels      = ["function", "result"]'),
      edit('metrics.tf', 'value       = "oldestMs"', 'value       = "oldest"'),
      edit('metrics.tf', 'jsonPayload.function=\\"quote\\"', 'jsonPayload.function=\\"quotes\\"'),
      edit('alerts.tf', 'jsonPayload.message=\\"invariant violated\\"', 'jsonPayload.message=\\"invariant broken\\"'),
    ],
  },
  {
    name: 'Every alert has its section of the runbook, carries it, and the reverse',
    check: (subject) => {
      const sections = headings(subject);
      const names = alerts(subject).map(({ values }) => nameOf(values));
      return [
        ...sections
          .filter((name) => !names.includes(name))
          .map((name) => `RUNBOOK.md: ${name}: there is no such alert: remove the section`),
        ...findings(alerts(subject), ({ values }) =>
          joined(
            !sections.includes(nameOf(values)) && `RUNBOOK.md has no section ${nameOf(values)}`,
            !String(nested(values, 'documentation')['content']).includes(`## ${nameOf(values)}`) &&
              'put its section of the runbook into its documentation',
          ),
        ),
      ];
    },
    mutants: [
      edit('RUNBOOK.md', '## drain-lag', '## drain'),
      edit('RUNBOOK.md', '## dead-letters', '## gone\n\n## dead-letters'),
      edit('alerts.tf', '"overrun (', '"overruns ('),
      edit('alerts.tf', 'local.documentation["overrun"]', 'local.documentation["dead-letters"]'),
      append(
        'alerts.tf',
        'resource "google_monitoring_alert_policy" "extra" {\n  display_name = "extra"\n  combiner = "OR"\n  notification_channels = local.channels\n}',
      ),
    ],
  },
  {
    name: 'Somebody is told of every alert, at once',
    check: (subject) =>
      findings(alerts(subject), ({ values }) =>
        joined(
          !(Array.isArray(values['notification_channels']) && values['notification_channels'].length > 0) &&
            'set notification_channels',
          values['enabled'] === false && 'it is switched off',
          !(Array.isArray(values['conditions']) && values['conditions'].length > 0) && 'it has no condition',
        ),
      ),
    mutants: [
      edit('alerts.tf', /\n *notification_channels .*/, ''),
      edit('alerts.tf', '= local.channels', '= []'),
      edit('alerts.tf', '= local.channels', '= local.channels\n  enabled = false'),
    ],
  },
  {
    name: 'What operators must learn of has an alert',
    check: (subject) => {
      const must = [
        'dead-letters',
        'oldest-unacked',
        'tick-missing',
        'invariant-violated',
        'overrun',
        'drain-lag',
        'refresh-stale',
        'quote-errors',
        'quote-latency',
        'bigquery-bytes',
      ];
      const names = alerts(subject).map(({ values }) => nameOf(values));
      return must
        .filter((name) => !names.includes(name))
        .map((name) => `alerts.tf: google_monitoring_alert_policy: there is none of ${name}`);
    },
    mutants: [
      edit('alerts.tf', '"drain-lag (', '"drain ('),
      edit('alerts.tf', /resource "google_monitoring_alert_policy" "refresh_stale" \{[^]*?\n\}/, ''),
    ],
  },
  {
    name: 'Every dead letter subscription is watched, and every push',
    check: (subject) => {
      const filtersOf = (name: string) =>
        alerts(subject)
          .filter(({ values }) => nameOf(values) === name)
          .flatMap(({ values }) =>
            ((values['conditions'] ?? []) as Record<string, unknown>[]).map((one) =>
              String(nested(one, 'condition_threshold')['filter']),
            ),
          )
          .join();
      return Object.entries(subject.topology.subscriptions).flatMap(([name, entry]) => {
        const isLetters = Object.values(subject.topology.subscriptions).some(
          (own) => !('pull' in own) && own.deadLetterTopic === entry.topic,
        );
        const alert = isLetters ? 'dead-letters' : 'pull' in entry ? undefined : 'oldest-unacked';
        return alert === undefined || filtersOf(alert).includes(`"${name}"`)
          ? []
          : [`alerts.tf: google_monitoring_alert_policy: ${alert} does not watch ${name}`];
      });
    },
    mutants: [
      edit('alerts.tf', 'keys(local.push_subscriptions))', '["reconcile"])'),
      edit(
        'alerts.tf',
        'for name, subscription in local.pull_subscriptions : name',
        'for name, subscription in local.pull_subscriptions : name if name == ""\n    ] == null ? [] : [for name, subscription in {} : name',
      ),
    ],
  },
];
