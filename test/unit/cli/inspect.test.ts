import assert from 'node:assert/strict';
import { formatAge, formatDuration, formatMicros } from '../../../shared/cli/format-values.ts';
import { nearest } from '../../../shared/cli/nearest.ts';
import { formatTable } from '../../../shared/cli/table.ts';
import { ledgerId } from '../../../shared/store/ledger-key.ts';
import { budgetChanged } from '../../support/events.ts';
import { inHand } from '../../support/in-hand.ts';
import { persist } from '../../support/persisting.ts';
import { createCommandLine, servedWorld } from './command-line.ts';

describe('inspect', () => {
  it('shows a campaign with the live numbers of its book and a line of totals', async () => {
    const { run } = await servedWorld();
    const { exit, stdout } = await run(['inspect', 'campaign', 't1/c1']);
    assert.equal(exit, 0);
    assert.match(stdout, /^budget +100 USD$/m);
    assert.match(stdout, /^s1 +SE\/p00 +active +100 +1\.5 /m);
    assert.match(stdout, /^total +100 +1\.5 /m);
  });

  it('prints a campaign as one JSON object of integer micros and RFC 3339', async () => {
    const { run } = await servedWorld();
    const ran = await run(['inspect', 'campaign', 't1/c1', '--json']);
    const campaign = ran.json()['campaign'] as {
      terms: { startAt: string };
      subcampaigns: { spentMicros: number; billedMicros: number }[];
    };
    assert.equal(ran.stdout.trimEnd().split('\n').length, 1);
    assert.equal(campaign.terms.startAt, '2026-03-02T00:00:00.000Z');
    assert.deepEqual(
      [campaign.subcampaigns[0]?.spentMicros, campaign.subcampaigns[0]?.billedMicros],
      [1_500_000, 1_500_000],
    );
  });

  it('shows a campaign of which only a change has come', async () => {
    const { run, store } = await servedWorld();
    await persist(store, budgetChanged(7_000_000, 3, { campaignId: 'c5' }));
    const { exit, stdout } = await run(['inspect', 'campaign', 't1/c5']);
    assert.equal(exit, 0);
    assert.match(stdout, /^waiting +budget 7, version 3$/m);
  });

  it('says whose campaign it is when it is another tenant’s', async () => {
    const { run } = await servedWorld();
    const { exit, stdout } = await run(['inspect', 'campaign', 't2/c1']);
    assert.equal(exit, 1);
    assert.match(stdout, /inspect campaign t1\/c1/);
  });

  it('shows a market with its versions, plan, groups, pages, supply and book', async () => {
    const { run } = await servedWorld();
    const { exit, stdout } = await run(['inspect', 'market', 'SE']);
    assert.equal(exit, 0);
    assert.match(stdout, /^versions +book 2, supply 1, plan 2$/m);
    assert.match(stdout, /^plan +version 2, 1 lines, [0-9a-f]{12}: 2026-03-02T00:10:00Z, 23h 50m ago$/m);
    assert.match(stdout, /^g1 +2026-03-02T00:05:00Z +50$/m);
    assert.match(stdout, /^p00 +1 +\d+$/m);
    assert.match(stdout, /^2026-03-03 +1 +100000 /m);
    assert.match(stdout, /^p00 +t1\/c1 +s1 +active /m);
  });

  it('names the markets there are when one is not', async () => {
    const { run } = await servedWorld();
    const { exit, stdout } = await run(['inspect', 'market', 'se']);
    assert.equal(exit, 1);
    assert.match(stdout, /Known markets: SE/);
  });

  it('shows a ledger entry by its key and by its id', async () => {
    const { run } = await servedWorld();
    const id = ledgerId({ source: 'test', tenantId: 't1', eventId: 'created:c1' });
    const byKey = await run(['inspect', 'ledger', 'test/t1/created:c1']);
    const byId = await run(['inspect', 'ledger', '--id', id]);
    assert.equal(byKey.exit, 0);
    assert.equal(byKey.stdout, byId.stdout);
    assert.match(byKey.stdout, /^in BigQuery +yes$/m);
    assert.match(byKey.stdout, /"type": "campaign-accepted"/);
  });

  it('shows in which trace an entry was decided, to look for its lines in the log', async () => {
    const { run, store } = await servedWorld();
    await inHand(() => persist(store, budgetChanged(7_000_000, 3, { campaignId: 'c5' })));
    const { stdout } = await run(['inspect', 'ledger', 'test/t1/budget:c5:3']);
    assert.match(stdout, /^trace +0af7651916cd43dd8448eb211c80319c$/m);
  });

  it('says where an event may be that the ledger does not know', async () => {
    const { run } = createCommandLine();
    const { exit, stdout } = await run(['inspect', 'ledger', 'test/t1/nothing']);
    assert.equal(exit, 1);
    assert.match(stdout, /quarantine.*dead letter/);
  });
});

describe('what the command line prints', () => {
  it('keeps every micro of an amount', () => {
    assert.deepEqual([0, 1, 12_500_000, Number.MAX_SAFE_INTEGER, -1_500_000].map(formatMicros), [
      '0',
      '0.000001',
      '12.5',
      '9007199254.740991',
      '-1.5',
    ]);
  });

  it('shows the two largest units of a duration', () => {
    assert.deepEqual([0, 999, 200_000, 7_265_000, 190_000_000].map(formatDuration), [
      '0s',
      '0s',
      '3m 20s',
      '2h 1m',
      '2d 4h',
    ]);
    assert.deepEqual([formatAge(0, 60_000), formatAge(60_000, 0)], ['1m ago', '1m ahead of the wall clock']);
  });

  it('puts numbers right and words left, and leaves no blanks at the end of a line', () => {
    assert.equal(
      formatTable(
        ['name', 'count', 'note'],
        [
          ['a', 5, ''],
          ['bcdef', 12, ''],
        ],
      ),
      'name   count  note\na          5\nbcdef     12',
    );
  });

  it('suggests what is near and nothing that is not', () => {
    assert.equal(nearest('recon', ['publish', 'reconcile']), 'reconcile');
    assert.equal(nearest('inspekt', ['inspect', 'tick']), 'inspect');
    assert.equal(nearest('zzzzzz', ['inspect', 'tick']), undefined);
  });
});
