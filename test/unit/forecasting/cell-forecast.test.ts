import assert from 'node:assert/strict';
import fc from 'fast-check';
import { analoguePrior } from '../../../shared/forecasting/analogue-prior.ts';
import {
  fitCell,
  forecastCell,
  type CellForecast,
  type CellForecastContext,
  type CellModel,
} from '../../../shared/forecasting/cell-forecast.ts';
import { cleanObservations, type HourlyHistory } from '../../../shared/forecasting/clean-observations.ts';
import type { ColdStartPrior } from '../../../shared/forecasting/cold-start-prior.ts';
import { HOUR_MS } from '../../../shared/forecasting/traffic-clock.ts';
import { createMarkets, marketKinds, type MarketKind } from '../../bench/forecast-markets.ts';

const [plain] = marketKinds as [MarketKind];
const markets = createMarkets(plain, 4, 5, 70);
const whole = markets[0]?.history as HourlyHistory;
const prior = analoguePrior(markets.slice(1), markets[0]?.activeListeners) as ColdStartPrior;
/** Ten weeks but the last, and ten hours of a day. */
const NOW = whole.startHour + 63 * 24 + 10;
const history = upTo(whole, NOW);
const model = fitCell(history, []);
const cell = { segment: 'casual', surface: 'home' };

function upTo({ startHour, values }: HourlyHistory, hour: number): HourlyHistory {
  return { startHour, values: values.slice(0, hour - startHour) };
}

function context(of: Partial<CellForecastContext> = {}): CellForecastContext {
  return { cell, nowHour: NOW, days: 7, holidays: [], modifiers: [], ...of };
}

function hoursOf(forecast: CellForecast): number[] {
  return forecast.days.flatMap(({ hours }) => [...hours]);
}

function sum(list: ArrayLike<number>): number {
  return Array.from(list).reduce((total, value) => total + value, 0);
}

function assertSound({ days, totals }: CellForecast): void {
  for (const quantiles of [...days, ...days.map(({ notional }) => notional), ...totals]) {
    const { q10, q50, q90 } = quantiles;
    assert(q10 >= 0 && q10 <= q50 * (1 + 1e-9) && q50 <= q90 * (1 + 1e-9) && q90 < Infinity, [q10, q50, q90].join());
  }
  assert(days.every(({ hours }) => hours.length === 24 && hours.every((value) => value >= 0 && value < Infinity)));
}

describe('the forecast of a cell', () => {
  const forecast = forecastCell(model, history, context({ days: 15 }));

  it('gives days from today on, whose hours add up to their medians', () => {
    assertSound(forecast);
    assert.equal(forecast.basis, 'model');
    assert.equal(forecast.days.length, 15);
    assert.equal(Date.parse(forecast.days[1]?.day as string), (whole.startHour + 64 * 24) * HOUR_MS);
    for (const { hours, q50, notional } of forecast.days) {
      assert(Math.abs(sum(hours) - q50) < 1e-6 * q50);
      assert.equal(notional.q50, q50);
    }
  });

  it('adds what was seen today to what is left of it', () => {
    const today = forecast.days[0] as CellForecast['days'][0];
    assert.deepEqual([...today.hours.slice(0, 10)], [...history.values.slice(-10)]);
    assert(today.q10 > sum(history.values.slice(-10)));
    const tomorrow = forecast.days[1] as CellForecast['days'][0];
    assert(today.q90 / today.q10 < tomorrow.q90 / tomorrow.q10);
  });

  it('comes near to what comes', () => {
    const truth = whole.values.slice(63 * 24, 70 * 24);
    const said = hoursOf(forecast).slice(0, 168);
    const error = sum(truth.map((value, hour) => Math.abs(value - (said[hour] as number))));
    assert(error / sum(truth) < 0.2, String(error / sum(truth)));
  });

  it('gives totals from now on of 1, 7, 10 and 14 days', () => {
    assert.deepEqual(
      forecast.totals.map(({ days }) => days),
      [1, 7, 10, 14],
    );
    const week = forecast.totals[1] as CellForecast['totals'][0];
    assert(Math.abs(week.q50 - sum(hoursOf(forecast).slice(10, 178))) < 1e-6 * week.q50);
  });

  it('is the same from the stored model', () => {
    const stored = JSON.parse(JSON.stringify(model)) as CellModel;
    assert.deepEqual(forecastCell(stored, history, context({ days: 15 })), forecast);
  });

  it('is stored in 2.5 KB', () => {
    for (const [index, kind] of marketKinds.entries()) {
      const bytes = JSON.stringify(
        fitCell((createMarkets(kind, index, 1, 70)[0] as { history: HourlyHistory }).history, []),
      );
      assert(bytes.length <= 2560, `${kind.name}: ${bytes.length}`);
    }
  });

  it('is moved by hours already seen today', () => {
    const busy = { ...history, values: history.values.map((value, hour) => (hour >= 63 * 24 ? 1.5 * value : value)) };
    const moved = forecastCell(model, busy, context());
    const restOf = (of: CellForecast, day: number) => sum((of.days[day] as CellForecast['days'][0]).hours.slice(10));
    assert(restOf(moved, 0) > 1.1 * restOf(forecast, 0));
    assert(restOf(moved, 0) !== restOf(forecastCell({ ...model, todayGain: 0 }, busy, context()), 0));
    assert(restOf(moved, 6) < 1.3 * restOf(forecast, 6));
  });

  it('is less sure of a day the further ahead it is', () => {
    const kind = marketKinds.find(({ name }) => name === 'drifting') as MarketKind;
    const { history: known } = createMarkets(kind, 5, 1, 70)[0] as { history: HourlyHistory };
    const now = known.startHour + known.values.length;
    const { days } = forecastCell(fitCell(known, []), known, context({ nowHour: now, days: 14 }));
    const [first, last] = [days[0], days[13]].map(
      (day) => (day as CellForecast['days'][0]).q90 / (day as CellForecast['days'][0]).q10,
    );
    assert((last as number) > 1.15 * (first as number), `${first}, ${last}`);
  });

  it('does not look at hours that are not over', () => {
    assert.deepEqual(forecastCell(model, whole, context({ days: 15 })), forecast);
  });

  it('fills the hours between the last one observed and now', () => {
    const late = forecastCell(model, upTo(whole, NOW - 30), context());
    assertSound(late);
    const today = late.days[0] as CellForecast['days'][0];
    assert((today.hours[0] as number) > 0 && today.q10 < today.q50);
  });

  it('has modifiers applied to every quantile of the hours they cover', () => {
    const fromDay = whole.startHour / 24 + 65;
    const modifiers = [
      { startAtMs: fromDay * 24 * HOUR_MS, endAtMs: (fromDay + 1) * 24 * HOUR_MS, multiplier: 2, reason: 'festival' },
    ];
    const { days } = forecastCell(model, history, context({ modifiers }));
    days.forEach((day, index) => {
      const before = forecast.days[index] as CellForecast['days'][0];
      for (const quantile of ['q10', 'q50', 'q90'] as const) {
        assert(Math.abs(day[quantile] / before[quantile] - (index === 2 ? 2 : 1)) < 1e-9);
      }
    });
  });

  it('gives a holiday to come what holidays past did, and does not let those into other days', () => {
    const [past, coming] = [52, 66].map((day) =>
      new Date((whole.startHour + day * 24) * HOUR_MS).toISOString().slice(0, 10),
    );
    const holidays = [past as string, coming as string];
    const quiet = history.values.map((value, hour) => (Math.floor(hour / 24) === 52 ? 0.4 * value : value));
    const known = { ...history, values: quiet };
    const { days } = forecastCell(fitCell(known, holidays), known, context({ holidays }));
    days.forEach((day, index) => {
      const ratio = day.q50 / (forecast.days[index] as CellForecast['days'][0]).q50;
      assert(index === 3 ? ratio < 0.7 : Math.abs(ratio - 1) < 0.05, `${index}: ${ratio}`);
    });
  });

  it('widens intervals when told to, and moves no median', () => {
    const wide = forecastCell(model, history, context({ widening: 2 }));
    const [one, other] = [wide.totals[1], forecast.totals[1]] as [CellForecast['totals'][0], CellForecast['totals'][0]];
    assert.equal(one.q50, other.q50);
    assert(Math.abs(Math.log(one.q90 / one.q50) - 2 * Math.log(other.q90 / other.q50)) < 1e-9);
  });

  it('is near again within days of a clock that was changed', () => {
    const shifted = (from: number): HourlyHistory => ({
      startHour: whole.startHour,
      values: whole.values.map((value, hour) => (hour >= from ? (whole.values[hour - 1] as number) : value)),
    });
    const errorAfter = (days: number) => {
      const moved = shifted(NOW - whole.startHour - days * 24);
      const known = upTo(moved, NOW);
      const said = hoursOf(forecastCell(fitCell(known, []), known, context({ days: 2 }))).slice(10, 34);
      const truth = moved.values.slice(NOW - whole.startHour, NOW - whole.startHour + 24);
      return sum(truth.map((value, hour) => Math.abs(value - (said[hour] as number)))) / sum(truth);
    };
    const before = errorAfter(0);
    assert(errorAfter(4) < 1.5 * before, `${errorAfter(4)}, ${before}`);
  });

  it('is not poisoned by a spike in the week before', () => {
    const spiked = {
      ...history,
      values: history.values.map((value, hour) => (hour === 60 * 24 ? 1000 * value : value)),
    };
    const said = hoursOf(forecastCell(fitCell(spiked, []), spiked, context()));
    const calm = hoursOf(forecastCell(model, history, context()));
    const change = sum(said.map((value, hour) => Math.abs(value - (calm[hour] as number)))) / sum(calm);
    assert(change < 0.05, String(change));
  });
});

describe('the forecast of a cell that has just begun', () => {
  const short = (hours: number) => ({
    startHour: NOW - hours,
    values: whole.values.slice(-hours || Infinity).slice(0, hours),
  });

  it('says what it rests on', () => {
    const basis = (hours: number, of?: ColdStartPrior) => {
      const known = short(hours);
      return forecastCell(fitCell(known, []), known, context(of && { prior: of })).basis;
    };
    assert.equal(basis(0, prior), 'analogue');
    assert.equal(basis(0, { ...prior, basis: 'share-of-parent' }), 'share-of-parent');
    assert.equal(basis(30, prior), 'short-history');
    assert.equal(basis(30), 'short-history');
    assert.equal(basis(504), 'model');
  });

  it('may be sold to a small part in the next hours, while the interval says what is likely', () => {
    const known = short(0);
    const forecast = forecastCell(fitCell(known, []), known, context({ prior }));
    assertSound(forecast);
    const shares = forecast.days.map(({ q50, notional }) => q50 / notional.q50);
    assert((shares[0] as number) < 0.15, shares.join());
    assert((shares[1] as number) < 0.6 && (shares[4] as number) === 1, shares.join());
    const { q10, q90 } = forecast.days[0]?.notional as { q10: number; q90: number };
    assert(q90 > 1.5 * q10);
  });

  it('gives way to the analogues when the history ended long ago', () => {
    const old = upTo(whole, NOW - 40 * 24);
    assert.equal(forecastCell(fitCell(old, []), old, context({ prior })).basis, 'analogue');
    assert.throws(() => forecastCell(fitCell(old, []), old, context()), { code: 'INVALID_SERIES' });
  });

  it('has a reason when nothing is known', () => {
    const nothing = { startHour: NOW, values: new Float64Array(0) };
    assert.throws(() => forecastCell(fitCell(nothing, []), nothing, context()), {
      code: 'INVALID_SERIES',
      message: /no history, no analogue market and no parent/,
    });
  });
});

describe('bad input', () => {
  it('ends in a forecast or a reason, never in NaN', () => {
    const amount = fc.oneof(
      fc.integer({ min: 0, max: 1000 }),
      fc.constantFrom(0, NaN, -1, Infinity, 1e-300, 1e300, 2 ** 53 - 1, 0.5),
    );
    const run = fc.record({ from: fc.integer({ min: 1, max: 650 }), hours: fc.integer({ min: 1, max: 700 }), amount });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 4 }), fc.boolean(), (runs, isPriorKnown) => {
        const raw = runs.flatMap(({ from, hours, amount: value }) =>
          Array.from({ length: hours }, (_, hour) => ({ hourAtMs: (NOW - from + hour) * HOUR_MS, amount: value })),
        );
        const { history: clean } = cleanObservations(raw, NOW);
        const of = context({ days: 3, ...(isPriorKnown && { prior }) });
        const act = () => forecastCell(fitCell(clean, []), clean, of);
        if (clean.values.length === 0 && !isPriorKnown) assert.throws(act, { code: 'INVALID_SERIES' });
        else assertSound(act());
      }),
      { numRuns: 40 },
    );
  });

  const cases: [string, (hour: number) => number][] = [
    ['zeros', () => 0],
    ['a constant', () => 7],
    ['one event in a month', (hour) => (hour === 900 ? 1 : 0)],
    ['amounts near nothing', () => 1e-300],
    ['the largest counts', () => 2 ** 53 - 1],
  ];
  for (const [name, amountAt] of cases) {
    for (const hours of [1, 25, 200, 1000]) {
      it(`${name}, ${hours} hours long, have a forecast`, () => {
        const values = Float64Array.from({ length: hours }, (_, hour) => amountAt(hour));
        const known = { startHour: NOW - hours, values };
        const forecast = forecastCell(fitCell(known, []), known, context());
        assertSound(forecast);
        if (name === 'a constant') {
          for (const { q50 } of forecast.days.slice(3)) assert(Math.abs(q50 - 168) < 8, String(q50));
        }
      });
    }
  }

  const refused: [string, Partial<CellForecastContext>, RegExp][] = [
    ['an hour that is no whole number', { nowHour: 1.5 }, /whole number, not 1.5/],
    ['no days', { days: 0 }, /1 to 45 days, not 0/],
    ['too many days', { days: 46 }, /1 to 45 days, not 46/],
    ['days that are no number', { days: NaN }, /1 to 45 days, not NaN/],
    ['a widening that narrows', { widening: 0.5 }, /widened by 1 or more, not 0.5/],
    ['an endless widening', { widening: Infinity }, /widened by 1 or more/],
    ['a holiday that is no day', { holidays: ['soon'] }, /a holiday is a day/],
    [
      'a modifier without a reason',
      { modifiers: [{ startAtMs: 0, endAtMs: 1, multiplier: 1, reason: '' }] },
      /no reason/,
    ],
  ];
  for (const [name, of, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => forecastCell(model, history, context(of)), { code: 'INVALID_SERIES', message });
    });
  }

  for (const wrong of [NaN, -1, Infinity]) {
    it(`refuses a history with ${wrong}`, () => {
      const values = whole.values.slice();
      values[1000] = wrong;
      assert.throws(() => fitCell({ startHour: whole.startHour, values }, []), { code: 'INVALID_SERIES' });
      assert.throws(
        () =>
          forecastCell(
            { holidayEffect: [0, 0, 0, 0] },
            { startHour: NOW - 2, values: Float64Array.of(1, wrong) },
            context(),
          ),
        { code: 'INVALID_SERIES' },
      );
    });
  }
});
