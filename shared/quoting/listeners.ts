// The listeners of a market's audiences: their kinds and curves, worked out when first asked for and kept.
import type { VisitHistogram } from '../forecasting/visit-histogram.ts';
import { listenerCurve, type ExposureCaps, type ListenerCurve } from './listener-curve.ts';
import { listenerModel, type ListenerModel } from './listener-model.ts';
import type { MarketSupply } from './market-supply.ts';

export interface Listeners {
  /** By segment, and by surface inside it; all surfaces are ''. */
  histograms: ReadonlyMap<string, ReadonlyMap<string, VisitHistogram>>;
  models: Map<VisitHistogram, ListenerModel | undefined>;
  /** By histogram, days and caps. */
  curves: Map<VisitHistogram, Map<number, ListenerCurve | undefined>>;
  count: number;
}

/** Curves of a market that are kept: 512 bytes each. */
const MOST_CURVES = 8192;

/** Those that the first known day counts. */
export function createListeners({ known }: MarketSupply): Listeners {
  const histograms = new Map<string, Map<string, VisitHistogram>>();
  for (const one of known.find((day) => day?.listeners)?.listeners ?? []) {
    const bySurface = histograms.get(one.segment) ?? new Map<string, VisitHistogram>();
    histograms.set(one.segment, bySurface);
    bySurface.set(one.surface ?? '', one);
  }
  return { histograms, models: new Map(), curves: new Map(), count: 0 };
}

/** @returns undefined where nobody was counted there */
export function curveOf(
  listeners: Listeners,
  { segment, surface, days, caps }: { segment: string; surface: string; days: number; caps: ExposureCaps },
): ListenerCurve | undefined {
  const histogram = listeners.histograms.get(segment)?.get(surface);
  if (!histogram) return undefined;
  let own = listeners.curves.get(histogram);
  if (!own) listeners.curves.set(histogram, (own = new Map<number, ListenerCurve | undefined>()));
  const key = days + 32 * (capKey(caps.perDay) + 1024 * capKey(caps.perFlight));
  const kept = own.get(key);
  if (kept) return kept;
  const { models } = listeners;
  if (!models.has(histogram)) models.set(histogram, listenerModel(histogram));
  const model = models.get(histogram);
  const curve = model && listenerCurve(model, days, caps);
  if (listeners.count >= MOST_CURVES) {
    listeners.curves.clear();
    listeners.count = 0;
  } else {
    own.set(key, curve);
    listeners.count++;
  }
  return curve;
}

/** Caps are at most 1000. */
function capKey(cap: number): number {
  return cap === Infinity ? 0 : cap;
}
