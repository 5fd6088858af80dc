// The published plans of markets in memory. A plan is asked for again by whoever finds it older than a tick interval, once
// for all who wait, and never more often, whatever the requests say. Where the store is away, or holds what cannot be read,
// the last good plan stays: its leases bind, and its fallback rule says what holds when it goes stale.
import { AndanteError } from '../runtime/errors.ts';
import { refs, type AllocationStore } from './allocation-store.ts';
import { openPlan, type OpenPlan } from './open-plan.ts';

export interface PlanCacheDeps {
  store: Pick<AllocationStore, 'read'>;
  /** How often a market publishes a plan. */
  tickIntervalMs: number;
  /** Told what keeps a plan from being read; not that a market has none. */
  onProblem: (market: string, error: unknown) => void;
}

export interface Wanted {
  /** The server's clock, epoch ms. */
  nowMs: number;
  /** Plans that it should be: where it is another, the store may have a newer one. */
  hashes?: ReadonlySet<string> | undefined;
}

/**
 * The newest plan of a market that is known: the same object until another is published.
 * @throws AndanteError UNKNOWN_MARKET no plan is there; STORE_UNAVAILABLE, or STORED_DOCUMENT_INVALID for one that cannot
 *   be read, where no earlier plan is known
 */
export type PlanOf = (market: string, wanted: Wanted) => Promise<OpenPlan>;

/** Text of plans that is kept: what was asked for longest ago goes first. In memory a plan takes some five times as much. */
const MAX_KEPT_BYTES = 48 * 2 ** 20;
/** What was not there is not looked for again for so long. */
const LOOK_AGAIN_MS = 1_000;
/** Markets without a plan that are remembered. */
const MAX_MISSED = 1_000;

interface Kept {
  open: OpenPlan;
  bytes: number;
  askedAtMs: number;
}

export function createPlanCache({ store, tickIntervalMs, onProblem }: PlanCacheDeps): PlanOf {
  const kept = new Map<string, Kept>();
  const asked = new Map<string, Promise<OpenPlan>>();
  /** Why markets that were looked for have no plan here. */
  const missed = new Map<string, { atMs: number; error: unknown }>();
  let keptBytes = 0;

  /** One look at the store for all who ask meanwhile; the plan that is known where it tells nothing better. */
  function ask(market: string, nowMs: number): Promise<OpenPlan> {
    const flight =
      asked.get(market) ??
      read(market, nowMs)
        .catch((error: unknown) => fallBack(market, nowMs, error))
        .finally(() => asked.delete(market));
    asked.set(market, flight);
    return flight;
  }

  async function read(market: string, nowMs: number): Promise<OpenPlan> {
    const before = kept.get(market);
    if (before) before.askedAtMs = nowMs;
    const [stored] = await store.read([refs.plan(market)]);
    if (!stored)
      throw new AndanteError(
        'UNKNOWN_MARKET',
        'this market is not known here, or its first tick has not published a plan',
      );
    if (stored.hash === before?.open.hash) return before.open;
    const open = openPlan(stored.body, refs.plan(market).path);
    if (open.hash !== stored.hash)
      throw new AndanteError('STORED_DOCUMENT_INVALID', `${refs.plan(market).path} does not hash to its hash`);
    keep(market, { open, bytes: stored.body.length, askedAtMs: nowMs });
    return open;
  }

  function fallBack(market: string, nowMs: number, error: unknown): OpenPlan {
    const last = kept.get(market);
    if (last || !isUnknown(error)) onProblem(market, error);
    if (last) return last.open;
    missed.delete(market);
    missed.set(market, { atMs: nowMs, error });
    const [oldest] = missed.keys();
    if (missed.size > MAX_MISSED && oldest !== undefined) missed.delete(oldest);
    throw error;
  }

  function keep(market: string, plan: Kept): void {
    forget(market);
    missed.delete(market);
    kept.set(market, plan);
    keptBytes += plan.bytes;
    for (const oldest of kept.keys()) {
      if (keptBytes <= MAX_KEPT_BYTES || oldest === market) break;
      forget(oldest);
    }
  }

  function forget(market: string): void {
    keptBytes -= kept.get(market)?.bytes ?? 0;
    kept.delete(market);
  }

  async function newest(market: string, nowMs: number): Promise<OpenPlan> {
    const own = kept.get(market);
    if (!own) {
      const miss = missed.get(market);
      if (miss && isWithin(LOOK_AGAIN_MS, miss.atMs, nowMs)) throw miss.error;
      return ask(market, nowMs);
    }
    // The newest last: the first is forgotten first.
    kept.delete(market);
    kept.set(market, own);
    if (asked.has(market)) return nowMs < own.open.plan.validUntilAtMs ? own.open : ask(market, nowMs);
    return isWithin(tickIntervalMs, own.askedAtMs, nowMs) ? own.open : ask(market, nowMs);
  }

  return async (market, { nowMs, hashes = new Set() }) => {
    const open = await newest(market, nowMs);
    if ([...hashes].every((hash) => hash === open.hash)) return open;
    const isFresh = isWithin(LOOK_AGAIN_MS, kept.get(market)?.askedAtMs, nowMs) && !asked.has(market);
    return isFresh ? open : ask(market, nowMs);
  };
}

/** Clocks jump: what lies far ahead is as far away as what lies far behind. */
function isWithin(durationMs: number, atMs: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && Math.abs(nowMs - atMs) < durationMs;
}

function isUnknown(error: unknown): boolean {
  return error instanceof AndanteError && error.code === 'UNKNOWN_MARKET';
}
