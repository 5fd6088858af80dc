import assert from 'node:assert/strict';
import { createMemoryBus } from '../../../shared/bus/memory-bus.ts';
import { leasedMicros } from '../../../shared/campaign/entry-money.ts';
import { pageTable } from '../../../shared/campaign/book-page.ts';
import type { BookPage, Campaign } from '../../../shared/contracts/documents.ts';
import { refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import { drain } from '../../../shared/outcomes/record.ts';
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
import { hold } from '../../support/holds.ts';
import { DAY_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { logLines } from '../../support/log-lines.ts';
import { cell, supplyDay } from '../../support/markets.ts';
import { campaignOf, entriesOf, file, marketOf, persist, tick } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';
import { NOW_MS, createCommandLine, servedWorld, type Ran } from './command-line.ts';

function codesOf(ran: Ran): string[] {
  return [...new Set((ran.json()['differences'] as { code: string }[]).map(({ code }) => code))].sort();
}

async function editPage(store: AllocationStore, edit: (page: BookPage) => BookPage): Promise<void> {
  const ref = refs.page('SE', 'p00');
  const [page] = await store.read([ref]);
  await store.transact(async (transaction) => transaction.set(ref, edit(page as BookPage)));
}

async function editCampaign(store: AllocationStore, own: Partial<Campaign>): Promise<void> {
  const campaign = await campaignOf(store);
  await store.transact(async (transaction) => transaction.set(refs.campaign('t1', 'c1'), { ...campaign, ...own }));
}

describe('reconcile', () => {
  it('finds that ledger, state and BigQuery agree about a campaign, a market, and everything', async () => {
    const { run } = await servedWorld();
    for (const argv of [['--campaign', 't1/c1'], ['--market', 'SE'], []]) {
      const { exit, stdout } = await run(['reconcile', ...argv]);
      assert.equal(exit, 0, stdout);
      assert.match(stdout, /agree/);
    }
  });

  it('agrees while a page holds supply for campaigns to come, which take room and no rows', async () => {
    const { run, store } = await servedWorld();
    const market = await marketOf(store);
    await editPage(store, (page) => ({ ...page, holds: [hold({ campaignId: 'c9' }), hold({ campaignId: 'c10' })] }));
    const [page] = await store.read([refs.page('SE', 'p00')]);
    const pages = pageTable(market, [page as BookPage]);
    assert.equal(pages[0]?.entries, (page?.entries.length ?? 0) + 2);
    await store.transact(async (transaction) => transaction.set(refs.market('SE'), { ...market, pages }));
    const { exit, stdout } = await run(['reconcile']);
    assert.equal(exit, 0, stdout);
    await editPage(store, ({ holds: _lost, ...rest }) => rest);
    assert.deepEqual(codesOf(await run(['reconcile', '--market', 'SE', '--json'])), ['PAGE_TABLE_DIFFERS']);
  });

  it('agrees after budgets and states changed, tickless and ticked, and copies of rows', async () => {
    const { run, store, drainAll, log } = await servedWorld();
    await persist(store, budgetChanged(80_000_000, 1), START_MS + 3 * TICK_MS);
    await persist(store, statusChanged('paused', 1), START_MS + 3 * TICK_MS);
    await drainAll();
    await log.append(log.rows);
    assert.equal((await run(['reconcile'])).exit, 0);
    await file(store, deliveryReported('r2', { lines: [line({ clicks: 1 })] }));
    await tick(store, START_MS + 4 * TICK_MS);
    await persist(store, statusChanged('active', 2), START_MS + 5 * TICK_MS);
    await drainAll();
    const { exit, stdout } = await run(['reconcile']);
    assert.equal(exit, 0, stdout);
  });

  it('agrees while a budget that was cut below what is committed falls, and after a later change', async () => {
    const { run, store, drainAll } = await servedWorld();
    const agrees = async () => {
      await drainAll();
      const { exit, stdout } = await run(['reconcile']);
      assert.equal(exit, 0, stdout);
    };
    const [held] = await entriesOf(store);
    assert.ok(held && leasedMicros(held) > 0);
    await persist(store, budgetChanged(1, 1), START_MS + 2 * TICK_MS);
    await agrees();
    const closings = held.leases.map(({ grantedMicros, chargedMicros }) => ({
      campaignId: 'c1',
      subcampaignId: 's1',
      grantedMicros,
      chargedMicros,
    }));
    const windowEndAtMs = START_MS + 3 * TICK_MS;
    await file(store, deliveryReported('bye', { windowEndAtMs, closings }));
    await tick(store, windowEndAtMs);
    const [fallen] = await entriesOf(store);
    assert.ok(fallen && fallen.budgetMicros < held.budgetMicros && fallen.budgetMicros > 1);
    assert.ok((await campaignOf(store)).budgetMicros > fallen.budgetMicros);
    await agrees();
    // A line after the fall does not repeat it.
    await file(store, deliveryReported('r2', { windowEndAtMs, lines: [line()] }));
    await tick(store, START_MS + 4 * TICK_MS);
    await agrees();
    await persist(store, budgetChanged(80_000_000, 2), START_MS + 4 * TICK_MS);
    await agrees();
  });

  it('finds a budget below the share it may fall to', async () => {
    const { run, store, drainAll } = await servedWorld();
    await persist(store, budgetChanged(1_000_000, 1), START_MS + 2 * TICK_MS);
    await drainAll();
    await editPage(store, (page) => ({
      ...page,
      entries: page.entries.map((entry) => ({ ...entry, budgetMicros: (entry.shareMicros ?? 0) - 1 })),
    }));
    for (const argv of [
      ['--campaign', 't1/c1'],
      ['--market', 'SE'],
    ]) {
      const ran = await run(['reconcile', ...argv, '--json']);
      assert.ok(codesOf(ran).includes('ENTRY_DIFFERS'), ran.stdout);
    }
  });

  it('agrees about a campaign whose money was split anew, while it runs and when it has ended', async () => {
    const store = await seededStore({ markets: ['SE', 'NO'] });
    const { run, log } = createCommandLine({ store });
    const subcampaigns = [order(), order({ subcampaignId: 's2', market: 'NO' })];
    await persist(store, campaignCreated({ subcampaigns, budgetMicros: 1_500_000_000 }));
    const dry = { market: 'SE', cells: [cell({ q50: 10_000 })] };
    await persistSupply(store, 'SE', [supplyDay(START_MS, dry), supplyDay(START_MS + DAY_MS, dry)]);
    for (const name of ['SE', 'NO']) {
      const lines = [line({ subcampaignId: name === 'SE' ? 's1' : 's2', clicks: 3 })];
      await file(store, deliveryReported(`r:${name}`, { market: name, lines }));
      await tick(store, START_MS + TICK_MS, name);
      const { entry } = await persist(store, rebalanced({ eventId: `rebalance:${name}` }), START_MS + TICK_MS);
      assert.equal(entry.outcomes.length, 1);
      await tick(store, START_MS + 2 * TICK_MS, name);
    }
    for (const atMs of [START_MS + 3 * TICK_MS, START_MS + 4 * DAY_MS]) {
      for (const name of ['SE', 'NO']) await tick(store, atMs, name);
      await drain({ store, outcomes: log, bus: createMemoryBus(), log: logLines().log, clock: () => NOW_MS }, NOW_MS);
      const { exit, stdout } = await run(['reconcile']);
      assert.equal(exit, 0, stdout);
    }
    assert.equal((await campaignOf(store)).status, 'ended');
  });

  it('agrees about a campaign that has ended', async () => {
    const { run, store, drainAll } = await servedWorld();
    await tick(store, START_MS + 4 * DAY_MS);
    await drainAll();
    assert.equal((await campaignOf(store)).status, 'ended');
    const { exit, stdout } = await run(['reconcile', '--campaign', 't1/c1']);
    assert.equal(exit, 0, stdout);
  });

  it('agrees about a refused campaign, of which there are rows only', async () => {
    const { run, store, drainAll } = await servedWorld();
    await persist(store, campaignCreated({ campaignId: 'c2', budgetMicros: 9_000_000_000 }));
    await drainAll();
    assert.equal((await run(['reconcile', '--campaign', 't1/c2'])).exit, 0);
  });

  it('reads three times before it calls something a difference', async () => {
    const { run, state } = await servedWorld({ drained: false });
    const ran = await run(['reconcile', '--market', 'SE', '--json']);
    assert.equal(ran.exit, 1);
    assert.equal(state.slept, 2);
    assert.match(ran.stderr, /reading again/);
  });

  it('counts rows that BigQuery does not have yet, and names the mend', async () => {
    const { run } = await servedWorld({ drained: false });
    const { exit, stdout } = await run(['reconcile', '--market', 'SE']);
    assert.equal(exit, 1);
    assert.match(stdout, /^UNDRAINED +ledger +0 entries +[1-9]/m);
    assert.match(stdout, /UNDRAINED: publish an andante\.outcome-drain\.v1 event/);
  });

  it('counts reports that no tick has folded', async () => {
    const { run, store } = await servedWorld();
    await file(store, deliveryReported('r2', { lines: [line()] }));
    const ran = await run(['reconcile', '--campaign', 't1/c1', '--json']);
    assert.deepEqual([ran.exit, codesOf(ran)], [1, ['REPORTS_WAITING']]);
  });

  it('finds each kind of damage by its code', async () => {
    const damages: [string, string[], (world: Awaited<ReturnType<typeof servedWorld>>) => Promise<void>][] = [
      [
        '--market',
        ['DELIVERY_DIFFERS', 'STATE_DIFFERS'],
        ({ store }) =>
          editPage(store, (page) => ({
            ...page,
            entries: page.entries.map((entry) => ({ ...entry, clicks: entry.clicks + 1 })),
          })),
      ],
      ['--market', ['PAGE_TABLE_DIFFERS'], ({ store }) => editPage(store, (page) => ({ ...page, entries: [] }))],
      [
        '--market',
        ['CAMPAIGN_MISSING', 'DELIVERY_DIFFERS', 'STATE_DIFFERS'],
        ({ store }) =>
          editPage(store, (page) => ({
            ...page,
            entries: page.entries.map((entry) => ({ ...entry, subcampaignId: 's9' })),
          })),
      ],
      [
        '--campaign',
        ['ENTRY_MISSING', 'STATE_DIFFERS'],
        ({ store }) => editPage(store, (page) => ({ ...page, entries: [] })),
      ],
      [
        '--campaign',
        ['ENTRY_DIFFERS', 'STATE_DIFFERS'],
        ({ store }) =>
          editPage(store, (page) => ({
            ...page,
            entries: page.entries.map((entry) => ({ ...entry, budgetMicros: 1_000_000_000 })),
          })),
      ],
      ['--campaign', ['SPLIT_DIFFERS', 'STATE_DIFFERS'], ({ store }) => editCampaign(store, { escrowMicros: 1 })],
      ['--campaign', ['STATE_DIFFERS'], ({ store }) => editCampaign(store, { statusVersion: 4 })],
    ];
    for (const [option, codes, damage] of damages) {
      const world = await servedWorld();
      await damage(world);
      const ran = await world.run(['reconcile', option, option === '--market' ? 'SE' : 't1/c1', '--json']);
      assert.equal(ran.exit, 1);
      assert.deepEqual(codesOf(ran), codes);
    }
  });

  it('finds a row that is not what the ledger decided, and one without an entry', async () => {
    const { run, log } = await servedWorld();
    const accepted = log.rows.find(({ json }) => json['type'] === 'campaign-accepted');
    assert.ok(accepted);
    accepted.json['escrow_micros'] = 5;
    await log.append([
      { table: 'outcomes', json: { ...accepted.json, type: 'campaign-refused', row_id: '00000000000000000000:0' } },
    ]);
    const codes = codesOf(await run(['reconcile', '--campaign', 't1/c1', '--json']));
    assert.ok(
      codes.includes('LEDGER_DIFFERS') && codes.includes('LEDGER_MISSING') && codes.includes('STATE_DIFFERS'),
      codes.join(),
    );
  });

  it('finds a grant above the highest budget that a subcampaign had', async () => {
    const { run, log } = await servedWorld();
    for (const { json } of log.rows) {
      if (json['type'] !== 'market-paced') continue;
      for (const paced of json['subcampaigns'] as Record<string, number>[]) paced['leased_micros'] = 200_000_000;
    }
    const codes = codesOf(await run(['reconcile', '--market', 'SE', '--json']));
    assert.ok(codes.includes('GRANTED_ABOVE_BUDGET'), codes.join());
  });

  it('says that nothing matched', async () => {
    const { run } = await servedWorld();
    for (const argv of [
      ['--campaign', 't1/c9'],
      ['--market', 'XX'],
    ]) {
      const { exit, stdout } = await run(['reconcile', ...argv]);
      assert.equal(exit, 1);
      assert.match(stdout, /is known neither to the store nor to BigQuery/);
    }
    assert.equal((await createCommandLine().run(['reconcile'])).exit, 1);
  });
});
