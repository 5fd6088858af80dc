// One seed of the loop bench: its markets played through the platform, what other rules make of the same requests, and the
// most that could have been made of them.
import { isDeepStrictEqual } from 'node:util';
import { loadHighsSolver } from '../../shared/cli/highs-solver.ts';
import { billedMicros } from '../../shared/campaign/entry-money.ts';
import { hindsightBound } from './live-price-bound.ts';
import { playDay, type Policy } from './live-price-day.ts';
import { greedy } from './live-price-policies.ts';
import { firstCome, revive } from './loop-baselines.ts';
import { playLoop, type PlayedMarket } from './loop-day.ts';
import { REQUEST_IMPRESSIONS, drawLoopMarket, isAuctionedLine, type LoopMarket } from './loop-world.ts';

/** Of each market: clicks sold over clicks forecast. */
const LOADS = [1.12, 1, 1.3, 1.06, 1.24, 1.18];
const MARKETS = LOADS.length;
/** The share of messages that come twice. */
const DOUBLED = 0.3;
const MINUTE_MS = 60_000;

export interface LoopSeed {
  seed: number;
  days: number;
  /** Play a market once more with every message coming once. */
  isCompared: boolean;
}

/** Values are worth of money delivered within budgets and money of spot demand, in units of a million micros for a request's impression. */
export interface SeedResult {
  seed: number;
  requests: number;
  bound: number;
  /** Proven possible. */
  possible: number;
  values: { loop: number; firstCome: number; greedy: number; revive: number };
  /** The loop's value by the clicks that came and were billed, instead of those expected. */
  confirmed: number;
  /** Of the loop's value: money of spot demand. */
  spot: number;
  /** Worth that was served above budgets: nobody pays for it. */
  unpaid: number;
  /** The least share of its bound of a market. */
  leastMarket: number;
  /** Shares of the money of guaranteed lines: sold, and delivered. */
  guaranteed: { sold: number; delivered: number };
  /** Billed above what was booked, micros, over all lines. */
  overBilledMicros: number;
  /** Confirmed above what was booked, over what was booked. */
  overrunShare: number;
  /** Lines whose counts are not the sums of what servers reported. */
  miscounted: number;
  quarantined: number;
  messages: number;
  copies: number;
  /** Lines and markets that are not as they are where every message comes once. */
  differences: number;
}

export async function playSeed({ seed, days, isCompared }: LoopSeed): Promise<SeedResult> {
  const markets = LOADS.map((load, index) =>
    drawLoopMarket({
      seed,
      market: `M${index}`,
      days,
      responseSigma: 0.3 + (0.5 * index) / (MARKETS - 1),
      load,
      clickDelayMedianMs: (10 + 10 * index) * MINUTE_MS,
    }),
  );
  const played = await playLoop(markets, { seed, doubled: DOUBLED });
  const solver = await loadHighsSolver({ crossover: true });
  const result: SeedResult = {
    seed,
    requests: 0,
    bound: 0,
    possible: 0,
    values: { loop: 0, firstCome: 0, greedy: 0, revive: 0 },
    confirmed: 0,
    spot: 0,
    unpaid: 0,
    leastMarket: 1,
    guaranteed: { sold: 0, delivered: 0 },
    overBilledMicros: 0,
    overrunShare: 0,
    miscounted: 0,
    quarantined: played.quarantined,
    messages: played.messages,
    copies: played.copies,
    differences: 0,
  };
  markets.forEach((market, index) => {
    const { world } = market;
    const bound = hindsightBound(solver, requestsOf(market), world.lines);
    const { value, spot } = addPlayed(result, market, played.markets[index] as PlayedMarket);
    result.requests += world.requests.cell.length;
    result.bound += bound.value;
    result.possible += bound.possible;
    result.values.loop += value;
    result.spot += spot;
    result.leastMarket = Math.min(result.leastMarket, value / bound.value);
    const rules: Record<'firstCome' | 'greedy' | 'revive', Policy> = {
      firstCome: firstCome(),
      greedy: greedy(world),
      revive: revive(world, isAuctionedLine),
    };
    for (const name of ['firstCome', 'greedy', 'revive'] as const) result.values[name] += playDay(world, rules[name]);
  });
  if (isCompared) result.differences = await countDifferences(seed, markets, played.markets);
  return result;
}

function requestsOf({ world: { requests, clickRate } }: LoopMarket) {
  return Array.from(requests.cell, (cell, at) => ({
    cell,
    count: 1,
    clicks: (clickRate[cell] as number) * (requests.multiplier[at] as number),
    offer: requests.offer[at] as number,
  }));
}

/** What the platform made of a market, by what its servers showed; adds what its book says of it. */
function addPlayed(
  result: SeedResult,
  { world: { lines } }: LoopMarket,
  { entries, servers }: PlayedMarket,
): { value: number; spot: number } {
  const unit = 1e6 * REQUEST_IMPRESSIONS;
  const spot = servers.spotMicros() / unit;
  let value = spot;
  result.confirmed += spot;
  entries.forEach((entry, line) => {
    const [worth, budget] = [lines.worth[line] as number, lines.budget[line] as number];
    const served = (servers.expectedMicros[line] as number) / unit;
    const delivered = Math.min(budget, served);
    value += worth * delivered;
    result.confirmed += (worth * billedMicros(entry)) / unit;
    result.unpaid += worth * (served - delivered);
    if (!isAuctionedLine(line)) {
      result.guaranteed.sold += budget;
      result.guaranteed.delivered += delivered;
    }
    result.overBilledMicros += Math.max(0, billedMicros(entry) - entry.budgetMicros);
    result.overrunShare += Math.max(0, entry.spentMicros / entry.budgetMicros - 1) / entries.length / MARKETS;
    const charged = entry.leases.reduce((sum, lease) => sum + lease.chargedMicros, 0);
    const told = servers.reported[line] as PlayedMarket['servers']['reported'][number];
    const isSame =
      entry.impressions === told.impressions &&
      entry.clicks === told.clicks &&
      entry.conversions === told.conversions &&
      charged === told.chargedMicros;
    if (!isSame) result.miscounted += 1;
  });
  return { value, spot };
}

/** The first market again, alone, each message once: it must end in the same state. */
async function countDifferences(
  seed: number,
  [first]: readonly LoopMarket[],
  [doubled]: readonly PlayedMarket[],
): Promise<number> {
  const once = (await playLoop([first as LoopMarket], { seed, doubled: 0 })).markets[0] as PlayedMarket;
  const lines = once.entries.filter((entry, line) => !isDeepStrictEqual(entry, doubled?.entries[line])).length;
  return lines + (isDeepStrictEqual(once.market, doubled?.market) ? 0 : 1);
}
