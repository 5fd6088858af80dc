// A campaign event's commit: what it came to, what it sold, whose campaign it touched.
import type { BookPage, Campaign, LedgerEntry } from '../../shared/contracts/documents.ts';
import type { BusinessEvent, CampaignEvent } from '../../shared/contracts/events.ts';
import type { CampaignOutcome } from '../../shared/contracts/outcomes.ts';
import { entryKeyOf, keyOf, type Books, type Change } from './books.ts';
import { applyEvent, campaignDifference, expected, type CampaignModel } from './campaign-model.ts';
import { oversold, type Wanting } from '../../emulators/supply-fit.ts';
import { committedOf, leasedOf } from './money-model.ts';

export function auditEvent(
  books: Books,
  entry: LedgerEntry,
  pages: readonly Change<BookPage>[],
  written: readonly Change<Campaign>[],
): void {
  const { must, campaigns, entries, published } = books;
  const { recordedAtMs: nowMs, tenantId, eventId } = entry;
  const outcomes = entry.outcomes as CampaignOutcome[];
  const told = published.get(keyOf(entry))?.events ?? [];
  const event = (told.find((candidate) => answers(outcomes[0], candidate)) ?? told[0]) as CampaignEvent | undefined;
  if (!event || !('campaignId' in event.data)) return;
  const { campaignId } = event.data;
  const campaign = campaigns.get(`${tenantId}/${campaignId}`) ?? expected(tenantId, campaignId);
  campaigns.set(`${tenantId}/${campaignId}`, campaign);

  const sales = salesOf(books, campaign, event, outcomes);
  for (const wrong of applyEvent(campaign, event, outcomes, nowMs)) must(false, () => wrong);
  for (const part of campaign.parts.values()) if (part.status !== 'ended') entries.set(part.key, part);
  for (const { market, before } of sales) {
    const wrong = oversold(before, wantedOf(books, market), books.supply.get(market) ?? [], nowMs);
    must(wrong === undefined, () => `invariant 2: ${wrong as string}`);
  }
  for (const { after } of written) {
    must(
      after.campaignId === campaignId && after.tenantId === tenantId,
      () => `${eventId} wrote ${after.campaignId} of ${after.tenantId}`,
    );
    const wrong = campaignDifference(after, campaign);
    must(wrong === undefined, () => wrong as string);
  }
  if (outcomes[0]?.type === 'campaign-accepted') {
    const shown = new Set(pages.flatMap(({ after }) => after.entries.map(entryKeyOf)));
    for (const { key } of campaign.parts.values()) must(shown.has(key), () => `${key} was accepted and is in no book`);
  }
  const owner = [...campaigns.values()].find(
    (other) => other !== campaign && other.campaignId === campaignId && other.order,
  );
  must(!owner, () => `${eventId} of ${tenantId} was decided, ${campaignId} belongs to ${owner?.tenantId ?? ''}`);
}

/** What was wanted before in each market that this event sells in. */
function salesOf(
  books: Books,
  campaign: CampaignModel,
  event: CampaignEvent,
  outcomes: readonly CampaignOutcome[],
): { market: string; before: Wanting[] }[] {
  if (!outcomes.some(({ type }) => type === 'campaign-accepted' || type === 'budget-applied')) return [];
  const ordered = event.type === 'andante.campaign-created.v1' ? event.data.subcampaigns : [];
  const touched = new Set([...campaign.parts.values(), ...ordered].map(({ market }) => market));
  return [...touched].map((market) => ({ market, before: wantedOf(books, market) }));
}

function wantedOf({ entries }: Books, market: string): Wanting[] {
  return [...entries.values()].flatMap((entry) => {
    if (entry.market !== market || entry.status === 'closing' || entry.status === 'settling') return [];
    // Clicks beyond the expected cost can bring what is leased past the budget: it takes supply all the same.
    const committed = committedOf(entry);
    const remainingMicros = Math.max(entry.budget, committed) - (committed - leasedOf(entry));
    return { ...entry, surfaces: ['home'], remainingMicros };
  });
}

/** Whether an outcome answers this of two payloads under one id. */
function answers(outcome: CampaignOutcome | undefined, { data }: BusinessEvent): boolean {
  const { requestedMicros, requestedStatus } = { requestedMicros: undefined, requestedStatus: undefined, ...outcome };
  if (requestedMicros !== undefined) return 'budgetMicros' in data && data.budgetMicros === requestedMicros;
  if (requestedStatus !== undefined) return 'status' in data && data.status === requestedStatus;
  return true;
}
