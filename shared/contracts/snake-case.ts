// The one rule between names in code and columns in BigQuery.
const columns = new Map<string, string>();

/** `spentMicros` -> `spent_micros`. Names are those of the contracts, and each is worked out once. */
export function toSnakeCase(name: string): string {
  let column = columns.get(name);
  if (column === undefined) {
    column = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    columns.set(name, column);
  }
  return column;
}
