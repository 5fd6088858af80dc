// What BigQuery's scheduler does in the cloud: runs a scheduled query of the topology, at the time it is told.
import { BigQuery } from '@google-cloud/bigquery';
import { PassThroughClient } from 'google-auth-library';
import { readSqls, type Topology } from '../terraform/topology.ts';

export interface QueryTarget {
  projectId: string;
  topology: Topology;
  bigqueryEndpoint: string;
}

/**
 * @param name of the topology's `queries`
 * @param runTimeAtMs the `@run_time` that the query gets, epoch ms
 */
export async function runQuery(
  { projectId, topology, bigqueryEndpoint }: QueryTarget,
  name: string,
  runTimeAtMs: number,
) {
  const query = (await readSqls(topology, topology.queries, projectId)).get(name);
  if (query === undefined) throw new Error(`the topology has no scheduled query ${name}`);
  const client = new BigQuery({ projectId, apiEndpoint: bigqueryEndpoint, authClient: new PassThroughClient() });
  await client.query({ query, params: { run_time: BigQuery.timestamp(new Date(runTimeAtMs)) } });
}
