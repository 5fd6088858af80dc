import assert from 'node:assert/strict';
import { createCampaignCreatedHandler } from '../../../functions/campaign-created/handler.ts';
import { createCampaignStatusChangedHandler } from '../../../functions/campaign-status-changed/handler.ts';
import { topicOf } from '../../../shared/bus/event-bus.ts';
import { CANARY_MARKET, canaryOf, canaryRows } from '../../../shared/cli/canary.ts';
import type { AndanteMessage } from '../../../shared/contracts/events.ts';
import { createReceiver } from '../../../shared/runtime/delivery.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { ledgerId } from '../../../shared/store/ledger-key.ts';
import { persistSupply } from '../../../shared/store/persist-supply.ts';
import { logLines } from '../../support/log-lines.ts';
import { supplyDays } from '../../support/markets.ts';
import { pushOf } from '../../support/pushes.ts';
import { createCommandLine, NOW_MS } from './command-line.ts';

const canary = canaryOf(NOW_MS);
const { tenantId, campaignId } = canary;

/** A deployment over memory: what is published is delivered at once, but to functions that are broken. */
function deployment({ broken = [] as string[], outcomesAway = false } = {}) {
  const line = createCommandLine();
  const { ports, log: outcomes } = line;
  const { log } = logLines();
  const awayLog = { append: () => Promise.reject(new AndanteError('OUTCOMES_UNAVAILABLE', 'BigQuery is away')) };
  const deps = {
    store: ports.store,
    outcomes: outcomesAway ? { ...outcomes, ...awayLog } : outcomes,
    bus: line.bus,
    log,
    clock: () => line.state.nowMs,
    virtualTime: false,
  };
  const receivers: Record<string, (push: unknown) => Promise<void>> = {
    'campaign-created': createReceiver('campaign-created', createCampaignCreatedHandler(deps), deps),
    'campaign-status-changed': createReceiver(
      'campaign-status-changed',
      createCampaignStatusChangedHandler(deps),
      deps,
    ),
  };
  const published: AndanteMessage[] = [];
  ports.bus = {
    async publish(message) {
      published.push(message);
      const receive = receivers[topicOf(message)];
      if (!broken.includes(topicOf(message))) await receive?.(pushOf(JSON.stringify(message)));
      return String(published.length);
    },
  };
  return { ...line, published };
}

const steps = (json: Record<string, unknown>) => (json['steps'] as { step: string }[]).map(({ step }) => step);

describe('smoke', () => {
  it('follows its canary through both functions, the ledger and the rows, and leaves no campaign', async () => {
    const { run, published, ports, log } = deployment();
    const { exit, json, stdout, stderr } = await run(['smoke', '--json']);
    assert.equal(exit, 0, stdout + stderr);
    assert.deepEqual(published, [canary.cancellation, canary.creation]);
    assert.equal(steps(json()).length, 7);
    assert.match(stderr, /campaign-created refuses it: ledger\/[0-9a-f]{20}, refused, SUPPLY_UNKNOWN, 0 ms/);
    assert.deepEqual(log.rows.map(({ json: row }) => row.row_id).sort(), canaryRows(canary).sort());
    const found = await ports.store.read([
      refs.campaign(tenantId, campaignId),
      refs.owner(campaignId),
      refs.market(CANARY_MARKET),
    ]);
    assert.deepEqual(found, [undefined, undefined, undefined]);
    assert.deepEqual(await ports.store.markets(), []);
  });

  it('never meets another run', () => {
    const ids = [NOW_MS, NOW_MS + 1].map((nowMs) => canaryOf(nowMs));
    assert.equal(new Set(ids.flatMap((one) => [one.campaignId, ...canaryRows(one)])).size, 6);
  });

  it('sells nothing even where somebody has given its market supply, and says that this is wrong', async () => {
    const { run, ports } = deployment();
    const days = [...supplyDays(5).values()];
    await persistSupply(
      ports.store,
      CANARY_MARKET,
      days.map((day) => ({
        ...day,
        cells: day.cells.map((cell) => ({ ...cell, segment: 'canary', surface: 'canary' })),
      })),
    );
    const { exit, stdout } = await run(['smoke']);
    assert.equal(exit, 1);
    assert.match(
      stdout,
      /stuck after \d+ ms at: campaign-created refuses it: .* says applied where refused was expected/,
    );
    const [campaign] = await ports.store.read([refs.campaign(tenantId, campaignId)]);
    assert.equal(campaign?.status, 'closing');
  });

  it('says which subscription and function are silent, after the time it was given and no longer', async () => {
    for (const [name, done] of [
      ['campaign-status-changed', 1],
      ['campaign-created', 4],
    ] as const) {
      const { run, state } = deployment({ broken: [name] });
      const { exit, json, stdout } = await run(['smoke', '--timeout', '20', '--json']);
      assert.equal(exit, 1);
      assert.equal(state.nowMs, NOW_MS + 20_000);
      const { stuck, ...report } = json() as { stuck: { message: string; mend: string } };
      assert.equal(steps(report).length, done);
      assert.match(stuck.message, /Pub\/Sub has the message, and ledger\/[0-9a-f]{20} is not there/);
      for (const look of ['subscriptions describe', 'gcloud logging read', 'replay dead-letters --function'])
        assert(stuck.mend.includes(look) && stuck.mend.includes(name), stdout);
    }
  });

  it('says so where its event ended in quarantine', async () => {
    const { run, ports } = deployment();
    const { bus } = ports;
    const taken = { ...canary.cancellation, data: { ...canary.cancellation.data, statusVersion: 7 } };
    await bus.publish(taken);
    const id = ledgerId(taken);
    const [entry] = await ports.store.read([refs.ledger(id)]);
    assert(entry);
    // The id is taken: the canary's event is refused, and the ledger hides behind another tenant's entry.
    await ports.store.transact(async (transaction) => transaction.delete(refs.ledger(id)));
    const hidden: typeof ports.store = {
      ...ports.store,
      transact: (body, contended) =>
        ports.store.transact(
          (transaction) =>
            body({
              ...transaction,
              get: async (wanted) => {
                const found = await transaction.get(wanted);
                return wanted[0]?.path === `ledger/${id}` ? ([entry, ...found.slice(1)] as typeof found) : found;
              },
            }),
          contended,
        ),
    };
    const { log } = logLines();
    const deps = { store: hidden, outcomes: ports.outcomes, bus, log, clock: () => NOW_MS, virtualTime: false };
    const receive = createReceiver('campaign-status-changed', createCampaignStatusChangedHandler(deps), deps);
    ports.bus = {
      publish: async (message) => {
        await receive(pushOf(JSON.stringify(message)));
        return '1';
      },
    };
    const { exit, stdout } = await run(['smoke', '--timeout', '5']);
    assert.equal(exit, 1);
    assert.match(stdout, /the message is in quarantine \(quarantine\/[0-9a-f]{20}\), EVENT_CONFLICT/);
  });

  it('says that rows are still owed, and who will append them', async () => {
    const { run } = deployment({ outcomesAway: true });
    const { exit, stdout } = await run(['smoke', '--timeout', '30']);
    assert.equal(exit, 1);
    assert.match(stdout, /outcomes_once shows no rows; 2 of 2 ledger entries still owe theirs/);
    assert.match(stdout, /outcome-drain does within minutes/);
  });

  it('fails where a row is shown twice', async () => {
    const { run, ports } = deployment();
    const { reader } = ports;
    ports.reader = {
      ...reader,
      campaignOutcomes: async (...of) => {
        const rows = await reader.campaignOutcomes(...of);
        return [...rows, ...rows.slice(0, 1)];
      },
    };
    const { exit, stdout } = await run(['smoke', '--timeout', '5']);
    assert.equal(exit, 1);
    assert.match(stdout, /outcomes_once shows rows .*, .*, .*; 0 of 2 ledger entries/);
  });

  it('names the step, and answers 3, where a port does not answer', async () => {
    const { run, ports } = deployment();
    ports.bus = {
      publish: () => Promise.reject(new AndanteError('BUS_UNAVAILABLE', 'Pub/Sub did not take a message')),
    };
    const { exit, stdout, json } = await run(['smoke', '--json']);
    assert.equal(exit, 3);
    assert.match(stdout, /roles\/pubsub\.publisher/);
    assert.equal((json()['stuck'] as { step: string }).step, 'publish the cancellation');
  });

  it('shows its events and needs no connection in a dry run', async () => {
    const { run, state, published } = deployment();
    const { exit, stdout } = await run(['smoke', '--dry-run'], { env: {} });
    assert.equal(exit, 0);
    assert.match(stdout, /^campaign-status-changed: \{.*\ncampaign-created: \{.*\nnothing was sent/);
    assert.deepEqual([state.opened, published.length], [0, 0]);
  });

  it('refuses what it is not for', async () => {
    const { run } = deployment();
    for (const argv of [['SE'], ['--timeout', '0'], ['--timeout', 'soon'], ['--tiemout', '5']])
      assert.equal((await run(['smoke', ...argv])).exit, 2);
  });
});
