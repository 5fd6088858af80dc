import assert from 'node:assert/strict';
import { createRequestLog } from '../../../emulators/world/request-log.ts';

describe('the log of requests', () => {
  it('keeps all of them as they were, however many', () => {
    const log = createRequestLog();
    const request = (index: number) => ({
      atMs: 1_770_000_000_000 + index,
      place: index % 15,
      responseMultiplier: (index % 64) / 16,
      slots: 1 + (index % 2),
      bestOffer: index % 1000,
      secondOffer: index % 7,
    });
    for (let index = 0; index < 10_000; index += 1) log.add(request(index));
    assert.equal(log.count(), 10_000);
    for (const index of [0, 1, 4095, 4096, 8191, 8192, 9999]) assert.deepEqual(log.get(index), request(index));
  });
});
