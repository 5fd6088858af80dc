import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_MICROS } from '../../../shared/contracts/micros.ts';
import {
  assertCurve,
  reachCurve,
  responseAt,
  spendCurve,
  type ResponseCurve,
} from '../../../shared/planning/response-curve.ts';
import { splitByResponse } from '../../../shared/planning/response-split.ts';

const DOLLAR = 1_000_000;

/** The quartile of a log-normal law of that sigma, of a median of 1. */
function lowOf(sigma: number): number {
  return Math.exp(-0.6744897501960817 * sigma);
}

/** E[min(b, V)] of a log-normal V of median 1: an integral of min(b, v) over the density, no distribution function. */
function expectedSpend(budget: number, sigma: number): number {
  const kink = Math.log(budget) / sigma;
  const integral = (from: number, to: number) => {
    const steps = 400;
    let sum = 0;
    for (let step = 0; step <= steps; step++) {
      const sigmas = from + ((to - from) * step) / steps;
      const density = Math.exp((-sigmas * sigmas) / 2) / Math.sqrt(2 * Math.PI);
      const simpson = step === 0 || step === steps ? 1 : step % 2 === 0 ? 2 : 4;
      sum += simpson * Math.min(budget, Math.exp(sigma * sigmas)) * density;
    }
    return (sum * (to - from)) / steps / 3;
  };
  return integral(Math.min(-10, kink - 10), kink) + integral(kink, Math.max(10, kink + 10));
}

/** The largest distance of a curve from the true one, as a share of its highest point. */
function distance(curve: ResponseCurve, truth: (micros: number) => number): number {
  const highest = curve.response.at(-1) as number;
  let worst = 0;
  curve.micros.slice(1).forEach((to, index) => {
    const from = curve.micros[index] as number;
    for (const share of [0.25, 0.5, 0.75, 1]) {
      const micros = from + (to - from) * share;
      worst = Math.max(worst, Math.abs(responseAt(curve, micros) - truth(micros)) / highest);
    }
  });
  return worst;
}

function assertConcave(curve: ResponseCurve): void {
  assertCurve(curve, 'the test');
  let before = Infinity;
  curve.micros.slice(1).forEach((to, index) => {
    const length = to - (curve.micros[index] as number);
    const slope = ((curve.response[index + 1] as number) - (curve.response[index] as number)) / length;
    assert(slope <= before * (1 + 1e-9) + 1e-12, `piece ${index}: ${slope} after ${before}`);
    before = slope;
  });
}

const amount = fc.oneof(fc.nat(100), fc.nat(10 ** 12), fc.maxSafeNat());

describe('the curve of expected spending', () => {
  for (const sigma of [0.01, 0.1, 0.4, 1, 1.5, 2, 2.5, 3]) {
    it(`is within 1e-4 of the integral at a sigma of ${sigma}, in at most 101 points`, () => {
      const curve = spendCurve({ medianMicros: 1000 * DOLLAR, lowMicros: 1000 * DOLLAR * lowOf(sigma) });
      assertConcave(curve);
      assert(curve.micros.length <= 101);
      const error = distance(curve, (micros) => 1000 * DOLLAR * expectedSpend(micros / (1000 * DOLLAR), sigma));
      assert(error <= 1e-4, `${error}`);
    });
  }

  it('spends almost the median of the median when supply is almost certain, and its end is the mean', () => {
    const sigma = 0.05;
    const curve = spendCurve({ medianMicros: DOLLAR, lowMicros: DOLLAR * lowOf(sigma) });
    const lost = 1 - responseAt(curve, DOLLAR) / DOLLAR;
    assert(Math.abs(lost - sigma / Math.sqrt(2 * Math.PI)) < 1e-3, `${lost}`);
    assert(Math.abs((curve.response.at(-1) as number) / DOLLAR - Math.exp(sigma ** 2 / 2)) < 1e-4);
  });

  it('of a certain supply is straight up to it', () => {
    assert.deepEqual(spendCurve({ medianMicros: 700, lowMicros: 700 }), { micros: [0, 700], response: [0, 700] });
  });

  it('of no supply brings nothing', () => {
    for (const amount of [0, 0.4])
      assert.deepEqual(spendCurve({ medianMicros: amount, lowMicros: amount }), { micros: [0], response: [0] });
  });

  it('of a supply that may well be nothing is that of sigma 3', () => {
    const worst = spendCurve({ medianMicros: DOLLAR, lowMicros: DOLLAR * lowOf(3) * (1 - 1e-9) });
    assert.deepEqual(spendCurve({ medianMicros: DOLLAR, lowMicros: 0 }), worst);
  });

  it('is a curve, concave, and never above its budget, for any supply', () => {
    fc.assert(
      fc.property(
        amount,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 2, max: 101 }),
        (median, share, points) => {
          const curve = spendCurve({ medianMicros: median, lowMicros: median * share }, points);
          assertCurve(curve, 'the test');
          assert(curve.micros.length <= points);
          curve.micros.forEach((micros, index) => assert((curve.response[index] as number) <= micros * (1 + 1e-12)));
        },
      ),
    );
  });

  it('is concave also where supply is all but certain, and slopes are all but rounding', () => {
    for (const certainty of [1 - 1e-3, 1 - 1e-7, 1 - 1e-11]) {
      for (const medianMicros of [10 ** 6, 10 ** 12, 9 * 10 ** 15])
        assertConcave(spendCurve({ medianMicros, lowMicros: medianMicros * certainty }));
    }
  });

  it('splits in proportion to supply where uncertainty is the same, to a micro', () => {
    const medians = [100, 300, 500, 1700].map((dollars) => dollars * DOLLAR);
    const parts = medians.map((medianMicros) => ({
      curve: spendCurve({ medianMicros, lowMicros: 0.8 * medianMicros }),
      weight: 1,
      floorMicros: 0,
      capMicros: MAX_MICROS,
    }));
    for (const budgetMicros of [26 * DOLLAR, 1300 * DOLLAR, 2600 * DOLLAR, 3000 * DOLLAR + 7]) {
      const split = splitByResponse(budgetMicros, parts);
      assert(split.kind === 'split');
      split.sharesMicros.forEach((share, index) => {
        const proportion = (budgetMicros * (medians[index] as number)) / (2600 * DOLLAR);
        assert(Math.abs(share - proportion) <= 2, `${share}, not ${proportion}`);
      });
    }
  });

  it('splits less to the part whose supply is less certain, so that the last micro is as likely spent everywhere', () => {
    const sigmas = [0.1, 0.6];
    const parts = sigmas.map((sigma) => ({
      curve: spendCurve({ medianMicros: 1000 * DOLLAR, lowMicros: 1000 * DOLLAR * lowOf(sigma) }),
      weight: 1,
      floorMicros: 0,
      capMicros: MAX_MICROS,
    }));
    const split = splitByResponse(1600 * DOLLAR, parts);
    assert(split.kind === 'split');
    const [certain, risky] = split.sharesMicros as [number, number];
    assert(certain > 1.2 * risky);
    const sigmasAbove = [certain, risky].map(
      (share, index) => Math.log(share / (1000 * DOLLAR)) / (sigmas[index] as number),
    );
    assert(Math.abs((sigmasAbove[0] as number) - (sigmasAbove[1] as number)) < 0.1, sigmasAbove.join(' '));
  });

  const refused: {
    name: string;
    supply: { medianMicros: number; lowMicros: number };
    points?: number;
    message: RegExp;
  }[] = [
    { name: 'a NaN median', supply: { medianMicros: NaN, lowMicros: 0 }, message: /the median: NaN/ },
    { name: 'a negative median', supply: { medianMicros: -1, lowMicros: -2 }, message: /the median: -1/ },
    { name: 'an infinite median', supply: { medianMicros: Infinity, lowMicros: 2 }, message: /the median: Infinity/ },
    { name: 'a NaN quartile', supply: { medianMicros: 5, lowMicros: NaN }, message: /the lower quartile: NaN/ },
    {
      name: 'a quartile above the median',
      supply: { medianMicros: 5, lowMicros: 6 },
      message: /quartile 6 is above the median 5/,
    },
    { name: 'one point', supply: { medianMicros: 5, lowMicros: 4 }, points: 1, message: /at least 2 points, not 1/ },
    { name: 'half a point', supply: { medianMicros: 5, lowMicros: 4 }, points: 2.5, message: /not 2.5/ },
  ];
  for (const { name, supply, points, message } of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => spendCurve(supply, points), { name: 'PlanningError', code: 'INVALID_CURVE', message });
    });
  }
});

describe('the curve of reach', () => {
  for (const slots of [1, 1.3, 2, 5, 40, 10_000]) {
    it(`is within 1e-4 of random serving at ${slots} slots a listener, in at most 101 points`, () => {
      const opportunities = 20_000 * slots;
      const curve = reachCurve({ listeners: 20_000, opportunities, costPerOpportunityMicros: 750.5 });
      assertConcave(curve);
      assert(curve.micros.length <= 101);
      assert.equal(curve.micros.at(-1), Math.round(opportunities * 750.5));
      const error = distance(
        curve,
        (micros) => 20_000 * (1 - (1 - Math.min(1, micros / opportunities / 750.5)) ** slots),
      );
      assert(error <= 1e-4, `${error}`);
    });
  }

  it('reaches one listener an opportunity where there are fewer of them than listeners', () => {
    const curve = reachCurve({ listeners: 500, opportunities: 100, costPerOpportunityMicros: 10 });
    assert.deepEqual(curve, { micros: [0, 1000], response: [0, 100] });
  });

  it('of nobody, or of no opportunity, brings nothing', () => {
    for (const [listeners, opportunities] of [
      [0, 9],
      [9, 0],
    ] as [number, number][]) {
      const curve = reachCurve({ listeners, opportunities, costPerOpportunityMicros: 5 });
      assert.deepEqual(curve, { micros: [0], response: [0] });
    }
  });

  it('reaches everybody without money where opportunities cost nothing', () => {
    const curve = reachCurve({ listeners: 9, opportunities: 20, costPerOpportunityMicros: 0 });
    assert.deepEqual(curve, { micros: [0], response: [9] });
  });

  it('is a curve for any supply', () => {
    fc.assert(
      fc.property(
        amount,
        amount,
        amount,
        fc.integer({ min: 2, max: 101 }),
        (listeners, opportunities, cost, points) => {
          const curve = reachCurve({ listeners, opportunities, costPerOpportunityMicros: cost }, points);
          assertCurve(curve, 'the test');
          assert(curve.micros.length <= points);
          assert((curve.response.at(-1) as number) <= Math.min(listeners, opportunities) * (1 + 1e-9));
        },
      ),
    );
  });

  const supply = { listeners: 5, opportunities: 9, costPerOpportunityMicros: 3 };
  for (const [name, what] of [
    ['listeners', 'the listeners'],
    ['opportunities', 'the opportunities'],
    ['costPerOpportunityMicros', 'the cost of an opportunity'],
  ] as const) {
    it(`refuses ${what} where they are no number of at least 0`, () => {
      for (const wrong of [NaN, -1, Infinity]) {
        const message = new RegExp(`${what}: ${wrong} is not a number`);
        assert.throws(() => reachCurve({ ...supply, [name]: wrong }), { code: 'INVALID_CURVE', message });
      }
    });
  }

  it('refuses fewer than 2 points', () => {
    assert.throws(() => reachCurve(supply, 1), { code: 'INVALID_CURVE', message: /at least 2 points, not 1/ });
  });
});

describe('the response at an amount', () => {
  const curve = { micros: [0, 10, 30], response: [1, 5, 6] };
  it('is that of a point at the point, straight between points, and flat after the last', () => {
    assert.deepEqual(
      [0, 5, 10, 20, 30, 31, MAX_MICROS].map((micros) => responseAt(curve, micros)),
      [1, 3, 5, 5.5, 6, 6, 6],
    );
  });

  it('is that of the one point of a curve that has no more', () => {
    assert.equal(responseAt({ micros: [0], response: [4] }, 8), 4);
  });
});
