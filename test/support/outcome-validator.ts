// Holds outcomes, rows and notices to their contracts: ajv over their schemas, and the generated BigQuery columns.
import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import { bigQuerySchemas, type Column } from '../../shared/contracts/bigquery-schema.ts';
import { CampaignNotifiedEvent } from '../../shared/contracts/lifecycle-outcomes.ts';
import { outcomeTables } from '../../shared/contracts/outcomes.ts';
import type { Row } from '../../shared/outcomes/outcome-log.ts';

const ajv = new Ajv({ strict: true });
const validators = new Map(
  Object.values(outcomeTables)
    .flat()
    .map((schema) => [schema.properties.type.const as string, ajv.compile(schema)]),
);
const schemas = bigQuerySchemas();

/** Fails for the first outcome that its schema does not take. */
export function assertOutcomes(outcomes: readonly { type: string }[]): void {
  for (const outcome of outcomes) {
    const validate = validators.get(outcome.type);
    assert(validate, `no schema for ${outcome.type}`);
    assert(validate(outcome), `${outcome.type}: ${ajv.errorsText(validate.errors)}`);
  }
}

const validateNotice = ajv.compile(CampaignNotifiedEvent);

/** Fails for the first message that is no notice as booking flows expect it. */
export function assertNotices(messages: readonly unknown[]): void {
  for (const message of messages) assert(validateNotice(message), ajv.errorsText(validateNotice.errors));
}

/** Fails for a row with a column its table does not have, a required one missing, or a list where there is none. */
export function assertRows(rows: readonly Row[]): void {
  for (const row of rows) assertRecord(row.json, schemas[row.table], row.table);
}

function assertRecord(record: Readonly<Record<string, unknown>>, columns: readonly Column[], at: string): void {
  const known = new Map(columns.map((column) => [column.name, column]));
  for (const [name, value] of Object.entries(record)) {
    const column = known.get(name);
    assert(column, `${at} has no column ${name}`);
    assert.equal(Array.isArray(value), column.mode === 'REPEATED', `${at}.${name} is a list or not`);
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const one of values) assertValue(one, column, `${at}.${name}`);
  }
  for (const column of columns)
    assert(column.mode !== 'REQUIRED' || column.name in record, `${at}.${column.name} is missing`);
}

function assertValue(value: unknown, column: Column, at: string): void {
  if (column.type === 'RECORD') {
    assertRecord(value as Record<string, unknown>, column.fields ?? [], at);
  } else if (column.type === 'INTEGER') {
    assert(Number.isSafeInteger(value), `${at} must be an integer`);
  } else {
    assert.equal(typeof value, column.type === 'FLOAT' ? 'number' : 'string', at);
  }
}
