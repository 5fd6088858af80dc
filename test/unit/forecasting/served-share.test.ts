import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SupplyDay } from '../../../shared/contracts/documents.ts';
import { dearerShare, marketPressure, servedShare, type SoldLine } from '../../../shared/forecasting/served-share.ts';
import { DAY_MS, dayOf } from '../../../shared/forecasting/traffic-clock.ts';

const NOW_MS = Date.UTC(2026, 5, 1);

/** 100 clicks a day that may be sold. */
function supplyOf(days: number): Map<string, SupplyDay> {
  const cells = [{ segment: 'casual', surface: 'home', q10: 10_000, q50: 10_000, q90: 10_000, clickPpm: 10_000 }];
  return new Map(
    Array.from({ length: days }, (_, ahead) => {
      const day = dayOf(NOW_MS + ahead * DAY_MS);
      return [day, { schemaVersion: 1, market: 'M', day, cells, modelId: 'm' } as unknown as SupplyDay] as const;
    }),
  );
}

function soldOf(clicks: number, clickPriceMicros: number, fromDay: number, toDay: number): SoldLine {
  return {
    clickPriceMicros,
    remainingMicros: clicks * clickPriceMicros,
    startAtMs: NOW_MS + fromDay * DAY_MS,
    endAtMs: NOW_MS + toDay * DAY_MS,
  };
}

describe('How much a market sells of what it has', () => {
  const supply = supplyOf(10);

  it('is what is due in the next three days beside what may be sold of them', () => {
    const { load } = marketPressure([soldOf(60, 10, -2, 2), soldOf(200, 10, 1, 9)], supply, NOW_MS);
    assert(Math.abs(load - (60 + (200 * 2) / 8) / 300) < 1e-12);
  });

  it('is 0 where nothing is due by then, and 1 where there is nothing or too little for what is', () => {
    assert.equal(marketPressure([], supply, NOW_MS).load, 0);
    assert.equal(marketPressure([soldOf(50, 10, 3, 5)], supply, NOW_MS).load, 0);
    assert.equal(marketPressure([soldOf(50, 10, 0, 3)], new Map(), NOW_MS).load, 1);
    assert.equal(marketPressure([soldOf(5000, 10, 0, 3)], supply, NOW_MS).load, 1);
  });

  it('does not count what is spent or over', () => {
    const over = [soldOf(0, 10, 0, 3), soldOf(50, 10, -3, 0)];
    assert.deepEqual(marketPressure(over, supply, NOW_MS), marketPressure([], supply, NOW_MS));
  });
});

describe('The part of a market that is dearer', () => {
  const pressure = marketPressure(
    [soldOf(30, 20, 0, 3), soldOf(10, 10, 0, 3), soldOf(60, 30, 0, 3)],
    new Map(),
    NOW_MS,
  );

  it('is counted in clicks, without what costs the same', () => {
    const shares = [9, 10, 19, 20, 29, 30, 31].map((price) => dearerShare(pressure, price));
    const expected = [1, 0.9, 0.9, 0.6, 0.6, 0, 0];
    shares.forEach((share, at) => assert(Math.abs(share - (expected[at] as number)) < 1e-12));
  });

  it('counts all lines of one price alike', () => {
    const alike = marketPressure([soldOf(30, 20, 0, 3), soldOf(10, 20, 0, 3)], new Map(), NOW_MS);
    assert.equal(dearerShare(alike, 20), 0);
    assert.equal(dearerShare(alike, 19), 1);
  });

  it('is half where nothing is sold', () => {
    assert.equal(dearerShare(marketPressure([], new Map(), NOW_MS), 10), 0.5);
  });
});

describe('What a line is expected to be served', () => {
  const full = marketPressure([soldOf(150, 20, 0, 3), soldOf(200, 40, 0, 3)], supplyOf(10), NOW_MS);

  it('is what is free in a market that sells nothing', () => {
    assert.equal(servedShare(marketPressure([], supplyOf(10), NOW_MS), soldOf(1, 10, 5, 19), NOW_MS), 1);
  });

  it('is more than that for a dear line that begins now, and less for a cheap one and for a late one', () => {
    assert(servedShare(full, soldOf(1, 50, 0, 3), NOW_MS) > 1);
    assert(servedShare(full, soldOf(1, 10, 0, 9), NOW_MS) < 1);
    assert(servedShare(full, soldOf(1, 50, 8, 20), NOW_MS) < 1);
  });

  it('never falls with the price and never rises with the wait', () => {
    const price = fc.integer({ min: 1, max: 60 });
    const day = fc.integer({ min: -5, max: 30 });
    fc.assert(
      fc.property(price, price, day, day, fc.integer({ min: 1, max: 20 }), (one, other, start, later, days) => {
        const [cheap, dear] = [Math.min(one, other), Math.max(one, other)];
        const [first, last] = [Math.min(start, later), Math.max(start, later)];
        const at = (own: number, from: number) => servedShare(full, soldOf(1, own, from, from + days), NOW_MS);
        assert(at(dear, first) >= at(cheap, first));
        assert(at(cheap, last) <= at(cheap, first) + 1e-12);
        assert(at(cheap, last) > 0);
      }),
    );
  });
});
