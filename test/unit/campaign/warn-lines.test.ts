import assert from 'node:assert/strict';
import { serveEntries, type ServedEntry } from '../../../shared/campaign/serve-entries.ts';
import { warnLines, type WarningContext } from '../../../shared/campaign/warn-lines.ts';
import type { BookEntry, SupplyDay } from '../../../shared/contracts/documents.ts';
import type { SpendAtRisk } from '../../../shared/contracts/lifecycle-outcomes.ts';
import { entryKey } from '../../../shared/campaign/fold-reports.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { entry, lease } from '../../support/entries.ts';
import { assertOutcomes } from '../../support/outcome-validator.ts';
import { cell, market, supplyDay, supplyDays } from '../../support/markets.ts';

const spread = { q10: 80_000, q50: 100_000, q90: 125_000 };
const supply = supplyDay(START_MS, { cells: [cell(spread)] });

/** A line with all of its 100 left: supply has `potential` for it, beside others, and `eligible` in all. */
function line(potential: number, own: Partial<ServedEntry> = {}): ServedEntry {
  const remainingMicros = own.remainingMicros ?? 100_000_000;
  const potentialMicros = potential * 1e6;
  return {
    ...{ price: 0, worth: 1, remainingMicros },
    shortMicros: Math.max(0, remainingMicros - potentialMicros),
    spareMicros: Math.max(0, potentialMicros - remainingMicros),
    eligibleMicros: potentialMicros,
    ...own,
  };
}

interface Told {
  warnings: SpendAtRisk[];
  entries: Map<string, BookEntry>;
}

function warn(lines: [BookEntry, ServedEntry][], own: Partial<WarningContext> = {}): Told {
  const entries = new Map(lines.map(([one]) => [entryKey(one), one]));
  const served = new Map(lines.map(([one, of]) => [entryKey(one), of]));
  const context = { market: 'SE', supply, supplyFactor: 1, nowMs: START_MS + HOUR_MS, ...own };
  const warnings = warnLines(entries, served, context);
  assertOutcomes(warnings);
  return { warnings, entries };
}

/** What one line's entry remembers and what its campaign is told. */
function one(own: Partial<BookEntry>, of: ServedEntry, context: Partial<WarningContext> = {}) {
  const { warnings, entries } = warn([[entry(own), of]], context);
  return { known: entries.get('c1/s1')?.fullSpendPpm, warning: warnings[0], entries };
}

const LIKELY = 950_000;

describe('warning of budgets that will hardly be spent', () => {
  it('notes a line that is likely to spend its budget, once', () => {
    const { known, warning, entries } = one({}, line(200));
    assert((known ?? 0) > 900_000 && warning === undefined, `${known}`);
    const again = warn([[entries.get('c1/s1') as BookEntry, line(210)]]);
    assert.equal(again.entries.get('c1/s1'), entries.get('c1/s1'));
  });

  it('warns of one that was likely and is less likely than not, and remembers that it did', () => {
    const { known, warning } = one({ fullSpendPpm: LIKELY }, line(60));
    assert(warning && warning.fullSpendPpm < 100_000, `${warning?.fullSpendPpm}`);
    const { reason: _reason, fullSpendPpm, ...others } = warning;
    assert.equal(known, fullSpendPpm);
    assert.deepEqual(others, {
      type: 'spend-at-risk',
      ...{ tenantId: 't1', campaignId: 'c1', subcampaignId: 's1', market: 'SE' },
      beforePpm: LIKELY,
      remainingMicros: 100_000_000,
    });
  });

  it('warns once until it has recovered', () => {
    const first = one({ fullSpendPpm: LIKELY }, line(60)).entries.get('c1/s1') as BookEntry;
    for (const potential of [60, 40, 100, 108]) {
      const { warnings, entries } = warn([[first, line(potential)]]);
      assert.deepEqual([warnings, entries.get('c1/s1')], [[], first]);
    }
    const recovered = warn([[first, line(200)]]).entries.get('c1/s1') as BookEntry;
    assert((recovered.fullSpendPpm ?? 0) > 900_000);
    assert.equal(warn([[recovered, line(60)]]).warnings.length, 1);
  });

  it('says nothing between likely and unlikely, and nothing of what never was likely', () => {
    const between = line(106);
    for (const own of [{ fullSpendPpm: LIKELY }, { fullSpendPpm: 100_000 }, {}]) {
      const { known, warning } = one(own, between);
      assert.deepEqual([known, warning], [own.fullSpendPpm, undefined]);
    }
    assert.deepEqual(one({}, line(60)).warning, undefined);
    assert.equal(one({}, line(60)).known, undefined);
  });

  it('says nothing of what bids in auctions, nor where nobody knows the day’s supply', () => {
    assert.equal(one({ isAuctioned: true, fullSpendPpm: LIKELY }, line(60)).warning, undefined);
    assert.equal(one({ fullSpendPpm: LIKELY }, line(60), { supply: undefined }).warning, undefined);
  });

  it('warns where nothing can click any more', () => {
    const silent = supplyDay(START_MS, { cells: [cell({ clickPpm: 0 })] });
    assert.equal(one({ fullSpendPpm: LIKELY }, line(0), { supply: silent }).warning?.fullSpendPpm, 0);
    const elsewhere = supplyDay(START_MS, { cells: [cell({ segment: 'nobody' })] });
    assert.equal(one({ fullSpendPpm: LIKELY }, line(0), { supply: elsewhere }).warning?.fullSpendPpm, 0);
  });

  it('warns of those with most at stake where there are too many', () => {
    const lines = Array.from({ length: 70 }, (_, index): [BookEntry, ServedEntry] => [
      entry({ campaignId: `c${index}`, fullSpendPpm: LIKELY }),
      line(1, { remainingMicros: (1 + index) * 10_000_000 }),
    ]);
    const { warnings, entries } = warn(lines);
    assert.equal(warnings.length, 60);
    assert.equal(warnings[0]?.campaignId, 'c69');
    // The others are not forgotten.
    assert.equal(entries.get('c9/s1')?.fullSpendPpm, LIKELY);
    assert.equal(warn([...entries.values()].map((of) => [of, line(1)])).warnings.length, 10);
  });

  it('is likelier the more supply there is, and the less certain the flatter', () => {
    const at = (potential: number, day: SupplyDay = supply) =>
      one({ fullSpendPpm: LIKELY }, line(potential), { supply: day }).warning?.fullSpendPpm ?? 1e6;
    assert(at(60) < at(80) && at(80) < at(95), `${at(60)} ${at(80)} ${at(95)}`);
    const wide = supplyDay(START_MS, { cells: [cell(spread)], widening: 3 });
    assert(at(60, wide) > at(60));
  });
});

describe('the reason of a warning', () => {
  const known = { fullSpendPpm: LIKELY };
  /** The flight's traffic up to noon of its second day is over; it has spent all that was due, so that it is not behind. */
  const noonMs = START_MS + DAY_MS + 12 * HOUR_MS;

  it('is supply where traffic is below its forecast by as much', () => {
    assert.equal(one(known, line(60, { eligibleMicros: 1e9 }), { supplyFactor: 0.5 }).warning?.reason, 'supply');
  });

  it('is response where what has matured clicked less than charged for', () => {
    const own = {
      ...known,
      leases: [lease({ grantedMicros: 40_000_000, chargedMicros: 40_000_000 })],
      spentMicros: 4_000_000,
    };
    assert.equal(one(own, line(130)).warning?.reason, 'response');
  });

  it('is not response while clicks are only late', () => {
    const leases = [lease({ grantedMicros: 40_000_000, chargedMicros: 40_000_000 })];
    const cohorts = [{ hourAtMs: START_MS, chargedMicros: 40_000_000, confirmedMicros: 0 }];
    assert.equal(one({ ...known, leases, cohorts }, line(130)).warning, undefined);
  });

  it('is pacing where it would do had it spent as planned', () => {
    assert.equal(one(known, line(60, { eligibleMicros: 1e9 }), { nowMs: noonMs }).warning?.reason, 'pacing');
  });

  it('is contention where its audience has enough without the others', () => {
    assert.equal(one(known, line(60, { eligibleMicros: 200_000_000 })).warning?.reason, 'contention');
  });

  it('is supply where even its whole audience has too little', () => {
    assert.equal(one(known, line(60)).warning?.reason, 'supply');
  });
});

describe('what a line can count on', () => {
  /** Two days of 2,000 clicks each, 1,000 a day at half a unit. */
  function served(budgets: readonly number[]) {
    const entries = budgets.map((budget, index) => entry({ campaignId: `c${index}`, budgetMicros: budget * 1e6 }));
    return [...serveEntries(entries, market(), supplyDays(2), START_MS).values()];
  }
  const millions = (micros: number) => Math.round(micros / 1e6);

  it('is its allocation and what nobody was given, never what others are', () => {
    const [first, second] = served([500, 500]);
    assert(first && second);
    assert.deepEqual(
      [first, second].map(({ spareMicros }) => millions(spareMicros)),
      [1000, 1000],
    );
    assert.deepEqual(
      [first, second].map(({ eligibleMicros }) => millions(eligibleMicros)),
      [2000, 2000],
    );
    assert.deepEqual([millions(first.shortMicros), millions(second.shortMicros)], [0, 0]);
  });

  it('is its allocation alone where supply is short, and its audience would have more', () => {
    const [first] = served([1500, 1500]);
    assert(first);
    assert.equal(millions(first.spareMicros), 0);
    assert(millions(first.shortMicros) >= 450);
    const key = { fullSpendPpm: LIKELY, campaignId: 'c0', budgetMicros: 1_500_000_000 };
    assert.equal(warn([[entry(key), first]]).warnings[0]?.reason, 'contention');
  });
});
