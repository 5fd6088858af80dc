// What is reconciled: a market with its book, or a campaign. What is only on its way counts as a difference too, so that it
// is named; it goes away by itself, and so does what changed between two reads.
import { refs, type AllocationStore } from '../store/allocation-store.ts';
import { readViews } from '../store/market-views.ts';
import type { OutcomeReader } from '../outcomes/outcome-reader.ts';
import { undrainedBacklog, waitingBacklog } from './backlog.ts';
import type { Difference } from './difference.ts';
import { reconcileCampaign } from './reconcile-campaign.ts';
import { reconcileMarket } from './reconcile-market.ts';

export interface Subject {
  name: string;
  /** Whose it is, for the log. */
  of: { tenant?: string; campaign?: string };
  /** Undefined: neither the store nor BigQuery knows it. */
  check(): Promise<Difference[] | undefined>;
}

export interface SubjectDeps {
  store: AllocationStore;
  reader: OutcomeReader;
  /** Wall clock, epoch ms. */
  clock: () => number;
}

export function marketSubject(market: string, { store, reader, clock }: SubjectDeps): Subject {
  return {
    name: `market ${market}`,
    of: {},
    async check() {
      const own = await reconcileMarket(market, { store, reader, nowMs: clock() });
      const concern = { markets: [market] };
      return own && [...(await undrainedBacklog(store, concern)), ...(await waitingBacklog(store, concern)), ...own];
    },
  };
}

export function campaignSubject(
  of: { tenantId: string; campaignId: string },
  { store, reader, clock }: SubjectDeps,
): Subject {
  return {
    name: `campaign ${of.tenantId}/${of.campaignId}`,
    of: { tenant: of.tenantId, campaign: of.campaignId },
    async check() {
      const own = await reconcileCampaign(of, { store, reader, nowMs: clock() });
      if (!own) return undefined;
      const [stored] = await store.read([refs.campaign(of.tenantId, of.campaignId)]);
      const markets = [...new Set(stored?.subcampaigns.map(({ market }) => market) ?? [])];
      const concern = { markets, campaignId: of.campaignId };
      return [...(await undrainedBacklog(store, concern)), ...(await waitingBacklog(store, concern)), ...own];
    },
  };
}

/** Every campaign with an entry in the books of these markets, once. */
export async function campaignSubjects(markets: readonly string[], deps: SubjectDeps): Promise<Subject[]> {
  const subjects = new Map<string, Subject>();
  for (const market of markets) {
    const view = (await readViews(deps.store, [{ market, pages: 'all', days: [] }])).get(market);
    for (const { tenantId, campaignId } of view?.pages.flatMap((page) => page.entries) ?? []) {
      subjects.set(`${tenantId}/${campaignId}`, campaignSubject({ tenantId, campaignId }, deps));
    }
  }
  return [...subjects.values()];
}
