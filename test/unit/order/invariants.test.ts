import assert from 'node:assert/strict';
import type { BookEntry } from '../../../shared/contracts/documents.ts';
import { dayOf } from '../../../shared/forecasting/traffic-clock.ts';
import { campaignCreated, deliveryReported, line, order, statusChanged } from '../../support/events.ts';
import { DAY_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import {
  billsFit,
  commitmentsFit,
  deliveriesCount,
  demandFits,
  finalsAddUp,
  grantsFit,
  leasesAddUp,
  outcomesFold,
  plansFit,
  splitsAddUp,
  takePicture,
  tracesAreOne,
  type History,
  type Picture,
} from '../../support/invariants.ts';
import { file, persist, tick } from '../../support/persisting.ts';
import { storeWithHistory } from '../../support/store-history.ts';

/** A market after a tick: c1 has two parts, one of which has spent and holds a lease; c2 was never served and has ended. */
async function play(): Promise<{ before: Picture; after: Picture; history: History }> {
  const { store, answer, history } = await storeWithHistory({});
  const world = { campaignIds: ['c1', 'c2'], markets: ['SE'], days: [dayOf(START_MS), dayOf(START_MS + DAY_MS)] };
  const parts = [order(), order({ subcampaignId: 's2', segments: ['fan', 'casual'] })];
  const events = [
    campaignCreated({ budgetMicros: 1_000_000_000, subcampaigns: parts }),
    campaignCreated({ campaignId: 'c2' }),
  ];
  for (const event of [...events, statusChanged('cancelled', 1, { campaignId: 'c2' })])
    answer((await persist(store, event)).ref.path);
  const before = await takePicture(store, world);
  const lines = [line({ clicks: 2, chargedMicros: 1_000_000 }), line({ campaignId: 'nobody', impressions: 3 })];
  const report = deliveryReported('r', { lines });
  answer((await file(store, report)).ref.path, report);
  await tick(store, START_MS + TICK_MS);
  return { before, after: await takePicture(store, world), history: history() };
}

/** A story whose end, or history, is another one. */
interface Broken {
  before: Picture;
  after: Picture;
  history: { -readonly [K in keyof History]: History[K] };
  /** c1/s1 in the end. */
  entry: BookEntry;
}

const nowMs = START_MS + TICK_MS;
const cases: { name: string; check: (story: Broken) => string[]; breaks: (story: Broken) => void; says: RegExp }[] = [
  {
    name: 'more committed than the budget',
    check: ({ after }) => commitmentsFit(after),
    breaks: ({ entry }) => (entry.budgetMicros = entry.spentMicros),
    says: /c1\/s1 has \d+ committed of 1000000/,
  },
  {
    name: 'a charge in flight that the budget does not cover',
    check: ({ after }) => commitmentsFit(after),
    breaks: ({ entry }) =>
      (entry.cohorts = [{ hourAtMs: START_MS, chargedMicros: entry.budgetMicros, confirmedMicros: 1 }]),
    says: /c1\/s1 has \d+ committed/,
  },
  {
    name: 'a grant above what the budget has left',
    check: ({ before, after }) => grantsFit(before, after),
    breaks: ({ entry }) => (entry.budgetMicros = entry.spentMicros),
    says: /c1\/s1 was granted more/,
  },
  {
    name: 'a lease charged beyond its grant',
    check: ({ before, after }) => leasesAddUp(before, after),
    breaks: ({ entry }) => (leaseOf(entry).returnedMicros = leaseOf(entry).grantedMicros),
    says: /more charged and returned than granted/,
  },
  {
    name: 'a grant that shrinks',
    check: ({ before, after }) => leasesAddUp(after, before),
    breaks: ({ before, entry }) => {
      const [old] = before.markets[0]?.pages[0]?.entries ?? [];
      assert(old);
      old.leases = [{ ...leaseOf(entry), grantedMicros: leaseOf(entry).chargedMicros }];
    },
    says: /a cumulative amount fell/,
  },
  {
    name: 'a micro that no part has',
    check: ({ after }) => splitsAddUp(after),
    breaks: ({ after }) => after.campaigns.forEach((campaign) => (campaign.escrowMicros += 1)),
    says: /parts and escrow are 1000000001, the budget is 1000000000/,
  },
  {
    name: 'more given to the parts than was asked for',
    check: ({ after }) => splitsAddUp(after),
    breaks: ({ after }) => after.campaigns.forEach((campaign) => (campaign.requestedMicros -= 1)),
    says: /shares are 1000000000, 999999999 was asked for/,
  },
  {
    name: 'a live budget above the stored one',
    check: ({ after }) => splitsAddUp(after),
    breaks: ({ entry }) => (entry.budgetMicros += 1),
    says: /live budget of 500000001/,
  },
  {
    name: 'a live part without its entry',
    check: ({ after }) => splitsAddUp(after),
    breaks: ({ after }) => after.markets[0]?.pages[0]?.entries.shift(),
    says: /c1\/s1 is active, its entry says otherwise/,
  },
  {
    name: 'a bill above what was confirmed',
    check: ({ after, history }) => billsFit(after, history),
    breaks: ({ history }) => {
      history.outcomes = history.outcomes.map((outcome) =>
        outcome.type === 'subcampaign-ended' ? { ...outcome, billedMicros: 1 } : outcome,
      );
    },
    says: /c2\/s1 is billed 1, not 0/,
  },
  {
    name: 'a campaign billed above its budget',
    check: ({ after, history }) => billsFit(after, history),
    breaks: ({ after }) => after.campaigns.forEach((campaign) => (campaign.budgetMicros = 1)),
    says: /c1 is billed 1000000 of 1/,
  },
  {
    name: 'a campaign that has ended without its final account',
    check: ({ after, history }) => finalsAddUp(after, history),
    breaks: ({ history }) => {
      history.outcomes = history.outcomes.filter(({ type }) => type !== 'campaign-final');
    },
    says: /c2 is ended, final 0 times/,
  },
  {
    name: 'a final account that comes twice',
    check: ({ after, history }) => finalsAddUp(after, history),
    breaks: ({ history }) => {
      history.outcomes = [...history.outcomes, ...history.outcomes];
    },
    says: /c2 is ended, final 2 times/,
  },
  {
    name: 'a refund of a micro too much',
    check: ({ after, history }) => finalsAddUp(after, history),
    breaks: ({ history }) => {
      history.outcomes = history.outcomes.map((outcome) =>
        outcome.type === 'campaign-refunded' ? { ...outcome, refundMicros: outcome.refundMicros + 1 } : outcome,
      );
    },
    says: /c2: refunds of 100000001, 100000000 are due/,
  },
  {
    name: 'a bill and a refund that are not the budget',
    check: ({ after, history }) => finalsAddUp(after, history),
    breaks: ({ after }) => after.campaigns.forEach((campaign) => (campaign.budgetMicros += 1)),
    says: /c2: 0 billed and 100000000 refunded, 0 of 100000001 are due/,
  },
  {
    name: 'more sold than the lower quartile',
    check: ({ before, after }) => demandFits(before, after, nowMs),
    breaks: ({ entry }) => (entry.budgetMicros = 5_000_000_000),
    says: /SE: [0-9.]+ clicks were sold, supply has [0-9.]+ beside/,
  },
  {
    name: 'supply sold on its median',
    check: ({ before, after }) => demandFits(before, after, nowMs),
    breaks: ({ before, after, entry }) => {
      for (const { supply } of [...before.markets, ...after.markets])
        for (const day of supply) for (const cell of day.cells) cell.q10 = 0;
      entry.budgetMicros = 1_950_000_000;
    },
    says: /SE: [0-9.]+ clicks were sold, supply has [0-9.]+ beside/,
  },
  {
    name: 'an event with two ledger entries',
    check: ({ history }) => tracesAreOne(history),
    breaks: ({ history }) => (history.created = new Map([...history.created].map(([path]) => [path, 2]))),
    says: /was created 2 times/,
  },
  {
    name: 'an event acknowledged without a trace',
    check: ({ history }) => tracesAreOne(history),
    breaks: ({ history }) => (history.created = new Map()),
    says: /was acknowledged without a trace/,
  },
  {
    name: 'a last word that was changed',
    check: ({ history }) => tracesAreOne(history),
    breaks: ({ history }) => (history.rewritten = ['ledger/1']),
    says: /was decided again/,
  },
  {
    name: 'a state that its outcomes do not add up to',
    check: ({ after, history }) => outcomesFold(after, history),
    breaks: ({ entry }) => (entry.clicks += 1),
    says: /c1 is not what its outcomes add up to/,
  },
  {
    name: 'an outcome that nobody wrote down',
    check: ({ after, history }) => outcomesFold(after, history),
    breaks: ({ history }) => (history.outcomes = history.outcomes.filter(({ type }) => type !== 'subcampaign-ended')),
    says: /c2 is not what its outcomes add up to/,
  },
  {
    name: 'a cell given away more than once',
    check: ({ after }) => plansFit(after),
    breaks: ({ after }) => after.markets[0]?.plan?.lines.forEach((one) => (one.fallbackShare = 0.6)),
    says: /SE gives 1\.2 of casual on home/,
  },
  {
    name: 'a grant in the plan that the book does not know',
    check: ({ after }) => plansFit(after),
    breaks: ({ entry }) => (leaseOf(entry).grantedMicros -= 1),
    says: /c1\/s1: the plan grants g1/,
  },
  {
    name: 'a plan of another time',
    check: ({ after }) => plansFit(after),
    breaks: ({ after }) => after.markets.forEach(({ market }) => (market.planVersion += 1)),
    says: /SE has another plan/,
  },
  {
    name: 'a line that was dropped',
    check: ({ after, history }) => deliveriesCount(after, history),
    breaks: ({ history }) => (history.quarantined = []),
    says: /13 impressions were reported, 10 counted, 0 quarantined/,
  },
  {
    name: 'a line that was counted twice',
    check: ({ after, history }) => deliveriesCount(after, history),
    breaks: ({ entry }) => (entry.impressions *= 2),
    says: /the books hold 20 impressions of 10/,
  },
];

function leaseOf(entry: BookEntry): BookEntry['leases'][number] {
  const [lease] = entry.leases;
  assert(lease);
  return lease;
}

describe('The check of the invariants', () => {
  const story = async (): Promise<Broken> => {
    const { before, after, history } = structuredClone(await play());
    const [entry] = after.markets[0]?.pages[0]?.entries ?? [];
    assert(entry);
    return { before, after, history, entry };
  };

  for (const { name, check, breaks, says } of cases) {
    it(`finds ${name}, and nothing where all is well`, async () => {
      assert.deepEqual(check(await story()), []);
      const broken = await story();
      breaks(broken);
      assert.match(check(broken).join('\n'), says);
    });
  }
});
