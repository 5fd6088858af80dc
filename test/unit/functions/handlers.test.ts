import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { createBudgetChangedHandler } from '../../../functions/budget-changed/handler.ts';
import { createCampaignCreatedHandler } from '../../../functions/campaign-created/handler.ts';
import { createCampaignStatusChangedHandler } from '../../../functions/campaign-status-changed/handler.ts';
import { createDeliveryReportedHandler } from '../../../functions/delivery-reported/handler.ts';
import { createDeliveryTickHandler } from '../../../functions/delivery-tick/handler.ts';
import { createOutcomeDrainHandler } from '../../../functions/outcome-drain/handler.ts';
import { createPlanHandler } from '../../../functions/plan/handler.ts';
import { createReportHandler } from '../../../functions/report/handler.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { decideTick } from '../../../shared/campaign/decide-tick.ts';
import { createMemoryBus } from '../../../shared/bus/memory-bus.ts';
import { encodeInstants } from '../../../shared/contracts/instants.ts';
import { decodeMessage } from '../../../shared/contracts/decode-message.ts';
import { persistSupply } from '../../../shared/store/persist-supply.ts';
import { createMemoryLog } from '../../../shared/outcomes/memory-log.ts';
import { described } from '../../support/api-answers.ts';
import { lease } from '../../support/entries.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from '../../support/events.ts';
import { TRACEPARENT, inHand } from '../../support/in-hand.ts';
import { DAY_MS, HOUR_MS, START_MS, TICK_MS, slotAt } from '../../support/instants.ts';
import { cell, supplyDay } from '../../support/markets.ts';
import { logLines } from '../../support/log-lines.ts';
import { seededStore } from '../../support/stores.ts';

const time = { publishedAtMs: START_MS, nowMs: START_MS };

async function world(virtualTime = false) {
  const store = await seededStore({ markets: ['SE', 'NO'] });
  const { log, lines } = logLines();
  return {
    store,
    log,
    lines,
    outcomes: createMemoryLog(),
    bus: createMemoryBus(),
    clock: () => START_MS,
    tickIntervalMs: TICK_MS,
    virtualTime,
  };
}

function tickAt(scheduledForMs: number | undefined, market?: string) {
  return {
    type: 'andante.delivery-tick.v1' as const,
    source: 'scheduler',
    tenantId: 'andante',
    ...(scheduledForMs === undefined ? {} : { scheduledForMs }),
    ...(market === undefined ? {} : { market }),
  };
}

describe('the handlers of campaign events', () => {
  it('persist and record once; a copy is answered and appends nothing', async () => {
    const deps = await world();
    const created = createCampaignCreatedHandler(deps);
    assert.deepEqual(await created(campaignCreated(), time), { outcome: 'applied', duplicate: false });
    assert.deepEqual(await created(campaignCreated(), time), { outcome: 'applied', duplicate: true });
    assert.deepEqual(await createBudgetChangedHandler(deps)(budgetChanged(9_000_000_000, 1), time), {
      outcome: 'refused',
      duplicate: false,
    });
    assert.deepEqual(await createCampaignStatusChangedHandler(deps)(statusChanged('paused', 1), time), {
      outcome: 'applied',
      duplicate: false,
    });
    assert.deepEqual(
      deps.outcomes.rows.map(({ json }) => json['type']),
      ['campaign-accepted', 'quote-issued', 'budget-refused', 'status-applied'],
    );
    assert.deepEqual(
      await createOutcomeDrainHandler(deps)({ ...tickAt(undefined), type: 'andante.outcome-drain.v1' }, time),
      {
        outcome: 'drained',
        bookings: 0,
        entries: 0,
        refused: 0,
      },
    );
  });
});

describe('the handler of ticks', () => {
  it('without a market fans out one message per market, all with one slot', async () => {
    const deps = await world();
    const answer = await createDeliveryTickHandler(deps)(tickAt(START_MS - 1), time);
    assert.deepEqual(answer, { outcome: 'fanned-out', markets: 2, slot: slotAt(START_MS) - 1 });
    assert.deepEqual(
      deps.bus.published.map(({ topic, message }) => [
        topic,
        'market' in message && message.market,
        'scheduledFor' in message && message.scheduledFor,
      ]),
      [
        ['delivery-tick', 'NO', '2026-03-01T23:55:00.000Z'],
        ['delivery-tick', 'SE', '2026-03-01T23:55:00.000Z'],
      ],
    );
  });

  it('takes the publish time where the Scheduler names none', async () => {
    const { slot } = (await createDeliveryTickHandler(await world())(tickAt(undefined, 'SE'), time)) as {
      slot?: unknown;
    };
    assert.equal(slot, slotAt(START_MS));
  });

  it('refuses a slot of the future, unless time is virtual', async () => {
    const future = tickAt(START_MS + 2 * TICK_MS, 'SE');
    await assert.rejects(createDeliveryTickHandler(await world())(future, time), { code: 'TICK_IN_FUTURE' });
    assert.equal(
      (await createDeliveryTickHandler(await world())(tickAt(START_MS + TICK_MS, 'SE'), time)).outcome,
      'applied',
    );
    assert.equal((await createDeliveryTickHandler(await world(true))(future, time)).outcome, 'applied');
  });

  it('says CRITICAL by its number which promise a tick does not keep, whose it is, and what was overrun', async () => {
    const deps = await world();
    await createCampaignCreatedHandler(deps)(campaignCreated(), time);
    const decide: typeof decideTick = (input) => {
      const decision = decideTick(input);
      const [page] = input.view.pages;
      const wrong = page?.entries.map((entry, index) =>
        index === 0
          ? { ...entry, overrunMicros: 7, leases: [lease({ grantedMicros: entry.budgetMicros + 1 })] }
          : entry,
      );
      return page && wrong ? { ...decision, pages: [{ ...page, entries: wrong }] } : decision;
    };
    const answer = await createDeliveryTickHandler({ ...deps, decide })(tickAt(START_MS + TICK_MS, 'SE'), time);
    assert.deepEqual([answer.outcome, answer.overruns, answer.overrunMicros], ['applied', 1, 7]);
    assert.deepEqual(
      deps.lines.map(({ severity, message, invariant, tenant, campaign }) => [
        ...[severity, message, invariant],
        ...[tenant, campaign],
      ]),
      [['CRITICAL', 'invariant violated', 1, 't1', 'c1']],
    );
  });

  it('refuses a market that is not there', async () => {
    await assert.rejects(createDeliveryTickHandler(await world())(tickAt(START_MS, 'XX'), time), {
      code: 'UNKNOWN_MARKET',
      permanent: true,
    });
  });

  it('records what it folded', async () => {
    const deps = await world();
    await createCampaignCreatedHandler(deps)(campaignCreated(), time);
    const reported = createDeliveryReportedHandler(deps);
    const report = deliveryReported('r', { lines: [line()] });
    assert.deepEqual(await reported(report, time), { outcome: 'filed', duplicate: false });
    const answer = await createDeliveryTickHandler(deps)(tickAt(START_MS + TICK_MS, 'SE'), time);
    assert.deepEqual(answer, {
      outcome: 'applied',
      slot: slotAt(START_MS) + 1,
      lagMs: -TICK_MS,
      reports: 1,
      quarantined: 0,
    });
    assert.deepEqual(await reported(report, time), { outcome: 'folded', duplicate: true });
    assert.deepEqual(
      deps.outcomes.rows.map(({ table, json }) => [table, json['type']]),
      [
        ['outcomes', 'campaign-accepted'],
        ['quotes', 'quote-issued'],
        ['deliveries', 'delivery-folded'],
        ['outcomes', 'market-paced'],
      ],
    );
    assert.deepEqual(await deps.store.undrained(10), []);
  });
});

const request = { method: 'GET', path: '/v1/markets/SE/plan', headers: {}, body: Buffer.alloc(0) };
const planDoor = async () => ({ ...(await world()), authenticateGroup: async () => 'g1' });

describe('the plan door', () => {
  it('answers the plan by its hash, plain or gzip, and nothing new with 304', async () => {
    const deps = await planDoor();
    await createDeliveryTickHandler(deps)(tickAt(START_MS, 'SE'), time);
    const plan = createPlanHandler(deps);
    const plain = await plan(request);
    assert.equal((JSON.parse(plain.body as string) as { market: string }).market, 'SE');
    const gzip = await plan({ ...request, headers: { 'accept-encoding': 'gzip, br' } });
    assert.equal(gunzipSync(gzip.body as Uint8Array).toString(), plain.body);
    assert.equal(gzip.headers?.['content-encoding'], 'gzip');
    const same = await plan({ ...request, headers: { 'if-none-match': plain.headers?.['etag'] } });
    assert.deepEqual([same.status, same.body], [304, undefined]);
  });

  for (const [name, own, code] of [
    ['another method', { method: 'POST' }, 'METHOD_NOT_ALLOWED'],
    ['another path', { path: '/v1/markets/SE' }, 'NOT_FOUND'],
    ['a market that climbs', { path: '/v1/markets/../plan' }, 'NOT_FOUND'],
    ['a market before its first tick', {}, 'NOT_FOUND'],
  ] as const) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(createPlanHandler(await planDoor())({ ...request, ...own }), { code });
    });
  }

  it('shows nothing to who is no ad server', async () => {
    const deps = await planDoor();
    await createDeliveryTickHandler(deps)(tickAt(START_MS, 'SE'), time);
    const authenticateGroup = () => Promise.reject(new AndanteError('UNAUTHENTICATED', 'no'));
    await assert.rejects(createPlanHandler({ ...deps, authenticateGroup })(request), { code: 'UNAUTHENTICATED' });
  });
});

describe('the handler of reports', () => {
  it('refuses a market that is not there for good, so that no report waits for a tick that never comes', async () => {
    const deps = await world();
    const reported = createDeliveryReportedHandler(deps);
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(reported(deliveryReported('r', { market: 'XX' }), time), {
        code: 'UNKNOWN_MARKET',
        permanent: true,
        message: 'this market has no supply and no book',
      });
    }
    assert.deepEqual(await deps.store.waitingReports('XX', 10), []);
  });
});

describe('the report door', () => {
  const { group: _group, ...data } = deliveryReported('r', { lines: [line()] }).data;
  const body = Buffer.from(JSON.stringify({ eventId: 'r', ...(encodeInstants(data) as object) }));
  const post = { method: 'POST', path: '/v1/reports', headers: {}, body };

  it('stamps the group that it authenticated and publishes', async () => {
    const deps = await world();
    const answer = await described(createReportHandler({ ...deps, authenticateGroup: async () => 'g1' }))(post);
    assert.deepEqual([answer.status, answer.body], [202, '{"eventId":"r"}']);
    const [published] = deps.bus.published;
    assert.deepEqual(published?.message, encodeInstants(deliveryReported('r', { lines: [line()] })));
    assert.deepEqual(published?.attributes, {
      type: 'andante.delivery-reported.v1',
      tenantId: 'andante',
    });
  });

  it('publishes in the trace of its request, and says whose report it was', async () => {
    const deps = await world();
    const door = createReportHandler({ ...deps, authenticateGroup: async () => 'g1' });
    const { about } = await inHand(() => door(post));
    assert.equal(deps.bus.published[0]?.attributes['traceparent'], TRACEPARENT);
    assert.deepEqual(about, { event: 'r', market: 'SE' });
  });

  it('publishes nothing for a stranger, a wrong body, a market that is not there', async () => {
    const deps = await world();
    const unknown = Buffer.from(body.toString().replace('"SE"', '"XX"'));
    const door = createReportHandler({ ...deps, authenticateGroup: async () => 'g1' });
    const closed = createReportHandler({ ...deps, authenticateGroup: () => Promise.reject(new Error('no')) });
    await assert.rejects(closed(post), /no/);
    await assert.rejects(door({ ...post, body: Buffer.from('{}') }), { code: 'INVALID_REQUEST' });
    await assert.rejects(door({ ...post, body: unknown }), { code: 'NOT_FOUND' });
    await assert.rejects(door({ ...post, method: 'GET' }), { code: 'METHOD_NOT_ALLOWED' });
    assert.deepEqual(deps.bus.published, []);
  });
});

describe('ticks that ask for a new split', () => {
  /** A campaign in both markets whose supply has gone in SE and NO. */
  async function shortWorld() {
    const deps = await world(true);
    const subcampaigns = ['SE', 'NO'].map((market, index) => order({ subcampaignId: `s${index + 1}`, market }));
    await createCampaignCreatedHandler(deps)(campaignCreated({ subcampaigns, budgetMicros: 1_500_000_000 }), time);
    for (const name of ['SE', 'NO']) {
      const cells = [cell({ q50: 10_000 })];
      await persistSupply(
        deps.store,
        name,
        [0, 1].map((day) => supplyDay(START_MS + day * DAY_MS, { market: name, cells })),
      );
    }
    return deps;
  }

  it('publish one event for each campaign, the same from every market of the hour and at any of its ticks', async () => {
    const deps = await shortWorld();
    const first = await createDeliveryTickHandler(deps)(tickAt(START_MS + HOUR_MS, 'SE'), time);
    const second = await createDeliveryTickHandler(deps)(tickAt(START_MS + HOUR_MS + 7 * TICK_MS, 'NO'), time);
    assert.deepEqual([first['rebalances'], second['rebalances']], [1, 1]);
    const hourAt = '2026-03-02T01:00:00.000Z';
    const expected = {
      type: 'andante.budget-changed.v1',
      source: 'andante',
      tenantId: 't1',
      eventId: `rebalance:c1:${hourAt}`,
      occurredAt: hourAt,
      data: { campaignId: 'c1', cause: 'rebalance', hourAt },
    };
    assert.deepEqual(
      deps.bus.published.map(({ topic, message }) => [topic, message]),
      [
        ['budget-changed', expected],
        ['budget-changed', expected],
      ],
    );
  });

  it('publish what its function takes, and decides once', async () => {
    const deps = await shortWorld();
    const tick = createDeliveryTickHandler(deps);
    for (const name of ['SE', 'NO']) await tick(tickAt(START_MS + HOUR_MS, name), time);
    const change = createBudgetChangedHandler(deps);
    const answers = [];
    for (const { message } of deps.bus.published) {
      const event = decodeMessage('budget-changed', Buffer.from(JSON.stringify(message)));
      answers.push(await change(event, time));
    }
    assert.deepEqual(
      answers.map(({ duplicate }) => duplicate),
      [false, true],
    );
  });

  it('publish nothing in the rest of the hour, nor for a copy of the tick', async () => {
    const deps = await shortWorld();
    const tick = createDeliveryTickHandler(deps);
    await tick(tickAt(START_MS + HOUR_MS, 'SE'), time);
    for (const atMs of [HOUR_MS, HOUR_MS + TICK_MS, 2 * HOUR_MS - TICK_MS]) {
      const answer = await tick(tickAt(START_MS + atMs, 'SE'), time);
      assert.equal(answer['rebalances'], undefined);
    }
    assert.equal(deps.bus.published.length, 1);
    assert.equal((await tick(tickAt(START_MS + 2 * HOUR_MS, 'SE'), time))['rebalances'], 1);
    assert.deepEqual(
      deps.bus.published.map(({ message }) => 'eventId' in message && message.eventId),
      ['rebalance:c1:2026-03-02T01:00:00.000Z', 'rebalance:c1:2026-03-02T02:00:00.000Z'],
    );
  });

  it('record what they decided before they publish, so that a bus that fails loses no row', async () => {
    const deps = await shortWorld();
    const broken = { ...deps, bus: { publish: async () => Promise.reject(new Error('the bus is away')) } };
    await createDeliveryReportedHandler(deps)(deliveryReported('r', { lines: [line()] }), time);
    await assert.rejects(createDeliveryTickHandler(broken)(tickAt(START_MS + HOUR_MS, 'SE'), time), /the bus is away/);
    assert(deps.outcomes.rows.some(({ json }) => json['type'] === 'market-paced'));
    const again = await createDeliveryTickHandler(deps)(tickAt(START_MS + HOUR_MS, 'SE'), time);
    assert.deepEqual([again.outcome, deps.bus.published.length], ['superseded', 0], 'the next hour asks again');
  });
});
