// What a campaign is, what it has been delivered beside its forecast, and what has been recorded of it.
import { campaignTotals, partMoney } from '../../shared/campaign/campaign-totals.ts';
import { explainDelivery } from '../../shared/campaign/explain-delivery.ts';
import { MAX_HISTORY, type CampaignAnswer, type HistoryAnswer } from '../../shared/contracts/campaign-api.ts';
import type { Campaign, SupplyDay } from '../../shared/contracts/documents.ts';
import { encodeInstants } from '../../shared/contracts/instants.ts';
import { dayOf } from '../../shared/forecasting/traffic-clock.ts';
import type { FeatureReader } from '../../shared/outcomes/feature-reader.ts';
import type { HistoryPlace, HistoryReader } from '../../shared/outcomes/history-reader.ts';
import type { OutcomeReader } from '../../shared/outcomes/outcome-reader.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import type { RequestTime } from '../../shared/runtime/request-time.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { readCampaign } from '../../shared/store/read-campaign.ts';
import type { CampaignRequest } from './handler.ts';

export interface ShowerDeps {
  store: AllocationStore;
  history: HistoryReader;
  features: Pick<FeatureReader, 'supplyHours'>;
  outcomes: Pick<OutcomeReader, 'delivered'>;
  timeOf: RequestTime;
}

/** Outcomes of a page that does not say how many it wants. */
const PAGE = 50;

/** What answers reads of a campaign. */
export interface CampaignShower {
  show: (request: CampaignRequest) => Promise<object>;
  showHistory: (request: CampaignRequest) => Promise<object>;
}

export function createCampaignShower(deps: ShowerDeps): CampaignShower {
  const { store, history, timeOf } = deps;
  return {
    async show({ tenant, campaignId, headers }) {
      const campaign = await ownCampaign(store, tenant.tenantId, campaignId);
      const nowMs = await timeOf(headers, marketsOf(campaign));
      const delivery = await deliveryOf(campaign, nowMs, deps);
      return encodeInstants({ ...stateOf(campaign), ...delivery } satisfies CampaignAnswer) as object;
    },
    async showHistory({ tenant: { tenantId }, campaignId, query }) {
      const limit = limitOf(query?.get('limit') ?? undefined);
      const after = query?.get('after') ?? undefined;
      const place = after === undefined ? undefined : placeOf(after);
      await ownCampaign(store, tenantId, campaignId);
      // One more tells whether there are more.
      const page = { limit: limit + 1, ...(place ? { after: place } : {}) };
      const rows = await history.page({ tenantId, campaignId }, page);
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      const next = last ? tokenOf(last) : after;
      return encodeInstants({
        outcomes: shown.map(({ rowId, eventId, occurredAtMs, outcome }) => ({
          ...{ rowId, eventId, occurredAtMs },
          outcome: { ...outcome },
        })),
        ...(next === undefined ? {} : { after: next }),
        hasMore: rows.length > limit,
      } satisfies HistoryAnswer) as object;
    },
  };
}

/**
 * The campaign with its live numbers, if it is this tenant's and there is more of it than a change that came before it.
 * @throws AndanteError NOT_FOUND
 */
export async function ownCampaign(store: AllocationStore, tenantId: string, campaignId: string): Promise<Campaign> {
  const campaign = await readCampaign(store, tenantId, campaignId);
  if (!campaign?.terms) throw new AndanteError('NOT_FOUND', 'you have no campaign of this id');
  return campaign;
}

export function marketsOf({ subcampaigns }: Campaign): string[] {
  return [...new Set(subcampaigns.map(({ market }) => market))];
}

function stateOf(campaign: Campaign): CampaignAnswer {
  const { assignedMicros: _parts, ...totals } = campaignTotals(campaign);
  const { status, terms, budgetMicros, pausedAtMs } = campaign;
  if (status === 'expected' || !terms) throw new Error('a campaign that has not been accepted is not shown');
  return {
    campaignId: campaign.campaignId,
    status,
    ...terms,
    budgetVersion: campaign.budgetVersion,
    statusVersion: campaign.statusVersion,
    splitVersion: campaign.splitVersion,
    ...(pausedAtMs === undefined ? {} : { pausedAtMs }),
    requestedMicros: campaign.requestedMicros,
    budgetMicros,
    escrowMicros: campaign.escrowMicros,
    ...totals,
    parts: campaign.subcampaigns.map((sub) => ({
      subcampaignId: sub.subcampaignId,
      market: sub.market,
      status: sub.status,
      segments: sub.segments,
      surfaces: sub.surfaces,
      clickPriceMicros: sub.clickPriceMicros,
      ...(sub.floorMicros === undefined ? {} : { floorMicros: sub.floorMicros }),
      ...(sub.capMicros === undefined ? {} : { capMicros: sub.capMicros }),
      ...(sub.lockMicros === undefined ? {} : { lockMicros: sub.lockMicros }),
      budgetMicros: sub.budgetMicros,
      ...(sub.shareMicros === undefined ? {} : { shareMicros: sub.shareMicros }),
      budgetShare: budgetMicros > 0 ? sub.budgetMicros / budgetMicros : 0,
      spentMicros: sub.spentMicros,
      inFlightMicros: sub.inFlightMicros,
      leasedMicros: sub.leasedMicros,
      ...partMoney(sub),
      overrunMicros: sub.overrunMicros,
      impressions: sub.impressions,
      clicks: sub.clicks,
      conversions: sub.conversions,
    })),
  };
}

/** Delivery beside its forecast; what it is without one is known anyhow. */
async function deliveryOf(
  campaign: Campaign,
  nowMs: number,
  deps: ShowerDeps,
): Promise<Pick<CampaignAnswer, 'delivery' | 'deliveryUnknown'>> {
  try {
    const { quote, ...promised } = await deps.history.promised(campaign);
    const explained =
      quote && explainDelivery(campaign, { quote, ...promised, nowMs, ...(await seenOf(campaign, nowMs, deps)) });
    if (explained) return { delivery: explained };
    const reason = 'no forecast of this campaign was recorded, or it has not arrived yet';
    return { deliveryUnknown: { code: 'NO_FORECAST', reason } };
  } catch (error) {
    if (!(error instanceof AndanteError) || error.code !== 'OUTCOMES_UNAVAILABLE') throw error;
    const reason = 'what was recorded cannot be read now: ask again for delivery against forecast';
    return { deliveryUnknown: { code: 'OUTCOMES_UNAVAILABLE', reason } };
  }
}

/** What the campaign's markets saw of its flight up to now. */
async function seenOf(campaign: Campaign, nowMs: number, { store, features, outcomes }: ShowerDeps) {
  const { startAtMs, endAtMs } = campaign.terms as NonNullable<Campaign['terms']>;
  const { campaignId } = campaign;
  const markets = marketsOf(campaign);
  const untilMs = Math.min(nowMs, endAtMs);
  // An end at midnight is no hour of its day.
  const day = dayOf(Math.max(startAtMs, untilMs - 1));
  const fromDay = dayOf(startAtMs);
  const [days, hours, sums] = await Promise.all([
    store.read(markets.map((market) => refs.supply(market, day))),
    Promise.all(
      markets.map((market) => features.supplyHours({ market, fromDay, untilMs: Math.max(startAtMs, untilMs) })),
    ),
    Promise.all(markets.map((market) => outcomes.delivered({ market, fromDay, campaignId }))),
  ]);
  return {
    supply: new Map(days.flatMap((supply): [string, SupplyDay][] => (supply ? [[supply.market, supply]] : []))),
    observed: new Map(markets.map((market, index) => [market, hours[index] ?? []])),
    reached: new Map(sums.flat().map(({ subcampaignId, reached }) => [subcampaignId, reached])),
  };
}

/** @throws AndanteError INVALID_REQUEST */
function limitOf(text: string | undefined): number {
  if (text === undefined) return PAGE;
  const limit = /^[1-9][0-9]{0,2}$/.test(text) ? Number(text) : Infinity;
  if (limit > MAX_HISTORY) throw new AndanteError('INVALID_REQUEST', `limit must be a number from 1 to ${MAX_HISTORY}`);
  return limit;
}

/** A place in a history as the caller keeps it. */
function tokenOf({ occurredAtMs, rowId }: HistoryPlace): string {
  return Buffer.from(JSON.stringify([occurredAtMs, rowId])).toString('base64url');
}

/** @throws AndanteError INVALID_REQUEST */
function placeOf(token: string): HistoryPlace {
  try {
    const [occurredAtMs, rowId] = JSON.parse(Buffer.from(token, 'base64url').toString()) as [unknown, unknown];
    const place = { occurredAtMs: occurredAtMs as number, rowId: rowId as string };
    const isPlace =
      Number.isSafeInteger(occurredAtMs) && typeof rowId === 'string' && /^[0-9a-f]{1,20}:[0-9]{1,4}$/.test(rowId);
    if (isPlace && tokenOf(place) === token) return place;
  } catch {
    // named below
  }
  throw new AndanteError('INVALID_REQUEST', 'after must be what an earlier page said');
}
