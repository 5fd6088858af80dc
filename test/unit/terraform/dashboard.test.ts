import assert from 'node:assert/strict';
import { checkMonitoringFilter, checkPromql } from './check-series.ts';
import { readObservability, readTerraform, text, type Observability } from './observability.ts';

interface DataSet {
  plotType: string;
  minAlignmentPeriod?: string;
  timeSeriesQuery: {
    unitOverride?: string;
    prometheusQuery?: string;
    timeSeriesFilter?: {
      filter: string;
      aggregation: {
        alignmentPeriod: string;
        perSeriesAligner: string;
        crossSeriesReducer: string;
        groupByFields?: string[];
      };
    };
  };
}

interface Widget {
  title?: string;
  xyChart?: { dataSets: DataSet[]; yAxis: { label: string } };
  text?: { content: string };
  incidentList?: object;
}

interface Tile {
  xPos: number;
  yPos: number;
  width: number;
  height: number;
  widget: Widget;
}

interface Dashboard {
  displayName: string;
  mosaicLayout: { columns: number; tiles: Tile[] };
}

/** Tiles that lie on each other, by their titles. */
function overlapsOf(tiles: readonly Tile[]): string[] {
  return tiles.flatMap((one, index) =>
    tiles
      .slice(index + 1)
      .filter(
        (other) =>
          one.xPos < other.xPos + other.width &&
          other.xPos < one.xPos + one.width &&
          one.yPos < other.yPos + other.height &&
          other.yPos < one.yPos + one.height,
      )
      .map((other) => `${one.widget.title} and ${other.widget.title}`),
  );
}

describe('The dashboard', () => {
  let own: Observability;
  let dashboard: Dashboard;
  let tiles: Tile[];
  let sets: { title: string; set: DataSet }[];
  before(async () => {
    own = await readObservability();
    dashboard = JSON.parse(await readTerraform('dashboard.json')) as Dashboard;
    tiles = dashboard.mosaicLayout.tiles;
    sets = tiles.flatMap(({ widget: { title = '', xyChart } }) =>
      (xyChart?.dataSets ?? []).map((set) => ({ title, set })),
    );
  });

  it('is what Terraform deploys, under the name of its environment', () => {
    const json = text(own.resources['google_monitoring_dashboard']?.['operations'], 'dashboard_json');
    assert.match(json, /jsondecode\(file\("\$\{path\.module\}\/dashboard\.json"\)\)/);
    assert.match(json, /displayName = "Andante \$\{var\.environment\}"/);
  });

  it('has tiles that fit its 48 columns and lie beside each other, without holes', () => {
    const { columns } = dashboard.mosaicLayout;
    assert.equal(columns, 48);
    for (const { xPos, yPos, width, height, widget } of tiles) {
      assert([xPos, yPos, width, height].every(Number.isInteger), widget.title);
      assert(xPos >= 0 && yPos >= 0 && width >= 1 && height >= 1 && xPos + width <= columns, widget.title);
    }
    assert.deepEqual(overlapsOf(tiles), []);
    const bottom = Math.max(...tiles.map(({ yPos, height }) => yPos + height));
    const covered = tiles.reduce((sum, { width, height }) => sum + width * height, 0);
    assert.equal(covered, columns * bottom);
  });

  it('gives every tile a title of its own, and one thing to show', () => {
    const titles = tiles.map(({ widget }) => widget.title ?? '');
    assert.equal(new Set(titles).size, tiles.length);
    for (const { widget } of tiles) {
      assert.match(widget.title ?? '', /^[A-Z]/);
      assert.equal([widget.xyChart, widget.text, widget.incidentList].filter(Boolean).length, 1, widget.title);
      if (widget.xyChart) assert.notEqual(widget.xyChart.yAxis.label, '', widget.title);
    }
  });

  it('shows everything that operators are to see', () => {
    const titles = tiles.map(({ widget }) => widget.title);
    for (const title of [
      'Events by outcome',
      'Event latency by function',
      'Tick lag by market',
      'Oldest message that waits',
      'Dead letters',
      'Drain lag',
      'Refresh age by market',
      'Quotes a second',
      'Quote latency',
      'Errors by function',
      'Overruns by market',
      'Invariant violations',
      'BigQuery bytes billed',
      'Firestore reads and writes',
    ])
      assert(titles.includes(title), title);
  });

  it('draws metrics that there are, by labels that they have', () => {
    assert(sets.length > 15);
    for (const { title, set } of sets) {
      const { prometheusQuery, timeSeriesFilter } = set.timeSeriesQuery;
      assert.equal([prometheusQuery, timeSeriesFilter].filter(Boolean).length, 1, title);
      if (prometheusQuery !== undefined) checkPromql(prometheusQuery, own.metrics);
      if (!timeSeriesFilter) continue;
      const { filter, aggregation } = timeSeriesFilter;
      const { isDistribution } = checkMonitoringFilter(filter, aggregation.groupByFields ?? [], own.metrics);
      const reducers = isDistribution
        ? ['REDUCE_PERCENTILE_99', 'REDUCE_PERCENTILE_50', 'REDUCE_MEAN']
        : ['REDUCE_SUM', 'REDUCE_MAX'];
      assert(reducers.includes(aggregation.crossSeriesReducer), `${title}: ${aggregation.crossSeriesReducer}`);
      const aligners = isDistribution ? ['ALIGN_DELTA'] : ['ALIGN_DELTA', 'ALIGN_RATE', 'ALIGN_SUM', 'ALIGN_MAX'];
      assert(aligners.includes(aggregation.perSeriesAligner), `${title}: ${aggregation.perSeriesAligner}`);
      assert.equal(set.minAlignmentPeriod, aggregation.alignmentPeriod, title);
    }
  });

  it('draws every metric of our own', () => {
    const drawn = JSON.stringify(sets);
    for (const name of own.metrics.keys())
      assert.match(drawn, new RegExp(`user[/_]andante[/_]${name}\\b|user_andante_${name}_`), name);
  });

  it('would not pass with tiles on each other', () => {
    const [first] = tiles as [Tile];
    const moved = [...tiles, { ...first, xPos: first.xPos + 1, widget: { title: 'Moved' } }];
    assert(overlapsOf(moved).length > 0);
  });
});
