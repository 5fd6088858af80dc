// Markets in memory, ready for quotes. The versions of a market are looked at by whoever asks and finds that nobody has for
// a second, once for all who wait; its book and supply are read, and it is opened, only when they have moved. Nothing runs
// between requests. Where the store is away, or holds what cannot be read, the last good snapshot stays: it says itself how
// old it is.
import type { MarketView } from '../campaign/campaign-state.ts';
import type { Market } from '../contracts/documents.ts';
import { DAY_MS, daysBetween } from '../forecasting/traffic-clock.ts';
import { QUOTE_STEP_MS, type openQuoteMarket, type QuoteMarket } from '../quoting/quote-market.ts';
import { refs, type AllocationStore } from './allocation-store.ts';
import { completeViews, type Snapshot } from './market-views.ts';

export interface MarketSnapshotsDeps {
  store: Pick<AllocationStore, 'read'>;
  open: typeof openQuoteMarket;
  /** Wall clock, epoch ms: how old is what is kept. */
  clock: () => number;
  /** Told what keeps a market from being read. */
  onProblem: (market: string, error: unknown) => void;
}

export interface Wanted {
  /** For what time, epoch ms; on virtual time it is not the clock's. */
  nowMs: number;
  /** As the market is now, or an error: its versions are read after this was asked. */
  isExact?: boolean;
}

/**
 * A market, or undefined where there is none. No promise where it is at hand: the framework's domains make each cost microseconds.
 * It does not throw; what it promises is rejected with AndanteError STORE_UNAVAILABLE, or STORED_DOCUMENT_INVALID for what
 * cannot be read, where no earlier snapshot is known or the exact one is wanted.
 */
export type SnapshotOf = (market: string, wanted: Wanted) => QuoteMarket | undefined | Promise<QuoteMarket | undefined>;

/** Days of supply that are read: those that forecasts are made for, and some that people may have written. */
export const DAYS_AHEAD = 45;
/** Versions are looked at this often, and what was not there is not looked for again for so long. */
const LOOK_AGAIN_MS = 1_000;
/** While its book keeps moving a market is opened again so rarely that this part of the time goes into it. */
const OPENING_SHARE = 0.05;
/** A bulk booking may raise versions faster than they are read. */
const MAX_READINGS = 3;
/** Lines sold in the markets that are kept, each with all the cells of its flight; what was asked for longest ago goes first. */
const MAX_KEPT_LINES = 30_000;
/** What a market without lines counts as. */
const LINES_OF_SUPPLY = 500;
/** Markets that are not there, or cannot be read, and are remembered. */
const MAX_MISSED = 1_000;

interface Kept {
  market: QuoteMarket;
  view: Snapshot;
  lines: number;
  lookedAtMs: number;
  openedAtMs: number;
  openingMs: number;
  /** The last look at it told nothing. */
  failed?: { atMs: number; error: unknown };
}

interface Missed {
  atMs: number;
  /** Absent: there is no such market. */
  error?: unknown;
}

/** @returns asks for one market; whoever asks for several asks for all of them at once */
export function createMarketSnapshots({ store, open, clock, onProblem }: MarketSnapshotsDeps): SnapshotOf {
  const kept = new Map<string, Kept>();
  const looks = new Map<string, Promise<QuoteMarket | undefined>>();
  /** Looks that begin when those that are under way have ended. */
  const nextLooks = new Map<string, Promise<QuoteMarket | undefined>>();
  /** Why markets that were looked for are not here. */
  const missed = new Map<string, Missed>();
  let keptLines = 0;

  /** One look at the store for all who ask meanwhile. */
  function look(market: string, wanted: Wanted): Promise<QuoteMarket | undefined> {
    const flight = looks.get(market) ?? read(market, wanted).finally(() => looks.delete(market));
    looks.set(market, flight);
    return flight;
  }

  async function read(market: string, { nowMs, isExact = false }: Wanted): Promise<QuoteMarket | undefined> {
    const own = kept.get(market);
    if (own) own.lookedAtMs = clock();
    const [current] = await store.read([refs.market(market)]);
    if (!current) return miss(market);
    if (own && !isStale(own, nowMs)) {
      if (isVersionOf(own.view.market, current)) return own.market;
      const pauseMs = Math.max(LOOK_AGAIN_MS, own.openingMs / OPENING_SHARE);
      if (!isExact && isWithin(pauseMs, own.openedAtMs, clock())) return own.market;
    }
    const view = await readView(store, { market, nowMs }, own?.view);
    if (!view) return miss(market);
    const startedAtMs = clock();
    const opened = open(view, nowMs, own?.market);
    const openedAtMs = clock();
    keep(market, {
      market: opened,
      view,
      lines: LINES_OF_SUPPLY + linesOf(view),
      lookedAtMs: own?.lookedAtMs ?? startedAtMs,
      openedAtMs,
      openingMs: openedAtMs - startedAtMs,
    });
    return opened;
  }

  /** What is known where a look tells nothing better. */
  function fallBack(market: string, error: unknown): QuoteMarket {
    const own = kept.get(market);
    // All who waited for one look come here.
    const told = own ? own.failed : missed.get(market);
    const isNews = !(told && 'error' in told && told.error === error);
    if (isNews) onProblem(market, error);
    if (!own) {
      if (isNews) miss(market, { error });
      throw error;
    }
    own.failed = { atMs: clock(), error };
    return own.market;
  }

  function miss(market: string, why: { error?: unknown } = {}): undefined {
    forget(market);
    missed.delete(market);
    missed.set(market, { atMs: clock(), ...why });
    const [oldest] = missed.keys();
    if (missed.size > MAX_MISSED && oldest !== undefined) missed.delete(oldest);
  }

  function keep(market: string, own: Kept): void {
    forget(market);
    missed.delete(market);
    kept.set(market, own);
    keptLines += own.lines;
    for (const oldest of kept.keys()) {
      if (keptLines <= MAX_KEPT_LINES || oldest === market) break;
      forget(oldest);
    }
  }

  function forget(market: string): void {
    keptLines -= kept.get(market)?.lines ?? 0;
    kept.delete(market);
  }

  function quick(market: string, wanted: Wanted): ReturnType<SnapshotOf> {
    const own = kept.get(market);
    if (!own) {
      const miss = missed.get(market);
      if (miss && isWithin(LOOK_AGAIN_MS, miss.atMs, clock())) {
        return 'error' in miss ? rejected(miss.error) : undefined;
      }
    } else {
      // The newest last: the first is forgotten first.
      kept.delete(market);
      kept.set(market, own);
      // What has just gone stale does while another looks.
      if (looks.has(market) && !isStale(own, wanted.nowMs, 2 * QUOTE_STEP_MS)) return own.market;
      const isGood = !isStale(own, wanted.nowMs) || isWithin(LOOK_AGAIN_MS, own.failed?.atMs, clock());
      if (isGood && isWithin(LOOK_AGAIN_MS, own.lookedAtMs, clock())) return own.market;
    }
    return look(market, wanted).catch((error: unknown) => fallBack(market, error));
  }

  function exact(market: string, wanted: Wanted): Promise<QuoteMarket | undefined> {
    const running = looks.get(market);
    if (!running) return look(market, wanted);
    const next =
      nextLooks.get(market) ??
      running
        .catch(() => undefined)
        .then(() => {
          nextLooks.delete(market);
          return look(market, wanted);
        });
    nextLooks.set(market, next);
    return next;
  }

  return (market, wanted) => (wanted.isExact ? exact(market, wanted) : quick(market, wanted));
}

/** The market with its whole book and all supply that is known of it, as it was at one instant. */
async function readView(
  store: Pick<AllocationStore, 'read'>,
  { market, nowMs }: { market: string; nowMs: number },
  before: Snapshot | undefined,
): Promise<Snapshot | undefined> {
  const midnightAtMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const days = daysBetween(midnightAtMs, midnightAtMs + DAYS_AHEAD * DAY_MS);
  const need = { market, pages: 'all' as const, days, soldFromAtMs: midnightAtMs };
  let view = before;
  for (let reading = 0; reading < MAX_READINGS; reading++) {
    const known = new Map(view ? [[market, view]] : []);
    const next = (await completeViews(store, [need], known)).get(market);
    // Its versions stood from before its pages were read until after.
    const isWhole = view !== undefined && next !== undefined && isVersionOf(view.market, next.market);
    view = next;
    if (isWhole || !view) break;
  }
  return view;
}

function linesOf({ pages }: MarketView): number {
  return pages.reduce((sum, { entries, holds = [] }) => sum + entries.length + holds.length, 0);
}

function isVersionOf(known: Market, current: Market): boolean {
  return known.bookVersion === current.bookVersion && known.supplyVersion === current.supplyVersion;
}

async function rejected(error: unknown): Promise<undefined> {
  throw error;
}

/** Time that passes takes supply away too; and clocks jump. */
function isStale({ market: { asOfMs } }: Kept, nowMs: number, lastsMs = QUOTE_STEP_MS): boolean {
  const fromMs = asOfMs - QUOTE_STEP_MS;
  return nowMs <= fromMs || nowMs > fromMs + lastsMs;
}

/** What lies far ahead is as far away as what lies far behind. */
function isWithin(durationMs: number, atMs: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && Math.abs(nowMs - atMs) < durationMs;
}
