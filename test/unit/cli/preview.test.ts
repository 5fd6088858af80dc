import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createMemoryStore, type Write } from '../../../shared/store/memory-store.ts';
import { encodeInstants } from '../../../shared/contracts/instants.ts';
import type { CampaignEvent } from '../../../shared/contracts/events.ts';
import { refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import { previewCampaignEvent } from '../../../shared/store/preview-campaign-event.ts';
import { decideCampaign } from '../../../shared/campaign/decide-campaign.ts';
import { persistCampaignEvent } from '../../../shared/store/persist-campaign-event.ts';
import { persistSupply } from '../../../shared/store/persist-supply.ts';
import {
  budgetChanged,
  campaignCreated,
  deliveryReported,
  line,
  order,
  rebalanced,
  statusChanged,
} from '../../support/events.ts';
import { DAY_MS, HOUR_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { cell, market, supplyDay } from '../../support/markets.ts';
import { file, persist, tick } from '../../support/persisting.ts';
import { seededStore, snapshotOf } from '../../support/stores.ts';
import { watched } from '../../support/watched-store.ts';
import { createCommandLine, servedWorld, type Ran } from './command-line.ts';

/** Previews events as `preview` reads them. */
function commandLine(store: AllocationStore) {
  const line = createCommandLine({ store });
  const preview = async (event: unknown, ...options: string[]): Promise<Ran> => {
    line.state.inputs.set('event.json', JSON.stringify(encodeInstants(event)));
    return line.run(['preview', 'event.json', '--at', '2026-03-02T00:00:00Z', ...options]);
  };
  return { ...line, preview };
}

/** Half of what was forecast turns up: 1,000 of 2,000, of which c0 has bought 900. */
async function scarceStore(): Promise<AllocationStore> {
  const store = await seededStore();
  const nowcast = { factor: 0.5, day: '2026-03-02', observed: 1, expected: 2 };
  await store.transact(async (transaction) => transaction.set(refs.market('SE'), market({ nowcast })));
  await persist(store, campaignCreated({ campaignId: 'c0', budgetMicros: 900_000_000 }));
  return store;
}

describe('preview', () => {
  it('shows what an order would come to and whom it would displace', async () => {
    const { preview, bus } = commandLine(await scarceStore());
    const { exit, stdout } = await preview(campaignCreated({ budgetMicros: 400_000_000 }));
    assert.equal(exit, 0, stdout);
    const lines = stdout.trimEnd().split('\n');
    assert.deepEqual(lines.slice(0, 2), ['campaign-accepted: 400, escrow 0', '  SE s1: 400']);
    assert.match(
      lines[2] as string,
      /^quote-issued: \d+% likely to spend it all; 800 clicks \(\d+ to 800\); up to [\d.]+ is 80% likely$/,
    );
    assert.equal(lines[3], 'displaced:');
    assert.match(lines[4] as string, /^market +line +to deliver +expected +after the change +difference$/);
    assert.match(lines[5] as string, /^SE +c0\/s1 +900 +900 +\d+\.?\d* +-\d+\.?\d*$/);
    assert.deepEqual([lines.length, bus.published.length], [6, 0]);
  });

  it('says so where nobody would be displaced and where nothing would change', async () => {
    const store = await seededStore();
    const { preview } = commandLine(store);
    assert.match(
      (await preview(campaignCreated())).stdout,
      /^campaign-accepted: 100, escrow 0\n {2}SE s1: 100\nquote-issued: 100% .*\nnobody would be displaced\n$/,
    );
    await persist(store, campaignCreated());
    assert.equal((await preview(rebalanced())).stdout, 'nothing would change\nnobody would be displaced\n');
    assert.match((await preview(statusChanged('paused', 1))).stdout, /^status-applied: paused\n/);
    await persist(store, budgetChanged(90_000_000, 5));
    assert.match(
      (await preview(budgetChanged(80_000_000, 4))).stdout,
      /^change-superseded: version 4 is not newer than 5\n/,
    );
    assert.match(
      (await preview(budgetChanged(80_000_000, 4, { campaignId: 'c9' }))).stdout,
      /^change-waiting: version 4 waits for its campaign\n/,
    );
    const scaled = await preview(
      campaignCreated({ campaignId: 'c2', budgetMicros: 9_000_000_000, ifShort: 'scale-down' }),
    );
    assert.match(scaled.stdout, /^campaign-accepted: 1910 of 9000: SCALED_DOWN, escrow 0\n/);
  });

  it('answers 1 for what would be refused, with the reason and what would be accepted', async () => {
    const { preview } = commandLine(await scarceStore());
    const { exit, stdout } = await preview(campaignCreated({ budgetMicros: 1_500_000_000 }));
    assert.equal(exit, 1);
    assert.match(
      stdout,
      /^campaign-refused: SUPPLY_SHORT: supply is there for 1100000000 of 1500000000 micros.*; 1100 would be accepted\n/,
    );
    assert.doesNotMatch(stdout, /c0/, 'who else is in the market is not said');
    assert.equal((await preview(statusChanged('active', 1))).exit, 0, 'a change of an expected campaign waits');
  });

  it('says which other audience would be accepted', async () => {
    const cells = [cell(), cell({ segment: 'fan' })];
    const { preview } = commandLine(await seededStore({ supply: { cells } }));
    const { exit, stdout } = await preview(campaignCreated({ budgetMicros: 2_500_000_000 }));
    assert.equal(exit, 1);
    assert.match(stdout, /\n {2}or segments of s1: casual fan, for 2500\n/);
  });

  it('prints one object for programs', async () => {
    const { preview } = commandLine(await scarceStore());
    const { exit, stdout, json } = await preview(campaignCreated({ budgetMicros: 400_000_000 }), '--json');
    const { outcomes, displaced } = json() as { outcomes: { type: string }[]; displaced: Record<string, unknown>[] };
    assert.deepEqual([exit, stdout.trimEnd().split('\n').length], [0, 1]);
    assert.deepEqual(
      outcomes.map(({ type }) => type),
      ['campaign-accepted', 'quote-issued'],
    );
    assert.deepEqual(Object.keys(displaced[0] ?? {}).sort(), [
      'afterMicros',
      'beforeMicros',
      'campaignId',
      'market',
      'remainingMicros',
      'subcampaignId',
      'tenantId',
    ]);
  });

  it('decides now, or at the time it is told', async () => {
    const { preview, run } = commandLine(await seededStore());
    const created = campaignCreated({ budgetMicros: 1_900_000_000 });
    assert.equal((await preview(created)).exit, 0);
    const late = await run(['preview', 'event.json', '--at', '2026-03-04T00:00:00+00:00']);
    assert.match(late.stdout, /FLIGHT_ENDED/);
    // The wall clock of tests is a day after the start: half of the flight has passed.
    const now = await run(['preview', 'event.json']);
    assert.deepEqual([now.exit, /supply is there for 1000000000 /.test(now.stdout)], [1, true], now.stdout);
  });

  it('refuses a wrong command line with 2, and connects for none', async () => {
    const created = JSON.stringify(encodeInstants(campaignCreated()));
    const { eventId: _id, ...anonymous } = encodeInstants(campaignCreated()) as Record<string, unknown>;
    const tickBody = { type: 'andante.delivery-tick.v1', source: 's', tenantId: 'andante' };
    const report = JSON.stringify(encodeInstants(deliveryReported('r1')));
    const cases: [string[], string | undefined, RegExp][] = [
      [['preview'], created, /takes one file, or - for standard input/],
      [['preview', 'event.json', 'more.json'], created, /takes one file/],
      [['preview', 'event.json'], undefined, /event\.json cannot be read: no such file/],
      [['preview', 'event.json'], '', /one event at a time/],
      [['preview', 'event.json'], `${created}\n${created}`, /one event at a time/],
      [['preview', 'event.json'], '{"type":', /BAD_JSON/],
      [['preview', 'event.json'], JSON.stringify(anonymous), /INVALID_EVENT: .*eventId/],
      [['preview', 'event.json'], JSON.stringify(tickBody), /delivery-tick changes no campaign/],
      [['preview', 'event.json'], report, /delivery-reported changes no campaign/],
      [['preview', 'event.json', '--at', 'yesterday'], created, /--at is an instant that exists/],
      [['preview', 'event.json', '--market', 'SE'], created, /preview has no option --market/],
    ];
    for (const [argv, input, message] of cases) {
      const { run, state } = createCommandLine({ store: await seededStore() });
      if (input !== undefined) state.inputs.set('event.json', input);
      const { exit, stdout, stderr } = await run(argv);
      assert.deepEqual([exit, stdout, state.opened], [2, '', 0], argv.join(' '));
      assert.match(stderr, message);
    }
  });

  it('reads standard input for a hyphen', async () => {
    const { run, state } = createCommandLine({ store: await seededStore() });
    state.inputs.set('-', JSON.stringify(encodeInstants(campaignCreated())));
    assert.equal((await run(['preview', '-', '--at', '2026-03-02T00:00:00Z'])).exit, 0);
  });

  it('answers for a campaign of another tenant as publishing would: 4', async () => {
    const { preview } = commandLine(await scarceStore());
    const foreign = campaignCreated({ campaignId: 'c0' }, { tenantId: 't2' });
    const { exit, stderr } = await preview(foreign);
    assert.equal(exit, 4);
    assert.match(stderr, /TENANT_MISMATCH: this campaign belongs to another tenant/);
  });
});

describe('what a preview says and does', () => {
  const campaignId = fc.constantFrom('c1', 'c2', 'c3');
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('created' as const),
      campaignId,
      micros: fc.integer({ min: 1, max: 2_500_000_000 }),
      parts: fc.subarray(['SE', 'NO', 'DK'], { minLength: 1 }),
      days: fc.constantFrom(1, 2),
      scale: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('budget' as const),
      campaignId,
      micros: fc.integer({ min: 1, max: 2_500_000_000 }),
      version: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({
      kind: fc.constant('status' as const),
      campaignId,
      status: fc.constantFrom('active' as const, 'paused' as const, 'cancelled' as const),
      version: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({ kind: fc.constant('rebalance' as const), campaignId }),
    fc.record({ kind: fc.constant('dry' as const), market: fc.constantFrom('SE', 'NO') }),
    fc.record({ kind: fc.constant('tick' as const), market: fc.constantFrom('SE', 'NO') }),
  );

  function eventOf(
    one: Exclude<typeof step extends fc.Arbitrary<infer T> ? T : never, { kind: 'dry' | 'tick' }>,
    eventId: string,
  ): CampaignEvent {
    const own = { campaignId: one.campaignId, eventId };
    if (one.kind === 'budget') return budgetChanged(one.micros, one.version, own);
    if (one.kind === 'status') return statusChanged(one.status, one.version, own);
    if (one.kind === 'rebalance') return rebalanced(own);
    const subcampaigns = one.parts.map((market, part) => order({ subcampaignId: `s${part}`, market }));
    const ifShort = one.scale ? ('scale-down' as const) : ('refuse' as const);
    return campaignCreated(
      {
        campaignId: one.campaignId,
        budgetMicros: one.micros,
        subcampaigns,
        ifShort,
        endAtMs: START_MS + one.days * DAY_MS,
      },
      { eventId },
    );
  }

  it('is what is then committed, whatever came before, and nothing is written', async () => {
    const kinds = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const writes: Write[] = [];
        const store = createMemoryStore({ onCommit: (written) => writes.push(...written) });
        for (const name of ['SE', 'NO'])
          await persistSupply(store, name, [
            supplyDay(START_MS, { market: name }),
            supplyDay(START_MS + DAY_MS, { market: name }),
          ]);
        for (const [index, one] of steps.entries()) {
          const nowMs = START_MS + index * HOUR_MS;
          if (one.kind === 'dry')
            await persistSupply(store, one.market, [
              supplyDay(START_MS + DAY_MS, { market: one.market, cells: [cell({ q50: 10_000 })] }),
            ]);
          else if (one.kind === 'tick') await tick(store, nowMs, one.market);
          else {
            const event = eventOf(one, `e${index}`);
            const before = writes.length;
            const { store: seen, inside, contended } = watched(store);
            const { outcomes } = await previewCampaignEvent(seen, event, nowMs);
            assert.deepEqual(
              [writes.length, inside, contended],
              [before, [], []],
              'a preview neither writes nor locks',
            );
            const { entry } = await persistCampaignEvent(store, event, nowMs, decideCampaign);
            assert.deepEqual(outcomes, entry.outcomes);
            for (const { type } of outcomes) kinds.set(type, (kinds.get(type) ?? 0) + 1);
          }
        }
      }),
      // What it must have met below is met by this seed.
      { numRuns: 300, seed: 1 },
    );
    for (const type of [
      'campaign-accepted',
      'campaign-refused',
      'budget-applied',
      'budget-refused',
      'status-applied',
      'change-waiting',
    ])
      assert(kinds.has(type), `no ${type}`);
  });

  it('knows that what was sold may move to days of its flight that the order does not have', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated({ campaignId: 'c0', budgetMicros: 1_200_000_000 }));
    const today = campaignCreated({ budgetMicros: 800_000_000, endAtMs: START_MS + DAY_MS });
    const { outcomes } = await previewCampaignEvent(store, today, START_MS);
    assert.equal(outcomes[0]?.type, 'campaign-accepted');
    assert.deepEqual(outcomes, (await persistCampaignEvent(store, today, START_MS, decideCampaign)).entry.outcomes);
  });

  it('knows how far a budget has fallen since the campaign was stored', async () => {
    const store = await seededStore();
    await persist(store, campaignCreated());
    await file(store, deliveryReported('r1', { lines: [line({ chargedMicros: 60_000_000 })] }));
    await tick(store, START_MS + 2 * TICK_MS);
    await persist(store, budgetChanged(10_000_000, 1), START_MS + 3 * TICK_MS);
    // Its click window is over, its lease forgotten; supply is gone meanwhile, so that no raise is possible.
    const laterMs = START_MS + 40 * HOUR_MS;
    await tick(store, laterMs);
    const dry = { cells: [cell({ segment: 'fan' })] };
    await persistSupply(store, 'SE', [supplyDay(START_MS, dry), supplyDay(START_MS + DAY_MS, dry)]);
    const raise = budgetChanged(50_000_000, 2);
    const { outcomes } = await previewCampaignEvent(store, raise, laterMs);
    assert.equal(outcomes[0]?.type, 'budget-refused');
    assert.deepEqual(outcomes, (await persist(store, raise, laterMs)).entry.outcomes);
  });

  it('leaves a served market as it is', async () => {
    const { store, run, state } = await servedWorld();
    const before = await snapshotOf(store, ['SE'], ['c1']);
    state.inputs.set('event.json', JSON.stringify(encodeInstants(budgetChanged(150_000_000, 1))));
    assert.equal((await run(['preview', 'event.json'])).exit, 0);
    assert.deepEqual(await snapshotOf(store, ['SE'], ['c1']), before);
  });
});
