import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compilePlan } from '../../../shared/auction/compile-plan.ts';
import { decideOpportunity } from '../../../shared/auction/decide-opportunity.ts';
import { drawKey, drawShare, keyedDraw, type DrawKey } from '../../../shared/auction/keyed-draw.ts';
import type { AwardCode, Decision, DecisionRequest } from '../../../shared/contracts/decision.ts';
import type { Plan } from '../../../shared/contracts/plan.ts';
import type { AuctionSettings } from '../../../shared/contracts/serving.ts';
import { awardsOf, type Draws } from './decision-oracle.ts';
import { GROUPS, randomPlan, randomRequest } from './random-plans.ts';
import { NOON_AT_MS, smallLine, smallPlan, smallRequest } from './small-plans.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

function decide(plan: Plan, request: DecisionRequest, group = 'north'): Decision {
  return decideOpportunity(compilePlan(plan, 'hash', group), request);
}

function drawsOf({ listener, atMs, requestId }: DecisionRequest): Draws {
  const listenerDay = drawKey(listener.id, Math.floor(atMs / 86_400_000));
  const share = (key: DrawKey, other: string) => {
    const { low, high } = drawKey(other);
    return drawShare(keyedDraw(key, low, high));
  };
  return {
    ofLine: ({ campaignId, subcampaignId }) => share(listenerDay, `${campaignId}/${subcampaignId}`),
    fallback: share(listenerDay, 'fallback'),
    house: share(listenerDay, 'house'),
    explore: share(drawKey(requestId), 'explore'),
    lot: share(drawKey(requestId), 'lot'),
  };
}

function offer(offerId: string, cpmMicros: number, buyer = 'acme') {
  return { offerId, buyer, cpmMicros };
}

describe('a decision', () => {
  it('is what the rules say, plainly read', () => {
    const awarded = new Map<AwardCode, number>();
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = randomPlan(seed);
        for (const group of GROUPS) {
          const compiled = compilePlan(plan, 'hash', group);
          for (let index = 0; index < 5; index++) {
            const request = randomRequest(plan, seed + index);
            const { awards } = decideOpportunity(compiled, request);
            for (const { code } of awards) awarded.set(code, (awarded.get(code) ?? 0) + 1);
            assert.deepEqual(awards, awardsOf({ plan, request, group, draws: drawsOf(request) }));
          }
        }
      }),
      { seed: 4, numRuns: 600 },
    );
    for (const code of ['WORTH_MOST', 'OFFER_WORTH_MOST', 'EXPLORED', 'FALLBACK', 'HOUSE'] as const) {
      assert((awarded.get(code) ?? 0) >= 20, `${code} was seen ${awarded.get(code)} times`);
    }
  });

  it('is the same, bit for bit, when plan and request were JSON, offers are in another order, and others were decided before', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = randomPlan(seed);
        const warm = compilePlan(plan, 'hash', 'north');
        for (let index = 0; index < 5; index++) {
          const request: DecisionRequest = { ...randomRequest(plan, seed + index), explain: true };
          const asked = JSON.stringify(decideOpportunity(warm, request));
          const again = JSON.parse(JSON.stringify({ plan, request })) as { plan: Plan; request: DecisionRequest };
          assert.equal(JSON.stringify(decide(again.plan, again.request)), asked);
          const turned = { ...request, offers: request.offers?.toReversed() ?? [] };
          assert.deepEqual(decideOpportunity(warm, turned).awards, (JSON.parse(asked) as Decision).awards);
          const { explain: _explain, ...short } = request;
          assert.deepEqual(decideOpportunity(warm, short).awards, (JSON.parse(asked) as Decision).awards);
        }
      }),
    );
  });

  it('is the same for two groups with the same leases', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = randomPlan(seed);
        for (const line of plan.lines) {
          line.leases = line.leases.filter(({ group }) => group === 'north');
          line.leases.push(...line.leases.map((lease) => ({ ...lease, group: 'south' })));
        }
        const request: DecisionRequest = { ...randomRequest(plan, seed), explain: true };
        assert.deepEqual(decide(plan, request, 'south'), decide(plan, request, 'north'));
      }),
    );
  });

  it('takes spent leases from the request or from the server, as one', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = randomPlan(seed);
        const request = randomRequest(plan, seed);
        const { spent = [], ...rest } = request;
        const isSpent = Uint8Array.from(plan.lines, ({ campaignId, subcampaignId }) =>
          Number(spent.some((one) => one.campaignId === campaignId && one.subcampaignId === subcampaignId)),
        );
        const compiled = compilePlan(plan, 'hash', 'north');
        assert.deepEqual(decideOpportunity(compiled, rest, isSpent), decideOpportunity(compiled, request));
      }),
    );
  });

  it('never charges more at second price than at first, and no click for more than the line bids', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = randomPlan(seed);
        const request = { ...randomRequest(plan, seed), slots: 1 };
        const priced = (pricing: AuctionSettings['pricing']) =>
          decide({ ...plan, auction: { ...plan.auction, pricing } }, request).awards[0] ?? { code: 'HOUSE' as const };
        const [first, second] = [priced('first'), priced('second')];
        assert.equal(second.offerId, first.offerId);
        assert.equal(second.subcampaignId, first.subcampaignId);
        for (const field of ['chargeMicros', 'clickPriceMicros', 'cpmMicros'] as const) {
          assert((second[field] ?? 0) <= (first[field] ?? 0), `${field}: ${second[field]} above ${first[field]}`);
        }
      }),
    );
  });

  it('never sells an impression below its floor, to a line or to an offer', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = randomPlan(seed);
        const request: DecisionRequest = { ...randomRequest(plan, seed), explain: true };
        const { awards, explanation } = decide(plan, request);
        const floor = explanation?.floorCpmMicros ?? 0;
        for (const [slot, award] of awards.entries()) {
          if (award.cpmMicros !== undefined) assert(award.cpmMicros >= floor);
          const line = explanation?.candidates.find(
            ({ campaignId, subcampaignId }) => campaignId === award.campaignId && subcampaignId === award.subcampaignId,
          );
          if (line) assert(line.netWorthMicros * (plan.auction.positions[slot] ?? 0) >= floor / 1000);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a slot', () => {
  it('goes to the line that is worth most, at its expected cost', () => {
    const plan = smallPlan([smallLine('c1', { price: 0.2 }), smallLine('c2'), smallLine('c3', { worth: 0.5 })]);
    assert.deepEqual(decide(plan, smallRequest({}, { responseMultiplier: 1.5 })), {
      requestId: 'request-1',
      planVersion: 7,
      awards: [
        { code: 'WORTH_MOST', campaignId: 'c2', subcampaignId: 's1', chargeMicros: 7_500, clickPriceMicros: 250_000 },
      ],
    });
  });

  it('goes to an offer that is as good, by the thousand, and to the line that is better by a micro', () => {
    const plan = smallPlan([smallLine('c1')]);
    const with5000 = decide(plan, smallRequest({ offers: [offer('o1', 5_000_000)] }));
    assert.deepEqual(with5000.awards, [{ code: 'OFFER_WORTH_MOST', offerId: 'o1', cpmMicros: 5_000_000 }]);
    assert.equal(decide(plan, smallRequest({ offers: [offer('o1', 4_999_999)] })).awards[0]?.campaignId, 'c1');
  });

  it('goes to the house without lines and offers, and below the floor', () => {
    const house = [{ code: 'HOUSE' }];
    assert.deepEqual(decide(smallPlan([]), smallRequest()).awards, house);
    assert.deepEqual(decide(smallPlan([]), smallRequest({ offers: [] })).awards, house);
    const dear = smallPlan([smallLine('c1')], { floors: [{ cpmMicros: 5_000_001 }] });
    assert.deepEqual(decide(dear, smallRequest({ offers: [offer('o1', 5_000_000)] })).awards, house);
  });

  it('goes to no line without net worth: no clicks, no worth, no response, or a price of all of it', () => {
    const line = smallLine('c1');
    const without = [
      { ...smallPlan([line]), response: [{ segment: 'rock', surface: 'home', clickPpm: 0 }] },
      smallPlan([{ ...line, worth: 0 }]),
      smallPlan([{ ...line, price: 1 }]),
    ];
    for (const plan of without) assert.deepEqual(decide(plan, smallRequest()).awards, [{ code: 'HOUSE' }]);
    const deaf = smallRequest({ offers: [offer('o1', 0)] }, { responseMultiplier: 0 });
    assert.deepEqual(decide(smallPlan([line]), deaf).awards, [
      { code: 'OFFER_WORTH_MOST', offerId: 'o1', cpmMicros: 0 },
    ]);
  });

  it('of a cell that the plan does not know goes to an offer above the floor or to the house', () => {
    const plan = smallPlan([smallLine('c1', { segments: ['rock', 'opera'] })], {
      floors: [{ segment: 'opera', cpmMicros: 1_000 }],
    });
    for (const cell of [{ segment: 'opera' }, { surface: 'radio', segment: 'opera' }]) {
      assert.deepEqual(decide(plan, smallRequest(cell)).awards, [{ code: 'HOUSE' }]);
      const awards = decide(plan, smallRequest({ ...cell, offers: [offer('o1', 1_000), offer('o2', 999)] })).awards;
      assert.deepEqual(awards, [{ code: 'OFFER_WORTH_MOST', offerId: 'o1', cpmMicros: 1_000 }]);
    }
    assert.deepEqual(decide({ ...plan, response: [] }, smallRequest()).awards, [{ code: 'HOUSE' }]);
  });

  it('charges at least a micro, and never more than an amount may be', () => {
    const cheap = decide(smallPlan([smallLine('c1', { clickPriceMicros: 1 })]), smallRequest());
    assert.equal(cheap.awards[0]?.chargeMicros, 1);
    const most = Number.MAX_SAFE_INTEGER;
    const dear = decide(
      smallPlan([smallLine('c1', { clickPriceMicros: most })]),
      smallRequest({}, { responseMultiplier: 1000 }),
    );
    assert.equal(dear.awards[0]?.chargeMicros, most);
  });

  it('refuses a request for another market or another plan', () => {
    const plan = smallPlan([]);
    assert.throws(() => decide(plan, smallRequest({ market: 'NO' })), /the plan is of market SE, the request of NO/);
    assert.throws(
      () => decide(plan, smallRequest({ planHash: 'other' })),
      /the plan is hash, the request asks for other/,
    );
    assert.equal(decide(plan, smallRequest({ planHash: 'hash' })).awards.length, 1);
  });
});

describe('slots of one request', () => {
  const three = { slots: 3 };
  const positions = [1, 0.5, 0.25];

  it('go one after the other to what is worth most of the rest, at what their position is worth', () => {
    const lines = [smallLine('c1', { worth: 1 }), smallLine('c2', { worth: 4 }), smallLine('c3', { worth: 2 })];
    const { awards } = decide(smallPlan(lines, { positions }), smallRequest(three));
    assert.deepEqual(
      awards.map(({ campaignId, chargeMicros }) => [campaignId, chargeMicros]),
      [
        ['c2', 5_000],
        ['c3', 2_500],
        ['c1', 1_250],
      ],
    );
  });

  it('beyond the positions are for the house, and a position of nothing is for offers', () => {
    const lines = [smallLine('c1'), smallLine('c2')];
    assert.deepEqual(
      decide(smallPlan(lines), smallRequest(three)).awards.map(({ code }) => code),
      ['WORTH_MOST', 'HOUSE', 'HOUSE'],
    );
    const nothing = smallRequest({ slots: 2, offers: [offer('o1', 1), offer('o2', 1)] });
    assert.deepEqual(
      decide(smallPlan(lines, { positions: [0, 0] }), nothing).awards.map(({ offerId }) => offerId),
      ['o1', 'o2'],
    );
  });

  it('show a campaign, an artist and a release once, and full-screen ads up to their cap', () => {
    const pairs: { second: Partial<Parameters<typeof smallLine>[1]>; code: string }[] = [
      { second: { campaignId: 'c1', subcampaignId: 's2' }, code: 'FREQUENCY_CAP' },
      { second: { releaseId: 'r1' }, code: 'RELEASE_SEEN' },
      { second: { isFullScreen: true }, code: 'FULL_SCREEN_CAP' },
      { second: { artistId: 'a1' }, code: 'SAME_ARTIST' },
    ];
    for (const { second, code } of pairs) {
      const first = smallLine('c1', { worth: 4, releaseId: 'r1', artistId: 'a1', isFullScreen: true });
      const plan = smallPlan([first, smallLine('c2', { ...second, worth: 2 }), smallLine('c3')], {
        positions,
        fullScreenPerDay: 1,
      });
      const { awards, explanation } = decide(plan, smallRequest({ slots: 2, explain: true }));
      assert.deepEqual(
        awards.map(({ campaignId }) => campaignId),
        ['c1', 'c3'],
        code,
      );
      assert.equal(explanation?.candidates[1]?.code, code);
    }
  });

  it('may repeat an artist where nothing keeps them apart', () => {
    const lines = [smallLine('c1', { artistId: 'a1' }), smallLine('c2', { artistId: 'a1' })];
    const { awards } = decide(smallPlan(lines, { positions, artistSeparation: 0 }), smallRequest({ slots: 2 }));
    assert(awards.every(({ code }) => code === 'WORTH_MOST'));
  });
});

describe('the second price', () => {
  const bid = { isAuctioned: true as const, clickPriceMicros: 300_000 };

  it('of an auctioned line is the least that still outbids the best offer, rounded up', () => {
    const plan = smallPlan([smallLine('c1', bid)]);
    const award = decide(plan, smallRequest({ offers: [offer('o1', 4_000_000)] })).awards[0];
    assert.equal(award?.clickPriceMicros, 200_001);
    assert.equal(award.chargeMicros, 4_000);
  });

  it('of an auctioned line is the least that still reaches the floor, and a micro where nobody else wants it', () => {
    const floors = [{ cpmMicros: 4_000_000 }];
    assert.equal(
      decide(smallPlan([smallLine('c1', bid)], { floors }), smallRequest()).awards[0]?.clickPriceMicros,
      200_000,
    );
    assert.equal(decide(smallPlan([smallLine('c1', bid)]), smallRequest()).awards[0]?.clickPriceMicros, 1);
  });

  it('of an auctioned line is set by the next line, as drawn', () => {
    const plan = smallPlan([smallLine('c1', bid), smallLine('c2', { clickPriceMicros: 200_000 })]);
    const { awards, explanation } = decide(plan, smallRequest({ explain: true }));
    const [won, next] = explanation?.candidates ?? [];
    assert(won && next);
    assert.equal(awards[0]?.clickPriceMicros, Math.ceil((300_000 * next.score) / won.score));
  });

  it('is no matter of guaranteed lines, nor where first prices hold', () => {
    const guaranteed = decide(smallPlan([smallLine('c1')]), smallRequest());
    assert.equal(guaranteed.awards[0]?.clickPriceMicros, 250_000);
    const first = smallPlan([smallLine('c1', bid)], { pricing: 'first' });
    assert.equal(decide(first, smallRequest()).awards[0]?.clickPriceMicros, 300_000);
    assert.deepEqual(decide(first, smallRequest({ offers: [offer('o1', 9_000_000), offer('o2', 1)] })).awards[0], {
      code: 'OFFER_WORTH_MOST',
      offerId: 'o1',
      cpmMicros: 9_000_000,
    });
  });

  it('of an offer is set by the next offer, the line that was drawn and the floor', () => {
    const cpmOf = (auction: Partial<AuctionSettings>, lines: string[], ...others: ReturnType<typeof offer>[]) => {
      const plan = smallPlan(
        lines.map((name) => smallLine(name)),
        auction,
      );
      return decide(plan, smallRequest({ offers: [offer('o2', 9_000_000), ...others] })).awards[0]?.cpmMicros;
    };
    assert.equal(cpmOf({}, []), 0);
    assert.equal(cpmOf({}, [], offer('o3', 8_000_000)), 8_000_000);
    assert.equal(cpmOf({}, [], offer('o1', 8_000_000)), 8_000_001);
    assert.equal(cpmOf({}, ['c1'], offer('o3', 4_000_000)), 5_000_000);
    assert.equal(cpmOf({ floors: [{ cpmMicros: 7_000_000 }] }, ['c1'], offer('o3', 6_000_000)), 7_000_000);
  });

  it('of an adjusted offer is what it would have had to bid, never above its bid nor below the floor', () => {
    const next = offer('o3', 4_000_000, 'brio');
    const cpmOf = (kind: 'multiplier' | 'cpm' | 'static', value: number, floorCpm = 0) => {
      const adjustments = [{ buyer: 'acme', kind, value }];
      const plan = smallPlan([], { adjustments, floors: [{ cpmMicros: floorCpm }] });
      const award = decide(plan, smallRequest({ offers: [offer('o2', 5_000_000), next] })).awards[0];
      return award?.offerId === 'o2' ? award.cpmMicros : award?.offerId;
    };
    assert.equal(cpmOf('multiplier', 2), 2_000_000);
    assert.equal(cpmOf('multiplier', 2, 3_000_000), 3_000_000);
    assert.equal(cpmOf('multiplier', 0), 'o3');
    assert.equal(cpmOf('static', 1_500_000), 2_500_000);
    assert.equal(cpmOf('static', 9_000_000), 0);
    assert.equal(cpmOf('cpm', 7_000_000), 4_000_000);
    assert.equal(cpmOf('cpm', 3_000_000), 'o3');
    // It counts enough, but what it pays would be below the floor.
    assert.equal(cpmOf('multiplier', 2, 5_000_001), undefined);
  });
});

describe('under a stale plan', () => {
  const stale = NOON_AT_MS + 3_600_000;
  const listeners = Array.from({ length: 4_000 }, (_, index) => `listener-${index}`);

  function countWinners(plan: Plan, fields: Partial<DecisionRequest> = {}): Record<string, number> {
    const compiled = compilePlan(plan, 'hash', 'north');
    const counts: Record<string, number> = {};
    for (const id of listeners) {
      const award = decideOpportunity(compiled, smallRequest({ atMs: stale, ...fields }, { id })).awards[0];
      const name = award?.campaignId ?? award?.offerId ?? 'house';
      assert.equal(award?.code === 'FALLBACK', award?.campaignId !== undefined);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  function assertShares(counts: Record<string, number>, shares: Record<string, number>): void {
    assert.deepEqual(Object.keys(counts).sort(), Object.keys(shares).sort());
    for (const [name, share] of Object.entries(shares)) {
      const margin = 5 * Math.sqrt((share * (1 - share)) / listeners.length);
      assert(Math.abs((counts[name] as number) / listeners.length - share) <= margin, `${name}: ${counts[name]}`);
    }
  }

  it('lines have their fallback shares whatever they are worth, offers and the house the rest', () => {
    const plan = smallPlan([
      smallLine('c1', { fallbackShare: 0.1, price: 0.9 }),
      smallLine('c2', { fallbackShare: 0.3 }),
      smallLine('c3'),
    ]);
    assertShares(countWinners(plan), { c1: 0.1, c2: 0.3, house: 0.6 });
    assertShares(countWinners(plan, { offers: [offer('o1', 9e9)] }), { c1: 0.1, c2: 0.3, o1: 0.6 });
  });

  it('what a line may not have goes to no other line', () => {
    const plan = smallPlan([
      smallLine('c1', { fallbackShare: 0.2, leases: [] }),
      smallLine('c2', { fallbackShare: 0.3 }),
      smallLine('c3', { fallbackShare: 0.25, worth: 0 }),
    ]);
    assertShares(countWinners(plan), { c2: 0.3, house: 0.7 });
    const spent = [{ campaignId: 'c2', subcampaignId: 's1' }];
    assert.deepEqual(countWinners(plan, { spent }), { house: listeners.length });
  });

  it('a listener has the same line all day, and the first slot alone goes by shares', () => {
    const plan = smallPlan([smallLine('c1', { fallbackShare: 0.5 }), smallLine('c2', { fallbackShare: 0.5 })], {
      positions: [1, 1],
      explorationShare: 0.2,
    });
    for (const id of listeners.slice(0, 50)) {
      const [one, other] = [stale, stale + 1_000].map((atMs) =>
        decide(plan, smallRequest({ atMs, slots: 2, requestId: `r-${atMs}` }, { id })),
      );
      assert.deepEqual(one?.awards, other?.awards);
      assert.deepEqual(
        one?.awards.map(({ code }) => code),
        ['FALLBACK', 'HOUSE'],
      );
    }
  });

  it('an auctioned line pays what outbids the offer and the floor, as far as it bids', () => {
    const line = smallLine('c1', { fallbackShare: 1, isAuctioned: true });
    const plan = smallPlan([line, smallLine('c2', { worth: 3 })], { floors: [{ cpmMicros: 1_000_000 }] });
    const priceOf = (cpmMicros: number) =>
      decide(plan, smallRequest({ atMs: stale, offers: [offer('o1', cpmMicros)] })).awards[0]?.clickPriceMicros;
    assert.deepEqual([priceOf(0), priceOf(4_000_000), priceOf(9_000_000)], [50_000, 200_001, 250_000]);
  });
});

describe('exploration', () => {
  const lines = [smallLine('c1'), smallLine('c2', { price: 0.5 }), smallLine('c3', { price: 0.999 })];

  function explored(plan: Plan, fields: Partial<DecisionRequest> = {}): Map<string, number> {
    const compiled = compilePlan(plan, 'hash', 'north');
    const counts = new Map<string, number>();
    for (let index = 0; index < 5_000; index++) {
      const request = smallRequest({ requestId: `request-${index}`, ...fields });
      const award = decideOpportunity(compiled, request).awards[0];
      const name = award?.code === 'EXPLORED' ? (award.campaignId as string) : (award?.code as string);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  it('gives its share of requests to the lines by lot, whatever they are worth and offers count', () => {
    const counts = explored(smallPlan(lines, { explorationShare: 0.2 }), { offers: [offer('o1', 9e9)] });
    assert.deepEqual([...counts.keys()].sort(), ['OFFER_WORTH_MOST', 'c1', 'c2', 'c3']);
    for (const name of ['c1', 'c2', 'c3']) {
      // A fifteenth, give or take five standard deviations.
      assert(Math.abs((counts.get(name) as number) - 333) <= 5 * Math.sqrt(5_000 / 15), `${name}: ${counts.get(name)}`);
    }
  });

  it('keeps to floors, caps and leases, and is off by itself', () => {
    const floors = [{ cpmMicros: 1_000 * 6 }];
    const plan = smallPlan([...lines, smallLine('c4', { leases: [] })], { explorationShare: 0.2, floors });
    const spent = [{ campaignId: 'c1', subcampaignId: 's1' }];
    assert.deepEqual([...explored(plan, { spent }).keys()].sort(), ['WORTH_MOST', 'c2']);
    assert.deepEqual([...explored(smallPlan(lines)).keys()], ['WORTH_MOST']);
    assert.deepEqual([...explored(smallPlan([], { explorationShare: 0.2 })).keys()], ['HOUSE']);
  });
});
