import assert from 'node:assert/strict';
import type { StoredPlan } from '../../../shared/contracts/documents.ts';
import type { Plan } from '../../../shared/contracts/plan.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { refs, type AllocationStore, type Found, type Ref } from '../../../shared/store/allocation-store.ts';
import { sha256 } from '../../../shared/store/ledger-key.ts';
import { createPlanCache } from '../../../shared/store/plan-cache.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { storedPlan } from '../../support/plans.ts';

const stored = (planVersion: number, own: Partial<Plan> = {}) => storedPlan({ planVersion, ...own });

/** A store of plans alone, whose answers can be held back, and the cache over it. */
function world() {
  const plans = new Map<string, StoredPlan>([['SE', stored(1)]]);
  const state: { reads: string[]; problems: [string, unknown][]; error?: Error; hold?: Promise<void> } = {
    reads: [],
    problems: [],
  };
  const store: Pick<AllocationStore, 'read'> = {
    async read<R extends readonly Ref[]>(wanted: readonly [...R]) {
      state.reads.push(...wanted.map(({ path }) => path));
      await state.hold;
      if (state.error) throw state.error;
      return wanted.map(({ path }) => plans.get(path.replace('plans/', ''))) as Found<R>;
    },
  };
  const planOf = createPlanCache({
    store,
    tickIntervalMs: TICK_MS,
    onProblem: (market, error) => state.problems.push([market, error]),
  });
  const versionAt = async (nowMs: number, market = 'SE') => (await planOf(market, { nowMs })).plan.planVersion;
  const versionFor = async (nowMs: number, ...hashes: string[]) =>
    (await planOf('SE', { nowMs, hashes: new Set(hashes) })).plan.planVersion;
  return { plans, state, planOf, versionAt, versionFor };
}

const away = new AndanteError('STORE_UNAVAILABLE', 'Firestore answered UNAVAILABLE');

describe('plans in memory', () => {
  it('are read once an interval, by the request that finds them older', async () => {
    const { plans, state, versionAt } = world();
    assert.equal(await versionAt(START_MS), 1);
    plans.set('SE', stored(2));
    assert.equal(await versionAt(START_MS + TICK_MS - 1), 1);
    assert.equal(state.reads.length, 1);
    assert.equal(await versionAt(START_MS + TICK_MS), 2);
    assert.equal(await versionAt(START_MS + TICK_MS), 2);
    assert.deepEqual(state.reads, [refs.plan('SE').path, refs.plan('SE').path]);
  });

  it('stay the same object while the published hash is the same', async () => {
    const { plans, state, planOf } = world();
    const first = await planOf('SE', { nowMs: START_MS });
    plans.set('SE', stored(1));
    assert.equal(await planOf('SE', { nowMs: START_MS + TICK_MS }), first);
    assert.equal(state.reads.length, 2);
  });

  it('are read once for all who ask while they are being read', async () => {
    const { state, versionAt } = world();
    const versions = await Promise.all(Array.from({ length: 20 }, () => versionAt(START_MS)));
    assert.deepEqual([state.reads.length, new Set(versions)], [1, new Set([1])]);
  });

  it('are used by others while one refreshes them, unless they are stale', async () => {
    const { plans, state, versionAt } = world();
    await versionAt(START_MS);
    plans.set('SE', stored(2));
    const { promise, resolve } = Promise.withResolvers<void>();
    state.hold = promise;
    const refreshing = versionAt(START_MS + TICK_MS);
    assert.equal(await versionAt(START_MS + TICK_MS), 1);
    const stale = versionAt(START_MS + 3 * TICK_MS);
    resolve();
    assert.deepEqual([await refreshing, await stale, state.reads.length], [2, 2, 2]);
  });

  it('stay when the store is away, which is told once an interval', async () => {
    const { state, versionAt } = world();
    await versionAt(START_MS);
    state.error = away;
    for (const atMs of [TICK_MS, TICK_MS + 1, 2 * TICK_MS - 1, 2 * TICK_MS])
      assert.equal(await versionAt(START_MS + atMs), 1);
    assert.deepEqual(
      [state.problems, state.reads.length],
      [
        [
          ['SE', away],
          ['SE', away],
        ],
        3,
      ],
    );
  });

  it('stay when a plan is gone that was there', async () => {
    const { plans, state, versionAt } = world();
    await versionAt(START_MS);
    plans.delete('SE');
    assert.equal(await versionAt(START_MS + TICK_MS), 1);
    assert.equal((state.problems[0]?.[1] as AndanteError).code, 'UNKNOWN_MARKET');
  });

  const broken: { name: string; document: StoredPlan; message: RegExp }[] = [
    {
      name: 'does not hash to its hash',
      document: { ...stored(2), hash: '0'.repeat(64) },
      message: /^plans\/SE does not hash to its hash$/,
    },
    {
      name: 'is of another version',
      document: stored(2, { schemaVersion: 2 as never }),
      message: /^plans\/SE\/schemaVersion must be equal to constant$/,
    },
    { name: 'is no JSON', document: { ...stored(2), body: '{', hash: sha256('{') }, message: /^plans\/SE: .*JSON/ },
    {
      name: 'has an absurd price',
      document: stored(2, { lines: [{ price: -1 } as never] }),
      message: /^plans\/SE\/lines\/0 must have required property/,
    },
    {
      name: 'ends on a day that no calendar has',
      document: (() => {
        const body = stored(2).body.replace(/"validUntilAt":"[^"]*"/, '"validUntilAt":"2026-02-30T00:00:00Z"');
        return { ...stored(2), body, hash: sha256(body) };
      })(),
      message: /^plans\/SE: \/validUntilAt must be an instant that exists/,
    },
  ];
  for (const { name, document, message } of broken) {
    it(`stay when the stored one ${name}, and without one it is an error`, async () => {
      const { plans, state, versionAt } = world();
      await versionAt(START_MS);
      plans.set('SE', document);
      assert.equal(await versionAt(START_MS + TICK_MS), 1);
      const { code, message: said } = state.problems[0]?.[1] as AndanteError;
      assert.equal(code, 'STORED_DOCUMENT_INVALID');
      assert.match(said, message);
      const fresh = world();
      fresh.plans.set('SE', document);
      await assert.rejects(fresh.versionAt(START_MS), { code: 'STORED_DOCUMENT_INVALID', message });
      await assert.rejects(fresh.versionAt(START_MS + 999), { code: 'STORED_DOCUMENT_INVALID', message });
      assert.deepEqual([fresh.state.reads.length, fresh.state.problems.length], [1, 1]);
    });
  }

  it('that are nowhere are looked for again after a second, and nothing is logged', async () => {
    const { plans, state, versionAt } = world();
    plans.clear();
    for (const atMs of [0, 1, 999]) await assert.rejects(versionAt(START_MS + atMs), { code: 'UNKNOWN_MARKET' });
    plans.set('SE', stored(1));
    await assert.rejects(versionAt(START_MS + 999), { code: 'UNKNOWN_MARKET' });
    assert.equal(state.reads.length, 1);
    assert.equal(await versionAt(START_MS + 1_000), 1);
    assert.deepEqual(state.problems, []);
  });

  it('that cannot be read are looked for again after a second', async () => {
    const { state, versionAt } = world();
    state.error = away;
    for (const atMs of [0, 500]) await assert.rejects(versionAt(START_MS + atMs), away);
    assert.deepEqual([state.reads.length, state.problems], [1, [['SE', away]]]);
    delete state.error;
    assert.equal(await versionAt(START_MS + 1_000), 1);
  });

  it('that are nowhere are remembered a thousand at a time', async () => {
    const { state, versionAt } = world();
    const ask = (index: number) => assert.rejects(versionAt(START_MS, `X${index}`), { code: 'UNKNOWN_MARKET' });
    for (let index = 0; index <= 1_000; index++) await ask(index);
    await ask(1_000);
    assert.equal(state.reads.length, 1_001);
    await ask(0);
    assert.equal(state.reads.length, 1_002, 'the oldest was forgotten');
  });

  it('are read at once for who names a newer one, and at most once a second for who names none', async () => {
    const { plans, state, versionAt, versionFor } = world();
    await versionAt(START_MS);
    const [first, second, nowhere] = [stored(1).hash, stored(2).hash, '0'.repeat(64)];
    plans.set('SE', stored(2));
    assert.equal(await versionFor(START_MS + 2_000, first), 1);
    assert.equal(await versionFor(START_MS + 2_000, first, second), 2);
    assert.equal(await versionFor(START_MS + 2_000, second), 2);
    assert.equal(state.reads.length, 2);
    for (const atMs of [2_001, 2_500, 2_999, 3_000, 3_001]) assert.equal(await versionFor(START_MS + atMs, nowhere), 2);
    assert.equal(state.reads.length, 3);
  });

  it('are read once for all who name another', async () => {
    const { state, versionAt, versionFor } = world();
    await versionAt(START_MS);
    await Promise.all(Array.from({ length: 10 }, (_, index) => versionFor(START_MS + 5_000, `${index}`.repeat(64))));
    assert.equal(state.reads.length, 2);
  });

  it('survive a clock that jumps: one more read, and no more', async () => {
    const { state, versionAt } = world();
    await versionAt(START_MS);
    for (const jumpMs of [1e12, -1e12]) {
      for (let again = 0; again < 3; again++) assert.equal(await versionAt(START_MS + jumpMs + again), 1);
    }
    assert.equal(state.reads.length, 3);
  });

  it('do not fill the memory: what was asked for longest ago is forgotten', async () => {
    const { plans, state, versionAt } = world();
    // Blanks are quickly read.
    const padded = (market: string) => {
      const body = stored(1, { market }).body.padEnd(6 * 2 ** 20);
      return { ...stored(1, { market }), body, hash: sha256(body) };
    };
    const count = 9;
    for (let index = 0; index < count; index++) plans.set(`M${index}`, padded(`M${index}`));
    const ask = (index: number) => versionAt(START_MS, `M${index}`);
    for (let index = 0; index < count - 1; index++) await ask(index);
    await ask(0);
    await ask(count - 1);
    assert.equal(state.reads.length, count);
    await ask(0);
    assert.equal(state.reads.length, count, 'used since, and kept');
    await ask(1);
    assert.equal(state.reads.length, count + 1, 'forgotten');
  });
});
