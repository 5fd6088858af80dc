// Requests as somebody would send them and what comes of them, for the API's description.
import type { BookingAnswer, BookingRequestWire } from './bookings.ts';
import type { BudgetChangeWire, ChangeAnswer, StatusChangeWire } from './campaign-api.ts';
import type { Decision, DecisionRequestWire } from './decision.ts';
import type { ReportBodyWire } from './events.ts';
import type { QuoteAnswer, QuoteRequestWire } from './quotes.ts';

export const BOOKING_KEY = 'spring-singles-1';
export const CAMPAIGN_ID = 'spring-single';

const flight = {
  currency: 'EUR',
  startAt: '2026-03-03T00:00:00Z',
  endAt: '2026-03-10T00:00:00Z',
  objective: 'clicks',
} as const;

const part = {
  subcampaignId: `${CAMPAIGN_ID}-se`,
  market: 'SE',
  segments: ['casual'],
  surfaces: ['home'],
};

export const quoteRequest: QuoteRequestWire = {
  requestId: 'q1',
  ...flight,
  budgetMicros: 250_000_000,
  subcampaigns: [{ ...part, clickPriceMicros: 400_000 }],
  whatIf: [{ name: 'a-week-later', startAt: '2026-03-10T00:00:00Z', endAt: '2026-03-17T00:00:00Z' }],
};

export const bookingRequest: BookingRequestWire = {
  mode: 'best-subset',
  hold: { kind: 'firm', seconds: 900 },
  campaigns: [
    {
      campaignId: CAMPAIGN_ID,
      ...flight,
      budgetMicros: 250_000_000,
      subcampaigns: [{ ...part, clickPriceMicros: 400_000 }],
    },
  ],
};

export const budgetChange: BudgetChangeWire = { budgetMicros: 300_000_000 };

export const statusChange: StatusChangeWire = { status: 'paused' };

export const decisionRequest: DecisionRequestWire = {
  requestId: 'd1',
  market: 'SE',
  segment: 'casual',
  surface: 'home',
  at: '2026-03-03T00:10:00Z',
  listener: { id: 'l1' },
  explain: true,
};

export const reportBody: ReportBodyWire = {
  eventId: 'SE-a:2026-03-03T01:00Z',
  market: 'SE',
  windowStartAt: '2026-03-03T00:00:00Z',
  windowEndAt: '2026-03-03T01:00:00Z',
  lines: [],
  closings: [],
  sample: [],
  opportunities: [{ segment: 'casual', surface: 'home', opportunities: 1200 }],
};

export const quoteAnswer: QuoteAnswer = {
  requestId: 'q1',
  quoteId: '67a3bb0ce9b8b171',
  generated_at: '2026-03-02T12:00:00.000Z',
  valid_until: '2026-03-02T13:00:00.000Z',
  modelVersion: '2026-03-02T06:00Z',
  tier: 'fast',
  currency: 'EUR',
  budgetMicros: 250000000,
  fullSpendProbability: 1,
  suggestedMinimumMicros: 10000000,
  suggestedMaximumMicros: 5503600000,
  matched: {
    impressions: { low: 681367, mid: 700000, high: 719143 },
    clicks: { low: 13588, mid: 14000, high: 14424 },
    micros: { low: 5435200000, mid: 5600000000, high: 5769600000 },
  },
  possible: {
    impressions: { low: 681367, mid: 700000, high: 719143 },
    clicks: { low: 13588, mid: 14000, high: 14424 },
    micros: { low: 5435200000, mid: 5600000000, high: 5769600000 },
  },
  available: {
    impressions: { low: 681367, mid: 700000, high: 719143 },
    clicks: { low: 13588, mid: 14000, high: 14424 },
    micros: { low: 5435200000, mid: 5600000000, high: 5769600000 },
  },
  forecast: {
    points: [
      {
        budget: 250,
        metrics: {
          spend: { low: 250, mid: 250, high: 250 },
          impressions: { low: 29688, mid: 31250, high: 32894 },
          clicks: { low: 625, mid: 625, high: 625 },
          conversions: { low: 0, mid: 0, high: 0 },
        },
        ext: { andante: { full_spend_probability: 1 } },
      },
      {
        budget: 5503.6,
        metrics: {
          spend: { low: 5435.026098, mid: 5503.6, high: 5503.6 },
          impressions: { low: 676724, mid: 686629, high: 694195 },
          clicks: { low: 13588, mid: 13759, high: 13759 },
          conversions: { low: 0, mid: 0, high: 0 },
        },
        ext: { andante: { full_spend_probability: 0.8007 } },
      },
    ],
    forecast_range_unit: 'spend',
    method: 'modeled',
    currency: 'EUR',
    generated_at: '2026-03-02T12:00:00.000Z',
    valid_until: '2026-03-02T13:00:00.000Z',
    ext: {
      andante: { suggested_maximum_budget: 5503.6, model_id: '2026-03-02T06:00Z', inputs_hash: '67a3bb0ce9b8b171' },
    },
  },
  rateCard: {
    version: 'SE.1',
    validUntilAt: '2026-03-02T13:00:00.000Z',
    prices: [{ market: 'SE', segment: 'casual', clickPriceMicros: 310000, basis: 'shadow-price' }],
  },
  parts: [
    {
      subcampaignId: 'spring-single-se',
      market: 'SE',
      budgetMicros: 250000000,
      clickPriceMicros: 400000,
      fullSpendProbability: 1,
      availableMicros: 5600000000,
    },
  ],
  whatIf: [
    {
      name: 'a-week-later',
      budgetMicros: 250000000,
      fullSpendProbability: 1,
      suggestedMinimumMicros: 10000000,
      suggestedMaximumMicros: 5503600000,
      clicks: { low: 625, mid: 625, high: 625 },
      availableMicros: 5600000000,
    },
  ],
  contention: [
    {
      market: 'SE',
      segment: 'casual',
      surface: 'home',
      fromAt: '2026-03-06T00:00:00Z',
      toAt: '2026-03-08T00:00:00Z',
      soldShare: 0.96,
    },
  ],
  trackRecord: { quotes: 12, brier: 0.1 },
};

export const bookingAnswer: BookingAnswer = {
  bookingId: BOOKING_KEY,
  status: 'held',
  mode: 'best-subset',
  progress: { campaigns: 1, held: 1, refused: 0, applied: 0 },
  expiresAt: '2026-03-02T12:15:00.000Z',
  lines: [
    {
      campaignId: CAMPAIGN_ID,
      result: 'accepted',
      requestedMicros: 250_000_000,
      budgetMicros: 250_000_000,
      subcampaigns: [{ subcampaignId: `${CAMPAIGN_ID}-se`, budgetMicros: 250_000_000 }],
      fullSpendProbability: 0.97,
    },
  ],
};

export const changeAnswer: ChangeAnswer = {
  campaignId: CAMPAIGN_ID,
  result: 'refused',
  code: 'SUPPLY_SHORT',
  reason: 'supply is short by 20000000 micros',
  counterOfferMicros: 280_000_000,
  version: 1,
  outcomes: [{ type: 'budget-refused', campaignId: CAMPAIGN_ID }],
};

export const decision: Decision = {
  requestId: 'd1',
  planVersion: 12,
  awards: [
    {
      code: 'WORTH_MOST',
      campaignId: CAMPAIGN_ID,
      subcampaignId: `${CAMPAIGN_ID}-se`,
      chargeMicros: 8_000,
      clickPriceMicros: 400_000,
    },
  ],
};
