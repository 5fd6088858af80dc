import assert from 'node:assert/strict';
import { compilePlan } from '../../../shared/auction/compile-plan.ts';
import { decideOpportunity } from '../../../shared/auction/decide-opportunity.ts';
import type { DecisionRequest } from '../../../shared/contracts/decision.ts';
import type { Plan, PlanLine } from '../../../shared/contracts/plan.ts';
import { DEFAULT_AUCTION } from '../../../shared/contracts/serving.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';

/** A line of 10,000 micros an impression beside a house that is worth 100. */
function planOf(own: Partial<PlanLine>): Plan {
  const line: PlanLine = {
    campaignId: 'c1',
    subcampaignId: 's1',
    segments: ['casual'],
    surfaces: ['home'],
    startAtMs: START_MS,
    endAtMs: START_MS + 9 * DAY_MS,
    clickPriceMicros: 500_000,
    price: 0,
    worth: 1,
    fallbackShare: 0.3,
    leases: [{ group: 'g1', grantedMicros: 1e9, returnedMicros: 0, spendUntilAtMs: START_MS + 9 * DAY_MS }],
    ...own,
  };
  return {
    schemaVersion: 1,
    market: 'SE',
    planVersion: 1,
    supplyVersion: 1,
    slot: 1,
    publishedAtMs: START_MS,
    validUntilAtMs: START_MS + 9 * DAY_MS,
    auction: { ...DEFAULT_AUCTION, houseCpmMicros: 100_000 },
    response: [{ segment: 'casual', surface: 'home', clickPpm: 20_000 }],
    lines: [line],
  };
}

function requestOf(listener: number, own: Partial<DecisionRequest> = {}): DecisionRequest {
  const id = `l${listener}`;
  const cell = { market: 'SE', segment: 'casual', surface: 'home' };
  return { requestId: `r${listener}`, ...cell, atMs: START_MS, listener: { id }, ...own };
}

const LISTENERS = 4000;

/** The share of listeners that the line is shown to. */
function shareShown(own: Partial<PlanLine>): number {
  const plan = compilePlan(planOf(own), 'h', 'g1');
  const all = Array.from({ length: LISTENERS }, (_, listener) => decideOpportunity(plan, requestOf(listener)));
  return all.filter(({ awards }) => awards[0]?.code === 'WORTH_MOST').length / LISTENERS;
}

describe('a line and the house', () => {
  it('gives a lone line everything while it is worth more, nothing while it is worth less, and half where they are equal', () => {
    assert.equal(shareShown({ price: 0.98 }), 1);
    assert.equal(shareShown({ price: 0.995 }), 0);
    assert(Math.abs(shareShown({ price: 0.99 }) - 0.5) < 0.03);
  });

  it('gives it less the higher its price, a little at a time, so that a price alone can pace it', () => {
    const shares = [0.9892, 0.9896, 0.99, 0.9904, 0.9908].map((price) => shareShown({ price }));
    for (const [index, share] of shares.entries()) {
      const [before = 1] = shares.slice(Math.max(0, index - 1));
      assert(share > 0 && share < 1 && share <= before, shares.join(' '));
    }
  });

  it('draws once for a listener and a day, not for each request', () => {
    const plan = compilePlan(planOf({ price: 0.99 }), 'h', 'g1');
    const codes = (atMs: number) =>
      Array.from(
        { length: 50 },
        (_, listener) => decideOpportunity(plan, requestOf(listener, { atMs })).awards[0]?.code,
      );
    assert.deepEqual(codes(START_MS + DAY_MS - 1), codes(START_MS));
    assert.notDeepEqual(codes(START_MS + DAY_MS), codes(START_MS));
  });

  it('leaves to offers what the line is not shown to', () => {
    const plan = compilePlan(planOf({ price: 0.995 }), 'h', 'g1');
    const offers = [{ offerId: 'o1', buyer: 'b1', cpmMicros: 5 }];
    const [award] = decideOpportunity(plan, requestOf(1, { offers })).awards;
    assert.equal(award?.code, 'OFFER_WORTH_MOST');
  });

  it('has a bidder pay the least click price that still beats it', () => {
    const plan = planOf({ isAuctioned: true });
    const [award] = decideOpportunity(compilePlan(plan, 'h', 'g1'), requestOf(1)).awards;
    const paid = award?.clickPriceMicros as number;
    assert(paid > 4_000 && paid < 6_000, String(paid));
    const at = (clickPriceMicros: number) => {
      const line = { ...(plan.lines[0] as PlanLine), clickPriceMicros };
      return decideOpportunity(compilePlan({ ...plan, lines: [line] }, 'h', 'g1'), requestOf(1)).awards[0]?.code;
    };
    assert.deepEqual([at(paid), at(paid - 1)], ['WORTH_MOST', 'HOUSE']);
  });

  it('does not stand in the way of a stale plan', () => {
    const plan = { ...planOf({ price: 0.999, fallbackShare: 1 }), validUntilAtMs: START_MS };
    assert.equal(decideOpportunity(compilePlan(plan, 'h', 'g1'), requestOf(1)).awards[0]?.code, 'FALLBACK');
  });
});
