// Aligned text tables. Columns of numbers stand right, others left.

export type Cell = string | number;

const NUMERIC = /^-?[0-9][0-9,.]*%?$|^-?$/;

/** Rows under their headings, two spaces between columns, no trailing blanks. */
export function formatTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => headings.map((_heading, column) => String(row[column] ?? '')));
  const columns = headings.map((heading, column) => {
    const own = texts.map((row) => row[column] as string);
    const width = Math.max(heading.length, ...own.map((text) => text.length));
    const isRight = own.length > 0 && own.every((text) => NUMERIC.test(text));
    return (text: string) => (isRight ? text.padStart(width) : text.padEnd(width));
  });
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => columns[column]?.(text) ?? text)
      .join('  ')
      .trimEnd();
  return [line(headings), ...texts.map(line)].join('\n');
}

/** Names and values, one a line. */
export function formatFields(fields: readonly (readonly [string, Cell])[]): string {
  const width = Math.max(0, ...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join('\n');
}
