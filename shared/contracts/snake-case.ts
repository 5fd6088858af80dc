const known = new Map<string, string>();

/** `spentMicros` -> `spent_micros`: the one rule between names in code and columns in BigQuery. */
export function toSnakeCase(name: string): string {
  let column = known.get(name);
  if (column === undefined) {
    column = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    known.set(name, column);
  }
  return column;
}
