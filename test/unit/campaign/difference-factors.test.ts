import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRandom } from '../../../emulators/world/random.ts';
import { differenceFactors, type Factor, type PartFacts } from '../../../shared/campaign/difference-factors.ts';
import type { PartFlight } from '../../../shared/campaign/expected-delivery.ts';
import { campaignAfter } from '../../support/campaigns.ts';
import { campaignCreated } from '../../support/events.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { context, supplyDay } from '../../support/markets.ts';

const { hourShape } = supplyDay();
const [booked] = campaignAfter([campaignCreated()], context()).subcampaigns;

/** Two days of 100,000 opportunities each. */
function part(own: Partial<PartFlight> = {}): PartFlight {
  const flight = { startAtMs: START_MS, endAtMs: START_MS + 2 * DAY_MS };
  return { ...(booked as NonNullable<typeof booked>), ...flight, trafficByDay: [100_000, 100_000], ...own };
}

/** So much of the traffic that was expected in each hour of the first day; a cell of another audience has as much. */
function counted(share: number, hours = 24): PartFacts['observed'] {
  const hoursAtMs = Array.from({ length: hours }, (_hour, index) => START_MS + index * HOUR_MS);
  const opportunities = hoursAtMs.map((_atMs, hour) => 100_000 * (hourShape[hour] as number) * share);
  const cell = { surface: 'home', hoursAtMs, opportunities };
  return [
    { ...cell, segment: 'casual' },
    { ...cell, segment: 'fan' },
  ];
}

/** A day of two: 50 were to be accrued of 5,000 impressions, and were. */
function facts(own: Partial<PartFacts> = {}): PartFacts {
  return {
    part: part(),
    expectedMicros: 50_000_000,
    expectedImpressions: 5_000,
    accruedMicros: 50_000_000,
    impressions: 5_000,
    runningShare: 1,
    observed: counted(1),
    audience: undefined,
    hourShape,
    untilMs: START_MS + DAY_MS,
    ...own,
  };
}

const ratiosOf = (factors: readonly Factor[]) =>
  Object.fromEntries(factors.map(({ reason, ratio }) => [reason, Math.round(ratio * 1e9) / 1e9]));

describe('what a delivery was made of', () => {
  for (const { name, own, ratios } of [
    { name: 'as planned', own: {}, ratios: { supply: 1, response: 1, contention: 1 } },
    {
      name: 'less supply, of which it is served its share',
      own: { observed: counted(0.5), impressions: 2_500, accruedMicros: 25_000_000 },
      ratios: { supply: 0.5, response: 1, contention: 1 },
    },
    {
      name: 'fewer of as many opportunities',
      own: { impressions: 2_000, accruedMicros: 20_000_000 },
      ratios: { supply: 1, response: 1, contention: 0.4 },
    },
    {
      name: 'impressions that bring less',
      own: { accruedMicros: 30_000_000 },
      ratios: { supply: 1, response: 0.6, contention: 1 },
    },
    {
      name: 'a pause of a quarter of the time',
      own: { runningShare: 0.75, impressions: 3_750, accruedMicros: 37_500_000 },
      ratios: { supply: 1, pause: 0.75, response: 1, contention: 1 },
    },
    {
      name: 'supply that nobody counted',
      own: { observed: [], impressions: 2_500, accruedMicros: 25_000_000 },
      ratios: { response: 1, unexplained: 0.5 },
    },
    {
      name: 'supply that nobody expected',
      own: { part: part({ trafficByDay: [0, 0] }) },
      ratios: { response: 1, unexplained: 1 },
    },
    {
      name: 'hours that nobody reported of, which are no supply that is missing',
      own: { observed: counted(1, 8) },
      ratios: { supply: 1, response: 1, contention: 1 },
    },
    {
      name: 'impressions of which none was expected',
      own: { expectedImpressions: 0, accruedMicros: 60_000_000 },
      ratios: { supply: 1, unexplained: 1.2 },
    },
    {
      name: 'no supply at all',
      own: { observed: counted(0), impressions: 0, accruedMicros: 0 },
      ratios: { supply: 0 },
    },
    { name: 'no impression', own: { impressions: 0, accruedMicros: 0 }, ratios: { contention: 0 } },
    {
      name: 'no impression, and nobody counted',
      own: { observed: [], impressions: 0, accruedMicros: 0 },
      ratios: { unexplained: 0 },
    },
    {
      name: 'a pause all the time',
      own: { runningShare: 0, impressions: 0, accruedMicros: 0 },
      ratios: { pause: 0 },
    },
    { name: 'no click of what was shown', own: { accruedMicros: 0 }, ratios: { response: 0 } },
  ] satisfies { name: string; own: Partial<PartFacts>; ratios: Record<string, number> }[]) {
    it(`tells ${name}`, () => assert.deepEqual(ratiosOf(differenceFactors(facts(own))), ratios));
  }

  it('counts whole hours of its own flight alone, and no cells of others', () => {
    const late = part({ startAtMs: START_MS + HOUR_MS / 2 });
    const hoursAtMs = [0, 1, 2].map((hour) => START_MS + hour * HOUR_MS);
    const observed = [{ segment: 'casual', surface: 'home', hoursAtMs, opportunities: [1e9, 7_000, 1e9] }];
    const untilMs = START_MS + 2.5 * HOUR_MS;
    const { supply } = ratiosOf(differenceFactors(facts({ part: late, observed, untilMs })));
    // A day without its first half hour has 31/32 of its traffic, and each of its hours so much more.
    assert(Math.abs((supply as number) - (7_000 * (31 / 32)) / 6_250) < 1e-6, `${supply}`);
    const others = counted(3).map((cell) => ({ ...cell, surface: 'search' }));
    assert.deepEqual(ratiosOf(differenceFactors(facts({ observed: [...counted(1), ...others] }))).supply, 1);
  });

  it('makes delivered of expected, whatever is known', () => {
    const amount = fc.integer({ min: 1, max: 2 ** 40 });
    const drawn = fc.record({
      expectedMicros: amount,
      expectedImpressions: fc.integer({ min: 0, max: 1e6 }),
      accruedMicros: fc.oneof(fc.constant(0), amount),
      impressions: fc.integer({ min: 0, max: 1e6 }),
      runningShare: fc.constantFrom(0, 0.3, 1),
      observed: fc.constantFrom([], counted(0), counted(0.2), counted(3)),
      audience: fc.constantFrom<PartFacts['audience'][]>(undefined, {
        slots: [1, 5, 30],
        listeners: [9000, 3000, 1000],
      }),
      part: fc.constantFrom(part(), part({ releaseId: 'r' }), part({ perListenerDay: 2 })),
    });
    fc.assert(
      fc.property(drawn, (own) => {
        fc.pre(own.impressions > 0 || own.accruedMicros === 0);
        const factors = differenceFactors(facts(own));
        const product = factors.reduce((all, { ratio }) => all * ratio, 1);
        assert(Math.abs(product - own.accruedMicros / own.expectedMicros) <= 1e-9 * product, `${product}`);
        assert(factors.every(({ ratio }) => ratio >= 0 && ratio < Infinity));
        assert.equal(new Set(factors.map(({ reason }) => reason)).size, factors.length);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it('tells listeners who may not be shown it again from opportunities that went to others', () => {
    const random = createRandom('suppression');
    const audience = { slots: [1, 3, 10, 40], listeners: [8_000, 4_000, 2_000, 500] };
    const total = audience.slots.reduce((sum, slots, bin) => sum + slots * (audience.listeners[bin] as number), 0);
    /** Shows it once to each listener, at so much of the opportunities it could be shown at in the first half of the flight. */
    const serve = (rate: number) => {
      let [shown, offered] = [0, 0];
      audience.slots.forEach((slots, bin) => {
        for (let listener = 0; listener < (audience.listeners[bin] as number); listener++) {
          let isReached = false;
          for (let slot = 0; slot < slots; slot++) {
            if (random() >= 0.5 * rate) continue;
            offered++;
            if (!isReached) shown++;
            isReached = true;
          }
        }
      });
      return { shown, eligibleShare: shown / offered };
    };
    const capped = part({ releaseId: 'r1', trafficByDay: [total / 2, total / 2] });
    const observed = counted(total / 2 / 100_000);
    for (const [plannedRate, rate] of [
      [0.1, 0.6],
      [0.6, 0.1],
      [0.3, 0.3],
    ] as const) {
      const [planned, served] = [serve(plannedRate), serve(rate)];
      const factors = differenceFactors(
        facts({
          ...{ part: capped, audience, observed, expectedImpressions: planned.shown, impressions: served.shown },
          ...{ expectedMicros: planned.shown * 1000, accruedMicros: served.shown * 1000 },
        }),
      );
      const { suppression, contention, supply } = ratiosOf(factors) as Record<string, number>;
      const wanted = served.eligibleShare / planned.eligibleShare;
      assert(Math.abs((suppression as number) / wanted - 1) < 0.03, `${suppression} is not ${wanted}`);
      assert(Math.abs((contention as number) / (rate / plannedRate) - 1) < 0.05, `${contention}`);
      assert.equal(supply, 1);
    }
  });

  it('takes more supply for more listeners, of whom as many may still be shown it', () => {
    const audience = { slots: [1, 5], listeners: [9_000, 3_000] };
    const twice = { observed: counted(2), impressions: 10_000, accruedMicros: 100_000_000 };
    const factors = differenceFactors(facts({ audience, part: part({ releaseId: 'r1' }), ...twice }));
    assert.deepEqual(ratiosOf(factors), { supply: 2, suppression: 1, response: 1, contention: 1 });
  });

  it('knows of no suppression without a cap, or without listeners that were counted', () => {
    const audience = { slots: [1, 5], listeners: [9_000, 3_000] };
    for (const own of [{ audience }, { part: part({ releaseId: 'r1' }) }])
      assert.equal(ratiosOf(differenceFactors(facts({ ...own, impressions: 4_000 })))['suppression'], undefined);
    for (const own of [{ releaseId: 'r1' }, { perListenerFlight: 1 }, { perListenerDay: 1 }]) {
      const { suppression } = ratiosOf(differenceFactors(facts({ audience, part: part(own), impressions: 4_000 })));
      assert((suppression as number) > 1, 'fewer have been reached than planned');
    }
  });
});
