// Requests as somebody would send them, for the API's description. Tests send each of them and check what is answered.
import type { BookingRequestWire } from './bookings.ts';
import type { BudgetChangeWire, StatusChangeWire } from './campaign-api.ts';
import type { DecisionRequestWire } from './decision.ts';
import type { ReportBodyWire } from './events.ts';
import type { QuoteRequestWire } from './quotes.ts';

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
  segments: ['casual', 'loyal'],
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
