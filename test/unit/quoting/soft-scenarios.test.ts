import assert from 'node:assert/strict';
import { softScenarios } from '../../../shared/quoting/soft-scenarios.ts';
import { quoteWorld } from '../../support/quote-worlds.ts';

describe('what may become of soft holds', () => {
  it('is one case where there are none, with the firm ones as they are', () => {
    const view = quoteWorld(1, { firmHolds: 2 });
    assert.deepEqual(softScenarios(view), [{ weight: 1, view }]);
  });

  it('confirms each as a whole, in as much of the weight as its probability, up or down to a draw', () => {
    const view = quoteWorld(1, { softHolds: 6, firmHolds: 1 });
    const cases = softScenarios(view);
    assert(Math.abs(cases.reduce((sum, { weight }) => sum + weight, 0) - 1) < 1e-12);
    assert.equal(cases[0]?.weight, 0);
    for (const hold of view.pages[0]?.holds ?? []) {
      const confirmed = cases.reduce((sum, one) => {
        const found = one.view.pages[0]?.holds?.find(({ bookingId }) => bookingId === hold.bookingId);
        assert.equal(found?.probability, undefined);
        if (found) assert.equal(found.budgetMicros, hold.budgetMicros);
        return sum + (found ? one.weight : 0);
      }, 0);
      assert(Math.abs(confirmed - (hold.probability ?? 1)) <= 1 / 6 + 1e-12, `${confirmed}`);
    }
  });

  it('is the same for a booking in every market', () => {
    const confirmedIn = (name: string) =>
      softScenarios(quoteWorld(5, { name, softHolds: 3 })).map(({ view }) =>
        (view.pages[0]?.holds ?? []).map(({ bookingId }) => bookingId),
      );
    assert.deepEqual(confirmedIn('SE'), confirmedIn('DE'));
  });
});
