// The listeners that a request's impressions reach, in all its markets: parts that share a segment reach some of its listeners together.
import { listenersReached, offerRate } from './audience-listeners.ts';
import { valueAt } from '../forecasting/listener-curve.ts';
import type { QuotedPart } from './quoted-part.ts';

/**
 * @param potentialMicros of each part: in proportion to what they cost each, impressions go to parts as its money does
 * @returns undefined where not all listeners were counted
 */
export function requestReach(prepared: {
  parts: readonly QuotedPart[];
  potentialMicros: readonly number[];
}): ((impressions: number) => number) | undefined {
  const { parts, potentialMicros } = prepared;
  const [only] = parts;
  if (parts.length === 1) {
    const listeners = only?.listeners;
    return listeners?.isWhole ? (impressions) => listenersReached(listeners, impressions) : undefined;
  }
  if (parts.some(({ listeners, opportunities }) => !listeners?.isWhole && opportunities > 0)) return undefined;
  const served = parts.map(({ opportunities, clicks, clickPriceMicros }, which) => {
    const worth = opportunities > 0 ? (clicks / opportunities) * clickPriceMicros : 0;
    return worth > 0 ? (potentialMicros[which] as number) / worth : 0;
  });
  const all = served.reduce((sum, some) => sum + some, 0);
  if (!(all > 0)) return undefined;
  const places = new Map<string, number>();
  const own = parts.flatMap(({ listeners, asked }, which) => {
    if (!listeners) return [];
    const segments = listeners.segments.map(({ segment, curve, share }) => {
      const key = `${asked.market}/${segment}`;
      const place = places.get(key) ?? places.size;
      places.set(key, place);
      return { place, curve, share, everybody: valueAt(curve.reach, 1) };
    });
    return [{ listeners, segments, part: (served[which] as number) / all }];
  });
  const people = new Float64Array(places.size);
  for (const { listeners, segments } of own)
    for (const { place, everybody } of segments)
      people[place] = Math.max(people[place] as number, listeners.scale * everybody);
  const missed = new Float64Array(places.size);
  return (impressions) => {
    missed.fill(1);
    for (const { listeners, segments, part } of own) {
      const rate = offerRate(listeners, impressions * part);
      for (const { place, curve, share, everybody } of segments)
        if (everybody > 0)
          missed[place] = (missed[place] as number) * (1 - valueAt(curve.reach, rate * share) / everybody);
    }
    let reach = 0;
    for (let place = 0; place < people.length; place++)
      reach += (people[place] as number) * (1 - (missed[place] as number));
    return reach;
  };
}
