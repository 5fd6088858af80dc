import assert from 'node:assert/strict';
import { makePlan } from '../../../shared/campaign/make-plan.ts';
import { serveEntries } from '../../../shared/campaign/serve-entries.ts';
import type { BookEntry, Market } from '../../../shared/contracts/documents.ts';
import { DEFAULT_AUCTION } from '../../../shared/contracts/serving.ts';
import { encodeInstants } from '../../../shared/contracts/instants.ts';
import * as validators from '../../../shared/contracts/validators.generated.js';
import { GUARANTEE_WORTH } from '../../../shared/planning/guarantee-worth.ts';
import { entry, lease } from '../../support/entries.ts';
import { DAY_MS, HOUR_MS, START_MS, TICK_MS, slotAt } from '../../support/instants.ts';
import { cell, market, supplyDay } from '../../support/markets.ts';

function plan(entries: BookEntry[], supply = supplyDay(), atMs = START_MS, own: Partial<Market> = {}) {
  const made = makePlan({
    market: market({ planVersion: 7, ...own }),
    entries,
    served: serveEntries(entries, market(own), new Map([[supply.day, supply]]), atMs),
    supply,
    slot: slotAt(atMs),
    tickIntervalMs: TICK_MS,
  });
  assert(validators.plan(encodeInstants(made)), JSON.stringify(validators.plan.errors));
  return made;
}

describe('making a plan', () => {
  it('names its versions, its time, and the response of every cell', () => {
    const made = plan([]);
    assert.deepEqual(
      [made.planVersion, made.supplyVersion, made.publishedAtMs, made.validUntilAtMs],
      [7, 1, START_MS, START_MS + 6 * TICK_MS],
    );
    assert.deepEqual(made.response, [{ segment: 'casual', surface: 'home', clickPpm: 20_000 }]);
  });

  it('tells ad servers how to auction, and nothing that is only for bookings', () => {
    const own = {
      ...DEFAULT_AUCTION,
      version: 4,
      houseCpmMicros: 7,
      clickFloorMicros: 50_000,
      creatives: [],
      overrides: [],
    };
    const { auction } = plan([], supplyDay(), START_MS, { serving: own });
    assert.deepEqual(auction, { ...DEFAULT_AUCTION, version: 4, houseCpmMicros: 7 });
  });

  it('shows a line with its targeting, its open leases and its share', () => {
    // In the first five minutes there are 100,000 / 16 / 12 opportunities of 0.01 each: 5.2 units.
    const wantedMicros = 300_000;
    const held = lease({ grantedMicros: 6 * wantedMicros });
    const [line, ...others] = plan([
      entry({ leases: [held, lease({ group: 'g2', chargedMicros: 10_000_000 })] }),
    ]).lines;
    assert.equal(others.length, 0);
    assert.deepEqual(line, {
      campaignId: 'c1',
      subcampaignId: 's1',
      segments: ['casual'],
      surfaces: ['home'],
      startAtMs: START_MS,
      endAtMs: START_MS + 2 * DAY_MS,
      clickPriceMicros: 500_000,
      // At this price it is worth twice as much as the house's own ad.
      price: Math.round((1 - 2 / (100 * GUARANTEE_WORTH)) * 1e8) / 1e8,
      worth: GUARANTEE_WORTH,
      fallbackShare: 0.0576,
      leases: [
        { group: 'g1', grantedMicros: 6 * wantedMicros, returnedMicros: 0, spendUntilAtMs: held.spendUntilAtMs },
      ],
    });
  });

  it('tells ad servers to whom a line may be shown, and nothing of how it is paced', () => {
    const terms = {
      isAuctioned: true as const,
      artistId: 'a1',
      releaseId: 'r1',
      perListenerDay: 1,
      perListenerFlight: 2,
      isFullScreen: true as const,
      isExplicit: true as const,
      minimumAge: 18,
    };
    const [line] = plan([entry({ ...terms, pacing: 'asap', dailyCapMicros: 50_000_000, leases: [lease()] })]).lines;
    assert.partialDeepStrictEqual(line, terms);
    for (const name of ['pacing', 'dailyCapMicros', 'creativeId']) assert(!(name in (line ?? {})), name);
  });

  it('carries how the market is auctioned, and shows no line that an operator froze or has not approved', () => {
    const word = { campaignId: 'c2', kind: 'freeze' as const, untilAtMs: START_MS + 1, reason: 'a complaint' };
    const auction = {
      ...DEFAULT_AUCTION,
      version: 4,
      pricing: 'first' as const,
      houseCpmMicros: 9,
      explorationShare: 0.01,
    };
    const serving = { ...auction, creatives: [{ creativeId: 'v1', status: 'pending' as const }], overrides: [word] };
    const leases = [lease()];
    const made = plan(
      [entry({ leases }), entry({ campaignId: 'c2', leases }), entry({ campaignId: 'c3', creativeId: 'v1', leases })],
      supplyDay(),
      START_MS,
      { serving },
    );
    assert.deepEqual(made.auction, auction);
    assert.deepEqual(
      made.lines.map(({ campaignId }) => campaignId),
      ['c1'],
    );
  });

  const hidden = [
    { name: 'paused', own: { status: 'paused' as const, leases: [lease()] } },
    { name: 'stopped on an overrun', own: { status: 'overrun' as const, leases: [lease()] } },
    { name: 'closing', own: { status: 'closing' as const, leases: [lease()] } },
    { name: 'over', own: { endAtMs: START_MS, leases: [lease()] } },
    { name: 'without an open lease', own: { leases: [lease({ chargedMicros: 10_000_000 })] } },
  ];
  for (const { name, own } of hidden) {
    it(`shows no line that is ${name}`, () => assert.deepEqual(plan([entry(own)]).lines, []));
  }

  it('shows no lease that its group gave back, and wants nothing of one that is over', () => {
    const held = [lease({ closingMicros: 5 }), lease({ group: 'g2', spendUntilAtMs: START_MS })];
    const [line] = plan([entry({ leases: held })]).lines;
    assert.deepEqual([line?.leases.map(({ group }) => group), line?.fallbackShare], [['g2'], line?.fallbackShare]);
    assert.equal(plan([entry({ leases: [lease({ spendUntilAtMs: START_MS })] })]).lines[0]?.fallbackShare, 0);
  });

  it('never allocates more than a cell has', () => {
    const supply = supplyDay(START_MS, { cells: [cell(), cell({ segment: 'fan' })] });
    const entries = Array.from({ length: 30 }, (_, index) =>
      entry({
        campaignId: `c${index}`,
        segments: index % 2 ? ['casual', 'fan'] : ['fan'],
        leases: [lease({ grantedMicros: 1_000_000 * (index + 1) })],
      }),
    );
    for (const atMs of [START_MS, START_MS + 20 * HOUR_MS]) {
      const { lines } = plan(
        entries.map((one) => ({ ...one, leases: [lease({ spendUntilAtMs: atMs + TICK_MS })] })),
        supply,
        atMs,
      );
      for (const segment of ['casual', 'fan']) {
        const sum = lines
          .filter((line) => line.segments.includes(segment))
          .reduce((total, line) => total + line.fallbackShare, 0);
        assert(sum > 0.4 && sum <= 1, `${segment}: ${sum}`);
      }
    }
  });
});
