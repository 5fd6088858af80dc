// Clicks and conversions on their way: they come minutes to hours after the impression and still belong to its hour.
// What would come after the attribution window is nobody's click and is never told.
import { drawBinomial, drawLogNormal } from './draws.ts';
import type { SubcampaignKey } from './lease-book.ts';
import type { Cell } from './population.ts';
import type { Random } from './random.ts';

const SIGMA = 1;

/** How listeners respond after an impression. */
export interface ResponseDelays {
  /** Arrivals are kept in buckets of this length; {@link ClickStream.take} is called at its multiples. */
  bucketMs: number;
  /** Half of the clicks come within this time of the impression. */
  clickDelayMedianMs: number;
  /** Half of the conversions come within this time of the click. */
  conversionDelayMedianMs: number;
  /** Conversions per click. */
  conversionRate: number;
  /** After the impression, nothing counts any more. */
  attributionWindowMs: number;
}

/** Where impressions are counted: of one subcampaign, in one cell and hour. */
export interface Counted extends SubcampaignKey, Cell {
  hourAtMs: number;
}

/** Impressions of one interval. */
export interface Served extends Counted {
  startAtMs: number;
  endAtMs: number;
  impressions: number;
  /** True clicks per impression. */
  clickRate: number;
}

/** What arrived for the impressions of one hour in one cell. */
export interface Arrived extends Counted {
  clicks: number;
  conversions: number;
  /** What the clicks cost. */
  clickMicros: number;
}

export interface ClickStream {
  /** Draws the clicks and conversions that these impressions will bring. */
  add(random: Random, served: Served): void;
  /** Draws when the click on one impression comes, and whether a conversion. */
  addClick(random: Random, click: Counted & { impressionAtMs: number; clickPriceMicros: number }): void;
  /** What arrives before `untilMs` and has not been taken yet. */
  take(untilMs: number): Arrived[];
}

/** A stream with nothing on its way. */
export function createClickStream(delays: ResponseDelays): ClickStream {
  const buckets = new Map<number, Map<string, Arrived>>();
  const file = (atMs: number, counted: Counted): Arrived => {
    const bucket = Math.floor(atMs / delays.bucketMs);
    const arrivals = buckets.get(bucket) ?? new Map<string, Arrived>();
    buckets.set(bucket, arrivals);
    return count(arrivals, counted);
  };
  const addClick: ClickStream['addClick'] = (random, click) => {
    const lastAtMs = click.impressionAtMs + delays.attributionWindowMs;
    const clickAtMs = click.impressionAtMs + drawLogNormal(random, delays.clickDelayMedianMs, SIGMA);
    if (clickAtMs >= lastAtMs) return;
    const arrived = file(clickAtMs, click);
    arrived.clicks += 1;
    arrived.clickMicros += click.clickPriceMicros;
    if (random() >= delays.conversionRate) return;
    const conversionAtMs = clickAtMs + drawLogNormal(random, delays.conversionDelayMedianMs, SIGMA);
    if (conversionAtMs < lastAtMs) file(conversionAtMs, click).conversions += 1;
  };

  return {
    addClick,
    add(random, served) {
      const clicks = drawBinomial(random, served.impressions, served.clickRate);
      for (let click = 0; click < clicks; click += 1) {
        const impressionAtMs = served.startAtMs + random() * (served.endAtMs - served.startAtMs);
        addClick(random, { ...served, impressionAtMs, clickPriceMicros: 0 });
      }
    },
    take(untilMs) {
      const end = Math.floor(untilMs / delays.bucketMs);
      const due = [...buckets.keys()].filter((bucket) => bucket < end).sort((a, b) => a - b);
      const arrived = new Map<string, Arrived>();
      for (const bucket of due) {
        for (const arrival of buckets.get(bucket)?.values() ?? []) {
          const total = count(arrived, arrival);
          total.clicks += arrival.clicks;
          total.conversions += arrival.conversions;
          total.clickMicros += arrival.clickMicros;
        }
        buckets.delete(bucket);
      }
      return [...arrived.values()];
    },
  };
}

function count(arrivals: Map<string, Arrived>, of: Counted): Arrived {
  const { campaignId, subcampaignId, segment, surface, hourAtMs } = of;
  const key = `${campaignId}/${subcampaignId}/${segment}/${surface}/${hourAtMs}`;
  const known = arrivals.get(key) ?? {
    campaignId,
    subcampaignId,
    segment,
    surface,
    hourAtMs,
    clicks: 0,
    conversions: 0,
    clickMicros: 0,
  };
  arrivals.set(key, known);
  return known;
}
