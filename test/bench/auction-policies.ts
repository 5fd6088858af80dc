// The policies of the mixed-auction bench. Each knows the forecast, the requests that have passed and the money left, and
// nothing of what is to come.
import { createRandom, type Random } from '../../emulators/world/random.ts';
import { drawInteger } from '../../emulators/world/draws.ts';
import { compilePlan } from '../../shared/auction/compile-plan.ts';
import { decideOpportunity } from '../../shared/auction/decide-opportunity.ts';
import type { Plan } from '../../shared/contracts/plan.ts';
import { DEFAULT_AUCTION } from '../../shared/contracts/serving.ts';
import { nowcastFactor } from '../../shared/forecasting/nowcast.ts';
import { aimedMoney } from '../../shared/planning/aimed-money.ts';
import { fallbackPrices, type ForecastCells } from '../../shared/planning/fallback-prices.ts';
import { GUARANTEE_WORTH } from '../../shared/planning/guarantee-worth.ts';
import { solveLivePrices, type LiveLines } from '../../shared/planning/live-price.ts';
import type { RequestSample } from '../../shared/planning/offer-curve.ts';
import type { Policy, Server } from './auction-day.ts';
import { CELLS, linesByCell, type AuctionWorld } from './auction-world.ts';

/** Requests that a report samples, and that a market remembers. */
const SAMPLED = 100;
const REMEMBERED = 1_000;
/** Of a market's traffic over its forecast, and of a day's around that: standard deviations of logarithms. */
const MARKET_SPREAD = 0.2;
const DAY_SPREAD = 0.05;

/** Guaranteed lines before everything else, the dearest first; then auctioned ones that outbid the offer, the dearest first. */
export function strictPriority(world: AuctionWorld): Policy {
  const { lines, requests, clickPpm, floorCpmMicros } = world;
  const ranked = linesByCell(world).map((own) => own.sort((one, other) => rankOf(other) - rankOf(one)));
  function rankOf(line: number): number {
    const { isAuctioned, clickPriceMicros } = lines[line] as (typeof lines)[number];
    return clickPriceMicros + (isAuctioned ? 0 : 1e12);
  }
  return () => (request, isSpent) => {
    const cell = requests.cell[request] as number;
    const cpm = requests.offerCpmMicros[request] as number;
    const rivalCpm = Math.max(cpm, floorCpmMicros[cell] as number);
    const clicksOfThousand = ((clickPpm[cell] as number) / 1000) * (requests.multiplier[request] as number);
    const first = ranked[cell]?.find((line) => {
      const { isAuctioned, clickPriceMicros } = lines[line] as (typeof lines)[number];
      return isSpent[line] === 0 && (!isAuctioned || clicksOfThousand * clickPriceMicros > rivalCpm);
    });
    return {
      line: first ?? -1,
      clickPriceMicros: lines[first ?? -1]?.clickPriceMicros ?? 0,
      isOffer: cpm > 0 && cpm === rivalCpm,
    };
  };
}

/** Prices that were solved once, on a sample of the day before, which was another one of the same kind. */
export function staticDual(world: AuctionWorld, yesterday: AuctionWorld): Policy {
  const random = createRandom(world.settings.seed, 'static dual');
  const last = yesterday.requests.cell.length - 1;
  const sampled = Array.from({ length: REMEMBERED }, () => drawInteger(random, 0, last));
  let serve: Server | undefined;
  return ({ left }) => {
    const cells = remainingCells(world, 0);
    serve ??= serveBy(world, solveLivePrices(sampleOf(yesterday, sampled), liveLines(world, left), { cells }));
    return serve;
  };
}

/** What ships: each slot all prices anew, on the newest sampled requests, for the money and the traffic that are left. */
export function livePrices(world: AuctionWorld): Policy {
  const random = createRandom(world.settings.seed, 'sampled requests');
  let sampled: number[] = [];
  let start: Float64Array | undefined;
  return ({ slot, left }) => {
    if (slot > 0) sampled = [...sampled, ...reservoir(world, slot - 1, random)].slice(-REMEMBERED);
    const cells = remainingCells(world, slot);
    const lines = aimedLines(liveLines(world, left), cells, world);
    start =
      start === undefined || sampled.length === 0
        ? fallbackPrices(lines, cells)
        : solveLivePrices(sampleOf(world, sampled), lines, { cells, start });
    return serveBy(world, start);
  };
}

function liveLines({ lines }: AuctionWorld, left: Float64Array): LiveLines {
  const lineStart = new Uint32Array(lines.length + 1);
  lines.forEach(({ cells }, line) => (lineStart[line + 1] = (lineStart[line] as number) + cells.length));
  return {
    budget: left,
    worth: Float64Array.from(lines, worthOf),
    clickPrice: Float64Array.from(lines, ({ clickPriceMicros }) => clickPriceMicros),
    lineStart,
    edgeCell: Uint32Array.from(lines.flatMap(({ cells }) => cells)),
  };
}

function worthOf({ isAuctioned }: { isAuctioned: boolean }): number {
  return isAuctioned ? 1 : GUARANTEE_WORTH;
}

/** Guaranteed lines are priced for a little more than they have left. */
function aimedLines(live: LiveLines, { opportunities, clickRate }: ForecastCells, { lines }: AuctionWorld): LiveLines {
  const budget = live.budget.map((left, line) => {
    const { isAuctioned, cells, clickPriceMicros } = lines[line] as (typeof lines)[number];
    if (isAuctioned) return left;
    let [traffic, clicks] = [0, 0];
    for (const cell of cells) {
      traffic += opportunities[cell] as number;
      clicks += (opportunities[cell] as number) * (clickRate[cell] as number);
    }
    return aimedMoney(left, (clicks / traffic) * clickPriceMicros);
  });
  return { ...live, budget };
}

/** What is left of the day by the forecast, as much more or less of it as of what has passed. */
function remainingCells(world: AuctionWorld, slot: number): ForecastCells {
  const { forecast, slotStart, clickPpm, floorCpmMicros, expectedOfferCpmMicros } = world;
  const opportunities = new Float64Array(CELLS);
  let [expected, remaining] = [0, 0];
  forecast.forEach((count, at) => {
    if (at < slot * CELLS) expected += count;
    else {
      remaining += count;
      opportunities[at % CELLS] = (opportunities[at % CELLS] as number) + count;
    }
  });
  const own = DAY_SPREAD * Math.sqrt((expected + remaining) / Math.max(1, expected));
  const seen = { expected, observed: slotStart[slot] as number };
  const factor = slot === 0 ? 1 : nowcastFactor([seen], { market: MARKET_SPREAD, own });
  return {
    opportunities: opportunities.map((count) => count * factor),
    clickRate: Float64Array.from(clickPpm, (ppm) => ppm / 1e6),
    floor: floorCpmMicros.map((cpm) => cpm / 1000),
    offer: expectedOfferCpmMicros.map((cpm) => cpm / 1000),
  };
}

/** Some of a slot's requests, each as likely as any other. */
function reservoir({ slotStart }: AuctionWorld, slot: number, random: Random): number[] {
  const [first, end] = [slotStart[slot] as number, slotStart[slot + 1] as number];
  const sampled: number[] = [];
  for (let request = first; request < end; request++) {
    if (random() * (end - request) < SAMPLED - sampled.length) sampled.push(request);
  }
  return sampled;
}

function sampleOf({ requests }: AuctionWorld, sampled: readonly number[]): RequestSample {
  return {
    cell: Uint32Array.from(sampled, (request) => requests.cell[request] as number),
    multiplier: Float64Array.from(sampled, (request) => requests.multiplier[request] as number),
    offer: Float64Array.from(sampled, (request) => (requests.offerCpmMicros[request] as number) / 1000),
  };
}

const NOON_MS = Date.UTC(2026, 0, 5, 12);
const UNTIL_MS = NOON_MS + 3_600_000;
const PLENTY_MICROS = 1e14;
const GROUP = 'group';
const SURFACE = 'home';
const SPOT = 'spot';

/** As an ad server does it, by a plan with these prices; leases never bind. */
function serveBy(world: AuctionWorld, prices: Float64Array): Server {
  const { requests } = world;
  const plan = compilePlan(planOf(world, prices), 'f'.repeat(64), GROUP);
  return (request, isSpent) => {
    const cpmMicros = requests.offerCpmMicros[request] as number;
    const asked = {
      requestId: `${request}`,
      market: plan.market,
      segment: segmentOf(requests.cell[request] as number),
      surface: SURFACE,
      atMs: NOON_MS,
      listener: {
        id: `${requests.listener[request]}`,
        responseMultiplier: requests.multiplier[request] as number,
      },
      offers: cpmMicros > 0 ? [{ offerId: SPOT, buyer: SPOT, cpmMicros }] : [],
    };
    const award = decideOpportunity(plan, asked, isSpent).awards[0];
    return {
      line: Number(award?.subcampaignId ?? -1),
      clickPriceMicros: award?.clickPriceMicros ?? 0,
      isOffer: award?.offerId !== undefined,
    };
  };
}

function segmentOf(cell: number): string {
  return `segment-${cell}`;
}

function planOf({ lines, clickPpm, floorCpmMicros, settings }: AuctionWorld, prices: Float64Array): Plan {
  return {
    schemaVersion: 1,
    market: 'DE',
    planVersion: 1,
    supplyVersion: 1,
    slot: 1,
    publishedAtMs: NOON_MS,
    validUntilAtMs: UNTIL_MS,
    auction: {
      ...DEFAULT_AUCTION,
      pricing: settings.pricing,
      floors: Array.from(floorCpmMicros, (cpmMicros, cell) => ({ segment: segmentOf(cell), cpmMicros })),
    },
    response: Array.from(clickPpm, (ppm, cell) => ({ segment: segmentOf(cell), surface: SURFACE, clickPpm: ppm })),
    lines: lines.map((line, index) => ({
      campaignId: `campaign-${index}`,
      subcampaignId: `${index}`,
      segments: line.cells.map(segmentOf),
      surfaces: [SURFACE],
      startAtMs: NOON_MS,
      endAtMs: UNTIL_MS,
      clickPriceMicros: line.clickPriceMicros,
      price: prices[index] as number,
      worth: worthOf(line),
      ...(line.isAuctioned && { isAuctioned: true as const }),
      fallbackShare: 0,
      leases: [{ group: GROUP, grantedMicros: PLENTY_MICROS, returnedMicros: 0, spendUntilAtMs: UNTIL_MS }],
    })),
  };
}
