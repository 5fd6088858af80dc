import assert from 'node:assert/strict';
import { createRequestTime } from '../../../shared/runtime/request-time.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { createMemoryStore } from '../../../shared/store/memory-store.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { market } from '../../support/markets.ts';

const NOW_MS = START_MS + 123_456;

async function timeOf(virtualTime: boolean) {
  const store = createMemoryStore();
  await store.transact(async (transaction) => {
    for (const [name, slots] of [
      ['SE', 2],
      ['NO', 3],
      ['FI', 0],
    ] as const)
      transaction.set(
        refs.market(name),
        market({ market: name, watermarkSlot: slots === 0 ? 0 : START_MS / TICK_MS + slots }),
      );
  });
  return createRequestTime({ store, clock: () => NOW_MS, tickIntervalMs: TICK_MS, virtualTime });
}

describe('the time of a request', () => {
  it('is the clock, whatever it says and whatever its markets are at', async () => {
    const time = await timeOf(false);
    assert.equal(await time({ 'andante-at': '2020-01-01T00:00:00Z' }, ['SE']), NOW_MS);
  });

  for (const { name, headers = {}, markets, expected } of [
    { name: 'what it says', headers: { 'andante-at': '2026-03-02T10:20:30.5Z' }, markets: ['SE'], expected: 'header' },
    { name: 'the last tick of its market', markets: ['SE'], expected: START_MS + 2 * TICK_MS },
    { name: 'the last tick of any of its markets', markets: ['SE', 'NO', 'FI'], expected: START_MS + 3 * TICK_MS },
    { name: 'the clock before the first tick', markets: ['FI'], expected: NOW_MS },
    { name: 'the clock in a market that nobody knows', markets: ['ZZ'], expected: NOW_MS },
    { name: 'the clock without markets', markets: [], expected: NOW_MS },
  ]) {
    it(`is, on virtual time, ${name}`, async () => {
      const time = await timeOf(true);
      const atMs = expected === 'header' ? Date.parse('2026-03-02T10:20:30.500Z') : expected;
      assert.equal(await time(headers, markets), atMs);
    });
  }

  for (const told of ['noon', '5', '2026-02-30T00:00:00Z', '2026-03-02', '']) {
    it(`refuses, on virtual time, '${told}'`, async () => {
      const time = await timeOf(true);
      await assert.rejects(Promise.resolve(time({ 'andante-at': told }, ['SE'])), {
        code: 'INVALID_REQUEST',
        message: 'andante-at is an instant, such as 2026-01-31T00:00:00Z',
      });
    });
  }
});
