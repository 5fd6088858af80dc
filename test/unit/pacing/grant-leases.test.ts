import assert from 'node:assert/strict';
import fc from 'fast-check';
import { committedMicros, leasedMicros } from '../../../shared/campaign/entry-money.ts';
import type { BookEntry } from '../../../shared/contracts/documents.ts';
import { MAX_MICROS } from '../../../shared/contracts/micros.ts';
import { LEASE_TICKS, RENEW_TICKS, grantLeases, type GrantInput } from '../../../shared/pacing/grant-leases.ts';
import { entry, lease } from '../../support/entries.ts';
import { DAY_MS, HOUR_MS, START_MS, TICK_MS } from '../../support/instants.ts';

const hourShape = Array.from({ length: 24 }, () => 1 / 24);
const g1 = { group: 'g1', opportunities: 300 };
const g2 = { group: 'g2', opportunities: 100 };

function input(own: Partial<BookEntry> = {}, rest: Partial<GrantInput> = {}): GrantInput {
  const of = entry(own);
  return {
    entry: of,
    committedMicros: committedMicros(of),
    groups: [g1],
    hourShape,
    nowMs: START_MS,
    tickIntervalMs: TICK_MS,
    ...rest,
  };
}

/** What the plan has for the lease and a tick more, of two even days. */
const AHEAD_MICROS = Math.floor((100_000_000 * (LEASE_TICKS + 1)) / 576);
/** With one standard deviation of so many clicks. */
const needOf = (micros: number) => micros + Math.ceil(Math.sqrt(micros * 500_000));
const NEED_MICROS = needOf(AHEAD_MICROS);

describe('granting leases', () => {
  it('gives a group what the plan has until its lease can be renewed and reported, and a margin for few clicks', () => {
    assert.deepEqual(grantLeases(input()), [
      {
        group: 'g1',
        grantedMicros: NEED_MICROS,
        chargedMicros: 0,
        returnedMicros: 0,
        spendUntilAtMs: START_MS + LEASE_TICKS * TICK_MS,
      },
    ]);
  });

  it('does not ration a line that is ahead of its plan: the price does', () => {
    const ahead = input({ spentMicros: 30_000_000 }, { nowMs: START_MS + 6 * HOUR_MS });
    assert.equal(grantLeases(ahead)[0]?.grantedMicros, NEED_MICROS);
  });

  it('adds what a line is behind its plan, in pieces of a quarter of its budget', () => {
    const nowMs = START_MS + 12 * HOUR_MS;
    assert.equal(
      grantLeases(input({ spentMicros: 20_000_000 }, { nowMs }))[0]?.grantedMicros,
      needOf(AHEAD_MICROS + 5e6),
    );
    const asap = input({ pacing: 'asap' });
    assert.equal(grantLeases(asap)[0]?.grantedMicros, needOf(25_000_000));
  });

  it('tops up to what a group should need, whatever another one holds', () => {
    const leases = [lease({ grantedMicros: NEED_MICROS - 600_000 }), lease({ group: 'g2', grantedMicros: 30_000_000 })];
    const after = grantLeases(input({ leases }));
    assert.equal(after[0]?.grantedMicros, NEED_MICROS);
    assert.equal(after[1], leases[1]);
  });

  it('grants no more than half of the time left needs towards the end, so that money stays free for who needs it', () => {
    const grantedAt = (minutesLeft: number) => {
      const nowMs = START_MS + 2 * DAY_MS - minutesLeft * 60_000;
      const spentMicros = 100_000_000 - Math.round((100_000_000 * minutesLeft) / 2880);
      return grantLeases(input({ spentMicros, clickPriceMicros: 1000 }, { nowMs })).reduce(
        (sum, { grantedMicros }) => sum + grantedMicros,
        0,
      );
    };
    const micros = (minutes: number) => (100_000_000 * minutes) / 2880;
    assert(Math.abs(grantedAt(40) - micros(25) - Math.sqrt(micros(25) * 1000)) < 5);
    assert(grantedAt(10) >= micros(10) - 1);
  });

  it('keeps to what a day may spend under its cap', () => {
    const today = { day: START_MS / DAY_MS, startMicros: 0 };
    const capped = { dailyCapMicros: 10_000_000, clickPriceMicros: 1000, today };
    const nowMs = START_MS + 12 * HOUR_MS;
    const near = input({ ...capped, spentMicros: 9_900_000 }, { nowMs });
    assert.equal(grantLeases(near)[0]?.grantedMicros, 100_000);
    const full = input({ ...capped, spentMicros: 10_000_000 }, { nowMs });
    assert.equal(grantLeases(full), full.entry.leases);
    const tomorrow = input(
      { ...capped, spentMicros: 10_000_000, today: { day: today.day + 1, startMicros: 10_000_000 } },
      { nowMs: START_MS + DAY_MS },
    );
    assert((grantLeases(tomorrow)[0]?.grantedMicros as number) > 0);
  });

  it('grants no more over a life than a number holds, whatever was charged and returned before', () => {
    const full = lease({ grantedMicros: MAX_MICROS - 600_000, chargedMicros: 0, returnedMicros: MAX_MICROS - 600_000 });
    assert.equal(grantLeases(input({ leases: [full] }))[0]?.grantedMicros, MAX_MICROS);
    const fuller = lease({ grantedMicros: MAX_MICROS, chargedMicros: 0, returnedMicros: MAX_MICROS });
    assert.equal(grantLeases(input({ leases: [fuller] }))[0]?.grantedMicros, MAX_MICROS);
  });

  it('divides by traffic, a margin for each', () => {
    const leases = grantLeases(input({ clickPriceMicros: 1000 }, { groups: [g2, g1] }));
    const grants = new Map(leases.map(({ group, grantedMicros }) => [group, grantedMicros]));
    const own = (micros: number) => micros + Math.ceil(Math.sqrt(micros * 1000));
    assert.equal(grants.get('g2'), own(Math.floor(AHEAD_MICROS / 4)));
    assert.equal(grants.get('g1'), own(Math.floor((AHEAD_MICROS * 3) / 4)));
  });

  it('cuts what is scarce for all alike, exact to the micro', () => {
    const late = { groups: [g2, g1], nowMs: START_MS + DAY_MS };
    const leases = grantLeases(input({ spentMicros: 99_000_003, clickPriceMicros: 1000 }, late));
    assert.equal(
      leases.reduce((sum, { grantedMicros }) => sum + grantedMicros, 0),
      999_997,
    );
  });

  it('grants nothing that lacks less than one click', () => {
    const held = input({ leases: [lease({ grantedMicros: NEED_MICROS - 499_999 })] });
    assert.equal(grantLeases(held), held.entry.leases);
    const poor = input({ spentMicros: 99_500_001 }, { nowMs: START_MS + 47 * HOUR_MS });
    assert.equal(grantLeases(poor), poor.entry.leases);
    const spent = input({ spentMicros: 100_000_000, leases: [lease({ group: 'g2', grantedMicros: 0 })] });
    assert.equal(grantLeases(spent), spent.entry.leases);
  });

  it('adds the last micros of a budget, less than a click, to a lease that can still take one', () => {
    const nowMs = START_MS + 47.9 * HOUR_MS;
    const held = input({ spentMicros: 99_000_000, leases: [lease({ grantedMicros: 700_000 })] }, { nowMs });
    assert.equal(grantLeases(held)[0]?.grantedMicros, 1_000_000);
  });

  it('grants one click where that is all there is, and to the second group only what is a click as well', () => {
    const nowMs = START_MS + DAY_MS;
    const [only, ...none] = grantLeases(input({ spentMicros: 99_500_000 }, { nowMs, groups: [g1, g2] }));
    assert.deepEqual([only?.group, only?.grantedMicros, none.length], ['g1', 500_000, 0]);
    const few = grantLeases(input({ spentMicros: 98_400_000 }, { nowMs, groups: [g1, g2] }));
    assert.deepEqual(
      few.map(({ group, grantedMicros }) => [group, grantedMicros]),
      [['g1', 1_600_000]],
    );
  });

  it('gives the last clicks of a budget to one group, three at the most and 5% of it at the most', () => {
    const late = { groups: [g2, g1], nowMs: START_MS + 47.5 * HOUR_MS };
    const groupsAt = (spentMicros: number, budgetMicros = 100_000_000) =>
      grantLeases(input({ spentMicros, budgetMicros, clickPriceMicros: 100_000 }, late)).map(({ group }) => group);
    assert.deepEqual(groupsAt(99_700_000), ['g1']);
    assert.deepEqual(groupsAt(99_000_000), ['g2', 'g1']);
    assert.deepEqual(groupsAt(2_850_000, 3_000_000), ['g1']);
    assert.equal(groupsAt(2_000_000, 3_000_000).length, 2);
  });

  const ties = [
    { name: 'of which nothing was seen', opportunities: 0 },
    { name: 'of which more was seen than a number holds', opportunities: MAX_MICROS },
  ];
  for (const { name, opportunities } of ties) {
    it(`gives all to the first by name of groups ${name}, whatever their order`, () => {
      const groups = ['g3', 'g1', 'g2'].map((group) => ({ group, opportunities }));
      for (const order of [groups, [...groups].reverse()]) {
        const grants = grantLeases(input({}, { groups: order }));
        assert.deepEqual(
          grants.map(({ group, grantedMicros }) => [group, grantedMicros]),
          [['g1', NEED_MICROS]],
        );
      }
    });
  }

  const still = [
    { name: 'no group was heard of', of: input({}, { groups: [] }) },
    { name: 'the flight is over', of: input({}, { nowMs: START_MS + 2 * DAY_MS }) },
    { name: 'the flight is far off', of: input({ startAtMs: START_MS + RENEW_TICKS * TICK_MS }) },
    {
      name: 'more is committed than the budget',
      of: input({ spentMicros: 110_000_000 }, { nowMs: START_MS + 47 * HOUR_MS }),
    },
    { name: 'a fresh lease covers what is needed', of: input({ leases: [lease()] }) },
    {
      name: 'a silent group holds a lease that ends',
      of: input({ spentMicros: 100_000_000, leases: [lease({ group: 'g9', spendUntilAtMs: START_MS })] }),
    },
    {
      name: 'the lease that ends is spent',
      of: input({ leases: [lease({ chargedMicros: 10_000_000, spendUntilAtMs: START_MS })], spentMicros: 100_000_000 }),
    },
    {
      name: 'the lease that ends was returned',
      of: input({
        leases: [lease({ returnedMicros: 10_000_000, spendUntilAtMs: START_MS })],
        spentMicros: 100_000_000,
      }),
    },
    {
      name: 'the lease that ends was closed by its group',
      of: input({ leases: [lease({ closingMicros: 1, spendUntilAtMs: START_MS })] }),
    },
  ];
  for (const { name, of } of still) {
    it(`moves nothing when ${name}: the very same leases`, () => {
      assert.equal(grantLeases(of), of.entry.leases);
    });
  }

  it('renews an open lease of a group that was heard when less than three ticks are left', () => {
    const held = [lease({ spendUntilAtMs: START_MS + RENEW_TICKS * TICK_MS - 1 })];
    for (const groups of [[g1], [g2, g1]]) {
      const [renewed] = grantLeases(input({ leases: held }, { groups }));
      assert.deepEqual(renewed, lease({ spendUntilAtMs: START_MS + LEASE_TICKS * TICK_MS }));
    }
    const enough = [lease({ spendUntilAtMs: START_MS + RENEW_TICKS * TICK_MS })];
    assert.equal(grantLeases(input({ leases: enough })).at(0), enough[0]);
  });

  it('a newer grant makes a closing void', () => {
    const nowMs = START_MS + DAY_MS;
    const [renewed] = grantLeases(input({ leases: [lease({ closingMicros: 3 })] }, { nowMs }));
    assert.equal(renewed?.closingMicros, undefined);
    assert((renewed?.grantedMicros as number) > 10_000_000);
  });

  it('no lease outlives the flight', () => {
    const nowMs = START_MS + 2 * DAY_MS - TICK_MS;
    assert(grantLeases(input({}, { nowMs })).every(({ spendUntilAtMs }) => spendUntilAtMs === START_MS + 2 * DAY_MS));
  });

  it('never breaks invariant 1, never grants below a click price, never shortens a lease', () => {
    const held = fc.record({
      granted: fc.nat(30_000_000),
      charged: fc.nat(30_000_000),
      until: fc.nat(24),
      closing: fc.boolean(),
    });
    const arbitrary = fc.record({
      budget: fc.nat(200_000_000),
      spent: fc.nat(150_000_000),
      price: fc.integer({ min: 1, max: 20_000_000 }),
      hour: fc.nat(50),
      leases: fc.array(held, { maxLength: 3 }),
      traffic: fc.array(fc.nat(1000), { maxLength: 4 }),
      // Clicks that are late, or not expected any more, move what is in flight.
      unexpected: fc.integer({ min: -250_000_000, max: 250_000_000 }),
      cap: fc.option(fc.integer({ min: 1, max: 100_000_000 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(arbitrary, ({ budget, spent, price, hour, leases, traffic, unexpected, cap }) => {
        const held = leases.map(({ granted, charged, until, closing }, index) =>
          lease({
            group: `g${index}`,
            grantedMicros: granted + charged,
            chargedMicros: charged,
            spendUntilAtMs: START_MS + hour * HOUR_MS + (until - 6) * TICK_MS,
            ...(closing ? { closingMicros: charged } : {}),
          }),
        );
        const today = { day: Math.floor((START_MS + hour * HOUR_MS) / DAY_MS), startMicros: spent };
        const groups = traffic.map((opportunities, index) => ({ group: `g${index + 1}`, opportunities }));
        const of = input(
          {
            budgetMicros: budget,
            spentMicros: spent,
            clickPriceMicros: price,
            leases: held,
            cohorts: [{ hourAtMs: START_MS, chargedMicros: 50_000_000, confirmedMicros: 0 }],
            unexpectedMicros: unexpected,
            ...(cap === undefined ? {} : { dailyCapMicros: cap, today }),
          },
          { groups, nowMs: START_MS + hour * HOUR_MS },
        );
        const after = grantLeases(of);
        const grew = leasedMicros({ ...of.entry, leases: after }) - leasedMicros(of.entry);
        assert(grew >= 0);
        if (grew > 0) assert(of.committedMicros + grew <= budget);
        if (grew > 0 && cap !== undefined) assert(of.committedMicros + grew <= spent + cap);
        for (const now of after) {
          const before = held.find(({ group }) => group === now.group);
          const grant = now.grantedMicros - (before?.grantedMicros ?? 0);
          const open = now.grantedMicros - now.returnedMicros - now.chargedMicros;
          assert(grant === 0 || open >= price, `${open} open for clicks at ${price}`);
          assert(grant === 0 || groups.some(({ group }) => group === now.group));
          assert(now.spendUntilAtMs >= (before?.spendUntilAtMs ?? 0));
        }
      }),
    );
  });
});
