import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawNormal } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { eligibleShares, planReach, type FlightListeners } from '../../../shared/forecasting/eligible-share.ts';

/** Doubles alone are nearly all tiny. */
const probability = fc.oneof(
  fc.integer({ min: 0, max: 1000 }).map((parts) => parts / 1000),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

const near = (actual: number, expected: number, tolerance = 1e-9) =>
  assert(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual}, ${expected}`);
const total = (amounts: Iterable<number>) => [...amounts].reduce((sum, amount) => sum + amount, 0);

/** What each day finds and reaches, over all sets of days that listeners may come on: no formula of ours. */
function byEnumeration(group: FlightListeners, rates: readonly number[], weights: readonly number[]) {
  const days = rates.length;
  const [eligible, coming] = [Array<number>(days).fill(0), Array<number>(days).fill(0)];
  for (let count = 1; count <= days; count++) {
    const sets = Array.from({ length: 2 ** days }, (_, set) => rates.map((_rate, day) => (set >> day) & 1)).filter(
      (set) => total(set) === count,
    );
    const chance = (set: readonly number[]) =>
      set.reduce((product, isIn, day) => product * (isIn ? (weights[day] as number) : 1), 1);
    const all = total(sets.map(chance));
    for (const set of sets) {
      let left = ((group.activeDayListeners[count - 1] as number) * chance(set)) / all;
      set.forEach((isIn, day) => {
        if (isIn === 0) return;
        const stayed = (1 - (group.streamingHazard ?? 0)) ** day;
        eligible[day] = (eligible[day] as number) + left * stayed;
        coming[day] = (coming[day] as number) + ((group.activeDayListeners[count - 1] as number) * chance(set)) / all;
        left *= 1 - (rates[day] as number);
      });
    }
  }
  return { eligible, coming };
}

describe('the eligible share of a flight', () => {
  it('equals that of all sets of days, with busy days and listeners who leave', () => {
    const rates = [0.2, 0, 0.7, 1, 0.4];
    const weights = [1, 3, 0.5, 2, 1];
    const busy = { activeDayListeners: [100, 80, 60, 40, 20], streamingHazard: 0.05 };
    const even = { activeDayListeners: [5, 0, 0, 9, 50] };
    const one = byEnumeration(busy, rates, weights);
    const other = byEnumeration(even, rates, [1, 1, 1, 1, 1]);
    const days = eligibleShares([{ ...busy, dayTraffic: one.coming }, even], rates);
    rates.forEach((rate, day) => {
      const eligible = (one.eligible[day] as number) + (other.eligible[day] as number);
      near(days.eligible[day] as number, eligible, 1e-6);
      near(
        days.eligibleShares[day] as number,
        eligible / ((one.coming[day] as number) + (other.coming[day] as number)),
        1e-6,
      );
      near(days.reached[day] as number, rate * eligible, 1e-6);
    });
  });

  it('is all at first, and falls as listeners are reached', () => {
    const { eligibleShares: shares } = eligibleShares([{ activeDayListeners: [3, 3, 3, 3] }], [0.3, 0.3, 0.3, 0.3]);
    near(shares[0] as number, 1);
    for (let day = 1; day < 4; day++) assert((shares[day] as number) < (shares[day - 1] as number));
  });

  it('is that of the reach on active days when the rate is one', () => {
    const activeDayListeners = [50, 40, 30, 20, 10, 5];
    const { reached } = eligibleShares([{ activeDayListeners }], Array<number>(6).fill(0.15));
    near(
      total(reached),
      activeDayListeners.reduce((sum, people, index) => sum + people * (1 - 0.85 ** (index + 1)), 0),
    );
  });
});

describe('the plan of a flight', () => {
  it('reaches what was sold, as much each day, where one rate for all days reaches three quarters', () => {
    const activeDayListeners = [130, 120, 110, 105, 100, 95, 90, 85, 85, 80];
    const uniques = total(activeDayListeners);
    const sold = uniques / 2;
    const plan = planReach([{ activeDayListeners }], { sold });
    for (const reached of plan.reached) near(reached, sold / 10);
    const listenerDays = activeDayListeners.reduce((sum, people, index) => sum + people * (index + 1), 0);
    const fixed = eligibleShares([{ activeDayListeners }], Array<number>(10).fill(sold / listenerDays));
    const share = total(fixed.reached) / sold;
    assert(share > 0.7 && share < 0.82, `${share}`);
    assert.deepEqual([...eligibleShares([{ activeDayListeners }], [...plan.offerRates]).reached], [...plan.reached]);
  });

  it('follows a curve, and makes up later for a day that has too few', () => {
    const activeDayListeners = [100, 0, 0, 100];
    const days = planReach([{ activeDayListeners }], { sold: 60, curve: [3, 1, 0, 2] }).reached;
    [30, 10, 0, 20].forEach((expected, day) => near(days[day] as number, expected));
    const late = planReach([{ activeDayListeners }], { sold: 170, curve: [1, 0, 0, 0] });
    near(late.offerRates[0] as number, 1);
    near(late.reached[0] as number, 125);
    near(total(late.reached), 170);
  });

  it('takes everybody when more is sold than there are', () => {
    const plan = planReach([{ activeDayListeners: [10, 5] }], { sold: 1000 });
    near(total(plan.reached), 15);
    assert.deepEqual([...plan.offerRates], [1, 1]);
  });

  it('sells nothing to anybody, and anything to nobody', () => {
    assert.deepEqual([...planReach([{ activeDayListeners: [10, 5] }], { sold: 0 }).offerRates], [0, 0]);
    const none = planReach([{ activeDayListeners: [0, 0] }], { sold: 5 });
    assert.deepEqual([...none.reached], [0, 0]);
    assert.deepEqual([...none.eligibleShares], [0, 0]);
  });

  it('goes on from what was served so far', () => {
    const groups = [{ activeDayListeners: [40, 30, 20, 10] }];
    const whole = planReach(groups, { sold: 50 });
    const asPlanned = { offerRates: [...whole.offerRates.slice(0, 2)], reached: [...whole.reached.slice(0, 2)] };
    const resumed = planReach(groups, { sold: 50, soFar: asPlanned });
    for (const day of [2, 3]) near(resumed.offerRates[day] as number, whole.offerRates[day] as number);
    const behind = planReach(groups, { sold: 50, soFar: { offerRates: asPlanned.offerRates, reached: [5, 5] } });
    near((behind.reached[2] as number) + (behind.reached[3] as number), 40);
    const ahead = planReach(groups, { sold: 50, soFar: { offerRates: asPlanned.offerRates, reached: [30, 30] } });
    assert.deepEqual([...ahead.offerRates.slice(2)], [0, 0]);
  });

  it('never offers to more than come, nor reaches more than was sold', () => {
    const groups = fc.integer({ min: 1, max: 31 }).chain((days) =>
      fc.record({
        activeDayListeners: fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-300, max: 1e9, noNaN: true })), {
          minLength: days,
          maxLength: days,
        }),
        dayTraffic: fc
          .array(fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e9, noNaN: true })), {
            minLength: days,
            maxLength: days,
          })
          .filter((weights) => weights.some((weight) => weight > 0)),
        streamingHazard: probability,
      }),
    );
    fc.assert(
      fc.property(groups, probability, (group, part) => {
        const everybody = total(group.activeDayListeners);
        const plan = planReach([group], { sold: part * everybody });
        assert(plan.offerRates.every((rate) => rate >= 0 && rate <= 1));
        assert(plan.eligibleShares.every((share) => share >= 0 && share <= 1));
        assert(plan.reached.every((reached) => reached >= 0));
        assert(total(plan.reached) <= part * everybody * (1 + 1e-9) + 1e-300);
      }),
    );
  });

  it('delivers what was sold to listeners who come as they like', () => {
    const random = createRandom(1, 'flight');
    const listeners = Array.from({ length: 20_000 }, () => 1 / (1 + Math.exp(-drawNormal(random) * 1.5)));
    const come = (days: number) =>
      listeners.map((probability) => Array.from({ length: days }, () => random() < probability));
    const activeDayListeners = Array<number>(10).fill(0);
    for (const week of come(10)) {
      const days = week.filter(Boolean).length;
      if (days > 0) activeDayListeners[days - 1] = (activeDayListeners[days - 1] as number) + 1;
    }
    const sold = total(activeDayListeners) / 2;
    const { offerRates } = planReach([{ activeDayListeners }], { sold });
    const reached = come(10).filter((week) =>
      week.some((comes, day) => comes && random() < (offerRates[day] as number)),
    );
    assert(Math.abs(reached.length / sold - 1) < 0.02, `${reached.length / sold}`);
  });

  const group = { activeDayListeners: [3, 2] };
  const refused: { name: string; run: () => unknown; message: RegExp }[] = [
    { name: 'a flight without listeners', run: () => planReach([], { sold: 1 }), message: /at least one group/ },
    { name: 'a flight of no days', run: () => planReach([{ activeDayListeners: [] }], { sold: 1 }), message: /not 0/ },
    {
      name: 'groups of two flights',
      run: () => planReach([group, { activeDayListeners: [1] }], { sold: 1 }),
      message: /2 and 1 days/,
    },
    {
      name: 'negative listeners',
      run: () => planReach([{ activeDayListeners: [-1] }], { sold: 1 }),
      message: /has -1/,
    },
    {
      name: 'a hazard above 1',
      run: () => planReach([{ ...group, streamingHazard: 2 }], { sold: 1 }),
      message: /not 2/,
    },
    { name: 'no number sold', run: () => planReach([group], { sold: NaN }), message: /sold .* not NaN/ },
    { name: 'less than nothing sold', run: () => planReach([group], { sold: -1 }), message: /sold .* not -1/ },
    {
      name: 'a curve of other days',
      run: () => planReach([group], { sold: 1, curve: [1] }),
      message: /parts of 1 days/,
    },
    { name: 'a curve of nothing', run: () => planReach([group], { sold: 1, curve: [0, 0] }), message: /no part/ },
    {
      name: 'a falling curve',
      run: () => planReach([group], { sold: 1, curve: [2, -1] }),
      message: /from 0 on, not 2, -1/,
    },
    {
      name: 'weights of other days',
      run: () => planReach([{ ...group, dayTraffic: [1] }], { sold: 1 }),
      message: /parts of 1/,
    },
    {
      name: 'rates of other days',
      run: () => eligibleShares([group], [0.5]),
      message: /1 offer rates for a flight of 2/,
    },
    { name: 'a rate above 1', run: () => eligibleShares([group], [0.5, 2]), message: /not 2/ },
    {
      name: 'a past longer than the flight',
      run: () => planReach([group], { sold: 1, soFar: { offerRates: [0, 0, 0], reached: [0, 0, 0] } }),
      message: /3 offer rates and 3 reaches/,
    },
    {
      name: 'a past that is no number',
      run: () => planReach([group], { sold: 1, soFar: { offerRates: [0], reached: [NaN] } }),
      message: /not NaN/,
    },
  ];
  for (const { name, run, message } of refused) {
    it(`refuses ${name}`, () => assert.throws(run, { code: 'INVALID_HISTOGRAM', message }));
  }
});
