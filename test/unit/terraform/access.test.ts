// What topology.json says a function may touch is what its service account gets: too little fails in production alone, too much
// is nobody's need. So it is held against what the function's own code can reach.
import assert from 'node:assert/strict';
import { outcomeTables } from '../../../shared/contracts/outcomes.ts';
import { readSqls, readTopology, type Access, type FunctionEntry } from '../../../terraform/topology.ts';
import { importsOf, read } from '../../style/source-tree.ts';

/** Types that a function's code names because it reads or forwards them within itself, and neither publishes nor appends. */
const NAMED_ONLY: Record<string, { topics?: string[]; tables?: string[] }> = {
  // It decides on changes as events and applies them itself; of deliveries it shows what was recorded.
  campaign: { topics: ['budget-changed', 'campaign-status-changed'], tables: ['deliveries', 'supply_observations'] },
  // It writes the ledger by what events of campaigns write it by.
  'supply-refresh': { tables: ['outcomes'] },
};

describe('The access of a function', () => {
  const topology = readTopology();
  const derived = topology.then(async ({ functions }) => {
    const entries = await Promise.all(Object.keys(functions).map(async (name) => [name, await derive(name)] as const));
    return new Map(entries);
  });

  const given = async (): Promise<[string, FunctionEntry, Derived][]> => {
    const found = await derived;
    return Object.entries((await topology).functions).map(([name, entry]) => [name, entry, found.get(name) as Derived]);
  };

  it('to Firestore is to write where it can, to read where it only does, and none where it opens no store', async () => {
    for (const [name, { access }, { firestore }] of await given()) assert.equal(access.firestore, firestore, name);
  });

  it('to topics is to those of the messages it makes', async () => {
    for (const [name, { access }, { publishes }] of await given())
      assert.deepEqual(sorted(access.publishes), publishes, name);
  });

  it('to tables is to those of the outcomes it records', async () => {
    for (const [name, { access }, { appends }] of await given())
      assert.deepEqual(sorted(access.appends), appends, name);
  });

  it('to queries is where it opens a reader', async () => {
    for (const [name, { access }, { queries }] of await given()) assert.equal(access.queries, queries, name);
  });

  it('is asked for by those whose tokens it checks', async () => {
    for (const [name, { trigger }, { callers }] of await given())
      assert.equal(trigger.kind === 'http' ? trigger.callers : undefined, callers, name);
  });

  it('names topics and tables that are there', async () => {
    const { functions, topics, tables } = await topology;
    for (const [name, { access }] of Object.entries(functions)) {
      for (const topic of access.publishes ?? []) assert(topics.includes(topic), `${name}: ${topic}`);
      for (const table of access.appends ?? []) assert(table in tables, `${name}: ${table}`);
    }
  });

  it('of a scheduled query is to the tables that its SQL changes', async () => {
    const { queries, ...rest } = await topology;
    for (const [name, sql] of await readSqls({ ...rest, queries }, queries, 'p')) {
      const changed = [...sql.matchAll(/\b(?:MERGE|INSERT INTO|UPDATE|DELETE FROM|TRUNCATE TABLE) `p\.\w+\.(\w+)`/g)];
      assert.deepEqual(queries[name]?.writes, [...new Set(changed.map(([, table]) => table))], name);
    }
  });
});

interface Derived extends Required<Pick<Access, 'publishes' | 'appends'>> {
  firestore: Access['firestore'];
  queries: Access['queries'];
  callers: 'tenants' | 'ad-servers' | 'all' | undefined;
}

async function derive(name: string): Promise<Derived> {
  const index = await read(`functions/${name}/index.ts`);
  const code = await reachable(`functions/${name}/index.ts`);
  const writes = [...code].some(
    ([path, text]) => !path.endsWith('-store.ts') && /\.(transact|markDrained)\(|store\.create\(/.test(text),
  );
  const text = [...code].map(([, own]) => own).join('\n');
  const { topics: namedTopics = [], tables: namedTables = [] } = NAMED_ONLY[name] ?? {};
  const topics = [...text.matchAll(/\btype: 'andante\.([a-z-]+)\.v\d+'/g)].map(([, topic]) => topic as string);
  const tables = Object.entries(outcomeTables).flatMap(([table, outcomes]) =>
    outcomes.some(({ properties }) => text.includes(`type: '${properties.type.const}'`)) ? [table] : [],
  );
  return {
    firestore: index.includes('openFirestoreStore(') ? (writes ? 'write' : 'read') : undefined,
    publishes: index.includes('openPubSubBus(') ? without(topics, namedTopics) : [],
    appends: index.includes('openBigQueryLog(')
      ? // It records whatever others could not.
        name === 'outcome-drain'
        ? sorted(Object.keys(outcomeTables))
        : without(tables, namedTables)
      : [],
    queries: /openBigQuery(?!Log)\w+\(/.test(index) ? true : undefined,
    callers: !index.includes('createHttpFunction(')
      ? undefined
      : index.includes('createTenantAuthenticator(')
        ? 'tenants'
        : index.includes('createGroupAuthenticator(')
          ? 'ad-servers'
          : 'all',
  };
}

/** The files that run when one does, and their text; contracts say what there is and do nothing. */
async function reachable(entry: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path) || !path.endsWith('.ts') || path.startsWith('shared/contracts/')) continue;
    files.set(path, await read(path));
    waiting.push(...(await importsOf(path)).filter(({ isTypeOnly }) => !isTypeOnly).map(({ target }) => target));
  }
  return files;
}

function without(found: readonly string[], unwanted: readonly string[]): string[] {
  for (const one of unwanted) assert(found.includes(one), `${one} is not even named`);
  return sorted(found.filter((one) => !unwanted.includes(one)));
}

function sorted(names: readonly string[] = []): string[] {
  return [...new Set(names)].sort();
}
