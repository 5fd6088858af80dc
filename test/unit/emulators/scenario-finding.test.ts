import assert from 'node:assert/strict';
import type { CampaignLine, DayReport } from '../../../emulators/day-report.ts';
import { findingOf, type Seen } from '../../../emulators/scenario-finding.ts';
import { type ScenarioName, scenarios } from '../../../emulators/world/scenarios.ts';
import { HOUR_MS, START_MS } from '../../support/instants.ts';

const points = (...accrued: number[]) =>
  accrued.map((accruedMicros, index) => ({ atMs: START_MS + index * HOUR_MS, plannedMicros: 0, accruedMicros }));
const line = (own: Partial<CampaignLine>): CampaignLine => ({
  campaignId: 'c1',
  tenantId: 't1',
  status: 'ended',
  budgetMicros: 100_000_000,
  spentMicros: 100_000_000,
  billedMicros: 100_000_000,
  leasedMicros: 0,
  accruedMicros: 100_000_000,
  overrunMicros: 0,
  impressions: 1,
  reach: 1,
  clicks: 1,
  series: [],
  ...own,
});
const totals = {
  campaigns: 10,
  refused: 4,
  counterOffered: 3,
  duplicatesAbsorbed: 77,
  overspendMicros: 0,
  budgetMicros: 200_000_000,
  billedMicros: 180_000_000,
} as DayReport['totals'];

function find(name: ScenarioName, campaigns: CampaignLine[] = [], own: Partial<Seen> = {}): string {
  return findingOf(name, {
    report: { campaigns, totals, yield: { worthMicros: 9, boundMicros: 10, share: 0.9 } } as unknown as DayReport,
    readings: { campaigns: [], paced: [], billed: [], scores: [] },
    played: { lateReports: 36, duplicates: 5, doubledTicks: 6 },
    population: { markets: ['SE', 'DE', 'BR'] },
    startAtMs: START_MS,
    ...own,
  });
}

describe('what was to be seen in a scenario', () => {
  it('steady: billed, pacing and yield', () => {
    const campaigns = [
      ...[0.1, 0.02, 0.3].map((pacingError) => line({ pacingError, billedMicros: 90_000_000 })),
      line({ billedMicros: 1, isCancelled: true }),
    ];
    assert.equal(
      find('steady', campaigns),
      '90.0% of the budgets that nobody cancelled billed, half of the campaigns within 10.0% of their plan, yield 90.0% of the hindsight bound',
    );
  });

  it('surge: how far ahead of plan campaigns ran in its hours alone', () => {
    const series = points(
      ...Array.from({ length: 24 }, (_, hour) => (hour >= 11 && hour <= 13 ? 5_000_000 : 50_000_000)),
    );
    assert.match(
      find('surge', [line({ series })]),
      /3 times the traffic .* at most 5\.0% of a budget ahead of plan, 5\.0%/,
    );
  });

  it('market-outage: late reports, and what was spent above leases', () => {
    assert.match(
      find('market-outage', [line({ overrunMicros: 1_500_000 })]),
      /^36 reports .* 1\.50 spent above a lease/,
    );
  });

  it('silent-ad-server: what it held, and when the last of it came back', () => {
    const held = (subcampaignId: string, hour: number, leasedMicros: number) => ({
      atMs: START_MS + hour * HOUR_MS,
      campaignId: 'c1',
      subcampaignId,
      accruedMicros: 0,
      leasedMicros,
    });
    const subcampaigns = ['s1', 's2'].map((subcampaignId, index) => ({
      subcampaignId,
      market: index === 0 ? 'SE' : 'DE',
    }));
    const readings = {
      campaigns: [{ campaignId: 'c1', subcampaigns }],
      paced: [
        held('s1', 1, 5),
        held('s1', 2, 0),
        held('s1', 3, 7),
        held('s1', 37, 0),
        held('s2', 39, 9),
        held('s2', 40, 0),
      ],
      billed: [],
      scores: [],
    } as unknown as Seen['readings'];
    const played = { lateReports: 0, duplicates: 0, doubledTicks: 0, silentMicros: 12_300_000 };
    assert.equal(
      find('silent-ad-server', [line({})], { readings, played }),
      '12.30 was held by its leases at the most, the last of it came back at 2026-03-03 13:00; 0.00 is still leased',
    );
    // What is held when its subcampaign ends comes back by that.
    const billed = [{ campaignId: 'c1', subcampaignId: 's1', billedMicros: 1, endedAtMs: START_MS + 38 * HOUR_MS }];
    const ended = { ...readings, paced: readings.paced.slice(0, 3), billed };
    assert.match(find('silent-ad-server', [line({})], { readings: ended, played }), /came back at 2026-03-03 14:00/);
    assert.match(
      find('silent-ad-server', [line({ leasedMicros: 3_000_000 })], { played }),
      /most; 3\.00 is still leased/,
    );
  });

  it('late-clicks: what was served above and left below budgets', () => {
    const campaigns = [line({ spentMicros: 104_000_000 }), line({ spentMicros: 90_000_000, billedMicros: 90_000_000 })];
    assert.match(find('late-clicks', campaigns), /above budgets 2\.0%, left unspent 5\.0%, billed over budget 0\.00/);
  });

  it('doubled-ticks: what came twice and what was absorbed', () => {
    assert.match(find('doubled-ticks'), /^6 ticks and 5 reports came twice, 77 copies/);
  });

  it('budget-cut: what could not be cut any more', () => {
    const campaigns = [
      { budgetMicros: 50_000_000, requestedMicros: 40_000_000 },
      { budgetMicros: 40_000_000, requestedMicros: 40_000_000 },
      { budgetMicros: 30_000_000, requestedMicros: 60_000_000 },
    ];
    const readings = { campaigns, paced: [], billed: [], scores: [] } as unknown as Seen['readings'];
    assert.match(find('budget-cut', [], { readings }), /^1 campaigns had more .* 10\.00 together; overspend 0\.00$/);
  });

  it('crowded-market: refusals and what would be accepted', () => {
    assert.match(find('crowded-market'), /^4 of 10 campaigns refused, 3 of them with what would be accepted; 90\.0%/);
  });

  it('new-market: its forecast beside those of the others', () => {
    const score = (market: string, factor: number) => ({ market, logError: Math.log(factor), isInside: true });
    const scores = [score('SE', 1.1), score('DE', 0.9), score('BR', 1.5)];
    const readings = { campaigns: [], paced: [], billed: [], scores };
    assert.match(
      find('new-market', [], { readings }),
      /^traffic of BR, forecast from 2 others, was 50\.0% off; .* 10\.0%$/,
    );
    assert.match(find('new-market'), /was - off/);
  });

  it('has words for every scenario where nothing happened', () => {
    for (const name of Object.keys(scenarios) as ScenarioName[])
      assert.doesNotMatch(find(name), /NaN|undefined|Infinity/);
  });
});
