import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { createPlanHandler } from '../../../functions/plan/handler.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import type { StoredPlan } from '../../../shared/contracts/documents.ts';
import type { Plan } from '../../../shared/contracts/plan.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { createMemoryStore } from '../../../shared/store/memory-store.ts';
import { described } from '../../support/api-answers.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { planLine, storedPlan } from '../../support/plans.ts';

const request = { method: 'GET', path: '/v1/markets/SE/plan', headers: {}, body: Buffer.alloc(0) };

async function world(own: Partial<Plan> = {}) {
  const store = createMemoryStore();
  const time = { nowMs: START_MS };
  const door = described(
    createPlanHandler({
      store,
      authenticateGroup: async () => 'g1',
      clock: () => time.nowMs,
      tickIntervalMs: TICK_MS,
    }),
  );
  const publish = async (stored: StoredPlan) =>
    store.transact(async (transaction) => transaction.set(refs.plan(stored.market), stored));
  const stored = storedPlan(own);
  await publish(stored);
  const ask = (headers: Record<string, string>, path = request.path) => door({ ...request, path, headers });
  return { ask, publish, stored, time };
}

describe('the plan door', () => {
  const tagged: { name: string; ifNoneMatch: (tag: string) => string; status: number }[] = [
    { name: 'the tag', ifNoneMatch: (tag) => tag, status: 304 },
    { name: 'the tag as a weak one', ifNoneMatch: (tag) => `W/${tag}`, status: 304 },
    { name: 'a list that has it', ifNoneMatch: (tag) => `"x", W/"y",${tag} , "z"`, status: 304 },
    { name: 'any', ifNoneMatch: () => '*', status: 304 },
    { name: 'another tag', ifNoneMatch: () => `"${'0'.repeat(64)}"`, status: 200 },
    { name: 'the hash without quotes', ifNoneMatch: (tag) => tag.slice(1, -1), status: 200 },
    { name: 'a tag that begins with it', ifNoneMatch: (tag) => tag.slice(0, -1), status: 200 },
    { name: 'a weak mark of its own kind', ifNoneMatch: (tag) => `w/${tag}`, status: 200 },
    { name: 'nothing', ifNoneMatch: () => '', status: 200 },
  ];
  for (const { name, ifNoneMatch, status } of tagged) {
    it(`answers ${status} to who has ${name}`, async () => {
      const { ask, stored } = await world();
      const tag = `"${stored.hash}"`;
      const answer = await ask({ 'if-none-match': ifNoneMatch(tag) });
      assert.deepEqual([answer.status, answer.headers?.['etag']], [status, tag]);
      assert.equal(answer.body, status === 304 ? undefined : stored.body);
    });
  }

  for (const { coding, isGzip } of [
    { coding: 'gzip', isGzip: true },
    { coding: 'br, gzip;q=0.5', isGzip: true },
    { coding: 'GZIP ; q=1', isGzip: true },
    { coding: 'gzip;q=0', isGzip: false },
    { coding: 'gzip; q=0.000, br', isGzip: false },
    { coding: 'identity', isGzip: false },
    { coding: 'gzippy', isGzip: false },
    { coding: '', isGzip: false },
  ]) {
    it(`answers ${isGzip ? 'gzip' : 'plain text'} to "${coding}"`, async () => {
      const { ask, stored } = await world();
      const { body, headers } = await ask({ 'accept-encoding': coding });
      assert.deepEqual(
        [headers?.['content-encoding'], headers?.['vary']],
        [isGzip ? 'gzip' : undefined, 'accept-encoding'],
      );
      assert.equal(isGzip ? gunzipSync(body as Uint8Array).toString() : body, stored.body);
    });
  }

  it('compresses a plan once, and the next one anew', async () => {
    const { ask, publish } = await world();
    const gzip = { 'accept-encoding': 'gzip' };
    const first = await ask(gzip);
    assert.equal((await ask(gzip)).body, first.body);
    const next = storedPlan({ planVersion: 2 });
    await publish(next);
    const second = await ask(gzip);
    assert.equal(gunzipSync(second.body as Uint8Array).toString(), next.body);
  });

  it('keeps the plans of markets apart, however many there are', async () => {
    const { ask, publish } = await world();
    for (const round of [1, 2]) {
      for (let index = 0; index < 70; index++) {
        const stored = storedPlan({ market: `M${index}`, planVersion: round });
        await publish(stored);
        const { body } = await ask({ 'accept-encoding': 'gzip' }, `/v1/markets/M${index}/plan`);
        assert.equal(gunzipSync(body as Uint8Array).toString(), stored.body);
      }
    }
  });

  for (const { name, atMs, control } of [
    { name: 'when it is published', atMs: 0, control: 'private, max-age=300, stale-if-error=900' },
    { name: 'before the next tick', atMs: TICK_MS - 1500, control: 'private, max-age=1, stale-if-error=601' },
    { name: 'when the next tick is late', atMs: TICK_MS, control: 'private, max-age=0, stale-if-error=600' },
    { name: 'when it is stale', atMs: 3 * TICK_MS, control: 'private, max-age=0, stale-if-error=0' },
    { name: 'by a clock far ahead', atMs: 1e12, control: 'private, max-age=0, stale-if-error=0' },
    { name: 'by a clock a day behind', atMs: -86_400_000, control: 'private, max-age=300, stale-if-error=87300' },
  ]) {
    it(`says how long it is good ${name}, with and without its bytes`, async () => {
      const { ask, stored, time } = await world();
      time.nowMs = START_MS + atMs;
      assert.equal((await ask({})).headers?.['cache-control'], control);
      assert.equal((await ask({ 'if-none-match': `"${stored.hash}"` })).headers?.['cache-control'], control);
    });
  }

  it('sends the plan of a full market, 3,200 lines, in less than 512 KiB', async () => {
    const random = createRandom('full market');
    const digits = (count: number) => Math.floor(random() * 10 ** count);
    const id = () =>
      Array.from({ length: 22 }, () => digits(1).toString(36) + digits(1))
        .join('')
        .slice(0, 22);
    const lines = Array.from({ length: 3_200 }, (_, index) =>
      planLine({
        campaignId: `campaign-${id()}`,
        subcampaignId: `s${(index % 12) + 1}`,
        segments: Array.from({ length: 4 }, () => `segment-${digits(1)}`),
        surfaces: Array.from({ length: 3 }, () => `surface-${digits(1)}`),
        artistId: id(),
        releaseId: id(),
        perListenerDay: 1 + digits(1),
        clickPriceMicros: 100_000 + digits(6),
        price: random(),
        worth: 1 + random(),
        fallbackShare: random() / 3_200,
        leases: ['edge-a', 'edge-b', 'edge-c'].map((group) => ({
          group,
          grantedMicros: digits(8),
          returnedMicros: digits(7),
          spendUntilAtMs: START_MS + 6 * TICK_MS,
        })),
      }),
    );
    const { ask, stored } = await world({ lines });
    const { body } = await ask({ 'accept-encoding': 'gzip' });
    const bytes = (body as Uint8Array).byteLength;
    assert(bytes < 512 * 1024, `${bytes} bytes`);
    assert.equal(gunzipSync(body as Uint8Array).toString(), stored.body);
  });
});
