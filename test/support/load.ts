// A seeded load of business events that neither contend nor are refused, so that their order does not matter, and what
// applying each of them once comes to.
import { decideCampaign } from '../../shared/campaign/decide-campaign.ts';
import { entryKey } from '../../shared/campaign/fold-reports.ts';
import type { BookEntry, Campaign } from '../../shared/contracts/documents.ts';
import type { BusinessEvent } from '../../shared/contracts/events.ts';
import { refs, type AllocationStore, type Ref } from '../../shared/store/allocation-store.ts';
import { fileReport } from '../../shared/store/file-report.ts';
import { persistCampaignEvent } from '../../shared/store/persist-campaign-event.ts';
import { persistTick } from '../../shared/store/persist-tick.ts';
import { createRandom } from '../../emulators/world/random.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from './events.ts';
import { START_MS, TICK_MS, slotAt } from './instants.ts';

export interface Load {
  markets: string[];
  campaignIds: string[];
  events: BusinessEvent[];
}

/** `count` events over `campaigns` campaigns of one subcampaign each, in `markets` markets. */
export function drawLoad({
  seed,
  count,
  campaigns,
  markets,
}: {
  seed: number;
  count: number;
  campaigns: number;
  markets: number;
}): Load {
  const random = createRandom(seed, 'load');
  const names = Array.from({ length: markets }, (_, index) => `M${index}`);
  const campaignIds = Array.from({ length: campaigns }, (_, index) => `c${index}`);
  const marketOf = (index: number) => names[index % markets] as string;
  const events: BusinessEvent[] = campaignIds.map((campaignId, index) =>
    campaignCreated({ campaignId, budgetMicros: 10_000_000, subcampaigns: [order({ market: marketOf(index) })] }),
  );
  const versions = new Map<string, number>();
  const nextVersion = (key: string) => {
    versions.set(key, (versions.get(key) ?? 0) + 1);
    return versions.get(key) as number;
  };
  while (events.length < count) {
    const index = Math.floor(random() * campaigns);
    const campaignId = campaignIds[index] as string;
    const draw = random();
    if (draw < 0.2)
      events.push(
        budgetChanged(8_000_000 + Math.floor(random() * 4_000_000), nextVersion(`budget ${campaignId}`), {
          campaignId,
        }),
      );
    else if (draw < 0.26)
      events.push(
        statusChanged(random() < 0.5 ? 'paused' : 'active', nextVersion(`status ${campaignId}`), { campaignId }),
      );
    else {
      const impressions = 1 + Math.floor(random() * 50);
      const own = line({
        campaignId,
        impressions,
        clicks: random() < 0.3 ? 1 : 0,
        chargedMicros: impressions * 10_000,
      });
      const opportunities = [{ segment: 'casual', surface: 'home', opportunities: 100 }];
      events.push(
        deliveryReported(`report-${events.length}`, {
          market: marketOf(index),
          group: random() < 0.5 ? 'g1' : 'g2',
          lines: [own],
          opportunities,
        }),
      );
    }
  }
  return { markets: names, campaignIds, events };
}

/** Applies each event once, in order, and brings every market to `atMs`. */
export async function applyOnce(store: AllocationStore, load: Load, atMs: number): Promise<void> {
  for (const event of load.events) {
    if (event.type === 'andante.delivery-reported.v1') await fileReport(store, event, event.occurredAtMs);
    else await persistCampaignEvent(store, event, event.occurredAtMs, decideCampaign);
  }
  for (const market of load.markets)
    await persistTick(store, { market, slot: slotAt(atMs), tickIntervalMs: TICK_MS, source: 'scheduler' });
}

/** The state that must not depend on order or copies: campaigns and book entries, without counters of writes. */
export async function stateOf(
  store: AllocationStore,
  load: Load,
): Promise<{ campaigns: unknown[]; entries: Record<string, BookEntry> }> {
  const campaigns = await store.read<readonly Ref<'campaign'>[]>(load.campaignIds.map((id) => refs.campaign('t1', id)));
  const entries: Record<string, BookEntry> = {};
  for (const market of load.markets) {
    const [found] = await store.read([refs.market(market)]);
    for (const page of await store.read((found?.pages ?? []).map(({ page: name }) => refs.page(market, name)))) {
      for (const entry of page?.entries ?? []) entries[entryKey(entry)] = entry;
    }
  }
  return {
    // How often a budget was split on the way is history.
    campaigns: campaigns.map((campaign) => {
      const { splitVersion: _splits, subcampaigns, ...rest } = campaign as Campaign;
      return {
        ...rest,
        subcampaigns: subcampaigns.map(({ subcampaignId, budgetMicros, status }) => ({
          subcampaignId,
          budgetMicros,
          status,
        })),
      };
    }),
    entries,
  };
}

export const LOAD_TICK_MS = START_MS + TICK_MS;
