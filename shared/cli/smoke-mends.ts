// What to look at where a canary sticks, as commands: Google's for a deployment, and what there is for a local stack.
import { topicOf } from '../bus/event-bus.ts';
import type { AndanteMessage } from '../contracts/events.ts';
import type { Config } from '../runtime/config.ts';

export interface SmokeMends {
  publish(event: AndanteMessage): string;
  decide(event: AndanteMessage): string;
  state: string;
  rows: string;
}

export function smokeMends({ projectId, dataset, isLocal }: Config): SmokeMends {
  const project = `--project ${projectId}`;
  const log = (name: string) =>
    isLocal
      ? '  the log of the functions, where npm start says it is'
      : `  gcloud logging read 'resource.labels.service_name="${name}" severity>=WARNING' --freshness 15m ${project}`;
  const cloud = (...commands: string[]) => (isLocal ? [] : commands.map((command) => `  ${command}`));
  return {
    publish: (event) =>
      lines(
        `Is topic ${topicOf(event)} there, and may you publish to it (roles/pubsub.publisher)?`,
        ...cloud(`gcloud pubsub topics describe ${topicOf(event)} ${project}`),
      ),
    decide(event) {
      const name = topicOf(event);
      return lines(
        `Subscription ${name} pushes to function ${name}, and retries for as long as it is refused. Look at:`,
        ...cloud(`gcloud pubsub subscriptions describe ${name} ${project}`),
        log(name),
        `  npm run andante -- replay dead-letters --function ${name} --dry-run`,
        `  npm run andante -- replay quarantine --dry-run`,
      );
    },
    state: 'May you read and write Firestore (roles/datastore.user), and is the database there?',
    rows: lines(
      'What its function could not append, outcome-drain does within minutes. Look at:',
      log('outcome-drain'),
      ...cloud(
        `gcloud scheduler jobs list ${project}`,
        `bq query --use_legacy_sql=false 'SELECT * FROM \`${projectId}.${dataset}.outcomes_once\` WHERE tenant_id = "andante-canary" ORDER BY ingested_at DESC LIMIT 5'`,
      ),
      '  npm run andante -- replay dead-letters --function outcome-drain --dry-run',
    ),
  };
}

function lines(...texts: string[]): string {
  return texts.join('\n');
}
