import assert from 'node:assert/strict';
import {
  accruedMicros,
  committedMicros,
  expectClicks,
  inFlightMicros,
  rateFactor,
} from '../../../shared/campaign/entry-money.ts';
import { settleEntry } from '../../../shared/campaign/settle-entry.ts';
import { fitDelayCurve } from '../../../shared/forecasting/delay-curve.ts';
import { entry, lease } from '../../support/entries.ts';
import { HOUR_MS, START_MS } from '../../support/instants.ts';

const delay = fitDelayCurve([], 7 * HOUR_MS, { medianMs: HOUR_MS, sigma: 1 });
const cohort = { hourAtMs: START_MS, chargedMicros: 10_000_000, confirmedMicros: 2_000_000 };
const served = entry({ spentMicros: 2_000_000, cohorts: [cohort], leases: [lease({ chargedMicros: 10_000_000 })] });

describe('what is in flight', () => {
  it('is every charge that awaits its click while no delay is known', () => {
    assert.equal(inFlightMicros(served), 8_000_000);
    assert.equal(expectClicks(served, START_MS + HOUR_MS, undefined), served);
  });

  it('falls to what clicks are still expected to cost, and frees the rest before the hour closes', () => {
    const late = expectClicks(served, START_MS + 5 * HOUR_MS, delay);
    assert(inFlightMicros(late) < 1_000_000, `${inFlightMicros(late)}`);
    assert.equal(inFlightMicros(late), 8_000_000 - (late.unexpectedMicros as number));
    assert.equal(accruedMicros(late), 2_000_000 + inFlightMicros(late));
    assert(rateFactor(late, START_MS + 5 * HOUR_MS, delay) < 0.7);
  });

  it('holds back more than was charged where clicks come faster than was predicted', () => {
    const fast = { ...served, spentMicros: 9_000_000, cohorts: [{ ...cohort, confirmedMicros: 9_000_000 }] };
    const now = expectClicks(fast, START_MS + HOUR_MS, delay);
    assert((now.unexpectedMicros as number) < 0);
    assert(inFlightMicros(now) > inFlightMicros(fast));
    assert.equal(committedMicros(now), accruedMicros(now));
  });

  it('is nothing once the window has closed, and nothing is remembered', () => {
    const { unexpectedMicros, ...rest } = settleEntry(
      expectClicks(served, START_MS + 3 * HOUR_MS, delay),
      START_MS + 8 * HOUR_MS,
      delay,
    );
    assert.equal(unexpectedMicros, undefined);
    assert.equal(inFlightMicros(rest), 0);
  });

  it('is never below nothing when more clicks came since than were expected', () => {
    assert.equal(inFlightMicros({ ...served, unexpectedMicros: 9_000_000 }), 0);
  });

  it('is the same object when nothing moved', () => {
    const once = expectClicks(served, START_MS + HOUR_MS, delay);
    assert.equal(expectClicks(once, START_MS + HOUR_MS, delay), once);
  });
});
