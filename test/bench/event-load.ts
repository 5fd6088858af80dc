// The load of `bench events`: 64 campaigns in 8 markets, and rounds of 640 events over them, the same for every side.
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { persistCampaignEvent } from '../../shared/store/persist-campaign-event.ts';
import { decideCampaign } from '../../shared/campaign/decide-campaign.ts';
import type {
  CampaignCreated,
  BudgetChangedWire,
  DeliveryReportedWire,
  DeliveryTickWire,
} from '../../shared/contracts/events.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { DAY_MS, HOUR_MS, dayOf } from '../../shared/forecasting/traffic-clock.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';

export const TICK_INTERVAL_MS = 60_000;
export const MARKETS = Array.from({ length: 8 }, (_, index) => `M${index}`);
const CAMPAIGNS = Array.from({ length: 64 }, (_, index) => ({
  campaignId: `c-${String(index).padStart(3, '0')}`,
  market: `M${index % 8}`,
  index,
}));
export const REPORTS_PER_ROUND = 576;
export const CHANGES_PER_ROUND = CAMPAIGNS.length;
export const EVENTS_PER_ROUND = REPORTS_PER_ROUND + CHANGES_PER_ROUND;
/** One a change, two a report, one a page and tick. */
export const ROWS_PER_ROUND = CHANGES_PER_ROUND + 2 * REPORTS_PER_ROUND + MARKETS.length;
const START_MS = Date.parse('2026-03-02T10:00:00Z');
const FLIGHT_DAYS = 3;
const BUDGET_MICROS = 1_000_000_000;
const SEGMENTS = ['casual', 'fans'];
const SURFACES = ['home', 'search'];

export interface OutgoingEvent {
  topic: string;
  body: BudgetChangedWire | DeliveryReportedWire | DeliveryTickWire;
}

/** Supply and accepted campaigns, written without any function. */
export async function seed(store: AllocationStore): Promise<void> {
  const cells = SEGMENTS.flatMap((segment) =>
    SURFACES.map((surface) => ({
      segment,
      surface,
      q10: 8_000_000,
      q50: 10_000_000,
      q90: 12_000_000,
      clickPpm: 15_000,
    })),
  );
  const hourShape = Array.from({ length: 24 }, () => 1 / 24);
  for (const market of MARKETS) {
    const days = Array.from({ length: FLIGHT_DAYS + 1 }, (_, day) => dayOf(START_MS + day * DAY_MS));
    await persistSupply(
      store,
      market,
      days.map((day) => ({ schemaVersion: 1, market, day, modelId: 'm1', hourShape, cells })),
    );
  }
  for (const { campaignId, market } of CAMPAIGNS) {
    const { ref, entry } = await persistCampaignEvent(
      store,
      created(campaignId, market),
      START_MS - HOUR_MS,
      decideCampaign,
    );
    if (entry.outcomes[0]?.type !== 'campaign-accepted') throw new Error(`campaign ${campaignId} was not accepted`);
    // What seeding owes to BigQuery is not measured.
    await store.markDrained([ref], START_MS + 90 * DAY_MS);
  }
}

function created(campaignId: string, market: string): CampaignCreated {
  return {
    type: 'andante.campaign-created.v1',
    eventId: `created:${campaignId}`,
    source: 'bench',
    tenantId: 't1',
    occurredAtMs: START_MS - HOUR_MS,
    data: {
      campaignId,
      currency: 'USD',
      budgetMicros: BUDGET_MICROS,
      startAtMs: START_MS,
      endAtMs: START_MS + FLIGHT_DAYS * DAY_MS,
      objective: 'clicks',
      ifShort: 'refuse',
      subcampaigns: [
        { subcampaignId: 's1', market, segments: SEGMENTS, surfaces: SURFACES, clickPriceMicros: 500_000 },
      ],
    },
  };
}

/** The events of one round, counted from 0, each market's among the others'. */
export function roundEvents(round: number): OutgoingEvent[] {
  const reports = Array.from({ length: REPORTS_PER_ROUND }, (_, index) => report(round, index));
  const every = REPORTS_PER_ROUND / CHANGES_PER_ROUND;
  return CAMPAIGNS.flatMap((campaign, index) => [
    ...reports.slice(index * every, (index + 1) * every),
    change(round, campaign),
  ]);
}

/** The tick that ends a round. */
export function roundTick(round: number): OutgoingEvent {
  const body = {
    type: 'andante.delivery-tick.v1',
    source: 'bench',
    tenantId: 'andante',
    scheduledFor: formatInstant(atMsOf(round + 1)),
  } as const;
  return { topic: 'delivery-tick', body };
}

function atMsOf(round: number): number {
  return START_MS + round * TICK_INTERVAL_MS;
}

/** In each round half of the budgets go up by a tenth and half come down again. */
function change(round: number, { campaignId, index }: (typeof CAMPAIGNS)[number]): OutgoingEvent {
  const isUp = (round + index) % 2 === 0;
  const budgetMicros = Math.floor(isUp ? BUDGET_MICROS * 1.1 : BUDGET_MICROS);
  const body: BudgetChangedWire = {
    type: 'andante.budget-changed.v1',
    eventId: `budget:${campaignId}:${round + 1}`,
    source: 'bench',
    tenantId: 't1',
    occurredAt: formatInstant(atMsOf(round)),
    data: { campaignId, budgetMicros, budgetVersion: round + 1 },
  };
  return { topic: 'budget-changed', body };
}

/** A report names all of its market's campaigns. */
function report(round: number, index: number): OutgoingEvent {
  const market = MARKETS[index % MARKETS.length] as string;
  const group = `edge-${Math.floor(index / MARKETS.length) % 2}`;
  const windowEndAt = formatInstant(atMsOf(round + 1));
  const lines = CAMPAIGNS.filter((campaign) => campaign.market === market).map(({ campaignId }) => ({
    campaignId,
    subcampaignId: 's1',
    hourAt: formatInstant(START_MS),
    impressions: 3,
    clicks: index % 20 === 0 ? 1 : 0,
    conversions: 0,
    chargedMicros: 22_500,
  }));
  const cells = SEGMENTS.flatMap((segment) => SURFACES.map((surface) => ({ segment, surface })));
  const body: DeliveryReportedWire = {
    type: 'andante.delivery-reported.v1',
    eventId: `report:${round}:${index}`,
    source: group,
    tenantId: 'andante',
    occurredAt: windowEndAt,
    data: {
      group,
      market,
      windowStartAt: formatInstant(atMsOf(round)),
      windowEndAt,
      lines,
      opportunities: cells.map((cell) => ({ ...cell, opportunities: 500 })),
      sample: cells.map((cell) => ({ ...cell, responseMultiplier: 1.1 })),
      closings: [],
    },
  };
  return { topic: 'delivery-reported', body };
}
