// What a bid for a click brings in a cell: wins, clicks and spend, from the cell's bid landscape.
import { secondPriceAt, winRateAt, type BidLandscape } from './bid-landscape.ts';
import { ForecastError } from './forecast-error.ts';

export interface BidTerms {
  landscape: BidLandscape;
  opportunities: number;
  /** Clicks per impression, 0 to 1. */
  clickRate: number;
  /** Winners pay their own bid, or the smallest that would have won. */
  pricing: 'first' | 'second';
}

export interface BidResponse {
  clickBidMicros: number;
  winRate: number;
  impressions: number;
  clicks: number;
  /** Expected; rises with the bid, as all else here. */
  spendMicros: number;
}

/**
 * The response to a bid for each click. It competes as bid x click rate for an impression, and is paid click by click.
 * @throws ForecastError `INVALID_QUOTE` for amounts that are negative or no numbers, and a rate above 1
 */
export function bidResponse(
  { landscape, opportunities, clickRate, pricing }: BidTerms,
  clickBidMicros: number,
): BidResponse {
  for (const [name, amount] of Object.entries({ opportunities, clickRate, clickBidMicros })) {
    const most = name === 'clickRate' ? 1 : Number.MAX_VALUE;
    if (amount >= 0 && amount <= most) continue;
    throw new ForecastError('INVALID_QUOTE', `${name} must be from 0 to ${most}, not ${amount}`);
  }
  const scoreMicros = clickBidMicros * clickRate;
  const winRate = winRateAt(landscape, scoreMicros);
  const perOpportunity = pricing === 'first' ? scoreMicros * winRate : secondPriceAt(landscape, scoreMicros);
  const impressions = opportunities * winRate;
  return {
    clickBidMicros,
    winRate,
    impressions,
    clicks: impressions * clickRate,
    spendMicros: opportunities * perOpportunity,
  };
}
