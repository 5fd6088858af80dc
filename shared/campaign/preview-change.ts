// What a campaign event would come to, whom it would displace and whom relieve: what every line of its markets is expected
// to be delivered with the change and without it. Nothing is written.
import type { BookEntry, Campaign } from '../contracts/documents.ts';
import type { CampaignEvent } from '../contracts/events.ts';
import type { CampaignOutcome } from '../contracts/outcomes.ts';
import { newEntry } from './book-page.ts';
import { heldEntries } from './holds.ts';
import type { CampaignContext, MarketView } from './campaign-state.ts';
import { decideCampaign } from './decide-campaign.ts';
import { evolve } from './evolve.ts';
import { entryKey } from './fold-reports.ts';
import { serveEntries, type ServedEntry } from './serve-entries.ts';

/** A line that would be delivered otherwise, by the median of supply. */
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
  /** The campaign as it is and as it would be. */
  before: Campaign;
  after: Campaign;
  /** Its own parts that would be served, or are. */
  own: Displaced[];
  /** Others who would be delivered less where it asks for more. Those who lose most come first. */
  displaced: Displaced[];
  /** Others who would be delivered more where it asks for less. Those who gain most come first. */
  relieved: Displaced[];
}

/** A difference below this share of what is left is the noise of the forecast. */
const NOTABLE_SHARE = 0.001;

/** @param context the whole books of the campaign's markets, and supply over all their flights */
export function previewChange(campaign: Campaign, event: CampaignEvent, context: CampaignContext): Preview {
  const outcomes = decideCampaign(campaign, event, context);
  const after = outcomes.reduce(evolve, campaign);
  const changes = [...context.markets.values()].map((view) => changesIn(view, after, context.nowMs));
  const gainMicros = (line: Displaced) => line.afterMicros - line.beforeMicros;
  return {
    outcomes,
    before: campaign,
    after,
    own: changes.flatMap(({ own }) => own),
    displaced: changes.flatMap(({ displaced }) => displaced).sort((a, b) => gainMicros(a) - gainMicros(b)),
    relieved: changes.flatMap(({ relieved }) => relieved).sort((a, b) => gainMicros(b) - gainMicros(a)),
  };
}

function changesIn(
  { market, pages, supply }: MarketView,
  after: Campaign,
  nowMs: number,
): Pick<Preview, 'own' | 'displaced' | 'relieved'> {
  const entries = pages.flatMap((page) => page.entries);
  const others = entries.filter((entry) => entry.campaignId !== after.campaignId);
  const own = after.subcampaigns.flatMap((sub): BookEntry[] => {
    if (sub.market !== market.market || sub.status === 'ended') return [];
    const known = entries.find((entry) => entryKey(entry) === entryKey({ ...sub, campaignId: after.campaignId }));
    return [known ? { ...known, status: sub.status, budgetMicros: sub.budgetMicros } : newEntry(after, sub)];
  });
  // What is firmly held will be sold: it takes supply in both, and is not told of.
  const held = pages.flatMap(heldEntries).filter((entry) => entry.campaignId !== after.campaignId);
  const before = serveEntries([...entries, ...held], market, supply, nowMs);
  const then = serveEntries([...others, ...own, ...held], market, supply, nowMs);
  const lineOf = (entry: BookEntry): Displaced => {
    const { tenantId, campaignId, subcampaignId } = entry;
    const [now, changed] = [before.get(entryKey(entry)), then.get(entryKey(entry))];
    return {
      ...{ tenantId, campaignId, subcampaignId, market: market.market },
      remainingMicros: now?.remainingMicros ?? 0,
      beforeMicros: deliveredMicros(now),
      afterMicros: deliveredMicros(changed),
    };
  };
  const moved = (sign: 1 | -1) =>
    others.flatMap((entry) => {
      const [now, changed] = [before.get(entryKey(entry)), then.get(entryKey(entry))];
      if (!now || !changed) return [];
      const movedMicros = sign * (now.shortMicros - changed.shortMicros);
      const isNoise = movedMicros <= Math.max(entry.clickPriceMicros, NOTABLE_SHARE * now.remainingMicros);
      return isNoise ? [] : [lineOf(entry)];
    });
  const askedMicros = (served: typeof then, entry: BookEntry) => served.get(entryKey(entry))?.remainingMicros ?? 0;
  const asks = own.map((entry) => askedMicros(then, entry) - askedMicros(before, entry));
  return {
    own: own.map(lineOf).filter(({ beforeMicros, afterMicros }) => beforeMicros > 0 || afterMicros > 0),
    // Who asks for no more displaces nobody, though the others may share otherwise what becomes free.
    displaced: asks.some((micros) => micros > 0) ? moved(-1) : [],
    relieved: asks.some((micros) => micros < 0) ? moved(1) : [],
  };
}

function deliveredMicros(served: ServedEntry | undefined): number {
  return served ? Math.round(served.remainingMicros - served.shortMicros) : 0;
}
