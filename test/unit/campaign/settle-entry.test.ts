import assert from 'node:assert/strict';
import fc from 'fast-check';
import { billedMicros, committedMicros, leasedMicros } from '../../../shared/campaign/entry-money.ts';
import { SILENT_LEASE_MS, endFlight, isFinal, settleEntry } from '../../../shared/campaign/settle-entry.ts';
import type { BookEntry } from '../../../shared/contracts/documents.ts';
import { entry, lease } from '../../support/entries.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';

const cohort = { hourAtMs: START_MS, chargedMicros: 3, confirmedMicros: 1 };

describe('settling an entry', () => {
  it('drops an hour once its click window of six hours is over, to the millisecond', () => {
    const open = entry({ cohorts: [cohort] });
    assert.equal(settleEntry(open, START_MS + 7 * HOUR_MS - 1), open);
    assert.deepEqual(settleEntry(open, START_MS + 7 * HOUR_MS).cohorts, []);
  });

  it('returns what a group gave back once everything it charged is folded', () => {
    const settled = settleEntry(
      entry({ leases: [lease({ chargedMicros: 4_000_000, closingMicros: 4_000_000 })] }),
      START_MS,
    );
    assert.deepEqual(settled.leases, [lease({ chargedMicros: 4_000_000, returnedMicros: 6_000_000 })]);
    assert.equal(leasedMicros(settled), 0);
  });

  it('waits while the closing word names charges that no report brought yet', () => {
    const waiting = entry({ leases: [lease({ chargedMicros: 3_999_999, closingMicros: 4_000_000 })] });
    assert.equal(settleEntry(waiting, START_MS + HOUR_MS), waiting);
  });

  it('returns the lease of a group that stays silent for a day', () => {
    const { spendUntilAtMs } = lease();
    const silent = entry({ leases: [lease({ chargedMicros: 1 })] });
    assert.equal(settleEntry(silent, spendUntilAtMs + SILENT_LEASE_MS - 1), silent);
    assert.equal(settleEntry(silent, spendUntilAtMs + SILENT_LEASE_MS).leases[0]?.returnedMicros, 9_999_999);
  });

  it('returns nothing twice', () => {
    const once = settleEntry(entry({ leases: [lease({ closingMicros: 0 })] }), START_MS);
    assert.equal(settleEntry(once, START_MS + 2 * DAY_MS), once);
    assert.equal(once.leases[0]?.returnedMicros, 10_000_000);
  });

  it('returns nothing of a lease that was charged in full', () => {
    const settled = settleEntry(
      entry({ leases: [lease({ chargedMicros: 10_000_000, closingMicros: 10_000_000 })] }),
      START_MS,
    );
    assert.deepEqual(settled.leases, [lease({ chargedMicros: 10_000_000 })]);
  });
});

describe('settling an entry whose budget was cut below what is committed', () => {
  const spentMicros = 50_000_000;
  const cut = (shareMicros: number, own: Partial<BookEntry> = {}) =>
    entry({ spentMicros, budgetMicros: 60_000_000, shareMicros, leases: [lease()], ...own });

  it('keeps its budget while nothing settles', () => {
    const waiting = cut(1);
    assert.equal(settleEntry(waiting, START_MS), waiting);
  });

  it('lets the budget fall to what was spent as a closing lease returns, and bills all of that', () => {
    const closing = lease({ chargedMicros: 4_000_000, closingMicros: 4_000_000 });
    const settled = settleEntry(cut(1, { leases: [closing] }), START_MS);
    assert.deepEqual([settled.budgetMicros, settled.shareMicros, billedMicros(settled)], [50_000_000, 1, 50_000_000]);
  });

  it('lets it fall as the lease of a silent group returns, a day after its end', () => {
    const returnsAtMs = lease().spendUntilAtMs + SILENT_LEASE_MS;
    assert.equal(settleEntry(cut(1), returnsAtMs - 1).budgetMicros, 60_000_000);
    assert.equal(settleEntry(cut(1), returnsAtMs).budgetMicros, 50_000_000);
  });

  it('lets it fall as an hour closes whose clicks did not come', () => {
    const cohorts = [{ hourAtMs: START_MS, chargedMicros: 10_000_000, confirmedMicros: 3_000_000 }];
    const open = cut(1, { cohorts, leases: [], budgetMicros: 57_000_000 });
    assert.equal(settleEntry(open, START_MS + 7 * HOUR_MS - 1), open);
    assert.equal(settleEntry(open, START_MS + 7 * HOUR_MS).budgetMicros, 50_000_000);
  });

  it('lets it fall to its share and not further, and is then a budget like any other', () => {
    const settled = settleEntry(cut(55_000_000, { leases: [lease({ closingMicros: 0 })] }), START_MS);
    assert.deepEqual([settled.budgetMicros, settled.shareMicros], [55_000_000, undefined]);
    assert.equal(settleEntry(settled, START_MS + 2 * DAY_MS), settled);
  });

  it('never raises it again, whatever is committed later', () => {
    const budgets = fc.record({ spent: fc.nat(100), granted: fc.nat(100), budget: fc.nat(100), share: fc.nat(100) });
    fc.assert(
      fc.property(budgets, fc.nat(48), ({ spent, granted, budget, share }, hours) => {
        fc.pre(share < budget);
        const leases = [lease({ grantedMicros: granted })];
        const before = entry({ spentMicros: spent, budgetMicros: budget, shareMicros: share, leases });
        const after = settleEntry(before, START_MS + hours * HOUR_MS);
        assert(after.budgetMicros <= budget && after.budgetMicros >= share);
        assert(after.budgetMicros >= Math.min(budget, committedMicros(after)));
        assert.equal(billedMicros(after), billedMicros(before));
        assert.equal(after.shareMicros, after.budgetMicros === share ? undefined : share);
      }),
    );
  });
});

describe('an entry is final', () => {
  const endAtMs = START_MS + 2 * DAY_MS;
  const spent = lease({ chargedMicros: 10_000_000 });
  const cases = [
    { name: 'after its flight with nothing open', own: {}, atMs: endAtMs, final: true },
    { name: 'not before its end', own: {}, atMs: endAtMs - 1, final: false },
    {
      name: 'at once when it is closing and never served',
      own: { status: 'closing' as const },
      atMs: START_MS,
      final: true,
    },
    { name: 'not while it is only paused', own: { status: 'paused' as const }, atMs: START_MS, final: false },
    { name: 'not while clicks may come', own: { cohorts: [cohort] }, atMs: endAtMs, final: false },
    { name: 'not while money is leased', own: { leases: [lease()] }, atMs: endAtMs, final: false },
    {
      name: 'not while a spent lease may still be served on',
      own: { status: 'closing' as const, leases: [spent] },
      atMs: START_MS,
      final: false,
    },
    {
      name: 'once spent leases are over',
      own: { status: 'closing' as const, leases: [spent] },
      atMs: spent.spendUntilAtMs,
      final: true,
    },
  ];
  for (const { name, own, atMs, final } of cases) {
    it(name, () => assert.equal(isFinal(endFlight(entry(own), atMs), atMs), final));
  }

  it('never before its flight is ended: time alone ends nothing', () => {
    assert.equal(isFinal(entry(), endAtMs), false);
  });
});

describe('the end of a flight', () => {
  const endAtMs = START_MS + 2 * DAY_MS;
  const statuses = [
    { status: 'active', becomes: 'settling' },
    { status: 'paused', becomes: 'settling' },
    { status: 'overrun', becomes: 'settling' },
    { status: 'settling', becomes: 'settling' },
    { status: 'closing', becomes: 'closing' },
  ] as const;
  for (const { status, becomes } of statuses) {
    it(`makes an entry that is ${status} ${becomes}, and not a millisecond before`, () => {
      const own = entry({ status });
      assert.deepEqual(endFlight(own, endAtMs), { ...own, status: becomes });
      assert.equal(endFlight(own, endAtMs - 1), own);
    });
  }

  it('leaves what is over as the same object', () => {
    for (const status of ['settling', 'closing'] as const) {
      const own = entry({ status });
      assert.equal(endFlight(own, endAtMs), own);
    }
  });
});
