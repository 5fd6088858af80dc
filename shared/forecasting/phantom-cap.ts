// How much of a forecast may be sold that rests on other cells: supply that only exists on paper must not be promised for
// the next hours.

/** Of a cell never seen, in the hours just ahead (Revive's ad server gives silent zones a fixed default and sells it). */
const LEAST_SHARE = 0.05;
/** Until then no more than that, and from then on all: by three days ahead the cell has shown itself and was planned anew. */
const [TIGHT_HOURS, FREE_HOURS] = [6, 72];
/** After so many hours of its own, what a cell shows is its own. */
const TRUSTED_HOURS = 24;

/**
 * The share of an hour's forecast that may be sold, 0.05 to 1: by how far ahead the hour is and how many hours the cell has
 * been seen. Intervals are not touched by it: they say what is likely, this says what is safe to promise.
 * @param ownHours of history
 * @param aheadHours from now, 0 for the hour that is running
 */
export function sellableShare(ownHours: number, aheadHours: number): number {
  const ahead = (aheadHours - TIGHT_HOURS) / (FREE_HOURS - TIGHT_HOURS);
  const byHorizon = LEAST_SHARE + (1 - LEAST_SHARE) * Math.max(0, Math.min(1, ahead));
  const seen = Math.max(0, Math.min(1, ownHours / TRUSTED_HOURS));
  return byHorizon + (1 - byHorizon) * seen;
}
