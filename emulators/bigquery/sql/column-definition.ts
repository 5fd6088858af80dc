// A column in CREATE TABLE, ALTER TABLE and DECLARE: its type, its mode, its options.
import type { FieldSchema } from '../field-schema.ts';
import { fieldTypeNamed } from '../field-schema.ts';
import type { TokenCursor } from './token-cursor.ts';
import { isWord, tokenizeSql } from './tokens.ts';

/** `name TYPE [NOT NULL] [OPTIONS(...)]`; throws `invalidQuery`. */
export function parseColumn(cursor: TokenCursor): FieldSchema {
  const name = cursor.next().text;
  return parseColumnType(cursor, name);
}

/** The type alone, given to a field of that name. */
export function parseColumnType(cursor: TokenCursor, name: string): FieldSchema {
  let field: FieldSchema;
  if (cursor.accept('ARRAY')) {
    cursor.expect('<');
    field = { ...parseColumnType(cursor, name), mode: 'REPEATED' };
    cursor.expect('>');
  } else if (cursor.accept('STRUCT')) {
    const fields: FieldSchema[] = [];
    cursor.expect('<');
    do fields.push(parseColumn(cursor));
    while (cursor.accept(','));
    cursor.expect('>');
    field = { name, type: 'RECORD', mode: 'NULLABLE', fields };
  } else {
    const type = fieldTypeNamed(cursor.next().text);
    if (!type) throw cursor.fail('a column type before this');
    if (isWord(cursor.peek(), '(')) cursor.group();
    field = { name, type, mode: 'NULLABLE' };
  }
  if (cursor.accept('NOT', 'NULL')) field.mode = 'REQUIRED';
  if (cursor.accept('OPTIONS')) Object.assign(field, parseOptions(cursor.group(), ['description']));
  return field;
}

const OPTION_SETTINGS: Record<string, string> = { description: 'description', friendly_name: 'friendlyName' };

/** The options of these names out of `name = value, ...`, as the REST API names them. */
export function parseOptions(source: string, known: string[]): Record<string, unknown> {
  const { tokens } = tokenizeSql(source);
  const settings: Record<string, unknown> = {};
  tokens.forEach((token, index) => {
    const value = tokens[index + 2];
    const name = token.text.toLowerCase();
    if (known.includes(name) && isWord(tokens[index + 1], '=') && value)
      settings[OPTION_SETTINGS[name] ?? name] = value.text;
  });
  return settings;
}
