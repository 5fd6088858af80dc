// Pictures of spend against plan: one SVG per campaign, and one of all of them. Colours follow the reader's light or dark.
import type { SpendPoint } from './spend-series.ts';

/** What a chart is of. */
export interface Charted {
  campaignId: string;
  status: string;
  budgetMicros: number;
  series: readonly SpendPoint[];
}

const STYLE = `<style>
svg { font: 12px system-ui, sans-serif; color: #1f2328; }
.paper { fill: #ffffff; }
text { fill: currentColor; }
.faint { fill: #59636e; }
.grid { stroke: #d1d9e0; }
.plan { fill: none; stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 5 4; }
.spent { fill: none; stroke: #0969da; stroke-width: 2; }
.area { fill: #0969da; fill-opacity: 0.12; }
@media (prefers-color-scheme: dark) {
svg { color: #f0f6fc; }
.paper { fill: #0d1117; }
.faint { fill: #9198a1; }
.grid { stroke: #3d444d; }
.plan { stroke: #9198a1; }
.spent { stroke: #4493f8; }
.area { fill: #4493f8; fill-opacity: 0.2; }
}
</style>`;

/** One campaign: money upwards, its flight from left to right, with a legend and axes. */
export function spendChart(campaign: Charted): string {
  const frame = { left: 72, top: 44, width: 600, height: 220 };
  const [width, height] = [frame.left + frame.width + 24, frame.top + frame.height + 44];
  const legendAt = frame.left + frame.width;
  return picture(width, height, [
    `<text x="${frame.left}" y="24" font-weight="600">${titleOf(campaign)}</text>`,
    `<line class="spent" x1="${legendAt - 150}" x2="${legendAt - 126}" y1="20" y2="20"/><text x="${legendAt - 120}" y="24">spent</text>`,
    `<line class="plan" x1="${legendAt - 70}" x2="${legendAt - 46}" y1="20" y2="20"/><text x="${legendAt - 40}" y="24">plan</text>`,
    ...axes(campaign, frame),
    ...curves(campaign, frame),
  ]);
}

const COLUMNS = 4;
const TILE = { width: 240, height: 130 };

/** All campaigns side by side, each on a scale of its own. */
export function spendOverview(campaigns: readonly Charted[]): string {
  const rows = Math.max(1, Math.ceil(campaigns.length / COLUMNS));
  const tiles = campaigns.flatMap((campaign, index) => {
    const x = (index % COLUMNS) * TILE.width + 12;
    const y = Math.floor(index / COLUMNS) * TILE.height + 40;
    const frame = { left: x, top: y + 22, width: TILE.width - 24, height: TILE.height - 46 };
    return [
      `<text x="${x}" y="${y + 14}">${titleOf(campaign)}</text>`,
      `<line class="grid" x1="${x}" x2="${x + frame.width}" y1="${frame.top + frame.height}" y2="${frame.top + frame.height}"/>`,
      ...curves(campaign, frame),
    ];
  });
  return picture(COLUMNS * TILE.width, rows * TILE.height + 48, [
    `<text x="12" y="22" font-weight="600">Spend (line) against plan (dashes), each campaign over its own flight</text>`,
    ...tiles,
  ]);
}

interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

function picture(width: number, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    STYLE,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function titleOf({ campaignId, status, budgetMicros }: Charted): string {
  return `${campaignId}, ${status}: ${amount(budgetMicros)}`;
}

/** Where an instant and an amount are in a frame. */
function scaleOf({ series, budgetMicros }: Charted, { left, top, width, height }: Frame) {
  const fromMs = series[0]?.atMs ?? 0;
  const spanMs = Math.max(1, (series.at(-1)?.atMs ?? 0) - fromMs);
  const most = Math.max(1, budgetMicros, ...series.map((point) => Math.max(point.accruedMicros, point.plannedMicros)));
  const x = (atMs: number) => round(left + (width * (atMs - fromMs)) / spanMs);
  const y = (micros: number) => round(top + height * (1 - micros / most));
  return { x, y, fromMs, spanMs, most };
}

function curves(campaign: Charted, frame: Frame): string[] {
  const { series } = campaign;
  if (series.length === 0)
    return [`<text class="faint" x="${frame.left}" y="${frame.top + frame.height / 2}">nothing was spent</text>`];
  const { x, y } = scaleOf(campaign, frame);
  const path = (value: (point: SpendPoint) => number) =>
    series.map((point) => `${x(point.atMs)},${y(value(point))}`).join(' ');
  const spent = path((point) => point.accruedMicros);
  const bottom = frame.top + frame.height;
  const last = series.at(-1) as SpendPoint;
  return [
    `<polygon class="area" points="${frame.left},${bottom} ${spent} ${x(last.atMs)},${bottom}"/>`,
    `<polyline class="plan" points="${path((point) => point.plannedMicros)}"/>`,
    `<polyline class="spent" points="${spent}"/>`,
  ];
}

const QUARTERS = [0, 0.25, 0.5, 0.75, 1];

function axes(campaign: Charted, frame: Frame): string[] {
  const { x, y, fromMs, spanMs, most } = scaleOf(campaign, frame);
  const right = frame.left + frame.width;
  const bottom = frame.top + frame.height;
  const rules = QUARTERS.flatMap((part) => {
    const height = y(part * most);
    return [
      `<line class="grid" x1="${frame.left}" x2="${right}" y1="${height}" y2="${height}"/>`,
      `<text class="faint" x="${frame.left - 8}" y="${height + 4}" text-anchor="end">${amount(part * most)}</text>`,
    ];
  });
  if (campaign.series.length === 0) return rules;
  const times = QUARTERS.map((part) => {
    const atMs = fromMs + part * spanMs;
    const time = new Date(atMs).toISOString().slice(5, 16).replace('T', ' ');
    return `<text class="faint" x="${x(atMs)}" y="${bottom + 20}" text-anchor="middle">${time}</text>`;
  });
  return [...rules, ...times];
}

function amount(micros: number): string {
  const units = micros / 1e6;
  return units.toLocaleString('en-US', { maximumFractionDigits: units < 100 ? 2 : 0 });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
