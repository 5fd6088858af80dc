// The named worlds of `npm start -- --scenario`: what is done to a steady one, as data.
import type { TickFaults } from '../scheduler.ts';
import type { Trouble } from './run-world.ts';
import type { WorldSettings } from './world-settings.ts';

const HOUR_MS = 3_600_000;

export interface Scenario {
  /** What happens, for --help. */
  sentence: string;
  settings?: Partial<
    Pick<WorldSettings, 'loadShare' | 'duplicateShare' | 'clickDelayMedianMs' | 'clickFactor' | 'drainHours'>
  >;
  tickFaults?: Pick<TickFaults, 'doubledShare' | 'lateShare' | 'missingShare'>;
  /** Hours are those of the world's first day. */
  surge?: { fromHour: number; hours: number; factor: number };
  /** Of the first market. */
  cutOff?: { fromHour: number; hours: number };
  /** Of the first market's second group. */
  silence?: { fromHour: number };
  budgetCut?: { atHour: number; share: number; factor: number };
  /** The last market has never reported anything. */
  hasNewMarket?: true;
}

/** By name. */
export const scenarios = {
  steady: { sentence: 'nothing but what every day brings' },
  surge: {
    sentence: 'from 10 to 13 h three times the traffic that was forecast, everywhere',
    surge: { fromHour: 10, hours: 3, factor: 3 },
  },
  'market-outage': {
    sentence: "from 10 to 13 h the first market's ad servers reach no function; their reports come afterwards",
    cutOff: { fromHour: 10, hours: 3 },
  },
  'silent-ad-server': {
    sentence: 'at 12 h one of the two ad-server groups of the first market falls silent for good',
    silence: { fromHour: 12 },
    settings: { drainHours: 16 },
  },
  'late-clicks': {
    sentence: 'half of the clicks come an hour late or later, and they are 30% fewer than was learnt',
    settings: { clickDelayMedianMs: HOUR_MS, clickFactor: 0.7 },
  },
  'doubled-ticks': {
    sentence: 'half of the ticks come twice, some late and some never, and half of the reports twice',
    settings: { duplicateShare: 0.5 },
    tickFaults: { doubledShare: 0.5, lateShare: 0.1, missingShare: 0.05 },
  },
  'budget-cut': {
    sentence: 'at 12 h the owners of half of the campaigns cut their budgets to 40%',
    budgetCut: { atHour: 12, share: 0.5, factor: 0.4 },
  },
  'crowded-market': {
    sentence: 'campaigns ask for 1.8 times the supply there is',
    settings: { loadShare: 1.8 },
  },
  'new-market': {
    sentence: 'the last market has no history and is forecast from those it is like',
    hasNewMarket: true,
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

/** What befalls the world of a scenario that begins at `startAtMs`. */
export function troubleOf({ cutOff, silence, budgetCut }: Scenario, startAtMs: number, market: string): Trouble {
  const atHour = (hour: number) => startAtMs + hour * HOUR_MS;
  return {
    ...(cutOff
      ? { cutOff: { market, fromMs: atHour(cutOff.fromHour), untilMs: atHour(cutOff.fromHour + cutOff.hours) } }
      : {}),
    ...(silence ? { silence: { group: `${market}-b`, fromMs: atHour(silence.fromHour) } } : {}),
    ...(budgetCut ? { budgetCut: { ...budgetCut, atMs: atHour(budgetCut.atHour) } } : {}),
  };
}
