import assert from 'node:assert/strict';
import fc from 'fast-check';
import { analoguePrior, type Analogue } from '../../../shared/forecasting/analogue-prior.ts';
import { NO_PRIOR, type ColdStartPrior } from '../../../shared/forecasting/cold-start-prior.ts';
import { forecastColdStart, startCell, totalColdStart } from '../../../shared/forecasting/cold-start.ts';
import { sellableShare } from '../../../shared/forecasting/phantom-cap.ts';
import { sharePrior } from '../../../shared/forecasting/share-prior.ts';
import { createMarkets, marketKinds, type MarketKind } from '../../bench/forecast-markets.ts';

const [plain] = marketKinds as [MarketKind];
const markets = createMarkets(plain, 3, 9, 49);
const [newcomer, ...others] = markets as [Required<Analogue>, ...Required<Analogue>[]];
const { startHour, values } = newcomer.history;
const prior = analoguePrior(others, newcomer.activeListeners) as ColdStartPrior;
const own = (hours: number, of = values) => ({ startHour, values: of.slice(0, hours) });
const totalOf = (list: Float64Array) => list.reduce((sum, value) => sum + value, 0);
const refusal = (message: RegExp) => ({ code: 'INVALID_SERIES', message });

describe('the prior from analogue markets', () => {
  it('knows the level per listener, the shape, and how unlike markets are', () => {
    const level = Math.log(totalOf(values) / values.length);
    assert(Math.abs(prior.logLevel - level) < 2 * prior.levelSpread);
    assert(prior.levelSpread > 0.2 && prior.levelSpread < 0.8, String(prior.levelSpread));
    assert(prior.hourSpread > 0.05 && prior.hourSpread < 0.2, String(prior.hourSpread));
    assert(prior.daySpread > 0.04 && prior.daySpread < 0.15, String(prior.daySpread));
    const [low, high] = [Math.min(...prior.shape), Math.max(...prior.shape)];
    assert(high / low > 3 && high / low < 15, `${low}, ${high}`);
    assert(Math.abs(prior.shape.reduce((sum, share) => sum + share, 0) - 168) < 1e-9);
  });

  it('scales with the listeners of the market', () => {
    const twice = analoguePrior(others, 2 * newcomer.activeListeners) as ColdStartPrior;
    assert(Math.abs(twice.logLevel - prior.logLevel - Math.LN2) < 1e-9);
  });

  it('compares whole levels where listeners are not known, and doubts them more', () => {
    const unknown = analoguePrior(others.map(({ history }) => ({ history }))) as ColdStartPrior;
    assert(unknown.levelSpread > 1.5 * prior.levelSpread);
    assert.deepEqual(analoguePrior(others), unknown);
  });

  it('doubts a single analogue more than many', () => {
    const single = analoguePrior(others.slice(0, 1), newcomer.activeListeners) as ColdStartPrior;
    assert(single.levelSpread > 1.5 * prior.levelSpread);
  });

  it('says nothing without two weeks of traffic anywhere', () => {
    const short = { history: own(300), activeListeners: 1 };
    const silent = { history: { startHour, values: new Float64Array(500) }, activeListeners: 1 };
    assert.equal(analoguePrior([], 1), undefined);
    assert.equal(analoguePrior([short, silent], 1), undefined);
  });

  for (const listeners of [0, -1, NaN, Infinity]) {
    it(`refuses ${listeners} listeners`, () => {
      assert.throws(() => analoguePrior(others, listeners), refusal(/above 0/));
      assert.throws(() => analoguePrior([{ ...newcomer, activeListeners: listeners }], 1), refusal(/above 0/));
    });
  }
});

describe('the prior from a parent', () => {
  const parent = { startHour, values: values.map((value) => 10 * value) };

  it('takes an even share, in the shape of the parent', () => {
    const of = sharePrior({ history: parent, siblingShares: [0.25, 0.25, 0.25] }) as ColdStartPrior;
    const level = Math.exp(of.logLevel) / (totalOf(parent.values) / values.length);
    assert(level > 0.15 && level < 0.26, String(level));
    assert(Math.max(...of.shape) / Math.min(...of.shape) > 3);
  });

  it('doubts it the more the less alike siblings are', () => {
    const even = sharePrior({ history: parent, siblingShares: [0.25, 0.25, 0.25] }) as ColdStartPrior;
    const uneven = sharePrior({ history: parent, siblingShares: [0.9, 0.05, 0.01] }) as ColdStartPrior;
    const none = sharePrior({ history: parent, siblingShares: [] }) as ColdStartPrior;
    assert(uneven.levelSpread > 1.3 * even.levelSpread);
    for (const one of [even, uneven, none]) assert(one.levelSpread > 0.2 && one.levelSpread < 3);
  });

  it('says nothing of a parent without two weeks of traffic', () => {
    assert.equal(sharePrior({ history: own(100), siblingShares: [0.5] }), undefined);
  });

  for (const share of [0, 1, -0.1, NaN]) {
    it(`refuses a share of ${share}`, () => {
      assert.throws(() => sharePrior({ history: parent, siblingShares: [share] }), refusal(/between 0 and 1/));
    });
  }
});

describe('a cell that has just begun', () => {
  it('is forecast like its analogues without history, and like itself with some', () => {
    const loud = values.map((value) => 3 * value);
    const levelAfter = (hours: number) => Math.exp(startCell(own(hours, loud), prior).logLevel - prior.logLevel);
    const truth = totalOf(loud) / values.length / Math.exp(prior.logLevel);
    assert.equal(levelAfter(0), 1);
    const distance = (hours: number) => Math.abs(Math.log(levelAfter(hours) / truth));
    assert(distance(168) < 0.15 && distance(24) < 0.3 && distance(24) < distance(2), [2, 24, 168].map(distance).join());
  });

  it('has intervals that narrow with history and widen with the horizon', () => {
    const width = (hours: number, ahead: number) => {
      const { q10, q90 } = totalColdStart(startCell(own(hours), prior), startHour + hours + ahead, 24);
      return q90 / q10;
    };
    const widths = [0, 24, 72, 168].map((hours) => width(hours, 0));
    for (let index = 1; index < widths.length; index++) {
      assert((widths[index] as number) < 1.05 * (widths[index - 1] as number), widths.join());
    }
    assert((widths[3] as number) < 0.6 * (widths[0] as number), widths.join());
    assert(width(72, 240) > width(72, 0));
  });

  it('learns the shape of a day that is unlike the analogues', () => {
    const flat = new Float64Array(72).fill(500);
    const { shape } = startCell({ startHour, values: flat }, prior);
    const unevenness = (list: ArrayLike<number>) => Math.max(...Array.from(list)) / Math.min(...Array.from(list));
    assert(unevenness(shape) < 0.5 * unevenness(prior.shape));
  });

  it('is not led astray by one spike', () => {
    const spiked = own(72);
    spiked.values[50] = 1e7;
    const change = startCell(spiked, prior).logLevel - startCell(own(72), prior).logLevel;
    assert(Math.abs(change) < 0.2, String(change));
  });

  it('is covered by its intervals about as often as they say', () => {
    let [inside, hours] = [0, 0];
    for (const kind of marketKinds) {
      const all = createMarkets(kind, 11, 5, 28);
      for (const [index, market] of all.entries()) {
        const rest = all.filter((_, other) => other !== index);
        const of = analoguePrior(rest, market.activeListeners) as ColdStartPrior;
        for (const ownHours of [0, 24, 168]) {
          const history = { ...market.history, values: market.history.values.slice(0, ownHours) };
          const { lower, upper } = forecastColdStart(startCell(history, of), startHour + ownHours, 168);
          for (let hour = 0; hour < 168; hour++) {
            const truth = market.history.values[ownHours + hour] as number;
            hours += 1;
            if (truth >= (lower[hour] as number) && truth <= (upper[hour] as number)) inside += 1;
          }
        }
      }
    }
    assert(inside / hours > 0.9 && inside / hours < 0.99, String(inside / hours));
  });

  it('gives ordered finite amounts for any history', () => {
    const amount = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constantFrom(0, 1e-300, 1e15, 0.5));
    const priors = [prior, NO_PRIOR, { ...NO_PRIOR, isCounted: true }];
    fc.assert(
      fc.property(fc.array(amount, { minLength: 1, maxLength: 600 }), fc.constantFrom(...priors), (list, of) => {
        const start = startCell({ startHour, values: Float64Array.from(list) }, of);
        const { lower, q10, mean, q90, upper } = forecastColdStart(start, start.endHour, 50);
        for (let hour = 0; hour < 50; hour++) {
          const row = [lower, q10, mean, q90, upper].map((series) => series[hour] as number);
          assert(
            row.every((value) => value >= 0 && value < Infinity),
            row.join(),
          );
          row.slice(1).forEach((value, index) => assert(value * (1 + 1e-9) >= (row[index] as number), row.join()));
        }
        const total = totalColdStart(start, start.endHour, 50);
        assert(total.q10 <= total.q50 && total.q50 <= total.q90 && total.q10 >= 0 && total.q90 < Infinity);
      }),
      { numRuns: 60 },
    );
  });

  it('says nothing when nothing is known', () => {
    assert.throws(() => startCell(own(0), NO_PRIOR), refusal(/nothing to forecast from/));
  });

  for (const wrong of [NaN, -1, Infinity]) {
    it(`refuses a history with ${wrong}`, () => {
      assert.throws(() => startCell({ startHour, values: Float64Array.of(1, wrong) }, prior), refusal(/0 or more/));
    });
  }
});

describe('supply that only exists on paper', () => {
  it('is sold to a twentieth in the next hours, and more the further ahead', () => {
    assert.equal(sellableShare(0, 0), 0.05);
    assert.equal(sellableShare(0, 6), 0.05);
    assert(sellableShare(0, 39) > 0.5 && sellableShare(0, 39) < 0.55);
    assert.equal(sellableShare(0, 72), 1);
    assert.equal(sellableShare(0, 1000), 1);
  });

  it('is none once a day of the cell was seen, and between in proportion', () => {
    assert.equal(sellableShare(24, 0), 1);
    assert.equal(sellableShare(500, 3), 1);
    assert(Math.abs(sellableShare(12, 0) - 0.525) < 1e-12);
  });
});
