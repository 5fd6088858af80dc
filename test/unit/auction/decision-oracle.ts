// Who wins an opportunity, said once more in the plainest way: lists filtered and sorted, logarithms instead of races, the
// second price found by asking again with a lower bid. Only draws are handed in.
import type { Award, DecisionRequest } from '../../../shared/contracts/decision.ts';
import type { Plan, PlanLine } from '../../../shared/contracts/plan.ts';

export interface Draws {
  /** Uniform, 0 to 1, of each line for the listener and day. */
  ofLine(line: PlanLine): number;
  /** Of the listener and day, by no line: of fallback shares, of the house's own ad. */
  fallback: number;
  house: number;
  /** Of the request: whether it is explored, and which line has it. */
  explore: number;
  lot: number;
}

interface Asked {
  plan: Plan;
  group: string;
  request: DecisionRequest;
  draws: Draws;
}

type Offer = NonNullable<DecisionRequest['offers']>[number];

export function awardsOf(asked: Asked): Award[] {
  const awards: Award[] = [];
  const shown: PlanLine[] = [];
  for (let slot = 0; slot < (asked.request.slots ?? 1); slot++) {
    const position = asked.plan.auction.positions[slot];
    awards.push(position === undefined ? { code: 'HOUSE' } : slotOf(asked, { position, awards, shown }));
  }
  return awards;
}

interface Slot {
  position: number;
  awards: Award[];
  shown: PlanLine[];
}

function slotOf(asked: Asked, slot: Slot): Award {
  const { plan, request } = asked;
  const { position, shown } = slot;
  const won = winner(asked, slot, undefined);
  if (won === undefined) return { code: 'HOUSE' };
  const isSecond = plan.auction.pricing === 'second';
  if ('offerId' in won.who) {
    const offer = won.who;
    const wins = (cpmMicros: number) => isSame(winner(asked, slot, { who: offer, bid: cpmMicros })?.who, offer);
    const cpmMicros = isSecond ? least(0, offer.cpmMicros, wins) : offer.cpmMicros;
    return { code: 'OFFER_WORTH_MOST', offerId: offer.offerId, cpmMicros };
  }
  const line = won.who;
  const wins = (bid: number) =>
    won.code === 'WORTH_MOST'
      ? isSame(winner(asked, slot, { who: line, bid })?.who, line)
      : outbids(asked, slot, line, bid);
  const clickPriceMicros =
    isSecond && line.isAuctioned && wins(line.clickPriceMicros)
      ? least(1, line.clickPriceMicros, wins)
      : line.clickPriceMicros;
  shown.push(line);
  const clicks = clickPpmOf(plan, request) * (request.listener.responseMultiplier ?? 1) * position;
  const cost = Math.min(Number.MAX_SAFE_INTEGER, Math.round((clicks * clickPriceMicros) / 1e6));
  return {
    code: won.code,
    campaignId: line.campaignId,
    subcampaignId: line.subcampaignId,
    chargeMicros: Math.max(1, cost),
    clickPriceMicros,
  };
}

/** Who is meant, and what it bids this time. */
interface Bid {
  who: PlanLine | Offer;
  bid: number;
}

function winner(
  asked: Asked,
  slot: Slot,
  instead: Bid | undefined,
): { who: PlanLine | Offer; code: Award['code'] } | undefined {
  const { plan, request, draws } = asked;
  const { position, awards, shown } = slot;
  const isFirst = awards.length === 0;
  const floor = floorOf(plan, request);
  const offer = offersOf(asked, slot, instead)[0];
  const isStale = request.atMs >= plan.validUntilAtMs;
  const may = cellLines(plan, request).filter((line) => isEligible(asked, line, shown));
  const net = (line: PlanLine) =>
    netOf(asked, line, isSame(instead?.who, line) ? (instead?.bid as number) : line.clickPriceMicros);
  const reaches = (line: PlanLine) => net(line) * position > 0 && net(line) * position >= floor / 1000;
  if (isFirst && isStale) {
    let sum = 0;
    const drawn = cellLines(plan, request).find((line) => draws.fallback < (sum += line.fallbackShare));
    if (drawn && may.includes(drawn) && reaches(drawn)) return { who: drawn, code: 'FALLBACK' };
  }
  if (isFirst && !isStale && draws.explore < plan.auction.explorationShare) {
    const possible = may.filter(reaches);
    const drawn = possible[Math.floor(draws.lot * possible.length)];
    if (drawn) return { who: drawn, code: 'EXPLORED' };
  }
  const moved = (worth: number, draw: number) => 64 * Math.log(worth) - Math.log(-Math.log(draw));
  const score = (line: PlanLine) => moved(net(line), draws.ofLine(line));
  const house = moved((plan.auction.houseCpmMicros ?? 0) / 1000, draws.house);
  const best = isStale ? undefined : may.filter((line) => score(line) > house).sort((a, b) => score(b) - score(a))[0];
  if (best && reaches(best) && net(best) * position > (offer?.counts ?? 0) / 1000)
    return { who: best, code: 'WORTH_MOST' };
  return offer && { who: offer.offer, code: 'OFFER_WORTH_MOST' };
}

function outbids(asked: Asked, slot: Slot, line: PlanLine, bid: number): boolean {
  const worth = netOf(asked, line, bid) * slot.position;
  const counts = offersOf(asked, slot, undefined)[0]?.counts ?? 0;
  return worth > counts / 1000 && worth >= floorOf(asked.plan, asked.request) / 1000;
}

/** Those that may have the slot, the best first. */
function offersOf(
  { plan, request }: Asked,
  { awards }: Slot,
  instead: Bid | undefined,
): { offer: Offer; counts: number }[] {
  const floor = floorOf(plan, request);
  return (request.offers ?? [])
    .filter(({ offerId }) => !awards.some((award) => award.offerId === offerId))
    .map((offer) => {
      const rule = plan.auction.adjustments.find(({ buyer }) => buyer === undefined || buyer === offer.buyer);
      const isAsked = isSame(instead?.who, offer);
      const bid = isAsked ? (instead?.bid as number) : offer.cpmMicros;
      if (rule === undefined) return { offer, bid, counts: bid };
      if (rule.kind === 'static') return { offer, bid, counts: bid + rule.value };
      if (rule.kind === 'multiplier' && rule.value > 0) return { offer, bid, counts: bid * rule.value };
      // What it bids moves nothing: what is lowered is what it counts.
      return { offer, bid, counts: isAsked ? bid : rule.kind === 'cpm' ? rule.value : 0 };
    })
    .filter(({ bid, counts }) => bid >= floor && counts >= floor)
    .sort((a, b) => b.counts - a.counts || (a.offer.offerId < b.offer.offerId ? -1 : 1));
}

function isEligible({ plan, group, request }: Asked, line: PlanLine, shown: readonly PlanLine[]): boolean {
  const { listener, atMs } = request;
  const { artistSeparation, fullScreenPerDay = Infinity } = plan.auction;
  const isOf = (one: { campaignId: string; subcampaignId: string }) =>
    one.campaignId === line.campaignId && one.subcampaignId === line.subcampaignId;
  const artists = [...(listener.artistIds ?? []).slice(0, artistSeparation), ...shown.map(({ artistId }) => artistId)];
  const releases = [...(listener.releaseIds ?? []), ...shown.map(({ releaseId }) => releaseId)];
  const fullScreens = (listener.fullScreens ?? 0) + shown.filter(({ isFullScreen }) => isFullScreen).length;
  const reasons = [
    atMs < line.startAtMs || atMs >= line.endAtMs,
    !line.leases.some(
      (one) => one.group === group && one.grantedMicros > one.returnedMicros && atMs < one.spendUntilAtMs,
    ),
    request.spent?.some(isOf) ?? false,
    listener.seen?.some(
      (one) =>
        isOf(one) &&
        (one.today >= (line.perListenerDay ?? Infinity) || one.flight >= (line.perListenerFlight ?? Infinity)),
    ) ?? false,
    shown.some(({ campaignId }) => campaignId === line.campaignId),
    line.releaseId !== undefined && releases.includes(line.releaseId),
    line.isFullScreen === true && fullScreens >= fullScreenPerDay,
    artistSeparation > 0 && line.artistId !== undefined && artists.includes(line.artistId),
    line.isExplicit === true && listener.refusesExplicit === true,
    line.minimumAge !== undefined && (listener.age === undefined || listener.age < line.minimumAge),
  ];
  return !reasons.includes(true);
}

function netOf({ plan, request }: Asked, { worth, price }: PlanLine, clickPriceMicros: number): number {
  const clickPpm = clickPpmOf(plan, request) * (request.listener.responseMultiplier ?? 1);
  return ((clickPpm * clickPriceMicros) / 1e6) * (worth * (1 - price));
}

function clickPpmOf({ response }: Plan, { segment, surface }: DecisionRequest): number {
  return response.find((cell) => cell.segment === segment && cell.surface === surface)?.clickPpm ?? 0;
}

function cellLines({ response, lines }: Plan, { segment, surface }: DecisionRequest): PlanLine[] {
  const isKnown = response.some((cell) => cell.segment === segment && cell.surface === surface);
  return lines.filter((line) => isKnown && line.segments.includes(segment) && line.surfaces.includes(surface));
}

function floorOf({ auction }: Plan, { segment, surface }: DecisionRequest): number {
  const rules = auction.floors
    .filter((rule) => (rule.segment ?? segment) === segment && (rule.surface ?? surface) === surface)
    .map((rule) => ({ dimensions: Number('segment' in rule) + Number('surface' in rule), cpmMicros: rule.cpmMicros }))
    .sort((a, b) => b.dimensions - a.dimensions || b.cpmMicros - a.cpmMicros);
  return rules[0]?.cpmMicros ?? 0;
}

function isSame(a: PlanLine | Offer | undefined, b: PlanLine | Offer): boolean {
  if (a === undefined) return false;
  if ('offerId' in a) return 'offerId' in b && a.offerId === b.offerId;
  return !('offerId' in b) && a.campaignId === b.campaignId && a.subcampaignId === b.subcampaignId;
}

/** The least whole number up to `most` with which one wins, who wins with `most`. */
function least(from: number, most: number, wins: (bid: number) => boolean): number {
  let [low, high] = [from, most];
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (wins(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}
