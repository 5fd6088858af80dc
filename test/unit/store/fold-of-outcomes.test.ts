import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expectedCampaign } from '../../../shared/campaign/campaign-state.ts';
import { billedMicros, committedMicros } from '../../../shared/campaign/entry-money.ts';
import { evolve, withLiveNumbers } from '../../../shared/campaign/evolve.ts';
import type { BookEntry } from '../../../shared/contracts/documents.ts';
import type { Outcome } from '../../../shared/contracts/outcomes.ts';
import { refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import { budgetChanged, campaignCreated, line, order, statusChanged } from '../../support/events.ts';
import { DAY_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { finalsAddUp } from '../../support/invariants.ts';
import { report } from '../../support/leased-store.ts';
import { entriesOf, file, persist, tick } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';

describe('the fold of outcomes', () => {
  it('is the stored campaign with its live numbers, and no money is lost or spent twice, whatever happens', async () => {
    const step = fc.oneof(
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('budget' as const),
          // Often less than a few leases, so that it is below what is committed.
          micros: fc.oneof(fc.integer({ min: 1, max: 300_000_000 }), fc.integer({ min: 1, max: 4_000_000 })),
          version: fc.integer({ min: 1, max: 6 }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('status' as const),
          status: fc.constantFrom('active' as const, 'paused' as const, 'cancelled' as const),
          version: fc.integer({ min: 1, max: 6 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('created' as const) }) },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('report' as const),
          group: fc.constantFrom('g1', 'g2'),
          sub: fc.constantFrom('s1', 's2'),
          clicks: fc.nat(20),
          charged: fc.nat(8_000_000),
          closes: fc.boolean(),
        }),
      },
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('tick' as const), ticks: fc.constantFrom(1, 1, 1, 6, 72, 288) }),
      },
    );
    let fallen = 0;
    const served = ['s1', 's2'].map((sub) => ({
      kind: 'report' as const,
      group: 'g1',
      sub,
      clicks: 0,
      charged: 0,
      closes: false,
    }));
    const leased = [{ kind: 'created' as const }, ...served, { kind: 'tick' as const, ticks: 6 }];
    const cut = { kind: 'budget' as const, micros: 1_000, version: 1 };
    const begin = fc.constantFrom([], leased, [...leased, cut]);
    const whole = fc
      .tuple(begin, fc.array(step, { minLength: 5, maxLength: 40 }))
      .map(([first, rest]) => [...first, ...rest]);
    await fc.assert(
      fc.asyncProperty(whole, async (steps) => {
        const store = await seededStore();
        const outcomes: Outcome[] = [];
        let atMs = START_MS;
        const created = campaignCreated({
          subcampaigns: [order(), order({ subcampaignId: 's2', capMicros: 70_000_000 })],
        });
        for (const [index, one] of steps.entries()) {
          const eventId = `e${index}`;
          if (one.kind === 'tick') {
            atMs += one.ticks * TICK_MS;
            const before = await entriesOf(store);
            const { written } = await tick(store, atMs);
            outcomes.push(...written.flatMap(({ entry }) => entry.outcomes));
            fallen += assertNoneRose(before, await entriesOf(store));
          } else if (one.kind === 'report') {
            const held = (await entriesOf(store))
              .find(({ subcampaignId }) => subcampaignId === one.sub)
              ?.leases.find(({ group }) => group === one.group);
            const key = { campaignId: 'c1', subcampaignId: one.sub };
            const closings =
              one.closes && held
                ? [{ ...key, grantedMicros: held.grantedMicros, chargedMicros: held.chargedMicros + one.charged }]
                : [];
            const lines = [line({ ...key, hourAtMs: atMs, clicks: one.clicks, chargedMicros: one.charged })];
            await file(store, report(eventId, atMs + 1, { group: one.group, lines, closings }));
          } else {
            const event =
              one.kind === 'budget'
                ? budgetChanged(one.micros, one.version, { eventId })
                : one.kind === 'status'
                  ? statusChanged(one.status, one.version, { eventId })
                  : created;
            const { entry, isDuplicate } = await persist(store, event, atMs);
            if (!isDuplicate) outcomes.push(...entry.outcomes);
          }
          await assertConsistent(store, outcomes);
        }
      }),
      { numRuns: 150 },
    );
    assert(fallen > 0, 'no budget fell');
  });
});

/** A tick lets budgets fall, never below what is billed; returns how many fell. */
function assertNoneRose(before: readonly BookEntry[], after: readonly BookEntry[]): number {
  return after.filter((entry) => {
    const old = before.find(({ subcampaignId }) => subcampaignId === entry.subcampaignId);
    assert(old && entry.budgetMicros <= old.budgetMicros);
    assert(entry.budgetMicros >= Math.min(old.budgetMicros, committedMicros(entry)));
    assert(billedMicros(entry) >= billedMicros(old));
    return entry.budgetMicros < old.budgetMicros;
  }).length;
}

/** A history of which only the outcomes matter. */
const nothing = {
  created: new Map<string, number>(),
  rewritten: [],
  answered: [],
  ledger: [],
  reports: [],
  quarantined: [],
};

async function assertConsistent(store: AllocationStore, outcomes: readonly Outcome[]): Promise<void> {
  const folded = outcomes.reduce(evolve, expectedCampaign('t1', 'c1'));
  const [stored] = await store.read([refs.campaign('t1', 'c1')]);
  const entries = await entriesOf(store);
  if (!stored) return;
  const live = withLiveNumbers(stored, entries);
  assert.deepEqual(folded, live);
  assert.deepEqual(finalsAddUp({ campaigns: [live], markets: [] }, { ...nothing, outcomes }), []);
  const { subcampaigns, escrowMicros, budgetMicros } = live;
  assert.equal(
    subcampaigns.reduce((sum, sub) => sum + sub.budgetMicros, escrowMicros),
    budgetMicros,
  );
  const billed = subcampaigns.reduce((sum, sub) => sum + Math.min(sub.spentMicros, sub.budgetMicros), 0);
  assert(billed <= budgetMicros, `${billed} billed of ${budgetMicros}`);
  // No overrun makes anybody pay more than was ever asked for.
  const askedMicros = Math.max(
    ...outcomes.map((outcome) =>
      outcome.type === 'campaign-accepted' || outcome.type === 'budget-applied' ? outcome.requestedMicros : 0,
    ),
  );
  assert(budgetMicros <= askedMicros, `the budget is ${budgetMicros}, ${askedMicros} was the most that was asked for`);
  for (const entry of entries) {
    for (const { grantedMicros, returnedMicros, chargedMicros } of entry.leases)
      assert(returnedMicros + chargedMicros <= grantedMicros);
  }
}

describe('a day of ticks', () => {
  it('never commits more than the budget while groups stay inside their leases', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated({ budgetMicros: 20_000_000 }));
    const charged = new Map<string, number>();
    for (let atMs = START_MS; atMs < START_MS + 2 * DAY_MS; atMs += 6 * TICK_MS) {
      const [entry] = await entriesOf(store);
      for (const group of ['g1', 'g2']) {
        const lease = entry?.leases.find((one) => one.group === group);
        const open = lease ? lease.grantedMicros - lease.returnedMicros - (charged.get(group) ?? 0) : 0;
        charged.set(group, (charged.get(group) ?? 0) + open);
        const lines =
          open > 0 ? [line({ hourAtMs: atMs, chargedMicros: open, clicks: Math.floor(open / 500_000) })] : [];
        await file(store, report(`${group}:${atMs}`, atMs + 1, { group, lines }));
      }
      await tick(store, atMs + TICK_MS);
      for (const one of await entriesOf(store)) {
        assert(committedMicros(one) <= one.budgetMicros);
        assert.equal(one.overrunMicros, 0);
      }
    }
    const [entry] = await entriesOf(store);
    assert((entry?.spentMicros ?? 0) > 15_000_000, `only ${entry?.spentMicros ?? 0} spent`);
  });
});
