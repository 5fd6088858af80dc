import assert from 'node:assert/strict';
import type { ScarceCell } from '../../../shared/campaign/open-markets.ts';
import { scarcityWords } from '../../../shared/campaign/scarcity-words.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';

function scarce(from: number, to: number, own: Partial<ScarceCell> = {}): ScarceCell {
  const interval = { fromAtMs: START_MS + from * DAY_MS, toAtMs: START_MS + to * DAY_MS };
  return { market: 'SE', segment: 'casual', surface: 'home', ...interval, ...own };
}

describe('what is scarce, in words', () => {
  it('is nothing where nothing is', () => {
    assert.equal(scarcityWords([]), '');
  });

  it('joins days that follow each other, in any order, and names a single day once', () => {
    assert.equal(
      scarcityWords([scarce(1, 2), scarce(0, 1), scarce(4, 4 + HOUR_MS / DAY_MS)]),
      '; scarce: casual on home in SE, 2026-03-02 to 2026-03-03; casual on home in SE, 2026-03-06',
    );
  });

  it('keeps audiences and markets apart, and says what two parts lack once', () => {
    const cells = [scarce(0, 1), scarce(0, 1), scarce(0, 1, { surface: 'search' }), scarce(0, 1, { market: 'NO' })];
    assert.equal(
      scarcityWords(cells),
      '; scarce: casual on home in SE, 2026-03-02; casual on search in SE, 2026-03-02; casual on home in NO, 2026-03-02',
    );
  });

  it('fits a reason however long the names are and however many cells', () => {
    const cells = Array.from({ length: 40 }, (_, index) =>
      scarce(0, 2, { segment: `${index}`.padEnd(64, 'x'), surface: 'y'.repeat(64), market: 'm'.repeat(32) }),
    );
    const words = scarcityWords(cells);
    const money = `${Number.MAX_SAFE_INTEGER}`;
    const reason = `supply is there for ${money} of ${money} micros${words}`;
    assert(reason.length <= 500, `${reason.length} characters`);
    assert.match(words, / and 39 more$/);
  });
});
