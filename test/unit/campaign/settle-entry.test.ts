import assert from 'node:assert/strict';
import { leasedMicros } from '../../../shared/campaign/entry-money.ts';
import { SILENT_LEASE_MS, isFinal, settleEntry } from '../../../shared/campaign/settle-entry.ts';
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
    it(name, () => assert.equal(isFinal(entry(own), atMs), final));
  }
});
