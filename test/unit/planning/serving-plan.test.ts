import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SoldDemand } from '../../../shared/planning/market-model.ts';
import { planServing } from '../../../shared/planning/serving-plan.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDay, supplyDays } from '../../support/markets.ts';

/** One day on casual listeners at 0.5 a click, with this money to deliver. */
function line(remainingMicros: number, own: Partial<SoldDemand> = {}): SoldDemand {
  const flight = { startAtMs: START_MS, endAtMs: START_MS + DAY_MS };
  return { segments: ['casual'], surfaces: ['home'], clickPriceMicros: 500_000, ...flight, remainingMicros, ...own };
}

/** What a day of one cell is worth. */
const DAY_MICROS = 1_000_000_000;
const both = { segments: ['casual', 'fan'] };
const twoCells = { cells: [cell(), cell({ segment: 'fan' })] };

function isNear(actual: number, expected: number, within: number, what = ''): void {
  assert(Math.abs(actual - expected) <= within, `${what}: ${actual}, not ${expected}`);
}

describe('the serving plan of a market', () => {
  it('gives a cell to the line that fits nowhere else when the other can move', () => {
    // In proportion the narrow line would get two thirds of its cell.
    const plan = planServing([line(DAY_MICROS), line(DAY_MICROS, both)], supplyDays(1, twoCells), START_MS, 1);
    for (const micros of plan.deliveredMicros) isNear(micros, DAY_MICROS, 0.005 * DAY_MICROS, 'delivered');
  });

  it('moves a long flight to the day that a short one does not need', () => {
    const long = line(DAY_MICROS, { endAtMs: START_MS + 2 * DAY_MS });
    const plan = planServing([line(DAY_MICROS), long], supplyDays(2), START_MS, 1);
    isNear(plan.deliveredMicros[0] as number, DAY_MICROS, 0.005 * DAY_MICROS, 'today');
    isNear(plan.deliveredMicros[1] as number, DAY_MICROS, 0.005 * DAY_MICROS, 'tomorrow');
  });

  it('starves no cheap line beside a dear one', () => {
    const plan = planServing(
      [line(DAY_MICROS), line(2 * DAY_MICROS, { clickPriceMicros: 1_000_000 })],
      supplyDays(1),
      START_MS,
      1,
    );
    assert((plan.deliveredMicros[0] as number) > 0.4 * DAY_MICROS, `${plan.deliveredMicros[0]}`);
  });

  it('gives a line no more than its money, and no more than the nowcast leaves of the forecast', () => {
    for (const factor of [1, 0.5, 0.1, 10]) {
      const plan = planServing([line(DAY_MICROS / 4)], supplyDays(1), START_MS, factor);
      isNear(plan.deliveredMicros[0] as number, Math.min(DAY_MICROS / 4, factor * DAY_MICROS), 1, `factor ${factor}`);
    }
  });

  it('counts what is left of the day', () => {
    // Eight hours of a sixteenth each are half of a day.
    const plan = planServing([line(DAY_MICROS)], supplyDays(1), START_MS + 8 * HOUR_MS, 1);
    isNear(plan.deliveredMicros[0] as number, DAY_MICROS / 2, 1);
  });

  it('keeps its part for a line that starts later', () => {
    const [now, later] = [line(DAY_MICROS), line(DAY_MICROS / 4, { startAtMs: START_MS + 20 * HOUR_MS })];
    const plan = planServing([now, later], supplyDays(1), START_MS, 1);
    assert((plan.deliveredMicros[1] as number) > 0);
    isNear((plan.deliveredMicros[0] as number) + (plan.deliveredMicros[1] as number), DAY_MICROS, 1);
    const alone = planServing([later], supplyDays(1), START_MS, 1);
    isNear(alone.deliveredMicros[0] as number, DAY_MICROS / 8, 1, 'four hours of a thirty-second each');
  });

  it('delivers nothing without supply: no day, none of its audience, no opportunity, no click', () => {
    const supplies = [
      new Map(),
      supplyDays(1, { cells: [cell({ segment: 'fan' })] }),
      supplyDays(1, { cells: [cell({ q50: 0 })] }),
      supplyDays(1, { cells: [cell({ clickPpm: 0 })] }),
    ];
    for (const supply of supplies) {
      const { deliveredMicros, prices } = planServing([line(DAY_MICROS)], supply, START_MS, 1);
      assert.deepEqual([[...deliveredMicros], [...prices]], [[0], [0]]);
    }
    const yesterday = new Map([['2026-03-01', supplyDay(START_MS - DAY_MS)]]);
    assert.deepEqual([...planServing([line(1)], yesterday, START_MS, 1).deliveredMicros], [0]);
  });

  it('is empty without lines, and gives a line without money or time nothing', () => {
    const none = planServing([], supplyDays(1), START_MS, 1);
    assert.deepEqual([[...none.prices], [...none.deliveredMicros]], [[], []]);
    const over = line(DAY_MICROS, { startAtMs: START_MS - DAY_MS, endAtMs: START_MS });
    const plan = planServing([line(0), line(-5), over, line(DAY_MICROS / 2)], supplyDays(1), START_MS, 1);
    assert.deepEqual([...plan.deliveredMicros.slice(0, 3)], [0, 0, 0]);
    isNear(plan.deliveredMicros[3] as number, DAY_MICROS / 2, 1);
  });

  it('never gives a line more than its money or its supply, nor a price of 1', () => {
    const drawn = fc.record({
      micros: fc.oneof(fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER), fc.nat(3_000_000_000)),
      clickPriceMicros: fc.constantFrom(1, 7_000, 500_000, 2_000_000_000),
      segments: fc.subarray(['casual', 'fan'], { minLength: 1 }),
      startHour: fc.integer({ min: -20, max: 40 }),
      hours: fc.integer({ min: 1, max: 48 }),
    });
    const cells = fc.tuple(fc.constantFrom(0, 3, 100_000), fc.constantFrom(0, 100_000, 2 ** 53 - 1));
    fc.assert(
      fc.property(
        fc.array(drawn, { maxLength: 8 }),
        cells,
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (all, [q50, fans], factor) => {
          const lines = all.map(({ micros, startHour, hours, ...own }) => {
            const startAtMs = START_MS + startHour * HOUR_MS;
            return line(micros, { ...own, startAtMs, endAtMs: startAtMs + hours * HOUR_MS });
          });
          const own = { cells: [cell({ q50 }), cell({ segment: 'fan', q50: fans })] };
          const nowMs = START_MS + 90 * 60_000;
          const { prices, deliveredMicros } = planServing(lines, supplyDays(2, own), nowMs, factor);
          const clicks = lines.reduce(
            (sum, one, which) => sum + (deliveredMicros[which] as number) / one.clickPriceMicros,
            0,
          );
          const most = 2 * 0.02 * factor * (q50 + fans);
          assert(clicks <= most * (1 + 1e-9), `${clicks} of ${most} clicks`);
          lines.forEach(({ remainingMicros }, which) => {
            const delivered = deliveredMicros[which] as number;
            assert(delivered >= 0 && delivered <= remainingMicros * (1 + 1e-9), `${delivered} of ${remainingMicros}`);
            const price = prices[which] as number;
            assert(price >= 0 && price < 1, `${price}`);
          });
        },
      ),
      { numRuns: 200 },
    );
  });
});
