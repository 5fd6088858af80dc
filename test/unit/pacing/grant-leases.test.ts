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
    unexpectedMicros: 0,
    groups: [g1],
    hourShape,
    nowMs: START_MS,
    tickIntervalMs: TICK_MS,
    ...rest,
  };
}

/** Due at the first horizon, half an hour into two even days. */
const DUE_MICROS = Math.floor(100_000_000 / 96);

describe('granting leases', () => {
  it('brings what is committed up to the spend curve at the horizon', () => {
    assert.deepEqual(grantLeases(input()), [
      {
        group: 'g1',
        grantedMicros: DUE_MICROS,
        chargedMicros: 0,
        returnedMicros: 0,
        spendUntilAtMs: START_MS + LEASE_TICKS * TICK_MS,
      },
    ]);
  });

  it('grants no more over a life than a number holds, whatever was charged and returned before', () => {
    const full = lease({ grantedMicros: MAX_MICROS - 600_000, chargedMicros: 0, returnedMicros: MAX_MICROS - 600_000 });
    assert.equal(grantLeases(input({ leases: [full] }))[0]?.grantedMicros, MAX_MICROS);
    const fuller = lease({ grantedMicros: MAX_MICROS, chargedMicros: 0, returnedMicros: MAX_MICROS });
    assert.equal(grantLeases(input({ leases: [fuller] }))[0]?.grantedMicros, MAX_MICROS);
  });

  it('divides by traffic, exact to the micro, the first group taking the odd ones', () => {
    const leases = grantLeases(input({}, { groups: [g2, g1], nowMs: START_MS + 12 * HOUR_MS }));
    const grants = new Map(leases.map(({ group, grantedMicros }) => [group, grantedMicros]));
    const total = Math.floor((100_000_000 * 12.5) / 48);
    assert.equal(grants.get('g2'), Math.floor(total / 4));
    assert.equal((grants.get('g1') as number) + (grants.get('g2') as number), total);
  });

  it('grants no group less than one click: what would be less goes to the first', () => {
    const [only, ...others] = grantLeases(input({}, { groups: [g1, g2] }));
    assert.deepEqual([only?.group, only?.grantedMicros, others.length], ['g1', DUE_MICROS, 0]);
  });

  it('grants nothing below one click', () => {
    const dear = input({ clickPriceMicros: DUE_MICROS + 1 });
    assert.equal(grantLeases(dear), dear.entry.leases);
    const nearlySpent = input({ spentMicros: 99_500_001 }, { nowMs: START_MS + 47 * HOUR_MS });
    assert.equal(grantLeases(nearlySpent), nearlySpent.entry.leases);
    const held = input({ spentMicros: 100_000_000, leases: [lease({ group: 'g2', grantedMicros: 0 })] });
    assert.equal(grantLeases(held), held.entry.leases);
  });

  it('grants one click where that is what is due, and to a second group where that is its part', () => {
    const [only] = grantLeases(input({ clickPriceMicros: DUE_MICROS }));
    assert.equal(only?.grantedMicros, DUE_MICROS);
    const equal = { ...g2, opportunities: g1.opportunities };
    const both = grantLeases(input({ clickPriceMicros: Math.floor(DUE_MICROS / 2) }, { groups: [g1, equal] }));
    assert.deepEqual(
      both.map(({ group, grantedMicros }) => [group, grantedMicros]),
      [
        ['g2', Math.floor(DUE_MICROS / 2)],
        ['g1', Math.ceil(DUE_MICROS / 2)],
      ],
    );
  });

  it('gives the last 5% of a budget to one group', () => {
    const late = { groups: [g2, g1], nowMs: START_MS + 47.5 * HOUR_MS };
    const [last, ...none] = grantLeases(input({ spentMicros: 95_000_000 }, late));
    assert.deepEqual([last?.group, last?.grantedMicros, none.length], ['g1', 5_000_000, 0]);
    assert.equal(grantLeases(input({ spentMicros: 94_000_000 }, late)).length, 2);
  });

  const ties = [
    { name: 'of which nothing was seen', opportunities: 0 },
    { name: 'of which more was seen than a number holds', opportunities: MAX_MICROS },
  ];
  for (const { name, opportunities } of ties) {
    it(`gives all to the first by name of groups ${name}, whatever their order`, () => {
      const groups = ['g3', 'g1', 'g2'].map((group) => ({ group, opportunities }));
      for (const order of [groups, [...groups].reverse()]) {
        const grants = grantLeases(input({}, { groups: order, nowMs: START_MS + DAY_MS }));
        assert.deepEqual(
          grants.map(({ group, grantedMicros }) => [group, grantedMicros]),
          [['g1', 51_041_666]],
        );
      }
    });
  }

  const still = [
    { name: 'no group was heard of', of: input({}, { groups: [] }) },
    { name: 'the flight is over', of: input({}, { nowMs: START_MS + 2 * DAY_MS }) },
    { name: 'the flight is far off', of: input({ startAtMs: START_MS + RENEW_TICKS * TICK_MS }) },
    { name: 'spend is ahead of the curve', of: input({ spentMicros: 50_000_000 }) },
    {
      name: 'more is committed than the budget',
      of: input({ spentMicros: 110_000_000 }, { nowMs: START_MS + 47 * HOUR_MS }),
    },
    { name: 'a fresh lease covers the curve', of: input({ leases: [lease()] }) },
    {
      name: 'a silent group holds a lease that ends',
      of: input({ leases: [lease({ group: 'g9', spendUntilAtMs: START_MS })] }),
    },
    {
      name: 'the lease that ends is spent',
      of: input({ leases: [lease({ chargedMicros: 10_000_000, spendUntilAtMs: START_MS })], spentMicros: 10_000_000 }),
    },
    {
      name: 'the lease that ends was returned',
      of: input({ leases: [lease({ returnedMicros: 10_000_000, spendUntilAtMs: START_MS })], spentMicros: 10_000_000 }),
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
      assert.deepEqual(grantLeases(input({ leases: held }, { groups })), [
        lease({ spendUntilAtMs: START_MS + LEASE_TICKS * TICK_MS }),
      ]);
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
      // Clicks that are late, or not expected any more, move what is paced and never what is committed.
      unexpected: fc.integer({ min: -250_000_000, max: 250_000_000 }),
    });
    fc.assert(
      fc.property(arbitrary, ({ budget, spent, price, hour, leases, traffic, unexpected }) => {
        const held = leases.map(({ granted, charged, until, closing }, index) =>
          lease({
            group: `g${index}`,
            grantedMicros: granted,
            chargedMicros: charged,
            spendUntilAtMs: START_MS + hour * HOUR_MS + (until - 6) * TICK_MS,
            ...(closing ? { closingMicros: charged } : {}),
          }),
        );
        const groups = traffic.map((opportunities, index) => ({ group: `g${index + 1}`, opportunities }));
        const of = input(
          { budgetMicros: budget, spentMicros: spent, clickPriceMicros: price, leases: held },
          { groups, nowMs: START_MS + hour * HOUR_MS, unexpectedMicros: unexpected },
        );
        const after = grantLeases(of);
        const grew = leasedMicros({ ...of.entry, leases: after }) - leasedMicros(of.entry);
        assert(grew >= 0);
        if (grew > 0) assert(of.committedMicros + grew <= budget);
        for (const now of after) {
          const before = held.find(({ group }) => group === now.group);
          const grant = now.grantedMicros - (before?.grantedMicros ?? 0);
          assert(grant === 0 || grant >= price, `a grant of ${grant} for clicks at ${price}`);
          assert(grant === 0 || groups.some(({ group }) => group === now.group));
          assert(now.spendUntilAtMs >= (before?.spendUntilAtMs ?? 0));
        }
      }),
    );
  });
});
