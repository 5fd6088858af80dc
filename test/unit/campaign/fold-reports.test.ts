import assert from 'node:assert/strict';
import fc from 'fast-check';
import { committedMicros, entryNumbers, inFlightMicros, leasedMicros } from '../../../shared/campaign/entry-money.ts';
import { entryKey, foldReports, type ReportData } from '../../../shared/campaign/fold-reports.ts';
import type { BookEntry, Lease, Market } from '../../../shared/contracts/documents.ts';
import { MAX_MICROS } from '../../../shared/contracts/micros.ts';
import { entry, lease } from '../../support/entries.ts';
import { line, reportData } from '../../support/events.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { assertOutcomes } from '../../support/outcome-validator.ts';

const groups: Market['groups'] = ['g1', 'g2'].map((group) => ({ group, seenAtMs: START_MS, opportunities: 1 }));
const CLOSED_AFTER_MS = 7 * HOUR_MS;

/** Folds reports, in this order, into one entry; the tick is in the first hour. */
function fold(before: BookEntry, reports: Partial<ReportData>[], nowMs = START_MS) {
  const waiting = reports.map((own, index) => ({
    ledgerId: `ledger/${index}`,
    tenantId: 'andante',
    filedAtMs: nowMs,
    data: reportData(own),
  }));
  const result = foldReports(new Map([[entryKey(before), before]]), groups, waiting, nowMs);
  for (const { outcomes } of result.verdicts) assertOutcomes(outcomes);
  return { ...result, after: result.changed.get(entryKey(before)) ?? before };
}

describe('folding reports', () => {
  it('moves a charge from the lease into flight, committing nothing new', () => {
    const before = entry({ leases: [lease()] });
    const { after, verdicts } = fold(before, [{ lines: [line({ chargedMicros: 4_000_000 })] }]);
    assert.deepEqual([after.impressions, inFlightMicros(after), leasedMicros(after)], [10, 4_000_000, 6_000_000]);
    assert.equal(committedMicros(after), committedMicros(before));
    assert.deepEqual(before, entry({ leases: [lease()] }));
    assert.equal(verdicts[0]?.result, 'folded');
    assert.deepEqual(verdicts[0]?.outcomes, [
      {
        type: 'delivery-folded',
        tenantId: 'andante',
        market: 'SE',
        group: 'g1',
        windowStartAtMs: START_MS,
        windowEndAtMs: reportData().windowEndAtMs,
        lines: [{ ...line({ chargedMicros: 4_000_000 }), confirmedMicros: 0 }],
      },
    ]);
  });

  it('a confirmed click turns what was in flight into spend', () => {
    const sent = fold(entry({ leases: [lease()] }), [{ lines: [line({ chargedMicros: 4_000_000 })] }]).after;
    const { after } = fold(sent, [{ lines: [line({ impressions: 0, chargedMicros: 0, clicks: 3, conversions: 1 })] }]);
    assert.deepEqual(
      [after.spentMicros, inFlightMicros(after), after.clicks, after.conversions],
      [1_500_000, 2_500_000, 3, 1],
    );
    assert.equal(committedMicros(after), 10_000_000);
  });

  it('a click of a line that bids in auctions costs what its auctions set', () => {
    const told = line({ clicks: 3, clickMicros: 700_000, chargedMicros: 0 });
    assert.equal(fold(entry({ isAuctioned: true }), [{ lines: [told] }]).after.spentMicros, 700_000);
    const untold = line({ clicks: 3, chargedMicros: 0 });
    assert.equal(fold(entry({ isAuctioned: true }), [{ lines: [untold] }]).after.spentMicros, 1_500_000);
  });

  it('a click of a guaranteed line costs its price, whatever a server says', () => {
    const { after, verdicts } = fold(entry(), [{ lines: [line({ clicks: 3, clickMicros: 1, chargedMicros: 0 })] }]);
    assert.equal(after.spentMicros, 1_500_000);
    assert.equal(verdicts[0]?.code, undefined);
  });

  it('a click above its price is not believed', () => {
    const dear = line({ clicks: 3, clickMicros: 1_500_001, chargedMicros: 0 });
    const { after, verdicts } = fold(entry({ isAuctioned: true }), [{ lines: [dear] }]);
    assert.deepEqual([after.spentMicros, verdicts[0]?.code], [0, 'IMPLAUSIBLE_REPORT']);
  });

  it('keeps in the row who was reached for the first time', () => {
    const { verdicts } = fold(entry({ leases: [lease()] }), [{ lines: [line({ reached: 4 })] }]);
    const [outcome] = verdicts[0]?.outcomes ?? [];
    assert(outcome?.type === 'delivery-folded');
    assert.equal(outcome.lines[0]?.reached, 4);
  });

  it('an hour that clicked more than expected lends nothing to another, and is no overrun', () => {
    const lines = [
      line({ chargedMicros: 1_000_000, clicks: 4 }),
      line({ hourAtMs: START_MS + HOUR_MS, chargedMicros: 3_000_000 }),
    ];
    const { after } = fold(entry({ leases: [lease()] }), [{ lines }], START_MS + HOUR_MS);
    assert.deepEqual([after.spentMicros, inFlightMicros(after)], [2_000_000, 3_000_000]);
    assert.deepEqual([after.overrunMicros, after.status], [0, 'active']);
  });

  it('late clicks of a closed hour are spend and were in flight no more', () => {
    const nowMs = START_MS + CLOSED_AFTER_MS;
    const { after } = fold(entry({ leases: [lease()] }), [{ lines: [line({ clicks: 2, chargedMicros: 0 })] }], nowMs);
    assert.deepEqual([after.spentMicros, after.cohorts], [1_000_000, []]);
    assert.equal(fold(entry({ leases: [lease()] }), [{ lines: [line()] }], nowMs - 1).after.cohorts.length, 1);
  });

  it('what a group charges above its lease draws on unleased budget', () => {
    const { after } = fold(entry({ leases: [lease()] }), [{ lines: [line({ chargedMicros: 12_000_000 })] }]);
    assert.deepEqual([after.overrunMicros, after.status], [0, 'active']);
    assert.equal(after.leases[0]?.grantedMicros, 12_000_000);
    assert.equal(committedMicros(after), 12_000_000);
  });

  it('what the budget cannot cover is an overrun: recorded, and the subcampaign stops', () => {
    const before = entry({ budgetMicros: 11_000_000, leases: [lease()] });
    const { after } = fold(before, [{ lines: [line({ chargedMicros: 12_000_000 })] }]);
    assert.deepEqual([after.overrunMicros, after.status], [1_000_000, 'overrun']);
    const more = fold(after, [{ lines: [line({ chargedMicros: 500_000 })] }]).after;
    assert.equal(more.overrunMicros, 1_500_000);
  });

  it('another group’s lease is not unleased budget', () => {
    const before = entry({ budgetMicros: 20_000_000, leases: [lease(), lease({ group: 'g2' })] });
    const { after } = fold(before, [{ lines: [line({ chargedMicros: 10_000_001 })] }]);
    assert.deepEqual([after.overrunMicros, leasedMicros(after), after.status], [1, 10_000_000, 'overrun']);
  });

  it('a group without a lease is folded like any excess', () => {
    const { after } = fold(entry(), [{ lines: [line({ chargedMicros: 5_000_000 })] }]);
    assert.deepEqual(after.leases, [
      { group: 'g1', grantedMicros: 5_000_000, chargedMicros: 5_000_000, returnedMicros: 0, spendUntilAtMs: 0 },
    ]);
  });

  it('a charge is on the lease of its group, and leases stay in the order of their groups', () => {
    const charge = [line({ chargedMicros: 4_000_000 })];
    const held = entry({ leases: [lease(), lease({ group: 'g2' })] });
    assert.deepEqual(fold(held, [{ group: 'g2', lines: charge }]).after.leases, [
      lease(),
      lease({ group: 'g2', chargedMicros: 4_000_000 }),
    ]);
    const { after } = fold(entry({ leases: [lease({ group: 'g2' })] }), [{ lines: charge }]);
    assert.deepEqual(
      after.leases.map(({ group, chargedMicros }) => [group, chargedMicros]),
      [
        ['g1', 4_000_000],
        ['g2', 0],
      ],
    );
  });

  it('a closing subcampaign stays closing, its overrun recorded', () => {
    const { after } = fold(entry({ status: 'closing', budgetMicros: 0 }), [{ lines: [line()] }]);
    assert.deepEqual([after.status, after.overrunMicros], ['closing', 100_000]);
  });

  it('lines and closings that nobody owns stray, the others count', () => {
    const lines = [line(), line({ campaignId: 'c9' })];
    const closings = [{ campaignId: 'c8', subcampaignId: 's1', grantedMicros: 1, chargedMicros: 1 }];
    const { verdicts, after } = fold(entry({ leases: [lease()] }), [{ lines, closings }]);
    assert.deepEqual([verdicts[0]?.result, verdicts[0]?.code], ['folded', 'UNKNOWN_SUBCAMPAIGN']);
    assert.deepEqual(verdicts[0]?.strayLines, [lines[1]]);
    assert.deepEqual(verdicts[0]?.strayClosings, closings);
    assert.equal(after.impressions, 10);
    const [verdict] = fold(entry({ leases: [lease()] }), [{ closings }]).verdicts;
    assert.deepEqual(
      [verdict?.result, verdict?.code, verdict?.strayLines, verdict?.strayClosings],
      ['folded', 'UNKNOWN_SUBCAMPAIGN', [], closings],
    );
  });

  it('a report of which nothing is known is quarantined', () => {
    const { verdicts, changed } = fold(entry(), [{ lines: [line({ campaignId: 'c9' })] }]);
    assert.deepEqual([verdicts[0]?.result, verdicts[0]?.code, changed.size], ['quarantined', 'UNKNOWN_SUBCAMPAIGN', 0]);
  });

  const implausible = [
    { name: 'an hour of the future', own: line({ hourAtMs: START_MS + HOUR_MS + 1 }) },
    { name: 'clicks worth more than money goes', own: line({ clicks: MAX_MICROS }) },
    { name: 'a charge 70 million above the budget', own: line({ chargedMicros: 100_000_000 + 2 ** 46 }) },
    { name: 'a charge that no sum holds', own: line({ chargedMicros: MAX_MICROS }) },
    { name: 'a count that no sum holds', own: line({ impressions: MAX_MICROS }) },
    { name: 'a click more than a number holds', own: line({ clicks: 2 }), of: { clicks: MAX_MICROS - 1 } },
    {
      name: 'a conversion more than a number holds',
      own: line({ conversions: 2 }),
      of: { conversions: MAX_MICROS - 1 },
    },
  ];
  for (const { name, own, of } of implausible) {
    it(`${name} is implausible, whatever else the report says`, () => {
      const before = entry({ leases: [lease()], impressions: 1, spentMicros: 1, ...of });
      const { verdicts, after } = fold(before, [{ lines: [own, line()] }]);
      assert.deepEqual([verdicts[0]?.result, verdicts[0]?.code], ['folded', 'IMPLAUSIBLE_REPORT']);
      assert.deepEqual(verdicts[0]?.strayLines, [own]);
      assert.deepEqual([after.impressions, after.spentMicros], [11, 1]);
    });
  }

  it('what brings an entry to 2^46 micros above its budget is the last that is plausible', () => {
    const before = entry({ leases: [lease()], spentMicros: 1 });
    const room = 100_000_000 + 2 ** 46 - committedMicros(before);
    assert.equal(fold(before, [{ lines: [line({ chargedMicros: room })] }]).verdicts[0]?.code, undefined);
    const beyond = fold(before, [{ lines: [line({ chargedMicros: room + 1 })] }]);
    assert.equal(beyond.verdicts[0]?.code, 'IMPLAUSIBLE_REPORT');
  });

  it('an hour that begins within one hour of the filing is plausible', () => {
    const lines = [line({ hourAtMs: START_MS + HOUR_MS })];
    assert.equal(fold(entry({ leases: [lease()] }), [{ lines }]).verdicts[0]?.code, undefined);
  });

  it('grants of a whole life and the charges that raise them fill a number and never pass it', () => {
    const returned = { grantedMicros: MAX_MICROS - 100, returnedMicros: MAX_MICROS - 100 };
    const late = START_MS + CLOSED_AFTER_MS;
    const codes = (own: Partial<Lease>, charges: number[]) => {
      const lines = charges.map((chargedMicros) => line({ chargedMicros }));
      const { verdicts, after } = fold(entry({ leases: [lease({ ...returned, ...own })] }), [{ lines }], late);
      assert(after.leases.every(({ grantedMicros }) => Number.isSafeInteger(grantedMicros)));
      return verdicts.map(({ code, strayLines }) => [code, strayLines.length]);
    };
    assert.deepEqual(codes({}, [100]), [[undefined, 0]]);
    assert.deepEqual(codes({}, [101]), [['IMPLAUSIBLE_REPORT', 1]]);
    assert.deepEqual(codes({}, [60, 60]), [['IMPLAUSIBLE_REPORT', 1]]);
    assert.deepEqual(codes({ returnedMicros: MAX_MICROS - 1_000 }, [101]), [['IMPLAUSIBLE_REPORT', 1]]);
  });

  it('several charges to closed hours never add up to more than a number holds', () => {
    const huge = { lines: [line({ chargedMicros: MAX_MICROS })] };
    const { after, verdicts } = fold(entry(), [huge, huge], START_MS + CLOSED_AFTER_MS);
    assert(
      after.leases.every(
        ({ chargedMicros, grantedMicros }) =>
          Number.isSafeInteger(chargedMicros) && Number.isSafeInteger(grantedMicros),
      ),
    );
    assert.equal(verdicts[1]?.code, 'IMPLAUSIBLE_REPORT');
  });

  it('a tick that comes a day late folds what was in time when it was filed', () => {
    const hours = Array.from({ length: 24 }, (_, hour) => line({ hourAtMs: START_MS + hour * HOUR_MS }));
    const report = {
      ledgerId: 'ledger/0',
      tenantId: 'andante',
      filedAtMs: START_MS + DAY_MS,
      data: reportData({ lines: hours }),
    };
    const before = entry({ leases: [lease()] });
    const { verdicts, changed } = foldReports(new Map([[entryKey(before), before]]), groups, [report], START_MS);
    const after = changed.get(entryKey(before)) as BookEntry;
    assert.deepEqual([verdicts[0]?.result, verdicts[0]?.code, verdicts[0]?.strayLines], ['folded', undefined, []]);
    assert.deepEqual([after.impressions, inFlightMicros(after), committedMicros(after)], [240, 2_400_000, 10_000_000]);
    assert.equal(after.cohorts.length, 2);
  });

  it('a group that the market does not know is quarantined whole', () => {
    const lines = [line()];
    const { verdicts, changed } = fold(entry({ leases: [lease()] }), [{ group: 'g7', lines }]);
    assert.deepEqual(
      [verdicts[0]?.result, verdicts[0]?.code, verdicts[0]?.strayLines],
      ['quarantined', 'TOO_MANY_GROUPS', lines],
    );
    assert.equal(changed.size, 0);
  });

  const closing = { campaignId: 'c1', subcampaignId: 's1', grantedMicros: 10_000_000, chargedMicros: 4_000_000 };

  it('a closing is noted until its charges are folded', () => {
    const { after } = fold(entry({ leases: [lease()] }), [{ closings: [closing] }]);
    assert.equal(after.leases[0]?.closingMicros, 4_000_000);
    assert.equal(leasedMicros(after), 10_000_000);
  });

  it('a closing is void after a newer grant, and from a group that holds no lease', () => {
    const granted = fold(entry({ leases: [lease({ grantedMicros: 10_000_001 })] }), [{ closings: [closing] }]).after;
    assert.equal(granted.leases[0]?.closingMicros, undefined);
    const other = fold(entry({ leases: [lease()] }), [{ group: 'g2', closings: [closing] }]).after;
    assert.deepEqual(other.leases, [lease()]);
  });

  it('a closing that gives nothing back moves nothing, also from a group that holds nothing', () => {
    const empty = [{ ...closing, grantedMicros: 0, chargedMicros: 0 }];
    for (const leases of [[], [lease({ grantedMicros: 0 })]])
      assert.equal(fold(entry({ leases }), [{ closings: empty }]).changed.size, 0);
  });

  it('what a report saw of traffic is an outcome of its own', () => {
    const opportunities = [{ segment: 'casual', surface: 'home', opportunities: 300 }];
    const { verdicts } = fold(entry(), [{ opportunities }]);
    assert.deepEqual(
      verdicts[0]?.outcomes.map(({ type }) => type),
      ['supply-observed'],
    );
  });

  it('comes to the same whatever the order of reports', () => {
    const oneLine = fc.record({
      subcampaignId: fc.constantFrom('s1', 's2', 'unknown'),
      hour: fc.nat(8),
      clicks: fc.nat(20),
      charged: fc.nat(9_000_000),
    });
    const oneReport = fc.record({
      group: fc.constantFrom('g1', 'g2', 'g3'),
      lines: fc.array(oneLine, { maxLength: 4 }),
      closings: fc.array(
        fc.record({ granted: fc.constantFrom(0, 10_000_000, 11_000_000), charged: fc.nat(10_000_000) }),
        { maxLength: 2 },
      ),
    });
    const nowMs = START_MS + 8 * HOUR_MS;
    const three = [...groups, { group: 'g3', seenAtMs: START_MS, opportunities: 1 }];
    const entries = [
      entry({ leases: [lease()], budgetMicros: 30_000_000 }),
      entry({
        subcampaignId: 's2',
        leases: [lease({ group: 'g2', grantedMicros: 11_000_000 })],
        endAtMs: START_MS + DAY_MS,
      }),
    ];
    const book = new Map(entries.map((one) => [entryKey(one), one]));
    fc.assert(
      fc.property(
        fc
          .array(oneReport, { maxLength: 8 })
          .chain((reports) =>
            fc.tuple(fc.constant(reports), fc.shuffledSubarray([...reports.keys()], { minLength: reports.length })),
          ),
        ([reports, order]) => {
          const waiting = reports.map(({ group, lines, closings }, index) => ({
            ledgerId: `ledger/${index}`,
            tenantId: 'andante',
            filedAtMs: nowMs,
            data: reportData({
              group,
              lines: lines.map(({ subcampaignId, hour, clicks, charged }) =>
                line({ subcampaignId, hourAtMs: START_MS + hour * HOUR_MS, clicks, chargedMicros: charged }),
              ),
              closings: closings.map(({ granted, charged }) => ({
                ...closing,
                grantedMicros: granted,
                chargedMicros: charged,
              })),
            }),
          }));
          const one = foldReports(book, three, waiting, nowMs);
          const other = foldReports(
            book,
            three,
            order.map((index) => waiting[index] as (typeof waiting)[number]),
            nowMs,
          );
          const sorted = (of: typeof one) =>
            [...of.changed.values()].sort((a, b) => (a.subcampaignId < b.subcampaignId ? -1 : 1));
          assert.deepEqual(sorted(other), sorted(one));
          for (const after of one.changed.values()) {
            const { spentMicros, inFlightMicros: inFlight, leasedMicros: leased } = entryNumbers(after);
            assert(
              [spentMicros, inFlight, leased, after.overrunMicros].every(
                (amount) => Number.isSafeInteger(amount) && amount >= 0,
              ),
            );
            for (const held of after.leases) assert(held.chargedMicros <= held.grantedMicros - held.returnedMicros);
          }
        },
      ),
    );
  });
});
