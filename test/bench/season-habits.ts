// Who came how often in the last ten days: what quotes know of a market's listeners.
import { LISTENER_WINDOW_DAYS, type SupplyDay } from '../../shared/contracts/forecast-documents.ts';
import { listenerHistograms } from '../../shared/forecasting/listener-histograms.ts';
import type { SampledListeners } from '../../shared/forecasting/market-features.ts';
import type { DayVisits, MarketTruth } from './season-truth.ts';

export interface Habits {
  histograms: NonNullable<SupplyDay['listeners']>;
  observe(visits: DayVisits, isCounted: boolean): void;
}

/** Counted over the days before the season first. */
export function createHabits(truth: MarketTruth): Habits {
  const window: DayVisits[] = [];
  for (let day = -LISTENER_WINDOW_DAYS; day < 0; day++) window.push(truth.visits(day));
  const habits: Habits = {
    histograms: count(truth, window),
    observe(visits, isCounted) {
      window.push(visits);
      window.shift();
      if (isCounted) habits.histograms = count(truth, window);
    },
  };
  return habits;
}

function count({ cells, listeners }: MarketTruth, window: readonly DayVisits[]): Habits['histograms'] {
  const segments = [...new Set(cells.map(({ segment }) => segment))];
  const sampled = [
    ...cells.flatMap((audience, cell) => countOf(window, listeners, audience, (one) => one === cell)),
    ...segments.flatMap((segment) => countOf(window, listeners, { segment }, (one) => cells[one]?.segment === segment)),
  ];
  return listenerHistograms(sampled);
}

/** Listeners by visits and active days. */
function countOf(
  window: readonly DayVisits[],
  listeners: number,
  audience: { segment: string; surface?: string },
  isOf: (cell: number) => boolean,
): SampledListeners[] {
  const [visits, activeDays] = [new Int32Array(listeners), new Uint8Array(listeners)];
  for (const { listener, cell } of window) {
    const came = new Uint8Array(listeners);
    for (let visit = 0; visit < listener.length; visit++) {
      if (!isOf(cell[visit] as number)) continue;
      const one = listener[visit] as number;
      visits[one] = (visits[one] as number) + 1;
      came[one] = 1;
    }
    came.forEach((isThere, one) => (activeDays[one] = (activeDays[one] as number) + isThere));
  }
  const kinds = new Map<number, number>();
  visits.forEach((own, one) => {
    const kind = own * (LISTENER_WINDOW_DAYS + 1) + (activeDays[one] as number);
    if (own > 0) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  });
  return [...kinds].map(([kind, people]) => ({
    ...audience,
    visits: Math.floor(kind / (LISTENER_WINDOW_DAYS + 1)),
    activeDays: kind % (LISTENER_WINDOW_DAYS + 1),
    listeners: people,
  }));
}
