// Decides an interval's requests one by one, as an ad server does: by the plan, inside the group's leases, for the listener
// who is there; and lets those listeners respond.
import type { CompiledPlan } from '../../shared/auction/compile-plan.ts';
import { decideOpportunity } from '../../shared/auction/decide-opportunity.ts';
import type { Award, Decision, DecisionRequest } from '../../shared/contracts/decision.ts';
import type { ReportBodyWire } from '../../shared/contracts/events.ts';
import type { Plan } from '../../shared/contracts/plan.ts';
import { type Audience, type Listener, noteArtist, noteShown, shuffle } from './audience.ts';
import type { ClickStream } from './click-stream.ts';
import { drawInteger } from './draws.ts';
import type { LeaseBook } from './lease-book.ts';
import type { CellTraffic, TrueCell } from './population.ts';
import type { Random } from './random.ts';
import type { CellResponse, ReportLine } from './report-writer.ts';
import type { RequestLog } from './request-log.ts';
import type { Offer, SpotDemand } from './spot-demand.ts';

const HOUR_MS = 3_600_000;
/** Requests in a report's sample. */
const SAMPLE_SIZE = 8;
/** Requests with two slots, of those on the home surface. */
const TWO_SLOTS = { surface: 'home', share: 0.15 };

export interface Serving {
  market: string;
  group: string;
  interval: { startAtMs: number; endAtMs: number };
  plan: Plan;
  compiled: CompiledPlan;
  /** In the order of the traffic. */
  cells: readonly TrueCell[];
  traffic: readonly CellTraffic[];
  /** What clicks there truly are beside what was to be expected. */
  clickFactor: number;
  audience: Audience;
  spotDemand: SpotDemand;
  leases: LeaseBook;
  clicks: ClickStream;
  log: RequestLog;
  random: Random;
}

/** What was shown of one subcampaign, without its clicks: those come later. */
export interface ServedLine extends ReportLine {
  /** What its impressions are truly worth, micros: expected clicks at their price. */
  expectedMicros: number;
}

export interface ServedInterval {
  lines: ServedLine[];
  /** Impressions of lines, by cell. */
  shown: CellResponse[];
  sample: ReportBodyWire['sample'];
  spot: SpotCount;
  /** Slots by why they went to whom they went. */
  awards: Record<Award['code'], number>;
}

/** What spot demand bought. */
export interface SpotCount {
  impressions: number;
  /** What it paid. */
  paidMicros: number;
  /** What it had offered for them. */
  offeredMicros: number;
}

/** An interval in which nothing was served. */
export function nothingServed(): ServedInterval {
  const awards = { WORTH_MOST: 0, OFFER_WORTH_MOST: 0, EXPLORED: 0, FALLBACK: 0, HOUSE: 0 };
  return { lines: [], shown: [], sample: [], spot: { impressions: 0, paidMicros: 0, offeredMicros: 0 }, awards };
}

/** Serves all requests of one interval of one group, in a drawn order. */
export function serveRequests(serving: Serving): ServedInterval {
  const { market, group, interval, cells, traffic, audience, spotDemand, log, random } = serving;
  const order = traffic.flatMap(({ opportunities }, place) => new Array<number>(opportunities).fill(place));
  shuffle(random, order);
  const sampled = new Set<number>();
  while (sampled.size < Math.min(SAMPLE_SIZE, order.length)) sampled.add(drawInteger(random, 0, order.length - 1));
  const count = createCount(serving);
  const mostSlots = serving.plan.auction.positions.length;
  const hourOfDay = Math.floor(interval.startAtMs / HOUR_MS) % 24;
  const stepMs = (interval.endAtMs - interval.startAtMs) / Math.max(1, order.length);
  order.forEach((place, index) => {
    const { segment, surface, surfaceShare } = cells[place] as TrueCell;
    const atMs = Math.floor(interval.startAtMs + index * stepMs);
    const listener = audience.next(segment, atMs);
    const slots = mostSlots > 1 && surface === TWO_SLOTS.surface && random() < TWO_SLOTS.share ? 2 : 1;
    const offers = spotDemand.offers(random, place, hourOfDay);
    const request: DecisionRequest = {
      requestId: `${group}:${interval.startAtMs}:${index}`,
      market,
      segment,
      surface,
      atMs,
      listener,
      slots,
      offers,
      ...(sampled.has(index) ? { explain: true as const } : {}),
    };
    logRequest(log, { atMs, place, listener, slots, offers });
    const decision = decideWithin(serving, request);
    if (decision.explanation) {
      const best = Math.max(0, ...decision.explanation.offers.map(({ adjustedCpmMicros }) => adjustedCpmMicros));
      count.served.sample.push({
        segment,
        surface,
        responseMultiplier: listener.responseMultiplier,
        offerCpmMicros: Math.round(best),
        listener: audience.history(listener, segment, surfaceShare, random),
      });
    }
    decision.awards.forEach((award, slot) => count.award(award, { slot, place, atMs, listener, offers }));
  });
  return count.finish();
}

/** A decision whose charges the leases cover: a line that cannot pay any more is out, and the request is decided again. */
function decideWithin({ compiled, leases }: Serving, request: DecisionRequest): Decision {
  for (;;) {
    const decision = decideOpportunity(compiled, request, leases.isSpent());
    const unpaid = decision.awards.filter(
      (award) =>
        award.subcampaignId !== undefined && !leases.covers(leases.lineOf(keyOf(award)), award.chargeMicros ?? 0),
    );
    if (unpaid.length === 0) return decision;
  }
}

function keyOf({ campaignId = '', subcampaignId = '' }: Award) {
  return { campaignId, subcampaignId };
}

/** Where and to whom an award was shown. */
interface Showing {
  slot: number;
  place: number;
  atMs: number;
  listener: Listener;
  offers: readonly Offer[];
}

/** Counts what is shown, charges it, and draws what listeners do about it. */
function createCount(serving: Serving) {
  const { plan, interval, cells, leases, clicks, random, clickFactor } = serving;
  const served = nothingServed();
  const hourAtMs = interval.startAtMs - (interval.startAtMs % HOUR_MS);
  const lines = new Map<number, ServedLine>();
  const impressions = new Float64Array(cells.length);
  const { positions } = plan.auction;

  const showLine = (award: Award, { slot, place, atMs, listener }: Showing) => {
    const key = keyOf(award);
    const index = leases.lineOf(key);
    const terms = plan.lines[index];
    if (!terms) throw new Error(`${key.subcampaignId} was awarded a slot and is not in the plan`);
    const { chargeMicros = 0, clickPriceMicros = terms.clickPriceMicros } = award;
    leases.charge(index, chargeMicros);
    const { segment, surface, clickRate } = cells[place] as TrueCell;
    const rate = Math.min(1, clickRate * clickFactor * listener.responseMultiplier * (positions[slot] ?? 0));
    const line = lines.get(index) ?? newLine(key, hourAtMs);
    lines.set(index, line);
    line.impressions += 1;
    line.chargedMicros += chargeMicros;
    line.expectedMicros += rate * clickPriceMicros;
    if (noteShown(listener, terms)) line.reached += 1;
    impressions[place] = (impressions[place] as number) + 1;
    if (random() < rate)
      clicks.addClick(random, { ...key, segment, surface, hourAtMs, impressionAtMs: atMs, clickPriceMicros });
  };

  return {
    served,
    award(award: Award, showing: Showing) {
      served.awards[award.code] += 1;
      if (award.subcampaignId !== undefined) showLine(award, showing);
      if (award.offerId === undefined) return;
      const offer = showing.offers.find(({ offerId }) => offerId === award.offerId);
      noteArtist(showing.listener, award.offerId);
      served.spot.impressions += 1;
      served.spot.paidMicros += (award.cpmMicros ?? 0) / 1000;
      served.spot.offeredMicros += (offer?.cpmMicros ?? 0) / 1000;
    },
    finish(): ServedInterval {
      const shown = cells.flatMap(({ segment, surface }, place) => {
        const count = impressions[place] as number;
        return count > 0 ? [{ segment, surface, hourAtMs, impressions: count, clicks: 0, conversions: 0 }] : [];
      });
      return { ...served, lines: [...lines.values()], shown };
    },
  };
}

function newLine(key: { campaignId: string; subcampaignId: string }, hourAtMs: number): ServedLine {
  const none = { impressions: 0, clicks: 0, conversions: 0, chargedMicros: 0, clickMicros: 0, reached: 0 };
  return { ...key, hourAtMs, ...none, expectedMicros: 0 };
}

function logRequest(
  log: RequestLog,
  { atMs, place, listener, slots, offers }: Omit<Showing, 'slot'> & { slots: number },
): void {
  let [bestOffer, secondOffer] = [0, 0];
  for (const { cpmMicros } of offers) {
    const micros = cpmMicros / 1000;
    if (micros > bestOffer) [bestOffer, secondOffer] = [micros, bestOffer];
    else secondOffer = Math.max(secondOffer, micros);
  }
  log.add({ atMs, place, responseMultiplier: listener.responseMultiplier, slots, bestOffer, secondOffer });
}
