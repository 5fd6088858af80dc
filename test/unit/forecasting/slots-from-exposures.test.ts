import assert from 'node:assert/strict';
import { exposuresAt, FAMILIES, reachOf } from '../../bench/reach-families.ts';
import { fitNbd } from '../../../shared/forecasting/nbd.ts';
import { reach } from '../../../shared/forecasting/reach.ts';
import { slotsFromExposures } from '../../../shared/forecasting/slots-from-exposures.ts';

const total = (amounts: ArrayLike<number>) => Array.from(amounts).reduce((sum, amount) => sum + amount, 0);
const code = 'INVALID_HISTOGRAM';

describe('slots behind exposures', () => {
  for (const { name, slots } of FAMILIES) {
    it(`tell from a fifth of the inventory what all of it reaches: ${name}`, () => {
      const table = exposuresAt(slots, 0.2, 1e6);
      for (const everyoneHadSlots of [true, false]) {
        const fitted = slotsFromExposures(table, { offerRate: 0.2, everyoneHadSlots });
        for (const rate of [0.2, 0.4, 0.7, 1]) {
          const error = reach(fitted, rate) / 1e6 / reachOf(slots, rate) - 1;
          assert(Math.abs(error) < (everyoneHadSlots ? 0.004 : 0.02), `${everyoneHadSlots} ${rate}: ${error}`);
        }
      }
    });
  }

  it('leave room for listeners who never come, where exposures look like that', () => {
    const geometric = Float64Array.from({ length: 200 }, (_, count) => 0.2 * 0.8 ** count);
    const table = exposuresAt(geometric, 0.2, 1e6);
    const fitted = slotsFromExposures(table, { offerRate: 0.2, everyoneHadSlots: false });
    for (const rate of [0.4, 0.7, 1]) assert(Math.abs(reach(fitted, rate) / 1e6 / reachOf(geometric, rate) - 1) < 0.01);
  });

  it('are the table itself when all slots were taken', () => {
    const table = { exposures: [1, 2, 7, 40], people: [50, 30, 20, 5] };
    const fitted = slotsFromExposures(table, { offerRate: 1, everyoneHadSlots: true });
    assert(Math.abs(reach(fitted, 1) - 105) < 1e-9);
    assert(Math.abs(reach(fitted, 0.5) - (25 + 22.5 + 20 * (1 - 0.5 ** 7) + 5)) < 0.01);
  });

  it('are at least as likely as the negative binomial law, where nobody knows the rate', () => {
    const tables = [
      { exposures: [0, 1, 2, 3, 4, 6, 9, 15], people: [40, 22, 14, 9, 6, 4, 3, 2] },
      { exposures: [0, 1, 2, 3, 20, 21, 22], people: [40, 30, 20, 10, 10, 20, 10] },
      { exposures: [0, 5], people: [1, 1] },
    ];
    for (const table of tables) {
      const fitted = slotsFromExposures(table, { everyoneHadSlots: false });
      assert(fitted.logLikelihood >= fitNbd(table).logLikelihood - 0.1);
      assert(Math.abs(total(fitted.listeners) - total(table.people)) < 1e-6);
      const seen = 1 - (table.people[0] as number) / total(table.people);
      assert(Math.abs(reach(fitted, fitted.offerRate) / total(table.people) - seen) < 0.02);
      assert(reach(fitted, 2 * fitted.offerRate) > reach(fitted, fitted.offerRate));
    }
  });

  it('are numbers for one person, many exposures, and rates that hardly are', () => {
    const tables = [
      { exposures: [1], people: [1] },
      { exposures: [0, 1_000_000], people: [5, 1e-300] },
      { exposures: Array.from({ length: 500 }, (_, count) => count * 7), people: Array<number>(500).fill(1) },
    ];
    for (const table of tables) {
      for (const offerRate of [undefined, 0.01, 0.5, 1]) {
        for (const everyoneHadSlots of [true, false]) {
          // All slots taken, and everyone with one: that is refused below.
          if (offerRate === 1 && everyoneHadSlots && table.exposures[0] === 0) continue;
          const context = offerRate === undefined ? { everyoneHadSlots } : { offerRate, everyoneHadSlots };
          const fitted = slotsFromExposures(table, context);
          assert(Number.isFinite(fitted.logLikelihood) && fitted.listeners.every((people) => people >= 0));
          assert(Math.abs(total(fitted.listeners) / total(table.people) - 1) < 1e-9);
          assert(Number.isFinite(reach(fitted, 1)));
        }
      }
    }
  });

  it('are refused for rates that are none, for too many slots, and for tables that tell nothing', () => {
    const table = { exposures: [0, 1], people: [5, 5] };
    for (const offerRate of [0, -1, 1.5, NaN]) {
      assert.throws(() => slotsFromExposures(table, { offerRate, everyoneHadSlots: true }), {
        code,
        message: /the offer rate must be/,
      });
    }
    assert.throws(
      () => slotsFromExposures({ exposures: [1e6], people: [1] }, { offerRate: 1e-6, everyoneHadSlots: true }),
      { code, message: /too many slots/ },
    );
    assert.throws(() => slotsFromExposures({ exposures: [0], people: [5] }, { everyoneHadSlots: true }), {
      code,
      message: /nobody was exposed/,
    });
    assert.throws(() => slotsFromExposures(table, { offerRate: 1, everyoneHadSlots: true }), {
      code,
      message: /and yet some had no exposure/,
    });
    assert.throws(() => slotsFromExposures({ exposures: [1, 2], people: [5] }, { everyoneHadSlots: true }), { code });
  });
});
