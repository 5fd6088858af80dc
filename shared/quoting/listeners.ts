// The listeners of a market's audiences: their curves, worked out when first asked for and kept.
import type { VisitHistogram } from '../forecasting/visit-histogram.ts';
import {
  STEPS,
  exposuresUnder,
  listenerCurve,
  type ExposureCaps,
  type ListenerCurve,
} from '../forecasting/listener-curve.ts';
import { listenerModel } from '../forecasting/listener-model.ts';
import type { MarketSupply } from './market-supply.ts';

export interface Listeners {
  /** By day of the supply, segment, and surface inside it; all surfaces are ''. Days that count alike have the same ones. */
  histograms: readonly ReadonlyMap<string, ReadonlyMap<string, VisitHistogram>>[];
  /** By histogram, days and caps. */
  curves: Map<VisitHistogram, Map<number, KeptCurve | undefined>>;
  count: number;
}

export interface KeptCurve extends ListenerCurve {
  /** Exposures at a rate, not read from the table. */
  exposuresAt: (rate: number) => number;
}

/** Curves of a market that are kept: 512 bytes each. */
const MOST_CURVES = 8192;

export function createListeners({ known }: MarketSupply): Listeners {
  let before = new Map<string, Map<string, VisitHistogram>>();
  const histograms = known.map((day) => {
    const ofDay = new Map<string, Map<string, VisitHistogram>>();
    for (const one of day?.listeners ?? []) {
      const bySurface = ofDay.get(one.segment) ?? new Map<string, VisitHistogram>();
      ofDay.set(one.segment, bySurface);
      const last = before.get(one.segment)?.get(one.surface ?? '');
      bySurface.set(one.surface ?? '', last && isAlike(last, one) ? last : one);
    }
    if (day) before = ofDay;
    return ofDay;
  });
  return { histograms, curves: new Map(), count: 0 };
}

/** @returns undefined where nobody was counted there */
export function curveOf(
  listeners: Listeners,
  {
    day,
    segment,
    surface,
    days,
    caps,
  }: { day: number; segment: string; surface: string; days: number; caps: ExposureCaps },
): KeptCurve | undefined {
  const histogram = listeners.histograms[day]?.get(segment)?.get(surface);
  if (!histogram) return undefined;
  let own = listeners.curves.get(histogram);
  if (!own) listeners.curves.set(histogram, (own = new Map<number, KeptCurve | undefined>()));
  const key = days + 32 * (capKey(caps.perDay) + 1024 * capKey(caps.perFlight));
  const kept = own.get(key);
  if (kept) return kept;
  const curve = keptCurve(histogram, days, caps);
  if (listeners.count >= MOST_CURVES) {
    listeners.curves.clear();
    listeners.count = 0;
  } else {
    own.set(key, curve);
    listeners.count++;
  }
  return curve;
}

function keptCurve(histogram: VisitHistogram, days: number, caps: ExposureCaps): KeptCurve | undefined {
  const model = listenerModel(histogram);
  if (!model) return undefined;
  const curve = listenerCurve(model, days, caps);
  const found = new Map([[1, curve.exposures[STEPS] as number]]);
  return {
    ...curve,
    exposuresAt(rate) {
      let exposures = found.get(rate);
      if (exposures === undefined) found.set(rate, (exposures = exposuresUnder(model, days, caps, rate)));
      return exposures;
    },
  };
}

/** Caps are at most 1000. */
function capKey(cap: number): number {
  return cap === Infinity ? 0 : cap;
}

function isAlike(one: VisitHistogram, other: VisitHistogram): boolean {
  const isSame = (left: readonly number[], right: readonly number[]) =>
    left.length === right.length && left.every((value, index) => value === right[index]);
  return (
    one.windowDays === other.windowDays &&
    isSame(one.visits, other.visits) &&
    isSame(one.visitListeners, other.visitListeners) &&
    isSame(one.activeDayListeners, other.activeDayListeners)
  );
}
