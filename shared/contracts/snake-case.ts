/** `spentMicros` -> `spent_micros`: the one rule between names in code and columns in BigQuery. */
export function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
