// What an operator has to say about serving an entry: approved creatives, lines that are frozen, prices that are set.
import type { BookEntry } from '../contracts/documents.ts';
import type { ServingSettings } from '../contracts/serving.ts';

type Line = Pick<BookEntry, 'campaignId' | 'subcampaignId' | 'creativeId'>;

/** Whether an entry may be served and granted money: its creative is approved and nobody has frozen it. */
export function isServable(line: Line, serving: ServingSettings | undefined, nowMs: number): boolean {
  const { creativeId } = line;
  const isApproved =
    creativeId === undefined ||
    serving?.creatives.some((creative) => creative.creativeId === creativeId && creative.status === 'approved') ===
      true;
  return isApproved && !overridesOf(line, serving, nowMs).some(({ kind }) => kind === 'freeze');
}

/** The price that an operator has set for an entry, 0 to 1; undefined where pacing decides. */
export function priceSet(line: Line, serving: ServingSettings | undefined, nowMs: number): number | undefined {
  return overridesOf(line, serving, nowMs).find(({ kind }) => kind === 'price')?.price;
}

/** A line's own come before its campaign's. */
function overridesOf(line: Line, serving: ServingSettings | undefined, nowMs: number): ServingSettings['overrides'] {
  const inForce = serving?.overrides.filter(
    ({ campaignId, untilAtMs }) => campaignId === line.campaignId && nowMs < untilAtMs,
  );
  const own = inForce?.filter(({ subcampaignId }) => subcampaignId === line.subcampaignId) ?? [];
  return [...own, ...(inForce?.filter(({ subcampaignId }) => subcampaignId === undefined) ?? [])];
}
