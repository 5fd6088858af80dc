// The settings of a dataset or table that are only stored: which a request brings, and how a patch changes them.
import type { Settings } from './catalog.ts';

/** Those settings of a request body that this resource has. */
export function pickSettings(body: Record<string, unknown>, names: readonly string[]): Settings {
  return Object.fromEntries(names.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]));
}

/** The settings after a patch: null removes, labels are merged one by one. */
export function mergeSettings(settings: Settings, patch: Settings): Settings {
  const merged = { ...settings, ...patch };
  if (isObject(settings['labels']) && isObject(patch['labels'])) {
    merged['labels'] = withoutNulls({ ...settings['labels'], ...patch['labels'] });
  }
  return withoutNulls(merged);
}

function withoutNulls(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
