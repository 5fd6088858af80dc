import assert from 'node:assert/strict';
import { limits, reachable } from '../../../shared/campaign/limits.ts';
import { MAX_MICROS } from '../../../shared/contracts/micros.ts';

/** A part with these bounds and this supply. */
function part(reachMicros: number, own: Parameters<typeof limits>[0] = {}) {
  return { ...limits(own), reachMicros };
}

describe('the limits of a part', () => {
  it('are a floor and a cap, and from nothing to everything where none are given', () => {
    assert.deepEqual(limits({}), { floorMicros: 0, capMicros: MAX_MICROS, isLocked: false });
    assert.deepEqual(limits({ floorMicros: 3, capMicros: 5 }), { floorMicros: 3, capMicros: 5, isLocked: false });
  });

  it('are one amount where it is locked, be it nothing', () => {
    assert.deepEqual(limits({ lockMicros: 7 }), { floorMicros: 7, capMicros: 7, isLocked: true });
    assert.deepEqual(limits({ lockMicros: 0 }), { floorMicros: 0, capMicros: 0, isLocked: true });
  });
});

describe('a budget of 100', () => {
  const fitting = [
    { name: 'fits supply to the micro', parts: [part(60), part(40)] },
    { name: 'fits locks that are all of it', parts: [part(60, { lockMicros: 60 }), part(40, { lockMicros: 40 })] },
    { name: 'fits floors that are all of it', parts: [part(60, { floorMicros: 60 }), part(40, { floorMicros: 40 })] },
    { name: 'fits a floor that is all the supply of its part', parts: [part(30, { floorMicros: 30 }), part(90)] },
    {
      name: 'fits under caps: what they leave over is escrow',
      parts: [part(60, { capMicros: 20 }), part(90, { capMicros: 30 })],
    },
    { name: 'fits nowhere and is all escrow without parts', parts: [] },
    { name: 'fits more supply than a number holds', parts: [part(MAX_MICROS), part(MAX_MICROS)] },
  ];
  for (const { name, parts } of fitting) {
    it(name, () => assert.deepEqual(reachable(100, parts), { kind: 'fits' }));
  }

  const short = [
    { name: 'a micro is missing', parts: [part(60), part(39)], reachMicros: 99 },
    { name: 'a cap keeps one part from its supply', parts: [part(90, { capMicros: 20 }), part(30)], reachMicros: 50 },
    {
      name: 'the caps alone would take it',
      parts: [part(10, { capMicros: 70 }), part(50, { capMicros: 50 })],
      reachMicros: 60,
    },
    { name: 'supply falls short of the caps below it', parts: [part(10, { capMicros: 20 })], reachMicros: 10 },
  ];
  for (const { name, parts, reachMicros } of short) {
    it(`is short where ${name}`, () => assert.deepEqual(reachable(100, parts), { kind: 'short', reachMicros }));
  }

  it('cannot be placed where locks, floors or a floor’s supply do not fit, in this order', () => {
    const codeOf = (parts: Parameters<typeof reachable>[1]) => {
      const fit = reachable(100, parts);
      assert(fit.kind === 'floors');
      return [fit.code, fit.reason];
    };
    const floor = part(5, { floorMicros: 90 });
    assert.deepEqual(codeOf([part(200, { lockMicros: 101 }), floor]), [
      'LOCKS_INFEASIBLE',
      'the locks add up to 101 micros, the budget is 100',
    ]);
    assert.deepEqual(codeOf([part(200, { lockMicros: 11 }), floor]), [
      'FLOORS_INFEASIBLE',
      'floors and locks add up to 101 micros, the budget is 100',
    ]);
    assert.deepEqual(codeOf([part(200, { lockMicros: 10 }), floor]), [
      'FLOORS_INFEASIBLE',
      'a floor of 90 micros has supply for 5',
    ]);
  });
});
