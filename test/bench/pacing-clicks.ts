// A small ad server for one campaign paid by click, to see what late clicks do to its money: two groups serve what the price
// lets through, charge expected cost to their leases, and report every tick; clicks come later, and at another rate than was
// predicted. All that decides is what ships: leases, accrual, spend curve, live price and its trim.
import { drawLogNormal, drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import { accruedMicros, committedMicros, rateFactor } from '../../shared/campaign/entry-money.ts';
import { foldReports, type ReportData } from '../../shared/campaign/fold-reports.ts';
import { settleEntry } from '../../shared/campaign/settle-entry.ts';
import type { BookEntry } from '../../shared/contracts/documents.ts';
import { fitDelayCurve, type DelayCurve } from '../../shared/forecasting/delay-curve.ts';
import { hourlyDelays } from '../../shared/forecasting/hourly-delays.ts';
import { shareOfDay } from '../../shared/forecasting/traffic-clock.ts';
import { grantLeases } from '../../shared/pacing/grant-leases.ts';
import { dueMicros, plannedShare } from '../../shared/pacing/spend-curve.ts';
import { gapNoise, trimPrice } from '../../shared/pacing/trim-price.ts';
import { HIGHEST_PRICE, solveLivePrices } from '../../shared/planning/live-price.ts';

export interface LateClicks {
  /** What the budget buys. */
  clicks: number;
  /** True clicks over predicted ones. */
  rateFactor: number;
  /** Mean of the log-normal delay, sigma 1, in minutes. */
  delayMinutes: number;
  pacing: NonNullable<BookEntry['pacing']>;
}

export interface LateClicksResult {
  /** Of the budget: what was confirmed in the end, and what of it was billed. */
  spentShare: number;
  billedShare: number;
  /** At every hour of the flight: accrued less planned, as a share of the budget. */
  gaps: number[];
  /** Of the intervals in which a group had something to serve: those in which its lease ran out before the interval did. */
  boundShare: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TICK_MS = 300_000;
/** What comes later is nobody's click. */
const ATTRIBUTION_MS = 6 * HOUR_MS;
const START_MS = Date.parse('2026-03-02T00:00:00Z');
const CLICK_PRICE_MICROS = 500_000;
const CLICK_RATE = 0.02;
/** Opportunities for an impression that the budget buys. */
const CHOICE = 4;
const SAMPLED = 1000;
/** The price is solved for what is due so much later: that keeps a line to its curve. */
const PACED_MS = HOUR_MS;
const MARKET_ERROR = 0.14;
const HOUR_ERROR = 0.1;
const GROUPS = [
  { group: 'a', share: 0.6 },
  { group: 'b', share: 0.4 },
];

interface Request {
  multiplier: number;
  /** The best other offer for it, in click prices. */
  offer: number;
}

/** One flight of a day, and the hours after it in which its last clicks come. */
export function playLateClicks(of: LateClicks, seed: number): LateClicksResult {
  const random = createRandom(seed, 'late clicks', of.clicks, of.rateFactor, of.pacing);
  const hourShape = evening();
  const opportunities = (CHOICE * of.clicks) / CLICK_RATE;
  const market = drawLogNormal(random, 1, MARKET_ERROR);
  const delay = learnedDelay(of.delayMinutes);
  const key = 'c1/s1';
  let entry = newEntry(of, opportunities);
  const groups = GROUPS.map(({ group, share }) => ({ group, seenAtMs: START_MS, opportunities: share * 1e6 }));
  const arrivals = new Map<number, { group: string; hourAtMs: number }[]>();
  const sample: Request[] = Array.from({ length: SAMPLED }, () => drawRequest(random));
  const gaps: number[] = [];
  let [bound, served, hourFactor, trim] = [0, 0, 1, 0];

  for (let nowMs = START_MS; nowMs < entry.endAtMs + ATTRIBUTION_MS + 2 * HOUR_MS; nowMs += TICK_MS) {
    entry = settleEntry(entry, nowMs, delay);
    const isHour = (nowMs - START_MS) % HOUR_MS === 0;
    if (isHour) hourFactor = drawLogNormal(random, 1, HOUR_ERROR);
    const accrued = accruedMicros(entry);
    const planned = plannedShare(entry, hourShape, nowMs);
    if (isHour && nowMs > START_MS && nowMs <= entry.endAtMs) gaps.push(accrued / entry.budgetMicros - planned);
    const leases = grantLeases({
      entry,
      committedMicros: committedMicros(entry),
      groups,
      hourShape,
      nowMs,
      tickIntervalMs: TICK_MS,
    });
    entry = { ...entry, leases };
    const trimmed = trimPrice({
      price: solvedPrice(entry, sample, { hourShape, nowMs, opportunities, delay }),
      cap: HIGHEST_PRICE,
      gap: (dueMicros(entry, hourShape, nowMs) - accrued) / entry.budgetMicros,
      noise: gapNoise({ ...entry, accruedMicros: accrued }),
      minutes: TICK_MS / 60_000,
      trim,
    });
    trim = trimmed.trim;

    const share = nowMs < entry.endAtMs ? shareOfDay(hourShape, START_MS, nowMs, nowMs + TICK_MS) : 0;
    const reports = GROUPS.map(({ group, share: ofGroup }) => {
      const count = drawPoisson(random, opportunities * market * hourFactor * share * ofGroup);
      const lease = entry.leases.find((one) => one.group === group);
      let openMicros = lease ? lease.grantedMicros - lease.returnedMicros - lease.chargedMicros : 0;
      const hourAtMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
      const line = { hourAtMs, impressions: 0, clicks: 0, chargedMicros: 0 };
      let isBound = false;
      for (let request = 0; request < count; request++) {
        const { multiplier, offer } = drawRequest(random);
        sample[Math.floor(random() * SAMPLED)] = { multiplier, offer };
        if (!(multiplier * (1 - trimmed.price) > offer)) continue;
        const cost = Math.round(CLICK_RATE * multiplier * CLICK_PRICE_MICROS);
        if (cost > openMicros) {
          isBound = true;
          continue;
        }
        openMicros -= cost;
        line.impressions += 1;
        line.chargedMicros += cost;
        if (random() >= CLICK_RATE * multiplier * of.rateFactor) continue;
        const delayMs = drawLogNormal(random, (of.delayMinutes * 60_000) / Math.exp(0.5), 1);
        if (delayMs > ATTRIBUTION_MS) continue;
        const slot = Math.floor((nowMs + TICK_MS * random() + delayMs) / TICK_MS);
        const known = arrivals.get(slot) ?? [];
        arrivals.set(slot, [...known, { group, hourAtMs }]);
      }
      if (count > 0 && nowMs < entry.endAtMs) served += 1;
      if (isBound) bound += 1;
      return report(group, nowMs, [line, ...clicksOf(arrivals.get(nowMs / TICK_MS) ?? [], group)]);
    });
    arrivals.delete(nowMs / TICK_MS);
    const { changed } = foldReports(new Map([[key, entry]]), groups, reports, nowMs + TICK_MS);
    entry = changed.get(key) ?? entry;
  }
  const { spentMicros, budgetMicros } = entry;
  return {
    spentShare: spentMicros / budgetMicros,
    billedShare: Math.min(spentMicros, budgetMicros) / budgetMicros,
    gaps,
    boundShare: served > 0 ? bound / served : 0,
  };
}

/** The live price of the line alone in its market, for the money that is due and the traffic that is expected in an hour. */
function solvedPrice(
  entry: BookEntry,
  sample: readonly Request[],
  {
    hourShape,
    nowMs,
    opportunities,
    delay,
  }: { hourShape: readonly number[]; nowMs: number; opportunities: number; delay: DelayCurve },
): number {
  const untilMs = Math.min(entry.endAtMs, nowMs + PACED_MS);
  const ahead = shareOfDay(hourShape, START_MS, nowMs, untilMs);
  const [price] = solveLivePrices(
    {
      cell: new Uint32Array(SAMPLED),
      multiplier: Float64Array.from(sample, ({ multiplier }) => multiplier),
      offer: Float64Array.from(sample, ({ offer }) => offer * CLICK_RATE * CLICK_PRICE_MICROS),
    },
    {
      budget: Float64Array.of(Math.max(0, dueMicros(entry, hourShape, untilMs) - accruedMicros(entry))),
      worth: Float64Array.of(1),
      clickPrice: Float64Array.of(CLICK_PRICE_MICROS * rateFactor(entry, nowMs, delay)),
      lineStart: Uint32Array.of(0, 1),
      edgeCell: Uint32Array.of(0),
    },
    {
      cells: {
        opportunities: Float64Array.of(opportunities * ahead),
        clickRate: Float64Array.of(CLICK_RATE),
      },
    },
  );
  return Math.min(HIGHEST_PRICE, price as number);
}

function drawRequest(random: Random): Request {
  return { multiplier: drawLogNormal(random, Math.exp(-0.125), 0.5), offer: drawLogNormal(random, 0.15, 0.6) };
}

/** One line for the clicks of each hour of impressions. */
function clicksOf(arrived: readonly { group: string; hourAtMs: number }[], group: string) {
  const byHour = Map.groupBy(
    arrived.filter((click) => click.group === group),
    ({ hourAtMs }) => hourAtMs,
  );
  return [...byHour].map(([hourAtMs, { length }]) => ({ hourAtMs, impressions: 0, clicks: length, chargedMicros: 0 }));
}

function report(
  group: string,
  windowStartAtMs: number,
  lines: readonly { hourAtMs: number; impressions: number; clicks: number; chargedMicros: number }[],
) {
  const data: ReportData = {
    group,
    market: 'SE',
    windowStartAtMs,
    windowEndAtMs: windowStartAtMs + TICK_MS,
    lines: lines.map((line) => ({ campaignId: 'c1', subcampaignId: 's1', conversions: 0, ...line })),
    opportunities: [],
    sample: [],
    closings: [],
  };
  return { ledgerId: `${group}:${windowStartAtMs}`, tenantId: 't1', filedAtMs: windowStartAtMs + TICK_MS, data };
}

function newEntry({ clicks, pacing }: LateClicks, opportunities: number): BookEntry {
  return {
    tenantId: 't1',
    campaignId: 'c1',
    subcampaignId: 's1',
    status: 'active',
    startAtMs: START_MS,
    endAtMs: START_MS + DAY_MS,
    segments: ['fan'],
    surfaces: ['home'],
    clickPriceMicros: CLICK_PRICE_MICROS,
    trafficByDay: [Math.round(opportunities)],
    pacing,
    ...(pacing === 'custom' ? { spendCurve: [{ trafficShare: 0.3, spendShare: 0.5 }] } : {}),
    budgetMicros: clicks * CLICK_PRICE_MICROS,
    spentMicros: 0,
    overrunMicros: 0,
    impressions: 0,
    clicks: 0,
    conversions: 0,
    cohorts: [],
    leases: [],
  };
}

/** Hours of the day with a peak at eight in the evening. */
function evening(): number[] {
  const hours = Array.from({ length: 24 }, (_, hour) => Math.exp(0.8 * Math.cos(((hour - 20) / 24) * 2 * Math.PI)));
  const whole = hours.reduce((sum, hour) => sum + hour, 0);
  return hours.map((hour) => hour / whole);
}

/** As a refresh learns it: from clicks of other campaigns, counted by whole hours since the hour of their impression began. */
function learnedDelay(delayMinutes: number): DelayCurve {
  const random = createRandom('learned delay', delayMinutes);
  const windowMs = ATTRIBUTION_MS + HOUR_MS;
  const counts = new Array<number>(windowMs / HOUR_MS).fill(0);
  for (let click = 0; click < 5000; click++) {
    const delayMs = drawLogNormal(random, (delayMinutes * 60_000) / Math.exp(0.5), 1);
    const hour = Math.floor((random() * HOUR_MS + delayMs) / HOUR_MS);
    if (delayMs <= ATTRIBUTION_MS && hour < counts.length) counts[hour] = (counts[hour] as number) + 1;
  }
  const guess = { medianMs: HOUR_MS, sigma: 1 };
  return fitDelayCurve(hourlyDelays(counts, guess), windowMs, guess);
}
