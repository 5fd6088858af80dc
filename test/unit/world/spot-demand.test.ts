import assert from 'node:assert/strict';
import { createRandom } from '../../../emulators/world/random.ts';
import { createSpotDemand } from '../../../emulators/world/spot-demand.ts';

const CELLS = [{ clickPpm: 10_000 }, { clickPpm: 20_000 }];

function meanOf(place: number, hourOfDay: number): number {
  const demand = createSpotDemand([1, 'SE'], CELLS);
  const random = createRandom('requests');
  const offers = Array.from({ length: 4000 }, () => demand.offers(random, place, hourOfDay)).flat();
  return offers.reduce((sum, { cpmMicros }) => sum + cpmMicros, 0) / offers.length;
}

describe('spot demand', () => {
  it('offers more in the evening, and what differs from impression to impression', () => {
    const ratio = meanOf(0, 20) / meanOf(0, 8);
    assert(Math.abs(ratio - 1.25 / 0.75) < 0.1, `${ratio}`);
    const random = createRandom(3);
    const demand = createSpotDemand([1, 'SE'], CELLS);
    const cpms = Array.from({ length: 300 }, () => demand.offers(random, 1, 12))
      .flat()
      .map(({ cpmMicros }) => cpmMicros);
    assert(new Set(cpms).size > 100 && cpms.every((cpm) => Number.isSafeInteger(cpm) && cpm > 0));
  });

  it('has several buyers, each at most once in a request, and sometimes none', () => {
    const random = createRandom(4);
    const demand = createSpotDemand([1, 'SE'], CELLS);
    const counts = Array.from({ length: 2000 }, () => {
      const buyers = demand.offers(random, 0, 12).map(({ buyer }) => buyer);
      assert.equal(new Set(buyers).size, buyers.length);
      return buyers.length;
    });
    assert.deepEqual([...new Set(counts)].sort(), [0, 1, 2, 3]);
  });

  it('is the same for the same labels and another for others', () => {
    const first = (label: string) => createSpotDemand([1, label], CELLS).offers(createRandom(1), 0, 12);
    assert.deepEqual(first('SE'), first('SE'));
    assert.notDeepEqual(first('SE'), first('DE'));
  });
});
