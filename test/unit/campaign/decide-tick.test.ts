import assert from 'node:assert/strict';
import { decideTick, MAX_TOLD_CAMPAIGNS, type TickDecision } from '../../../shared/campaign/decide-tick.ts';
import type { WaitingReport } from '../../../shared/campaign/fold-reports.ts';
import { DEFAULT_AUCTION } from '../../../shared/contracts/serving.ts';
import type { BookEntry, BookPage, Market } from '../../../shared/contracts/documents.ts';
import { entry, lease } from '../../support/entries.ts';
import { line, reportData } from '../../support/events.ts';
import { DAY_MS, HOUR_MS, START_MS, TICK_MS, slotAt } from '../../support/instants.ts';
import { market, page, view } from '../../support/markets.ts';
import { assertOutcomes } from '../../support/outcome-validator.ts';

const heard = { group: 'g1', seenAtMs: START_MS, opportunities: 300 };

interface Given {
  pages?: BookPage[];
  reports?: Parameters<typeof reportData>[0][];
  atMs?: number;
  isPiece?: boolean;
  groups?: Market['groups'];
  serving?: Market['serving'];
}

function tickOf({
  pages = [page([entry()])],
  reports = [],
  atMs = START_MS,
  isPiece = false,
  groups = [heard],
  serving,
}: Given): TickDecision {
  const waiting = reports.map((own, index): WaitingReport => ({
    ledgerId: `ledger/${index}`,
    tenantId: 'andante',
    filedAtMs: atMs,
    data: reportData(own),
  }));
  const decision = decideTick({
    view: view({ market: market({ groups, ...(serving ? { serving } : {}) }), pages }),
    reports: waiting,
    slot: slotAt(atMs),
    tickIntervalMs: TICK_MS,
    isPiece,
  });
  assertOutcomes(decision.outcomes);
  return decision;
}

/** An entry that no tick at START_MS moves. */
function still(campaignId: string): BookEntry {
  return entry({ campaignId, status: 'paused' });
}

describe('deciding a tick', () => {
  it('raises watermark and plan version with every slot, the book’s version only when a page moved', () => {
    const idle = tickOf({ pages: [page([still('c1')])] });
    assert.deepEqual(
      [idle.market.watermarkSlot, idle.market.planVersion, idle.market.bookVersion],
      [slotAt(START_MS), 1, 0],
    );
    assert.deepEqual([idle.pages, idle.outcomes], [[], []]);
    const busy = tickOf({});
    assert.deepEqual([busy.market.planVersion, busy.market.bookVersion], [1, 1]);
  });

  it('grants nothing to a line that an operator froze or has not approved, until it may be served again', () => {
    const word = { campaignId: 'c1', kind: 'freeze' as const, untilAtMs: START_MS + 1, reason: 'a complaint' };
    const serving = { ...DEFAULT_AUCTION, version: 1, creatives: [], overrides: [word] };
    const granted = (given: Given, own: Partial<BookEntry> = {}) =>
      tickOf({ pages: [page([entry(own)])], ...given }).pages[0]?.entries[0]?.leases.length ?? 0;
    assert.deepEqual([granted({}), granted({ serving })], [1, 0]);
    assert.equal(granted({ serving, atMs: START_MS + TICK_MS }), 1);
    assert.equal(granted({}, { creativeId: 'v1' }), 0);
    const creatives = [{ creativeId: 'v1', status: 'approved' as const }];
    assert.equal(granted({ serving: { ...serving, overrides: [], creatives } }, { creativeId: 'v1' }), 1);
  });

  it('writes the pages that moved and no others, one outcome row for each', () => {
    const pages = [
      page([entry(), still('c2')]),
      page([still('c3')], { page: 'p01' }),
      page([entry({ campaignId: 'c4' })], { page: 'p02' }),
    ];
    const { pages: written, outcomes } = tickOf({ pages });
    assert.deepEqual(
      written.map((one) => [one.page, one.entries.length]),
      [
        ['p00', 2],
        ['p02', 1],
      ],
    );
    assert.deepEqual(
      outcomes.map(
        (outcome) =>
          outcome.type === 'market-paced' && [outcome.page, outcome.subcampaigns.map(({ campaignId }) => campaignId)],
      ),
      [
        ['p00', ['c1']],
        ['p02', ['c4']],
      ],
    );
  });

  it('grants to groups heard of within six ticks, not to others', () => {
    const silent = { ...heard, seenAtMs: START_MS - 6 * TICK_MS };
    assert.deepEqual(tickOf({ groups: [silent] }).pages[0]?.entries[0]?.leases, []);
    const [written] = tickOf({ groups: [{ ...silent, seenAtMs: silent.seenAtMs + 1 }] }).pages;
    assert.equal(written?.entries[0]?.leases.length, 1);
  });

  it('writes the page of a lease that only lasts longer, and records no line of it', () => {
    // A flight that is far behind its money: nothing is due, what is leased is renewed.
    const held = [lease({ spendUntilAtMs: START_MS + TICK_MS })];
    const { pages, outcomes } = tickOf({ pages: [page([entry({ leases: held, spentMicros: 80_000_000 })])] });
    assert.equal(pages[0]?.entries[0]?.leases[0]?.spendUntilAtMs, START_MS + 6 * TICK_MS);
    assert.deepEqual(outcomes, []);
  });

  it('records the budget of a line in which it fell, and of no other', () => {
    const own = { spentMicros: 50_000_000, budgetMicros: 60_000_000, shareMicros: 1, status: 'paused' as const };
    const cut = entry({ ...own, leases: [lease({ closingMicros: 4_000_000 })] });
    const beside = entry({ campaignId: 'c2' });
    const charge = line({ chargedMicros: 4_000_000, clicks: 8 });
    const { pages, outcomes } = tickOf({ pages: [page([cut, beside])], reports: [{ lines: [charge] }] });
    assert.deepEqual(
      pages[0]?.entries.map(({ budgetMicros, shareMicros }) => [budgetMicros, shareMicros]),
      [
        [54_000_000, 1],
        [100_000_000, undefined],
      ],
    );
    assert.deepEqual(
      outcomes[0]?.type === 'market-paced' &&
        outcomes[0].subcampaigns.map(({ campaignId, budgetMicros }) => [campaignId, budgetMicros]),
      [
        ['c1', 54_000_000],
        ['c2', undefined],
      ],
    );
  });

  it('records a budget that fell although nothing else moved', () => {
    const cut = entry({ spentMicros: 50_000_000, budgetMicros: 60_000_000, shareMicros: 1, status: 'paused' });
    const [outcome] = tickOf({ pages: [page([cut])] }).outcomes;
    assert(outcome?.type === 'market-paced');
    assert.deepEqual(
      outcome.subcampaigns.map(({ spentMicros, budgetMicros }) => [spentMicros, budgetMicros]),
      [[50_000_000, 50_000_000]],
    );
  });

  it('grants nothing to a budget that has still to fall', () => {
    const cut = entry({ spentMicros: 1_000_000, budgetMicros: 11_000_000, shareMicros: 1, leases: [lease()] });
    const { pages } = tickOf({ pages: [page([cut])], atMs: START_MS + DAY_MS });
    assert(pages.flatMap(({ entries }) => entries).every(({ leases }) => leases[0]?.grantedMicros === 10_000_000));
  });

  for (const status of ['paused', 'overrun', 'closing'] as const) {
    it(`grants nothing to what is ${status}, and shows it in no plan`, () => {
      const held = [lease({ spendUntilAtMs: START_MS + TICK_MS })];
      const { pages, plan } = tickOf({ pages: [page([entry({ status, leases: held })])] });
      assert.deepEqual([pages, plan?.lines], [[], []]);
    });
  }

  it('a piece only folds: no grant, no settlement, no plan, no watermark', () => {
    const due = lease({ closingMicros: 100_000 });
    const {
      market: after,
      plan,
      pages,
    } = tickOf({ pages: [page([entry({ leases: [due] })])], reports: [{ lines: [line()] }], isPiece: true });
    assert.deepEqual([after.watermarkSlot, after.planVersion, after.bookVersion, plan], [0, 0, 1, undefined]);
    assert.deepEqual(pages[0]?.entries[0]?.leases, [{ ...due, chargedMicros: 100_000 }]);
  });

  it('lets what groups saw fade once, in however many pieces their reports are folded', () => {
    const known = { ...heard, opportunities: 1_000_000 };
    const opportunities = [{ segment: 'casual', surface: 'home', opportunities: 300 }];
    const seenAfter = (isPiece: boolean) =>
      tickOf({ groups: [known], reports: [{ opportunities }], isPiece }).market.groups[0]?.opportunities;
    assert.equal(seenAfter(true), 1_000_300);
    assert.equal(seenAfter(false), Math.floor(1_000_000 * (1 - TICK_MS / (1.5 * DAY_MS))) + 300);
  });

  it('an ended entry leaves the book, its totals in an outcome, billed no more than its budget', () => {
    const over = entry({ spentMicros: 100_500_000, clicks: 201, status: 'closing' });
    const { pages, outcomes, market: after } = tickOf({ pages: [page([over, still('c2')])] });
    assert.deepEqual(
      pages[0]?.entries.map(({ campaignId }) => campaignId),
      ['c2'],
    );
    assert.equal(after.pages[0]?.entries, 1);
    assert.deepEqual(outcomes, [
      {
        type: 'subcampaign-ended',
        tenantId: 't1',
        campaignId: 'c1',
        market: 'SE',
        subcampaignId: 's1',
        budgetMicros: 100_000_000,
        billedMicros: 100_000_000,
        spentMicros: 100_500_000,
        inFlightMicros: 0,
        leasedMicros: 0,
        overrunMicros: 0,
        impressions: 0,
        clicks: 201,
        conversions: 0,
      },
    ]);
  });

  it(`ends ${MAX_TOLD_CAMPAIGNS} campaigns at most, all parts of one together, and the others in the next tick`, () => {
    const ended = Array.from({ length: MAX_TOLD_CAMPAIGNS + 2 }, (_, index) =>
      ['s1', 's2'].map((subcampaignId) => entry({ campaignId: `c${index}`, subcampaignId })),
    ).flat();
    const first = tickOf({ pages: [page(ended)], atMs: START_MS + 2 * DAY_MS });
    assert.equal(first.outcomes.length, 2 * MAX_TOLD_CAMPAIGNS);
    const second = tickOf({ pages: first.pages, atMs: START_MS + 2 * DAY_MS + TICK_MS });
    assert.deepEqual([second.outcomes.length, second.pages[0]?.entries], [4, []]);
  });

  it('goes on without supply: leases by the clock, shares of nothing', () => {
    const decision = decideTick({
      view: view({ market: market({ groups: [heard] }), pages: [page([entry()])], supply: new Map() }),
      reports: [],
      slot: slotAt(START_MS),
      tickIntervalMs: TICK_MS,
      isPiece: false,
    });
    assert.deepEqual([decision.plan?.lines[0]?.fallbackShare, decision.plan?.response], [0, []]);
    assert.equal(decision.plan?.lines[0]?.leases.length, 1);
  });

  it('does not change what it was given', () => {
    const pages = [page([entry({ leases: [lease()] })])];
    const before = structuredClone(pages);
    tickOf({ pages, reports: [{ lines: [line({ chargedMicros: 20_000_000 })] }] });
    assert.deepEqual(pages, before);
  });

  it('a report that changes no number of an entry moves no page', () => {
    const closings = [{ campaignId: 'c1', subcampaignId: 's1', grantedMicros: 5, chargedMicros: 5 }];
    const implausible = line({ hourAtMs: START_MS + DAY_MS });
    const { pages, verdicts } = tickOf({
      pages: [page([entry({ status: 'paused' })])],
      reports: [{ closings, lines: [implausible] }],
    });
    assert.equal(verdicts[0]?.code, 'IMPLAUSIBLE_REPORT');
    assert.deepEqual(pages, []);
  });
});

describe('asking for a new split', () => {
  const HOUR_SLOTS = HOUR_MS / TICK_MS;
  /** Two days are worth 2,000: a part of 2,200 is short of 200. */
  const short = (own: Partial<BookEntry> = {}) => entry({ budgetMicros: 2_200_000_000, hasSiblings: true, ...own });

  function askedBy(entries: BookEntry[], own: { lastSlot?: number; atMs?: number; isPiece?: boolean } = {}) {
    const { lastSlot = 0, atMs = START_MS, isPiece = false } = own;
    const before = market({ groups: [heard], watermarkSlot: lastSlot });
    const { rebalances } = decideTick({
      view: view({ market: before, pages: [page(entries)] }),
      reports: [],
      slot: slotAt(atMs),
      tickIntervalMs: TICK_MS,
      isPiece,
    });
    return rebalances;
  }

  it('is done for campaigns with money that supply does not deliver here', () => {
    assert.deepEqual(askedBy([short()]), [{ tenantId: 't1', campaignId: 'c1' }]);
    const others = { tenantId: 't2', campaignId: 'c2', segments: ['fan'] };
    assert.deepEqual(askedBy([entry({ hasSiblings: true }), short(others)]), [{ tenantId: 't2', campaignId: 'c2' }]);
  });

  it('is done in the first tick of an hour only, however late that is, and in no piece of one', () => {
    const slot = slotAt(START_MS);
    const asks = (lastSlot: number, atSlot: number) => askedBy([short()], { lastSlot, atMs: atSlot * TICK_MS }).length;
    assert.deepEqual([asks(slot - 1, slot), asks(slot, slot + 1), asks(slot, slot + HOUR_SLOTS - 1)], [1, 0, 0]);
    assert.deepEqual([asks(slot + HOUR_SLOTS - 1, slot + HOUR_SLOTS), asks(slot + 3, slot + HOUR_SLOTS + 7)], [1, 1]);
    assert.deepEqual(askedBy([short()], { isPiece: true }), []);
  });

  it('is not done for a part without siblings, nor for one that is not served', () => {
    const { hasSiblings: _siblings, ...alone } = short();
    assert.deepEqual(askedBy([alone]), []);
    for (const status of ['paused', 'overrun', 'closing'] as const) assert.deepEqual(askedBy([short({ status })]), []);
    assert.deepEqual(askedBy([short({ endAtMs: START_MS })]), []);
  });

  it('is done where more than a twentieth of the budget and more than a click is short', () => {
    const asks = (budgetMicros: number, own: Partial<BookEntry> = {}) =>
      askedBy([short({ budgetMicros, ...own })]).length;
    assert.deepEqual([asks(2_100_000_000), asks(2_110_000_000)], [0, 1]);
    const dear = { segments: ['fan'], clickPriceMicros: 10_000_000 };
    assert.deepEqual([asks(10_000_000, dear), asks(10_000_001, dear)], [0, 1]);
  });

  it('is done for 20 campaigns at most, those that lack most first, and once for each', () => {
    const entries = Array.from({ length: 25 }, (_, index) =>
      short({
        campaignId: `c${index}`,
        segments: ['fan'],
        budgetMicros: 1_000_000_000 + ((index * 7) % 25) * 1_000_000,
      }),
    );
    const parts = entries.flatMap((one) => [one, { ...one, subcampaignId: 's2' }]);
    const richest = entries.toSorted((a, b) => b.budgetMicros - a.budgetMicros).slice(0, 20);
    assert.deepEqual(
      askedBy(parts).map(({ campaignId }) => campaignId),
      richest.map(({ campaignId }) => campaignId),
    );
  });
});
