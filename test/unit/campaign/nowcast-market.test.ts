import assert from 'node:assert/strict';
import { nowcastMarket } from '../../../shared/campaign/nowcast-market.ts';
import type { Market } from '../../../shared/contracts/documents.ts';
import type { SupplyObserved } from '../../../shared/contracts/outcomes.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDay } from '../../support/markets.ts';

const cells = [cell({ q10: 77_000 })];

function observed(opportunities: number): SupplyObserved[] {
  const about = { type: 'supply-observed' as const, tenantId: 'andante', market: 'SE', group: 'g1', sample: [] };
  const window = { windowStartAtMs: START_MS, windowEndAtMs: START_MS + HOUR_MS };
  return [{ ...about, ...window, opportunities: [{ segment: 'casual', surface: 'home', opportunities }] }];
}

/** Hours of reports that see a share of what was expected, from a number of hours after START_MS on. */
function play(known: Market['nowcast'], fromHour: number, hours: number, share: number): Market['nowcast'] {
  let now = known;
  for (let hour = fromHour; hour < fromHour + hours; hour++) {
    const lastMs = START_MS + hour * HOUR_MS;
    const nowMs = lastMs + HOUR_MS;
    const seen = observed(Math.round((share * 100_000) / (hour % 24 < 8 ? 16 : 32)));
    now = nowcastMarket(now, { observed: seen, supply: supplyDay(nowMs, { cells }), nowMs, lastMs, isHeard: true });
  }
  return now;
}

describe('the nowcast of a market', () => {
  it('is the forecast until a day has passed', () => {
    const now = play(undefined, 0, 23, 0.7);
    assert.equal(now?.factor, 1);
    assert.equal(now?.day, '2026-03-02');
    assert(Math.abs(now?.observed / now?.expected - 0.7) < 1e-3);
  });

  it('follows what was seen with the first tick of the next day, not all the way', () => {
    const now = play(undefined, 0, 24, 0.7);
    assert.equal(now?.day, '2026-03-03');
    assert(now?.factor > 0.7 && now?.factor < 0.75, String(now?.factor));
    assert((play(undefined, 0, 24, 1.3)?.factor as number) > 1.25);
  });

  it('remembers the days before by half', () => {
    const now = play(play(undefined, 0, 24, 0.7), 24, 24, 1);
    assert((now?.factor as number) > 0.85 && (now?.factor as number) < 0.95, String(now?.factor));
  });

  it('takes nothing as expected of hours in which nobody reported', () => {
    const nowMs = START_MS + HOUR_MS;
    const quiet = { observed: [], supply: supplyDay(nowMs, { cells }), nowMs, lastMs: START_MS, isHeard: false };
    assert.equal(nowcastMarket(undefined, quiet)?.expected, 0);
  });

  it('keeps the factor of a day that was hardly covered', () => {
    assert.equal(play(undefined, 21, 3, 0.1)?.factor, 1);
  });

  it('stays as it is without supply for the day', () => {
    const known = { factor: 0.9, day: '2026-03-02', observed: 5, expected: 7 };
    const nowMs = START_MS + DAY_MS;
    const blind = { observed: observed(1000), supply: undefined, nowMs, lastMs: nowMs - HOUR_MS, isHeard: true };
    assert.equal(nowcastMarket(known, blind), known);
  });

  it('believes no report of absurd traffic further than four spreads, and forgets it in days', () => {
    let now = play(undefined, 0, 23, 1);
    now = nowcastMarket(now, {
      observed: observed(2 ** 53 - 1),
      supply: supplyDay(START_MS + DAY_MS, { cells }),
      nowMs: START_MS + DAY_MS - 1000,
      lastMs: START_MS + 23 * HOUR_MS,
      isHeard: true,
    });
    const { factor = 0 } = play(now, 24, 1, 1) ?? {};
    assert(factor > 1 && factor < 3, String(factor));
    const later = play(now, 24, 6 * 24, 1)?.factor as number;
    assert(later < 1.1, String(later));
  });
});
