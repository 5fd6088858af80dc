import assert from 'node:assert/strict';
import { admitGroups } from '../../../shared/campaign/admit-groups.ts';
import type { BookEntry, Market } from '../../../shared/contracts/documents.ts';
import { entry, lease } from '../../support/entries.ts';
import { reportData } from '../../support/events.ts';
import { DAY_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { market } from '../../support/markets.ts';

const NOW_MS = START_MS + 3 * DAY_MS;
const names = ['g1', 'g2', 'g3', 'g4', 'g5', 'g6'];

const cell = { segment: 'casual', surface: 'home' };

interface Given {
  groups?: Market['groups'];
  entries?: BookEntry[];
  heard: string[];
  opportunities?: number;
}

function admit({ groups = [], entries = [], heard, opportunities = 0 }: Given): Market['groups'] {
  const seen = opportunities > 0 ? [{ ...cell, opportunities }] : [];
  const reports = heard.map((group, index) => ({
    ledgerId: `ledger/${index}`,
    tenantId: 'andante',
    filedAtMs: NOW_MS,
    data: reportData({ group, windowEndAtMs: NOW_MS - TICK_MS, opportunities: seen }),
  }));
  return admitGroups({ market: market({ groups }), entries, reports, nowMs: NOW_MS, passedMs: TICK_MS });
}

function known(group: string, seenAtMs = NOW_MS - TICK_MS, opportunities = 0) {
  return { group, seenAtMs, opportunities };
}

describe('admitting groups', () => {
  it('takes new groups in by name, up to six', () => {
    const heard = ['g7', ...names].reverse();
    assert.deepEqual(
      admit({ heard }).map(({ group }) => group),
      names,
    );
    assert.deepEqual(admit({ heard: [...heard].reverse() }), admit({ heard }));
  });

  it('adds what each saw to a fading memory', () => {
    const after = admit({ groups: [known('g1', START_MS, 1_000_000)], heard: ['g1', 'g1'], opportunities: 300 });
    assert.deepEqual(after, [
      known('g1', NOW_MS - TICK_MS, Math.floor(1_000_000 * (1 - TICK_MS / (36 * 3_600_000))) + 600),
    ]);
  });

  it('counts what a group saw for that group alone, and names groups in order', () => {
    const [first, second] = [
      { group: 'g2', opportunities: 7 },
      { group: 'g1', opportunities: 5 },
    ].map(({ group, opportunities }, index) => ({
      ledgerId: `ledger/${index}`,
      tenantId: 'andante',
      filedAtMs: NOW_MS,
      data: reportData({ group, windowEndAtMs: NOW_MS - index, opportunities: [{ ...cell, opportunities }] }),
    }));
    assert(first && second);
    const about = { entries: [], nowMs: NOW_MS, passedMs: TICK_MS };
    const met = admitGroups({ market: market(), reports: [first], ...about });
    assert.deepEqual(met, [known('g2', NOW_MS, 7)]);
    const both = admitGroups({ market: market({ groups: met }), reports: [second], ...about });
    assert.deepEqual(both, [known('g1', NOW_MS - 1, 5), known('g2', NOW_MS, 6)]);
    assert.deepEqual(admitGroups({ market: market(), reports: [first, second], ...about }), [
      known('g1', NOW_MS - 1, 5),
      known('g2', NOW_MS, 7),
    ]);
  });

  it('takes no time from the future of a tick', () => {
    const report = {
      ledgerId: 'ledger/0',
      tenantId: 'andante',
      filedAtMs: NOW_MS,
      data: reportData({ windowEndAtMs: NOW_MS + DAY_MS }),
    };
    const [group] = admitGroups({
      market: market(),
      entries: [],
      reports: [report],
      nowMs: NOW_MS,
      passedMs: TICK_MS,
    });
    assert.equal(group?.seenAtMs, NOW_MS);
  });

  it('changes nothing when nobody reports', () => {
    const groups = [known('g1')];
    assert.equal(admit({ groups, heard: [] }), groups);
  });

  const longAgo = NOW_MS - 2 * DAY_MS;
  const full = [known('g1', longAgo), ...names.slice(1).map((name) => known(name))];

  it('lets a group that was silent for long make room', () => {
    const after = admit({ groups: full, heard: ['g7'] });
    assert.deepEqual(
      after.map(({ group }) => group),
      ['g2', 'g3', 'g4', 'g5', 'g6', 'g7'],
    );
  });

  it('forgets nobody while there is room, and nobody who spoke within a day and a half', () => {
    const five = full.slice(0, 5);
    assert.deepEqual(
      admit({ groups: five, heard: ['g7'] }).map(({ group }) => group),
      ['g1', 'g2', 'g3', 'g4', 'g5', 'g7'],
    );
    const lately = NOW_MS - 1.5 * DAY_MS;
    for (const [seenAtMs, isKept] of [
      [lately, true],
      [lately - 1, false],
    ] as const) {
      const after = admit({ groups: [known('g1', seenAtMs), ...full.slice(1)], heard: ['g7'] });
      assert.equal(
        after.some(({ group }) => group === 'g1'),
        isKept,
      );
    }
  });

  it('keeps a silent group that holds a lease, and one that speaks again', () => {
    const entries = [entry({ leases: [lease({ group: 'g1' })] })];
    for (const given of [{ entries, heard: ['g7'] }, { heard: ['g1', 'g7'] }]) {
      assert.deepEqual(
        admit({ groups: full, ...given }).map(({ group }) => group),
        names,
      );
    }
  });

  it('keeps sums that a number holds', () => {
    const [group] = admit({ heard: ['g1'], opportunities: Number.MAX_SAFE_INTEGER });
    assert.equal(group?.opportunities, 2 ** 50);
  });
});
