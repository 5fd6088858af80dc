import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AndanteError } from '../../../shared/runtime/errors.ts';
import { createRateLimit } from '../../../shared/runtime/rate-limit.ts';

const T0 = 1_700_000_000_000;

/** A limit on a clock that is moved by hand. */
function limitAt(requestsPerMinute: number) {
  const now = { ms: T0 };
  const limit = createRateLimit({ clock: () => now.ms });
  const tenantOf = (tenantId: string) => ({ tenantId, requestsPerMinute, heldShare: 0 });
  /** 0, or the seconds after which to come again. */
  const ask = (cost?: number, tenantId = 'a') => {
    try {
      limit(tenantOf(tenantId), cost);
      return 0;
    } catch (error) {
      const { code, retryAfterSeconds } = error as AndanteError;
      assert.equal(code, 'TOO_MANY_REQUESTS');
      return retryAfterSeconds as number;
    }
  };
  return { now, ask };
}

describe('the rate of a tenant', () => {
  it('is a minute’s worth at once, and then one after the other', () => {
    const { now, ask } = limitAt(60);
    for (let asked = 0; asked < 60; asked++) assert.equal(ask(), 0);
    assert.equal(ask(), 1);
    now.ms += 999;
    assert.equal(ask(), 1);
    now.ms += 1;
    assert.equal(ask(), 0);
    assert.equal(ask(), 1);
  });

  it('says who may ask how often, and when to come again', () => {
    const limit = createRateLimit({ clock: () => T0 });
    const tenant = { tenantId: 'a', requestsPerMinute: 1, heldShare: 0 };
    limit(tenant);
    assert.throws(() => limit(tenant), {
      code: 'TOO_MANY_REQUESTS',
      message: 'a may ask 1 times a minute: again in 60 s',
      retryAfterSeconds: 60,
    });
  });

  it('lets through what costs more than a minute’s worth when nothing was asked before, and time pays it off', () => {
    const { now, ask } = limitAt(60);
    assert.equal(ask(1000), 0);
    assert.equal(ask(), 941);
    assert.equal(ask(1000), 1000);
    now.ms += 941_000;
    assert.equal(ask(), 0);
    assert.equal(ask(1000), 60);
    now.ms += 60_000;
    assert.equal(ask(1000), 0);
  });

  it('is each tenant’s own', () => {
    const { ask } = limitAt(1);
    assert.deepEqual([ask(1, 'a'), ask(1, 'b'), ask(1, 'a')], [0, 0, 60]);
  });

  it('fills no faster when clocks go back', () => {
    const { now, ask } = limitAt(1);
    assert.equal(ask(), 0);
    now.ms -= 3_600_000;
    assert.equal(ask(), 60);
    now.ms += 3_600_000;
    assert.equal(ask(), 60);
  });

  it('forgets, of more tenants than it keeps, who asked longest ago', () => {
    const { ask } = limitAt(1);
    assert.deepEqual([ask(1, 'first'), ask(1, 'second')], [0, 0]);
    for (let tenant = 0; tenant < 8_191; tenant++) ask(1, `t${tenant}`);
    assert.equal(ask(1, 'second'), 60);
    assert.equal(ask(1, 'first'), 0);
  });

  for (const cost of [0, -1, 0.5, NaN, Infinity]) {
    it(`has no cost of ${cost}`, () => {
      assert.throws(
        () => createRateLimit({ clock: () => T0 })({ tenantId: 'a', requestsPerMinute: 1, heldShare: 0 }, cost),
        {
          name: 'AssertionError',
        },
      );
    });
  }

  it('lets what it refused through when it said, not a second before, and nobody past rate and burst', () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat(90_000), cost: fc.integer({ min: 1, max: 500 }) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), steps, (perMinute, asked) => {
        const { now, ask } = limitAt(perMinute);
        let taken = 0;
        for (const { waitMs, cost } of asked) {
          now.ms += waitMs;
          const seconds = ask(cost);
          if (seconds > 0) {
            now.ms += (seconds - 1) * 1000;
            assert(ask(cost) > 0 || seconds === 1);
            now.ms += 1000;
            assert.equal(ask(cost), 0);
          }
          // What went before it, and a bucket that may have been full.
          assert(taken <= (perMinute * (now.ms - T0)) / 60_000 + perMinute);
          taken += cost;
        }
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
