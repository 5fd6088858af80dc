import assert from 'node:assert/strict';
import type { Modifier } from '../../../shared/contracts/forecast-documents.ts';
import { marketModifiers } from '../../../shared/forecasting/market-modifiers.ts';

const cells = [
  { segment: 'casual', surface: 'home', traffic: 600 },
  { segment: 'casual', surface: 'search', traffic: 300 },
  { segment: 'super', surface: 'home', traffic: 100 },
];
const told = (own: Partial<Modifier>): Modifier => ({ startAtMs: 1, endAtMs: 2, multiplier: 3, reason: 'r', ...own });
const multiplierOf = (own: Partial<Modifier>, of = cells) => marketModifiers([told(own)], of)[0]?.multiplier;

describe('Corrections of a market as a whole', () => {
  it('keep those of all cells as they are, and their time and reason', () => {
    assert.deepEqual(marketModifiers([told({})], cells), [told({})]);
    assert.equal(multiplierOf({ segments: ['casual', 'super'] }), 3);
  });

  it('count those of some cells by their part of the traffic', () => {
    assert.equal(multiplierOf({ segments: ['super'] }), 1.2);
    assert.equal(multiplierOf({ surfaces: ['home'] }), 2.4);
    assert.equal(multiplierOf({ segments: ['casual'], surfaces: ['search'], multiplier: 0 }), 0.7);
  });

  it('leave the market alone for cells that it has not', () => {
    assert.equal(multiplierOf({ segments: ['nobody'] }), 1);
    assert.equal(multiplierOf({ segments: ['nobody'] }, []), 3, 'a market without cells has nothing to move');
  });

  it('count cells where nobody was anywhere', () => {
    const silent = cells.map((cell) => ({ ...cell, traffic: 0 }));
    assert.equal(multiplierOf({ surfaces: ['search'], multiplier: 4 }, silent), 2);
  });
});
