import assert from 'node:assert/strict';
import { compilePlan } from '../../../shared/auction/compile-plan.ts';
import { decideOpportunity } from '../../../shared/auction/decide-opportunity.ts';
import { drawFactor } from '../../../shared/auction/draw-factor.ts';
import type { DecisionRequest, ExclusionCode } from '../../../shared/contracts/decision.ts';
import type { PlanLine } from '../../../shared/contracts/plan.ts';
import type { AuctionSettings } from '../../../shared/contracts/serving.ts';
import { NOON_AT_MS, smallLine, smallPlan, smallRequest } from './small-plans.ts';

const name = { campaignId: 'c1', subcampaignId: 's1' };
const [lease] = smallLine('c1').leases;

interface Case {
  title: string;
  code: ExclusionCode;
  line?: Partial<PlanLine>;
  request?: Partial<DecisionRequest>;
  listener?: Partial<DecisionRequest['listener']>;
  auction?: Partial<AuctionSettings>;
  /** Of the same, what lets the line be shown. */
  shown: Omit<Case, 'title' | 'code' | 'shown'>;
}

const cases: Case[] = [
  {
    title: 'its flight begins later',
    code: 'NOT_IN_FLIGHT',
    line: { startAtMs: NOON_AT_MS + 1 },
    shown: { line: { startAtMs: NOON_AT_MS } },
  },
  {
    title: 'its flight ends now',
    code: 'NOT_IN_FLIGHT',
    line: { endAtMs: NOON_AT_MS },
    shown: { line: { endAtMs: NOON_AT_MS + 1 } },
  },
  {
    title: 'another group has the lease',
    code: 'NO_LEASE',
    line: { leases: [{ ...(lease as PlanLine['leases'][number]), group: 'south' }] },
    shown: {},
  },
  {
    title: 'its lease may be spent until now',
    code: 'NO_LEASE',
    line: { leases: [{ ...(lease as PlanLine['leases'][number]), spendUntilAtMs: NOON_AT_MS }] },
    shown: { line: { leases: [{ ...(lease as PlanLine['leases'][number]), spendUntilAtMs: NOON_AT_MS + 1 }] } },
  },
  {
    title: 'all of its lease was returned',
    code: 'NO_LEASE',
    line: { leases: [{ ...(lease as PlanLine['leases'][number]), grantedMicros: 5, returnedMicros: 5 }] },
    shown: { line: { leases: [{ ...(lease as PlanLine['leases'][number]), grantedMicros: 6, returnedMicros: 5 }] } },
  },
  {
    title: 'the server has used up its lease',
    code: 'LEASE_SPENT',
    request: { spent: [{ campaignId: 'c9', subcampaignId: 's1' }, name] },
    shown: { request: { spent: [{ campaignId: 'c1', subcampaignId: 's2' }] } },
  },
  {
    title: 'the listener saw it twice today',
    code: 'FREQUENCY_CAP',
    line: { perListenerDay: 2 },
    listener: { seen: [{ ...name, today: 2, flight: 2 }] },
    shown: { line: { perListenerDay: 2 }, listener: { seen: [{ ...name, today: 1, flight: 9 }] } },
  },
  {
    title: 'the listener saw it five times in its flight',
    code: 'FREQUENCY_CAP',
    line: { perListenerFlight: 5 },
    listener: { seen: [{ ...name, today: 0, flight: 5 }] },
    shown: {
      line: { perListenerFlight: 5 },
      listener: { seen: [{ campaignId: 'c1', subcampaignId: 's2', today: 0, flight: 5 }] },
    },
  },
  {
    title: 'the listener knows the release',
    code: 'RELEASE_SEEN',
    line: { releaseId: 'r1' },
    listener: { releaseIds: ['r2', 'r1'] },
    shown: { line: { releaseId: 'r1' }, listener: { releaseIds: ['r2'] } },
  },
  {
    title: 'the listener had its full-screen ads of the day',
    code: 'FULL_SCREEN_CAP',
    line: { isFullScreen: true },
    listener: { fullScreens: 2 },
    auction: { fullScreenPerDay: 2 },
    shown: { listener: { fullScreens: 2 }, auction: { fullScreenPerDay: 2 } },
  },
  {
    title: 'one of the last ads was of its artist',
    code: 'SAME_ARTIST',
    line: { artistId: 'a1' },
    listener: { artistIds: ['a2', 'a1'] },
    auction: { artistSeparation: 2 },
    shown: { line: { artistId: 'a1' }, listener: { artistIds: ['a2', 'a1'] }, auction: { artistSeparation: 1 } },
  },
  {
    title: 'it is explicit and the listener refuses that',
    code: 'EXPLICIT',
    line: { isExplicit: true },
    listener: { refusesExplicit: true },
    shown: { line: { isExplicit: true } },
  },
  {
    title: 'the listener is too young',
    code: 'AGE',
    line: { minimumAge: 18 },
    listener: { age: 17 },
    shown: { line: { minimumAge: 18 }, listener: { age: 18 } },
  },
  {
    title: 'nobody knows how old the listener is',
    code: 'AGE',
    line: { minimumAge: 1 },
    shown: { listener: {} },
  },
  {
    title: 'it is worth less than the floor',
    code: 'BELOW_FLOOR',
    auction: { floors: [{ cpmMicros: 5_000_001 }] },
    shown: { auction: { floors: [{ cpmMicros: 5_000_000 }] } },
  },
  {
    title: 'it is worth nothing, net',
    code: 'BELOW_FLOOR',
    line: { price: 1 },
    shown: { line: { price: 0.999 } },
  },
  {
    title: 'an offer is as good',
    code: 'OUTBID',
    request: { offers: [{ offerId: 'o1', buyer: 'acme', cpmMicros: 5_000_000 }] },
    shown: { request: { offers: [{ offerId: 'o1', buyer: 'acme', cpmMicros: 4_999_999 }] } },
  },
];

function explain({ line, request, listener, auction }: Case['shown']) {
  const compiled = compilePlan(smallPlan([smallLine('c1', line)], auction), 'the hash', 'north');
  const decision = decideOpportunity(compiled, smallRequest({ ...request, explain: true }, listener));
  assert(decision.explanation);
  return { awards: decision.awards, explanation: decision.explanation };
}

describe('an explanation', () => {
  for (const { title, code, shown, ...excluded } of cases) {
    it(`says ${code} where ${title}`, () => {
      const not = explain(excluded);
      assert.equal(not.explanation.candidates[0]?.code, code);
      assert.equal(not.awards[0]?.campaignId, undefined);
      const shownOne = explain(shown);
      assert.equal(shownOne.explanation.candidates[0]?.code, undefined);
      assert.equal(shownOne.awards[0]?.campaignId, 'c1');
    });
  }

  it('says the first of several reasons, in the order of the codes', () => {
    const { explanation } = explain({
      line: { minimumAge: 18, isExplicit: true, releaseId: 'r1' },
      listener: { refusesExplicit: true, releaseIds: ['r1'] },
    });
    assert.equal(explanation.candidates[0]?.code, 'RELEASE_SEEN');
  });

  it('says OUTBID of lines of less worth, and the worth, price, draw and score of all, shown or not', () => {
    const lines = [smallLine('c1', { price: 0.5 }), smallLine('c2'), smallLine('c3', { worth: 2, minimumAge: 18 })];
    const compiled = compilePlan(smallPlan(lines), 'the hash', 'north');
    const { explanation } = decideOpportunity(compiled, smallRequest({ explain: true }, { responseMultiplier: 2 }));
    assert.deepEqual(
      explanation?.candidates.map(({ campaignId, valueMicros, price, netWorthMicros, code }) => {
        return { campaignId, valueMicros, price, netWorthMicros, code };
      }),
      [
        { campaignId: 'c1', valueMicros: 10_000, price: 0.5, netWorthMicros: 5_000, code: 'OUTBID' },
        { campaignId: 'c2', valueMicros: 10_000, price: 0, netWorthMicros: 10_000, code: undefined },
        { campaignId: 'c3', valueMicros: 10_000, price: 0, netWorthMicros: 20_000, code: 'AGE' },
      ],
    );
    for (const { draw, score, netWorthMicros } of explanation?.candidates ?? []) {
      assert(draw > 0 && draw < 1);
      assert.equal(score, netWorthMicros * drawFactor(draw * 2 ** 32 - 0.5));
    }
  });

  it('names the plan, the floor, and what each offer counts', () => {
    const { explanation } = explain({
      request: {
        offers: [
          { offerId: 'o1', buyer: 'acme', cpmMicros: 100 },
          { offerId: 'o2', buyer: 'brio', cpmMicros: 100 },
        ],
      },
      auction: { adjustments: [{ buyer: 'brio', kind: 'multiplier', value: 1.5 }], floors: [{ cpmMicros: 42 }] },
    });
    const { candidates, ...rest } = explanation;
    assert.equal(candidates.length, 1);
    assert.deepEqual(rest, {
      planHash: 'the hash',
      isFallback: false,
      isExplored: false,
      floorCpmMicros: 42,
      houseScore: 0,
      offers: [
        { offerId: 'o1', buyer: 'acme', cpmMicros: 100, adjustedCpmMicros: 100 },
        { offerId: 'o2', buyer: 'brio', cpmMicros: 100, adjustedCpmMicros: 150 },
      ],
    });
  });

  it('says whether the plan is stale and whether the request is explored', () => {
    const stale = explain({ request: { atMs: NOON_AT_MS + 3_600_000 }, line: { fallbackShare: 0 } });
    assert.equal(stale.explanation.isFallback, true);
    assert.equal(stale.explanation.candidates[0]?.code, 'OUTBID');
    const explored = Array.from({ length: 40 }, (_, index) =>
      explain({ request: { requestId: `request-${index}` }, auction: { explorationShare: 0.2 } }),
    );
    for (const { awards, explanation } of explored)
      assert.equal(awards[0]?.code === 'EXPLORED', explanation.isExplored);
    assert(explored.some(({ explanation }) => explanation.isExplored));
  });

  it('has no candidates where the plan does not know the cell', () => {
    const { explanation } = explain({
      request: { segment: 'opera' },
      auction: { floors: [{ segment: 'opera', cpmMicros: 3 }] },
    });
    assert.deepEqual([explanation.candidates, explanation.floorCpmMicros], [[], 3]);
  });
});
