import assert from 'node:assert/strict';
import { watchTick } from '../../../shared/campaign/watch-tick.ts';
import type { BookEntry } from '../../../shared/contracts/documents.ts';
import type { Plan } from '../../../shared/contracts/plan.ts';
import { entry, lease } from '../../support/entries.ts';
import { page } from '../../support/markets.ts';

const quiet = { overruns: 0, overrunMicros: 0, violations: [] };
const watch = (before: BookEntry[], after: BookEntry[]) => watchTick([page(before)], { pages: [page(after)] });
const planOf = (...shares: number[]) =>
  ({
    market: 'SE',
    lines: shares.map((fallbackShare) => ({ segments: ['casual'], surfaces: ['home'], fallbackShare })),
  }) as unknown as Plan;

describe('watching a tick', () => {
  it('has nothing to say of pages that did not move, and of grants within the budget, to the micro', () => {
    assert.deepEqual(watchTick([page([entry()])], { pages: [] }), quiet);
    const all = entry({ spentMicros: 90_000_000, leases: [lease()] });
    assert.deepEqual(watch([entry({ spentMicros: 90_000_000 })], [all]), quiet);
  });

  it('finds a grant that brings what is committed above the budget, and whose it is', () => {
    const granted = entry({ spentMicros: 90_000_001, leases: [lease()] });
    assert.deepEqual(watch([entry({ spentMicros: 90_000_001 })], [granted]).violations, [
      {
        invariant: 1,
        line: { tenantId: 't1', campaignId: 'c1' },
        where: 'c1/s1 committedMicros',
        expected: 'at most 100000000',
        found: '100000001',
      },
    ]);
    const second = entry({ spentMicros: 90_000_000, leases: [lease(), lease({ group: 'g2', grantedMicros: 1 })] });
    const before = entry({ spentMicros: 90_000_000, leases: [lease()] });
    assert.equal(watch([before], [second]).violations.length, 1);
    // A part that is new in its page was granted all that it has.
    assert.equal(watch([], [granted]).violations.length, 1);
  });

  it('takes late clicks above the budget for no fault: nothing is granted with them', () => {
    const before = entry({ spentMicros: 90_000_000, leases: [lease()] });
    assert.deepEqual(watch([before], [{ ...before, spentMicros: 120_000_000 }]), quiet);
  });

  it('takes what a server charged above its lease for no grant, though it is granted afterwards', () => {
    const before = entry({ spentMicros: 90_000_000, leases: [lease()] });
    const { grantedMicros } = lease();
    const charged = { ...lease(), grantedMicros: grantedMicros + 7, chargedMicros: grantedMicros + 7 };
    assert.deepEqual(watch([before], [{ ...before, spentMicros: 120_000_000, leases: [charged] }]), quiet);
  });

  it('adds up what was overrun since the last tick, and counts the lines', () => {
    const before = [entry({ overrunMicros: 5 }), entry({ subcampaignId: 's2' }), entry({ subcampaignId: 's3' })];
    const after = [
      entry({ overrunMicros: 8 }),
      entry({ subcampaignId: 's2', overrunMicros: 4 }),
      before[2] as BookEntry,
    ];
    assert.deepEqual(watch(before, after), { ...quiet, overruns: 2, overrunMicros: 7 });
    assert.deepEqual(watch(after, after), quiet);
  });

  it('finds a plan that gives a cell away more than once, and not one that rounds', () => {
    const watchPlan = (plan: Plan) => watchTick([], { pages: [], plan }).violations;
    assert.deepEqual(watchPlan(planOf(0.1, 0.2, 0.7)), []);
    assert.deepEqual(watchPlan(planOf(...Array<number>(10).fill(0.1))), []);
    const [home] = planOf(0.75).lines as [Plan['lines'][number]];
    const elsewhere = { ...planOf(0.5), lines: [home, { ...home, surfaces: ['search'] }] };
    assert.deepEqual(watchPlan(elsewhere), [], 'each surface of a segment is a cell of its own');
    assert.deepEqual(watchPlan(planOf(0.5, 0.75)), [
      { invariant: 5, where: 'plan of SE, fallback of casual/home', expected: 'at most 1', found: '1.25' },
    ]);
  });
});
