// What the cloud makes of names: identifiers that follow from a resource's arguments, as the provider documents them.
import type { Body } from './configuration.ts';

type Known = (values: Body, project: string) => Record<string, unknown>;

const known: Record<string, Known> = {
  google_project: () => ({ number: '123456789012' }),
  google_pubsub_topic: ({ name }, project) => ({ id: `projects/${project}/topics/${String(name)}` }),
  google_pubsub_subscription: ({ name }, project) => ({ id: `projects/${project}/subscriptions/${String(name)}` }),
  google_service_account: ({ account_id }, project) => {
    const email = `${String(account_id)}@${project}.iam.gserviceaccount.com`;
    const name = `projects/${project}/serviceAccounts/${email}`;
    return { email, member: `serviceAccount:${email}`, name, id: name };
  },
  google_bigquery_dataset: ({ dataset_id }, project) => ({ id: `projects/${project}/datasets/${String(dataset_id)}` }),
  google_bigquery_table: ({ dataset_id, table_id }, project) => ({
    id: `projects/${project}/datasets/${String(dataset_id)}/tables/${String(table_id)}`,
  }),
  google_firestore_database: ({ name }, project) => ({ id: `projects/${project}/databases/${String(name)}` }),
  google_storage_bucket: ({ name }) => ({ id: name }),
};

/** Undefined where the cloud alone knows. */
export function knownToCloud(type: string, values: Body, attribute: string, project: string): unknown {
  return known[type]?.(values, project)[attribute];
}
