// Who an opportunity goes to. Guaranteed and auctioned lines and offers of spot demand compete slot by slot: the line that
// is drawn (nearly: the one of most net worth) has the slot if it is worth more than the best offer, else that offer, else
// the house. Pure and keyed: the same plan and request give the same decision, bit for bit, on every machine.
//
//   value     = clickPpm / 1e6 x the listener's response multiplier x the line's click price, micros an impression
//   net worth = value x worth x (1 - price)            the line's price: the dual of its money, `planning/live-price.ts`
//   score     = net worth x `drawFactor` of the draw of (listener, line, UTC day)
import assert from 'node:assert/strict';
import type { Award, Decision, DecisionRequest } from '../contracts/decision.ts';
import { MAX_MICROS } from '../contracts/micros.ts';
import type { PlanLine } from '../contracts/plan.ts';
import { floorCpmMicros } from '../planning/floor-cpm.ts';
import { bestOffer, countedOf, offerPays, type OfferRace } from './best-offer.ts';
import type { CompiledPlan } from './compile-plan.ts';
import { drawFactor } from './draw-factor.ts';
import { exclusionBeside, exclusionOf, noteListener, SHOWN } from './eligibility.ts';
import { explainDecision } from './explain-decision.ts';
import { highestScore } from './highest-score.ts';
import { drawKey, drawShare, keyedDraw, type DrawKey } from './keyed-draw.ts';
import { leastClickPrice, type LineWin } from './least-click-price.ts';

const DAY_MS = 86_400_000;
/** What draws that are of no line are of. */
const FALLBACK = drawKey('fallback');
const EXPLORE = drawKey('explore');
const LOT = drawKey('lot');
const HOUSE = drawKey('house');

/** A request among the lines of its cell: line k of `count` is `cellLine[from + k]`. */
export interface LineRace extends OfferRace {
  request: DecisionRequest;
  /** Of the listener on this UTC day. */
  key: DrawKey;
  from: number;
  count: number;
  /** Expected clicks of a million impressions in the first slot, to this listener. */
  clickPpm: number;
  /** What the house's own ad is worth to it on this day: a line of a lower score is not shown. */
  houseScore: number;
  isFallback: boolean;
  isExplored: boolean;
  awards: Award[];
}

/**
 * One award per slot asked for; slots beyond the market's positions are the house's.
 * - A slot goes to the line with the highest score that nothing excludes, if that is above the house's, and its net
 *   worth, times the slot's position, above what the best offer counts and not below the floor; else to that offer; else
 *   to the house.
 * - An explored request's first slot goes to any line that nothing excludes and that reaches the floor, by lot, whatever
 *   offers count: floors are promises, offers are what exploring costs. Without such a line it is as any other.
 * - Under a stale plan the first slot goes to the line in whose part of the fallback shares, added up in the plan's order,
 *   the listener's draw of the day falls, if nothing excludes it and it reaches the floor; else, as the other slots, to
 *   the best offer or the house. Nothing is explored.
 * - A guaranteed line is charged its expected cost at its own click price; an auctioned one, at second price, at the least
 *   click price it would have won with (where it was not drawn by score: that outbids the best offer and the floor).
 * @param isSpent by the line's place in the plan, 1 where the server has used up its lease; as `request.spent`
 */
export function decideOpportunity(plan: CompiledPlan, request: DecisionRequest, isSpent?: Uint8Array): Decision {
  assertAsked(plan, request);
  const race = startRace(plan, request, isSpent);
  const { awards } = race;
  const slots = request.slots ?? 1;
  while (awards.length < slots) awards.push(awardSlot(race));
  const decision: Decision = { requestId: request.requestId, planVersion: plan.planVersion, awards };
  if (request.explain) decision.explanation = explainDecision(race);
  return decision;
}

function assertAsked({ market, planHash }: CompiledPlan, request: DecisionRequest): void {
  if (request.market !== market) assert.fail(`the plan is of market ${market}, the request of ${request.market}`);
  if ((request.planHash ?? planHash) === planHash) return;
  assert.fail(`the plan is ${planHash}, the request asks for ${request.planHash}`);
}

/** Judges every line of the cell. */
function startRace(plan: CompiledPlan, request: DecisionRequest, isSpent: Uint8Array | undefined): LineRace {
  const { auction, cellStart, cellLine, lines, scratch } = plan;
  const { requestId, segment, surface, listener, atMs } = request;
  const cell = plan.cellOf.get(segment)?.get(surface) ?? -1;
  const from = cell < 0 ? 0 : (cellStart[cell] as number);
  const count = cell < 0 ? 0 : (cellStart[cell + 1] as number) - from;
  const clickPpm = cell < 0 ? 0 : (plan.cellClickPpm[cell] as number) * (listener.responseMultiplier ?? 1);
  if (count > 0) noteListener(plan, request);
  const key = drawKey(listener.id, Math.floor(atMs / DAY_MS));
  const { exclusion, netWorth, draw } = scratch;
  for (let k = 0; k < count; k++) {
    const line = cellLine[from + k] as number;
    const excluded = exclusionOf(plan, line, request, isSpent);
    exclusion[k] = excluded;
    if (excluded > 0 && !request.explain) continue;
    netWorth[k] = ((clickPpm * (lines.clickPriceMicros[line] as number)) / 1e6) * (lines.kept[line] as number);
    draw[k] = keyedDraw(key, lines.drawLow[line] as number, lines.drawHigh[line] as number);
  }
  const isFallback = atMs >= plan.validUntilAtMs;
  return {
    plan,
    request,
    key,
    offers: request.offers ?? [],
    from,
    count,
    clickPpm,
    floorCpm: cell < 0 ? floorCpmMicros(auction.floors, request) : (plan.cellFloorCpm[cell] as number),
    houseScore: auction.houseCpmMicros
      ? (auction.houseCpmMicros / 1000) * drawFactor(keyedDraw(key, HOUSE.low, HOUSE.high))
      : 0,
    isFallback,
    isExplored: !isFallback && auction.explorationShare > 0 && shareOf(requestId, EXPLORE) < auction.explorationShare,
    awards: [],
  };
}

function awardSlot(race: LineRace): Award {
  const { plan, isFallback, isExplored, awards } = race;
  const position = plan.auction.positions[awards.length];
  if (position === undefined) return { code: 'HOUSE' };
  const offer = bestOffer(race);
  const isFirst = awards.length === 0;
  const given =
    isFirst && isFallback ? fallbackLine(race, position) : isFirst && isExplored ? lotLine(race, position) : -1;
  if (given >= 0) return awardLine(race, given, { code: isFallback ? 'FALLBACK' : 'EXPLORED', position, offer });
  const drawn = isFallback ? -1 : highestScore(race, -1);
  const rival =
    drawn >= 0 && reachesFloor(race, drawn, position) ? (plan.scratch.netWorth[drawn] as number) * position : 0;
  if (rival > 0 && (offer === undefined || rival > countedOf(plan, offer) / 1000)) {
    return awardLine(race, drawn, { code: 'WORTH_MOST', position, offer });
  }
  if (offer === undefined) return { code: 'HOUSE' };
  return { code: 'OFFER_WORTH_MOST', offerId: offer.offerId, cpmMicros: offerPays(race, offer, rival) };
}

/** Whether nothing excludes the line and it is worth something, and not less than the floor. */
function reachesFloor({ plan, floorCpm }: LineRace, k: number, position: number): boolean {
  const { exclusion, netWorth } = plan.scratch;
  const worth = (netWorth[k] as number) * position;
  return exclusion[k] === 0 && worth > 0 && worth >= floorCpm / 1000;
}

/** The line whose part of the listener's day it is; -1 where it is nobody's, or nobody's who may have it. */
function fallbackLine(race: LineRace, position: number): number {
  const { plan, key, from, count } = race;
  const drawn = drawShare(keyedDraw(key, FALLBACK.low, FALLBACK.high));
  let sum = 0;
  for (let k = 0; k < count; k++) {
    sum += plan.lines.fallbackShare[plan.cellLine[from + k] as number] as number;
    if (drawn < sum) return reachesFloor(race, k, position) ? k : -1;
  }
  return -1;
}

/** One of the lines that may have the slot, each as likely as the others; -1 without any. */
function lotLine(race: LineRace, position: number): number {
  let possible = 0;
  for (let k = 0; k < race.count; k++) possible += Number(reachesFloor(race, k, position));
  let left = Math.floor(shareOf(race.request.requestId, LOT) * possible);
  for (let k = 0; k < race.count; k++) {
    if (reachesFloor(race, k, position) && left-- === 0) return k;
  }
  return -1;
}

function shareOf(requestId: string, { low, high }: DrawKey): number {
  return drawShare(keyedDraw(drawKey(requestId), low, high));
}

function awardLine(race: LineRace, k: number, won: LineWin): Award {
  const { plan, clickPpm, from, awards, request } = race;
  const line = plan.cellLine[from + k] as number;
  const source = plan.lines.source[line] as PlanLine;
  const isSecond = source.isAuctioned === true && plan.auction.pricing === 'second';
  const clickPriceMicros = isSecond ? leastClickPrice(race, k, won) : source.clickPriceMicros;
  if (awards.length + 1 < (request.slots ?? 1)) excludeBeside(race, k);
  return {
    code: won.code,
    campaignId: source.campaignId,
    subcampaignId: source.subcampaignId,
    chargeMicros: Math.max(1, Math.min(MAX_MICROS, Math.round((clickPpm * won.position * clickPriceMicros) / 1e6))),
    clickPriceMicros,
  };
}

/** The line is shown; what may not be shown beside it is excluded from the slots to come. */
function excludeBeside({ plan, request, from, count }: LineRace, k: number): void {
  const { exclusion } = plan.scratch;
  const shown = plan.cellLine[from + k] as number;
  exclusion[k] = SHOWN;
  let fullScreens = request.listener.fullScreens ?? 0;
  for (let other = 0; other < count; other++) {
    const line = plan.cellLine[from + other] as number;
    if (exclusion[other] === SHOWN) fullScreens += plan.lines.isFullScreen[line] as number;
  }
  for (let other = 0; other < count; other++) {
    if (exclusion[other] !== 0) continue;
    exclusion[other] = exclusionBeside(plan, plan.cellLine[from + other] as number, { shown, fullScreens });
  }
}
