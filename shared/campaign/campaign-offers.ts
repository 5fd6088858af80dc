// What a new campaign is offered where supply is short: one change at a time, each tried by the rule that would decide it.
import { MAX_MICROS } from '../contracts/micros.ts';
import type { CampaignCreated } from '../contracts/events.ts';
import { MAX_COUNTER_OFFERS, type CounterOffer } from '../contracts/outcomes.ts';
import { DAY_MS, dayOf, daysBetween } from '../forecasting/traffic-clock.ts';
import { isAsFine, lowestRung, offerableMicros, smallestFirst } from '../planning/counter-offers.ts';
import { relaxations, type Relaxation } from '../planning/relaxations.ts';
import { soldFlights, type CampaignContext, type MarketView } from './campaign-state.ts';
import { fitOrder, orderParts, type OrderPart } from './fit-order.ts';
import { emptyMarkets, openMarkets, type Asked, type OpenMarkets, type Wish } from './open-markets.ts';

type Order = CampaignCreated['data'];

/** An order that is short, as it was decided. */
export interface ShortOrder {
  order: Order;
  parts: readonly OrderPart[];
  markets: OpenMarkets;
  /** Of each part, beside the others. */
  reachMicros: readonly number[];
  /** What fits of the budget. */
  fitsMicros: number;
}

/** Wider audiences are looked for where supply is scarcest: for this many parts. */
const MAX_WIDENED = 2;
/** A budget that is not accepted even so much below what was found to fit is not offered. */
const MAX_STEP_MICROS = 100_000;

/** At most {@link MAX_COUNTER_OFFERS}, from the smallest change on. Published as an order, each would be accepted as it is. */
export function campaignOffers(short: ShortOrder, context: CampaignContext): CounterOffer[] {
  const { order, parts, markets } = short;
  const fitsMicros = mostAccepted(short.fitsMicros, parts, markets) ?? 0;
  const known = knownSupply(order, context);
  const ladders = trialsOf(short, known);
  // Parts share in the order in which they ask: what a part could be asks in its place.
  const changes = [
    ...order.subcampaigns.map((to, part): Change => ({ part, to })),
    ...ladders.flatMap(({ rungs }) => rungs.flatMap(({ changes }) => changes)),
  ];
  const asking = changes.toSorted((one, other) => one.part - other.part);
  const asked = asking.map(({ to }) => to);
  const loose = openMarkets(order.campaignId, asked, order, known);
  const seatOf = new Map(asking.map((change, seat) => [change, seat]));
  const offers: (CounterOffer & { change: number })[] = [];
  if (fitsMicros > 0) offers.push({ kind: 'budget', budgetMicros: fitsMicros, change: 0 });
  const isComparable = markets.seats.every((seat, part) =>
    isCutAsFine(seat, loose.seats[seatOf.get(changes[part] as Change) as number]),
  );
  for (const ladder of isComparable ? ladders : []) {
    const seats = ladder.rungs.map((trial) => {
      const own = order.subcampaigns.map((_, part) => seatOf.get(changes[part] as Change) as number);
      for (const change of trial.changes) own[change.part] = seatOf.get(change) as number;
      return own;
    });
    const found = firstThatFits(short, { ladder, seats, asked, loose, known });
    if (found && found.budgetMicros > fitsMicros) offers.push(found);
  }
  return smallestFirst(offers, order.budgetMicros).slice(0, MAX_COUNTER_OFFERS);
}

/** What a part of the order would be instead. */
interface Change {
  part: number;
  to: Asked;
}

interface Trial {
  offer: Pick<CounterOffer, 'subcampaignId' | 'kind' | 'segments' | 'surfaces' | 'startAtMs' | 'endAtMs'>;
  changes: Change[];
  change: number;
}

interface TrialLadder {
  rungs: Trial[];
  isNested: boolean;
}

/** Ladders of trials: wider audiences for the parts where supply is scarcest, other flights for the whole campaign. */
function trialsOf({ order, parts, markets, reachMicros }: ShortOrder, known: CampaignContext): TrialLadder[] {
  const scarcest = order.subcampaigns
    .flatMap((sub, index) => {
      const [reach, part, seat] = [reachMicros[index] as number, parts[index] as OrderPart, markets.seats[index]];
      const isShort = reach < Math.min(part.capMicros, order.budgetMicros);
      return seat && isShort ? [{ sub, index, seat, share: reach / Math.max(1, part.weight) }] : [];
    })
    .sort((one, other) => one.share - other.share || one.index - other.index)
    .slice(0, MAX_WIDENED);
  return scarcest.flatMap(({ sub, index, seat }, place) => {
    const supply = known.markets.get(sub.market)?.supply ?? new Map();
    return relaxations(seat.availability, seat.which, supply, known.nowMs)
      .filter(({ rungs: [first] }) => place === 0 || first?.kind !== 'days')
      .map(({ rungs, isNested }) => ({ rungs: rungs.map((rung) => trialOf(order, index, rung)), isNested }));
  });
}

function trialOf(order: Order, part: number, { kind, terms, change }: Relaxation): Trial {
  const { startAtMs, endAtMs } = terms;
  const sub = order.subcampaigns[part] as Order['subcampaigns'][number];
  const { subcampaignId } = sub;
  switch (kind) {
    case 'days': {
      const flight = { startAtMs, endAtMs };
      const changes = order.subcampaigns.map((one, part) => ({ part, to: { ...one, ...flight } }));
      return { offer: { kind, ...flight }, changes, change };
    }
    case 'segments': {
      const segments = [...terms.segments];
      return { offer: { subcampaignId, kind, segments }, changes: [{ part, to: { ...sub, segments } }], change };
    }
    case 'surfaces': {
      const surfaces = [...terms.surfaces];
      return { offer: { subcampaignId, kind, surfaces }, changes: [{ part, to: { ...sub, surfaces } }], change };
    }
  }
}

interface Trying {
  ladder: TrialLadder;
  /** Of each trial, where each part of the campaign is in `asked`. */
  seats: readonly (readonly number[])[];
  asked: readonly Asked[];
  loose: OpenMarkets;
  known: CampaignContext;
}

/** The first trial of a ladder that could reach the budget, with as much of it as the rule gives. */
function firstThatFits(
  { order, parts }: ShortOrder,
  { ladder, seats, asked, loose, known }: Trying,
): (CounterOffer & { change: number }) | undefined {
  const capsMicros = parts.reduce((sum, part) => Math.min(MAX_MICROS, sum + part.capMicros), 0);
  const capacities = asked.map((): number | undefined => undefined);
  const capacityOf = (seat: number) => (capacities[seat] ??= offerable(loose, seat));
  const { index } = lowestRung(ladder, Math.min(order.budgetMicros, capsMicros), (trial) =>
    (seats[trial] as readonly number[]).reduce(
      (sum, seat, part) => Math.min(MAX_MICROS, sum + Math.min((parts[part] as OrderPart).capMicros, capacityOf(seat))),
      0,
    ),
  );
  const rung = ladder.rungs[index] as Trial;
  const own = seats[index] as readonly number[];
  const empty = emptyMarkets(
    own.map((seat) => asked[seat] as Asked),
    order,
    known,
  );
  const changedParts = orderParts(order, empty);
  const markets = {
    capacityMicros: (part: number) => capacityOf(own[part] as number),
    place: (wishes: readonly Wish[]) => {
      const all = asked.map((): Wish => ({ floorMicros: 0, micros: 0 }));
      own.forEach((seat, part) => (all[seat] = wishes[part] as Wish));
      const placed = loose.place(all);
      return own.map((seat) => placed[seat] as number);
    },
  };
  const budgetMicros = mostAccepted(order.budgetMicros, changedParts, markets);
  return budgetMicros === undefined ? undefined : { ...rung.offer, budgetMicros, change: rung.change };
}

/** The most of a budget that the rule would accept, as far as it is found. */
export function mostAccepted(
  requestedMicros: number,
  parts: readonly OrderPart[],
  markets: Pick<OpenMarkets, 'capacityMicros' | 'place'>,
): number | undefined {
  let budgetMicros = requestedMicros;
  // What several parts share may round otherwise at another budget: by a micro or some, so steps down grow.
  for (let stepMicros = parts.length - 1; ; stepMicros *= 8) {
    const { fit } = fitOrder(budgetMicros, parts, markets);
    if (fit.kind === 'fits') return budgetMicros;
    if (fit.kind === 'floors' || stepMicros > MAX_STEP_MICROS) return undefined;
    budgetMicros = fit.reachMicros - stepMicros;
    if (budgetMicros <= 0) return undefined;
  }
}

/** What one of those who ask can be offered, so that it is there when it asks alone. */
export function offerable(
  markets: Pick<OpenMarkets, 'seats' | 'limitMicros' | 'capacityMicros'>,
  index: number,
): number {
  const seat = markets.seats[index];
  // Without a seat it bids in auctions, or its market is not known.
  return seat
    ? Math.min(markets.limitMicros(index), offerableMicros(seat.availability, seat.which))
    : markets.capacityMicros(index);
}

function isCutAsFine(before: OpenMarkets['seats'][number], after: OpenMarkets['seats'][number]): boolean {
  return before === undefined || (after !== undefined && isAsFine(before.availability, after.availability));
}

/**
 * Markets with the supply that any decision about this order reads: of its own flight, and of the flights of all that is
 * sold. What happens to be known beyond would make the same order come to other offers.
 */
function knownSupply(order: Order, context: CampaignContext): CampaignContext {
  const own = daysBetween(order.startAtMs, order.endAtMs);
  const isOrdered = new Set(order.subcampaigns.map(({ market }) => market));
  const markets = [...context.markets].filter(([market]) => isOrdered.has(market));
  return {
    nowMs: context.nowMs,
    markets: new Map(
      markets.map(([market, view]): [string, MarketView] => {
        const sold = new Set<number>();
        for (const { startAtMs, endAtMs } of view.pages.flatMap(soldFlights)) {
          const firstDay = Math.floor(Math.max(context.nowMs, startAtMs) / DAY_MS);
          for (let day = firstDay; day * DAY_MS < endAtMs; day++) sold.add(day);
        }
        const days = new Set([...own, ...[...sold].map((day) => dayOf(day * DAY_MS))]);
        return [market, { ...view, supply: new Map([...view.supply].filter(([day]) => days.has(day))) }];
      }),
    ),
  };
}
