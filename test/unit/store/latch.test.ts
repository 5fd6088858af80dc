import assert from 'node:assert/strict';
import { createLatch } from '../../../shared/store/latch.ts';

/** Work that says when it starts and ends when told. */
function held(log: string[], name: string) {
  const { promise, resolve: end } = Promise.withResolvers<void>();
  const work = async () => {
    log.push(`${name} starts`);
    await promise;
    log.push(`${name} ends`);
    return name;
  };
  return { work, end };
}
const settle = () => new Promise((done) => setImmediate(done));

describe('A latch', () => {
  it('runs work on one key in the order it came, and work on another at once', async () => {
    const [latch, log] = [createLatch(), [] as string[]];
    const [a, b, c] = [held(log, 'a'), held(log, 'b'), held(log, 'c')];
    const all = [latch(['x'], a.work), latch(['x'], b.work), latch(['y'], c.work)];
    await settle();
    assert.deepEqual(log, ['a starts', 'c starts']);
    for (const { end } of [b, a, c]) end();
    assert.deepEqual(await Promise.all(all), ['a', 'b', 'c']);
    assert(log.indexOf('a ends') < log.indexOf('b starts'));
  });

  it('keeps a latecomer waiting for all that came before it, also when some of that is done', async () => {
    const [latch, log] = [createLatch(), [] as string[]];
    const [a, b, c] = [held(log, 'a'), held(log, 'b'), held(log, 'c')];
    const all = [latch(['x'], a.work), latch(['x'], b.work)];
    a.end();
    await settle();
    all.push(latch(['x'], c.work));
    c.end();
    await settle();
    assert.deepEqual(log, ['a starts', 'a ends', 'b starts']);
    b.end();
    assert.deepEqual(await Promise.all(all), ['a', 'b', 'c']);
    assert.deepEqual(log.slice(-2), ['c starts', 'c ends']);
  });

  it('never lets two wait for each other, however their keys cross', async () => {
    const latch = createLatch();
    const log: number[] = [];
    const keys = [['x', 'y'], ['y', 'x'], ['y', 'z'], ['z', 'x'], ['x'], []];
    await Promise.all(keys.map((own, index) => latch(own, async () => void log.push(index))));
    assert.deepEqual([...log].sort(), [0, 1, 2, 3, 4, 5]);
  });

  it('goes on after work that failed', async () => {
    const latch = createLatch();
    await assert.rejects(
      latch(['x'], () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await latch(['x'], async () => 'yes'), 'yes');
  });
});
