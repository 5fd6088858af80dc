// Who a subcampaign can reach: the listeners of its segments and surfaces over its flight, by how often they come.
import type { SupplyDay } from '../contracts/forecast-documents.ts';
import { compactSlots } from './compact-slots.ts';
import { DAY_MS } from './traffic-clock.ts';
import { MAX_WINDOW_DAYS } from './visit-histogram.ts';
import { histogramOfWindow } from './window-histogram.ts';

/** Listeners by opportunities in the flight: JSON, at most 24 bins. */
export interface FlightAudience {
  /** Whole numbers of at least 1, ascending. */
  slots: number[];
  listeners: number[];
}

export interface Flight {
  segments: readonly string[];
  surfaces: readonly string[];
  startAtMs: number;
  endAtMs: number;
}

type Histogram = NonNullable<SupplyDay['listeners']>[number];

/**
 * Segments share no listeners; the surfaces of a segment do. One surface and all surfaces have been counted; of some of
 * them, each visit anywhere is taken to be on one of them with their share of the segment's opportunities. Listeners are
 * scaled so that their visits are the opportunities that are forecast.
 * @param supply any day of the flight
 * @param opportunities expected of the audience over the flight
 * @returns undefined where no listeners were counted
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function flightAudience(flight: Flight, supply: SupplyDay, opportunities: number): FlightAudience | undefined {
  const { segments, startAtMs, endAtMs } = flight;
  const days = Math.max(1, Math.min(MAX_WINDOW_DAYS, Math.ceil((endAtMs - startAtMs) / DAY_MS)));
  const bins = new Map<number, number>();
  let visits = 0;
  for (const segment of segments) {
    const found = histogramOf(segment, flight, supply);
    if (!found) continue;
    const { visits: slots, visitListeners } = histogramOfWindow(found.histogram, days);
    slots.forEach((count, bin) => addThinned(bins, count, visitListeners[bin] as number, found.share));
  }
  for (const [count, people] of bins) visits += count * people;
  if (visits === 0) return undefined;
  const scale = opportunities / visits;
  const sorted = [...bins].sort(([left], [right]) => left - right);
  const { slots, listeners } = compactSlots({
    slots: sorted.map(([count]) => count),
    listeners: sorted.map(([, people]) => people * scale),
  });
  return { slots, listeners };
}

/** The histogram to begin with, and which part of its visits are the flight's. */
function histogramOf(
  segment: string,
  { surfaces }: Flight,
  { cells, listeners = [] }: SupplyDay,
): { histogram: Histogram; share: number } | undefined {
  const own = cells.filter((cell) => cell.segment === segment);
  const asked = own.filter(({ surface }) => surfaces.includes(surface));
  const [only] = asked;
  if (!only) return undefined;
  const of = (surface?: string) => listeners.find((one) => one.segment === segment && one.surface === surface);
  const alone = asked.length === 1 ? of(only.surface) : undefined;
  if (alone) return { histogram: alone, share: 1 };
  const everywhere = of();
  if (!everywhere) return undefined;
  const sum = (some: typeof own) => some.reduce((total, { q50 }) => total + q50, 0);
  return { histogram: everywhere, share: asked.length === own.length || sum(own) === 0 ? 1 : sum(asked) / sum(own) };
}

/** Listeners of whose visits each is kept with a probability: those with none left are gone, the others share what is kept. */
function addThinned(bins: Map<number, number>, visits: number, people: number, share: number): void {
  const add = (count: number, some: number) => {
    if (some > 0) bins.set(count, (bins.get(count) ?? 0) + some);
  };
  if (share === 1) return add(visits, people);
  const some = 1 - (1 - share) ** visits;
  if (some === 0) return;
  const mean = (visits * share) / some;
  const low = Math.max(1, Math.floor(mean));
  add(low, people * some * (1 - (mean - low)));
  add(low + 1, people * some * (mean - low));
}
