import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAKE_GOOD_MS, advanceCampaign } from '../../../shared/campaign/advance-campaign.ts';
import { newEntry } from '../../../shared/campaign/book-page.ts';
import { billedMicros, entryNumbers } from '../../../shared/campaign/entry-money.ts';
import { evolve, withLiveNumbers } from '../../../shared/campaign/evolve.ts';
import type { BookEntry, Campaign, Subcampaign } from '../../../shared/contracts/documents.ts';
import type { LifecycleOutcome } from '../../../shared/contracts/lifecycle-outcomes.ts';
import type { SubcampaignEnded } from '../../../shared/contracts/outcomes.ts';
import { campaignAfter } from '../../support/campaigns.ts';
import { campaignCreated, order, statusChanged } from '../../support/events.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { context } from '../../support/markets.ts';
import { assertOutcomes } from '../../support/outcome-validator.ts';

const END_MS = START_MS + 2 * DAY_MS;

/** c1 with two parts of 50 each, at half a unit a click. */
function campaign(own: Partial<Campaign> = {}, ...parts: Partial<Subcampaign>[]): Campaign {
  const subcampaigns = [order(), order({ subcampaignId: 's2' })];
  const accepted = campaignAfter([campaignCreated({ subcampaigns })], context());
  const told = accepted.subcampaigns.map((sub, index) => ({ ...sub, ...parts[index] }));
  return { ...accepted, ...own, subcampaigns: told };
}

function settlingEntry(of: Campaign, subcampaignId: string): BookEntry {
  const sub = of.subcampaigns.find((one) => one.subcampaignId === subcampaignId);
  assert(sub);
  return { ...newEntry(of, sub), status: 'settling' };
}

function endedOf(of: Campaign, subcampaignId: string, own: Partial<BookEntry> = {}): SubcampaignEnded {
  const entry = { ...settlingEntry(of, subcampaignId), ...own };
  const { tenantId, campaignId, budgetMicros } = entry;
  const about = { tenantId, campaignId, market: 'SE', subcampaignId };
  return {
    type: 'subcampaign-ended',
    ...about,
    budgetMicros,
    billedMicros: billedMicros(entry),
    ...entryNumbers(entry),
  };
}

/** What both parts' ends come to, after each had spent so much. */
function endBoth(of: Campaign, spent: readonly [number, number], own: Partial<BookEntry> = {}) {
  const ended = ['s1', 's2'].map((id, index) => endedOf(of, id, { ...own, spentMicros: spent[index] as number }));
  const advanced = advanceCampaign(of, { settling: [], ended, nowMs: END_MS });
  assertOutcomes(advanced.outcomes);
  return advanced;
}

function typesOf(outcomes: readonly LifecycleOutcome[]): string[] {
  return outcomes.map(({ type }) => type);
}

function find<T extends LifecycleOutcome['type']>(outcomes: readonly LifecycleOutcome[], type: T) {
  return outcomes.find((outcome): outcome is Extract<LifecycleOutcome, { type: T }> => outcome.type === type);
}

describe('a campaign whose flight ends', () => {
  const others = [
    { status: 'active', settles: false },
    { status: 'paused', settles: false },
    { status: 'overrun', settles: false },
    { status: 'settling', settles: true },
    { status: 'closing', settles: true },
    { status: 'ended', settles: true },
  ] as const;
  for (const { status, settles } of others) {
    it(`is ${settles ? 'settling' : 'still active'} when one part is settling and the other ${status}`, () => {
      const stored = campaign({}, {}, { status });
      const news = { settling: [settlingEntry(stored, 's1')], ended: [], nowMs: END_MS };
      const { campaign: after, outcomes } = advanceCampaign(stored, news);
      assert.deepEqual([after.status, after.subcampaigns[0]?.status], [settles ? 'settling' : 'active', 'settling']);
      assert.deepEqual(
        outcomes,
        settles ? [{ type: 'campaign-settling', tenantId: 't1', campaignId: 'c1', endAtMs: END_MS }] : [],
      );
    });
  }

  const before = [
    { status: 'active', becomes: 'settling', told: ['campaign-settling'] },
    { status: 'paused', becomes: 'settling', told: ['campaign-settling'] },
    { status: 'settling', becomes: 'settling', told: [] },
    { status: 'closing', becomes: 'closing', told: [] },
  ] as const;
  for (const { status, becomes, told } of before) {
    it(`becomes ${becomes} from ${status}, and says so ${told.length} times`, () => {
      const stored = campaign({ status }, {}, { status: 'settling' });
      const news = { settling: [settlingEntry(stored, 's1')], ended: [], nowMs: END_MS };
      const { campaign: after, outcomes } = advanceCampaign(stored, news);
      assert.deepEqual([after.status, typesOf(outcomes)], [becomes, told]);
    });
  }

  it('is settling and final at once where nothing is left to settle', () => {
    const { campaign: after, outcomes } = endBoth(campaign(), [50_000_000, 50_000_000]);
    assert.deepEqual([after.status, typesOf(outcomes)], ['ended', ['campaign-settling', 'campaign-final']]);
  });

  it('is as the fold of its outcomes has it', () => {
    const stored = campaign();
    const entries = ['s1', 's2'].map((id) => settlingEntry(stored, id));
    const { campaign: settling, outcomes } = advanceCampaign(stored, { settling: entries, ended: [], nowMs: END_MS });
    assert.deepEqual(outcomes.reduce(evolve, withLiveNumbers(stored, entries)), settling);
    const ended = ['s1', 's2'].map((id) => endedOf(stored, id));
    const final = advanceCampaign(settling, { settling: [], ended, nowMs: END_MS });
    assert.deepEqual([...ended, ...final.outcomes].reduce(evolve, settling), final.campaign);
  });
});

describe('a campaign whose parts end', () => {
  it('goes on while one part is left', () => {
    const stored = campaign({ status: 'settling' }, { status: 'settling' }, { status: 'settling' });
    const { campaign: after, outcomes } = advanceCampaign(stored, {
      settling: [],
      ended: [endedOf(stored, 's1')],
      nowMs: END_MS,
    });
    assert.deepEqual([after.status, outcomes], ['settling', []]);
  });

  for (const status of ['settling', 'closing'] as const) {
    it(`is final with its last one, from ${status}, with its account`, () => {
      const stored = campaign({ status, escrowMicros: 7, budgetMicros: 100_000_007 });
      const { campaign: after, outcomes } = endBoth(stored, [50_000_000, 40_000_000], { impressions: 3, clicks: 2 });
      assert.equal(after.status, 'ended');
      assert.deepEqual(outcomes.slice(0, 2), [
        {
          type: 'campaign-final',
          tenantId: 't1',
          campaignId: 'c1',
          currency: 'USD',
          requestedMicros: 100_000_000,
          budgetMicros: 100_000_007,
          billedMicros: 90_000_000,
          refundMicros: 10_000_007,
          overrunMicros: 0,
          deliveredShare: 90_000_000 / 100_000_007,
          impressions: 6,
          clicks: 4,
          conversions: 0,
        },
        {
          type: 'campaign-refunded',
          tenantId: 't1',
          campaignId: 'c1',
          currency: 'USD',
          refundMicros: 10_000_007,
          escrowMicros: 7,
        },
      ]);
    });
  }

  it('is not final again, whoever tells it', () => {
    const { campaign: after } = endBoth(campaign(), [0, 0]);
    assert.deepEqual(endBoth(after, [0, 0]).outcomes, []);
  });

  it('has no refund where all was billed, also above the budget', () => {
    const { outcomes } = endBoth(campaign({ status: 'settling' }), [50_000_000, 60_000_000]);
    assert.deepEqual(typesOf(outcomes), ['campaign-final']);
    assert.deepEqual(find(outcomes, 'campaign-final')?.billedMicros, 100_000_000);
  });

  it('counts no more than an integer holds', () => {
    const { outcomes } = endBoth(campaign(), [0, 0], { impressions: Number.MAX_SAFE_INTEGER });
    assert.equal(find(outcomes, 'campaign-final')?.impressions, Number.MAX_SAFE_INTEGER);
  });

  it('is billed and refunded its budget to the micro, whatever its parts did', () => {
    const amount = fc.oneof(
      fc.nat(1_000),
      fc.maxSafeNat().map((micros) => Math.floor(micros / 64)),
    );
    const part = fc.record({ budget: amount, spent: amount });
    fc.assert(
      fc.property(fc.tuple(part, part), amount, (parts, escrowMicros) => {
        const own = parts.map(({ budget }) => ({ budgetMicros: budget }));
        const budgetMicros = parts.reduce((sum, { budget }) => sum + budget, escrowMicros);
        const stored = campaign({ status: 'settling', escrowMicros, budgetMicros }, ...own);
        const { campaign: after, outcomes } = endBoth(stored, [parts[0].spent, parts[1].spent]);
        const final = find(outcomes, 'campaign-final');
        assert(final);
        assert.equal(final.billedMicros + final.refundMicros, budgetMicros);
        assert.equal(after.budgetMicros, budgetMicros);
        assert.equal(find(outcomes, 'campaign-refunded')?.refundMicros ?? 0, final.refundMicros);
        assert(final.refundMicros >= escrowMicros && final.deliveredShare >= 0 && final.deliveredShare <= 1);
      }),
    );
  });
});

describe('an offer to make good', () => {
  const settling = { status: 'settling' as const };

  it('is for what each guaranteed part lacks, at its price, for two weeks', () => {
    const { outcomes } = endBoth(campaign(settling), [49_700_000, 30_000_000]);
    assert.deepEqual(find(outcomes, 'make-good-offered'), {
      type: 'make-good-offered',
      tenantId: 't1',
      campaignId: 'c1',
      currency: 'USD',
      shortMicros: 20_000_000,
      clicks: 40,
      // What s1 lacks pays for no click.
      subcampaigns: [{ subcampaignId: 's2', market: 'SE', shortMicros: 20_000_000, clicks: 40 }],
      validUntilAtMs: END_MS + MAKE_GOOD_MS,
    });
  });

  it('is made below 98% and not at it', () => {
    assert.equal(find(endBoth(campaign(settling), [50_000_000, 48_000_000]).outcomes, 'make-good-offered'), undefined);
    const { outcomes } = endBoth(campaign(settling), [50_000_000, 47_999_999]);
    assert.deepEqual(find(outcomes, 'make-good-offered')?.shortMicros, 2_000_001);
  });

  it('leaves out what bids in auctions, which nobody guaranteed', () => {
    const auctioned = campaign(settling, {}, { isAuctioned: true });
    assert.equal(find(endBoth(auctioned, [50_000_000, 0]).outcomes, 'make-good-offered'), undefined);
    const { outcomes } = endBoth(auctioned, [0, 50_000_000]);
    assert.deepEqual(
      find(outcomes, 'make-good-offered')?.subcampaigns.map(({ subcampaignId }) => subcampaignId),
      ['s1'],
    );
  });

  it('leaves out the escrow, which no part ever had', () => {
    const rich = campaign({ ...settling, escrowMicros: 100_000_000, budgetMicros: 200_000_000 });
    assert.equal(find(endBoth(rich, [50_000_000, 50_000_000]).outcomes, 'make-good-offered'), undefined);
  });

  const refused: [string, Campaign, Partial<BookEntry>][] = [
    ['that was called off', campaign({ status: 'closing' }), {}],
    ['that overran somewhere', campaign(settling), { overrunMicros: 1 }],
    ['paused for more than half of its flight', campaign({ ...settling, pausedMs: DAY_MS + 1 }), {}],
    ['paused to its end', campaign({ ...settling, pausedAtMs: START_MS + DAY_MS - 1 }), {}],
    ['whose parts had nothing', campaign(settling, { budgetMicros: 0 }, { budgetMicros: 0 }), {}],
    ['that lacks less than a click', campaign(settling, { budgetMicros: 0 }, { budgetMicros: 499_999 }), {}],
  ];
  for (const [name, stored, own] of refused) {
    it(`is not made to a campaign ${name}`, () => {
      const { outcomes } = endBoth(stored, [0, 0], own);
      assert(find(outcomes, 'campaign-final'));
      assert.equal(find(outcomes, 'make-good-offered'), undefined);
    });
  }

  it('is made to one paused for half of its flight', () => {
    for (const own of [
      { pausedMs: DAY_MS },
      { pausedAtMs: START_MS + DAY_MS },
      { pausedAtMs: START_MS - DAY_MS, pausedMs: 0 },
    ]) {
      const isPaused = own.pausedAtMs === START_MS - DAY_MS;
      const { outcomes } = endBoth(campaign({ ...settling, ...own }), [0, 0]);
      assert.equal(find(outcomes, 'make-good-offered') === undefined, isPaused);
    }
  });
});

describe('the pauses of a flight', () => {
  const created = campaignCreated();
  const wish = (of: Campaign, status: 'active' | 'paused' | 'cancelled', version: number, atMs: number) =>
    evolve(of, {
      type: 'status-applied',
      tenantId: 't1',
      campaignId: 'c1',
      statusVersion: version,
      requestedStatus: status,
      decidedAtMs: atMs,
    });
  const fresh = () => campaignAfter([created], context());

  it('add up as long as its owner holds it', () => {
    let now = wish(fresh(), 'paused', 1, START_MS + HOUR_MS);
    now = wish(now, 'paused', 2, START_MS + 2 * HOUR_MS);
    now = wish(now, 'active', 3, START_MS + 4 * HOUR_MS);
    assert.deepEqual([now.pausedAtMs, now.pausedMs], [undefined, 3 * HOUR_MS]);
    now = wish(now, 'paused', 4, START_MS + 5 * HOUR_MS);
    now = wish(now, 'cancelled', 5, START_MS + 6 * HOUR_MS);
    assert.deepEqual([now.status, now.pausedAtMs, now.pausedMs], ['closing', undefined, 4 * HOUR_MS]);
  });

  it('count inside the flight alone, and never below nothing', () => {
    const early = wish(wish(fresh(), 'paused', 1, START_MS - DAY_MS), 'active', 2, START_MS + HOUR_MS);
    assert.equal(early.pausedMs, HOUR_MS);
    const before = wish(wish(fresh(), 'paused', 1, START_MS - DAY_MS), 'active', 2, START_MS - HOUR_MS);
    assert.deepEqual([before.pausedMs, before.pausedAtMs], [undefined, undefined]);
    const back = wish(wish(fresh(), 'paused', 1, START_MS + HOUR_MS), 'active', 2, START_MS);
    assert.equal(back.pausedMs, undefined);
  });

  it('leave no trace on a campaign that is resumed without a pause', () => {
    const before = fresh();
    assert.deepEqual(wish(before, 'active', 1, START_MS), { ...before, statusVersion: 1 });
  });

  it('are not known of changes that an older release decided', () => {
    const { decidedAtMs: _none, ...untimed } = {
      type: 'status-applied' as const,
      tenantId: 't1',
      campaignId: 'c1',
      statusVersion: 1,
      requestedStatus: 'paused' as const,
      decidedAtMs: 0,
    };
    assert.deepEqual([evolve(fresh(), untimed).status, evolve(fresh(), untimed).pausedAtMs], ['paused', undefined]);
  });

  it('are timed by what decides', () => {
    const paused = campaignAfter([created, statusChanged('paused', 1)], context());
    assert.equal(paused.pausedAtMs, START_MS);
  });
});
