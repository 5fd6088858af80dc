// The listeners of one part: reach by what they are shown, and what its caps leave of the visits that are free.
import { STEPS, valueAt, type ExposureCaps, type ListenerCurve } from './listener-curve.ts';
import { curveOf } from './listeners.ts';
import { OPPORTUNITIES } from './market-supply.ts';
import type { QuoteMarket } from './quote-market.ts';
import type { AskedPart } from './quoted-part.ts';

/** Segments share no listeners: their curves add up. */
export interface AudienceListeners {
  /** Of each segment: its curve, and which part of its visits is on the surfaces of the part. */
  segments: readonly { segment: string; curve: ListenerCurve; share: number }[];
  /** Listeners of the forecast for each one that was counted. */
  scale: number;
  opportunities: number;
  caps: ExposureCaps;
}

/** @returns undefined where a segment of it was not counted */
export function audienceListeners(
  asked: AskedPart,
  market: QuoteMarket,
  audiences: readonly number[],
  { days, opportunities }: { days: number; opportunities: number },
): AudienceListeners | undefined {
  const { supply, listeners } = market;
  const caps = {
    perDay: asked.perListenerDay ?? Infinity,
    perFlight: asked.releaseId === undefined ? (asked.perListenerFlight ?? Infinity) : 1,
  };
  const flownDays = Math.max(1, Math.min(31, Math.ceil(days)));
  const all = supply.sums[OPPORTUNITIES] as Float64Array;
  const end = supply.days * supply.audiences.length;
  const onlySurface = asked.surfaces.length === 1 ? (asked.surfaces[0] as string) : undefined;
  const segments: { segment: string; curve: ListenerCurve; share: number }[] = [];
  let visits = 0;
  for (const segment of asked.segments) {
    let [here, everywhere] = [0, 0];
    for (let at = 0; at < supply.audiences.length; at++) {
      if ((supply.audiences[at] as { segment: string }).segment === segment) everywhere += all[end + at] as number;
    }
    for (const at of audiences) {
      if ((supply.audiences[at] as { segment: string }).segment === segment) here += all[end + at] as number;
    }
    if (here === 0) continue;
    const alone =
      onlySurface === undefined
        ? undefined
        : curveOf(listeners, { segment, surface: onlySurface, days: flownDays, caps });
    const curve = alone ?? curveOf(listeners, { segment, surface: '', days: flownDays, caps });
    if (!curve) return undefined;
    const share = alone || everywhere === 0 ? 1 : Math.min(1, here / everywhere);
    segments.push({ segment, curve, share });
    visits += curve.visits * share;
  }
  if (!(visits > 0) || !(opportunities > 0)) return undefined;
  return { segments, scale: opportunities / visits, opportunities, caps };
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
