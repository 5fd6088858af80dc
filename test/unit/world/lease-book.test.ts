import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Plan } from '../../../shared/contracts/plan.ts';
import { DEFAULT_AUCTION } from '../../../shared/contracts/serving.ts';
import { createLeaseBook, impressionCostMillionths } from '../../../emulators/world/lease-book.ts';

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

describe('lease book', () => {
  it('charges whole impressions as long as the lease covers them, and no more', () => {
    const leases = createLeaseBook('SE-a');
    leases.adopt(plan({ version: 1, grantedMicros: 25_000, spendUntilAtMs: TICK_MS }));
    const cost = impressionCostMillionths(500_000, 20_000);
    assert.deepEqual(leases.spend(KEY, 5, cost), { impressions: 2, chargedMicros: 20_000 });
    assert.deepEqual(leases.spend(KEY, 5, cost), { impressions: 0, chargedMicros: 0 });
  });

  it('never charges above what was granted less what was returned, and keeps fractions exactly', () => {
    const step = fc.record({
      wanted: fc.nat(500),
      price: fc.integer({ min: 1, max: 10 ** 9 }),
      ppm: fc.nat(1_000_000),
    });
    fc.assert(
      fc.property(fc.array(step), fc.nat(10 ** 9), fc.nat(10 ** 6), (steps, granted, returned) => {
        const leases = createLeaseBook('SE-a');
        const grantedMicros = Math.max(granted, returned);
        leases.adopt(plan({ version: 1, grantedMicros, returnedMicros: returned, spendUntilAtMs: TICK_MS }));
        let charged = 0;
        let exact = 0n;
        for (const { wanted, price, ppm } of steps) {
          const cost = impressionCostMillionths(price, ppm);
          const spent = leases.spend(KEY, wanted, cost);
          charged += spent.chargedMicros;
          exact += BigInt(spent.impressions) * cost;
          assert(charged <= grantedMicros - returned);
          assert.equal(BigInt(charged), exact / 1_000_000n);
          const covers = exact + cost <= BigInt(grantedMicros - returned) * 1_000_000n;
          assert.equal(spent.impressions, covers ? wanted : spent.impressions);
        }
      }),
    );
  });

  it('charges at least one micro for an impression', () => {
    assert.equal(impressionCostMillionths(30, 10), 1_000_000n);
    assert.equal(impressionCostMillionths(500_000, 0), 1_000_000n);
    assert.equal(impressionCostMillionths(Number.MAX_SAFE_INTEGER, 1_000_000), 9007199254740991000000n);
  });

  it('ignores an older plan', () => {
    const leases = createLeaseBook('SE-a');
    assert(leases.adopt(plan({ version: 5, grantedMicros: 10, spendUntilAtMs: 2 * TICK_MS })));
    assert(!leases.adopt(plan({ version: 4, grantedMicros: 99, spendUntilAtMs: 9 * TICK_MS })));
    assert.equal(leases.spendUntilAtMs(KEY), 2 * TICK_MS);
    assert.equal(leases.spend(KEY, 99, 1_000_000n).chargedMicros, 10);
  });

  it('has no lease for a group that a plan does not name', () => {
    const leases = createLeaseBook('SE-b');
    leases.adopt(plan({ version: 1, grantedMicros: 10, spendUntilAtMs: TICK_MS }));
    assert.equal(leases.spendUntilAtMs(KEY), 0);
    assert.equal(leases.spend(KEY, 1, 1_000_000n).impressions, 0);
  });

  it('closes once, after its last charge was accepted, with all it ever charged', () => {
    const leases = createLeaseBook('SE-a');
    leases.adopt(plan({ version: 1, grantedMicros: 100, spendUntilAtMs: TICK_MS }));
    leases.spend(KEY, 7, 1_000_000n);
    assert.deepEqual(leases.takeClosings(TICK_MS), []);
    leases.confirmReported();
    assert.deepEqual(leases.takeClosings(TICK_MS - 1), []);
    assert.deepEqual(leases.takeClosings(TICK_MS), [{ ...KEY, grantedMicros: 100, chargedMicros: 7 }]);
    assert.deepEqual(leases.takeClosings(TICK_MS), []);
    assert.equal(leases.spend(KEY, 1, 1_000_000n).impressions, 0);
  });

  it('stays closed under the same grant, however long a plan makes it last', () => {
    const leases = createLeaseBook('SE-a');
    leases.adopt(plan({ version: 1, grantedMicros: 100, spendUntilAtMs: TICK_MS }));
    leases.takeClosings(TICK_MS);
    leases.adopt(plan({ version: 1, grantedMicros: 200, spendUntilAtMs: 9 * TICK_MS }));
    assert.equal(leases.spendUntilAtMs(KEY), 0);
    leases.adopt(plan({ version: 2, grantedMicros: 200, spendUntilAtMs: 9 * TICK_MS }));
    assert.equal(leases.spendUntilAtMs(KEY), 9 * TICK_MS);
    leases.takeClosings(9 * TICK_MS);
    leases.adopt(plan({ version: 3, grantedMicros: 200, spendUntilAtMs: 20 * TICK_MS }));
    assert.equal(leases.spendUntilAtMs(KEY), 0);
  });

  it('opens again for a newer grant and may then close again', () => {
    const leases = createLeaseBook('SE-a');
    leases.adopt(plan({ version: 1, grantedMicros: 100, spendUntilAtMs: TICK_MS }));
    leases.spend(KEY, 40, 1_000_000n);
    leases.confirmReported();
    assert.equal(leases.takeClosings(TICK_MS).length, 1);
    leases.adopt(plan({ version: 2, grantedMicros: 130, returnedMicros: 60, spendUntilAtMs: 3 * TICK_MS }));
    assert.equal(leases.spend(KEY, 99, 1_000_000n).impressions, 30);
    leases.confirmReported();
    assert.deepEqual(leases.takeClosings(3 * TICK_MS), [{ ...KEY, grantedMicros: 130, chargedMicros: 70 }]);
  });
});
