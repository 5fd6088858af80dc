import assert from 'node:assert/strict';
import { houseWorthCpm } from '../../../shared/planning/house-worth.ts';

const LINE = { clickPriceMicros: 500_000 };

describe('what the house is worth', () => {
  it('is a hundredth of what an average impression is worth to an average line', () => {
    const cells = [
      { q50: 1000, clickPpm: 20_000 },
      { q50: 3000, clickPpm: 4_000 },
    ];
    // 32 clicks of 4,000 impressions: 8 clicks a thousand, of 0.6 each.
    assert.equal(houseWorthCpm([LINE, { clickPriceMicros: 700_000 }], cells), 48_000);
  });

  it('is nothing without lines, without supply, and where nobody clicks', () => {
    assert.equal(houseWorthCpm([], [{ q50: 1000, clickPpm: 20_000 }]), 0);
    assert.equal(houseWorthCpm([LINE], []), 0);
    assert.equal(houseWorthCpm([LINE], [{ q50: 0, clickPpm: 20_000 }]), 0);
    assert.equal(houseWorthCpm([LINE], [{ q50: 1000, clickPpm: 0 }]), 0);
  });
});
