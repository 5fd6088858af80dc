// What each accepted campaign of a booking is told it will get, beside all that is sold and all that the booking brings.
import type { QuoteIssued } from '../contracts/forecast-outcomes.ts';
import type { CampaignAccepted, CampaignRefused } from '../contracts/outcomes.ts';
import type { CampaignContext } from './campaign-state.ts';
import { openMarkets, type Asked } from './open-markets.ts';
import type { Quote } from './decide-campaign.ts';

/** In the order of the outcomes: of each accepted one its quote. */
export function bookingQuotes(
  outcomes: readonly (CampaignAccepted | CampaignRefused)[],
  context: CampaignContext,
  quote: Quote,
): (QuoteIssued | undefined)[] {
  const accepted = outcomes.filter((outcome) => outcome.type === 'campaign-accepted');
  const [some] = accepted;
  if (!some) return outcomes.map(() => undefined);
  const asked = accepted.flatMap(({ startAtMs, endAtMs, subcampaigns }) =>
    subcampaigns.map((sub): Asked => ({ ...sub, startAtMs, endAtMs, remainingMicros: sub.budgetMicros })),
  );
  const markets = openMarkets(new Set(), asked, some, context);
  let seat = 0;
  return outcomes.map((outcome) => {
    if (outcome.type === 'campaign-refused') return undefined;
    const reachMicros = outcome.subcampaigns.map(({ budgetMicros }) => budgetMicros + markets.capacityMicros(seat++));
    return quote(outcome, reachMicros, context);
  });
}
