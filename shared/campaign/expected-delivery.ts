// What was to be delivered by an instant of what a campaign was told it would get.
import type { QuoteIssued, Range } from '../contracts/forecast-outcomes.ts';
import type { Subcampaign } from '../contracts/documents.ts';
import { MAX_MICROS } from '../contracts/micros.ts';
import { DAY_MS } from '../forecasting/traffic-clock.ts';
import { passedTrafficShare, plannedShare } from '../pacing/spend-curve.ts';

/** What was said of a part, or of the whole. */
export type Promised = Omit<QuoteIssued['subcampaigns'][number], 'subcampaignId' | 'market'>;
/** Of that, what does not depend on when it is. */
export type Amounts = Pick<Promised, 'impressions' | 'clicks' | 'conversions' | 'spendMicros'>;

export interface PartFlight extends Subcampaign {
  startAtMs: number;
  endAtMs: number;
}

/** The ninth decile of a normal law lies so many standard deviations above its mean. */
const DECILE = 1.2815515655446004;

/**
 * The share of a part's delivery that is due by an instant, 0 to 1: its spend curve's. What is to be spent as soon as possible is due as
 * fast as its audience comes; of a part with a daily cap no more is due than a cap for each day that has begun.
 * @param hourShape the hours of the day that `atMs` is in, 24 shares that add up to 1
 */
export function dueShare(part: PartFlight, hourShape: readonly number[], atMs: number): number {
  const { budgetMicros, dailyCapMicros, medianMicros, pacing, startAtMs } = part;
  if (atMs <= startAtMs) return 0;
  if (atMs >= part.endAtMs) return 1;
  const most = Math.max(1, budgetMicros);
  const share =
    pacing === 'asap'
      ? (medianMicros * passedTrafficShare(part, hourShape, atMs)) / most
      : plannedShare(part, hourShape, atMs);
  const days = Math.floor(atMs / DAY_MS) - Math.floor(startAtMs / DAY_MS) + 1;
  return Math.min(1, share, ((dailyCapMicros ?? Infinity) * days) / most);
}

/**
 * What was said, for another budget: a larger one brings more in proportion (it was raised where supply was there), of a smaller one
 * nothing is spent beyond it.
 */
export function promiseFor(promised: Promised, budgetMicros: number): Promised {
  const { budgetMicros: quotedMicros, spendMicros } = promised;
  if (budgetMicros === quotedMicros || quotedMicros === 0) return { ...promised, budgetMicros };
  const factorAt = (quantile: keyof Range) => {
    const spentMicros = spendMicros[quantile];
    if (budgetMicros > quotedMicros || spentMicros === 0) return budgetMicros / quotedMicros;
    return Math.min(1, budgetMicros / spentMicros);
  };
  const factors = { low: factorAt('low'), mid: factorAt('mid'), high: factorAt('high') };
  const scaled = ({ low, mid, high }: Range) => {
    const middle = mid * factors.mid;
    return whole({
      low: Math.min(middle, low * factors.low),
      mid: middle,
      high: Math.max(middle, high * factors.high),
    });
  };
  return {
    ...promised,
    budgetMicros,
    ...(promised.reach ? { reach: scaled(promised.reach) } : {}),
    impressions: scaled(promised.impressions),
    clicks: scaled(promised.clicks),
    conversions: scaled(promised.conversions),
    spendMicros: scaled(spendMicros),
  };
}

/**
 * 80% intervals of what comes by the time that a share of the flight's delivery is due. Given how many come in the whole flight, each
 * comes by then with that probability: the variance is the flight's times share^2, and n share (1 - share) of the counts themselves.
 * At a share of 1 it is what was said of the flight.
 */
export function expectedBy(promised: Promised, share: number): Amounts {
  const { clicks, spendMicros, budgetMicros } = promised;
  const spent = due(spendMicros, share, clicks.mid, clicks.mid > 0 ? spendMicros.mid / clicks.mid : 0);
  return {
    impressions: due(promised.impressions, share, promised.impressions.mid, 1),
    clicks: due(clicks, share, clicks.mid, 1),
    conversions: due(promised.conversions, share, promised.conversions.mid, 1),
    spendMicros: { ...spent, high: Math.max(spent.mid, Math.min(spent.high, budgetMicros)) },
  };
}

/** @param count how many there are of `unit` in the middle of a range */
function due({ low, mid, high }: Range, share: number, count: number, unit: number): Range {
  const noise = DECILE * unit * Math.sqrt(count * share * (1 - share));
  return whole({
    low: Math.max(0, share * mid - Math.hypot(share * (mid - low), noise)),
    mid: share * mid,
    high: share * mid + Math.hypot(share * (high - mid), noise),
  });
}

function whole({ low, mid, high }: Range): Range {
  const integer = (value: number) => Math.min(MAX_MICROS, Math.round(value));
  return { low: integer(low), mid: integer(mid), high: integer(high) };
}
