import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRandom } from '../../../emulators/world/random.ts';
import {
  marginalReach,
  reachOnePerRelease,
  unionReach,
  type SharedAudience,
} from '../../../shared/forecasting/overlap.ts';
import { reach } from '../../../shared/forecasting/reach.ts';

/** Doubles alone are nearly all tiny. */
const probability = fc.oneof(
  fc.integer({ min: 0, max: 1000 }).map((parts) => parts / 1000),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

interface Counted {
  slots: number[];
  listeners: number[];
}

const casual: Counted = { slots: [1, 3], listeners: [3000, 2000] };
const loyal: Counted = { slots: [5, 20], listeners: [800, 300] };
const audiences: (SharedAudience & { supply: Counted })[] = [
  { supply: casual, offerRates: [0.3, 0.2, 0] },
  { supply: loyal, offerRates: [0, 0.1, 0.4] },
];
const total = (amounts: Iterable<number>) => [...amounts].reduce((sum, amount) => sum + amount, 0);

describe('campaigns for the same listeners', () => {
  it('reach together, and one by one, whom they reach when each listener is drawn', () => {
    const random = createRandom(1, 'overlap');
    const rounds = 40;
    let union = 0;
    const firsts = [0, 0, 0];
    const alone = [0, 0, 0];
    for (const { supply, offerRates } of audiences) {
      supply.slots.forEach((slots, bin) => {
        for (let listener = 0; listener < rounds * (supply.listeners[bin] as number); listener++) {
          const hit = new Set<number>();
          let first: number | undefined;
          for (let slot = 0; slot < slots; slot++) {
            const wanting = offerRates.flatMap((rate, campaign) => (random() < rate ? [campaign] : []));
            first ??= wanting[Math.floor(random() * wanting.length)];
            for (const campaign of wanting) hit.add(campaign);
          }
          if (first === undefined) continue;
          union++;
          firsts[first] = (firsts[first] as number) + 1;
          if (hit.size === 1) alone[first] = (alone[first] as number) + 1;
        }
      });
    }
    const near = (actual: number, counted: number) =>
      assert(Math.abs(actual - counted / rounds) < 12, `${actual}, ${counted / rounds}`);
    near(unionReach(audiences), union);
    reachOnePerRelease(audiences).forEach((reached, campaign) => near(reached, firsts[campaign] as number));
    alone.forEach((counted, campaign) => near(marginalReach(audiences, campaign), counted));
  });

  it('share out all that they reach, when each listener has one exposure of them', () => {
    const rates = fc.array(probability, { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(rates, rates, (one, other) => {
        const both = [
          { supply: casual, offerRates: one },
          { supply: loyal, offerRates: other },
        ];
        const union = unionReach(both);
        assert(Math.abs(total(reachOnePerRelease(both)) - union) < 1e-6);
        for (const campaign of [0, 1]) {
          const own = reach(casual, one[campaign] as number) + reach(loyal, other[campaign] as number);
          const marginal = marginalReach(both, campaign);
          assert(marginal >= 0 && marginal <= own + 1e-9 && own <= union + 1e-9);
        }
      }),
    );
  });

  it('are one as good as the other when all take everything', () => {
    assert.deepEqual([...reachOnePerRelease([{ supply: casual, offerRates: [1, 1] }])], [2500, 2500]);
    assert.equal(marginalReach([{ supply: casual, offerRates: [1, 1] }], 0), 0);
  });

  it('are none, or reach nobody', () => {
    assert.equal(unionReach([]), 0);
    assert.deepEqual([...reachOnePerRelease([])], []);
    assert.equal(unionReach([{ supply: casual, offerRates: [] }]), 0);
    assert.deepEqual([...reachOnePerRelease([{ supply: casual, offerRates: [0, 0] }])], [0, 0]);
  });

  it('are refused when they are not as many everywhere, when there is no such one, or with rates that are none', () => {
    const code = 'INVALID_HISTOGRAM';
    const uneven = [
      { supply: casual, offerRates: [1] },
      { supply: loyal, offerRates: [1, 1] },
    ];
    assert.throws(() => unionReach(uneven), { code, message: /1 and 2 campaigns/ });
    for (const campaign of [-1, 3, 0.5, NaN])
      assert.throws(() => marginalReach(audiences, campaign), { code, message: /there are 3 campaigns/ });
    assert.throws(() => marginalReach([], 0), { code, message: /there are 0 campaigns/ });
    assert.throws(() => unionReach([{ supply: casual, offerRates: [1.5] }]), { code, message: /not 1.5/ });
    assert.throws(() => reachOnePerRelease([{ supply: { slots: [1], listeners: [] }, offerRates: [1] }]), { code });
  });
});
