import assert from 'node:assert/strict';
import fc from 'fast-check';
import { makePlan } from '../../../shared/campaign/make-plan.ts';
import { serveEntries, type ServedEntry } from '../../../shared/campaign/serve-entries.ts';
import { DEFAULT_AUCTION } from '../../../shared/contracts/serving.ts';
import { GUARANTEE_WORTH } from '../../../shared/planning/guarantee-worth.ts';
import type { BookEntry, Market } from '../../../shared/contracts/documents.ts';
import { planServing } from '../../../shared/planning/serving-plan.ts';
import { entry, lease } from '../../support/entries.ts';
import { HOUR_MS, START_MS, TICK_MS, slotAt } from '../../support/instants.ts';
import { cell, market, supplyDays } from '../../support/markets.ts';

const casual = { segment: 'casual', surface: 'home' };
const fan = { segment: 'fan', surface: 'home' };
const twoCells = { cells: [cell(), cell(fan)] };

function serve(entries: BookEntry[], own: Partial<Market> = {}, supply = supplyDays(2, twoCells), nowMs = START_MS) {
  return serveEntries(entries, market(own), supply, nowMs);
}

function only(served: Map<string, ServedEntry>): ServedEntry {
  const [first, ...others] = served.values();
  assert(first && others.length === 0);
  return first;
}

describe('serving the entries of a book', () => {
  it('is of active entries with money and time left, by their names', () => {
    const entries = [
      entry(),
      entry({ subcampaignId: 's2', status: 'paused' }),
      entry({ subcampaignId: 's3', status: 'overrun' }),
      entry({ subcampaignId: 's4', status: 'closing' }),
      entry({ subcampaignId: 's5', spentMicros: 100_000_000 }),
      entry({ subcampaignId: 's6', endAtMs: START_MS }),
      entry({ campaignId: 'c2', startAtMs: START_MS + HOUR_MS }),
    ];
    assert.deepEqual([...serve(entries).keys()], ['c1/s1', 'c2/s1']);
    assert.equal(serve([]).size, 0);
  });

  it('leaves out what an operator froze or has not approved, and takes prices that were set', () => {
    const said = { campaignId: 'c2', untilAtMs: START_MS + HOUR_MS, reason: 'a test' };
    const serving = {
      ...DEFAULT_AUCTION,
      version: 1,
      creatives: [],
      overrides: [
        { ...said, kind: 'freeze' as const },
        { ...said, campaignId: 'c3', kind: 'price' as const, price: 0.4 },
      ],
    };
    const entries = [entry({ creativeId: 'v1' }), entry({ campaignId: 'c2' }), entry({ campaignId: 'c3' })];
    const served = serve(entries, { serving });
    assert.deepEqual([...served.keys()], ['c3/s1']);
    assert.equal(only(served).price, 0.4);
    const later = serveEntries(entries, market({ serving }), supplyDays(2, twoCells), START_MS + HOUR_MS);
    assert.deepEqual([...later.keys()], ['c2/s1', 'c3/s1']);
    assert.notEqual(later.get('c3/s1')?.price, 0.4);
  });

  it('values a guarantee more than a bid, and gives a bid no supply', () => {
    const guaranteed = entry({ budgetMicros: 2_300_000_000 });
    const served = serve([guaranteed, entry({ campaignId: 'c2', budgetMicros: 2_300_000_000, isAuctioned: true })]);
    const [kept, bid] = [served.get('c1/s1'), served.get('c2/s1')] as [ServedEntry, ServedEntry];
    assert.deepEqual([kept.worth, bid.worth], [GUARANTEE_WORTH, 1]);
    assert.equal(bid.shortMicros, 0);
    assert.equal(kept.shortMicros, only(serve([guaranteed])).shortMicros);
  });

  it('never prices a line out of what the house would take', () => {
    const rich = serve(
      [entry({ budgetMicros: 1_000_000 })],
      {},
      supplyDays(2, { cells: [cell({ clickPpm: 10_000 })] }),
    );
    // 0.01 clicks of 0.5, worth so much more as a guarantee: the house is worth a hundredth of it unguaranteed.
    assert.equal(only(rich).price, 1 - (2 * (50_000 / 1000)) / (GUARANTEE_WORTH * 5_000));
  });

  it('has what is not accrued left to deliver, and no less than what is leased', () => {
    const cohorts = [{ hourAtMs: START_MS, chargedMicros: 30_000_000, confirmedMicros: 10_000_000 }];
    const left = (own: Partial<BookEntry>) => only(serve([entry(own)])).remainingMicros;
    assert.equal(left({ spentMicros: 40_000_000, cohorts }), 40_000_000);
    // Clicks beyond their expected cost used up the budget: what was leased will be served all the same.
    assert.equal(left({ spentMicros: 120_000_000, leases: [lease()] }), 10_000_000);
  });

  it('is short by what supply does not deliver by the end of the flight', () => {
    assert(only(serve([entry()])).shortMicros < 1);
    // Two days are worth 2,000 in either cell.
    const short = only(serve([entry({ budgetMicros: 2_300_000_000 })])).shortMicros;
    assert(Math.abs(short - 300_000_000) < 1, `${short}`);
    const dry = only(serve([entry()], {}, new Map()));
    assert.deepEqual([dry.shortMicros, dry.price], [100_000_000, 0]);
  });

  it('delivers nothing from a cell that is not of its audience', () => {
    const supply = supplyDays(2, { cells: [cell(fan)] });
    assert.equal(only(serve([entry()], {}, supply)).shortMicros, 100_000_000);
    assert(only(serve([entry({ segments: ['fan'] })], {}, supply)).shortMicros < 1);
  });

  it('follows the nowcast', () => {
    const nowcast = { day: '2026-03-02', observed: 1, expected: 2, factor: 0.5 };
    const wanting = entry({ budgetMicros: 1_500_000_000 });
    assert(only(serve([wanting])).shortMicros < 1);
    assert(Math.abs(only(serve([wanting], { nowcast })).shortMicros - 500_000_000) < 1);
  });

  it('takes prices of the plan where today has no supply or nothing was sampled', () => {
    const sample = {
      cells: [casual],
      cell: Array.from({ length: 20 }, () => 0),
      responseMultiplier: Array.from({ length: 20 }, (_, request) => request % 5),
    };
    const rivals = ['c1', 'c2'].map((campaignId, index) =>
      entry({ campaignId, budgetMicros: (index + 1) * 700_000_000 }),
    );
    const pricesOf = (own: Partial<Market>, supply = supplyDays(2)) =>
      [...serve(rivals, own, supply).values()].map(({ price }) => price);
    const lines = rivals.map((one) => ({ ...one, remainingMicros: one.budgetMicros }));
    const planned = [...planServing(lines, supplyDays(2), START_MS, 1).prices];
    assert.deepEqual(pricesOf({}), planned);
    assert.notDeepEqual(pricesOf({ sample }), planned);
    const tomorrow = new Map([...supplyDays(2)].slice(1));
    assert.deepEqual(pricesOf({ sample }, tomorrow), pricesOf({}, tomorrow));
  });

  it('never gives away more of a cell than there is, whatever the book, the hour and the nowcast', () => {
    const drawn = fc.record({
      budgetMicros: fc.oneof(fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER), fc.nat(3_000_000_000)),
      spentMicros: fc.nat(500_000_000),
      segments: fc.subarray(['casual', 'fan'], { minLength: 1 }),
      clickPriceMicros: fc.constantFrom(1, 70_000, 500_000, 3_000_000_000),
      startHour: fc.integer({ min: -20, max: 30 }),
      hours: fc.integer({ min: 1, max: 48 }),
      status: fc.constantFrom('active' as const, 'active' as const, 'paused' as const),
    });
    const requests = fc.array(fc.tuple(fc.nat(2), fc.nat(1000)), { maxLength: 20 });
    let planned = 0;
    fc.assert(
      fc.property(
        fc.array(drawn, { maxLength: 10 }),
        requests,
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.nat(40),
        (all, sampled, factor, hour) => {
          const nowMs = START_MS + hour * HOUR_MS;
          const entries = all.map(({ startHour, hours, ...own }, index) => {
            const startAtMs = START_MS + startHour * HOUR_MS;
            const leases = [lease({ spendUntilAtMs: nowMs + TICK_MS })];
            return entry({ ...own, campaignId: `c${index}`, startAtMs, endAtMs: startAtMs + hours * HOUR_MS, leases });
          });
          const sample = {
            cells: [casual, fan, { segment: 'stranger', surface: 'home' }],
            cell: sampled.map(([place]) => place),
            responseMultiplier: sampled.map(([, multiplier]) => multiplier),
          };
          const own = market({ nowcast: { day: '2026-03-02', observed: 1, expected: 1, factor }, sample });
          const supply = supplyDays(2, twoCells);
          const served = serveEntries(entries, own, supply, nowMs);
          const today = supply.get(new Date(nowMs).toISOString().slice(0, 10));
          const { lines } = makePlan({
            market: own,
            entries,
            served,
            supply: today,
            slot: slotAt(nowMs),
            tickIntervalMs: TICK_MS,
          });
          planned += lines.length;
          for (const { segment } of [casual, fan]) {
            const own = lines.filter(({ segments }) => segments.includes(segment));
            const sum = own.reduce((total, line) => total + line.fallbackShare, 0);
            assert(sum <= 1, `${segment}: ${sum}`);
          }
          for (const { price } of lines) assert(price >= 0 && price < 1, `price ${price}`);
          for (const { shortMicros, remainingMicros } of served.values())
            assert(shortMicros >= 0 && shortMicros <= remainingMicros, `${shortMicros} of ${remainingMicros}`);
        },
      ),
      { numRuns: 200 },
    );
    assert(planned > 100, 'hardly a line was planned');
  });
});
