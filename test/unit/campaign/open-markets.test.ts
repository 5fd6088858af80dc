import assert from 'node:assert/strict';
import { openMarkets } from '../../../shared/campaign/open-markets.ts';
import { entry, lease } from '../../support/entries.ts';
import { order } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { context, page, view } from '../../support/markets.ts';

const flight = { startAtMs: START_MS, endAtMs: START_MS + 2 * DAY_MS };
const capacityBeside = (own: Parameters<typeof entry>[0]) =>
  openMarkets('c2', [order()], flight, context([view({ pages: [page([entry(own)])] })])).capacityMicros(0);
/** Two days of 2,000 clicks at 0.5. */
const ALL_MICROS = 2_000_000_000;

describe('what a market can still sell', () => {
  it('is what others have not been sold and not accrued', () => {
    assert.equal(capacityBeside({ budgetMicros: 100_000_000, spentMicros: 40_000_000 }), ALL_MICROS - 60_000_000);
  });

  it('leaves what others were leased to them, also where clicks have used up their budget', () => {
    const leases = [lease({ grantedMicros: 30_000_000, chargedMicros: 10_000_000 })];
    const own = { budgetMicros: 100_000_000, spentMicros: 95_000_000, leases };
    assert.equal(capacityBeside(own), ALL_MICROS - 20_000_000);
  });

  it('is all of it again once the others are closing', () => {
    assert.equal(capacityBeside({ status: 'closing' }), ALL_MICROS);
  });
});
