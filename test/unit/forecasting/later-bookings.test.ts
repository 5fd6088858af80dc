import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clickLaw } from '../../../shared/forecasting/click-law.ts';
import { AUCTIONED_SHARES, BOOKED_SHARES, keptShares, lawBeside } from '../../../shared/forecasting/later-bookings.ts';

const law = clickLaw([{ weight: 1, median: 10_000, sigma: 0.2 }], { alpha: 500, beta: 4_500 });

describe('What others may still book', () => {
  for (const [name, shares] of Object.entries({ BOOKED_SHARES, AUCTIONED_SHARES })) {
    it(`is of ${name} less than all, and likely in all`, () => {
      const sum = shares.reduce((total, { weight }) => total + weight, 0);
      assert(Math.abs(sum - 1) < 1e-12);
      assert(shares.every(({ weight, share }) => weight > 0 && share >= 0 && share < 1));
    });
  }

  it('takes nothing from one that has booked all that can be sold, or more', () => {
    for (const booked of [1000, 1500]) {
      const kept = keptShares(booked, { bookable: 1000, shares: BOOKED_SHARES });
      assert(kept.every(({ share }) => share === 1));
      assert.equal(lawBeside(law, booked, { bookable: 1000, shares: BOOKED_SHARES })(900), law(900));
    }
  });

  it('takes its shares of the rest from one that has booked some, and of all from one that booked nothing', () => {
    const later = { bookable: 1000, shares: [{ weight: 1, share: 0.5 }] };
    assert.deepEqual(keptShares(200, later), [{ weight: 1, share: 0.6 }]);
    assert.deepEqual(keptShares(200, { ...later, bookable: Infinity }), [{ weight: 1, share: 0.5 }]);
    assert.equal(lawBeside(law, 200, later)(300), law(500));
  });

  it('takes nothing where nothing can be sold', () => {
    assert.deepEqual(keptShares(0, { bookable: 0, shares: [{ weight: 1, share: 0.9 }] }), [{ weight: 1, share: 1 }]);
  });

  it('makes clicks no likelier, and the less booked the less likely', () => {
    const amount = fc.double({ min: 0, max: 2000, noNaN: true });
    fc.assert(
      fc.property(amount, amount, amount, (one, other, clicks) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const later = { bookable: 1000, shares: BOOKED_SHARES };
        const [ofLess, ofMore] = [lawBeside(law, less, later)(clicks), lawBeside(law, more, later)(clicks)];
        assert(ofLess <= ofMore + 1e-6 && ofMore <= law(clicks) + 1e-6, `${ofLess} ${ofMore} ${law(clicks)}`);
      }),
      { seed: 7 },
    );
  });
});
