// One seed: the real handlers over the in-memory ports, four rounds with faults, then quiet until everything has ended.
import { createRandom } from '../../emulators/world/random.ts';
import { decideCampaign } from '../../shared/campaign/decide-campaign.ts';
import { decideTick } from '../../shared/campaign/decide-tick.ts';
import type { BusinessEvent } from '../../shared/contracts/events.ts';
import { decodeInstants } from '../../shared/contracts/instants.ts';
import type { MessageName } from '../../shared/contracts/decode-message.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { START_MS } from '../support/instants.ts';
import { createAdServer, type AdServer } from './ad-server.ts';
import { auditCommit } from './auditor.ts';
import { createBooks, keyOf, type Published } from './books.ts';
import { createCluster } from './cluster.ts';
import { drawFaults, noFaults } from './faults.ts';
import type { Warehouse } from './faulty-bigquery.ts';
import { finalViolations } from './final-check.ts';
import { crowd, flood, publishRefresh, publishScheduled, stock } from './scenery.ts';
import { createScheduler } from './scheduler.ts';
import { describeCommit, type Trace } from './trace.ts';
import { drawStory, MARKETS, MIN_EVENTS, ROUNDS, ROUND_MS, type Publication } from './story.ts';
import { decideUnquoted } from '../support/decide-unquoted.ts';

export interface SeedResult {
  seed: number;
  /** Business events that were published, each counted once. */
  events: number;
  handlerRuns: number;
  violations: string[];
}

/** Hours after the start at which the quiet end ticks: past every flight, click window and silent lease. */
const QUIET_HOURS = [4, 15, 22, 46];
/** Ad servers serve on in the first of them, tell what they owe in the second, and are silent then. */
const [SERVING_HOURS, TELLING_HOURS] = [1, 2];
/** One seed in so many keeps documents packed, checked and frozen; has a full page; floods a market with reports. */
const CHECKED_EVERY = 16;
const CROWDED_EVERY = 64;
const FLOODED_EVERY = 256;
/** One seed in so many plans as what ships does; in the others no plan gives anybody a cell, and no new split is asked for. */
const PLANNED_EVERY = 4;
/** Quotes cost milliseconds and decide nothing. */
const QUOTED_EVERY = 128;
/** One seed in so many refreshes its supply. */
const REFRESHED_EVERY = 64;

/** @param trace told of everything that happens, a line each */
export async function runSeed(seed: number, trace?: Trace): Promise<SeedResult> {
  const random = createRandom(seed, 'simulation');
  const chance = (share: number) => random() < share;
  let nowMs = START_MS;
  let round = 0;
  let faults = drawFaults(random);
  const dueIn = new Map<number, (() => void)[]>();
  const at = (when: number, start: () => void) => dueIn.set(when, [...(dueIn.get(when) ?? []), start]);
  const warehouse: Warehouse = { tables: new Map(), rowIds: new Set() };
  const books = createBooks(ROUND_MS, warehouse, trace);
  const publish = (event: BusinessEvent, own: Partial<Published> = {}) => {
    const known = books.published.get(keyOf(event));
    if (known) known.events.push(event);
    else books.published.set(keyOf(event), { events: [event], isReadable: true, isTaken: true, ...own });
  };
  const scheduler = createScheduler(random, 0.1 + 0.5 * random());
  const store = createMemoryStore({
    onCommit: (writes) => {
      if (trace && writes.length > 0) trace(`  commit: ${describeCommit(writes)}`);
      auditCommit(books, writes);
    },
    isTrusting: seed % CHECKED_EVERY !== 0,
  });
  const cluster = createCluster({
    random,
    scheduler,
    store,
    warehouse,
    faults: () => faults,
    nowMs: () => ++nowMs,
    tickIntervalMs: ROUND_MS,
    later: (start) => void at(round + 1 + Math.floor(random() * 2), start),
    decideCampaign: seed % QUOTED_EVERY === 0 ? decideCampaign : decideUnquoted,
    decideTick: seed % PLANNED_EVERY === 0 ? decideTick : (input) => decideTick(input, () => new Map()),
    onNotice: (message) => books.notices.push(message),
    onRebalance: (message) => publish(decodeInstants(message)),
    onCritical: (what) => books.blame(`an error nobody expects: ${what}`),
    trace,
  });
  const begin = (hour: number) => {
    // What was held for later hours comes at the latest now.
    for (; round <= hour; round++) {
      for (const start of dueIn.get(round) ?? []) start();
      dueIn.delete(round);
    }
    round = hour;
    nowMs = START_MS + hour * ROUND_MS;
    trace?.(`-- ${new Date(nowMs).toISOString()}`);
  };
  const send = ({ event, bodies, attributes, kind }: Publication) => {
    publish(event, { isReadable: kind === 'valid' || kind === 'conflict' });
    for (const body of bodies) cluster.publish(body, event.type.split('.')[1] as MessageName, attributes);
  };
  const openServer = (market: string, group: string) =>
    createAdServer({
      ...{ market, group, random, cluster, campaignIds: story.campaignIds, nowMs: () => nowMs },
      onReport: (eventId, data) => {
        const about = { eventId, source: group, tenantId: 'andante', occurredAtMs: data.windowEndAtMs };
        publish({ type: 'andante.delivery-reported.v1', ...about, data }, { isTaken: false });
      },
      onTaken: (eventId) => {
        const told = books.published.get(keyOf({ source: group, tenantId: 'andante', eventId }));
        if (told) told.isTaken = true;
      },
    });
  const start = (server: AdServer, isLast: boolean) =>
    scheduler.add(() => void server.work(isLast).then(scheduler.ended));

  for (const market of MARKETS) await stock(store, random, market);
  if (seed % CROWDED_EVERY === 1) await crowd(store, books);
  const story = drawStory(random);
  const groups = Array.from({ length: chance(0.03) ? 8 : 2 }, (_, index) => `g${index}`);
  const servers = MARKETS.flatMap((market) => groups.map((group) => openServer(market, group)));

  try {
    for (let hour = 0; hour < ROUNDS; hour++) {
      begin(hour);
      if (hour > 0 && chance(0.1)) await stock(store, random, chance(0.5) ? MARKETS[0] : MARKETS[1]);
      if (seed % REFRESHED_EVERY === 5) {
        const refreshAtMs = nowMs;
        const refresh = () => publishRefresh(cluster, refreshAtMs);
        if (chance(0.5)) at(hour + 1, refresh);
        else refresh();
      }
      for (const publication of story.publications) if (publication.round === hour) send(publication);
      const tick = () => publishScheduled(cluster, 'delivery-tick');
      if (chance(faults.tickLate)) at(hour + 1, tick);
      else if (!chance(faults.tickMissing)) tick();
      if (chance(faults.tickDoubled)) tick();
      for (const server of servers) if (chance(0.5)) start(server, false);
      if (seed % FLOODED_EVERY === 2 && hour === 2) flood(cluster, publish, nowMs);
      if (chance(0.5)) publishScheduled(cluster, 'outcome-drain');
      const missing = hour === ROUNDS - 1 ? MIN_EVENTS - books.published.size : 0;
      for (let index = 0; index < missing; index++) send(story.another());
      await scheduler.run();
    }
    trace?.('-- the faults stop');
    faults = noFaults;
    for (const [index, hour] of QUIET_HOURS.entries()) {
      begin(hour);
      for (const { push, topic } of cluster.deadLetters.splice(0)) {
        const { data, attributes } = push.message;
        cluster.publish(Buffer.from(data, 'base64').toString(), topic, attributes);
      }
      if (index < TELLING_HOURS) for (const server of servers) start(server, index >= SERVING_HOURS);
      await scheduler.run();
      publishScheduled(cluster, 'delivery-tick');
      await scheduler.run();
      publishScheduled(cluster, 'outcome-drain');
      await scheduler.run();
    }
    if (cluster.deadLetters.length > 0) books.blame(`liveness: ${cluster.deadLetters.length} dead letters`);
    finalViolations(books).forEach(books.blame);
  } catch (error) {
    books.blame(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const { violations, published } = books;
  return { seed, events: published.size, handlerRuns: cluster.handlerRuns(), violations };
}
