// The translation from BigQuery's SQL to DuckDB's, without a database: what must be mended around the SQL library.
import assert from 'node:assert/strict';
import { splitStatements } from '../../../emulators/bigquery/sql/tokens.ts';
import { translate } from '../../../emulators/bigquery/sql/translate.ts';
import type { TranslationScope } from '../../../emulators/bigquery/sql/translate.ts';

const SCOPE: TranslationScope = {
  resolveTable(path) {
    const [tableId, datasetId = 'fallback', projectId = 'demo-p'] = path.toReversed();
    return { projectId, datasetId, tableId: tableId! };
  },
  tableExists: () => false,
  columnsOf: () => ['id', 'value'],
  namedParameter: (name) => `$${name}`,
  nextPositionalParameter: () => '$next',
  variable: (name) => (name === 'declared' ? "getvariable('declared')" : undefined),
};

const sqlOf = (sql: string) => translate(sql, SCOPE).sql;

describe('the SQL translation of the BigQuery emulator', () => {
  const names: { name: string; sql: string; expected: string }[] = [
    { name: 'a name backquoted in whole', sql: 'SELECT x FROM `demo-a.d.t`', expected: '"demo-a.d"."t"' },
    { name: 'a backquoted dataset and table', sql: 'SELECT x FROM `d.t`', expected: '"demo-p.d"."t"' },
    { name: 'a backquoted project and dataset', sql: 'SELECT x FROM `demo-a.d`.t', expected: '"demo-a.d"."t"' },
    { name: 'a backquoted project', sql: 'SELECT x FROM `demo-a`.d.t', expected: '"demo-a.d"."t"' },
    { name: 'a project with a dash and no quotes', sql: 'SELECT x FROM demo-a.d.t', expected: '"demo-a.d"."t"' },
    { name: 'a bare table name', sql: 'SELECT x FROM t', expected: '"demo-p.fallback"."t"' },
  ];
  for (const { name, sql, expected } of names) {
    it(`finds the table of ${name}`, () => {
      assert.equal(sqlOf(sql), `SELECT x FROM ${expected}`);
    });
  }

  it('leaves the name of a common table expression alone', () => {
    assert.equal(sqlOf('WITH t AS (SELECT 1 AS x) SELECT x FROM t'), 'WITH t AS (SELECT 1 AS x) SELECT x FROM t');
  });

  it('replaces parameters, but not what looks like one in a string, a comment or a quoted name', () => {
    const sql = sqlOf("SELECT @a AS a, ? AS b, '@a ?' AS c, `?` AS d /* @a ? */ FROM d.t");
    assert.match(sql, /^SELECT \(\$a\) AS a, \(\$next\) AS b, '@a \?' AS c, "\?" AS d/);
  });

  it('finds parameters after characters outside the basic plane', () => {
    assert.equal(sqlOf("SELECT '😀é' AS a, @b AS b"), "SELECT '😀é' AS a, ($b) AS b");
  });

  it('names columns without a name like BigQuery', () => {
    assert.match(sqlOf('SELECT COUNT(*), x, MAX(y) FROM d.t GROUP BY x'), /AS "?f0_"?, x, MAX\(y\) AS "?f1_"? FROM/);
  });

  it('replaces a declared variable only where it stands alone', () => {
    const sql = sqlOf('SELECT declared AS a, t.declared AS b FROM d.t AS t');
    assert.equal(sql, `SELECT (getvariable('declared')) AS a, t.declared AS b FROM "demo-p.d"."t" AS t`);
  });

  it('gives LEFT JOIN UNNEST the condition that DuckDB wants', () => {
    assert.match(
      sqlOf('SELECT l.a FROM d.t LEFT JOIN UNNEST(lines) AS l'),
      /LEFT JOIN UNNEST\(lines\) AS \S+\(l\) ON TRUE$/,
    );
  });

  it('spells out the columns of INSERT ROW', () => {
    const { sql, kind, target } = translate(
      'MERGE d.t AS T USING d.s AS S ON T.id = S.id WHEN NOT MATCHED THEN INSERT ROW',
      SCOPE,
    );
    assert.match(sql, /INSERT \("?id"?, "?value"?\) VALUES \("?S"?\."?id"?, "?S"?\."?value"?\)$/);
    assert.equal(kind, 'MERGE');
    assert.deepEqual(target, { projectId: 'demo-p', datasetId: 'd', tableId: 't' });
  });

  it('accepts INSERT without INTO', () => {
    const { sql, kind } = translate('INSERT d.t (id) VALUES (1)', SCOPE);
    assert.equal(sql, 'INSERT INTO "demo-p.d"."t" (id) VALUES (1)');
    assert.equal(kind, 'INSERT');
  });

  it('splits a script at semicolons outside literals and comments', () => {
    assert.deepEqual(splitStatements("SELECT ';' AS a; -- ; no\nSELECT 2;;"), ["SELECT ';' AS a", 'SELECT 2']);
  });

  for (const sql of ['SELEC 1', 'SELECT (1', 'SELECT FROM WHERE', "SELECT 'open"]) {
    it(`refuses ${sql} as a syntax error`, () => {
      assert.throws(() => translate(sql, SCOPE), {
        reason: 'invalidQuery',
        message: /^(Syntax error|Unsupported statement): /,
      });
    });
  }

  it('refuses a statement that is neither query nor DML', () => {
    assert.throws(() => translate('EXPORT DATA OPTIONS(x=1) AS SELECT 1', SCOPE), { reason: 'invalidQuery' });
  });
});
