// Reads what a campaign event would be decided on, and previews it: no transaction, no ledger, nothing written.
import { expectedCampaign } from '../campaign/campaign-state.ts';
import { withLiveNumbers } from '../campaign/evolve.ts';
import { previewChange, type Preview } from '../campaign/preview-change.ts';
import type { CampaignEvent } from '../contracts/events.ts';
import { daysBetween } from '../forecasting/traffic-clock.ts';
import { refs, type AllocationStore } from './allocation-store.ts';
import { readViews } from './market-views.ts';
import { assertOwner } from './persist-campaign-event.ts';

/** @throws AndanteError TENANT_MISMATCH the campaign is another tenant's; STORE_UNAVAILABLE */
export async function previewCampaignEvent(
  store: AllocationStore,
  event: CampaignEvent,
  nowMs: number,
): Promise<Preview> {
  const { tenantId } = event;
  const { campaignId } = event.data;
  const [stored, owner] = await store.read([refs.campaign(tenantId, campaignId), refs.owner(campaignId)]);
  assertOwner(owner, tenantId);
  const isOrder = event.type === 'andante.campaign-created.v1';
  const parts = isOrder ? event.data.subcampaigns : (stored?.subcampaigns ?? []);
  const flight = isOrder ? event.data : stored?.terms;
  const days = flight ? daysBetween(flight.startAtMs, flight.endAtMs) : [];
  const needs = [...new Set(parts.map(({ market }) => market))].map((market) => ({
    market,
    pages: 'all' as const,
    days,
    soldFromAtMs: nowMs,
  }));
  const markets = await readViews(store, needs);
  const entries = [...markets.values()].flatMap((view) => view.pages.flatMap((page) => page.entries));
  const campaign = stored ? withLiveNumbers(stored, entries) : expectedCampaign(tenantId, campaignId);
  return previewChange(campaign, event, { nowMs, markets });
}
