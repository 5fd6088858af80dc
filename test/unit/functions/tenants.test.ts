// Two tenants on one platform: whatever one sends under the other's ids, it learns nothing of the other's, changes
// nothing of it, and takes no id away from it.
import assert from 'node:assert/strict';
import { createRandom, type Random } from '../../../emulators/world/random.ts';
import { createBudgetChangedHandler } from '../../../functions/budget-changed/handler.ts';
import { createCampaignCreatedHandler } from '../../../functions/campaign-created/handler.ts';
import { createCampaignStatusChangedHandler } from '../../../functions/campaign-status-changed/handler.ts';
import { createDeliveryReportedHandler } from '../../../functions/delivery-reported/handler.ts';
import { createDeliveryTickHandler } from '../../../functions/delivery-tick/handler.ts';
import { createReportHandler } from '../../../functions/report/handler.ts';
import { createMemoryBus } from '../../../shared/bus/memory-bus.ts';
import { topicOf } from '../../../shared/bus/event-bus.ts';
import { encodeInstants } from '../../../shared/contracts/instants.ts';
import type { CampaignEvent } from '../../../shared/contracts/events.ts';
import { createMemoryLog } from '../../../shared/outcomes/memory-log.ts';
import { createReceiver } from '../../../shared/runtime/delivery.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { ledgerId } from '../../../shared/store/ledger-key.ts';
import { push } from '../../support/envelopes.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from '../../support/events.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { logLines } from '../../support/log-lines.ts';
import { seededStore } from '../../support/stores.ts';

const SEED = 1;
const EVENTS = 3_000;
const VICTIM = 'victim-records';
const OTHER = 'other-records';

/** The victim's campaigns, and what nobody else could know of them. */
const campaigns = ['c1', 'c2', 'c3'].map((campaignId, index) => ({
  campaignId,
  budgetMicros: 7_654_321 + index,
  subcampaignId: `hidden-${campaignId}`,
}));
const secrets = [VICTIM, ...campaigns.flatMap((own) => [String(own.budgetMicros), own.subcampaignId])];

/** All that the victim has sent, in order. */
const victimEvents: CampaignEvent[] = [
  ...campaigns.map(({ campaignId, budgetMicros, subcampaignId }) =>
    campaignCreated(
      { campaignId, budgetMicros, subcampaigns: [order({ subcampaignId })] },
      { tenantId: VICTIM, eventId: `v-created-${campaignId}` },
    ),
  ),
  statusChanged('paused', 1, { campaignId: 'c2', tenantId: VICTIM, eventId: 'v-paused' }),
  budgetChanged(7_654_330, 1, { campaignId: 'c1', tenantId: VICTIM, eventId: 'v-budget' }),
];

async function world() {
  const store = await seededStore({ days: 3 });
  const { log, lines } = logLines();
  const outcomes = createMemoryLog();
  const base = { store, outcomes, log, bus: createMemoryBus(), clock: () => START_MS };
  const deps = { ...base, tickIntervalMs: TICK_MS, virtualTime: false };
  const doors = {
    'campaign-created': createReceiver('campaign-created', createCampaignCreatedHandler(deps), deps),
    'budget-changed': createReceiver('budget-changed', createBudgetChangedHandler(deps), deps),
    'campaign-status-changed': createReceiver(
      'campaign-status-changed',
      createCampaignStatusChangedHandler(deps),
      deps,
    ),
    'delivery-reported': createReceiver('delivery-reported', createDeliveryReportedHandler(deps), deps),
    'delivery-tick': createReceiver('delivery-tick', createDeliveryTickHandler(deps), deps),
  };
  const send = (event: { type: string }, attributes: Record<string, string> = {}) =>
    doors[topicOf(event as CampaignEvent) as keyof typeof doors](push(event, { attributes }));
  return { ...deps, lines, outcomes, send };
}
type World = Awaited<ReturnType<typeof world>>;

/** Every document and row that is the victim's. */
async function belongings({ store, outcomes }: World) {
  const [market] = await store.read([refs.market('SE')]);
  const pages = await store.read((market?.pages ?? []).map(({ page }) => refs.page('SE', page)));
  const isOurs = ({ campaignId }: { campaignId: string }) => campaigns.some((own) => own.campaignId === campaignId);
  return {
    campaigns: await store.read(campaigns.map(({ campaignId }) => refs.campaign(VICTIM, campaignId))),
    owners: await store.read(campaigns.map(({ campaignId }) => refs.owner(campaignId))),
    entries: pages.flatMap((page) => page?.entries ?? []).filter(isOurs),
    ledger: await store.read(victimEvents.map((event) => refs.ledger(ledgerId(event)))),
    rows: outcomes.rows.filter(({ json }) => json['tenant_id'] === VICTIM),
  };
}

/** What another tenant tries: the victim's campaign ids and event ids, in its own name or in the victim's. */
function attemptOf(random: Random): { event: CampaignEvent; attributes: Record<string, string> } {
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const isTheirs = random() < 0.8;
  const campaignId = isTheirs ? pick(campaigns).campaignId : `own-${Math.floor(random() * 20)}`;
  const eventId = random() < 0.5 ? pick(victimEvents).eventId : `o-${Math.floor(random() * 1e6)}`;
  // In the victim's name only where the publisher's stamp says who it is: the topics take nobody else's word.
  const isForged = random() < 0.2;
  const envelope = { tenantId: isForged ? VICTIM : OTHER, eventId };
  const event = pick([
    () => campaignCreated({ campaignId, budgetMicros: 1 + Math.floor(random() * 1e6) }, envelope),
    () => budgetChanged(1 + Math.floor(random() * 1e9), 1 + Math.floor(random() * 9), { campaignId, ...envelope }),
    () =>
      statusChanged(pick(['active', 'paused', 'cancelled']), 1 + Math.floor(random() * 9), { campaignId, ...envelope }),
  ])();
  return { event, attributes: isForged || random() < 0.5 ? { tenantId: OTHER } : {} };
}

describe('another tenant', () => {
  it('learns nothing, changes nothing and blocks nothing of a tenant whose ids it uses', async () => {
    const here = await world();
    for (const event of victimEvents) await here.send(event, { tenantId: VICTIM });
    const before = await belongings(here);
    assert.deepEqual(
      before.ledger.map((entry) => entry?.result),
      victimEvents.map(() => 'applied'),
    );
    const random = createRandom(SEED, 'tenants');
    let mismatches = 0;
    for (let number = 0; number < EVENTS; number++) {
      const { event, attributes } = attemptOf(random);
      const from = { lines: here.lines.length, rows: here.outcomes.rows.length };
      await here.send(event, attributes);
      const where = `attempt ${number} of seed ${SEED}: ${JSON.stringify(event)}`;
      const said = here.lines.slice(from.lines);
      const left = JSON.stringify([said, here.outcomes.rows.slice(from.rows)]);
      for (const secret of secrets)
        assert(!left.includes(secret) || JSON.stringify(event).includes(secret), `${secret} leaks, ${where}`);
      const isTheirs = campaigns.some(({ campaignId }) => campaignId === event.data.campaignId);
      const code = said.at(-1)?.['code'];
      if (event.tenantId === VICTIM) assert.equal(code, 'TENANT_MISMATCH', where);
      // Its own earlier use of an event id is the one other thing in its way.
      else if (isTheirs) assert.match(String(code), /^(TENANT_MISMATCH|EVENT_CONFLICT)$/, where);
      if (code === 'TENANT_MISMATCH') mismatches++;
      if (number % 500 === 499) assert.deepEqual(await belongings(here), before, where);
    }
    assert.deepEqual(await belongings(here), before);
    assert(mismatches > EVENTS / 2);
    for (const { document } of await here.store.quarantined(10 * EVENTS)) {
      for (const secret of secrets)
        assert(
          !JSON.stringify({ ...document, body: '' }).includes(secret) || document.tenantId === VICTIM,
          `${secret} leaks into quarantine`,
        );
    }
  });

  it('takes no event id away: the same one is taken from everybody who sends it', async () => {
    const here = await world();
    const random = createRandom(SEED, 'squatting');
    for (let number = 0; number < 500; number++) {
      const { event, attributes } = attemptOf(random);
      const campaignId = `own-${number % 20}`;
      await here.send({ ...event, data: { ...event.data, campaignId } } as CampaignEvent, attributes);
    }
    for (const event of victimEvents) await here.send(event, { tenantId: VICTIM });
    const { ledger } = await belongings(here);
    assert.deepEqual(
      ledger.map((entry) => [entry?.result, entry?.tenantId]),
      victimEvents.map(() => ['applied', VICTIM]),
    );
  });

  it('that waits for a campaign before its owner books it gets nothing of it', async () => {
    const here = await world();
    await here.send(budgetChanged(5_000_000, 1, { tenantId: OTHER }));
    await here.send(statusChanged('cancelled', 1, { tenantId: OTHER }));
    for (const event of victimEvents) await here.send(event);
    await here.send(budgetChanged(6_000_000, 2, { tenantId: OTHER, eventId: 'later' }));
    const { campaigns: stored, entries } = await belongings(here);
    assert.deepEqual(
      stored.map((campaign) => [campaign?.status, campaign?.budgetMicros]),
      [
        ['active', 7_654_330],
        ['paused', 7_654_322],
        ['active', 7_654_323],
      ],
    );
    assert.equal(entries.length, 3);
    const [theirs] = await here.store.read([refs.campaign(OTHER, 'c1')]);
    assert.deepEqual([theirs?.status, theirs?.subcampaigns], ['expected', []]);
  });
});

describe('another ad-server group', () => {
  const body = (eventId: string, own: object = {}) => {
    const { group: _stamped, ...report } = deliveryReported(eventId, { lines: [line({ chargedMicros: 1 })] }).data;
    return Buffer.from(JSON.stringify({ eventId, ...(encodeInstants(report) as object), ...own }));
  };

  it('cannot speak for a group, and takes no event id away from it', async () => {
    const here = await world();
    const random = createRandom(SEED, 'groups');
    for (let number = 0; number < 1_000; number++) {
      const [group, eventId] = [random() < 0.5 ? 'g1' : 'g2', `r${Math.floor(random() * 200)}`];
      const door = createReportHandler({ ...here, authenticateGroup: async () => group });
      const request = { method: 'POST', path: '/v1/reports', headers: {} };
      const forged = { group: group === 'g1' ? 'g2' : 'g1' };
      for (const own of [forged, { ...forged, tenantId: VICTIM }, { source: forged.group }])
        await assert.rejects(door({ ...request, body: body(eventId, own) }), { code: 'INVALID_REQUEST' });
      assert.equal((await door({ ...request, body: body(eventId) })).status, 202);
      const { message, attributes } = here.bus.published.at(-1) as (typeof here.bus.published)[number];
      const { source, tenantId, data } = message as unknown as { source: string; tenantId: string; data: object };
      assert.deepEqual([source, tenantId, (data as { group: string }).group], [group, 'andante', group]);
      await here.send(message, attributes);
    }
    assert.deepEqual(await here.store.quarantined(10), []);
    const waiting = await here.store.waitingReports('SE', 1_000);
    const sent = new Set(here.bus.published.map(({ message }) => ledgerId(message as never)));
    assert.deepEqual(waiting.map(({ ref }) => ref.path.split('/')[1]).sort(), [...sent].sort());
  });
});
