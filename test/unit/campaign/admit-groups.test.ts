import assert from 'node:assert/strict';
import { admitGroups } from '../../../shared/campaign/admit-groups.ts';
import type { BookEntry, Market } from '../../../shared/contracts/documents.ts';
import { entry, lease } from '../../support/entries.ts';
import { reportData } from '../../support/events.ts';
import { DAY_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { market } from '../../support/markets.ts';

const NOW_MS = START_MS + 3 * DAY_MS;
const names = ['g1', 'g2', 'g3', 'g4', 'g5', 'g6'];

interface Given {
  groups?: Market['groups'];
  entries?: BookEntry[];
  heard: string[];
  opportunities?: number;
}

function admit({ groups = [], entries = [], heard, opportunities = 0 }: Given): Market['groups'] {
  const seen = opportunities > 0 ? [{ segment: 'casual', surface: 'home', opportunities }] : [];
  const reports = heard.map((group, index) => ({
    ledgerId: `ledger/${index}`,
    tenantId: 'andante',
    filedAtMs: NOW_MS,
    data: reportData({ group, windowEndAtMs: NOW_MS - TICK_MS, opportunities: seen }),
  }));
  return admitGroups({ market: market({ groups }), entries, reports, nowMs: NOW_MS, tickIntervalMs: TICK_MS });
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
      tickIntervalMs: TICK_MS,
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
