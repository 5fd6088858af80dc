import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawPoisson } from '../../../emulators/world/draws.ts';
import { createRandom, type Random } from '../../../emulators/world/random.ts';
import { estimateListeners, type RequestsByListener } from '../../../shared/forecasting/estimate-listeners.ts';

const WINDOW_DAYS = 10;
/** The estimate is read from the last of them; the days before fill the first trailing windows. */
const DAYS = 24;
const LISTENERS = 20_000;

/** A listener's visits on one day. */
type Habit = () => number;

/** How often listeners come: each kind draws a listener, which draws its days. */
const kinds: Record<string, (random: Random) => Habit> = {
  'at any time, some more often than others': (random) => {
    const daily = -Math.log(1 - random()) * 0.45;
    return () => drawPoisson(random, daily);
  },
  'on some days, three times each': (random) => {
    const active = random();
    return () => (random() < active ? 3 : 0);
  },
  'on some days, and then again and again': (random) => {
    const active = random();
    return () => {
      if (random() >= active) return 0;
      let visits = 1;
      while (random() < 2 / 3) visits += 1;
      return visits;
    };
  },
  'seldom, and then more than once': (random) => {
    const active = random() ** 3;
    return () => (random() < active ? 1 + drawPoisson(random, 1) : 0);
  },
};

/** All requests of the last ten days as they are sampled, and who really was there in those days. */
function simulate(kind: (random: Random) => Habit, random: Random) {
  const requests = new Map<string, RequestsByListener>();
  const byActiveDays = new Array<number>(WINDOW_DAYS + 1).fill(0);
  let visitsInAll = 0;
  for (let listener = 0; listener < LISTENERS; listener++) {
    const habit = kind(random);
    const days = Array.from({ length: DAYS }, () => habit());
    const window = days.slice(-WINDOW_DAYS);
    visitsInAll += window.reduce((sum, visits) => sum + visits, 0);
    const activeDays = window.filter((visits) => visits > 0).length;
    byActiveDays[activeDays] = (byActiveDays[activeDays] ?? 0) + 1;
    for (let day = DAYS - WINDOW_DAYS; day < DAYS; day++) {
      const before = days.slice(day - WINDOW_DAYS + 1, day);
      const earlier = before.reduce((sum, visits) => sum + visits, 0);
      const dayCount = before.filter((visits) => visits > 0).length + 1;
      for (let visit = 1; visit <= (days[day] ?? 0); visit++) {
        const key = `${earlier + visit}/${dayCount}`;
        const known = requests.get(key)?.requests ?? 0;
        requests.set(key, {
          segment: 'casual',
          visits: earlier + visit,
          activeDays: dayCount,
          requests: known + 1,
        });
      }
    }
  }
  return { requests: [...requests.values()], byActiveDays, visitsInAll };
}

describe('estimateListeners', () => {
  for (const [name, kind] of Object.entries(kinds)) {
    it(`finds how many listeners come ${name}`, () => {
      const { requests, byActiveDays, visitsInAll } = simulate(kind, createRandom(5, 'listeners', name));
      const bins = estimateListeners(requests, WINDOW_DAYS);
      const actual = byActiveDays.slice(1).reduce((sum, count) => sum + count, 0);
      const estimated = bins.reduce((sum, { listeners }) => sum + listeners, 0);
      assert(Math.abs(estimated / actual - 1) < 0.06, `${estimated} of ${actual} listeners`);
      const visits = bins.reduce((sum, bin) => sum + bin.listeners * bin.visits, 0);
      assert(Math.abs(visits / visitsInAll - 1) < 0.02, `${visits} of ${visitsInAll} visits`);
      for (let activeDays = 1; activeDays <= WINDOW_DAYS; activeDays++) {
        const own = bins.filter((bin) => bin.activeDays === activeDays).reduce((sum, bin) => sum + bin.listeners, 0);
        const difference = Math.abs(own - (byActiveDays[activeDays] ?? 0)) / actual;
        assert(difference < 0.02, `${own} of ${byActiveDays[activeDays]} on ${activeDays} days`);
      }
    });
  }

  const request = (visits: number, activeDays: number, requests: number): RequestsByListener => ({
    segment: 'casual',
    visits,
    activeDays,
    requests,
  });

  it('is exact on a first day: those who come to a visit less those who come to the next', () => {
    const bins = estimateListeners([request(1, 1, 100), request(2, 1, 60), request(3, 1, 10)], 10);
    assert.deepEqual(
      bins.map(({ visits, listeners }) => [visits, listeners]),
      [
        [1, 40],
        [2, 50],
        [3, 10],
      ],
    );
  });

  it('keeps segments and surfaces apart, and all surfaces from each', () => {
    const own = { visits: 1, activeDays: 1, requests: 1 };
    const rows = [
      { segment: 'b', ...own },
      { segment: 'a', surface: 'home', ...own },
      { segment: 'a', ...own },
    ];
    assert.deepEqual(
      estimateListeners(rows, 10).map(({ segment, surface }) => [segment, surface]),
      [
        ['a', undefined],
        ['a', 'home'],
        ['b', undefined],
      ],
    );
  });

  it('knows nobody without days, without requests, and where counts make no sense', () => {
    assert.deepEqual(estimateListeners([request(1, 1, 5)], 0), []);
    assert.deepEqual(estimateListeners([], 10), []);
    const senseless = [
      request(0, 0, 5),
      request(1, 1, 0),
      request(1, 1, -3),
      request(NaN, 1, 1),
      request(1, 1, Infinity),
    ];
    assert.deepEqual(estimateListeners(senseless, 10), []);
  });

  it('gives finite listeners of whole visits for whatever ad servers count', () => {
    const row = fc.record({
      visits: fc.oneof(fc.nat(30), fc.maxSafeNat()),
      activeDays: fc.oneof(fc.nat(12), fc.maxSafeNat()),
      requests: fc.double({ min: 0, max: 1e15, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(row), fc.integer({ min: 1, max: 10 }), (rows, days) => {
        for (const bin of estimateListeners(
          rows.map((own) => ({ segment: 'casual', ...own })),
          days,
        )) {
          assert(Number.isFinite(bin.listeners) && bin.listeners >= 0, JSON.stringify(bin));
          assert(Number.isInteger(bin.visits) && bin.visits >= bin.activeDays, JSON.stringify(bin));
          assert(bin.activeDays >= 1 && bin.activeDays <= WINDOW_DAYS, JSON.stringify(bin));
        }
      }),
      { seed: 20_260_302 },
    );
  });
});
