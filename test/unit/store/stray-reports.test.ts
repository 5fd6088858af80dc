import assert from 'node:assert/strict';
import type { DeliveryReported } from '../../../shared/contracts/events.ts';
import { campaignCreated, deliveryReported, line } from '../../support/events.ts';
import { HOUR_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { file, persist, tick } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';

/** What is said of the one report that could not be folded whole. */
async function messageAfter(reports: readonly DeliveryReported[]): Promise<string> {
  const store = await seededStore();
  await persist(store, campaignCreated());
  for (const report of reports) await file(store, report);
  await tick(store, START_MS + TICK_MS);
  const [stray, ...others] = (await store.quarantined(10)).map(({ document }) => document);
  assert(stray && others.length === 0);
  return stray.message;
}

describe('What is said of a report that could not be folded', () => {
  it('names the subcampaign that is missing', async () => {
    const lines = [line(), line({ campaignId: 'c9' })];
    assert.equal(
      await messageAfter([deliveryReported('r', { lines })]),
      '1 lines and 0 closings of report r found no subcampaign that takes them',
    );
  });

  it('names what cannot be', async () => {
    const lines = [line({ hourAtMs: START_MS + 9 * HOUR_MS })];
    assert.equal(
      await messageAfter([deliveryReported('r', { lines })]),
      '1 lines and 0 closings of report r were left: an hour that is still to come, or amounts that no budget could pay',
    );
  });

  it('names the group that has no room', async () => {
    const groups = ['g1', 'g2', 'g3', 'g4', 'g5', 'g6', 'g7'];
    const reports = groups.map((group) => deliveryReported(`r-${group}`, { group, lines: [line()] }));
    assert.equal(
      await messageAfter(reports),
      '1 lines and 0 closings of report r-g7 came from one group too many: the market has room for 6',
    );
  });
});
