// What the orders of a booking get beside each other: by the flow of all of them, then by what pages, floors and the tenant's
// quota of held supply allow.
import type { CampaignAccepted } from '../contracts/outcomes.ts';
import { planBulk, type BulkLine, type BulkMode } from '../planning/plan-bulk.ts';
import type { BulkCandidate, BulkMarket } from '../planning/bundle.ts';
import { askTogether } from './ask-together.ts';
import { buildAccepted, type Granted } from './build-accepted.ts';
import type { CampaignContext } from './campaign-state.ts';
import type { BookingWish } from './decide-booking.ts';
import { heldSupply } from './held-supply.ts';
import { soldDemand } from './open-markets.ts';
import { pagePlaces } from './page-places.ts';
import type { Candidate, Screened, Why } from './screen-orders.ts';

/** By the places of their orders. */
export interface Together {
  accepted: Map<number, CampaignAccepted>;
  refusals: Map<number, Why>;
}

/** What is refused for floors, pages or quota leaves supply to the others: they are planned again this often. */
const MAX_ROUNDS = 12;

/** Of a bundle that does not fit whole: the best part of it. */
export function grantTogether(screened: Screened, wish: BookingWish, context: CampaignContext): Together {
  const isBundle = wish.mode === 'all-or-nothing';
  const canMove = screened.candidates.some(({ parts }) => parts.length > 1);
  if (isBundle ? screened.refusals.size === 0 : canMove) {
    const whole = wholeGrants(screened.candidates, wish, context);
    if (whole && (isBundle || whole.failed.size === 0))
      return { accepted: whole.accepted, refusals: new Map([...screened.refusals, ...whole.failed]) };
  }
  const mode = isBundle ? 'best-subset' : wish.mode;
  const refusals = new Map(screened.refusals);
  let open = screened.candidates;
  for (let round = 1; ; round++) {
    const { accepted, failed } = checkGrants(open, plan(open, mode, context), wish, context);
    const isLast = isBundle || round === MAX_ROUNDS || ![...failed.values()].some(({ isFreeing }) => isFreeing);
    const gone = isLast ? failed : worstOf(failed);
    for (const [place, { code, reason }] of gone) refusals.set(place, { code, reason });
    if (isLast) return { accepted, refusals };
    open = open.filter(({ place }) => !gone.has(place));
  }
}

/** All orders whole, as they ask or split anew beside each other; undefined where supply is too short for that. */
function wholeGrants(
  candidates: readonly Candidate[],
  wish: BookingWish,
  context: CampaignContext,
): Checked | undefined {
  const isWhole = (lines: readonly BulkLine[]) => lines.every(({ result }) => result === 'accepted');
  const lines = plan(candidates, 'all-or-nothing', context);
  if (isWhole(lines)) return checkGrants(candidates, lines, wish, context);
  const moved = askTogether(candidates, context);
  const again = moved && plan(moved, 'all-or-nothing', context);
  return again && isWhole(again) ? checkGrants(moved, again, wish, context) : undefined;
}

function plan(candidates: readonly Candidate[], mode: BulkMode, { markets, nowMs }: CampaignContext): BulkLine[] {
  const names = new Set(candidates.flatMap(({ terms }) => terms.subcampaigns.map(({ market }) => market)));
  const books = [...markets].filter(([market]) => names.has(market));
  const bulk = books.map(([market, view]): [string, BulkMarket] => {
    return [market, { sold: soldDemand(view, new Set()), supply: view.supply }];
  });
  return planBulk(new Map(bulk), candidates.map(bulkCandidate), mode, nowMs).lines;
}

/** What bids in auctions takes what is left: it asks no market for supply. */
function bulkCandidate({ terms, askedMicros, weight }: Candidate): BulkCandidate {
  const { startAtMs, endAtMs } = terms;
  const parts = terms.subcampaigns.flatMap((sub, part) => {
    const micros = askedMicros[part] as number;
    return asksSupply(sub, micros) ? [{ ...sub, startAtMs, endAtMs, micros }] : [];
  });
  return { parts, weight: Math.max(weight, LEAST_WEIGHT) };
}

/** What is worth nothing is taken where there is room for it. */
const LEAST_WEIGHT = 1e-9;

function asksSupply({ isAuctioned }: { isAuctioned?: true }, micros: number): boolean {
  return !isAuctioned && micros > 0;
}

interface Failed extends Why {
  /** Of its floor, the share that it would get. */
  floorShare: number;
  /** It leaves supply to others. */
  isFreeing: boolean;
}

interface Checked {
  accepted: Map<number, CampaignAccepted>;
  failed: Map<number, Failed>;
}

function checkGrants(
  candidates: readonly Candidate[],
  lines: readonly BulkLine[],
  wish: BookingWish,
  context: CampaignContext,
): Checked {
  const pages = pagePlaces(context.markets);
  const quota = wish.isHeld ? heldSupply(wish, context) : undefined;
  const accepted = new Map<number, CampaignAccepted>();
  const failed = new Map<number, Failed>();
  candidates.forEach((candidate, index) => {
    const { place, terms, empty } = candidate;
    const line = lines[index] as BulkLine;
    const fail = (code: Why['code'], reason: string, isFreeing: boolean, floorShare = 0) =>
      failed.set(place, { code, reason, isFreeing, floorShare });
    const granted = grantedOf(candidate, line);
    const starved = worstFloor(candidate, granted);
    if (granted.budgetMicros === 0) return fail(line.code ?? 'CONTENDED', line.reason, false);
    if (starved) return fail('FLOORS_INFEASIBLE', starved.reason, true, starved.share);
    const housed = pages.place(buildAccepted(wish.tenantId, terms, empty, granted));
    if (typeof housed === 'string') return fail('MARKET_FULL', housed, true);
    const reason = quota?.take(housed);
    if (reason !== undefined) return fail('HOLD_QUOTA', reason, true);
    return accepted.set(place, housed);
  });
  return { accepted, failed };
}

/** All of it, or what its parts got of the flow. */
function grantedOf(candidate: Candidate, { result, partMicros }: BulkLine): Granted {
  const { terms, askedMicros, escrowMicros, isShort } = candidate;
  const isWhole = result === 'accepted' && !isShort;
  if (isWhole) return { budgetMicros: terms.budgetMicros, sharesMicros: askedMicros, escrowMicros, isScaled: false };
  let next = 0;
  const got = terms.subcampaigns.map((sub, part) => {
    const micros = askedMicros[part] as number;
    return asksSupply(sub, micros) ? (partMicros[next++] as number) : micros;
  });
  const sharesMicros = result === 'refused' ? got.map(() => 0) : got;
  const budgetMicros = sharesMicros.reduce((sum, micros) => sum + micros, 0);
  return { budgetMicros, sharesMicros, escrowMicros: 0, isScaled: true };
}

/** The part that gets the smallest share of its floor, where that is less than all of it. */
function worstFloor(
  { terms, parts }: Candidate,
  { sharesMicros }: Granted,
): { share: number; reason: string } | undefined {
  let worst: { share: number; reason: string } | undefined;
  parts.forEach(({ floorMicros }, part) => {
    const micros = sharesMicros[part] as number;
    const share = floorMicros > 0 ? micros / floorMicros : 1;
    if (share >= (worst?.share ?? 1)) return;
    const { subcampaignId } = terms.subcampaigns[part] as { subcampaignId: string };
    const reason = `beside the others ${subcampaignId} would get ${micros} micros, its floor is ${floorMicros}`;
    worst = { share, reason };
  });
  return worst;
}

/** Of those below their floors the worse half, so that what they leave can lift the others; all who fail otherwise. */
function worstOf(failed: ReadonlyMap<number, Failed>): Map<number, Failed> {
  const below = [...failed].filter(([, { code }]) => code === 'FLOORS_INFEASIBLE');
  const others = [...failed].filter(([, { code, isFreeing }]) => code !== 'FLOORS_INFEASIBLE' && isFreeing);
  below.sort(([first, one], [second, other]) => one.floorShare - other.floorShare || second - first);
  return new Map([...others, ...below.slice(0, Math.ceil(below.length / 2))]);
}
