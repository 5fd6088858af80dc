import assert from 'node:assert/strict';
import { isServable, priceSet } from '../../../shared/campaign/serving-gate.ts';
import { DEFAULT_AUCTION, type ServingSettings } from '../../../shared/contracts/serving.ts';
import { HOUR_MS, START_MS } from '../../support/instants.ts';

type Override = ServingSettings['overrides'][number];

const LINE = { campaignId: 'c1', subcampaignId: 's1' };

function settings(own: Partial<ServingSettings> = {}): ServingSettings {
  return { ...DEFAULT_AUCTION, version: 1, creatives: [], overrides: [], ...own };
}

function override(own: Partial<Override> = {}): Override {
  return { campaignId: 'c1', kind: 'freeze', untilAtMs: START_MS + HOUR_MS, reason: 'a complaint', ...own };
}

describe('what operators say of serving a line', () => {
  it('is nothing where nobody has said anything', () => {
    assert.equal(isServable(LINE, undefined, START_MS), true);
    assert.equal(isServable(LINE, settings(), START_MS), true);
    assert.equal(priceSet(LINE, undefined, START_MS), undefined);
  });

  for (const { status, is } of [
    { status: 'approved', is: true },
    { status: 'pending', is: false },
    { status: 'rejected', is: false },
  ] as const) {
    it(`serves a line whose creative is ${status}: ${is}`, () => {
      const line = { ...LINE, creativeId: 'v1' };
      const creatives = [
        { creativeId: 'v0', status: 'approved' as const },
        { creativeId: 'v1', status },
      ];
      assert.equal(isServable(line, settings({ creatives }), START_MS), is);
    });
  }

  it('waits for a creative that nobody has looked at', () => {
    assert.equal(isServable({ ...LINE, creativeId: 'v1' }, undefined, START_MS), false);
    assert.equal(isServable({ ...LINE, creativeId: 'v1' }, settings(), START_MS), false);
  });

  for (const { name, own, frozen } of [
    { name: 'the whole campaign', own: {}, frozen: true },
    { name: 'this part', own: { subcampaignId: 's1' }, frozen: true },
    { name: 'another part', own: { subcampaignId: 's2' }, frozen: false },
    { name: 'another campaign', own: { campaignId: 'c2' }, frozen: false },
    { name: 'this part, until now', own: { untilAtMs: START_MS }, frozen: false },
  ]) {
    it(`${frozen ? 'freezes' : 'does not freeze'} a line by a word on ${name}`, () => {
      assert.equal(isServable(LINE, settings({ overrides: [override(own)] }), START_MS), !frozen);
    });
  }

  it('sets a price: the one of the part before the one of its campaign, until it expires', () => {
    const overrides = [
      override({ kind: 'price', price: 0.2 }),
      override({ kind: 'price', price: 0.7, subcampaignId: 's1' }),
    ];
    assert.equal(priceSet(LINE, settings({ overrides }), START_MS), 0.7);
    assert.equal(priceSet({ ...LINE, subcampaignId: 's2' }, settings({ overrides }), START_MS), 0.2);
    assert.equal(priceSet(LINE, settings({ overrides }), START_MS + HOUR_MS), undefined);
  });
});
