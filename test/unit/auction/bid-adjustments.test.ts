import assert from 'node:assert/strict';
import { adjustmentOf, bidFor, compileAdjustments, countedCpm } from '../../../shared/auction/bid-adjustments.ts';
import type { AuctionSettings } from '../../../shared/contracts/serving.ts';

type Rules = AuctionSettings['adjustments'];

function counted(rules: Rules, buyer: string, cpmMicros: number): number {
  return countedCpm(adjustmentOf(compileAdjustments(rules), buyer), cpmMicros);
}

describe('an adjusted bid', () => {
  it('counts times the value, the value, or that much more', () => {
    assert.equal(counted([{ kind: 'multiplier', value: 1.5 }], 'acme', 100), 150);
    assert.equal(counted([{ kind: 'cpm', value: 70 }], 'acme', 100), 70);
    assert.equal(counted([{ kind: 'static', value: 7 }], 'acme', 100), 107);
  });

  it('counts what it is without a rule for its buyer', () => {
    assert.equal(counted([], 'acme', 100), 100);
    assert.equal(counted([{ buyer: 'brio', kind: 'cpm', value: 1 }], 'acme', 100), 100);
  });

  it('counts by the first rule that matches, whether it names the buyer or not', () => {
    const rules: Rules = [
      { buyer: 'brio', kind: 'cpm', value: 1 },
      { kind: 'cpm', value: 2 },
      { buyer: 'acme', kind: 'cpm', value: 3 },
      { buyer: 'brio', kind: 'cpm', value: 4 },
    ];
    assert.deepEqual(
      ['brio', 'acme', 'coda'].map((buyer) => counted(rules, buyer, 100)),
      [1, 2, 2],
    );
    assert.deepEqual(
      ['brio', 'acme', 'coda'].map((buyer) => counted(rules.toReversed(), buyer, 100)),
      [4, 3, 2],
    );
  });

  it('is found again from what it counts, where it moves that', () => {
    const bids = [undefined, { kind: 'multiplier', value: 1.5 }, { kind: 'static', value: 7 }] as const satisfies (
      Rules[number] | undefined
    )[];
    for (const rule of bids) assert.equal(bidFor(rule, countedCpm(rule, 100)), 100);
    assert.equal(bidFor({ kind: 'cpm', value: 70 }, 60), 60);
    assert.equal(bidFor({ kind: 'multiplier', value: 0 }, 60), 60);
  });
});
