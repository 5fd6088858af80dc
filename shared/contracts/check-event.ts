// What a schema cannot say about an event: fields that must agree with each other.
import { AndanteError } from '../runtime/errors.ts';
import { MAX_FLIGHT_DAYS, type CampaignCreated, type DeliveryReported } from './events.ts';

type ServingOrder = CampaignCreated['data']['subcampaigns'][number];
type Paced = Pick<ServingOrder, 'pacing' | 'spendCurve' | 'dailyCapMicros'> & { clickPriceMicros?: number };

const DAY_MS = 86_400_000;
export const MAX_MARKETS = 15;

/** @throws AndanteError INVALID_EVENT */
export function checkCampaign(data: CampaignCreated['data']): void {
  expect(data.endAtMs > data.startAtMs, '/data/endAt must be after /data/startAt');
  expect(data.endAtMs - data.startAtMs <= MAX_FLIGHT_DAYS * DAY_MS, `a flight has at most ${MAX_FLIGHT_DAYS} days`);
  const ids = new Set(data.subcampaigns.map((sub) => sub.subcampaignId));
  expect(ids.size === data.subcampaigns.length, '/data/subcampaigns must have different subcampaignIds');
  const markets = new Set(data.subcampaigns.map((sub) => sub.market));
  expect(markets.size <= MAX_MARKETS, `a campaign has at most ${MAX_MARKETS} markets`);
  let floorsMicros = 0;
  for (const [index, sub] of data.subcampaigns.entries()) {
    const at = `/data/subcampaigns/${index}`;
    const hasBounds = sub.floorMicros !== undefined || sub.capMicros !== undefined;
    expect(sub.lockMicros === undefined || !hasBounds, `${at} has a lock: it takes no floor and no cap`);
    expect((sub.floorMicros ?? 0) <= (sub.capMicros ?? Infinity), `${at}/floorMicros must not be above capMicros`);
    checkPacing(sub, at);
    floorsMicros += sub.lockMicros ?? sub.floorMicros ?? 0;
  }
  expect(Number.isSafeInteger(floorsMicros), 'the floors and locks must add up to at most 2^53-1 micros');
}

/** @throws AndanteError of the code */
export function checkPacing(
  { pacing, spendCurve, dailyCapMicros, clickPriceMicros = 1 }: Paced,
  at: string,
  code: 'INVALID_EVENT' | 'INVALID_REQUEST' = 'INVALID_EVENT',
): void {
  const expect = (holds: boolean, message: string): void => {
    if (!holds) throw new AndanteError(code, message);
  };
  expect(
    (pacing === 'custom') === (spendCurve !== undefined),
    `${at}/spendCurve belongs to custom pacing, and custom pacing to it`,
  );
  let last = { trafficShare: 0, spendShare: 0 };
  for (const point of spendCurve ?? []) {
    const rises = point.trafficShare >= last.trafficShare && point.spendShare >= last.spendShare;
    expect(rises, `${at}/spendCurve must not fall`);
    last = point;
  }
  expect((dailyCapMicros ?? Infinity) >= clickPriceMicros, `${at}/dailyCapMicros must pay for one click`);
}

/** @throws AndanteError INVALID_EVENT */
export function checkReport(data: Omit<DeliveryReported['data'], 'group'>): void {
  expect(data.windowEndAtMs > data.windowStartAtMs, 'windowEndAt must be after windowStartAt');
  for (const [index, line] of data.lines.entries()) {
    expect(line.hourAtMs <= data.windowEndAtMs, `lines/${index}/hourAt must not be after windowEndAt`);
    expect((line.reached ?? 0) <= line.impressions, `lines/${index}/reached must not be above impressions`);
  }
}

function expect(holds: boolean, message: string): void {
  if (!holds) throw new AndanteError('INVALID_EVENT', message);
}
