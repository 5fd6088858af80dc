// What frequency caps leave of the visits of an audience, where all of them are free for a campaign.
import type { SupplyDay } from '../contracts/forecast-documents.ts';
import { exposuresUnder, visitsOf, type ExposureCaps } from './listener-curve.ts';
import { listenerModel } from './listener-model.ts';
import { DAY_MS } from './traffic-clock.ts';
import { MAX_WINDOW_DAYS } from './visit-histogram.ts';

/**
 * The share of an audience's visits that may be shown something: by who comes on a day and how often. Segments share no listeners; those
 * that were not counted are taken to be like the others. Of some surfaces, each visit anywhere is taken to be on one of them with
 * their share of the opportunities.
 * @param supply the first day of the flight that is known
 * @param days as {@link listenerDays} counts them
 * @returns 0 to 1, undefined where no listeners were counted
 */
export function cappedListeners(
  { segments, surfaces }: { segments: readonly string[]; surfaces: readonly string[] },
  { cells, listeners = [] }: Pick<SupplyDay, 'cells' | 'listeners'>,
  days: number,
  caps: ExposureCaps,
): number | undefined {
  const own = cells.filter(({ segment }) => segments.includes(segment));
  const asked = own.filter(({ surface }) => surfaces.includes(surface));
  const [only, ...others] = new Set(asked.map(({ surface }) => surface));
  const sum = (some: typeof own) => some.reduce((total, { q50 }) => total + q50, 0);
  let [shown, visits] = [0, 0];
  for (const name of new Set(segments)) {
    const isOwn = ({ segment }: { segment: string }) => segment === name;
    const [here, everywhere] = [sum(asked.filter(isOwn)), sum(own.filter(isOwn))];
    if (here === 0) continue;
    const of = (surface: string | undefined) => listeners.find((one) => isOwn(one) && one.surface === surface);
    const alone = others.length === 0 ? of(only) : undefined;
    const counted = alone ?? of(undefined);
    const model = counted && listenerModel(counted);
    if (!model) continue;
    const share = alone ? 1 : here / everywhere;
    shown += exposuresUnder(model, days, caps, share);
    visits += share * visitsOf(model, days);
  }
  return visits > 0 ? Math.min(1, shown / visits) : undefined;
}

/** The days of a flight in which listeners are counted: whole ones, 1 to 31. */
export function listenerDays(fromMs: number, endAtMs: number): number {
  return Math.max(1, Math.min(MAX_WINDOW_DAYS, Math.ceil((endAtMs - fromMs) / DAY_MS)));
}
