import assert from 'node:assert/strict';
import { refs } from '../../../shared/store/allocation-store.ts';
import { createMemoryStore } from '../../../shared/store/memory-store.ts';
import { newMarket } from '../../../shared/store/persist-supply.ts';
import { dayOf } from '../../../shared/forecasting/traffic-clock.ts';
import { DAY_MS, HOUR_MS } from '../../support/instants.ts';
import { reportHours } from '../../support/synthetic-market.ts';
import { createCommandLine, NOW_MS } from './command-line.ts';

const WEEK_MS = 7 * DAY_MS;

/** Two markets of which three weeks were reported, up to now. */
async function world({ toMs = NOW_MS } = {}) {
  const store = createMemoryStore();
  const commandLine = createCommandLine({ store });
  for (const market of ['SE', 'NO']) await reportHours(commandLine.log, { market, fromMs: toMs - 3 * WEEK_MS, toMs });
  const forecasts = () => commandLine.log.rows.filter(({ table }) => table === 'forecasts');
  const supplyVersion = async (market: string) => (await store.read([refs.market(market)]))[0]?.supplyVersion;
  return { ...commandLine, store, forecasts, supplyVersion };
}

describe('andante backfill', function () {
  this.timeout(20_000);

  it('forecasts every market that was observed, says how far it is, and does nothing the second time', async () => {
    const { run, forecasts, supplyVersion } = await world();
    const first = await run(['backfill', '--json']);
    assert.equal(first.exit, 0, first.stderr);
    assert.match(first.stderr, /\[#{12}\.{12}\] 1 of 2 SE at/);
    assert.match(first.stderr, /\[#{24}\] 2 of 2/);
    const made = first.json()['forecasts'] as { market: string; result: string; days: number }[];
    assert.deepEqual(
      made.map(({ market, result, days }) => [market, result, days]),
      [
        ['NO', 'refreshed', 42],
        ['SE', 'refreshed', 42],
      ],
    );
    const again = await run(['backfill']);
    assert.equal(again.exit, 0);
    assert.match(again.stdout, /0 forecasts, 0 kept, 2 without either/);
    assert.equal(await supplyVersion('SE'), 1);
    assert.equal(forecasts().length, 2);
  });

  it('records what would have been forecast in past weeks and sells nothing on it', async () => {
    const { run, forecasts, supplyVersion, store } = await world();
    const { exit, stdout } = await run(['backfill', '--market', 'SE', '--past', '2']);
    assert.equal(exit, 0);
    assert.match(stdout, /3 forecasts, 0 kept\n$/);
    assert.equal(await supplyVersion('SE'), 1);
    assert.deepEqual(
      forecasts().map(({ json }) => json['issued_at']),
      [2, 1, 0].map((weeks) => new Date(NOW_MS - weeks * WEEK_MS).toISOString()),
    );
    const [past] = await store.read([refs.supply('SE', dayOf(NOW_MS - WEEK_MS))]);
    assert.equal(past, undefined);
  });

  it('lists what it would do and writes nothing in a dry run', async () => {
    const { run, forecasts, supplyVersion } = await world();
    const { exit, stdout } = await run(['backfill', '--past', '1', '--dry-run']);
    assert.equal(exit, 0);
    assert.equal(stdout.trimEnd().split('\n').length, 5);
    assert.match(stdout, /nothing was written/);
    assert.deepEqual([await supplyVersion('SE'), forecasts().length], [undefined, 0]);
  });

  it('answers 1 and says why where a market keeps its last good forecast', async () => {
    const { run } = await world({ toMs: NOW_MS - 7 * HOUR_MS });
    const { exit, stdout } = await run(['backfill', '--market', 'SE']);
    assert.equal(exit, 1);
    assert.match(stdout, /STALE_INPUT: the newest report ends 7\.0 hours ago/);
    assert.match(stdout, /0 forecasts, 1 kept/);
  });

  it('does not count a past week without reports as a failure of today', async () => {
    const { run } = await world();
    const { exit, stdout, stderr } = await run(['backfill', '--market', 'SE', '--past', '4']);
    assert.equal(exit, 0, stdout + stderr);
  });

  it('takes an instant, and leaves supply alone that was refreshed for a later one', async () => {
    const { run, supplyVersion } = await world();
    await run(['backfill', '--market', 'SE']);
    const at = new Date(NOW_MS - 30 * 60_000).toISOString();
    const { stdout } = await run(['backfill', '--market', 'SE', '--at', at]);
    assert.match(stdout, /superseded/);
    assert.equal(await supplyVersion('SE'), 1);
  });

  it('names the market that was meant where it knows none of that name', async () => {
    const { run } = await world();
    const { exit, stdout } = await run(['backfill', '--market', 'SEE']);
    assert.equal(exit, 1);
    assert.match(stdout, /SE/);
  });

  it('knows markets that nobody has reported of, and says so where there is none', async () => {
    const { run, store } = createWithMarket();
    await store.transact(async (transaction) => transaction.set(refs.market('FI'), newMarket('FI')));
    assert.match((await run(['backfill'])).stdout, /FI/);
    const empty = createCommandLine();
    const { exit, stdout } = await empty.run(['backfill']);
    assert.equal(exit, 1);
    assert.match(stdout, /there is no market yet/);
  });

  it('refuses arguments that make no sense', async () => {
    const { run } = createCommandLine();
    for (const argv of [
      ['backfill', 'SE'],
      ['backfill', '--past', '0'],
      ['backfill', '--past', '53'],
      ['backfill', '--past', 'x'],
      ['backfill', '--at', 'yesterday'],
      ['backfill', '--market', 'S/E'],
      ['backfill', '--weeks', '2'],
    ]) {
      assert.equal((await run(argv)).exit, 2, argv.join(' '));
    }
  });
});

function createWithMarket() {
  const store = createMemoryStore();
  return { ...createCommandLine({ store }), store };
}
