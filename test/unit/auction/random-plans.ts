// Plans and requests for properties, each from its seed: few names, so that caps, artists, floors and rivals meet often;
// prices and click rates from nothing to absurd.
import { drawInteger, drawOne, drawSome } from '../../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../../emulators/world/random.ts';
import type { DecisionRequest } from '../../../shared/contracts/decision.ts';
import type { Plan, PlanLine } from '../../../shared/contracts/plan.ts';
import type { AuctionSettings } from '../../../shared/contracts/serving.ts';

export const NOON_AT_MS = Date.parse('2026-03-02T12:00:00Z');
export const GROUPS = ['north', 'south'];
const SEGMENTS = ['rock', 'jazz', 'folk'];
const SURFACES = ['home', 'search'];
const BUYERS = ['acme', 'brio', 'coda'];

/** A plan of up to fourteen lines and six cells; a seventh of them is stale at noon. */
export function randomPlan(seed: number): Plan {
  const random = createRandom(seed, 'plan');
  const cells = SEGMENTS.flatMap((segment) => SURFACES.map((surface) => ({ segment, surface })));
  return {
    schemaVersion: 1,
    market: 'SE',
    planVersion: drawInteger(random, 0, 9),
    supplyVersion: 2,
    slot: 5,
    publishedAtMs: NOON_AT_MS - 60_000,
    validUntilAtMs: isSo(random, 0.15) ? NOON_AT_MS : NOON_AT_MS + 60_000,
    response: cells.slice(0, isSo(random, 0.1) ? drawInteger(random, 0, 5) : 6).map((cell) => ({
      ...cell,
      clickPpm: drawOne(random, [0, 1, 1_000, 20_000, 20_000, 20_000, 350_000, 1_000_000]),
    })),
    auction: randomAuction(random),
    lines: Array.from({ length: drawInteger(random, 0, 14) }, (_, index) => randomLine(random, index)),
  };
}

/** A request to the plan, which names its lines and some that it does not have. */
export function randomRequest({ lines }: Plan, seed: number): DecisionRequest {
  const random = createRandom(seed, 'request');
  const some = <T>(most: number, create: () => T) => Array.from({ length: drawInteger(random, 0, most) }, create);
  const nameOf = () => {
    const { campaignId = 'c1', subcampaignId = 'gone' } = lines[drawInteger(random, 0, 14)] ?? {};
    return { campaignId, subcampaignId };
  };
  return sparse<DecisionRequest>({
    requestId: `request-${drawInteger(random, 0, 1e9)}`,
    market: 'SE',
    segment: isSo(random, 0.05) ? 'opera' : drawOne(random, SEGMENTS),
    surface: drawOne(random, SURFACES),
    atMs: drawOne(random, [NOON_AT_MS, NOON_AT_MS, NOON_AT_MS + 59_000]),
    listener: {
      id: `listener-${drawInteger(random, 0, 1e6)}`,
      responseMultiplier: maybe(random, 0.8, isSo(random, 0.1) ? drawOne(random, [0, 1000]) : 0.3 + 2 * random()),
      age: maybe(random, 0.8, drawOne(random, [15, 17, 20, 40])),
      refusesExplicit: maybe(random, 0.3, true),
      seen: maybe(
        random,
        0.7,
        some(6, () => ({ ...nameOf(), today: drawInteger(random, 0, 3), flight: drawInteger(random, 0, 6) })),
      ),
      releaseIds: maybe(
        random,
        0.7,
        some(3, () => `r${drawInteger(random, 1, 9)}`),
      ),
      artistIds: maybe(
        random,
        0.7,
        some(4, () => `a${drawInteger(random, 1, 6)}`),
      ),
      fullScreens: maybe(random, 0.5, drawInteger(random, 0, 2)),
    },
    slots: maybe(random, 0.6, drawInteger(random, 1, 3)),
    offers: maybe(random, 0.6, randomOffers(random)),
    spent: maybe(random, 0.4, some(3, nameOf)),
  });
}

function randomOffers(random: Random) {
  return drawSome(random, ['o1', 'o2', 'o3', 'o4', 'o5', 'o6'], drawInteger(random, 0, 5)).map((offerId) => ({
    offerId,
    buyer: drawOne(random, [...BUYERS, 'dash']),
    cpmMicros: randomCpm(random),
  }));
}

/** From nothing to more than most lines bring; often one of few, so that some are equal. */
function randomCpm(random: Random): number {
  const magnitude = drawOne(random, [10, 1_000_000, 10_000_000, 10_000_000, 10_000_000, 1e12]);
  return isSo(random, 0.3) ? drawOne(random, [0, 1, 1_000, 5_000_000]) : drawInteger(random, 0, magnitude);
}

function randomAuction(random: Random): AuctionSettings {
  const dimension = (names: string[]) => maybe(random, 0.5, drawOne(random, names));
  return sparse<AuctionSettings>({
    version: 3,
    pricing: drawOne(random, ['first', 'second', 'second']),
    positions: drawOne(random, [[1], [1, 0.8, 0.6], [1, 0], [0.5, 1]]),
    floors: Array.from({ length: drawOne(random, [0, 0, 1, 4]) }, () => ({
      segment: dimension(SEGMENTS),
      surface: dimension(SURFACES),
      cpmMicros: randomCpm(random),
    })),
    adjustments: Array.from({ length: drawOne(random, [0, 0, 1, 4]) }, () => ({
      buyer: dimension(BUYERS),
      kind: drawOne(random, ['multiplier', 'cpm', 'static']),
      value: drawOne(random, [0, 0.5, 1.1, 3, 4_000, 5_123_456.789]),
    })),
    houseCpmMicros: drawOne(random, [0, 0, 1_000, 5_000_000]),
    explorationShare: drawOne(random, [0, 0, 0.2]),
    fullScreenPerDay: maybe(random, 0.5, drawInteger(random, 1, 2)),
    artistSeparation: drawInteger(random, 0, 3),
  });
}

function randomLine(random: Random, index: number): PlanLine {
  return sparse<PlanLine>({
    campaignId: `c${drawInteger(random, 1, 6)}`,
    subcampaignId: `s${index}`,
    segments: drawSome(random, SEGMENTS, drawInteger(random, 2, 3)),
    surfaces: drawSome(random, SURFACES, drawInteger(random, 1, 2)),
    startAtMs: isSo(random, 0.9) ? drawOne(random, [0, NOON_AT_MS]) : NOON_AT_MS + 1_000,
    endAtMs: isSo(random, 0.9) ? NOON_AT_MS + 1e9 : drawOne(random, [NOON_AT_MS, NOON_AT_MS + 1]),
    clickPriceMicros: isSo(random, 0.02)
      ? 1e12
      : drawOne(random, [250_000, 250_000, drawInteger(random, 1, 100), drawInteger(random, 200_000, 400_000)]),
    price: drawOne(random, [0, 0, 0.01, random() / 4, random(), isSo(random, 0.3) ? 1 : 0.5]),
    worth: isSo(random, 0.8) ? 1 : drawOne(random, [0, 0.5, 2, 1000]),
    isAuctioned: maybe(random, 0.5, true),
    artistId: maybe(random, 0.3, `a${drawInteger(random, 1, 4)}`),
    releaseId: maybe(random, 0.3, `r${drawInteger(random, 1, 6)}`),
    perListenerDay: maybe(random, 0.4, drawInteger(random, 1, 3)),
    perListenerFlight: maybe(random, 0.4, drawInteger(random, 1, 6)),
    isFullScreen: maybe(random, 0.3, true),
    isExplicit: maybe(random, 0.2, true),
    minimumAge: maybe(random, 0.15, drawOne(random, [16, 18, 21])),
    fallbackShare: drawOne(random, [0, 0.05, 0.1]),
    leases: GROUPS.filter(() => isSo(random, 0.85)).flatMap((group) =>
      Array.from({ length: isSo(random, 0.1) ? 2 : 1 }, () => ({
        group,
        grantedMicros: drawOne(random, [1_000, 5_000_000, 5_000_000]),
        returnedMicros: drawOne(random, [0, 0, 0, 0, 1_000]),
        spendUntilAtMs: isSo(random, 0.1)
          ? NOON_AT_MS - drawInteger(random, 0, 1)
          : NOON_AT_MS + drawOne(random, [600_000, 9_000_000]),
      })),
    ),
  });
}

function isSo(random: Random, chance: number): boolean {
  return random() < chance;
}

function maybe<T>(random: Random, chance: number, value: T): T | undefined {
  return isSo(random, chance) ? value : undefined;
}

/** Without the fields that are undefined, as in JSON. */
function sparse<T>(value: unknown): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
