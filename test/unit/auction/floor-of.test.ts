import assert from 'node:assert/strict';
import { floorOf } from '../../../shared/auction/floor-of.ts';

const cell = { segment: 'rock', surface: 'home' };

describe('the floor of a cell', () => {
  const cases = [
    { title: 'is nothing without rules', floors: [], cpm: 0 },
    { title: 'is the rule for all', floors: [{ cpmMicros: 5 }], cpm: 5 },
    { title: 'is nothing where no rule matches', floors: [{ segment: 'jazz', cpmMicros: 5 }], cpm: 0 },
    {
      title: 'is the rule of one dimension rather than that for all, dearer or not',
      floors: [{ cpmMicros: 9 }, { surface: 'home', cpmMicros: 5 }, { cpmMicros: 8 }],
      cpm: 5,
    },
    {
      title: 'is the rule of both dimensions rather than that of one',
      floors: [
        { ...cell, cpmMicros: 0 },
        { segment: 'rock', cpmMicros: 9 },
      ],
      cpm: 0,
    },
    {
      title: 'is the dearest of the equally specific',
      floors: [
        { segment: 'rock', cpmMicros: 5 },
        { surface: 'home', cpmMicros: 7 },
        { segment: 'rock', cpmMicros: 6 },
      ],
      cpm: 7,
    },
    {
      title: 'is not that of a rule of which one dimension is another',
      floors: [{ segment: 'rock', surface: 'search', cpmMicros: 9 }, { cpmMicros: 3 }],
      cpm: 3,
    },
  ];
  for (const { title, floors, cpm } of cases) {
    it(title, () => {
      assert.equal(floorOf(floors, cell), cpm);
      assert.equal(floorOf(floors.toReversed(), cell), cpm);
    });
  }
});
