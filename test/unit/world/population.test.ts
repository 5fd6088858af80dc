import assert from 'node:assert/strict';
import { supplyDocument } from '../../../shared/contracts/validators.generated.js';
import { BUILT_IN_MARKETS, builtInProfiles, firstMarkets } from '../../../emulators/world/market-profile.ts';
import { createPopulation, daysOf } from '../../../emulators/world/population.ts';

const HOUR_MS = 3_600_000;
const MONDAY_MS = Date.UTC(2026, 0, 5);

function population(seed = 3) {
  return createPopulation({ seed, profiles: builtInProfiles(2), dailyOpportunities: 50_000 });
}

/** What came on one day, by cell. */
function realisedDay(from: ReturnType<typeof population>, market: string, dayStartMs: number): Map<string, number> {
  const cells = new Map<string, number>();
  for (let hour = 0; hour < 24; hour += 1) {
    const startAtMs = dayStartMs + hour * HOUR_MS;
    for (const { segment, surface, opportunities } of from
      .traffic(market, { startAtMs, endAtMs: startAtMs + HOUR_MS }, 2)
      .flat()) {
      const key = `${segment}|${surface}`;
      cells.set(key, (cells.get(key) ?? 0) + opportunities);
    }
  }
  return cells;
}

describe('population', () => {
  it('forecasts in the form of the supply documents', () => {
    for (const market of population().markets) {
      const supply = population().expectedSupply(market, '2026-01-05');
      assert(supplyDocument(supply), JSON.stringify(supplyDocument.errors));
      assert(Math.abs(supply.hourShape.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
      for (const { q10, q50, q90 } of supply.cells) assert(q10 < q50 && q50 < q90);
    }
  });

  it('is the same for the same seed, whatever was asked before', () => {
    const interval = { startAtMs: MONDAY_MS + 9 * HOUR_MS, endAtMs: MONDAY_MS + 9 * HOUR_MS + 300_000 };
    const asked = population();
    realisedDay(asked, 'SE', MONDAY_MS);
    assert.deepEqual(asked.traffic('SE', interval, 2), population().traffic('SE', interval, 2));
    assert.notDeepEqual(asked.traffic('SE', interval, 2), population(4).traffic('SE', interval, 2));
  });

  it('brings what it forecast, within the stated quantiles about eight times in ten', () => {
    const world = population();
    let inside = 0;
    let cells = 0;
    for (let day = 0; day < 40; day += 1) {
      const dayStartMs = MONDAY_MS + day * 24 * HOUR_MS;
      const realised = realisedDay(world, 'DE', dayStartMs);
      for (const { segment, surface, q10, q90 } of world.expectedSupply(
        'DE',
        daysOf(dayStartMs, dayStartMs + 1)[0] ?? '',
      ).cells) {
        const came = realised.get(`${segment}|${surface}`) ?? 0;
        inside += came >= q10 && came <= q90 ? 1 : 0;
        cells += 1;
      }
    }
    assert(inside / cells > 0.65 && inside / cells < 0.92, `${inside} of ${cells} cell-days were inside q10 to q90`);
  });

  it('has click rates that differ from the forecast by some percent', () => {
    const world = population();
    const ratios = world
      .expectedSupply('SE', '2026-01-05')
      .cells.map((cell) => (world.clickRate('SE', cell) * 1e6) / cell.clickPpm);
    assert(ratios.every((ratio) => ratio > 0.7 && ratio < 1.4));
    assert(ratios.some((ratio) => Math.abs(ratio - 1) > 0.02));
    assert.equal(world.clickRate('SE', { segment: 'nobody', surface: 'home' }), 0);
  });

  it('refuses a market it does not have', () => {
    assert.throws(() => population().expectedSupply('XX', '2026-01-05'), /no market XX/);
    assert.throws(() => createPopulation({ seed: 1, profiles: [] }), /at least one market/);
  });

  it('has rhythms that add up, and peaks that follow the clocks', () => {
    for (const { dayFactors, hourShapes } of builtInProfiles(BUILT_IN_MARKETS)) {
      assert(Math.abs(dayFactors.reduce((sum, factor) => sum + factor, 0) - 7) < 1e-9);
      for (const shape of hourShapes) assert(Math.abs(shape.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
    }
    const [sweden, , , america] = builtInProfiles(4);
    const peak = (shape: number[] = []) => shape.indexOf(Math.max(...shape));
    assert.equal(peak(sweden?.hourShapes[1]), 17);
    assert.equal(peak(america?.hourShapes[1]), 0);
  });

  it('takes the first markets in their order and refuses more than there are', () => {
    assert.deepEqual(firstMarkets(['a', 'b', 'c'], 2), ['a', 'b']);
    for (const count of [0, 4, 1.5])
      assert.throws(() => firstMarkets(['a', 'b', 'c'], count), /markets must be a whole number from 1 to 3/);
    assert.throws(() => builtInProfiles(BUILT_IN_MARKETS + 1), /from 1 to 15, got 16/);
  });

  it('names the days a run touches', () => {
    assert.deepEqual(daysOf(MONDAY_MS, MONDAY_MS + 24 * HOUR_MS), ['2026-01-05']);
    assert.deepEqual(daysOf(MONDAY_MS + HOUR_MS, MONDAY_MS + 25 * HOUR_MS), ['2026-01-05', '2026-01-06']);
  });
});
