// The listeners of one part: reach by what they are shown, and what its caps leave of the visits that are free.
import { listenerDays } from '../forecasting/capped-listeners.ts';
import { STEPS, valueAt, type ExposureCaps } from '../forecasting/listener-curve.ts';
import { curveOf, type KeptCurve } from './listeners.ts';
import { OPPORTUNITIES } from './market-supply.ts';
import type { QuoteMarket } from './quote-market.ts';
import type { AskedPart } from './quoted-part.ts';

/** Segments share no listeners: their curves add up. */
export interface AudienceListeners {
  /** Of each segment: its curve, and which part of its visits is on the surfaces of the part. */
  segments: readonly { segment: string; curve: KeptCurve; share: number }[];
  /** All of its segments were counted: those that were not are taken to be like the others. */
  isWhole: boolean;
  /** Listeners of the forecast for each one that was counted. */
  scale: number;
  opportunities: number;
  caps: ExposureCaps;
}

/**
 * @param day of the market's supply that counts the listeners: the first of the flight that is known
 * @returns undefined where no listeners were counted
 */
export function audienceListeners(
  asked: AskedPart,
  market: QuoteMarket,
  audiences: readonly number[],
  { day, fromMs, endAtMs, opportunities }: { day: number; fromMs: number; endAtMs: number; opportunities: number },
): AudienceListeners | undefined {
  const { supply, listeners } = market;
  const caps = {
    perDay: asked.perListenerDay ?? Infinity,
    perFlight: asked.releaseId === undefined ? (asked.perListenerFlight ?? Infinity) : 1,
  };
  const days = listenerDays(fromMs, endAtMs);
  const all = supply.measures[OPPORTUNITIES] as Float64Array;
  const first = day * supply.audiences.length;
  const onlySurface = commonSurface(market, audiences);
  const segments: { segment: string; curve: KeptCurve; share: number }[] = [];
  let [visits, isWhole] = [0, true];
  for (const segment of new Set(asked.segments)) {
    let [here, everywhere] = [0, 0];
    for (let at = 0; at < supply.audiences.length; at++) {
      if ((supply.audiences[at] as { segment: string }).segment === segment) everywhere += all[first + at] as number;
    }
    for (const at of audiences) {
      if ((supply.audiences[at] as { segment: string }).segment === segment) here += all[first + at] as number;
    }
    if (here === 0) continue;
    const alone =
      onlySurface === undefined ? undefined : curveOf(listeners, { day, segment, surface: onlySurface, days, caps });
    const curve = alone ?? curveOf(listeners, { day, segment, surface: '', days, caps });
    if (!curve) {
      isWhole = false;
      continue;
    }
    const share = alone ? 1 : here / everywhere;
    segments.push({ segment, curve, share });
    visits += curve.visits * share;
  }
  if (!(visits > 0) || !(opportunities > 0)) return undefined;
  return { segments, isWhole, scale: opportunities / visits, opportunities, caps };
}

/** The surface of all of them, undefined where they have several. */
function commonSurface({ supply }: QuoteMarket, audiences: readonly number[]): string | undefined {
  let only: string | undefined;
  for (const at of audiences) {
    const { surface } = supply.audiences[at] as { surface: string };
    if (only !== undefined && surface !== only) return undefined;
    only = surface;
  }
  return only;
}

/** What caps leave of an empty market: the share that a booking counts with, see `cappedListeners`. */
export function limitShare(listeners: AudienceListeners | undefined): number {
  if (!listeners) return 1;
  let [shown, visits] = [0, 0];
  for (const { curve, share } of listeners.segments) {
    shown += curve.exposuresAt(share);
    visits += share * curve.visits;
  }
  return Math.min(1, shown / visits);
}

/** The share of all visits that can be shown something under the caps, where this share of them is free. */
export function cappedShare(listeners: AudienceListeners | undefined, free: number): number {
  if (!listeners) return free;
  const { perDay, perFlight } = listeners.caps;
  if (perDay === Infinity && perFlight === Infinity) return free;
  return Math.min(free, exposuresAt(listeners, free) / listeners.opportunities);
}

/** Listeners that so many impressions reach. */
export function listenersReached(listeners: AudienceListeners, impressions: number): number {
  const rate = offerRate(listeners, impressions);
  let reached = 0;
  for (const { curve, share } of listeners.segments) reached += valueAt(curve.reach, rate * share);
  return listeners.scale * reached;
}

/** The share of visits that is to be served for so many impressions under the caps; 1 where there are not so many. */
export function offerRate(listeners: AudienceListeners, impressions: number): number {
  const { perDay, perFlight } = listeners.caps;
  if (perDay === Infinity && perFlight === Infinity) return Math.min(1, impressions / listeners.opportunities);
  let [low, high] = [0, STEPS];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (exposuresAt(listeners, (middle / STEPS) ** 3) < impressions) low = middle;
    else high = middle;
  }
  const [from, to] = [exposuresAt(listeners, (low / STEPS) ** 3), exposuresAt(listeners, (high / STEPS) ** 3)];
  const part = to > from ? Math.max(0, Math.min(1, (impressions - from) / (to - from))) : 1;
  return ((low + part * (high - low)) / STEPS) ** 3;
}

function exposuresAt({ segments, scale }: AudienceListeners, rate: number): number {
  let shown = 0;
  for (const { curve, share } of segments) shown += valueAt(curve.exposures, rate * share);
  return scale * shown;
}
