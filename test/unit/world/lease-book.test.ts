import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Plan } from '../../../shared/contracts/plan.ts';
import { DEFAULT_AUCTION } from '../../../shared/contracts/serving.ts';
import { type LeaseBook, createLeaseBook } from '../../../emulators/world/lease-book.ts';

const KEY = { campaignId: 'c1', subcampaignId: 's1' };
const TICK_MS = 300_000;

interface Shown {
  version: number;
  grantedMicros: number;
  returnedMicros?: number;
  spendUntilAtMs: number;
}

function plan({ version, grantedMicros, returnedMicros = 0, spendUntilAtMs }: Shown): Plan {
  const lease = { group: 'SE-a', grantedMicros, returnedMicros, spendUntilAtMs };
  const line = {
    ...KEY,
    segments: ['a'],
    surfaces: ['b'],
    startAtMs: 0,
    endAtMs: 1e12,
    clickPriceMicros: 500_000,
    price: 0,
    worth: 1,
    fallbackShare: 1,
  };
  return {
    schemaVersion: 1,
    market: 'SE',
    planVersion: version,
    supplyVersion: 1,
    slot: version,
    publishedAtMs: 0,
    validUntilAtMs: 1,
    auction: DEFAULT_AUCTION,
    response: [],
    lines: [{ ...line, leases: [lease] }],
  };
}

/** Charges the one line as often as its lease covers it; what was charged. */
function spend(leases: LeaseBook, times: number, chargeMicros: number): number {
  const line = leases.lineOf(KEY);
  let charged = 0;
  for (let left = times; left > 0 && leases.covers(line, chargeMicros); left--) {
    leases.charge(line, chargeMicros);
    charged += chargeMicros;
  }
  return charged;
}

describe('lease book', () => {
  it('covers charges as long as the lease does, and is used up by the first that it does not', () => {
    const leases = createLeaseBook('SE-a');
    leases.adopt(plan({ version: 1, grantedMicros: 25_000, spendUntilAtMs: TICK_MS }));
    assert.deepEqual([...leases.isSpent()], [0]);
    assert.equal(spend(leases, 5, 10_000), 20_000);
    assert.deepEqual([...leases.isSpent()], [1]);
    assert.equal(leases.openMicros(0), 5000);
    leases.adopt(plan({ version: 2, grantedMicros: 26_000, spendUntilAtMs: TICK_MS }));
    assert.deepEqual([...leases.isSpent()], [0]);
  });

  it('never charges above what was granted less what was returned', () => {
    const grants = fc.array(fc.nat(10 ** 9), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 10 ** 9 })),
        grants,
        fc.nat(10 ** 6),
        (charges, steps, returned) => {
          const leases = createLeaseBook('SE-a');
          let grantedMicros = returned;
          let charged = 0;
          steps.forEach((step, version) => {
            grantedMicros += step;
            leases.adopt(plan({ version, grantedMicros, returnedMicros: returned, spendUntilAtMs: TICK_MS }));
            for (const charge of charges) charged += spend(leases, 1, charge);
            assert(charged <= grantedMicros - returned);
            assert.equal(leases.openMicros(0), grantedMicros - returned - charged);
          });
        },
      ),
    );
  });

  it('has nothing open once the lease has ended, and nothing of a line it does not know', () => {
    const leases = createLeaseBook('SE-a');
    leases.adopt(plan({ version: 1, grantedMicros: 100, spendUntilAtMs: TICK_MS }));
    assert.deepEqual([leases.openMicros(TICK_MS - 1), leases.openMicros(TICK_MS)], [100, 0]);
    const stranger = leases.lineOf({ ...KEY, subcampaignId: 's2' });
    assert.equal(leases.covers(stranger, 1), false);
    assert.throws(() => leases.charge(stranger, 1), /line -1 has no lease/);
  });

  it('ignores an older plan', () => {
    const leases = createLeaseBook('SE-a');
    assert(leases.adopt(plan({ version: 5, grantedMicros: 10, spendUntilAtMs: 2 * TICK_MS })));
    assert(!leases.adopt(plan({ version: 4, grantedMicros: 99, spendUntilAtMs: 9 * TICK_MS })));
    assert.equal(leases.openMicros(2 * TICK_MS), 0);
    assert.equal(spend(leases, 99, 1), 10);
  });

  it('has no lease for a group that a plan does not name', () => {
    const leases = createLeaseBook('SE-b');
    leases.adopt(plan({ version: 1, grantedMicros: 10, spendUntilAtMs: TICK_MS }));
    assert.deepEqual([...leases.isSpent()], [1]);
    assert.equal(spend(leases, 1, 1), 0);
  });

  it('closes once, after its last charge was accepted, with all it ever charged', () => {
    const leases = createLeaseBook('SE-a');
    leases.adopt(plan({ version: 1, grantedMicros: 100, spendUntilAtMs: TICK_MS }));
    spend(leases, 7, 1);
    assert.deepEqual(leases.takeClosings(TICK_MS), []);
    leases.confirmReported();
    assert.deepEqual(leases.takeClosings(TICK_MS - 1), []);
    assert.deepEqual(leases.takeClosings(TICK_MS), [{ ...KEY, grantedMicros: 100, chargedMicros: 7 }]);
    assert.deepEqual(leases.takeClosings(TICK_MS), []);
    assert.equal(spend(leases, 1, 1), 0);
  });

  it('stays closed under the same grant, however long a plan makes it last', () => {
    const leases = createLeaseBook('SE-a');
    leases.adopt(plan({ version: 1, grantedMicros: 100, spendUntilAtMs: TICK_MS }));
    leases.takeClosings(TICK_MS);
    leases.adopt(plan({ version: 1, grantedMicros: 200, spendUntilAtMs: 9 * TICK_MS }));
    assert.deepEqual([...leases.isSpent()], [1]);
    leases.adopt(plan({ version: 2, grantedMicros: 200, spendUntilAtMs: 9 * TICK_MS }));
    assert.deepEqual([...leases.isSpent()], [0]);
    leases.takeClosings(9 * TICK_MS);
    leases.adopt(plan({ version: 3, grantedMicros: 200, spendUntilAtMs: 20 * TICK_MS }));
    assert.deepEqual([...leases.isSpent()], [1]);
  });

  it('opens again for a newer grant and may then close again', () => {
    const leases = createLeaseBook('SE-a');
    leases.adopt(plan({ version: 1, grantedMicros: 100, spendUntilAtMs: TICK_MS }));
    spend(leases, 40, 1);
    leases.confirmReported();
    assert.equal(leases.takeClosings(TICK_MS).length, 1);
    leases.adopt(plan({ version: 2, grantedMicros: 130, returnedMicros: 60, spendUntilAtMs: 3 * TICK_MS }));
    assert.equal(spend(leases, 99, 1), 30);
    leases.confirmReported();
    assert.deepEqual(leases.takeClosings(3 * TICK_MS), [{ ...KEY, grantedMicros: 130, chargedMicros: 70 }]);
  });
});
