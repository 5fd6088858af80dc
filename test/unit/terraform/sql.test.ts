// What the emulator would forgive and BigQuery would not, or not cheaply.
import assert from 'node:assert/strict';
import { readTopology, readSqls } from '../../../terraform/topology.ts';

/** https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#reserved_keywords, those that could be a name. */
const RESERVED =
  'all any array as asc at between by case cast contains create cross cube current default define desc distinct else end enum ' +
  'escape except exclude exists extract false fetch following for from full group grouping groups hash having if ignore in ' +
  'inner intersect interval into is join lateral left like limit lookup merge natural new no not null nulls of on or order ' +
  'outer over partition preceding proto qualify range recursive respect right rollup rows select set some struct tablesample ' +
  'then to treat true unbounded union unnest using when where window with within';
const reserved = new Set(RESERVED.split(' '));

/** Without comments and text. */
async function statements(): Promise<Map<string, string>> {
  const topology = await readTopology();
  const read = await Promise.all([readSqls(topology, topology.views, 'p'), readSqls(topology, topology.queries, 'p')]);
  return new Map(
    read
      .flatMap((sqls) => [...sqls])
      .map(([name, sql]) => [name, sql.replaceAll(/--.*$/gm, '').replaceAll(/'[^']*'/g, "''")]),
  );
}

describe('The SQL of views and scheduled queries', () => {
  it('gives nothing a name that BigQuery reserves', async () => {
    for (const [name, sql] of await statements()) {
      for (const [, given] of sql.matchAll(/\bAS\s+([A-Za-z_]+)\b(?!\s*\()/gi)) {
        const isType = /^(DATE|STRING|FLOAT64|INT64|BOOL|TIMESTAMP)$/.test(given as string);
        assert(isType || !reserved.has((given as string).toLowerCase()), `${name}: ${given}`);
      }
    }
  });

  it('reads rows of outcomes only where each is shown once', async () => {
    const appended = ['outcomes', 'deliveries', 'supply_observations', 'forecasts', 'quotes'];
    for (const [name, sql] of await statements()) {
      if (name.endsWith('_once')) continue;
      for (const table of appended) assert(!sql.includes(`.${table}\``), `${name} reads ${table} with its copies`);
    }
  });

  it('keeps event_date in the window of every de-duplication, so that a filter on it prunes', async () => {
    for (const [name, sql] of await statements())
      if (name.endsWith('_once')) assert.match(sql, /PARTITION BY event_date, row_id/, name);
  });

  it('does not look at the clock: what a day was does not depend on when it is asked', async () => {
    for (const [name, sql] of await statements()) assert.doesNotMatch(sql, /CURRENT_(DATE|TIMESTAMP|DATETIME)/i, name);
  });
});
