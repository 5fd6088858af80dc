import assert from 'node:assert/strict';
import type { ServedEntry } from '../../../shared/campaign/serve-entries.ts';
import { trimEntries } from '../../../shared/campaign/trim-entries.ts';
import { DEFAULT_AUCTION, type ServingSettings } from '../../../shared/contracts/serving.ts';
import type { BookEntry } from '../../../shared/contracts/documents.ts';
import { entry } from '../../support/entries.ts';
import { DAY_MS, HOUR_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { supplyDay } from '../../support/markets.ts';

const NOON_MS = START_MS + 12 * HOUR_MS;
/** By noon 5/8 of the first day has passed: 31.25 of the budget of 100 over two days are due. */
const DUE_MICROS = 31_250_000;

function trimmed(own: Partial<BookEntry>, { serving, moved = true, price = 0.5, nowMs = NOON_MS }: Options = {}) {
  const line = entry(own);
  const entries = new Map([['c1/s1', line]]);
  const before = new Map([['c1/s1', moved ? { ...line } : line]]);
  const supplied = { remainingMicros: 1, shortMicros: 0, spareMicros: 0, eligibleMicros: 1 };
  const asked = { price, worth: 3, ...supplied };
  const served = new Map<string, ServedEntry>([['c1/s1', asked]]);
  trimEntries(entries, served, before, { serving, supply: supplyDay(), nowMs, passedMs: TICK_MS });
  return { price: served.get('c1/s1')?.price as number, entry: entries.get('c1/s1') as BookEntry, line };
}

interface Options {
  serving?: ServingSettings;
  moved?: boolean;
  price?: number;
  nowMs?: number;
}

describe('trimming the prices of a tick', () => {
  it('leaves the price of a line that has spent what is due', () => {
    assert.equal(trimmed({ spentMicros: DUE_MICROS }).price, 0.5);
  });

  it('lowers the price of a line that is behind, raises it of one that is ahead, and remembers a little of both', () => {
    const behind = trimmed({ spentMicros: 10_000_000 });
    const ahead = trimmed({ spentMicros: 60_000_000 });
    assert(behind.price < 0.5 && ahead.price > 0.5, `${behind.price} and ${ahead.price}`);
    assert((behind.entry.trim as number) > 0 && (ahead.entry.trim as number) < 0);
    assert(trimmed({ spentMicros: 10_000_000, trim: 0.3 }).price < behind.price);
  });

  it('counts what is in flight as spent', () => {
    const cohorts = [{ hourAtMs: NOON_MS - HOUR_MS, chargedMicros: DUE_MICROS, confirmedMicros: 0 }];
    assert.equal(trimmed({ cohorts }).price, 0.5);
  });

  it('follows the curve of the line', () => {
    const spentMicros = DUE_MICROS;
    assert(trimmed({ spentMicros, pacing: 'asap' }).price < 0.5);
    assert(trimmed({ spentMicros, pacing: 'front-loaded' }).price < 0.5);
    const late = [{ trafficShare: 0.9, spendShare: 0.01 }];
    assert(trimmed({ spentMicros, pacing: 'custom', spendCurve: late }).price > 0.5);
    const today = { day: Math.floor(START_MS / DAY_MS), startMicros: 0 };
    assert(trimmed({ spentMicros, dailyCapMicros: 20_000_000, today }).price > 0.5);
  });

  it('never leaves the range of prices', () => {
    for (const price of [0, 0.999]) {
      for (const spentMicros of [0, 100_000_000, 200_000_000]) {
        const { price: after } = trimmed({ spentMicros, trim: -1000 }, { price });
        assert(after >= 0 && after < 1, `${after}`);
      }
    }
    assert.equal(trimmed({}, { price: 0 }).price, 0);
    assert.equal(trimmed({}, { price: 0 }).entry.trim ?? 0, 0);
  });

  it('remembers nothing of an entry that did not move, so that its page stays unwritten', () => {
    const { entry: after, line, price } = trimmed({ spentMicros: 10_000_000 }, { moved: false });
    assert.equal(after, line);
    assert(price < 0.5);
  });

  it('keeps its hands off a price that an operator has set, and off a flight to come', () => {
    const word = { campaignId: 'c1', kind: 'price' as const, price: 0.5, untilAtMs: NOON_MS + 1, reason: 'a test' };
    const serving = { ...DEFAULT_AUCTION, version: 1, creatives: [], overrides: [word] };
    assert.equal(trimmed({}, { serving }).price, 0.5);
    assert.equal(trimmed({ startAtMs: NOON_MS + 1 }).price, 0.5);
  });

  it('has room in a page for what it remembers', () => {
    const { trim } = trimmed({ spentMicros: 12_345_678, trim: -3.14159265 }).entry;
    assert(JSON.stringify(trim).length <= 8, String(trim));
  });
});
