import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fallbackShares } from '../../../shared/planning/fallback-shares.ts';

const cells = ['a', 'b', 'c'].flatMap((segment) =>
  ['home', 'search'].map((surface) => ({ segment, surface, opportunities: 1000, clickPpm: 100_000 })),
);

function line(segments: string[], wantedMicros: number) {
  return { segments, surfaces: ['home'], clickPriceMicros: 1000, wantedMicros };
}

describe('fallback shares', () => {
  it('are what a line wants of what its audience is worth', () => {
    assert.deepEqual(fallbackShares([line(['a'], 25_000), line(['b', 'c'], 100_000)], cells), [0.25, 0.5]);
  });

  it('are one at most, and zero for a line that wants nothing or can get nothing', () => {
    assert.deepEqual(
      fallbackShares([line(['a'], 1e12), line(['b'], 0), line(['b'], -5), line(['x'], 5)], cells),
      [1, 0, 0, 0],
    );
    assert.deepEqual(fallbackShares([line(['a'], 5)], []), [0]);
  });

  it('are scaled down together where lines want more than a cell has', () => {
    assert.deepEqual(
      fallbackShares([line(['a'], 100_000), line(['a'], 50_000), line(['b'], 50_000)], cells),
      [0.666666666, 0.333333333, 0.5],
    );
  });

  it('never add up to more than a cell has', () => {
    const some = <T>(from: T[]) => fc.subarray(from, { minLength: 1 });
    const lines = fc.array(
      fc.record({
        segments: some(['a', 'b', 'c']),
        surfaces: some(['home', 'search']),
        clickPriceMicros: fc.integer({ min: 1, max: 10 ** 9 }),
        wantedMicros: fc.double({ min: 0, max: 1e15, noNaN: true }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(lines, (all) => {
        const shares = fallbackShares(all, cells);
        for (const cell of cells) {
          const over = all.map((one) => one.segments.includes(cell.segment) && one.surfaces.includes(cell.surface));
          const sum = shares.reduce((total, share, index) => total + (over[index] ? share : 0), 0);
          assert(sum <= 1, `${cell.segment}/${cell.surface} is allocated ${sum} times`);
        }
        assert(shares.every((share) => share >= 0 && share <= 1));
      }),
    );
  });
});
