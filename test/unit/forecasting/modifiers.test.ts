import assert from 'node:assert/strict';
import type { Modifier } from '../../../shared/contracts/forecast-documents.ts';
import { modifierFactors } from '../../../shared/forecasting/modifiers.ts';
import { HOUR_MS } from '../../../shared/forecasting/traffic-clock.ts';

const HOUR = 490_000;
const cell = { segment: 'casual', surface: 'home' };
const modifier = (fromHours: number, toHours: number, multiplier: number, of: Partial<Modifier> = {}): Modifier => ({
  startAtMs: (HOUR + fromHours) * HOUR_MS,
  endAtMs: (HOUR + toHours) * HOUR_MS,
  multiplier,
  reason: 'a new release',
  ...of,
});

describe('modifiers', () => {
  it('multiply while they last, those that overlap with each other', () => {
    const factors = modifierFactors([modifier(1, 3, 2), modifier(2, 9, 0.5)], cell, HOUR, 4);
    assert.deepEqual([...factors], [1, 2, 1, 0.5]);
  });

  it('count for the part of an hour that they cover', () => {
    assert.deepEqual([...modifierFactors([modifier(0.5, 1.25, 3)], cell, HOUR, 3)], [2, 1.5, 1]);
  });

  it('touch only the cells they name', () => {
    const of = (own: Partial<Modifier>) => modifierFactors([modifier(0, 1, 2, own)], cell, HOUR, 1)[0];
    assert.equal(of({ segments: ['casual'] }), 2);
    assert.equal(of({ surfaces: ['search', 'home'] }), 2);
    assert.equal(of({ segments: ['loyal'] }), 1);
    assert.equal(of({ segments: ['casual'], surfaces: ['search'] }), 1);
  });

  it('may close a cell, may have begun before, and may be yet to come', () => {
    assert.deepEqual([...modifierFactors([modifier(-9, 1, 0), modifier(7, 8, 5)], cell, HOUR, 2)], [0, 1]);
    assert.deepEqual([...modifierFactors([], cell, HOUR, 2)], [1, 1]);
  });

  const refused: [string, Modifier, RegExp][] = [
    ['ends before it starts', modifier(2, 1, 1), /must start before it ends/],
    ['lasts no time', modifier(1, 1, 1), /must start before it ends/],
    ['starts at no instant', modifier(NaN, 1, 1), /must start before it ends/],
    ['is negative', modifier(0, 1, -1), /0 to 100, not -1/],
    ['is no number', modifier(0, 1, NaN), /0 to 100, not NaN/],
    ['is absurd', modifier(0, 1, 1000), /0 to 100, not 1000/],
    ['names an empty list', modifier(0, 1, 1, { segments: [] }), /no segment or no surface/],
    ['gives no reason', modifier(0, 1, 1, { reason: ' ' }), /no reason/],
  ];
  for (const [name, wrong, message] of refused) {
    it(`are refused when one ${name}`, () => {
      const both = [modifier(0, 1, 1), wrong];
      assert.throws(() => modifierFactors(both, cell, HOUR, 1), { code: 'INVALID_SERIES', message });
      assert.throws(() => modifierFactors(both, cell, HOUR, 1), /modifier 1/);
    });
  }
});
