// A seeded load of business events that neither contend nor are refused, so that their order does not matter, and what
// applying each of them once comes to.
import { entryKey } from '../../shared/campaign/fold-reports.ts';
import type { BookEntry, Market } from '../../shared/contracts/documents.ts';
import type { BusinessEvent } from '../../shared/contracts/events.ts';
import { refs, type AllocationStore, type Ref } from '../../shared/store/allocation-store.ts';
import { fileReport } from '../../shared/store/file-report.ts';
import { persistCampaignEvent, type Persisted } from '../../shared/store/persist-campaign-event.ts';
import { persistTick, type TickResult } from '../../shared/store/persist-tick.ts';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from './events.ts';
import { START_MS, TICK_MS, slotAt } from './instants.ts';
import { decideUnquoted } from './decide-unquoted.ts';

export interface Load {
  markets: string[];
  campaignIds: string[];
  events: BusinessEvent[];
}

/** `count` events over `campaigns` campaigns of one subcampaign each, in `markets` markets. */
export function drawLoad({
  seed,
  count,
  campaigns,
  markets,
}: {
  seed: number;
  count: number;
  campaigns: number;
  markets: number;
}): Load {
  const random = createRandom(seed, 'load');
  const names = Array.from({ length: markets }, (_, index) => `M${index}`);
  const campaignIds = Array.from({ length: campaigns }, (_, index) => `c${index}`);
  const marketOf = (index: number) => names[index % markets] as string;
  const events: BusinessEvent[] = campaignIds.map((campaignId, index) =>
    campaignCreated({ campaignId, budgetMicros: 10_000_000, subcampaigns: [order({ market: marketOf(index) })] }),
  );
  const versions = new Map<string, number>();
  const nextVersion = (key: string) => {
    versions.set(key, (versions.get(key) ?? 0) + 1);
    return versions.get(key) as number;
  };
  while (events.length < count) {
    const index = Math.floor(random() * campaigns);
    const campaignId = campaignIds[index] as string;
    const draw = random();
    if (draw < 0.2)
      events.push(
        budgetChanged(8_000_000 + Math.floor(random() * 4_000_000), nextVersion(`budget ${campaignId}`), {
          campaignId,
        }),
      );
    else if (draw < 0.26)
      events.push(
        statusChanged(random() < 0.5 ? 'paused' : 'active', nextVersion(`status ${campaignId}`), { campaignId }),
      );
    else {
      const impressions = 1 + Math.floor(random() * 50);
      const own = line({
        campaignId,
        impressions,
        clicks: random() < 0.3 ? 1 : 0,
        chargedMicros: impressions * 10_000,
      });
      const opportunities = [{ segment: 'casual', surface: 'home', opportunities: 100 }];
      events.push(
        deliveryReported(`report-${events.length}`, {
          market: marketOf(index),
          group: random() < 0.5 ? 'g1' : 'g2',
          lines: [own],
          opportunities,
        }),
      );
    }
  }
  return { markets: names, campaignIds, events };
}

/** The same items in an order drawn from a stream: Fisher and Yates. */
export function shuffle<T>(random: Random, items: readonly T[]): T[] {
  const shuffled = [...items];
  for (let left = shuffled.length - 1; left > 0; left--) {
    const other = Math.floor(random() * (left + 1));
    [shuffled[left], shuffled[other]] = [shuffled[other] as T, shuffled[left] as T];
  }
  return shuffled;
}

/** Applies one event at the time it occurred, or so much later. */
export function apply(store: AllocationStore, event: BusinessEvent, delayMs = 0): Promise<Persisted> {
  const atMs = event.occurredAtMs + delayMs;
  return event.type === 'andante.delivery-reported.v1'
    ? fileReport(store, event, atMs)
    : persistCampaignEvent(store, event, atMs, decideUnquoted);
}

/** Brings a market up to an instant. */
export function bringUp(store: AllocationStore, market: string, atMs: number): Promise<TickResult> {
  return persistTick(store, { market, slot: slotAt(atMs), tickIntervalMs: TICK_MS, source: 'scheduler' });
}

/** Applies each event once, in order, and brings every market to `atMs`. */
export async function applyOnce(store: AllocationStore, load: Load, atMs: number): Promise<void> {
  for (const event of load.events) await apply(store, event);
  for (const market of load.markets) await bringUp(store, market, atMs);
}

export interface State {
  campaigns: unknown[];
  /** By market and name. */
  entries: (readonly [string, BookEntry])[];
  markets: Omit<Market, 'bookVersion' | 'planVersion'>[];
  plans: unknown[];
}

/**
 * The state that must not depend on order or copies. Left out is what counts writes, because a change that was
 * superseded wrote nothing: a campaign's splitVersion, a market's bookVersion and planVersion; and how long its owner's
 * pauses lasted, which begin when they come. A page's entries and a
 * plan's lines stand in the order in which they came: here they go by name.
 */
export async function stateOf(store: AllocationStore, load: Pick<Load, 'markets' | 'campaignIds'>): Promise<State> {
  const state: State = { campaigns: [], entries: [], markets: [], plans: [] };
  for (const campaign of await store.read<readonly Ref<'campaign'>[]>(
    load.campaignIds.map((id) => refs.campaign('t1', id)),
  )) {
    const { splitVersion: _splits, pausedAtMs: _since, pausedMs: _pauses, ...rest } = campaign ?? {};
    state.campaigns.push(rest);
  }
  for (const name of load.markets) {
    const [found, plan] = await store.read([refs.market(name), refs.plan(name)]);
    if (!found) throw new Error(`market ${name} is not stored`);
    const { bookVersion: _writes, planVersion: _plans, ...market } = found;
    state.markets.push(market);
    state.plans.push(plan && planOf(plan.body));
    for (const page of await store.read(market.pages.map(({ page }) => refs.page(name, page)))) {
      for (const entry of page?.entries ?? []) state.entries.push([`${name}/${entryKey(entry)}`, entry]);
    }
  }
  state.entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return state;
}

function planOf(body: string): unknown {
  const {
    planVersion: _plans,
    lines,
    ...plan
  } = JSON.parse(body) as {
    planVersion: number;
    lines: { campaignId: string; subcampaignId: string }[];
  };
  return { ...plan, lines: lines.sort((a, b) => (entryKey(a) < entryKey(b) ? -1 : 1)) };
}

export const LOAD_TICK_MS = START_MS + TICK_MS;
