import assert from 'node:assert/strict';
import { encodeInstants } from '../../../shared/contracts/instants.ts';
import { budgetChanged, campaignCreated, statusChanged } from '../../support/events.ts';
import { seededStore } from '../../support/stores.ts';
import { createCommandLine } from './command-line.ts';

const created = encodeInstants(campaignCreated()) as Record<string, unknown>;
const budget = encodeInstants(budgetChanged(50_000_000, 1)) as Record<string, unknown>;
const status = encodeInstants(statusChanged('paused', 1)) as Record<string, unknown>;

function withInput(text: string) {
  const line = createCommandLine();
  line.state.inputs.set('events.json', text);
  return line;
}

describe('publish', () => {
  it('publishes one object, an array, or one object a line, bodies untouched', async () => {
    const inputs = [
      JSON.stringify(created, undefined, 2),
      JSON.stringify([created, budget]),
      `${JSON.stringify(created)}\n\n${JSON.stringify(budget)}\n${JSON.stringify(status)}\n`,
    ];
    for (const [index, input] of inputs.entries()) {
      const { run, bus } = withInput(input);
      const { exit, json } = await run(['publish', 'events.json', '--json']);
      assert.equal(exit, 0);
      assert.deepEqual(
        bus.published.map(({ message }) => message),
        [created, budget, status].slice(0, index + 1),
      );
      assert.deepEqual((json()['published'] as unknown[])[0], {
        topic: 'campaign-created',
        messageId: '1',
        eventId: 'created:c1',
      });
    }
  });

  it('reads standard input for a hyphen', async () => {
    const { run, bus, state } = createCommandLine();
    state.inputs.set('-', JSON.stringify(status));
    assert.equal((await run(['publish', '-'])).exit, 0);
    assert.equal(bus.published.length, 1);
  });

  it('sends nothing when one event is wrong, and says where, with code and field', async () => {
    const { eventId: _id, ...anonymous } = budget;
    const { occurredAt: _at, ...timeless } = budget;
    const cases: [string, RegExp][] = [
      [JSON.stringify([created, anonymous]), /event 2: INVALID_EVENT: the body must have required propert.*eventId/],
      [JSON.stringify(timeless), /event 1: INVALID_EVENT: .*occurredAt/],
      [JSON.stringify([{ ...budget, occurredAt: '2026-02-30T00:00:00Z' }]), /event 1: INVALID_EVENT: \/occurredAt/],
      [
        JSON.stringify([{ ...budget, type: 'andante.budget-chnged.v1' }]),
        /WRONG_TYPE: .*did you mean andante\.budget-changed\.v1\?/,
      ],
      [JSON.stringify([{ ...budget, type: 'andante.budget-changed.v9' }]), /UNSUPPORTED_VERSION/],
      [JSON.stringify([7]), /event 1: WRONG_TYPE/],
      [`${JSON.stringify(created)}\n{"type":`, /line 2: BAD_JSON/],
      [`{"__proto__": 1, ${JSON.stringify(budget).slice(1)}`, /FORBIDDEN_KEY/],
    ];
    for (const [input, message] of cases) {
      const { run, bus, state } = withInput(input);
      const { exit, stdout } = await run(['publish', 'events.json']);
      assert.equal(exit, 4, input);
      assert.match(stdout, message);
      assert.deepEqual([bus.published.length, state.opened], [0, 0]);
    }
  });

  it('checks and sends nothing in a dry run, and needs no connection', async () => {
    const { run, bus, state } = withInput(JSON.stringify([created, status]));
    const { exit, stdout } = await run(['publish', 'events.json', '--dry-run'], { env: {} });
    assert.equal(exit, 0);
    assert.match(stdout, /2 events are right; nothing was sent/);
    assert.deepEqual([bus.published.length, state.opened], [0, 0]);
  });

  it('refuses an input without events', async () => {
    for (const input of ['', ' \n', '[]'])
      assert.equal((await withInput(input).run(['publish', 'events.json'])).exit, 2);
  });

  it('says how far it came when the bus fails, and that sending again is harmless', async () => {
    const { run, ports } = withInput(JSON.stringify([created, budget]));
    const { bus } = ports;
    ports.bus = {
      publish: async (message) => {
        if (message.type === 'andante.budget-changed.v1') throw new Error('the bus is away');
        return bus.publish(message);
      },
    };
    const { exit, stdout } = await run(['publish', 'events.json']);
    assert.equal(exit, 3);
    assert.match(stdout, /1 of 2 published \(the bus is away\): run the same command again/);
  });
});

describe('tick', () => {
  it('publishes a tick for every market, or for one at an instant', async () => {
    const { run, bus } = createCommandLine({ store: await seededStore() });
    assert.equal((await run(['tick'])).exit, 0);
    assert.equal((await run(['tick', '--market', 'SE', '--at', '2026-03-02T01:00:00+01:00'])).exit, 0);
    assert.deepEqual(
      bus.published.map(({ message }) => message),
      [
        { type: 'andante.delivery-tick.v1', source: 'command-line', tenantId: 'andante' },
        {
          type: 'andante.delivery-tick.v1',
          source: 'command-line',
          tenantId: 'andante',
          scheduledFor: '2026-03-02T00:00:00.000Z',
          market: 'SE',
        },
      ],
    );
  });

  it('sends nothing for a market that is not there, and names those that are', async () => {
    const { run, bus } = createCommandLine({ store: await seededStore() });
    const { exit, stdout } = await run(['tick', '--market', 'SX']);
    assert.equal(exit, 1);
    assert.match(stdout, /did you mean SE\? Known markets: SE/);
    assert.equal(bus.published.length, 0);
  });

  it('sends nothing in a dry run', async () => {
    const { run, bus, state } = createCommandLine();
    const { exit, json } = await run(['tick', '--market', 'SE', '--dry-run', '--json']);
    assert.equal(exit, 0);
    assert.equal((json()['message'] as { market: string }).market, 'SE');
    assert.deepEqual([bus.published.length, state.opened], [0, 0]);
  });
});
