import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawBinomial, drawLogNormal, drawPoisson } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { arrivedShare, fitDelayCurve } from '../../../shared/forecasting/delay-curve.ts';
import {
  clicksToCome,
  expectOfLine,
  projectFinal,
  type ChargedLine,
} from '../../../shared/forecasting/expected-outstanding.ts';
import { ForecastError } from '../../../shared/forecasting/forecast-error.ts';

const HOUR_MS = 3_600_000;
const WINDOW_MS = 6 * HOUR_MS;
const curve = fitDelayCurve([], WINDOW_MS, { medianMs: HOUR_MS, sigma: 1 });
const micros = fc.oneof(fc.constantFrom(0, 1, 1e6, Number.MAX_SAFE_INTEGER), fc.integer({ min: 0, max: 1e9 }));
const price = fc.constantFrom(1, 250_000, 400_000, Number.MAX_SAFE_INTEGER);
const age = fc.oneof(
  fc.constantFrom(-1, 0, 1, HOUR_MS, WINDOW_MS, 1e300, Infinity),
  fc.double({ min: 0, max: WINDOW_MS, noNaN: true }),
);

describe('what is outstanding of the charges of a line', () => {
  const line = { chargedMicros: 10e6, confirmedMicros: 0, clickPriceMicros: 4e5 };
  const outstanding = (own: Partial<ChargedLine>) =>
    expectOfLine({ ...line, hours: [], ...own }, curve).outstandingMicros;

  it('is all of a charge at first, none when its window has closed, and nothing without one', () => {
    const hour = (ageMs: number) => [{ ageMs, chargedMicros: 10e6 }];
    assert.equal(outstanding({ hours: hour(0) }), 10e6);
    assert.equal(outstanding({ hours: hour(-1) }), 10e6);
    assert.equal(outstanding({ hours: hour(WINDOW_MS) }), 0);
    assert.equal(outstanding({}), 0);
  });

  it('is a whole number of micros, and no less for more clicks, whatever the amounts', () => {
    const hours = fc.array(fc.record({ ageMs: age, chargedMicros: micros }), { maxLength: 8 });
    fc.assert(
      fc.property(micros, micros, micros, price, hours, (charged, confirmed, more, clickPriceMicros, own) => {
        const of = { chargedMicros: charged, confirmedMicros: confirmed, clickPriceMicros, hours: own };
        const { outstandingMicros, rateFactor } = expectOfLine(of, curve);
        assert(Number.isSafeInteger(outstandingMicros) && outstandingMicros >= 0, `${outstandingMicros}`);
        assert(rateFactor > 0 && rateFactor < Infinity, `${rateFactor}`);
        const clicked = { ...of, confirmedMicros: Math.min(Number.MAX_SAFE_INTEGER, confirmed + more) };
        assert(expectOfLine(clicked, curve).outstandingMicros >= outstandingMicros);
      }),
    );
  });

  it('falls with age, by the part of the running hour that has passed and then by the curve', () => {
    const of = (ageMs: number) => outstanding({ chargedMicros: 0, hours: [{ ageMs, chargedMicros: 1e9 }] }) / 1e9;
    const first = arrivedShare(curve, HOUR_MS);
    assert(Math.abs(of(HOUR_MS / 4) - (1 - first / 4)) < 1e-8);
    assert(Math.abs(of(HOUR_MS) - (1 - first)) < 1e-8);
    assert(Math.abs(of(2 * HOUR_MS) - (1 - arrivedShare(curve, 2 * HOUR_MS))) < 1e-8);
  });

  it('learns the rate of a young hour from the clicks of all hours before', () => {
    const hours = [{ ageMs: 0, chargedMicros: 10e6 }];
    const clicks = 1000 * line.clickPriceMicros;
    const of = { chargedMicros: 10e6 + clicks, hours };
    assert.equal(outstanding({ ...of, confirmedMicros: clicks }), 10e6);
    assert(Math.abs(outstanding({ ...of, confirmedMicros: 0.7 * clicks }) / 10e6 - 0.7) < 0.005);
    assert(Math.abs(outstanding({ ...of, confirmedMicros: 1.3 * clicks }) / 10e6 - 1.3) < 0.005);
    const one = { chargedMicros: 10e6 + line.clickPriceMicros, hours };
    assert(Math.abs(outstanding({ ...one, confirmedMicros: 2 * line.clickPriceMicros }) / 10e6 - 1) < 0.1);
  });

  it('is what comes, on average over lines whose rate is off by a third', () => {
    const random = createRandom(2, 'outstanding of lines');
    let [told, came, off] = [0, 0, 0];
    for (let trial = 0; trial < 400; trial++) {
      const rate = drawLogNormal(random, Math.exp(-0.045), 0.3);
      const hours = Array.from({ length: 12 }, (_, hour) => ({
        ageMs: (hour + 1) * HOUR_MS,
        clicks: drawPoisson(random, 20 * rate),
      }));
      let [confirmed, late] = [0, 0];
      for (const { ageMs, clicks } of hours) {
        const arrived = drawBinomial(random, clicks, arrivedShare(curve, ageMs));
        confirmed += arrived;
        late += clicks - arrived;
      }
      const one = line.clickPriceMicros;
      const open = hours
        .filter(({ ageMs }) => ageMs < WINDOW_MS)
        .map(({ ageMs }) => ({ ageMs, chargedMicros: 20 * one }));
      const money = { chargedMicros: 12 * 20 * one, confirmedMicros: confirmed * one, clickPriceMicros: one };
      told += expectOfLine({ ...money, hours: open }, curve).outstandingMicros / one;
      came += late;
      off += open.reduce((sum, { ageMs }) => sum + 20 * (1 - arrivedShare(curve, ageMs)), 0);
    }
    assert(Math.abs(told / came - 1) < 0.03, `${told} of ${came}; by the prediction alone ${off}`);
  });

  it('believes the prediction for one click, and the clicks for a thousand', () => {
    const share = arrivedShare(curve, HOUR_MS);
    const of = (clicks: number, rate: number) =>
      clicksToCome({ expected: clicks, confirmed: rate * clicks * share, ageMs: HOUR_MS }, curve) /
      (clicks * (1 - share));
    assert(Math.abs(of(1, 2) - 1) < 0.05);
    assert(Math.abs(of(1000, 2) - 2) < 0.05);
    assert(Math.abs(of(50, 1) - 1) < 1e-12);
  });

  it('is right on average, and nearer than the prediction alone and than the clicks alone', () => {
    const random = createRandom(1, 'outstanding');
    const errors = { ours: 0, prediction: 0, clicks: 0 };
    let [bias, whole] = [0, 0];
    for (let cohort = 0; cohort < 20_000; cohort++) {
      const ageMs = WINDOW_MS * (0.05 + 0.6 * random());
      const share = arrivedShare(curve, ageMs);
      const clicks = drawPoisson(random, 20 * drawLogNormal(random, Math.exp(-0.045), 0.3));
      const confirmed = drawBinomial(random, clicks, share);
      const toCome = clicksToCome({ expected: 20, confirmed, ageMs }, curve);
      const truth = clicks - confirmed;
      bias += toCome - truth;
      whole += truth;
      errors.ours += (toCome - truth) ** 2;
      errors.prediction += (20 * (1 - share) - truth) ** 2;
      errors.clicks += ((confirmed * (1 - share)) / share - truth) ** 2;
    }
    assert(Math.abs(bias / whole) < 0.02, `${bias / whole}`);
    assert(errors.ours < errors.prediction && errors.ours < errors.clicks);
  });

  it('refuses amounts, prices and ages that cannot be', () => {
    const bad = [-1, NaN, Infinity];
    const one = { ageMs: 1, chargedMicros: 1 };
    const wrong: Partial<ChargedLine>[] = [
      ...bad.flatMap((value) => [{ chargedMicros: value }, { confirmedMicros: value }, { clickPriceMicros: value }]),
      { clickPriceMicros: 0 },
      { clickPriceMicros: 0.5 },
      ...bad.map((value) => ({ hours: [{ ...one, chargedMicros: value }] })),
      { hours: [{ ...one, ageMs: NaN }] },
    ];
    for (const own of wrong) {
      assert.throws(
        () => outstanding(own),
        (error: unknown) => error instanceof ForecastError && error.code === 'INVALID_RESPONSE',
        JSON.stringify(own),
      );
    }
    assert.throws(() => clicksToCome({ expected: -1, confirmed: 0, ageMs: 1 }, curve), /expected must be/);
  });
});

describe('the final count', () => {
  it('is what came once all windows have closed, and what was expected before anything could come', () => {
    assert.deepEqual(projectFinal([{ expected: 9, confirmed: 4, ageMs: WINDOW_MS }], curve), {
      final: 4,
      low: 4,
      high: 4,
    });
    assert.equal(projectFinal([{ expected: 9, confirmed: 0, ageMs: 0 }], curve).final, 9);
    assert.deepEqual(projectFinal([], curve), { final: 0, low: 0, high: 0 });
  });

  it('lies between low and high four times in five, for conversions over fourteen days', () => {
    const random = createRandom(2, 'conversions');
    const windowMs = 14 * 24 * HOUR_MS;
    const slow = fitDelayCurve([], windowMs, { medianMs: 48 * HOUR_MS, sigma: 1.2 });
    let [inside, bias, whole] = [0, 0, 0];
    for (let campaign = 0; campaign < 2000; campaign++) {
      let truth = 0;
      const cohorts = Array.from({ length: 10 }, (_, day) => {
        const conversions = drawPoisson(random, 8 * drawLogNormal(random, Math.exp(-0.045), 0.3));
        const ageMs = (day + 0.5) * 24 * HOUR_MS;
        truth += conversions;
        return { expected: 8, confirmed: drawBinomial(random, conversions, arrivedShare(slow, ageMs)), ageMs };
      });
      const { final, low, high } = projectFinal(cohorts, slow);
      if (low <= truth && truth <= high) inside++;
      bias += final - truth;
      whole += truth;
    }
    assert(inside / 2000 > 0.75 && inside / 2000 < 0.88, `${inside / 2000}`);
    assert(Math.abs(bias / whole) < 0.01, `${bias / whole}`);
  });
});
