// The listeners of a market's audiences: their kinds and curves, worked out when first asked for and kept.
import type { VisitHistogram } from '../forecasting/visit-histogram.ts';
import { listenerCurve, type ExposureCaps, type ListenerCurve } from './listener-curve.ts';
import { listenerModel, type ListenerModel } from './listener-model.ts';
import type { MarketSupply } from './market-supply.ts';

export interface Listeners {
  /** By segment, and by surface inside it; all surfaces are ''. */
  histograms: ReadonlyMap<string, ReadonlyMap<string, VisitHistogram>>;
  models: Map<VisitHistogram, ListenerModel | undefined>;
  curves: Map<string, ListenerCurve | undefined>;
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
  return { histograms, models: new Map(), curves: new Map() };
}

/** @returns undefined where nobody was counted there */
export function curveOf(
  { histograms, models, curves }: Listeners,
  { segment, surface, days, caps }: { segment: string; surface: string; days: number; caps: ExposureCaps },
): ListenerCurve | undefined {
  const histogram = histograms.get(segment)?.get(surface);
  if (!histogram) return undefined;
  const key = `${segment}/${surface}/${days}/${caps.perDay}/${caps.perFlight}`;
  const kept = curves.get(key);
  if (kept) return kept;
  if (!models.has(histogram)) models.set(histogram, listenerModel(histogram));
  const model = models.get(histogram);
  const curve = model && listenerCurve(model, days, caps);
  if (curves.size >= MOST_CURVES) curves.clear();
  curves.set(key, curve);
  return curve;
}
