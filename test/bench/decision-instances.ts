// The plans and requests of the decision bench: a market sold to many subcampaigns of all kinds, asked by listeners who have
// seen some of them, with spot demand in most requests.
import { drawInteger, drawLogNormal, drawOne, drawSome } from '../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import type { DecisionRequest } from '../../shared/contracts/decision.ts';
import type { Plan, PlanLine } from '../../shared/contracts/plan.ts';
import { DEFAULT_AUCTION, type AuctionSettings } from '../../shared/contracts/serving.ts';

export interface DecisionInstance {
  name: string;
  seed: number;
  lines: number;
  /** Lines in each cell. */
  eligible: number;
  /** The most of what a request says of its listener: lines seen, releases, artists. */
  history: number;
  /** The most offers of a request; slots of one request in four, where more than one. */
  offers: number;
  slots: number;
}

export const GROUP = 'north';
const NOON_AT_MS = Date.parse('2026-03-02T12:00:00Z');
const HOUR_MS = 3_600_000;
const SURFACES = 5;
const BUYERS = ['acme', 'brio', 'coda', 'dash'];

/** Every line is in two cells, so that there are as many cells as give each the number of lines asked for. */
export function drawPlan({ seed, lines, eligible }: DecisionInstance): Plan {
  const random = createRandom(seed, 'decision plan');
  const segments = Math.max(1, Math.round((2 * lines) / eligible / SURFACES));
  const cells = Array.from({ length: segments * SURFACES }, (_, cell) => ({
    segment: `segment-${Math.floor(cell / SURFACES)}`,
    surface: `surface-${cell % SURFACES}`,
  }));
  return {
    schemaVersion: 1,
    market: 'SE',
    planVersion: 12,
    supplyVersion: 3,
    slot: Math.floor(NOON_AT_MS / 60_000),
    publishedAtMs: NOON_AT_MS,
    validUntilAtMs: NOON_AT_MS + HOUR_MS,
    response: cells.map((cell) => ({ ...cell, clickPpm: Math.round(drawLogNormal(random, 20_000, 0.5)) })),
    auction: auctionOf(cells),
    lines: Array.from({ length: lines }, (_, index) => drawLine(random, { index, segments })),
  };
}

function auctionOf(cells: readonly { segment: string }[]): AuctionSettings {
  return {
    ...DEFAULT_AUCTION,
    positions: [1, 0.7, 0.5],
    floors: [{ cpmMicros: 200_000 }, { segment: cells[0]?.segment ?? 'any', cpmMicros: 900_000 }],
    adjustments: [
      { buyer: 'brio', kind: 'multiplier', value: 0.9 },
      { buyer: 'coda', kind: 'static', value: 50_000 },
    ],
    explorationShare: 0.01,
    fullScreenPerDay: 2,
  };
}

function drawLine(random: Random, { index, segments }: { index: number; segments: number }): PlanLine {
  const campaign = Math.floor(index / 2);
  const isSo = (chance: number) => random() < chance;
  return {
    campaignId: `campaign-${campaign}`,
    subcampaignId: `part-${index}`,
    segments: [`segment-${index % segments}`],
    surfaces: drawSome(random, ['surface-0', 'surface-1', 'surface-2', 'surface-3', 'surface-4'], 2),
    startAtMs: NOON_AT_MS - 24 * HOUR_MS,
    endAtMs: NOON_AT_MS + 240 * HOUR_MS,
    clickPriceMicros: Math.round(drawLogNormal(random, 300_000, 0.3)),
    price: isSo(0.3) ? 0 : random() * 0.6,
    worth: drawOne(random, [1, 1, 1.5, 2]),
    ...(isSo(0.3) && { isAuctioned: true as const }),
    artistId: `artist-${campaign % 400}`,
    releaseId: `release-${campaign}`,
    ...(isSo(0.7) && { perListenerDay: drawInteger(random, 1, 3), perListenerFlight: drawInteger(random, 3, 10) }),
    ...(isSo(0.2) && { isFullScreen: true as const }),
    ...(isSo(0.1) && { isExplicit: true as const }),
    ...(isSo(0.05) && { minimumAge: 18 }),
    fallbackShare: random() * 0.04,
    leases: [GROUP, 'south'].map((group) => ({
      group,
      grantedMicros: 50_000_000,
      returnedMicros: 0,
      spendUntilAtMs: NOON_AT_MS + HOUR_MS,
    })),
  };
}

/** Requests to the plan from many listeners, each text and object of its own, as when each came in a body of its own. */
export function drawRequests(plan: Plan, instance: DecisionInstance, count: number): DecisionRequest[] {
  const random = createRandom(instance.seed, 'decision requests');
  const requests = Array.from({ length: count }, (_, index) => drawRequest(random, plan, instance, index));
  return JSON.parse(JSON.stringify(requests)) as DecisionRequest[];
}

function drawRequest(
  random: Random,
  { response, lines }: Plan,
  { history, offers, slots }: DecisionInstance,
  index: number,
): DecisionRequest {
  const { segment, surface } = drawOne(random, response);
  const upTo = <T>(most: number, create: () => T) => Array.from({ length: drawInteger(random, 0, most) }, create);
  return {
    requestId: `request-${index}`,
    market: 'SE',
    segment,
    surface,
    atMs: NOON_AT_MS + drawInteger(random, 0, HOUR_MS - 1),
    listener: {
      id: `listener-${drawInteger(random, 1, 1e6)}`,
      responseMultiplier: drawLogNormal(random, 1, 0.4),
      age: drawInteger(random, 14, 70),
      ...(random() < 0.1 && { refusesExplicit: true as const }),
      seen: upTo(history, () => {
        const { campaignId, subcampaignId } = drawOne(random, lines);
        return { campaignId, subcampaignId, today: drawInteger(random, 0, 3), flight: drawInteger(random, 1, 9) };
      }),
      releaseIds: upTo(history, () => `release-${drawInteger(random, 0, 2 * lines.length)}`),
      artistIds: upTo(Math.min(history, 20), () => `artist-${drawInteger(random, 0, 800)}`),
      fullScreens: drawInteger(random, 0, 2),
    },
    ...(slots > 1 && random() < 0.25 && { slots }),
    offers: upTo(offers, () => ({
      offerId: `offer-${drawInteger(random, 1, 1e6)}`,
      buyer: drawOne(random, BUYERS),
      cpmMicros: Math.round(drawLogNormal(random, 3_000_000, 0.7)),
    })),
  };
}
