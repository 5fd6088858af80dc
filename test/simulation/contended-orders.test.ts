import assert from 'node:assert/strict';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import type { BusinessEvent, DeliveryReported } from '../../shared/contracts/events.ts';
import { dayOf } from '../../shared/forecasting/traffic-clock.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import { between, pick } from '../support/event-sets.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from '../support/events.ts';
import { DAY_MS, HOUR_MS, START_MS, TICK_MS } from '../support/instants.ts';
import {
  billsFit,
  commitmentsFit,
  deliveriesCount,
  finalsAddUp,
  demandFits,
  grantsFit,
  leasesAddUp,
  outcomesFold,
  plansFit,
  splitsAddUp,
  takePicture,
  tracesAreOne,
} from '../support/invariants.ts';
import { apply, bringUp, shuffle } from '../support/load.ts';
import { cell } from '../support/markets.ts';
import { entriesOf } from '../support/persisting.ts';
import { storeWithHistory } from '../support/store-history.ts';

const SETS = 24;
const SHUFFLES = 6;
const MARKETS = ['SE', 'NO'];
const SEGMENTS = ['casual', 'fan'];
const GROUPS = ['g1', 'g2'];
const PRICE_MICROS = 20_000;
/** Each of the four cells sells 24 units in two days, and each of the five campaigns asks for about as much. */
const cells = SEGMENTS.map((segment) => cell({ segment, q10: 15_000, q50: 25_000, clickPpm: 30_000 }));
const world = {
  markets: MARKETS,
  campaignIds: ['c0', 'c1', 'c2', 'c3', 'c4'],
  days: [dayOf(START_MS), dayOf(START_MS + DAY_MS)],
};

/** A step of a set. What a group reports depends on what it holds, so on the order: it is made when its turn comes. */
type Step =
  | { kind: 'event'; event: BusinessEvent }
  /** So long after the last tick of all: whatever the order, time only passes. */
  | { kind: 'tick'; market: string; afterMs: number }
  | { kind: 'report'; id: string; market: string; group: string; part: number; isClosing: boolean; isLie: boolean };

function drawSteps(random: Random, isHonest: boolean): Step[] {
  const steps: Step[] = world.campaignIds.map((campaignId) => ({
    kind: 'event',
    event: drawCampaign(random, campaignId),
  }));
  for (const campaignId of world.campaignIds) {
    const own = { campaignId, occurredAtMs: START_MS };
    for (let version = 1; version <= between(random, 1, 4); version++) {
      const micros = random() < 0.3 ? between(random, 1, 1_000_000) : between(random, 1_000_000, 40_000_000);
      steps.push({ kind: 'event', event: budgetChanged(micros, version, own) });
    }
    for (let version = 1; version <= between(random, 0, 3); version++) {
      const status = pick(random, ['active', 'paused', 'cancelled', 'completed'] as const);
      steps.push({ kind: 'event', event: statusChanged(status, version, own) });
    }
  }
  const again = pick(random, world.campaignIds);
  steps.push({ kind: 'event', event: { ...drawCampaign(random, again), eventId: `again:${again}` } });
  for (let tick = 0; tick < 16; tick++) {
    const afterMs = pick(random, [0, TICK_MS, TICK_MS, TICK_MS, HOUR_MS, 10 * HOUR_MS]);
    steps.push({ kind: 'tick', market: pick(random, MARKETS), afterMs });
  }
  for (let report = 0; report < 20; report++) {
    const own = { market: pick(random, MARKETS), group: pick(random, GROUPS), part: random() };
    steps.push({
      kind: 'report',
      id: `r${report}`,
      ...own,
      isClosing: random() < 0.2,
      isLie: !isHonest && random() < 0.3,
    });
  }
  return [...steps, ...steps.filter((step) => step.kind === 'event' && random() < 0.2)];
}

function drawCampaign(random: Random, campaignId: string) {
  const subcampaigns = Array.from({ length: between(random, 1, 4) }, (_, index) => {
    const bounds = pick(random, [
      {},
      {},
      { floorMicros: between(random, 0, 12_000_000) },
      { capMicros: between(random, 0, 12_000_000) },
    ]);
    const segments = pick(random, [['casual'], ['fan'], SEGMENTS]);
    return order({
      subcampaignId: `s${index}`,
      market: pick(random, MARKETS),
      segments,
      clickPriceMicros: PRICE_MICROS,
      ...bounds,
    });
  });
  const ifShort = pick(random, ['refuse', 'scale-down'] as const);
  return campaignCreated(
    { campaignId, budgetMicros: between(random, 5_000_000, 40_000_000), ifShort, subcampaigns },
    { occurredAtMs: START_MS },
  );
}

/** What each group charged in all, by entry: a server knows its own sum before anybody has folded it. */
type Charged = Map<string, number>;

async function reportOf(
  store: AllocationStore,
  step: Step & { kind: 'report' },
  charged: Charged,
  nowMs: number,
): Promise<DeliveryReported> {
  const { id, market, group, part, isClosing, isLie } = step;
  const lines: DeliveryReported['data']['lines'] = [];
  const closings: DeliveryReported['data']['closings'] = [];
  for (const { campaignId, subcampaignId, clickPriceMicros, leases } of await entriesOf(store, market)) {
    const own = { campaignId, subcampaignId };
    const key = `${campaignId}/${subcampaignId} ${group}`;
    const lease = leases.find((one) => one.group === group);
    const open = lease ? lease.grantedMicros - lease.returnedMicros - (charged.get(key) ?? 0) : 0;
    const chargedMicros = isLie ? Math.floor(part * 9_000_000) : Math.max(0, Math.floor(open * part));
    charged.set(key, (charged.get(key) ?? 0) + chargedMicros);
    // An honest hour has no more clicks than were expected: then what is committed never grows by itself.
    const clicks = Math.floor(chargedMicros / clickPriceMicros) + (isLie && part > 0.5 ? 3 : 0);
    if (chargedMicros > 0 || isLie)
      lines.push(line({ ...own, hourAtMs: nowMs, impressions: 1 + Math.floor(part * 50), clicks, chargedMicros }));
    if (isClosing && lease)
      closings.push({ ...own, grantedMicros: lease.grantedMicros, chargedMicros: charged.get(key) ?? 0 });
  }
  if (isLie) lines.push(line({ campaignId: 'nobody' }));
  const opportunities = [{ segment: 'casual', surface: 'home', opportunities: 10 }];
  return deliveryReported(id, {
    market,
    group,
    windowStartAtMs: nowMs - TICK_MS,
    windowEndAtMs: nowMs,
    lines,
    closings,
    opportunities,
  });
}

async function playAndCheck(steps: readonly Step[], isHonest: boolean, seen: Map<string, number>): Promise<string[]> {
  const { store, answer, history } = await storeWithHistory({
    markets: MARKETS,
    supply: { cells },
    options: { isTrusting: true },
  });
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  const charged: Charged = new Map();
  let nowMs = START_MS;
  let before = await takePicture(store, world);
  for (const step of steps) {
    if (step.kind === 'tick') await bringUp(store, step.market, (nowMs += step.afterMs));
    else {
      const event = step.kind === 'event' ? step.event : await reportOf(store, step, charged, nowMs);
      const { ref, entry, isDuplicate } = await apply(store, event, step.kind === 'event' ? nowMs - START_MS : 0);
      answer(ref.path, step.kind === 'report' ? (event as DeliveryReported) : undefined);
      const [first] = entry.outcomes;
      const what = isDuplicate ? 'copy' : first && 'code' in first && first.code ? first.code : entry.result;
      count(what);
    }
    const after = await takePicture(store, world);
    const now = history();
    const found = [
      ...(isHonest ? commitmentsFit(after) : []),
      ...grantsFit(before, after),
      ...leasesAddUp(before, after),
      ...splitsAddUp(after),
      ...billsFit(after, now),
      ...finalsAddUp(after, now),
      ...(step.kind === 'event' ? demandFits(before, after, nowMs) : []),
      ...tracesAreOne(now),
      ...outcomesFold(after, now),
      ...plansFit(after),
      ...deliveriesCount(after, now),
    ];
    if (found.length > 0) return [`after ${JSON.stringify(step)}`, ...found];
    before = after;
  }
  for (const outcome of history().outcomes) {
    const subs = outcome.type === 'market-paced' ? outcome.subcampaigns : [];
    for (const sub of subs) {
      if (sub.leasedMicros > 0) count('leased');
      if (sub.spentMicros > 0) count('spent');
      if (sub.status === 'overrun') count('overrun');
      if (sub.budgetMicros !== undefined) count('fallen');
    }
    if (outcome.type === 'subcampaign-ended') count('ended');
  }
  return [];
}

describe('Events that contend, are refused and lie', () => {
  for (const isHonest of [true, false]) {
    const who = isHonest ? 'groups stay inside their leases' : 'some groups report what they like';
    it(`keep every invariant after every step of every order, while ${who}`, async function () {
      this.timeout(120_000);
      const seen = new Map<string, number>();
      for (let seed = 0; seed < SETS; seed++) {
        const steps = drawSteps(createRandom(seed, 'contended'), isHonest);
        for (let turn = 0; turn < SHUFFLES; turn++) {
          const order = shuffle(createRandom(seed, turn, 'shuffle'), steps);
          assert.deepEqual(await playAndCheck(order, isHonest, seen), [], `set ${seed}, shuffle ${turn}`);
        }
      }
      const expected = ['applied', 'superseded', 'waiting', 'copy', 'filed', 'leased', 'spent', 'fallen', 'ended'];
      const reasons = ['SUPPLY_SHORT', 'SCALED_DOWN', 'FLOORS_INFEASIBLE', 'CAMPAIGN_EXISTS', 'CAMPAIGN_CLOSED'];
      for (const what of [...expected, ...reasons, ...(isHonest ? [] : ['overrun'])])
        assert((seen.get(what) ?? 0) > 5, `${what} happened ${seen.get(what) ?? 0} times`);
    });
  }
});
