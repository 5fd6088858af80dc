// What was to be seen in a scenario, measured: the last line of a played world.
import type { DayReadings } from './day-readings.ts';
import type { CampaignLine, DayReport } from './day-report.ts';
import { money } from './day-table.ts';
import type { PlayResult } from './world-stack.ts';
import type { Population } from './world/population.ts';
import { type Scenario, type ScenarioName, scenarios } from './world/scenarios.ts';

const HOUR_MS = 3_600_000;

export interface Seen {
  report: DayReport;
  readings: Pick<DayReadings, 'campaigns' | 'paced' | 'billed' | 'scores'>;
  played: Pick<PlayResult, 'lateReports' | 'duplicates' | 'doubledTicks' | 'silentMicros'>;
  population: Pick<Population, 'markets'>;
  startAtMs: number;
}

/** A sentence. */
export function findingOf(name: ScenarioName, seen: Seen): string {
  return findings[name](seen, scenarios[name]);
}

const findings: Record<ScenarioName, (seen: Seen, scenario: Scenario) => string> = {
  steady: ({ report: { campaigns, yield: made } }) =>
    `${billedOf(campaigns.filter(({ isCancelled }) => !isCancelled))} of the budgets that nobody cancelled billed, half of the campaigns within ${percent(middleError(campaigns))} of their plan, yield ${percent(made.share)} of the hindsight bound`,

  surge: ({ report: { campaigns, totals }, startAtMs }, { surge }) => {
    const fromMs = startAtMs + (surge?.fromHour ?? 0) * HOUR_MS;
    const ahead = aheadOfPlan(campaigns, fromMs, fromMs + (surge?.hours ?? 0) * HOUR_MS);
    return `in the hours of ${surge?.factor ?? 1} times the traffic the campaigns were at most ${percent(ahead.most)} of a budget ahead of plan, ${percent(ahead.mean)} on average; overspend ${money(totals.overspendMicros)}`;
  },

  'market-outage': ({ report: { campaigns, totals }, played }) =>
    `${played.lateReports} reports of the time without functions came afterwards and all were counted; ${money(overrun(campaigns))} spent above a lease, overspend ${money(totals.overspendMicros)}`,

  'silent-ad-server': (seen) => {
    const { campaigns } = seen.report;
    const leased = campaigns.reduce((sum, line) => sum + line.leasedMicros, 0);
    const returnedAtMs = lastReturn(seen);
    const when = returnedAtMs === undefined ? '' : `, the last of it came back at ${clock(returnedAtMs)}`;
    return `${money(seen.played.silentMicros ?? 0)} was held by its leases at the most${when}; ${money(leased)} is still leased`;
  },

  'late-clicks': ({ report: { campaigns, totals } }) => {
    const over = campaigns.reduce((sum, line) => sum + Math.max(0, line.spentMicros - line.budgetMicros), 0);
    const unspent = campaigns.reduce((sum, line) => sum + line.budgetMicros - line.billedMicros, 0);
    return `served above budgets ${share(over, totals.budgetMicros)}, left unspent ${share(unspent, totals.budgetMicros)}, billed over budget ${money(totals.overspendMicros)}`;
  },

  'doubled-ticks': ({ report: { totals }, played }) =>
    `${played.doubledTicks} ticks and ${played.duplicates} reports came twice, ${totals.duplicatesAbsorbed} copies in all were absorbed; overspend ${money(totals.overspendMicros)}`,

  'budget-cut': ({ report: { totals }, readings: { campaigns } }) => {
    const held = campaigns.filter(({ budgetMicros, requestedMicros }) => budgetMicros > requestedMicros);
    const heldMicros = held.reduce((sum, { budgetMicros, requestedMicros }) => sum + budgetMicros - requestedMicros, 0);
    return `${held.length} campaigns had more spent or leased than their owners left them, ${money(heldMicros)} together; overspend ${money(totals.overspendMicros)}`;
  },

  'crowded-market': ({ report: { totals } }) =>
    `${totals.refused} of ${totals.campaigns} campaigns refused, ${totals.counterOffered} of them with what would be accepted; ${share(totals.billedMicros, totals.budgetMicros)} of what was booked is billed`,

  'new-market': ({ readings: { scores }, population: { markets } }) => {
    const newest = markets.at(-1) ?? '';
    const errorOf = (isNew: boolean) =>
      percent(
        middle(
          scores
            .filter(({ market }) => (market === newest) === isNew)
            .map(({ logError }) => Math.abs(Math.expm1(logError))),
        ),
      );
    return `traffic of ${newest}, forecast from ${markets.length - 1} others, was ${errorOf(true)} off; that of the others, forecast from their own weeks, ${errorOf(false)}`;
  },
};

function middle(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function middleError(campaigns: readonly CampaignLine[]): number {
  return middle(campaigns.flatMap(({ pacingError }) => pacingError ?? []));
}

/** How far campaigns were ahead of their plans between two instants, in parts of their budgets. */
function aheadOfPlan(campaigns: readonly CampaignLine[], fromMs: number, untilMs: number) {
  const ahead = campaigns.flatMap(({ series, budgetMicros }) =>
    series
      .filter(({ atMs }) => atMs > fromMs && atMs <= untilMs)
      .map(({ accruedMicros, plannedMicros }) => Math.max(0, (accruedMicros - plannedMicros) / budgetMicros)),
  );
  const sum = ahead.reduce((total, one) => total + one, 0);
  return { most: Math.max(0, ...ahead), mean: ahead.length > 0 ? sum / ahead.length : 0 };
}

function billedOf(campaigns: readonly CampaignLine[]): string {
  const sum = (name: 'billedMicros' | 'budgetMicros') => campaigns.reduce((total, line) => total + line[name], 0);
  return share(sum('billedMicros'), sum('budgetMicros'));
}

function overrun(campaigns: readonly CampaignLine[]): number {
  return campaigns.reduce((sum, line) => sum + line.overrunMicros, 0);
}

/** When the last lease of the first market was settled, be it by the end of its subcampaign. */
function lastReturn({ readings: { campaigns, paced, billed }, population: { markets } }: Seen): number | undefined {
  const nameOf = (campaignId: string, subcampaignId: string) => `${campaignId}/${subcampaignId}`;
  const own = new Set(
    campaigns.flatMap(({ campaignId, subcampaigns }) =>
      subcampaigns
        .filter(({ market }) => market === markets[0])
        .map(({ subcampaignId }) => nameOf(campaignId, subcampaignId)),
    ),
  );
  const ends = billed.map(({ endedAtMs, ...row }) => ({ ...row, atMs: endedAtMs, leasedMicros: 0 }));
  const held = new Map<string, number>();
  let last: number | undefined;
  for (const { atMs, campaignId, subcampaignId, leasedMicros } of [...paced, ...ends]) {
    const name = nameOf(campaignId, subcampaignId);
    if (!own.has(name)) continue;
    if ((held.get(name) ?? 0) > 0 && leasedMicros === 0) last = Math.max(last ?? 0, atMs);
    held.set(name, leasedMicros);
  }
  return last;
}

function clock(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');
}

function share(part: number, whole: number): string {
  return whole > 0 ? percent(part / whole) : '-';
}

function percent(part: number): string {
  return Number.isFinite(part) ? `${(part * 100).toFixed(1)}%` : '-';
}
