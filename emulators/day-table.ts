// A played day as people read it.
import type { CampaignLine, DayReport } from './day-report.ts';
import { SPARK_STEP, sparkline } from './spend-series.ts';

/** Characters of a line's spend beside its plan. */
const SPARKS = 16;

type Align = 'left' | 'right';

const columns: { title: string; align: Align; cell: (line: CampaignLine) => string }[] = [
  { title: 'campaign', align: 'left', cell: (line) => line.campaignId },
  { title: 'tenant', align: 'left', cell: (line) => line.tenantId },
  { title: 'status', align: 'left', cell: ({ status, isCancelled }) => (isCancelled ? 'cancelled' : status) },
  { title: 'budget', align: 'right', cell: (line) => money(line.budgetMicros) },
  { title: 'spent', align: 'right', cell: (line) => money(line.spentMicros) },
  { title: 'leased', align: 'right', cell: (line) => money(line.leasedMicros) },
  { title: 'accrued', align: 'right', cell: (line) => money(line.accruedMicros) },
  { title: 'delivered', align: 'right', cell: (line) => whole(line.impressions) },
  { title: 'reach', align: 'right', cell: (line) => whole(line.reach) },
  { title: 'clicks', align: 'right', cell: (line) => whole(line.clicks) },
  { title: 'forecast', align: 'right', cell: ({ quoted }) => (quoted ? whole(quoted.clicks) : '-') },
  {
    title: 'eCPC',
    align: 'right',
    cell: ({ clickCostMicros }) => (clickCostMicros === undefined ? '-' : money(clickCostMicros)),
  },
  {
    title: 'full spend',
    align: 'right',
    cell: ({ quoted }) => (quoted ? `${Math.round(quoted.fullSpend * 100)}%` : '-'),
  },
  {
    title: 'pacing error',
    align: 'right',
    cell: (line) => (line.pacingError === undefined ? '-' : percent(line.pacingError)),
  },
  { title: 'against plan', align: 'left', cell: (line) => sparkline(line.series, line.budgetMicros, SPARKS) },
];

/** The table of campaigns, the totals under it, and what did not hold. */
export function renderDay({ campaigns, totals, yield: made, forecast, violations }: DayReport): string {
  const body = campaigns.map((line) => columns.map(({ cell }) => cell(line)));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...body.map((row) => (row[index] as string).length)),
  );
  const render = (row: readonly string[]) =>
    row
      .map((text, index) =>
        columns[index]?.align === 'right'
          ? text.padStart(widths[index] as number)
          : text.padEnd(widths[index] as number),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [
    render(columns.map(({ title }) => title)),
    rule,
    ...body.map(render),
    `against plan: \u2584 as planned, each level ${percent(SPARK_STEP)} of the budget behind or ahead`,
    '',
    `${totals.campaigns} campaigns booked, ${totals.refused} refused: ${money(totals.billedMicros)} billed of ${money(totals.budgetMicros)}; ${whole(totals.impressions)} impressions of ${whole(totals.opportunities)} opportunities, ${whole(totals.clicks)} clicks`,
    `over HTTP ${whole(totals.quotes)} quotes and ${whole(totals.bookings)} bookings, of which ${whole(totals.bookedOverHttp)} campaigns came`,
    `delivered revenue ${money(totals.revenueMicros)}: ${money(totals.billedMicros)} of campaigns, ${money(totals.spotMicros)} of spot demand; yield ${percent(made.share)} of the hindsight bound; reach ${whole(totals.reach)} listeners`,
    `slots ${slotWords(totals.awards)}   ${noticeWords(totals.notices)}`.trimEnd(),
    `events ${whole(totals.events)}   reports ${whole(totals.reports)}   ticks ${whole(totals.ticks)}   outcomes in BigQuery ${whole(totals.outcomes)}   duplicates absorbed ${whole(totals.duplicatesAbsorbed)}   quarantined ${whole(totals.quarantined)}   overspend ${money(totals.overspendMicros)}`,
    ...(forecast
      ? [
          `supply forecasts of a market's day: ${percent(forecast.medianError)} off in the middle, ${forecast.inside} of ${forecast.days} inside their 80% interval`,
        ]
      : []),
    violations.length === 0
      ? 'every invariant held'
      : `${violations.length} violations:\n${violations
          .slice(0, 20)
          .map((text) => `  invariant ${text}`)
          .join('\n')}`,
  ].join('\n');
}

/** Who had the slots. */
function slotWords(awards: DayReport['totals']['awards']): string {
  const { WORTH_MOST, OFFER_WORTH_MOST, EXPLORED, FALLBACK, HOUSE } = awards;
  return `to campaigns ${whole(WORTH_MOST)}, to explore ${whole(EXPLORED)}, under stale plans ${whole(FALLBACK)}, to spot demand ${whole(OFFER_WORTH_MOST)}, to the house ${whole(HOUSE)}`;
}

function noticeWords(notices: Record<string, number>): string {
  const kinds = Object.entries(notices).sort(([a], [b]) => (a < b ? -1 : 1));
  return kinds.length === 0 ? '' : `notices ${kinds.map(([kind, count]) => `${kind} ${whole(count)}`).join(', ')}`;
}

/** Micros as units of currency, two digits. */
export function money(micros: number): string {
  return (micros / 1e6).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function whole(count: number): string {
  return count.toLocaleString('en-US');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
