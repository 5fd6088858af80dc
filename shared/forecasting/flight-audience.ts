// Who a subcampaign can reach: the listeners of its segments and surfaces over its flight, by how often they come.
import type { SupplyDay } from '../contracts/forecast-documents.ts';
import { compactSlots } from './compact-slots.ts';
import { MAX_LISTENERS } from './slots.ts';
import { DAY_MS } from './traffic-clock.ts';
import { MAX_WINDOW_DAYS, type VisitHistogram } from './visit-histogram.ts';
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
 * Segments share no listeners, so their histograms add up; the surfaces of a segment do. One surface and all surfaces have
 * been counted; of some of them, each visit anywhere is taken to be on one of them with their share of the opportunities.
 * Listeners are scaled so that their visits are the opportunities that are forecast.
 * @param supply any day of the flight
 * @param opportunities expected of the audience over the flight
 * @returns undefined where no listeners were counted
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function flightAudience(flight: Flight, supply: SupplyDay, opportunities: number): FlightAudience | undefined {
  const { startAtMs, endAtMs } = flight;
  const days = Math.max(1, Math.min(MAX_WINDOW_DAYS, Math.ceil((endAtMs - startAtMs) / DAY_MS)));
  const counted = countedListeners(flight, supply);
  if (!counted) return undefined;
  const { visits, visitListeners } = histogramOfWindow(counted.histogram, days);
  const kept = new Map<number, number>();
  visits.forEach((count, bin) => addThinned(kept, count, visitListeners[bin] as number, counted.share));
  const bins = sortedBins(kept);
  const total = bins.reduce((sum, [count, people]) => sum + count * people, 0);
  if (total === 0) return undefined;
  const scale = opportunities / total;
  return compactSlots({
    slots: bins.map(([count]) => count),
    listeners: bins.map(([, people]) => Math.min(MAX_LISTENERS, people * scale)),
  });
}

/** The listeners of all segments asked for, and which part of their visits is on the surfaces asked for. */
function countedListeners(
  { segments, surfaces }: Flight,
  { cells, listeners = [] }: SupplyDay,
): { histogram: VisitHistogram; share: number } | undefined {
  const own = cells.filter(({ segment }) => segments.includes(segment));
  const asked = own.filter(({ surface }) => surfaces.includes(surface));
  const names = new Set(asked.map(({ surface }) => surface));
  const [only] = names;
  const of = (surface: string | undefined) =>
    listeners.filter((one) => segments.includes(one.segment) && one.surface === surface);
  const alone = names.size === 1 ? of(only) : [];
  if (alone.length > 0) return { histogram: added(alone), share: 1 };
  const everywhere = of(undefined);
  const [first] = everywhere;
  if (!first || names.size === 0) return undefined;
  const sum = (some: typeof own) => some.reduce((total, { q50 }) => total + q50, 0);
  const share = asked.length === own.length || sum(own) === 0 ? 1 : sum(asked) / sum(own);
  return { histogram: added(everywhere), share };
}

/** Histograms of different people over the same days as one. */
function added(histograms: readonly Histogram[]): VisitHistogram {
  const [{ windowDays }] = histograms as [Histogram];
  const byVisits = new Map<number, number>();
  const activeDayListeners = new Array<number>(windowDays).fill(0);
  for (const { visits, visitListeners, activeDayListeners: days } of histograms) {
    visits.forEach((count, bin) => byVisits.set(count, (byVisits.get(count) ?? 0) + (visitListeners[bin] as number)));
    days.forEach((people, day) => (activeDayListeners[day] = (activeDayListeners[day] as number) + people));
  }
  const bins = sortedBins(byVisits);
  const { slots, listeners } = compactSlots({
    slots: bins.map(([count]) => count),
    listeners: bins.map(([, people]) => people),
  });
  return { windowDays, visits: slots, visitListeners: listeners, activeDayListeners };
}

function sortedBins(bins: ReadonlyMap<number, number>): [number, number][] {
  return [...bins].sort(([left], [right]) => left - right);
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
