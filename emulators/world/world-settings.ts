// The options of a world with their defaults, checked once; nothing here reads the environment.

/** Numbers a caller may set. All times are virtual but `planTimeoutMs`. */
export interface WorldSettings {
  seed: number;
  startAtMs: number;
  campaigns: number;
  days: number;
  tickIntervalMs: number;
  groupsPerMarket: number;
  /** What feasible campaigns ask for together, as a part of the supply's expected click value. */
  loadShare: number;
  /** Reports that are sent twice on purpose. */
  duplicateShare: number;
  clickDelayMedianMs: number;
  conversionDelayMedianMs: number;
  /** True clicks beside what the forecast was learnt from. */
  clickFactor: number;
  /** Conversions per click. */
  conversionRate: number;
  /** An hour less than the books' click window of six, so that the last report comes before they close. */
  attributionWindowMs: number;
  /** Hours played after the last day, one tick each, so that late clicks come in and campaigns become final. */
  drainHours: number;
  /** Real time a market may take to reach a tick. */
  planTimeoutMs: number;
}

/** Everything but the seed and the first instant has a default. */
export type WorldSettingsInput = Pick<WorldSettings, 'seed' | 'startAtMs'> & Partial<WorldSettings>;

/** Thrown for settings that make no world; the message names every problem. */
export class InvalidWorldSettings extends Error {
  readonly code = 'INVALID_WORLD_SETTINGS';
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What is used where the caller says nothing. */
export const worldDefaults = {
  campaigns: 24,
  days: 1,
  tickIntervalMs: 5 * MINUTE_MS,
  groupsPerMarket: 2,
  loadShare: 0.7,
  duplicateShare: 0.05,
  clickDelayMedianMs: 10 * MINUTE_MS,
  conversionDelayMedianMs: 30 * MINUTE_MS,
  clickFactor: 1,
  conversionRate: 0.05,
  attributionWindowMs: 5 * HOUR_MS,
  drainHours: 8,
  planTimeoutMs: 30_000,
} as const satisfies Omit<WorldSettings, 'seed' | 'startAtMs'>;

/** Complete settings, and nothing else of `input`. @throws InvalidWorldSettings */
export function resolveWorldSettings(input: WorldSettingsInput): WorldSettings {
  const settings: WorldSettings = { ...worldDefaults, seed: input.seed, startAtMs: input.startAtMs };
  for (const [name] of RANGES) settings[name] = input[name] ?? settings[name];
  const problems = [...rangeProblems(settings), ...timeProblems(settings)];
  if (problems.length > 0) throw new InvalidWorldSettings(`world settings: ${problems.join('; ')}`);
  return settings;
}

function rangeProblems(settings: WorldSettings): string[] {
  return RANGES.flatMap(([name, low, high, kind]) => {
    const value = settings[name];
    const isRight = kind === 'share' ? Number.isFinite(value) : Number.isSafeInteger(value);
    if (isRight && value >= low && value <= high) return [];
    const noun = kind === 'share' ? 'a number' : 'a whole number';
    return [`${name} must be ${noun} from ${low} to ${high}, got ${value}`];
  });
}

function timeProblems({ tickIntervalMs, startAtMs }: WorldSettings): string[] {
  const problems: string[] = [];
  if (HOUR_MS % tickIntervalMs !== 0) problems.push(`tickIntervalMs must divide an hour, got ${tickIntervalMs}`);
  else if (startAtMs % tickIntervalMs !== 0) problems.push('startAtMs must be a multiple of tickIntervalMs');
  return problems;
}

const RANGES: [keyof WorldSettings, number, number, 'whole' | 'share'][] = [
  ['seed', 0, Number.MAX_SAFE_INTEGER, 'whole'],
  ['startAtMs', 0, 253402300799999, 'whole'],
  ['campaigns', 1, 2000, 'whole'],
  ['days', 1, 60, 'whole'],
  ['tickIntervalMs', MINUTE_MS, HOUR_MS, 'whole'],
  ['groupsPerMarket', 1, 6, 'whole'],
  ['loadShare', 0.01, 2, 'share'],
  ['duplicateShare', 0, 1, 'share'],
  ['clickDelayMedianMs', 1, HOUR_MS * 24, 'whole'],
  ['conversionDelayMedianMs', 1, HOUR_MS * 24, 'whole'],
  ['clickFactor', 0, 10, 'share'],
  ['conversionRate', 0, 1, 'share'],
  ['attributionWindowMs', 0, HOUR_MS * 24, 'whole'],
  ['drainHours', 0, 72, 'whole'],
  ['planTimeoutMs', 1, 3_600_000, 'whole'],
];
