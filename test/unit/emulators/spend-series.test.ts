import assert from 'node:assert/strict';
import { pacingError, sparkline, spendSeries, type SpendPoint } from '../../../emulators/spend-series.ts';
import { spendChart, spendOverview } from '../../../emulators/spend-chart.ts';
import { builtInProfiles } from '../../../emulators/world/market-profile.ts';
import { createPopulation } from '../../../emulators/world/population.ts';
import type { Campaign } from '../../../shared/contracts/documents.ts';
import { HOUR_MS, START_MS, TICK_MS } from '../../support/instants.ts';

const population = createPopulation({ seed: 1, profiles: builtInProfiles(1) });

function campaignOf(own: Partial<Campaign['subcampaigns'][number]> = {}): Campaign {
  return {
    schemaVersion: 1,
    tenantId: 't1',
    campaignId: 'c1',
    status: 'ended',
    budgetVersion: 0,
    statusVersion: 0,
    splitVersion: 1,
    terms: {
      currency: 'EUR',
      objective: 'clicks',
      ifShort: 'refuse',
      startAtMs: START_MS,
      endAtMs: START_MS + 24 * HOUR_MS,
    },
    requestedMicros: 1_000_000,
    budgetMicros: 1_000_000,
    escrowMicros: 0,
    subcampaigns: [
      {
        subcampaignId: 's1',
        market: population.markets[0] as string,
        page: 'p00',
        segments: ['casual'],
        surfaces: ['home'],
        clickPriceMicros: 500_000,
        weightMicros: 1,
        medianMicros: 1,
        trafficByDay: [1],
        budgetMicros: 1_000_000,
        status: 'ended',
        spentMicros: 0,
        inFlightMicros: 0,
        leasedMicros: 0,
        overrunMicros: 0,
        impressions: 0,
        clicks: 0,
        conversions: 0,
        ...own,
      },
    ],
  };
}

const row = (hour: number, accruedMicros: number) => ({
  atMs: START_MS + hour * HOUR_MS,
  campaignId: 'c1',
  subcampaignId: 's1',
  accruedMicros,
  leasedMicros: 0,
});

const pointsOf = (...deviations: number[]): SpendPoint[] =>
  deviations.map((accruedMicros, index) => ({ atMs: START_MS + index * HOUR_MS, plannedMicros: 0, accruedMicros }));

describe('spend beside the plan', () => {
  it('goes from nothing to the budget along the traffic, and remembers what was paced last', () => {
    const series = spendSeries(campaignOf(), [row(1, 100), row(20, 900_000)], population, TICK_MS);
    assert.equal(series.length, 25);
    assert.deepEqual([series[0]?.plannedMicros, series.at(-1)?.plannedMicros], [0, 1_000_000]);
    const planned = series.map(({ plannedMicros }) => plannedMicros);
    assert.deepEqual(
      planned,
      [...planned].sort((a, b) => a - b),
    );
    assert.deepEqual(
      [series[0], series[1], series[19], series[24]].map((point) => point?.accruedMicros),
      [0, 100, 100, 900_000],
    );
  });

  it('follows the curve that was ordered', () => {
    const half = (own: Parameters<typeof campaignOf>[0]) =>
      spendSeries(campaignOf(own), [row(1, 1)], population, TICK_MS)[12]?.plannedMicros ?? 0;
    assert(half({ pacing: 'front-loaded' }) > half({}));
    assert(half({ pacing: 'custom', spendCurve: [{ trafficShare: 0.5, spendShare: 0.1 }] }) < half({}));
    assert.equal(half({ pacing: 'asap' }), 1_000_000);
  });

  it('is nothing of a campaign that never began', () => {
    assert.deepEqual(spendSeries(campaignOf(), [], population, TICK_MS), []);
    const { terms: _terms, ...expected } = campaignOf();
    assert.deepEqual(spendSeries(expected, [row(1, 1)], population, TICK_MS), []);
    assert.equal(pacingError([], 1), undefined);
    assert.equal(sparkline([], 1, 8), '');
  });

  it('has the mean distance as its error', () => {
    assert.equal(pacingError(pointsOf(0, 10, -30, 20), 100), 0.2);
    assert.equal(pacingError(pointsOf(0, 10), 0), undefined);
  });

  it('is drawn in levels around the plan', () => {
    assert.equal(sparkline(pointsOf(0, 0, 4, -4, 8, -8), 100, 16), '▄▅▃▆▂');
    assert.equal(sparkline(pointsOf(0, 1000, -1000), 100, 16), '█▁');
    assert.equal([...sparkline(pointsOf(...Array.from({ length: 169 }, () => 0)), 100, 16)].length, 16);
  });
});

describe('charts of spend', () => {
  const charted = (series: SpendPoint[]) => ({ campaignId: 'c1', status: 'ended', budgetMicros: 1_000_000, series });
  const series = spendSeries(campaignOf(), [row(1, 100), row(20, 1_900_000)], population, TICK_MS);

  it('are labelled, for light and for dark, and stay inside their frames', () => {
    const svg = spendChart(charted(series));
    for (const part of ['c1, ended', '>plan<', '>spent<', 'prefers-color-scheme: dark', '03-02 00:00', '03-03 00:00'])
      assert(svg.includes(part), part);
    const points = [...svg.matchAll(/points="([^"]+)"/g)].flatMap(([, text = '']) => text.split(' '));
    assert(points.length > 70);
    for (const point of points) {
      const [x = NaN, y = NaN] = point.split(',').map(Number);
      assert(x >= 72 && x <= 672 && y >= 44 && y <= 264, point);
    }
  });

  it('say so where nothing was spent, and take no campaigns at all', () => {
    for (const svg of [spendChart(charted([])), spendOverview([charted([])])]) assert.match(svg, /nothing was spent/);
    assert.match(spendOverview([]), /^<svg .*<\/svg>\n$/s);
    assert.doesNotMatch(spendChart(charted([])) + spendOverview([charted(series)]), /NaN|undefined|Infinity/);
  });

  it('show all campaigns of an overview', () => {
    const many = Array.from({ length: 9 }, (_, index) => ({ ...charted(series), campaignId: `c${index}` }));
    const svg = spendOverview(many);
    for (const { campaignId } of many) assert(svg.includes(`${campaignId}, ended`), campaignId);
    assert.match(svg, /height="438"/);
  });
});
