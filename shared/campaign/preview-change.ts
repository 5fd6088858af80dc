// What a campaign event would come to, and whom it would displace: what every other line of its markets is expected to be
// delivered with the change and without it. Nothing is written.
import type { BookEntry, Campaign } from '../contracts/documents.ts';
import type { CampaignEvent } from '../contracts/events.ts';
import type { CampaignOutcome } from '../contracts/outcomes.ts';
import { newEntry } from './book-page.ts';
import type { CampaignContext, MarketView } from './campaign-state.ts';
import { decideCampaign } from './decide-campaign.ts';
import { evolve } from './evolve.ts';
import { entryKey } from './fold-reports.ts';
import { serveEntries } from './serve-entries.ts';

/** A line that would be delivered less, by the median of supply. */
export interface Displaced {
  tenantId: string;
  campaignId: string;
  subcampaignId: string;
  market: string;
  /** What of its money is left to deliver. */
  remainingMicros: number;
  /** What of that is expected to be delivered as things are, and after the change. */
  beforeMicros: number;
  afterMicros: number;
}

export interface Preview {
  outcomes: CampaignOutcome[];
  /** Those who lose most come first. */
  displaced: Displaced[];
}

/** A loss below this share of what is left is the noise of the forecast. */
const NOTABLE_SHARE = 0.001;

/** @param context the whole books of the campaign's markets, and supply over all their flights */
export function previewChange(campaign: Campaign, event: CampaignEvent, context: CampaignContext): Preview {
  const outcomes = decideCampaign(campaign, event, context);
  const after = outcomes.reduce(evolve, campaign);
  const displaced = [...context.markets.values()].flatMap((view) => displacedIn(view, after, context.nowMs));
  const lossMicros = (line: Displaced) => line.beforeMicros - line.afterMicros;
  return { outcomes, displaced: displaced.sort((a, b) => lossMicros(b) - lossMicros(a)) };
}

function displacedIn({ market, pages, supply }: MarketView, after: Campaign, nowMs: number): Displaced[] {
  const entries = pages.flatMap((page) => page.entries);
  const others = entries.filter((entry) => entry.campaignId !== after.campaignId);
  const own = after.subcampaigns.flatMap((sub): BookEntry[] => {
    if (sub.market !== market.market || sub.status === 'ended') return [];
    const known = entries.find((entry) => entryKey(entry) === entryKey({ ...sub, campaignId: after.campaignId }));
    return [known ? { ...known, status: sub.status, budgetMicros: sub.budgetMicros } : newEntry(after, sub)];
  });
  const before = serveEntries(entries, market, supply, nowMs);
  const then = serveEntries([...others, ...own], market, supply, nowMs);
  const askedMicros = (served: typeof then, entry: BookEntry) => served.get(entryKey(entry))?.remainingMicros ?? 0;
  // Who asks for no more displaces nobody, though the others may share otherwise what becomes free.
  if (own.every((entry) => askedMicros(then, entry) <= askedMicros(before, entry))) return [];
  return others.flatMap((entry) => {
    const [now, changed] = [before.get(entryKey(entry)), then.get(entryKey(entry))];
    if (!now || !changed) return [];
    const { remainingMicros } = now;
    const lossMicros = changed.shortMicros - now.shortMicros;
    if (lossMicros <= Math.max(entry.clickPriceMicros, NOTABLE_SHARE * remainingMicros)) return [];
    const { tenantId, campaignId, subcampaignId } = entry;
    const delivered = (shortMicros: number) => Math.round(remainingMicros - shortMicros);
    return [
      {
        tenantId,
        campaignId,
        subcampaignId,
        market: market.market,
        remainingMicros,
        beforeMicros: delivered(now.shortMicros),
        afterMicros: delivered(changed.shortMicros),
      },
    ];
  });
}
