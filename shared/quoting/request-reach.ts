// The listeners that a request's impressions reach, in all its markets: parts that share a segment reach some of its listeners together.
import { listenersReached, offerRate } from './audience-listeners.ts';
import { valueAt } from './listener-curve.ts';
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
    return listeners && ((impressions) => listenersReached(listeners, impressions));
  }
  if (parts.some(({ listeners, opportunities }) => !listeners && opportunities > 0)) return undefined;
  const served = parts.map(({ opportunities, clicks, clickPriceMicros }, which) => {
    const worth = opportunities > 0 ? (clicks / opportunities) * clickPriceMicros : 0;
    return worth > 0 ? (potentialMicros[which] as number) / worth : 0;
  });
  const all = served.reduce((sum, some) => sum + some, 0);
  if (!(all > 0)) return undefined;
  return (impressions) => {
    const missed = new Map<string, { people: number; missed: number }>();
    parts.forEach(({ listeners, asked }, which) => {
      if (!listeners) return;
      const rate = offerRate(listeners, (impressions * (served[which] as number)) / all);
      for (const { segment, curve, share } of listeners.segments) {
        const key = `${asked.market}/${segment}`;
        const people = listeners.scale * valueAt(curve.reach, 1);
        const reached = people > 0 ? (listeners.scale * valueAt(curve.reach, rate * share)) / people : 0;
        const before = missed.get(key) ?? { people: 0, missed: 1 };
        missed.set(key, { people: Math.max(before.people, people), missed: before.missed * (1 - reached) });
      }
    });
    let reach = 0;
    for (const one of missed.values()) reach += one.people * (1 - one.missed);
    return reach;
  };
}
