import assert from 'node:assert/strict';
import { floorCpmMicros } from '../../../shared/planning/floor-cpm.ts';

const CELL = { segment: 'casual', surface: 'home' };

describe('the floor of a cell', () => {
  it('is nothing where no row matches', () => {
    assert.equal(floorCpmMicros([], CELL), 0);
    assert.equal(
      floorCpmMicros(
        [
          { segment: 'fan', cpmMicros: 9 },
          { surface: 'search', cpmMicros: 9 },
        ],
        CELL,
      ),
      0,
    );
  });

  it('is that of the row that names most of it, in any order, also where it is lower', () => {
    const rows = [
      { cpmMicros: 40 },
      { surface: 'home', cpmMicros: 30 },
      { segment: 'casual', surface: 'home', cpmMicros: 10 },
      { segment: 'casual', cpmMicros: 20 },
    ];
    assert.equal(floorCpmMicros(rows, CELL), 10);
    assert.equal(floorCpmMicros(rows.toReversed(), CELL), 10);
    assert.equal(floorCpmMicros(rows.slice(0, 1), CELL), 40);
  });

  it('is the dearest of rows that name as much', () => {
    const rows = [
      { segment: 'casual', cpmMicros: 20 },
      { surface: 'home', cpmMicros: 30 },
      { segment: 'casual', cpmMicros: 25 },
    ];
    assert.equal(floorCpmMicros(rows, CELL), 30);
    assert.equal(floorCpmMicros(rows.toReversed(), CELL), 30);
  });
});
