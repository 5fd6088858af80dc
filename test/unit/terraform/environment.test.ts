// Variables that Terraform sets and variables that the functions read are the same.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from '@cdktn/hcl2json';
import { Environment } from '../../../shared/contracts/environment.ts';
import { reservedTenants } from '../../../shared/contracts/platform-tenant.ts';
import { Group, Id } from '../../../shared/contracts/scalars.ts';
import { topologyDir } from '../../../terraform/topology.ts';

/** Read by the functions framework and not by us. */
const NOT_OURS = ['LOG_EXECUTION_ID'];
/** For emulators. */
const LOCAL_ONLY = ['VIRTUAL_TIME', 'FIRESTORE_EMULATOR_HOST', 'PUBSUB_EMULATOR_HOST', 'BIGQUERY_EMULATOR_HOST'];

describe('The environment of deployed functions', () => {
  it('has every variable they read, and none besides', async () => {
    const text = await readFile(resolve(topologyDir, 'functions.tf'), 'utf8');
    const set = new Set([...text.matchAll(/\b([A-Z]+(?:_[A-Z]+)*)\s+=/g)].map(([, name]) => name as string));
    const read = Object.keys(Environment.properties).filter((name) => !LOCAL_ONLY.includes(name));
    assert.deepEqual([...set].sort(), [...read, ...NOT_OURS].sort());
  });

  it('refuses at the plan the names that the functions would refuse', async () => {
    const variables = await readVariables();
    const ofTenants = conditionsOf(variables, 'tenants');
    assert(ofTenants.includes(bounded(Id)));
    assert(ofTenants.includes(`contains([${reservedTenants.map((tenant) => `"${tenant}"`).join(', ')}]`));
    assert(conditionsOf(variables, 'ad_server_groups').includes(bounded(Group)));
  });
});

type Variables = Record<string, [{ validation?: { condition: string }[] }]>;

async function readVariables(): Promise<Variables> {
  const file = 'variables.tf';
  const parsed = await parse(file, await readFile(resolve(topologyDir, file), 'utf8'));
  return (parsed as { variable: Variables }).variable;
}

/** A name's pattern with its length in it: Terraform has one question for both. */
function bounded(name: object): string {
  const { pattern, maxLength } = name as { pattern: string; maxLength: number };
  return pattern.replace('*', `{0,${maxLength - 1}}`);
}

function conditionsOf(variables: Variables, name: string): string {
  return (variables[name]?.[0].validation ?? []).map(({ condition }) => condition).join('\n');
}
