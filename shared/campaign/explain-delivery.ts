// What a campaign has been delivered beside what it was told it would get, and why the two differ.
import type { DeliveryAnswer, DifferenceReason } from '../contracts/campaign-api.ts';
import type { Campaign, SupplyDay } from '../contracts/documents.ts';
import type { QuoteIssued, Range } from '../contracts/forecast-outcomes.ts';
import type { FlightAudience } from '../forecasting/flight-audience.ts';
import type { CellHours } from '../forecasting/market-features.ts';
import { offerRateForImpressions, reach } from '../forecasting/reach.ts';
import { attributeDifference } from './attribute-difference.ts';
import { campaignTotals, partMoney } from './campaign-totals.ts';
import { differenceFactors, type Factor } from './difference-factors.ts';
import { dueShare, expectedBy, promiseFor, type PartFlight, type Promised } from './expected-delivery.ts';
import { pausedOfFlightMs } from './flight-pauses.ts';
import { audienceOf } from './open-markets.ts';

/** What is known beside the campaign, with the live numbers of its entries. */
export interface DeliverySources {
  /** What it was told when it was accepted. */
  quote: QuoteIssued;
  /** When its owner called it off. */
  stoppedAtMs?: number;
  /** Of each market: what ad servers counted, by cell and hour; absent or empty where nobody did. */
  observed: ReadonlyMap<string, readonly CellHours[]>;
  /** Listeners that each part was shown to; undefined or absent where they are not counted. */
  reached: ReadonlyMap<string, number | undefined>;
  /** Of each market: its supply on the day in question. */
  supply: ReadonlyMap<string, SupplyDay>;
  nowMs: number;
}

type PartAnswer = DeliveryAnswer['parts'][number];
type Amounts = Pick<PartAnswer, 'forecast' | 'expected' | 'delivered' | 'difference'>;

/** The hours of a day of which nothing is known. */
const EVEN_HOURS = Array<number>(24).fill(1 / 24);

/**
 * Undefined where the campaign was told nothing of one of its parts. The differences of the parts, and their reasons, add up to those of
 * the whole, whose interval is the quote's own: parts do not miss together.
 */
export function explainDelivery(campaign: Campaign, sources: DeliverySources): DeliveryAnswer | undefined {
  const { quote, stoppedAtMs = Infinity, nowMs } = sources;
  const { terms } = campaign;
  if (!terms) return undefined;
  const untilMs = Math.min(nowMs, terms.endAtMs, stoppedAtMs);
  const promises = new Map(quote.subcampaigns.map((promised) => [promised.subcampaignId, promised]));
  const parts: PartAnswer[] = [];
  for (const sub of campaign.subcampaigns) {
    const promised = promises.get(sub.subcampaignId);
    if (!promised) return undefined;
    const part = { ...sub, startAtMs: terms.startAtMs, endAtMs: terms.endAtMs };
    const explained = explainPart(part, promised, { ...sources, campaign, untilMs });
    parts.push({ subcampaignId: sub.subcampaignId, market: sub.market, ...explained });
  }
  return {
    asOfAtMs: nowMs,
    quoteId: quote.quoteId,
    issuedAtMs: quote.issuedAtMs,
    quotedBudgetMicros: quote.budgetMicros,
    fullSpendProbability: quote.fullSpendPpm / 1e6,
    ...wholeOf(campaign, quote, parts),
    parts,
  };
}

interface PartSources extends DeliverySources {
  campaign: Campaign;
  untilMs: number;
}

function explainPart(part: PartFlight, quoted: Promised, sources: PartSources): Amounts {
  const { campaign, untilMs, observed, reached, supply } = sources;
  const ofDay = supply.get(part.market);
  const hourShape = ofDay?.hourShape ?? EVEN_HOURS;
  const promised = promiseFor(quoted, part.shareMicros ?? part.budgetMicros);
  const share = dueShare(part, hourShape, untilMs);
  const amounts = expectedBy(promised, share);
  const audience = part.audience ?? audienceIn(part, ofDay);
  const reachNow = promised.reach && reachBy(promised, share, audience);
  const expected = { ...amounts, ...(reachNow ? { reach: reachNow } : {}) };
  const delivered = deliveredOf(part, reached.get(part.subcampaignId));
  const elapsedMs = untilMs - part.startAtMs;
  const { accruedMicros, impressions } = delivered;
  const isDue = expected.spendMicros.mid > 0 && elapsedMs > 0;
  const factors = !isDue
    ? []
    : differenceFactors({
        ...{ part, accruedMicros, impressions, audience, hourShape, untilMs },
        expectedMicros: expected.spendMicros.mid,
        expectedImpressions: expected.impressions.mid,
        runningShare: Math.max(0, Math.min(1, 1 - pausedOfFlightMs(campaign, untilMs) / elapsedMs)),
        observed: observed.get(part.market) ?? [],
      });
  return {
    forecast: forecastOf(promised),
    expected,
    delivered,
    difference: differenceOf(accruedMicros, expected.spendMicros, reasonsOf(factors, accruedMicros, expected)),
  };
}

function reasonsOf(factors: readonly Factor[], accruedMicros: number, { spendMicros }: Pick<Promised, 'spendMicros'>) {
  if (factors.length === 0) return accruedMicros > 0 ? [{ reason: 'unexplained' as const, micros: accruedMicros }] : [];
  const ratios = factors.map(({ ratio }) => ratio);
  const micros = attributeDifference(accruedMicros, spendMicros.mid, ratios);
  return factors.map(({ reason }, index) => ({ reason, micros: micros[index] as number }));
}

/** The listeners of its flight, as the day counts them. */
function audienceIn(part: PartFlight, supply: SupplyDay | undefined): FlightAudience | undefined {
  return supply && audienceOf(part, new Map([[supply.day, supply]]), part);
}

/** Reach grows more slowly than impressions: by the listeners of the flight, or said of the whole flight alone. */
function reachBy({ reach: whole, impressions }: Promised, share: number, audience: FlightAudience | undefined) {
  if (share === 1) return whole;
  if (!whole || !audience || share === 0) return undefined;
  const reachedWith = (shown: number) => reach(audience, offerRateForImpressions(audience, shown, Infinity));
  const all = reachedWith(impressions.mid);
  const part = all > 0 ? reachedWith(share * impressions.mid) / all : 0;
  return mapRange(whole, (listeners) => Math.round(listeners * part));
}

function deliveredOf(part: PartFlight, reached: number | undefined): PartAnswer['delivered'] {
  return {
    ...(reached === undefined ? {} : { reach: reached }),
    impressions: part.impressions,
    clicks: part.clicks,
    clicksToCome: Math.round(part.inFlightMicros / part.clickPriceMicros),
    conversions: part.conversions,
    spentMicros: part.spentMicros,
    accruedMicros: partMoney(part).accruedMicros,
  };
}

function forecastOf({ reach: reached, impressions, clicks, conversions, spendMicros }: Promised) {
  return { ...(reached ? { reach: reached } : {}), impressions, clicks, conversions, spendMicros };
}

/** The whole: its middle and its difference are its parts'; how far it may miss is what was said of the whole. */
function wholeOf(campaign: Campaign, quote: QuoteIssued, parts: readonly PartAnswer[]): Amounts {
  const [only] = parts;
  if (only && parts.length === 1) {
    const { forecast, expected, delivered, difference } = only;
    return { forecast, expected, delivered, difference };
  }
  const budgetMicros = campaign.subcampaigns.reduce((sum, sub) => sum + (sub.shareMicros ?? sub.budgetMicros), 0);
  const promised = promiseFor(quote, budgetMicros);
  const sumOf = (amounts: (part: PartAnswer) => number) => parts.reduce((sum, part) => sum + amounts(part), 0);
  const all = sumOf(({ forecast }) => forecast.spendMicros.mid);
  const share = all > 0 ? Math.min(1, sumOf(({ expected }) => expected.spendMicros.mid) / all) : 0;
  const around = expectedBy(promised, share);
  const centred = (name: keyof typeof around, of: 'forecast' | 'expected'): Range => {
    const { low, mid, high } = of === 'forecast' ? promised[name] : around[name];
    const middle = sumOf((part) => part[of][name].mid);
    return { low: Math.max(0, middle - (mid - low)), mid: middle, high: middle + (high - mid) };
  };
  const amountsOf = (of: 'forecast' | 'expected') => ({
    impressions: centred('impressions', of),
    clicks: centred('clicks', of),
    conversions: centred('conversions', of),
    spendMicros: centred('spendMicros', of),
  });
  const expected = amountsOf('expected');
  const { impressions, clicks, conversions, spentMicros, accruedMicros } = campaignTotals(campaign);
  const sums = new Map<DifferenceReason, number>();
  for (const { reason, micros } of parts.flatMap(({ difference }) => difference.reasons))
    sums.set(reason, (sums.get(reason) ?? 0) + micros);
  const reasons = [...sums].map(([reason, micros]) => ({ reason, micros }));
  return {
    forecast: amountsOf('forecast'),
    expected,
    delivered: {
      ...{ impressions, clicks, conversions, spentMicros, accruedMicros },
      clicksToCome: sumOf(({ delivered }) => delivered.clicksToCome),
    },
    difference: differenceOf(accruedMicros, expected.spendMicros, reasons),
  };
}

function mapRange({ low, mid, high }: Range, change: (value: number) => number): Range {
  return { low: change(low), mid: change(mid), high: change(high) };
}

function differenceOf(
  accruedMicros: number,
  { low, mid, high }: Range,
  reasons: PartAnswer['difference']['reasons'],
): PartAnswer['difference'] {
  const micros = accruedMicros - mid;
  const isWithin = accruedMicros >= low && accruedMicros <= high;
  const sign = Math.sign(micros);
  const largest = isWithin ? undefined : [...reasons].sort((a, b) => (b.micros - a.micros) * sign)[0]?.reason;
  return {
    micros,
    isWithin,
    reasons: [...reasons].sort((a, b) => Math.abs(b.micros) - Math.abs(a.micros)),
    ...(largest ? { largest } : {}),
    words: wordsOf(isWithin, micros, largest),
  };
}

const LESS: Record<DifferenceReason, string> = {
  supply: 'its audience comes less often than was forecast',
  contention: 'it is served fewer of the opportunities that it could be shown at than planned',
  suppression: 'fewer of its listeners than planned may still be shown it',
  response: 'an impression brings less than was forecast: fewer listeners click',
  pause: 'its owner paused it',
  unexplained: 'what was recorded does not tell why',
};
const MORE: Record<DifferenceReason, string> = {
  supply: 'its audience comes more often than was forecast',
  contention: 'it is served more of the opportunities that it could be shown at than planned',
  suppression: 'more of its listeners than planned may still be shown it',
  response: 'an impression brings more than was forecast: more listeners click',
  pause: 'what is due was paused for a while',
  unexplained: 'what was recorded does not tell why',
};

function wordsOf(isWithin: boolean, micros: number, largest: DifferenceReason | undefined): string {
  if (isWithin) return 'as forecast: what is delivered lies within what was expected by now';
  const why = largest ? `, mostly because ${(micros < 0 ? LESS : MORE)[largest]}` : '';
  return `${micros < 0 ? 'less' : 'more'} than forecast${why}`;
}
