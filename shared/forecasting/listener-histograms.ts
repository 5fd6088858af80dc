// Histograms of listeners from sampled ones: how many there are by visits and by days with a visit, by segment and surface.
import type { SupplyDay } from '../contracts/forecast-documents.ts';
import { LISTENER_WINDOW_DAYS } from '../contracts/forecast-documents.ts';
import { compactSlots } from './compact-slots.ts';
import type { SampledListeners } from './market-features.ts';
import { MAX_SLOTS } from './slots.ts';

/** Fewer sampled kinds of listeners than this are no histogram. */
const LEAST_KINDS = 3;

/** One histogram for each segment and surface, and for each segment over all surfaces, that was sampled often enough. */
export function listenerHistograms(sampled: readonly SampledListeners[]): NonNullable<SupplyDay['listeners']> {
  // Nobody comes so often: one wrong count must not cost the market its forecast.
  const counted = sampled.filter(({ visits }) => visits >= 1 && visits <= MAX_SLOTS);
  const groups = Map.groupBy(counted, ({ segment, surface }) => JSON.stringify([segment, surface]));
  return [...groups]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([, own]) => {
      const { segment, surface } = own[0] as SampledListeners;
      if (own.length < LEAST_KINDS) return [];
      const byVisits = new Map<number, number>();
      const activeDayListeners = new Array<number>(LISTENER_WINDOW_DAYS).fill(0);
      for (const { visits, activeDays, listeners } of own) {
        const day = Math.min(LISTENER_WINDOW_DAYS, Math.max(1, activeDays)) - 1;
        byVisits.set(visits, (byVisits.get(visits) ?? 0) + listeners);
        activeDayListeners[day] = (activeDayListeners[day] as number) + listeners;
      }
      const visits = [...byVisits.keys()].sort((left, right) => left - right);
      const { slots, listeners } = compactSlots({
        slots: visits,
        listeners: visits.map((count) => byVisits.get(count) as number),
      });
      const all = activeDayListeners.reduce((sum, count) => sum + count, 0);
      const rounded = (counts: readonly number[]) => counts.map((count) => Number(count.toFixed(decimalsOf(all))));
      return [
        {
          segment,
          ...(surface === undefined ? {} : { surface }),
          windowDays: LISTENER_WINDOW_DAYS,
          visits: slots,
          visitListeners: rounded(listeners),
          activeDayListeners: rounded(activeDayListeners),
        },
      ];
    });
}

/** Every day of supply holds them: eight digits of all listeners are as many as both counts need to agree. */
function decimalsOf(all: number): number {
  return Math.max(0, Math.min(20, 8 - Math.ceil(Math.log10(all))));
}
