import assert from 'node:assert/strict';
import { reliabilityPlot, shareBars } from '../../../shared/cli/plot.ts';

describe('plots in the terminal', () => {
  const rowsOf = (plot: string) => plot.split('\n').slice(0, 10);

  it('mark a bin where forecast and observed meet, and on the diagonal both', () => {
    const plot = reliabilityPlot([
      { bin: 0, n: 3, observed: 0.02 },
      { bin: 8, n: 12_345, observed: 0.4 },
      { bin: 9, n: 4_000_000, observed: 1 },
    ]);
    const rows = rowsOf(plot);
    assert.equal(rows.length, 10);
    assert.match(rows[9] ?? '', /^0\.1 \| {4}@$/);
    assert.match(rows[5] ?? '', /^0\.5 \| {24}\. {19}\*$/);
    assert.match(rows[0] ?? '', /^1\.0 \| {49}@$/);
    assert.match(plot, / 3( +0){7} +12k +4M {2}of them$/);
  });

  it('show the diagonal alone where there is nothing', () => {
    for (const [index, row] of rowsOf(reliabilityPlot([])).entries())
      assert.equal(row.trimEnd().length, 6 + 5 * (10 - index) - 1);
  });

  it('keep columns of ten thousand and of all there are apart', () => {
    const all = Array.from({ length: 10 }, (_bin, bin) => ({ bin, n: Number.MAX_SAFE_INTEGER, observed: 0.5 }));
    const counts = reliabilityPlot(all).split('\n').at(-1) ?? '';
    assert.match(counts, /^ +(999M ){9}999M {2}of them$/);
  });

  it('draw shares as long as they are, with a mark where they are meant to end', () => {
    const bars = shareBars(
      [
        { name: 'none', share: 0, n: 1 },
        { name: 'everything', share: 1, n: 20 },
      ],
      0.5,
    );
    assert.deepEqual(bars.split('\n'), [
      `none        [${' '.repeat(20)}|${' '.repeat(19)}]   0.0%  of 1`,
      `everything  [${'#'.repeat(20)}|${'#'.repeat(19)}] 100.0%  of 20`,
    ]);
    assert.equal(shareBars([], 0.5), '');
  });
});
