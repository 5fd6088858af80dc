import assert from 'node:assert/strict';
import { campaignCreated } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { persist } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';
import { createCommandLine } from './command-line.ts';

const at = ['--at', new Date(START_MS).toISOString()];

async function booked() {
  const store = await seededStore({ markets: ['SE', 'NO'] });
  await persist(store, campaignCreated());
  await persist(store, campaignCreated({ campaignId: 'c2', budgetMicros: 1_700_000_000 }));
  return createCommandLine({ store });
}

describe('audit', () => {
  it('compares every market with the optimum', async () => {
    const { run } = await booked();
    const { exit, stdout, json } = await run(['audit', ...at, '--json']);
    assert.equal(exit, 0, stdout);
    const [no, se] = json()['markets'] as Record<string, number>[];
    assert.deepEqual([no?.['market'], no?.['lines'], no?.['gap']], ['NO', 0, 0]);
    assert.deepEqual([se?.['lines'], se?.['edges']], [2, 2]);
    assert(Math.abs((se?.['bestMicros'] as number) - 1_800_000_000) < 1000);
    assert((se?.['gap'] as number) < 1e-3);
    assert.match((await run(['audit', ...at])).stdout, /every allocation is within 0\.1% of the optimum/);
  });

  it('takes one market, and says which there are', async () => {
    const { run } = await booked();
    const one = await run(['audit', '--market', 'SE', ...at, '--json']);
    assert.equal((one.json()['markets'] as unknown[]).length, 1);
    const other = await run(['audit', '--market', 'Germany', ...at]);
    assert.equal(other.exit, 1);
    assert.match(other.stdout, /market Germany has no supply and no book\. Known markets: NO, SE/);
  });

  it('finds nothing left to plan after every flight', async () => {
    const { run } = await booked();
    const { exit, json } = await run(['audit', '--at', new Date(START_MS + 9 * DAY_MS).toISOString(), '--json']);
    assert.equal(exit, 0);
    assert.deepEqual(
      (json()['markets'] as Record<string, number>[]).map((one) => [one['lines'], one['bestMicros']]),
      [
        [0, 0],
        [0, 0],
      ],
    );
  });

  it('refuses a command line that makes no sense', async () => {
    const { run } = createCommandLine();
    assert.equal((await run(['audit', 'SE'])).exit, 2);
    assert.equal((await run(['audit', '--at', 'noon'])).exit, 2);
    assert.equal((await run(['audit', '--market', 'a/b'])).exit, 2);
  });
});
