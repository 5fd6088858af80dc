import assert from 'node:assert/strict';
import { createCampaignHandler, type CampaignDeps } from '../../../functions/campaign/handler.ts';
import { createBudgetChangedHandler } from '../../../functions/budget-changed/handler.ts';
import { createCampaignCreatedHandler } from '../../../functions/campaign-created/handler.ts';
import { createCampaignStatusChangedHandler } from '../../../functions/campaign-status-changed/handler.ts';
import { createDeliveryReportedHandler } from '../../../functions/delivery-reported/handler.ts';
import { createDeliveryTickHandler } from '../../../functions/delivery-tick/handler.ts';
import { createMemoryBus } from '../../../shared/bus/memory-bus.ts';
import type { CampaignAnswerWire, ChangeAnswer, PreviewAnswer } from '../../../shared/contracts/campaign-api.ts';
import { formatInstant } from '../../../shared/contracts/instants.ts';
import { createMemoryFeatures } from '../../../shared/outcomes/memory-features.ts';
import { createMemoryHistory } from '../../../shared/outcomes/memory-history.ts';
import { createMemoryLog } from '../../../shared/outcomes/memory-log.ts';
import { createMemoryReader } from '../../../shared/outcomes/memory-reader.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { described } from '../../support/api-answers.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from '../../support/events.ts';
import { HOUR_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { logLines } from '../../support/log-lines.ts';
import { cell } from '../../support/markets.ts';
import { seededStore, snapshotOf, withLostAnswers } from '../../support/stores.ts';

const time = { publishedAtMs: START_MS, nowMs: START_MS };
const twoParts = [order(), order({ subcampaignId: 's2', market: 'NO' })];

interface Asked {
  method?: string;
  query?: string;
  headers?: Record<string, string>;
  body?: unknown;
  tenantId?: string;
}

/** A market of t1's c1 over SE and NO, and of t2's c2 in SE; who asks is who the request says. */
async function world(own: Partial<CampaignDeps> = {}) {
  const store = own.store ?? (await seededStore({ markets: ['SE', 'NO'], supply: { cells: [cell({ q10: 90_000 })] } }));
  const log = createMemoryLog();
  const now = { ms: START_MS };
  const { log: lines } = logLines();
  const recording = { store, outcomes: log, bus: createMemoryBus(), log: lines, clock: () => now.ms };
  const events = { ...recording, tickIntervalMs: TICK_MS, virtualTime: true };
  const limited: string[] = [];
  const deps: CampaignDeps = {
    store,
    recording,
    history: createMemoryHistory(log),
    features: createMemoryFeatures(log),
    outcomes: createMemoryReader(log),
    authenticateTenant: async (authorization) => {
      if (authorization === undefined) throw new AndanteError('UNAUTHENTICATED', 'who are you?');
      return { tenantId: authorization, requestsPerMinute: 60, heldShare: 1 };
    },
    limit: ({ tenantId }) => void limited.push(tenantId),
    timeOf: async () => now.ms,
    ...own,
  };
  await createCampaignCreatedHandler(events)(
    campaignCreated({ subcampaigns: twoParts, budgetMicros: 1_000_000_000 }),
    time,
  );
  await createCampaignCreatedHandler(events)(
    campaignCreated({ campaignId: 'c2', budgetMicros: 900_000_000 }, { tenantId: 't2' }),
    time,
  );
  const handle = described(createCampaignHandler(deps));
  const ask = async (path: string, { method = 'GET', query = '', headers = {}, body, tenantId = 't1' }: Asked = {}) => {
    const bytes = Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
    const request = { method, path: `/v1/campaigns/${path}`, query: new URLSearchParams(query), body: bytes };
    return handle({ ...request, headers: { authorization: tenantId, ...headers } });
  };
  const read = async <T>(path: string, asked?: Asked) => JSON.parse((await ask(path, asked)).body as string) as T;
  const change = (path: string, body: unknown, key: string, more: Asked = {}) =>
    ask(path, { method: 'POST', body, headers: { 'idempotency-key': key }, ...more });
  const changed = async (path: string, body: unknown, key: string, more: Asked = {}) =>
    JSON.parse((await change(path, body, key, more)).body as string) as ChangeAnswer;
  const preview = async (path: string, body: unknown, more: Asked = {}) =>
    read<PreviewAnswer>(path, { method: 'POST', query: 'preview=true', body, ...more });
  const campaign = () => read<CampaignAnswerWire>('c1');
  return { ask, read, change, changed, preview, campaign, deps, store, log, now, events, limited };
}

describe('the campaign door', () => {
  it('shows a campaign with its split, its money and its versions', async () => {
    const { campaign, store, limited } = await world();
    const [stored] = await store.read([refs.campaign('t1', 'c1')]);
    const shown = await campaign();
    const { parts, delivery: _delivery, ...whole } = shown;
    const nothing = { spentMicros: 0, inFlightMicros: 0, accruedMicros: 0, leasedMicros: 0, billedMicros: 0 };
    const unserved = { ...nothing, overrunMicros: 0, impressions: 0, clicks: 0, conversions: 0 };
    assert.deepEqual(whole, {
      campaignId: 'c1',
      status: 'active',
      currency: 'USD',
      objective: 'clicks',
      ifShort: 'refuse',
      startAt: '2026-03-02T00:00:00.000Z',
      endAt: '2026-03-04T00:00:00.000Z',
      ...{ budgetVersion: 0, statusVersion: 0, splitVersion: 1 },
      ...{ requestedMicros: 1_000_000_000, budgetMicros: 1_000_000_000, escrowMicros: 0 },
      ...unserved,
    });
    const [first] = parts;
    assert.deepEqual(first, {
      subcampaignId: 's1',
      market: 'SE',
      status: 'active',
      segments: ['casual'],
      surfaces: ['home'],
      clickPriceMicros: 500_000,
      budgetMicros: stored?.subcampaigns[0]?.budgetMicros,
      budgetShare: (stored?.subcampaigns[0]?.budgetMicros ?? 0) / 1_000_000_000,
      ...unserved,
    });
    assert.deepEqual(
      parts.map(({ subcampaignId, market }) => `${subcampaignId}/${market}`),
      ['s1/SE', 's2/NO'],
    );
    assert.deepEqual(limited, ['t1']);
  });

  it('shows what is spent, in flight, leased and billed, part by part and in all, from the books', async () => {
    const { campaign, store } = await world();
    const [page] = await store.read([refs.page('SE', 'p00')]);
    const entries = (page?.entries ?? []).map((entry) => ({
      ...entry,
      ...{ spentMicros: 700_000_000, overrunMicros: 5, impressions: 9, clicks: 3, conversions: 1 },
      cohorts: [{ hourAtMs: START_MS, chargedMicros: 3_000_000, confirmedMicros: 1_000_000 }],
      leases: [{ group: 'g', grantedMicros: 10, chargedMicros: 3, returnedMicros: 1, spendUntilAtMs: START_MS }],
    }));
    await store.transact(async (transaction) =>
      transaction.set(refs.page('SE', 'p00'), { ...page, entries } as NonNullable<typeof page>),
    );
    const { parts, ...whole } = await campaign();
    const budgetMicros = parts[0]?.budgetMicros ?? 0;
    assert(budgetMicros < 700_000_000);
    const money = {
      ...{ spentMicros: 700_000_000, inFlightMicros: 2_000_000, accruedMicros: 702_000_000, leasedMicros: 6 },
      ...{ billedMicros: budgetMicros, overrunMicros: 5, impressions: 9, clicks: 3, conversions: 1 },
    };
    assert.deepEqual({ ...parts[0], ...money }, parts[0]);
    assert.deepEqual({ ...whole, ...money }, whole);
  });

  it('knows no campaign of another tenant, none that is not there, and none that only a change was heard of', async () => {
    const { ask, change, preview, events, store } = await world();
    await createBudgetChangedHandler(events)(budgetChanged(5, 1, { campaignId: 'c9' }), time);
    assert.equal((await store.read([refs.campaign('t1', 'c9')]))[0]?.status, 'expected');
    for (const id of ['c2', 'c3', 'c9']) {
      const notFound = { code: 'NOT_FOUND', message: 'you have no campaign of this id' };
      await assert.rejects(ask(id), notFound);
      await assert.rejects(ask(`${id}/outcomes`), notFound);
      await assert.rejects(change(`${id}/budget`, { budgetMicros: 1 }, 'k'), notFound);
      await assert.rejects(change(`${id}/status`, { status: 'paused' }, 'k'), notFound);
      await assert.rejects(preview(`${id}/budget`, { budgetMicros: 1 }), notFound);
    }
    assert.deepEqual((await store.read([refs.campaign('t1', 'c2')]))[0], undefined);
  });

  const key = { 'idempotency-key': 'k1' };
  const budget = { method: 'POST', body: { budgetMicros: 1 }, headers: key };
  for (const { name, path, asked, code } of [
    { name: 'another method', path: 'c1', asked: { method: 'POST' }, code: 'METHOD_NOT_ALLOWED' },
    { name: 'a history that is posted', path: 'c1/outcomes', asked: { method: 'POST' }, code: 'METHOD_NOT_ALLOWED' },
    { name: 'a change that is read', path: 'c1/budget', asked: {}, code: 'METHOD_NOT_ALLOWED' },
    { name: 'a path below', path: 'c1/budget/x', asked: budget, code: 'NOT_FOUND' },
    { name: 'a word that is none', path: 'c1/colour', asked: {}, code: 'NOT_FOUND' },
    { name: 'a word of every object', path: 'c1/constructor', asked: {}, code: 'NOT_FOUND' },
    { name: 'no id', path: '', asked: {}, code: 'NOT_FOUND' },
    { name: 'an id that climbs', path: '..', asked: {}, code: 'NOT_FOUND' },
    { name: 'an id that is too long', path: 'c'.repeat(65), asked: {}, code: 'NOT_FOUND' },
    {
      name: 'a misspelt preview',
      path: 'c1/budget',
      asked: { ...budget, query: 'previw=true' },
      code: 'INVALID_REQUEST',
    },
    { name: 'a preview of 1', path: 'c1/budget', asked: { ...budget, query: 'preview=1' }, code: 'INVALID_REQUEST' },
    {
      name: 'two previews',
      path: 'c1/budget',
      asked: { ...budget, query: 'preview=true&preview=false' },
      code: 'INVALID_REQUEST',
    },
    { name: 'a change without a key', path: 'c1/budget', asked: { ...budget, headers: {} }, code: 'INVALID_REQUEST' },
    {
      name: 'a key that is none',
      path: 'c1/budget',
      asked: { ...budget, headers: { 'idempotency-key': 'a b' } },
      code: 'INVALID_REQUEST',
    },
    {
      name: 'a key that is too long',
      path: 'c1/budget',
      asked: { ...budget, headers: { 'idempotency-key': 'k'.repeat(65) } },
      code: 'INVALID_REQUEST',
    },
    { name: 'no body', path: 'c1/budget', asked: { method: 'POST', headers: key }, code: 'BAD_JSON' },
    {
      name: 'a budget of nothing',
      path: 'c1/budget',
      asked: { ...budget, body: { budgetMicros: 0 } },
      code: 'INVALID_REQUEST',
    },
    {
      name: 'a version of nothing',
      path: 'c1/budget',
      asked: { ...budget, body: { budgetMicros: 1, budgetVersion: 0 } },
      code: 'INVALID_REQUEST',
    },
    {
      name: 'a tenant in the body',
      path: 'c1/budget',
      asked: { ...budget, body: { budgetMicros: 1, tenantId: 't2' } },
      code: 'INVALID_REQUEST',
    },
    {
      name: 'a status that is none',
      path: 'c1/status',
      asked: { ...budget, body: { status: 'ended' } },
      code: 'INVALID_REQUEST',
    },
    { name: 'a limit of 0', path: 'c1/outcomes', asked: { query: 'limit=0' }, code: 'INVALID_REQUEST' },
    { name: 'a limit above the most', path: 'c1/outcomes', asked: { query: 'limit=501' }, code: 'INVALID_REQUEST' },
    { name: 'a limit of no number', path: 'c1/outcomes', asked: { query: 'limit=5x' }, code: 'INVALID_REQUEST' },
    { name: 'a place that is none', path: 'c1/outcomes', asked: { query: 'after=x' }, code: 'INVALID_REQUEST' },
    {
      name: 'a place of another kind',
      path: 'c1/outcomes',
      asked: { query: `after=${Buffer.from('[1,2]').toString('base64url')}` },
      code: 'INVALID_REQUEST',
    },
  ] satisfies { name: string; path: string; asked: Asked; code: string }[]) {
    it(`refuses ${name} with ${code}, and changes nothing`, async () => {
      const { ask, store } = await world();
      const before = await snapshotOf(store, ['SE', 'NO'], ['c1']);
      await assert.rejects(ask(path, asked), { code });
      assert.deepEqual(await snapshotOf(store, ['SE', 'NO'], ['c1']), before);
    });
  }

  it('answers nobody whom it does not know, and no tenant beyond its rate', async () => {
    const { ask } = await world({
      authenticateTenant: () => Promise.reject(new AndanteError('UNAUTHENTICATED', 'no')),
    });
    await assert.rejects(ask('c1'), { code: 'UNAUTHENTICATED' });
    const limit = () => {
      throw new AndanteError('TOO_MANY_REQUESTS', 'later', { retryAfterSeconds: 3 });
    };
    const { change, store } = await world({ limit });
    await assert.rejects(change('c1/budget', { budgetMicros: 5 }, 'k1'), { code: 'TOO_MANY_REQUESTS' });
    assert.equal((await store.read([refs.campaign('t1', 'c1')]))[0]?.budgetVersion, 0);
  });
});

describe('changes over HTTP', () => {
  it('decide, write and record as the event functions do', async () => {
    const over = await world();
    const answer = await over.changed('c1/budget', { budgetMicros: 800_000_000, budgetVersion: 1 }, 'k1');
    const { outcomes, ...said } = answer;
    assert.deepEqual(said, { campaignId: 'c1', result: 'applied', version: 1 });
    const through = await world();
    await createBudgetChangedHandler(through.events)(budgetChanged(800_000_000, 1), time);
    assert.deepEqual(
      await snapshotOf(over.store, ['SE', 'NO'], ['c1']),
      await snapshotOf(through.store, ['SE', 'NO'], ['c1']),
    );
    const rowsOf = ({ log }: typeof over) =>
      log.rows.map(({ table, json: { row_id: _id, event_id: _event, source: _source, ...json } }) => ({ table, json }));
    assert.deepEqual(rowsOf(over), rowsOf(through));
    const row = over.log.rows.at(-1)?.json;
    assert.deepEqual([row?.['source'], row?.['event_id']], ['t1', 'change:k1']);
    assert.equal(outcomes[0]?.['type'], 'budget-applied');
    assert.deepEqual(await over.store.undrained(10), []);
    const paused = await over.changed('c1/status', { status: 'paused' }, 'k2');
    assert.deepEqual([paused.result, paused.version], ['applied', 1]);
    assert.deepEqual(paused.outcomes, [
      {
        ...{ type: 'status-applied', tenantId: 't1', campaignId: 'c1', statusVersion: 1, requestedStatus: 'paused' },
        decidedAt: '2026-03-02T00:00:00.000Z',
      },
    ]);
    assert.equal((await over.campaign()).status, 'paused');
  });

  it('are refused with 200, a reason and what would be accepted, and use their version up', async () => {
    const { change, campaign } = await world();
    const { status, body } = await change('c1/budget', { budgetMicros: 9_000_000_000 }, 'k1');
    const { outcomes, reason, counterOfferMicros, ...said } = JSON.parse(body as string) as ChangeAnswer;
    assert.deepEqual([status, said], [200, { campaignId: 'c1', result: 'refused', code: 'SUPPLY_SHORT', version: 1 }]);
    assert.match(reason ?? '', /^supply is there for \d+ of 9000000000 micros/);
    assert((counterOfferMicros ?? 0) > 1_000_000_000);
    assert.equal(outcomes.length, 1);
    const { budgetMicros, budgetVersion } = await campaign();
    assert.deepEqual([budgetMicros, budgetVersion], [1_000_000_000, 1]);
  });

  it('are said to be superseded by a newer version', async () => {
    const { changed, campaign } = await world();
    await changed('c1/budget', { budgetMicros: 800_000_000, budgetVersion: 5 }, 'k1');
    const { outcomes: _outcomes, ...late } = await changed('c1/budget', { budgetMicros: 1, budgetVersion: 5 }, 'k2');
    assert.deepEqual(late, { campaignId: 'c1', result: 'superseded', version: 5, currentVersion: 5 });
    assert.equal((await campaign()).budgetMicros, 800_000_000);
  });

  it('without a version come after every other, also of one that comes between reading and writing', async () => {
    const store = await seededStore({ markets: ['SE', 'NO'] });
    let isRaced = false;
    const { changed, events, campaign } = await world({
      store: {
        ...store,
        async transact(body, contended) {
          if (isRaced) {
            isRaced = false;
            await createBudgetChangedHandler({ ...events, store })(budgetChanged(700_000_000, 3), time);
          }
          return store.transact(body, contended);
        },
      },
    });
    isRaced = true;
    const { result, version } = await changed('c1/budget', { budgetMicros: 600_000_000 }, 'k1');
    assert.deepEqual([result, version, isRaced], ['applied', 4, false]);
    assert.equal((await campaign()).budgetMicros, 600_000_000);
    await createCampaignStatusChangedHandler(events)(statusChanged('paused', 8), time);
    assert.equal((await changed('c1/status', { status: 'active' }, 'k2')).version, 9);
  });

  it('of the same key answer what the first came to, whatever came between, and are decided once', async () => {
    const { change, campaign, log, now } = await world();
    const first = await change('c1/budget', { budgetMicros: 800_000_000 }, 'k1');
    await change('c1/budget', { budgetMicros: 700_000_000 }, 'k2');
    now.ms += HOUR_MS;
    const rows = log.rows.length;
    const again = await change('c1/budget', { budgetMicros: 800_000_000 }, 'k1');
    assert.equal(again.body, first.body);
    assert.deepEqual(
      [first.headers?.['idempotent-replayed'], again.headers?.['idempotent-replayed']],
      [undefined, 'true'],
    );
    assert.deepEqual([(await campaign()).budgetMicros, log.rows.length], [700_000_000, rows]);
  });

  for (const { name, path, body } of [
    { name: 'another budget', path: 'c1/budget', body: { budgetMicros: 800_000_001 } },
    { name: 'a version of its own', path: 'c1/budget', body: { budgetMicros: 800_000_000, budgetVersion: 1 } },
    { name: 'a status', path: 'c1/status', body: { status: 'paused' } },
    { name: 'another campaign', path: 'c3/budget', body: { budgetMicros: 800_000_000 } },
  ]) {
    it(`of the same key with ${name} are refused, and change nothing`, async () => {
      const { change, changed, store, events } = await world();
      await createCampaignCreatedHandler(events)(campaignCreated({ campaignId: 'c3' }), time);
      assert.equal((await changed('c1/budget', { budgetMicros: 800_000_000 }, 'k1')).result, 'applied');
      const before = await snapshotOf(store, ['SE', 'NO'], ['c1', 'c3']);
      await assert.rejects(change(path, body, 'k1'), { code: 'EVENT_CONFLICT' });
      assert.deepEqual(await snapshotOf(store, ['SE', 'NO'], ['c1', 'c3']), before);
    });
  }

  it('of the same key by two tenants are two changes', async () => {
    const { changed } = await world();
    assert.equal((await changed('c1/status', { status: 'paused' }, 'k1')).result, 'applied');
    assert.equal((await changed('c2/status', { status: 'paused' }, 'k1', { tenantId: 't2' })).result, 'applied');
  });

  it('of the same key that come at once are decided once, and answer the same', async () => {
    let nowMs = START_MS;
    const { change, campaign } = await world({ timeOf: async () => nowMs++ });
    const copies = [0, 1, 2].map(() => change('c1/budget', { budgetMicros: 800_000_000 }, 'k1'));
    const answers = await Promise.all(copies);
    assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
    assert.equal((await campaign()).budgetVersion, 1);
  });

  it('happen once where the answer of their transaction is lost', async () => {
    const store = await seededStore({ markets: ['SE', 'NO'] });
    const { change, changed, campaign } = await world({ store: withLostAnswers(store) });
    assert.equal((await changed('c1/budget', { budgetMicros: 800_000_000 }, 'k1')).result, 'applied');
    assert.equal((await campaign()).budgetVersion, 1);
    assert.equal(
      (await change('c1/budget', { budgetMicros: 800_000_000 }, 'k1')).headers?.['idempotent-replayed'],
      'true',
    );
  });
});

describe('previews over HTTP', () => {
  it('say what the change comes to, and write nothing', async () => {
    const { preview, changed, store, log } = await world();
    const before = await snapshotOf(store, ['SE', 'NO'], ['c1']);
    const rows = log.rows.length;
    const previewed = await preview('c1/budget', { budgetMicros: 1_400_000_000 });
    assert.deepEqual(await snapshotOf(store, ['SE', 'NO'], ['c1']), before);
    assert.equal(log.rows.length, rows);
    const { result, outcomes, version } = await changed('c1/budget', { budgetMicros: 1_400_000_000 }, 'k1');
    assert.deepEqual([previewed.result, previewed.outcomes, previewed.version], [result, outcomes, version]);
    assert.equal(result, 'applied');
  });

  it('show the new split of a campaign in several markets beside the old one', async () => {
    const { preview, campaign } = await world();
    const { parts } = await campaign();
    const { budget, escrow, parts: split } = await preview('c1/budget', { budgetMicros: 600_000_000 });
    assert.deepEqual(budget, { beforeMicros: 1_000_000_000, afterMicros: 600_000_000, differenceMicros: -400_000_000 });
    assert.deepEqual(escrow, { beforeMicros: 0, afterMicros: 0, differenceMicros: 0 });
    assert.deepEqual(
      split.map(({ subcampaignId, market, beforeMicros }) => ({ subcampaignId, market, budgetMicros: beforeMicros })),
      parts.map(({ subcampaignId, market, budgetMicros }) => ({ subcampaignId, market, budgetMicros })),
    );
    assert.equal(
      split.reduce((sum, { afterMicros }) => sum + afterMicros, 0),
      600_000_000,
    );
    const [first] = split;
    assert.deepEqual([first?.statusBefore, first?.statusAfter], ['active', 'active']);
    assert.deepEqual(first?.expected, {
      beforeMicros: first?.beforeMicros,
      afterMicros: first?.afterMicros,
      differenceMicros: first?.differenceMicros,
    });
  });

  /** Half of what was forecast turns up in SE. */
  async function scarceWorld() {
    const all = await world();
    const [market] = await all.store.read([refs.market('SE')]);
    const nowcast = { factor: 0.5, day: '2026-03-02', observed: 1, expected: 2 };
    await all.store.transact(async (transaction) =>
      transaction.set(refs.market('SE'), { ...market, nowcast } as NonNullable<typeof market>),
    );
    return all;
  }

  it('show whom a change displaces and whom it relieves, and never who it is unless it is one’s own', async () => {
    const { preview, events } = await scarceWorld();
    await createCampaignCreatedHandler(events)(campaignCreated({ campaignId: 'c3', budgetMicros: 50_000_000 }), time);
    const raised = await preview('c1/budget', { budgetMicros: 1_300_000_000 });
    assert.deepEqual([...new Set(raised.displaced.map(({ campaign }) => campaign))].sort(), ['another campaign', 'c3']);
    for (const moved of raised.displaced) {
      assert.equal(moved.market, 'SE');
      assert(moved.differenceMicros < 0 && moved.afterMicros - moved.beforeMicros === moved.differenceMicros);
      assert.equal(moved.subcampaignId, moved.campaign === 'c3' ? 's1' : undefined);
    }
    assert.deepEqual(raised.relieved, []);
    const paused = await preview('c1/status', { status: 'paused' });
    assert.deepEqual(paused.displaced, []);
    assert(paused.relieved.length > 0 && paused.relieved.every(({ differenceMicros }) => differenceMicros > 0));
    assert.doesNotMatch(JSON.stringify([raised, paused]), /c2|t2/);
    assert.deepEqual(
      paused.parts.map(({ statusBefore, statusAfter }) => [statusBefore, statusAfter]),
      [
        ['active', 'paused'],
        ['active', 'paused'],
      ],
    );
    assert.deepEqual(paused.parts[0]?.expected?.afterMicros, 0);
  });

  it('say what would be refused or superseded', async () => {
    const { preview, changed } = await world();
    const refused = await preview('c1/budget', { budgetMicros: 9_000_000_000 });
    assert.deepEqual([refused.result, refused.code, refused.displaced], ['refused', 'SUPPLY_SHORT', []]);
    assert.equal(refused.budget.differenceMicros, 0);
    await changed('c1/budget', { budgetMicros: 900_000_000, budgetVersion: 4 }, 'k1');
    const late = await preview('c1/budget', { budgetMicros: 1, budgetVersion: 4 });
    assert.deepEqual([late.result, late.version, late.currentVersion], ['superseded', 4, 4]);
    assert.equal((await preview('c1/budget', { budgetMicros: 800_000_000 })).version, 5);
  });
});

describe('the history over HTTP', () => {
  interface History {
    outcomes: { rowId: string; eventId: string; occurredAt: string; outcome: Record<string, unknown> }[];
    after?: string;
    hasMore: boolean;
  }

  it('pages through what was recorded, oldest first, to its end and on from there', async () => {
    const { read, changed, now } = await world();
    for (let version = 1; version <= 4; version++) {
      now.ms = START_MS + version * HOUR_MS;
      await changed('c1/budget', { budgetMicros: 900_000_000 - version }, `k${version}`);
    }
    const whole = await read<History>('c1/outcomes');
    assert.deepEqual(
      whole.outcomes.map(({ eventId, outcome }) => [eventId, outcome['type']]),
      [
        ['created:c1', 'campaign-accepted'],
        ['created:c1', 'quote-issued'],
        ...[1, 2, 3, 4].map((version) => [`change:k${version}`, 'budget-applied']),
      ],
    );
    assert.deepEqual([whole.outcomes[2]?.occurredAt, whole.hasMore], [formatInstant(START_MS + HOUR_MS), false]);
    assert.equal(whole.outcomes[0]?.outcome['startAt'], '2026-03-02T00:00:00.000Z');
    const pages: History[] = [];
    for (let after = ''; ;) {
      const page = await read<History>('c1/outcomes', { query: `limit=2${after}` });
      pages.push(page);
      after = `&after=${page.after ?? ''}`;
      if (!page.hasMore) break;
    }
    assert.deepEqual(
      pages.map(({ outcomes }) => outcomes.length),
      [2, 2, 2],
    );
    assert.deepEqual(
      pages.flatMap(({ outcomes }) => outcomes),
      whole.outcomes,
    );
    const end = pages.at(-1)?.after ?? '';
    assert.deepEqual(await read('c1/outcomes', { query: `after=${end}` }), {
      outcomes: [],
      after: end,
      hasMore: false,
    });
    now.ms += HOUR_MS;
    await changed('c1/status', { status: 'paused' }, 'k9');
    const more = await read<History>('c1/outcomes', { query: `after=${end}` });
    assert.deepEqual(
      more.outcomes.map(({ eventId }) => eventId),
      ['change:k9'],
    );
  });

  it('is 50 outcomes a page unless it is asked for more', async () => {
    const { changed, read } = await world();
    for (let index = 0; index < 52; index++) await changed('c1/status', { status: 'paused' }, `k${index}`);
    const [some, all] = [
      await read<History>('c1/outcomes'),
      await read<History>('c1/outcomes', { query: 'limit=500' }),
    ];
    assert.deepEqual([some.outcomes.length, some.hasMore], [50, true]);
    assert.deepEqual([all.outcomes.length, all.hasMore], [54, false]);
  });

  it('is away when BigQuery is', async () => {
    const away = async () => Promise.reject(new AndanteError('OUTCOMES_UNAVAILABLE', 'BigQuery did not answer'));
    const { ask } = await world({ history: { page: away, promised: away } });
    await assert.rejects(ask('c1/outcomes'), { code: 'OUTCOMES_UNAVAILABLE' });
  });
});

describe('delivery beside its forecast over HTTP', () => {
  /** Half a day of c1 in SE: so many impressions and clicks an hour, of so many opportunities. */
  async function halfADay({ impressions = 0, clicks = 0, opportunities = 0 }) {
    const all = await world();
    const reported = createDeliveryReportedHandler(all.events);
    for (let hour = 0; hour < 12; hour++) {
      const windowStartAtMs = START_MS + hour * HOUR_MS;
      const own = line({
        hourAtMs: windowStartAtMs,
        impressions,
        clicks,
        chargedMicros: impressions * 10_000,
        reached: 5,
      });
      const report = deliveryReported(`r${hour}`, {
        ...{ windowStartAtMs, windowEndAtMs: windowStartAtMs + HOUR_MS, lines: impressions > 0 ? [own] : [] },
        opportunities: [{ segment: 'casual', surface: 'home', opportunities }],
      });
      await reported(report, { publishedAtMs: START_MS, nowMs: windowStartAtMs + HOUR_MS });
    }
    all.now.ms = START_MS + 12 * HOUR_MS;
    const tick = { type: 'andante.delivery-tick.v1' as const, source: 'scheduler', tenantId: 'andante', market: 'SE' };
    await createDeliveryTickHandler(all.events)({ ...tick, scheduledForMs: all.now.ms }, time);
    return all;
  }

  it('is known with the quote it was accepted with, and why it is less', async () => {
    const { campaign } = await halfADay({ impressions: 500, clicks: 10, opportunities: 2_000 });
    const { delivery, deliveryUnknown, parts } = await campaign();
    assert.equal(deliveryUnknown, undefined);
    assert.equal(delivery?.quoteId, 'quote:c1:1');
    assert.equal(delivery.quotedBudgetMicros, 1_000_000_000);
    const [se, no] = delivery.parts;
    assert.deepEqual([se?.delivered.impressions, se?.delivered.clicks, se?.delivered.reach], [6_000, 120, 60]);
    assert.equal(se?.delivered.accruedMicros, parts[0]?.accruedMicros);
    assert.equal(no?.delivered.reach, undefined, 'nobody counted listeners there');
    const { difference, expected } = se as NonNullable<typeof se>;
    assert.equal(difference.largest, 'supply', JSON.stringify(difference));
    assert.equal(
      difference.words,
      'less than forecast, mostly because its audience comes less often than was forecast',
    );
    assert(
      expected.spendMicros.low <= expected.spendMicros.mid && expected.spendMicros.mid <= expected.spendMicros.high,
    );
    for (const part of [delivery, ...delivery.parts]) {
      const { micros, reasons } = part.difference;
      assert.equal(micros, part.delivered.accruedMicros - part.expected.spendMicros.mid);
      assert.equal(
        reasons.reduce((sum, one) => sum + one.micros, 0),
        micros,
      );
    }
    // Nobody counts opportunities in NO.
    assert.deepEqual(
      no?.difference.reasons.map(({ reason }) => reason),
      ['unexplained'],
    );
  });

  it('is not known without what was recorded, and the rest is', async () => {
    const away = async () => Promise.reject(new AndanteError('OUTCOMES_UNAVAILABLE', 'BigQuery did not answer'));
    for (const own of [
      { history: { page: away, promised: away } },
      { features: { supplyHours: away } },
      { outcomes: { delivered: away } },
    ]) {
      const { campaign } = await world(own);
      const { delivery, deliveryUnknown, budgetMicros } = await campaign();
      assert.deepEqual(
        [delivery, deliveryUnknown?.code, budgetMicros],
        [undefined, 'OUTCOMES_UNAVAILABLE', 1_000_000_000],
      );
    }
    const nothing = { page: async () => [], promised: async () => ({}) };
    const { campaign } = await world({ history: nothing });
    assert.equal((await campaign()).deliveryUnknown?.code, 'NO_FORECAST');
  });

  it('fails where something else than BigQuery does', async () => {
    const broken = async () => Promise.reject(new Error('a bug'));
    const { campaign } = await world({ history: { page: broken, promised: broken } });
    await assert.rejects(campaign(), /a bug/);
  });
});
