import assert from 'node:assert/strict';
import { createRandom, type Random } from '../../emulators/world/random.ts';
import { openMicros } from '../../shared/campaign/entry-money.ts';
import { entryKey } from '../../shared/campaign/fold-reports.ts';
import type { LedgerEntry } from '../../shared/contracts/documents.ts';
import type { BusinessEvent } from '../../shared/contracts/events.ts';
import type { Outcome } from '../../shared/contracts/outcomes.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import { deliveryReported } from '../support/events.ts';
import { DAY_MS, START_MS, TICK_MS } from '../support/instants.ts';
import { DECIDED_MS, between, drawChanges, drawEvents, drawLine, setSupply } from '../support/event-sets.ts';
import { LOAD_TICK_MS, apply, bringUp, shuffle, stateOf, type Load } from '../support/load.ts';
import { campaignOf, entriesOf } from '../support/persisting.ts';
import { seededStore } from '../support/stores.ts';

const SETS = 1_000;
const SHUFFLES = 20;

/** Between the first tick and the second. */
const SEQUEL_MS = LOAD_TICK_MS + 60_000;
const SECOND_TICK_MS = LOAD_TICK_MS + TICK_MS;
/** By then every lease has returned and every flight is over. */
const LAST_TICK_MS = START_MS + 3 * DAY_MS;

interface EventSet {
  load: Load;
  /**
   * What follows the first tick: reports under its grants, closings, and changes of what is partly spent. A tick is a
   * barrier: a report folded before a budget is changed is another story than one folded after.
   */
  sequel: BusinessEvent[];
}

/** What one order of a set came to. */
interface Run {
  states: unknown[];
  decided: Record<string, Outcome>;
  ledger: Record<string, unknown>;
}

interface RunOptions {
  /** Counts what happened in all runs, so that nothing is proved about sets in which nothing happens. */
  seen: Map<string, number>;
  isTrusting?: boolean;
}

/** An event, so much later than it occurred, or a tick that may come at any time. */
type Step = { event: BusinessEvent; delayMs: number } | { market: string; atMs: number };

async function drawSet(seed: number): Promise<EventSet> {
  const random = createRandom(seed, 'set');
  const sizes = { count: between(random, 5, 9), campaigns: between(random, 1, 3), markets: between(random, 1, 3) };
  const load = drawEvents({ seed, ...sizes });
  const store = await seededStore({ markets: load.markets, supply: setSupply });
  for (const event of load.events) await apply(store, event);
  for (const market of load.markets) await bringUp(store, market, LOAD_TICK_MS);
  const sequel = [...(await drawMoreChanges(random, store, load)), ...(await drawMoreReports(random, store, load))];
  return { load, sequel };
}

async function drawMoreChanges(random: Random, store: AllocationStore, load: Load): Promise<BusinessEvent[]> {
  const changes: BusinessEvent[] = [];
  for (const campaignId of load.campaignIds) {
    const { status, requestedMicros, budgetVersion, statusVersion, subcampaigns } = await campaignOf(store, campaignId);
    if (status === 'closing' || status === 'ended') continue;
    const after = Math.max(budgetVersion, statusVersion);
    const draw = drawChanges(random, campaignId, { after, atMs: SEQUEL_MS, micros: requestedMicros });
    for (let left = between(random, 0, 4); left > 0; left--) changes.push(...[draw() ?? []].flat());
    // Where no floor forbids it, one of the budgets is below what is committed by now.
    const isBound = subcampaigns.some((sub) => sub.floorMicros !== undefined || sub.lockMicros !== undefined);
    const cut = isBound ? undefined : changes.findLast((event) => 'budgetMicros' in event.data);
    if (cut && 'budgetMicros' in cut.data && cut.data.campaignId === campaignId && random() < 0.5)
      cut.data = { ...cut.data, budgetMicros: between(random, 1, 400_000) };
  }
  return changes;
}

async function drawMoreReports(random: Random, store: AllocationStore, load: Load): Promise<BusinessEvent[]> {
  const reports: BusinessEvent[] = [];
  for (const market of load.markets) {
    for (const { campaignId, subcampaignId, leases } of await entriesOf(store, market)) {
      for (const lease of leases) {
        if (random() < 0.6) continue;
        const own = { campaignId, subcampaignId };
        const drawn = drawLine(random, { ...own, hourAtMs: START_MS });
        const chargedMicros = Math.min(openMicros(lease), drawn.chargedMicros);
        const chargedInAll = lease.chargedMicros + chargedMicros;
        const closing = { ...own, grantedMicros: lease.grantedMicros, chargedMicros: chargedInAll };
        const data = {
          market,
          group: lease.group,
          windowEndAtMs: SEQUEL_MS,
          lines: [{ ...drawn, chargedMicros }],
          closings: random() < 0.5 ? [closing] : [],
        };
        reports.push(deliveryReported(`sequel-${reports.length}`, data));
      }
    }
  }
  return reports;
}

/** All events, some of them twice, and the ticks, in an order of their own. */
function drawSteps(random: Random, events: readonly BusinessEvent[], ticks: readonly Step[]): Step[] {
  const copies = events.filter(() => random() < 0.25);
  const steps = [...events, ...copies].map((event) => ({ event, delayMs: between(random, 0, 1_000) }));
  return shuffle(random, [...steps, ...ticks]);
}

async function run({ load, sequel }: EventSet, random: Random, { seen, isTrusting = false }: RunOptions): Promise<Run> {
  const store = await seededStore({ markets: load.markets, supply: setSupply, options: { isTrusting } });
  const result: Run = { states: [], decided: {}, ledger: {} };
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  const take = async (steps: readonly Step[]) => {
    for (const step of steps) {
      if ('market' in step) {
        const { written } = await bringUp(store, step.market, step.atMs);
        for (const { entry } of written) {
          noteTick(result.ledger, entry);
          if (entry.outcomes.some(({ type }) => type === 'subcampaign-ended')) count('ended');
        }
      } else {
        const { entry, isDuplicate } = await apply(store, step.event, step.delayMs);
        count(isDuplicate ? 'copy' : entry.result);
        if (entry.outcomes.some(isBelowCommitments)) count('cut below what is committed');
        if (!isDuplicate) noteDecided(result.decided, entry);
      }
    }
  };
  const tickAll = (atMs: number) => load.markets.map((market) => ({ market, atMs }));
  // Where nobody reports a tick finds nothing to do: it may come between, and one that is late for the market may anywhere.
  const isHeard = new Set(load.events.flatMap(({ data }) => ('group' in data ? [data.market] : [])));
  const idle = tickAll(DECIDED_MS).filter(({ market }) => !isHeard.has(market));
  await take(drawSteps(random, load.events, idle));
  await take(tickAll(LOAD_TICK_MS));
  await take(drawSteps(random, sequel, tickAll(DECIDED_MS)));
  for (const atMs of [SECOND_TICK_MS, LAST_TICK_MS]) {
    await take(tickAll(atMs));
    result.states.push(await stateOf(store, load));
  }
  return { ...result, decided: sorted(result.decided), ledger: sorted(result.ledger) };
}

function isBelowCommitments(outcome: Outcome): boolean {
  return outcome.type === 'budget-applied' && outcome.subcampaigns.some(({ shareMicros }) => shareMicros !== undefined);
}

/**
 * What was decided last on each register. Whether an event was applied, superseded or waited depends on when it came,
 * and so does how many splits there were before; what is in force in the end does not, wherever it was decided.
 */
function noteDecided(decided: Run['decided'], { outcomes }: LedgerEntry): void {
  for (const outcome of outcomes) {
    switch (outcome.type) {
      case 'status-applied': {
        // When it took effect is when it came.
        const { decidedAtMs: _when, ...lasting } = outcome;
        decided[`${outcome.campaignId} ${outcome.type}`] = lasting;
        break;
      }
      case 'campaign-accepted':
        decided[`${outcome.campaignId} ${outcome.type}`] = outcome;
        break;
      case 'budget-applied':
        decided[`${outcome.campaignId} ${outcome.type}`] = { ...outcome, splitVersion: 1 };
        break;
      default:
        assert(outcome.type === 'change-superseded' || outcome.type === 'change-waiting', JSON.stringify(outcome));
    }
  }
}

/**
 * Reports and ticks have the same outcomes in every order. Two things go by name: a page's subcampaigns stand in the order
 * in which they came, and what is cancelled before anything was granted ends at the next tick, which may be an idle one.
 */
function noteTick(
  ledger: Run['ledger'],
  { eventId, eventType, source, occurredAtMs, result, outcomes }: LedgerEntry,
): void {
  const own: Outcome[] = [];
  for (const outcome of outcomes) {
    if ('subcampaignId' in outcome) ledger[`${outcome.type} ${entryKey(outcome)}`] = outcome;
    else if ('campaignId' in outcome) ledger[`${outcome.type} ${outcome.campaignId}`] = outcome;
    else if (outcome.type !== 'market-paced') own.push(outcome);
    else
      own.push({
        ...outcome,
        subcampaigns: outcome.subcampaigns.toSorted((a, b) => (entryKey(a) < entryKey(b) ? -1 : 1)),
      });
  }
  if (own.length > 0) ledger[eventId] = { eventType, source, occurredAtMs, result, outcomes: own };
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1)));
}

describe('Events without contention or refusals', () => {
  it(`end in one state whatever their order: ${SETS} sets in ${SHUFFLES} shuffles each`, async function () {
    // Some 15 seconds of one core. Sets are drawn by their number: a failure names the one to look at.
    this.timeout(180_000);
    const seen = new Map<string, number>();
    for (let seed = 0; seed < SETS; seed++) {
      const set = await drawSet(seed);
      // The first order goes through documents as they are stored, the others through documents as they are handed over.
      const first = await run(set, createRandom(seed, 0, 'shuffle'), { seen });
      const text = JSON.stringify(first);
      for (let turn = 1; turn < SHUFFLES; turn++) {
        const other = await run(set, createRandom(seed, turn, 'shuffle'), { seen, isTrusting: true });
        if (JSON.stringify(other) !== text) assert.deepEqual(other, first, `set ${seed}, shuffle ${turn}`);
      }
    }
    for (const what of ['applied', 'superseded', 'waiting', 'filed', 'copy', 'ended', 'cut below what is committed'])
      assert((seen.get(what) ?? 0) > SETS, `${what}: ${seen.get(what)}`);
  });
});
