// Orders that do not all fit as each would split its budget alone: split anew beside each other, so that money of those in several
// parts makes room for others.
import { sumMicros } from '../contracts/micros.ts';
import type { CampaignContext } from './campaign-state.ts';
import { openMarkets, reachTogether, type Asked } from './open-markets.ts';
import type { Candidate } from './screen-orders.ts';
import { sharesWithin } from './split-within.ts';

/** Every round of splits is a look at whole books: bundles of more parts are left as they are. */
const MAX_PARTS = 100;

/**
 * The same orders with what their parts ask for when all follow one split, where all of them fit then; undefined where that is
 * not found. Who has one part cannot move: it comes before those who can.
 */
export function askTogether(candidates: readonly Candidate[], context: CampaignContext): Candidate[] | undefined {
  const count = candidates.reduce((sum, { parts }) => sum + parts.length, 0);
  const [some] = candidates;
  const canMove = candidates.some(({ parts }) => parts.length > 1) && candidates.length > 1;
  if (!some || !canMove || count > MAX_PARTS || candidates.some(({ isShort }) => isShort)) return undefined;
  const asked = candidates.flatMap(({ terms: { startAtMs, endAtMs, subcampaigns } }) =>
    subcampaigns.map((sub): Asked => ({ ...sub, startAtMs, endAtMs })),
  );
  const split = (reachMicros: readonly number[]) => {
    let first = 0;
    return candidates.flatMap(({ terms, parts }) =>
      sharesWithin(terms.budgetMicros, parts, reachMicros.slice(first, (first += parts.length))),
    );
  };
  const reachMicros = reachTogether(
    openMarkets(new Set(), asked, some.terms, context),
    {
      heldMicros: asked.map(() => 0),
      floorMicros: candidates.flatMap(({ parts, askedMicros }) =>
        parts.length === 1 ? askedMicros : parts.map((part) => part.floorMicros),
      ),
      reachMicros: candidates.flatMap((candidate) => candidate.reachMicros),
    },
    split,
  );
  const shares = split(reachMicros);
  let first = 0;
  const moved = candidates.map((candidate): Candidate => {
    const askedMicros = shares.slice(first, (first += candidate.parts.length));
    return { ...candidate, askedMicros };
  });
  const isWhole = moved.every((one, index) => {
    const { askedMicros } = candidates[index] as Candidate;
    return sumMicros(one.askedMicros) === sumMicros(askedMicros);
  });
  return isWhole ? moved : undefined;
}
