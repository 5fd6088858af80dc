import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expectedCampaign } from '../../../shared/campaign/campaign-state.ts';
import { decideCampaign } from '../../../shared/campaign/decide-campaign.ts';
import { previewChange, type Preview } from '../../../shared/campaign/preview-change.ts';
import type { BookEntry, Market } from '../../../shared/contracts/documents.ts';
import type { CampaignEvent } from '../../../shared/contracts/events.ts';
import { campaignAfter } from '../../support/campaigns.ts';
import { entry } from '../../support/entries.ts';
import { budgetChanged, campaignCreated, order, rebalanced, statusChanged } from '../../support/events.ts';
import { hold } from '../../support/holds.ts';
import { cell, context, market, page, supplyDays, view, withCampaign } from '../../support/markets.ts';
import { runningIn, runningWorld } from '../../support/running-worlds.ts';

/** Half of what was forecast turns up: 1,000 in each cell over the two days, of which 2,000 can be sold. */
const nowcast = { factor: 0.5, day: '2026-03-02', observed: 1, expected: 2 };
const supply = supplyDays(2, { cells: [cell(), cell({ segment: 'fan' })] });
/** 900 of it are sold, in two lines, and 900 in the other cell. */
const neighbours = [
  entry({ campaignId: 'n1', budgetMicros: 700_000_000 }),
  entry({ campaignId: 'n2', budgetMicros: 200_000_000 }),
  entry({ campaignId: 'n3', segments: ['fan'], budgetMicros: 900_000_000 }),
];

function where(entries: readonly BookEntry[] = neighbours, own: Partial<Market> = { nowcast }) {
  return context([view({ market: market(own), supply, pages: [page(entries)] })]);
}

function previewed(event: CampaignEvent, books = where()): Preview {
  return previewChange(expectedCampaign('t1', event.data.campaignId), event, books);
}

const ordered = (budgetMicros: number) => campaignCreated({ budgetMicros });

describe('the preview of a change', () => {
  it('comes to what the change would', () => {
    for (const event of [
      ordered(400_000_000),
      ordered(9_000_000_000),
      budgetChanged(5, 1),
      statusChanged('paused', 1),
    ]) {
      const { outcomes } = previewed(event);
      assert.deepEqual(outcomes, decideCampaign(expectedCampaign('t1', 'c1'), event, where()));
    }
  });

  it('names the lines that would be delivered less, those that lose most first, and no others', () => {
    const { displaced } = previewed(ordered(400_000_000));
    assert.deepEqual(
      displaced.map(({ tenantId, market, campaignId, subcampaignId, remainingMicros, beforeMicros }) => [
        tenantId,
        market,
        `${campaignId}/${subcampaignId}`,
        remainingMicros,
        beforeMicros,
      ]),
      [
        ['t1', 'SE', 'n1/s1', 700_000_000, 700_000_000],
        ['t1', 'SE', 'n2/s1', 200_000_000, 200_000_000],
      ],
    );
    const losses = displaced.map(({ beforeMicros, afterMicros }) => beforeMicros - afterMicros);
    assert(
      losses.every((micros) => micros > 1_000_000) && (losses[0] as number) >= (losses[1] as number),
      losses.join(),
    );
    const after = displaced.reduce((sum, { afterMicros }) => sum + afterMicros, 0);
    assert(after >= 590_000_000 && after <= 900_000_000, `${after}`);
  });

  it('finds nobody where there is enough for all', () => {
    assert.deepEqual(previewed(ordered(90_000_000)).displaced, []);
    assert.deepEqual(previewed(ordered(400_000_000), where(neighbours, {})).displaced, []);
  });

  it('counts what is firmly held as in the way, and what is held softly not', () => {
    const held = (own: Parameters<typeof hold>[0]) => {
      const holds = [hold({ campaignId: 'h1', budgetMicros: 700_000_000, ...own })];
      const pages = [page([entry({ campaignId: 'n1', budgetMicros: 200_000_000 })], { holds })];
      return context([view({ market: market({ nowcast }), supply, pages })]);
    };
    const displaced = (books: ReturnType<typeof held>) =>
      previewed(ordered(400_000_000), books).displaced.map(({ campaignId }) => campaignId);
    assert.deepEqual(displaced(held({})), ['n1']);
    assert.deepEqual(displaced(held({ probability: 0.9 })), []);
  });

  it('finds nobody who is not served anyway: paused, closing, over', () => {
    const still = neighbours.map((one, index) => ({
      ...one,
      status: index === 0 ? ('paused' as const) : ('closing' as const),
    }));
    const { outcomes, displaced } = previewed(ordered(1_100_000_000), where(still));
    assert.deepEqual([outcomes[0]?.type, displaced], ['campaign-accepted', []]);
  });

  it('takes a loss of a click, or of a thousandth, for noise', () => {
    const full = [entry({ campaignId: 'n1', budgetMicros: 1_000_000_000 })];
    assert.deepEqual(previewed(ordered(900_000), where(full)).displaced, []);
    assert.equal(previewed(ordered(50_000_000), where(full)).displaced.length, 1);
    // Twenty clicks turn up and twenty are sold: half a click more costs the others no whole one.
    const dear = { clickPriceMicros: 60_000_000 };
    const twenty = supplyDays(2, { cells: [cell({ q50: 1000 })] });
    const sold = [entry({ campaignId: 'n1', budgetMicros: 1_200_000_000, ...dear })];
    const books = context([view({ market: market({ nowcast }), supply: twenty, pages: [page(sold)] })]);
    const more = (budgetMicros: number) => campaignCreated({ budgetMicros, subcampaigns: [order(dear)] });
    assert.deepEqual(previewed(more(30_000_000), books).displaced, []);
    assert.equal(previewed(more(300_000_000), books).displaced.length, 1);
  });

  it('names no part of the campaign itself, and nothing in markets that the change does not touch', () => {
    const [book] = withCampaign(
      [view({ market: market({ nowcast }), supply })],
      campaignAfter([ordered(400_000_000)], where([])),
    );
    const mine = campaignAfter([ordered(400_000_000)], where([]));
    const entries = [...neighbours, ...(book?.pages[0]?.entries ?? [])];
    const elsewhere = view({
      market: market({ market: 'NO', nowcast }),
      pages: [page([entry({ campaignId: 'n4', budgetMicros: 1_100_000_000 })], { market: 'NO' })],
    });
    const both = context([view({ market: market({ nowcast }), supply, pages: [page(entries)] }), elsewhere]);
    const { outcomes, displaced } = previewChange(mine, budgetChanged(800_000_000, 1), both);
    assert.equal(outcomes[0]?.type, 'budget-applied');
    assert.deepEqual(displaced.map(({ campaignId }) => campaignId).sort(), ['n1', 'n2']);
  });

  it('counts a line that comes back from a pause', () => {
    const mine = campaignAfter([ordered(400_000_000)], where([]));
    const [book] = withCampaign([view({ market: market({ nowcast }), supply })], mine);
    const entries = [
      ...neighbours,
      ...(book?.pages[0]?.entries ?? []).map((one) => ({ ...one, status: 'paused' as const })),
    ];
    const paused = {
      ...mine,
      status: 'paused' as const,
      subcampaigns: mine.subcampaigns.map((sub) => ({ ...sub, status: 'paused' as const })),
    };
    assert.equal(previewChange(paused, statusChanged('active', 1), where(entries)).displaced.length, 2);
  });

  /**
   * The first part of n1 counts three times, which is the price of n2: how they share what c1 leaves them is nobody's doing.
   * @param budgetMicros of c1
   */
  function tied(budgetMicros: number) {
    const rivals = [
      entry({ campaignId: 'n1', budgetMicros: 500_000_000 }),
      entry({ campaignId: 'n2', budgetMicros: 2_000_000_000, clickPriceMicros: 1_500_000 }),
    ];
    const cells = supplyDays(2, { cells: [cell({ q50: 30_000 }), cell({ segment: 'fan', q50: 60_000 })] });
    const subcampaigns = [order({ segments: ['fan'] })];
    const mine = campaignAfter([campaignCreated({ budgetMicros, subcampaigns })], where([]));
    const [book] = withCampaign([view({ supply })], mine);
    const entries = [...rivals, ...(book?.pages[0]?.entries ?? [])];
    return { mine, books: context([view({ supply: cells, pages: [page(entries)] })]) };
  }

  it('shows nobody displaced by a pause where others are worth the same to the market, whoever gets it', () => {
    const { mine, books } = tied(1_900_000_000);
    assert.deepEqual(previewChange(mine, statusChanged('paused', 1), books).displaced, []);
  });

  it('shows nobody relieved by more money where others are worth the same to the market, whoever gets it', () => {
    const { mine, books } = tied(500_000_000);
    for (const budgetMicros of [525_000_000, 600_000_000, 1_000_000_000]) {
      const { outcomes, relieved } = previewChange(mine, budgetChanged(budgetMicros, 1), books);
      assert.equal(outcomes[0]?.type, 'budget-applied');
      assert.deepEqual(relieved, []);
    }
  });

  it('shows nobody displaced by a refusal, a cut, a pause, or a change that is too old', () => {
    fc.assert(
      fc.property(runningWorld, fc.double({ min: 0.01, max: 1, noNaN: true }), (drawn, share) => {
        const { campaign, where } = runningIn(drawn);
        const cut = Math.max(1, Math.floor(campaign.budgetMicros * share));
        const harmless = [
          budgetChanged(cut, 1),
          budgetChanged(Number.MAX_SAFE_INTEGER, 1),
          budgetChanged(campaign.budgetMicros * 2, 0),
          statusChanged('paused', 1),
          statusChanged('cancelled', 1),
        ];
        for (const event of harmless) assert.deepEqual(previewChange(campaign, event, where).displaced, []);
        for (const event of [rebalanced(), budgetChanged(campaign.budgetMicros + 50_000_000, 1)]) {
          const { displaced } = previewChange(campaign, event, where);
          assert(displaced.every(({ campaignId }) => campaignId !== 'c1'));
          for (const { remainingMicros, beforeMicros, afterMicros } of displaced)
            assert(0 <= afterMicros && afterMicros < beforeMicros && beforeMicros <= remainingMicros);
        }
      }),
      { numRuns: 150 },
    );
  });

  /** A market of 2,000 clicks whose whole is sold twice over: half to c1, half to a neighbour. */
  function contended() {
    const mine = campaignAfter([ordered(1_000_000_000)], where([], {}));
    const [book] = withCampaign([view({ supply })], mine);
    const entries = [entry({ campaignId: 'n1', budgetMicros: 1_000_000_000 }), ...(book?.pages[0]?.entries ?? [])];
    return { mine, books: where(entries) };
  }

  it('names the lines that would be delivered more where a change asks for less, and no line of its own', () => {
    const { mine, books } = contended();
    for (const event of [budgetChanged(400_000_000, 1), statusChanged('paused', 1), statusChanged('cancelled', 1)]) {
      const { relieved, displaced, own } = previewChange(mine, event, books);
      assert.deepEqual(displaced, []);
      assert.deepEqual(
        relieved.map(({ campaignId, remainingMicros }) => [campaignId, remainingMicros]),
        [['n1', 1_000_000_000]],
      );
      const [line] = relieved;
      assert((line?.afterMicros ?? 0) > (line?.beforeMicros ?? 0) + 100_000_000, JSON.stringify(line));
      assert.deepEqual(
        own.map(({ campaignId }) => campaignId),
        ['c1'],
      );
    }
    assert.deepEqual(previewChange(mine, budgetChanged(1_000_000_000, 1), books).relieved, []);
    assert.deepEqual(previewChange(mine, statusChanged('paused', 0), books).relieved, []);
  });

  it('says what the campaign itself is expected to be delivered, and shows it before and after', () => {
    const { mine, books } = contended();
    const paused = previewChange(mine, statusChanged('paused', 1), books);
    assert.deepEqual([paused.before.status, paused.after.status], ['active', 'paused']);
    assert.deepEqual([paused.own[0]?.afterMicros, (paused.own[0]?.beforeMicros ?? 0) > 0], [0, true]);
    const cut = previewChange(mine, budgetChanged(100_000_000, 1), books);
    assert.deepEqual([cut.before.budgetMicros, cut.after.budgetMicros], [1_000_000_000, 100_000_000]);
    const [line] = cut.own;
    assert((line?.afterMicros ?? 0) > 0 && (line?.afterMicros ?? 0) <= 100_000_000, JSON.stringify(line));
  });

  it('depends on no order of markets, pages or entries', () => {
    const reversed = where(neighbours.toReversed());
    assert.deepEqual(previewed(ordered(90_000_000), reversed), previewed(ordered(90_000_000)));
    const [one, other] = [previewed(ordered(400_000_000), reversed), previewed(ordered(400_000_000))];
    assert.deepEqual(one.outcomes, other.outcomes);
    assert.deepEqual(
      one.displaced.map(({ campaignId }) => campaignId),
      other.displaced.map(({ campaignId }) => campaignId),
    );
  });

  it('changes nothing of what it was given', () => {
    const books = where();
    const before = structuredClone([...books.markets]);
    previewed(ordered(400_000_000), books);
    assert.deepEqual([...books.markets], before);
  });
});
