// The campaign function on the real emulators, through the gateway: what it shows of a campaign that is served, its history
// from BigQuery, previews that write nothing, and changes that are decided once.
import assert from 'node:assert/strict';
import { startStack, type Stack } from '../../emulators/stack.ts';
import type { CampaignAnswerWire, ChangeAnswer, PreviewAnswer } from '../../shared/contracts/campaign-api.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { createBigQueryReader } from '../../shared/outcomes/bigquery-reader.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { persistSupply } from '../../shared/store/persist-supply.ts';
import { assertDescribed } from '../support/api-answers.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { campaignCreated, deliveryReported, line, order } from '../support/events.ts';
import { HOUR_MS, START_MS, TICK_MS } from '../support/instants.ts';
import { supplyDays } from '../support/markets.ts';
import { deliver, deliverEvent, pushOf, tickOf } from '../support/pushes.ts';

interface Asked {
  body?: unknown;
  key?: string;
  token?: string;
}

interface History {
  outcomes: { eventId: string; outcome: { type: string } }[];
  after: string;
  hasMore: boolean;
}

describe('Campaigns', function () {
  this.timeout(120_000);
  let stack: Stack;
  let clients: ReturnType<typeof clientsOf>;
  let store: AllocationStore;

  before(async () => {
    stack = await startStack({ projectId: newProject(), tickIntervalMs: TICK_MS, virtualTime: true });
    clients = clientsOf(stack.projectId, stack.bigqueryEndpoint);
    store = createFirestoreStore(clients.firestore);
    for (const market of ['SE', 'NO']) await persistSupply(store, market, [...supplyDays(3, { market }).values()]);
    const subcampaigns = [order(), order({ subcampaignId: 's2', market: 'NO' })];
    await deliverEvent(stack, campaignCreated({ subcampaigns, budgetMicros: 1_000_000_000 }));
    await deliverEvent(stack, campaignCreated({ campaignId: 'c2', budgetMicros: 900_000_000 }, { tenantId: 't2' }));
    for (let hour = 0; hour < 6; hour++) {
      const windowStartAtMs = START_MS + hour * HOUR_MS;
      const own = { hourAtMs: windowStartAtMs, impressions: 200, clicks: 4, chargedMicros: 2_000_000, reached: 150 };
      await deliverEvent(
        stack,
        deliveryReported(`r${hour}`, {
          ...{ windowStartAtMs, windowEndAtMs: windowStartAtMs + HOUR_MS, lines: [line(own)] },
          opportunities: [{ segment: 'casual', surface: 'home', opportunities: 1_500 }],
        }),
      );
    }
    for (const market of ['SE', 'NO'])
      await deliver(stack, 'delivery-tick', pushOf(tickOf(market, START_MS + 6 * HOUR_MS)));
  });
  after(async () => {
    await clients.close();
    await stack.stop();
  });

  /** Asks, and holds the answer to the API's description. */
  async function ask(path: string, { body, key, token = 'tenant:t1' }: Asked = {}) {
    const method = body === undefined ? 'GET' : 'POST';
    const response = await fetch(`${stack.functionsUrl}/v1/campaigns/${path}`, {
      method,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const contentType = response.headers.get('content-type') ?? undefined;
    const { pathname } = new URL(response.url);
    assertDescribed({ method, path: pathname, status: response.status, contentType, body: text });
    return { response, text, status: response.status };
  }
  const answered = async <T>(path: string, asked?: Asked): Promise<T> => {
    const { text, status } = await ask(path, asked);
    assert.equal(status, 200, text);
    return JSON.parse(text) as T;
  };

  it('are shown with what the books and BigQuery know of them, and why delivery is not as forecast', async () => {
    const { delivery, parts, ...campaign } = await answered<CampaignAnswerWire>('c1');
    assert.deepEqual([campaign.status, campaign.budgetMicros, campaign.impressions], ['active', 1_000_000_000, 1_200]);
    assert.equal(campaign.spentMicros, 12_000_000);
    assert.equal(parts[0]?.accruedMicros, parts[0] && parts[0].spentMicros + parts[0].inFlightMicros);
    assert.equal(delivery?.asOfAt, formatInstant(START_MS + 6 * HOUR_MS));
    const [se] = delivery.parts;
    assert.deepEqual([se?.delivered.impressions, se?.delivered.reach], [1_200, 900]);
    assert.deepEqual([delivery.difference.isWithin, se?.difference.largest], [false, 'supply'], JSON.stringify(se));
    assert.equal(
      delivery.difference.reasons.reduce((sum, { micros }) => sum + micros, 0),
      delivery.difference.micros,
    );
  });

  it('are previewed without a word written, then changed, once for each key, as was previewed', async () => {
    const [before] = await store.read([refs.campaign('t1', 'c1')]);
    const body = { budgetMicros: 700_000_000 };
    const preview = await answered<PreviewAnswer>('c1/budget?preview=true', { body });
    assert.deepEqual(await store.read([refs.campaign('t1', 'c1')]), [before]);
    assert.deepEqual(preview.budget, {
      ...{ beforeMicros: 1_000_000_000, afterMicros: 700_000_000, differenceMicros: -300_000_000 },
    });
    const copies = await Promise.all([0, 1, 2].map(() => ask('c1/budget', { body, key: 'k1' })));
    assert.equal(new Set(copies.map(({ text }) => text)).size, 1, copies.map(({ text }) => text).join('\n'));
    const { result, outcomes, version } = JSON.parse(copies[0]?.text ?? '') as ChangeAnswer;
    assert.deepEqual([result, outcomes, version], [preview.result, preview.outcomes, preview.version]);
    assert.equal(copies.filter(({ response }) => response.headers.get('idempotent-replayed') === 'true').length, 2);
    const { budgetMicros, budgetVersion } = await answered<CampaignAnswerWire>('c1');
    assert.deepEqual([budgetMicros, budgetVersion], [700_000_000, 1]);
    const other = await ask('c1/budget', { body: { budgetMicros: 1 }, key: 'k1' });
    assert.deepEqual([other.status, (JSON.parse(other.text) as { code: string }).code], [409, 'EVENT_CONFLICT']);
  });

  it('answer a refusal and a pause, and show nobody else in a preview', async () => {
    const refused = await answered<ChangeAnswer>('c1/budget', { body: { budgetMicros: 9e12 }, key: 'k2' });
    assert.deepEqual([refused.result, refused.code], ['refused', 'SUPPLY_SHORT']);
    const { text } = await ask('c1/budget?preview=true', { body: { budgetMicros: 1_500_000_000 } });
    assert.doesNotMatch(text, /c2|t2/);
    const paused = await answered<ChangeAnswer>('c1/status', { body: { status: 'paused' }, key: 'k3' });
    assert.deepEqual([paused.result, paused.version], ['applied', 1]);
  });

  it('have a history in pages, of what the events and the API did', async () => {
    const seen: string[] = [];
    for (let page = await answered<History>('c1/outcomes?limit=2'); ;) {
      seen.push(...page.outcomes.map(({ eventId, outcome }) => `${eventId} ${outcome.type}`));
      if (!page.hasMore) break;
      page = await answered<History>(`c1/outcomes?limit=2&after=${page.after}`);
    }
    assert.deepEqual(seen.slice(0, 2), ['created:c1 campaign-accepted', 'created:c1 quote-issued']);
    assert.deepEqual(seen.slice(2).sort(), [
      'change:k1 budget-applied',
      'change:k2 budget-refused',
      'change:k3 status-applied',
    ]);
    const reader = createBigQueryReader(clients.bigquery, { projectId: stack.projectId, dataset: 'andante' });
    assert.equal((await reader.campaignOutcomes('t1', 'c1')).length, 4, 'each row once');
    const recorded = await reader.recordedSince('2000-01-01', 'campaigns');
    const own = recorded.filter(({ outcome }) => 'campaignId' in outcome && outcome.campaignId === 'c1');
    assert.deepEqual(own.map(({ source, eventId }) => `${source} ${eventId}`).sort(), [
      't1 change:k1',
      't1 change:k2',
      't1 change:k3',
      'test created:c1',
    ]);
    assert(own.every(({ rowId, eventAtMs, ingestedAtMs }) => rowId !== '' && eventAtMs > 0 && ingestedAtMs > 0));
    assert.deepEqual(await reader.recordedSince('2999-01-01', 'campaigns'), []);
    await reader.recordedSince('2000-01-01', 'reports');
  });

  for (const { name, path, asked, status, code } of [
    { name: 'another tenant’s', path: 'c2', asked: {}, status: 404, code: 'NOT_FOUND' },
    { name: 'one that is not there', path: 'c9/outcomes', asked: {}, status: 404, code: 'NOT_FOUND' },
    { name: 'one for nobody', path: 'c1', asked: { token: '' }, status: 401, code: 'UNAUTHENTICATED' },
    { name: 'one for an ad server', path: 'c1', asked: { token: 'group:g1' }, status: 401, code: 'UNAUTHENTICATED' },
    {
      name: 'a change without a key',
      path: 'c1/budget',
      asked: { body: { budgetMicros: 1 } },
      status: 400,
      code: 'INVALID_REQUEST',
    },
    {
      name: 'a change of nothing',
      path: 'c1/status',
      asked: { body: {}, key: 'k9' },
      status: 400,
      code: 'INVALID_REQUEST',
    },
  ] satisfies { name: string; path: string; asked: Asked; status: number; code: string }[]) {
    it(`refuse ${name} with ${status} and ${code}`, async () => {
      const { text, status: answeredWith } = await ask(path, asked);
      assert.deepEqual([answeredWith, (JSON.parse(text) as { code: string }).code], [status, code]);
    });
  }
});
