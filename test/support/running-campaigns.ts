// Running campaigns: booked while there was plenty, with what their entries, their neighbours and supply became since.
import type { CampaignContext } from '../../shared/campaign/campaign-state.ts';
import { withLiveNumbers } from '../../shared/campaign/evolve.ts';
import type { BookEntry, Campaign, SupplyDay } from '../../shared/contracts/documents.ts';
import type { BudgetApplied } from '../../shared/contracts/outcomes.ts';
import { campaignAfter } from './campaigns.ts';
import { campaignCreated, order } from './events.ts';
import { START_MS } from './instants.ts';
import { cell, context, market, page, supplyDays, view, withCampaign } from './markets.ts';

/** What a running campaign is and what became of it. */
export interface Running {
  /** Of the campaign; 1,500 over SE and NO unless said. */
  data?: Parameters<typeof campaignCreated>[0];
  /** What every market had when the campaign was accepted. */
  booked?: SupplyDay['cells'];
  /** What its entries became meanwhile. */
  own?: Partial<BookEntry>[];
  /** What supply became meanwhile, by market; two days worth 1,000 each unless said. */
  supply?: Record<string, Map<string, SupplyDay>>;
  /** Entries of others, by market. */
  others?: Record<string, BookEntry[]>;
  nowMs?: number;
}

/** A part in SE and one in NO. */
export const twoMarkets = [order(), order({ subcampaignId: 's2', market: 'NO' })];

/** A campaign of two parts of 750 in two markets, and what has become of them. */
export function running({
  data = {},
  booked = [cell()],
  own = [],
  supply = {},
  others = {},
  nowMs = START_MS,
}: Running) {
  const created = campaignCreated({ budgetMicros: 1_500_000_000, subcampaigns: twoMarkets, ...data });
  const names = [...new Set(created.data.subcampaigns.map((sub) => sub.market))];
  const before = names.map((name) =>
    view({ market: market({ market: name }), supply: supplyDays(2, { market: name, cells: booked }) }),
  );
  const fresh = campaignAfter([created], context(before));
  const subcampaignIds = fresh.subcampaigns.map((sub) => sub.subcampaignId);
  const views = withCampaign(before, fresh).map((one) => {
    const name = one.market.market;
    const entries = (one.pages[0]?.entries ?? []).map((fresh) => ({
      ...fresh,
      ...own[subcampaignIds.indexOf(fresh.subcampaignId)],
    }));
    const pages = [page([...(others[name] ?? []), ...entries], { market: name })];
    return view({ ...one, supply: supply[name] ?? supplyDays(2, { market: name }), pages });
  });
  return { campaign: live(fresh, views), where: context(views, nowMs) };
}

/** A campaign with the live numbers of its entries. */
export function live(
  campaign: Campaign,
  views: Iterable<{ pages: readonly { entries: readonly BookEntry[] }[] }>,
): Campaign {
  return withLiveNumbers(
    campaign,
    [...views].flatMap(({ pages }) => pages.flatMap(({ entries }) => entries)),
  );
}

/** The books and the campaign after a rebalance was committed. */
export function afterRebalance(
  campaign: Campaign,
  where: CampaignContext,
  { subcampaigns, escrowMicros, splitVersion }: BudgetApplied,
) {
  const budgets = new Map(subcampaigns.map((sub) => [sub.subcampaignId, sub.budgetMicros]));
  const markets = [...where.markets.values()].map((one) =>
    view({
      ...one,
      pages: one.pages.map((known) => ({
        ...known,
        entries: known.entries.map((old) =>
          old.campaignId === campaign.campaignId
            ? { ...old, budgetMicros: budgets.get(old.subcampaignId) as number }
            : old,
        ),
      })),
    }),
  );
  const stored = {
    ...campaign,
    escrowMicros,
    splitVersion,
    subcampaigns: campaign.subcampaigns.map((sub) => ({
      ...sub,
      budgetMicros: budgets.get(sub.subcampaignId) as number,
    })),
  };
  return { campaign: live(stored, markets), where: context(markets, where.nowMs) };
}
