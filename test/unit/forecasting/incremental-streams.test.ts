import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawLogNormal, drawPoisson } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import {
  incrementalStreams,
  type Increment,
  type ListenerGroup,
} from '../../../shared/forecasting/incremental-streams.ts';

type Known = Extract<Increment, { isKnown: true }>;

/** Listeners who stream more or less by nature, before and after; `effect` more streams each after the campaign. */
function drawListeners(seed: string, listeners: number, effect: number): [number, number][] {
  const random = createRandom(seed);
  return Array.from({ length: listeners }, () => {
    const habit = drawLogNormal(random, 1.5, 0.8);
    return [drawPoisson(random, habit), drawPoisson(random, habit + effect)];
  });
}

function groupOf(listeners: [number, number][], hasBefore = true): ListenerGroup {
  const sum = (of: (before: number, after: number) => number) => listeners.reduce((all, [x, y]) => all + of(x, y), 0);
  return {
    listeners: listeners.length,
    streams: sum((_, y) => y),
    streamsSquared: sum((_, y) => y * y),
    ...(hasBefore && {
      before: { streams: sum((x) => x), streamsSquared: sum((x) => x * x), timesStreams: sum((x, y) => x * y) },
    }),
  };
}

function known(increment: Increment): Known {
  assert(increment.isKnown);
  return increment;
}

describe('incremental streams', () => {
  it('are inside the interval in nineteen of twenty experiments, with and without the days before', () => {
    for (const hasBefore of [true, false]) {
      let [inside, lifted, bias] = [0, 0, 0];
      const experiments = 400;
      for (let experiment = 0; experiment < experiments; experiment++) {
        const reached = groupOf(drawListeners(`reached ${experiment}`, 500, 0.3), hasBefore);
        const heldOut = groupOf(drawListeners(`held out ${experiment}`, 250, 0), hasBefore);
        const { perListener, low, high, lift } = known(incrementalStreams(reached, heldOut));
        if (low <= 0.3 && 0.3 <= high) inside++;
        const share = 0.3 / (1.5 * Math.exp(0.32));
        if (lift && lift.low <= share && share <= lift.high) lifted++;
        bias += (perListener - 0.3) / experiments;
      }
      assert(inside / experiments > 0.92 && inside / experiments < 0.98, `${inside / experiments}`);
      assert(lifted / experiments > 0.92 && lifted / experiments < 0.98, `${lifted / experiments}`);
      assert(Math.abs(bias) < 0.03, `${bias}`);
    }
  });

  it('are seen much sharper beside the days before', () => {
    const [reached, heldOut] = [drawListeners('a', 3000, 0.2), drawListeners('b', 1000, 0)];
    const sharp = known(incrementalStreams(groupOf(reached), groupOf(heldOut)));
    const plain = known(incrementalStreams(groupOf(reached, false), groupOf(heldOut, false)));
    assert(sharp.high - sharp.low < 0.85 * (plain.high - plain.low));
    assert(sharp.explained > 0.25 && plain.explained === 0);
    assert(sharp.detectable < 0.85 * plain.detectable);
    assert.deepEqual(known(incrementalStreams(groupOf(reached), groupOf(heldOut, false))), plain);
  });

  it('are the difference of means with the textbook error when nothing was before', () => {
    const [reached, heldOut] = [drawListeners('c', 400, 0.5), drawListeners('d', 300, 0)];
    const moments = (listeners: [number, number][]) => {
      const mean = listeners.reduce((sum, [, y]) => sum + y, 0) / listeners.length;
      const variance = listeners.reduce((sum, [, y]) => sum + (y - mean) ** 2, 0) / (listeners.length - 1);
      return { mean, error: variance / listeners.length };
    };
    const [one, other] = [moments(reached), moments(heldOut)];
    const { perListener, low, high, detectable } = known(
      incrementalStreams(groupOf(reached, false), groupOf(heldOut, false)),
    );
    const error = Math.sqrt(one.error + other.error);
    assert(Math.abs(perListener - (one.mean - other.mean)) < 1e-12);
    assert(Math.abs((high - low) / 2 - 1.959963984540054 * error) < 1e-12);
    assert(Math.abs(detectable - (1.959963984540054 + 0.8416212335729143) * error) < 1e-12);
  });

  it('find four of five differences as large as the least detectable', () => {
    const heldOutOf = (experiment: number) => groupOf(drawListeners(`h ${experiment}`, 300, 0), false);
    const reachedOf = (experiment: number, effect: number) =>
      groupOf(drawListeners(`r ${experiment}`, 300, effect), false);
    let effect = 0;
    for (let experiment = 0; experiment < 50; experiment++) {
      effect += known(incrementalStreams(reachedOf(experiment, 0.5), heldOutOf(experiment))).detectable / 50;
    }
    let found = 0;
    for (let experiment = 0; experiment < 300; experiment++) {
      if (known(incrementalStreams(reachedOf(experiment, effect), heldOutOf(experiment))).low > 0) found++;
    }
    assert(found / 300 > 0.73 && found / 300 < 0.87, `${found / 300} of ${effect}`);
  });

  it('are not known where a group is too small or nobody differs', () => {
    const [many, few] = [groupOf(drawListeners('e', 200, 0)), groupOf(drawListeners('f', 99, 0))];
    assert.deepEqual(incrementalStreams(few, many), { isKnown: false, reason: 'TOO_FEW_REACHED' });
    assert.deepEqual(incrementalStreams(many, few), { isKnown: false, reason: 'TOO_FEW_HELD_OUT' });
    const silent = { listeners: 1000, streams: 0, streamsSquared: 0 };
    assert.deepEqual(incrementalStreams(silent, silent), { isKnown: false, reason: 'NO_DIFFERENCES' });
    assert.deepEqual(incrementalStreams({ listeners: 0, streams: 0, streamsSquared: 0 }, many).isKnown, false);
  });

  it('have no lift over listeners who hardly stream', () => {
    const rare = { listeners: 1000, streams: 2, streamsSquared: 2 };
    const increment = known(incrementalStreams(groupOf(drawListeners('g', 1000, 0)), rare));
    assert.equal(increment.lift, undefined);
    assert(increment.perListener > 1);
  });

  it('are numbers with low below high, whatever the groups', () => {
    const listeners = fc.array(fc.tuple(fc.constantFrom(0, 1, 1e6), fc.constantFrom(0, 1, 3, 1e6)), {
      minLength: 1,
      maxLength: 5,
    });
    const group = fc.tuple(listeners, fc.boolean()).map(([kinds, hasBefore]) => {
      return groupOf(Array.from({ length: 30 }, () => kinds).flat(), hasBefore);
    });
    fc.assert(
      fc.property(group, group, (reached, heldOut) => {
        const increment = incrementalStreams(reached, heldOut);
        if (!increment.isKnown) return;
        const { perListener, low, high, detectable, explained, lift } = increment;
        assert(low <= perListener && perListener <= high && detectable > 0 && explained >= 0 && explained <= 1);
        if (lift) assert(lift.low <= lift.share && lift.share <= lift.high && lift.low >= -1);
      }),
    );
  });

  it('refuse sums that no listeners can have', () => {
    const good = groupOf(drawListeners('i', 200, 0));
    const before = good.before as NonNullable<ListenerGroup['before']>;
    for (const bad of [
      { ...good, listeners: -1 },
      { ...good, listeners: 1.5 },
      { ...good, listeners: NaN },
      { ...good, streams: -1 },
      { ...good, streams: NaN },
      { ...good, streams: 1e9 },
      { ...good, streamsSquared: Infinity },
      { ...good, listeners: 0 },
      { ...good, before: { ...before, timesStreams: 1e12 } },
      { ...good, before: { ...before, timesStreams: NaN } },
      { ...good, before: { ...before, streams: 1e9 } },
    ]) {
      assert.throws(() => incrementalStreams(bad, good), { code: 'INVALID_RESPONSE', message: /^reached/ });
      assert.throws(() => incrementalStreams(good, bad), { code: 'INVALID_RESPONSE', message: /^heldOut/ });
    }
  });
});
