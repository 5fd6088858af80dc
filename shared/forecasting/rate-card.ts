// The rate card: what a click costs in each market and audience, in versions, and what changed between two of them.
import { ForecastError } from './forecast-error.ts';

/** Where a price comes from. */
export interface RateCardRow {
  market: string;
  audience: string;
  /** What an impression is worth to whoever else would get it, in micros: the dual of its cell. */
  shadowPriceMicros: number;
  /** Clicks per impression. */
  clickRate: number;
  /** The least that a click may cost, in micros. */
  floorMicros: number;
}

/** A version; prices by market, then audience. JSON as it stands. */
export interface RateCard {
  version: number;
  generatedAtMs: number;
  validUntilAtMs: number;
  prices: { market: string; audience: string; clickPriceMicros: number; basis: 'floor' | 'shadow-price' }[];
}

/** A price that came, went or moved; what is not on a card has no price there. */
export interface PriceChange {
  market: string;
  audience: string;
  fromMicros?: number;
  toMicros?: number;
}

/**
 * The next card: price = max(floor, shadow price / click rate), upwards to a whole micro, 1 at least. The version rises only when
 * a price changes; otherwise the card is the old one, valid longer.
 * @throws ForecastError `INVALID_QUOTE` for rows that make no sense, twice the same audience of a market, a price past
 *   2^53 - 1 and a validity that ends before it begins
 */
export function nextRateCard(
  rows: readonly RateCardRow[],
  { generatedAtMs, validUntilAtMs }: { generatedAtMs: number; validUntilAtMs: number },
  previous?: RateCard,
): RateCard {
  if (!(validUntilAtMs > generatedAtMs)) throw invalid('a rate card must be valid for some time after it is made');
  const prices = rows.map(priceOf).sort((a, b) => compare(keyOf(a), keyOf(b)));
  prices.forEach((price, index) => {
    if (index > 0 && keyOf(price) === keyOf(prices[index - 1] as typeof price)) {
      throw invalid(`audience ${price.audience} of market ${price.market} has two rows`);
    }
  });
  const card = { version: (previous?.version ?? 0) + 1, generatedAtMs, validUntilAtMs, prices };
  if (previous && priceChanges(previous, card).length === 0) return { ...card, version: previous.version };
  return card;
}

/** What the next card changes, by market and audience; everything is new where there was no card. */
export function priceChanges(previous: RateCard | undefined, next: RateCard): PriceChange[] {
  const before = new Map((previous?.prices ?? []).map((price) => [keyOf(price), price]));
  const after = new Map(next.prices.map((price) => [keyOf(price), price]));
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort(compare);
  return keys.flatMap((key) => {
    const [from, to] = [before.get(key), after.get(key)];
    if (from?.clickPriceMicros === to?.clickPriceMicros) return [];
    const { market, audience } = (to ?? from) as RateCard['prices'][number];
    return [
      {
        market,
        audience,
        ...(from && { fromMicros: from.clickPriceMicros }),
        ...(to && { toMicros: to.clickPriceMicros }),
      },
    ];
  });
}

/** A quotient above a whole number by less is that number with a rounding error. */
const ROUNDING = 1e-12;

function priceOf({
  market,
  audience,
  shadowPriceMicros,
  clickRate,
  floorMicros,
}: RateCardRow): RateCard['prices'][number] {
  const place = `audience ${audience} of market ${market}`;
  for (const [name, amount] of Object.entries({ shadowPriceMicros, floorMicros })) {
    if (!(amount >= 0 && amount < Infinity)) throw invalid(`${name} of ${place} must be 0 or more, not ${amount}`);
  }
  if (!(clickRate >= 0 && clickRate <= 1))
    throw invalid(`the click rate of ${place} must be from 0 to 1, not ${clickRate}`);
  if (clickRate === 0 && shadowPriceMicros > 0)
    throw invalid(`${place} has a worth and no clicks: no price pays for it`);
  const worthMicros = shadowPriceMicros === 0 ? 0 : shadowPriceMicros / clickRate;
  const clickPriceMicros = Math.max(1, Math.ceil(Math.max(floorMicros, worthMicros * (1 - ROUNDING))));
  if (!Number.isSafeInteger(clickPriceMicros)) throw invalid(`the price of ${place} passes 2^53 - 1 micros`);
  return { market, audience, clickPriceMicros, basis: worthMicros > floorMicros ? 'shadow-price' : 'floor' };
}

/** JSON keeps pairs of texts apart whatever they hold. */
function keyOf({ market, audience }: { market: string; audience: string }): string {
  return JSON.stringify([market, audience]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function invalid(message: string): ForecastError {
  return new ForecastError('INVALID_QUOTE', message);
}
