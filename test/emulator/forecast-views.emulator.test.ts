// The views and the scheduled query of forecasting on rows as many reports leave them, against the same numbers worked out
// here or kept by the simulation that wrote the reports.
import assert from 'node:assert/strict';
import { provision } from '../../emulators/provision.ts';
import { runQuery } from '../../emulators/run-query.ts';
import { drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom } from '../../emulators/world/random.ts';
import type { SupplyObserved } from '../../shared/contracts/outcomes.ts';
import { createBigQueryFeatures } from '../../shared/outcomes/bigquery-features.ts';
import { createBigQueryLog } from '../../shared/outcomes/bigquery-log.ts';
import type { Row } from '../../shared/outcomes/outcome-log.ts';
import { readTopology, type Topology } from '../../terraform/topology.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../support/instants.ts';
import {
  observed,
  promised,
  quoteIssued,
  rowOf,
  subcampaignEnded,
  budgetApplied,
  supplyForecast,
} from '../support/observed-rows.ts';

const SEED = 7;
const home = { segment: 'casual', surface: 'home' };
const search = { segment: 'casual', surface: 'search' };

describe('The views of forecasting', () => {
  let projectId: string;
  let topology: Topology;
  let clients: ReturnType<typeof clientsOf>;
  let events = 0;
  beforeEach(async () => {
    projectId = newProject();
    clients = clientsOf(projectId);
    topology = await readTopology();
    const pubsubHost = process.env['PUBSUB_EMULATOR_HOST'] as string;
    const { bigqueryEndpoint } = clients;
    await provision({ projectId, topology, functionsUrl: 'http://127.0.0.1:9', pubsubHost, bigqueryEndpoint });
  });
  afterEach(() => clients.close());

  const append = (rows: readonly Row[]) => createBigQueryLog(clients.bigquery, topology.dataset).append(rows);
  const report = (own: Partial<SupplyObserved> & Pick<SupplyObserved, 'windowStartAtMs'>, atMs?: number): Row => {
    const outcome = observed({ market: 'SE', ...own });
    return rowOf(outcome, `e${++events}`, atMs ?? outcome.windowEndAtMs);
  };
  const query = async <T>(sql: string): Promise<T[]> => {
    const [rows] = await clients.bigquery.query(
      sql.replaceAll(/\{(\w+)\}/g, `\`${projectId}.${topology.dataset}.$1\``),
    );
    return rows as T[];
  };
  const close = (nowMs: number) =>
    runQuery({ projectId, topology, bigqueryEndpoint: clients.bigqueryEndpoint }, 'close_supply_hours', nowMs);

  describe('supply_hours', () => {
    const day = (number: number, opportunities: number, atMs?: number) =>
      report({ windowStartAtMs: START_MS + number * DAY_MS, opportunities: [{ ...home, opportunities }] }, atMs);
    const shown = () =>
      query<{ day: string; opportunities: number }>(
        `SELECT CAST(DATE(hour_at) AS STRING) AS day, SUM(opportunities) AS opportunities FROM {supply_hours} GROUP BY 1 ORDER BY 1`,
      );
    const closedDays = async () =>
      (
        await query<{ day: string }>(
          `SELECT DISTINCT CAST(event_date AS STRING) AS day FROM {supply_hours_closed} ORDER BY 1`,
        )
      ).map(({ day: closed }) => closed);

    it('shows the same whether days are closed or not, however often', async () => {
      await append([day(0, 10), day(1, 20), day(2, 30)]);
      const before = await shown();
      assert.deepEqual(
        before.map(({ opportunities }) => opportunities),
        [10, 20, 30],
      );
      for (let run = 0; run < 3; run++) {
        await close(START_MS + 2 * DAY_MS + HOUR_MS);
        assert.deepEqual(await closedDays(), ['2026-03-02', '2026-03-03']);
        assert.deepEqual(await shown(), before);
      }
      assert.equal((await query(`SELECT * FROM {supply_hours_closed}`)).length, 2);
    });

    it('catches up on days that no run closed, and closes the last four again', async () => {
      await append([day(0, 10), day(1, 10)]);
      await close(START_MS + DAY_MS);
      await append([day(5, 50), day(9, 90)]);
      // Rows of days that are closed, appended late: one that will be closed again, and one that will not.
      await append([day(6, 60)]);
      await close(START_MS + 10 * DAY_MS);
      assert.deepEqual(await closedDays(), ['2026-03-02', '2026-03-03', '2026-03-07', '2026-03-08', '2026-03-11']);
      await append([day(7, 5), day(0, 1)]);
      await close(START_MS + 10 * DAY_MS + HOUR_MS);
      assert.deepEqual(
        (await shown()).map(({ opportunities }) => opportunities),
        [10, 10, 50, 60, 5, 90],
      );
    });

    it('names a query that the topology does not have', async () => {
      const target = { projectId, topology, bigqueryEndpoint: clients.bigqueryEndpoint };
      await assert.rejects(runQuery(target, 'open_supply_hours', START_MS), /no scheduled query open_supply_hours/);
    });
  });

  it('input_quality counts as the features do', async () => {
    const random = createRandom(SEED, 'quality');
    const rows = Array.from({ length: 200 }, () => {
      const windowStartAtMs = START_MS + Math.floor(random() * 60) * HOUR_MS;
      const opportunities = random() < 0.8 ? [{ ...home, opportunities: 1 }] : [];
      return report({ windowStartAtMs, group: random() < 0.5 ? 'a' : 'b', opportunities });
    });
    await append([...rows, ...rows.slice(0, 50)]);
    const features = createBigQueryFeatures(clients.bigquery, { projectId, dataset: topology.dataset });
    const scope = { market: 'SE', fromDay: '2026-03-01', untilMs: START_MS + 90 * DAY_MS };
    const days = await query<Record<string, unknown>>(`
      SELECT CAST(day AS STRING) AS day, reports, ad_server_groups, hours, repeated_windows,
        UNIX_MILLIS(last_window_end_at) AS last_window_end_at_ms
      FROM {input_quality} ORDER BY day`);
    assert.deepEqual(
      days.map((row) => ({
        day: row['day'],
        reports: row['reports'],
        groups: row['ad_server_groups'],
        hours: row['hours'],
        repeatedWindows: row['repeated_windows'],
        lastWindowEndAtMs: row['last_window_end_at_ms'],
      })),
      await features.inputDays(scope),
    );
    assert.equal(
      days.reduce((sum, row) => sum + Number(row['reports']), 0),
      200,
    );
    assert(days.some((row) => Number(row['repeated_windows']) > 0));
  });

  it('samples of requests tell how many listeners there are, by surface and in all', async () => {
    const { rows, listeners, visits } = simulateListeners(report);
    await append(rows);
    const features = createBigQueryFeatures(clients.bigquery, { projectId, dataset: topology.dataset });
    const untilMs = START_MS + 20 * DAY_MS;
    const bins = await features.listeners({ market: 'SE', fromDay: '2026-03-02', untilMs });
    for (const surface of [undefined, 'home', 'search']) {
      const own = bins.filter((bin) => bin.surface === surface);
      const estimated = own.reduce((sum, bin) => sum + bin.listeners, 0);
      const actual = listeners(surface);
      const name = surface ?? 'all surfaces';
      assert(Math.abs(estimated / actual - 1) < 0.06, `${estimated} of ${actual} listeners of ${name}`);
      const estimatedVisits = own.reduce((sum, bin) => sum + bin.listeners * bin.visits, 0);
      assert(Math.abs(estimatedVisits / visits(surface) - 1) < 0.04, `${estimatedVisits} visits of ${name}`);
    }
  });

  it('forecast_scores has every total against what came, as adding up hour by hour finds it', async () => {
    const random = createRandom(SEED, 'scores');
    const hours = Array.from({ length: 20 * 24 }, (_hour, index) => index)
      // Three days of which one is nearly all there and one is not, and cells that are not in every report.
      .filter((hour) => !(hour >= 70 && hour < 71) && !(hour >= 200 && hour < 206))
      .map((hour) => ({
        atMs: START_MS + hour * HOUR_MS,
        cells: [home, search]
          .filter(() => random() < 0.9)
          .map((cell) => ({ ...cell, opportunities: drawPoisson(random, 50 + (hour % 24)) })),
      }))
      .map((hour) => ({ ...hour, cells: hour.cells.length > 0 ? hour.cells : [{ ...home, opportunities: 0 }] }));
    await append(hours.map(({ atMs, cells }) => report({ windowStartAtMs: atMs, opportunities: cells })));
    const forecasts = Array.from({ length: 24 }, (_forecast, index) => {
      const fromAtMs = START_MS + Math.floor(random() * 18 * 24) * HOUR_MS;
      const totals = [1, 7, 10].flatMap((days) =>
        [undefined, home, search].map((cell) => {
          const q50 = Math.round(days * 24 * (cell ? 55 : 110) * (0.8 + 0.4 * random()));
          return { ...cell, days, q10: Math.round(q50 * 0.85), q50, q90: Math.round(q50 * 1.15) };
        }),
      );
      return supplyForecast({ market: 'SE', fromAtMs, totals, forecastId: `f${index}` });
    });
    await append(forecasts.map((forecast) => rowOf(forecast, `e${++events}`, forecast.issuedAtMs)));
    const closedUntilMs = START_MS + 20 * DAY_MS;
    await close(closedUntilMs + HOUR_MS);

    const expected = forecasts.flatMap(({ forecastId, fromAtMs, totals }) =>
      totals.flatMap(({ segment = '', surface = '', days, q10, q50, q90 }) => {
        const endedAtMs = fromAtMs + days * DAY_MS;
        const own = hours.filter(({ atMs }) => atMs >= fromAtMs && atMs < endedAtMs);
        if (own.length / (days * 24) < 0.95 || endedAtMs > closedUntilMs) return [];
        const actual = own
          .flatMap(({ cells }) => cells.filter((cell) => segment === '' || cell.surface === surface))
          .reduce((sum, { opportunities }) => sum + opportunities, 0);
        const loss = (level: number, said: number) =>
          actual >= said ? level * (actual - said) : (1 - level) * (said - actual);
        const row = [
          forecastId,
          segment,
          surface,
          days,
          actual,
          own.length / (days * 24),
          actual >= q10 && actual <= q90,
        ];
        return [[...row, Math.log(actual / q50), (loss(0.1, q10) + loss(0.5, q50) + loss(0.9, q90)) / 3]];
      }),
    );
    const found = await query<Record<string, string | number | boolean>>(`
      SELECT forecast_id, COALESCE(segment, '') AS segment, COALESCE(surface, '') AS surface, days, actual, observed_share,
        is_inside, log_error, pinball
      FROM {forecast_scores}`);
    const spell = (rows: readonly unknown[][]) =>
      rows
        .map((row) => row.map((value) => (typeof value === 'number' ? value.toPrecision(9) : value)).join(' '))
        .sort();
    assert.deepEqual(spell(found.map((row) => Object.values(row))), spell(expected));
    assert(expected.length > 50 && expected.length < 24 * 9, `${expected.length} scored`);
  });

  it('quote_scores judges the probability and every range', async () => {
    const subcampaigns = [{ subcampaignId: 's1', market: 'SE', ...promised({ fullSpendPpm: 600_000 }) }];
    await append(
      [
        quoteIssued({ subcampaigns }),
        budgetApplied({ budgetMicros: 50_000_000 }),
        subcampaignEnded({ market: 'SE', subcampaignId: 's1', impressions: 799, clicks: 120, conversions: 13 }),
      ].map((outcome) => rowOf(outcome, `e${++events}`, START_MS)),
    );
    const rows = await query<Record<string, unknown>>(`
      SELECT COALESCE(subcampaign_id, '') AS subcampaign_id, full_spend, is_spent_in_full, brier, is_impressions_inside,
        is_clicks_inside, is_conversions_inside, is_spend_inside
      FROM {quote_scores} ORDER BY 1`);
    const judged = [true, false, true, false, true];
    assert.deepEqual(
      rows.map((row) =>
        Object.values(row).map((value) => (typeof value === 'number' ? Math.round(value * 1e6) : value)),
      ),
      [
        ['', 850_000, judged[0], 22_500, ...judged.slice(1)],
        ['s1', 600_000, judged[0], 160_000, ...judged.slice(1)],
      ],
    );
  });
});

/**
 * Listeners with habits of their own on two surfaces, and what ad servers report of them: all requests of each hour, and a
 * sample of at most 40 with what the listener had done in the ten days that end with the request.
 */
function simulateListeners(report: (own: Partial<SupplyObserved> & Pick<SupplyObserved, 'windowStartAtMs'>) => Row) {
  const random = createRandom(SEED, 'listeners');
  const days = 20;
  const surfaces = ['home', 'search'];
  interface Request {
    day: number;
    atMs: number;
    surface: string;
    listener: number;
  }
  const requests: Request[] = [];
  for (let listener = 0; listener < 1500; listener++) {
    const active = random();
    const homeShare = random();
    for (let day = 0; day < days; day++) {
      if (random() >= active) continue;
      for (let visit = 0, visits = 1 + drawPoisson(random, 1.2); visit < visits; visit++) {
        const surface = surfaces[random() < homeShare ? 0 : 1] as string;
        requests.push({ day, atMs: START_MS + day * DAY_MS + Math.floor(random() * DAY_MS), surface, listener });
      }
    }
  }
  requests.sort((a, b) => a.atMs - b.atMs);
  const own = Map.groupBy(requests, ({ listener }) => listener);
  const counted = (request: Request, isSame: (other: Request) => boolean) => {
    const before = (own.get(request.listener) ?? []).filter(
      (other) => other.atMs <= request.atMs && other.day > request.day - 10 && isSame(other),
    );
    return { visits: before.length, days: new Set(before.map(({ day }) => day)).size };
  };
  const rows = [...Map.groupBy(requests, ({ atMs }) => Math.floor(atMs / HOUR_MS))].map(([hour, asked]) => {
    const sample = asked
      .map((request) => ({ request, place: random() }))
      .sort((a, b) => a.place - b.place)
      .slice(0, 40)
      .map(({ request }) => {
        const here = counted(request, ({ surface }) => surface === request.surface);
        const all = counted(request, () => true);
        return {
          segment: 'casual',
          surface: request.surface,
          responseMultiplier: 1,
          listener: { visits: here.visits, activeDays: here.days, allVisits: all.visits, allActiveDays: all.days },
        };
      });
    const opportunities = surfaces.map((surface) => ({
      segment: 'casual',
      surface,
      opportunities: asked.filter((request) => request.surface === surface).length,
    }));
    // Reported within the hour: a day's reports are the day's.
    const windowStartAtMs = hour * HOUR_MS;
    return report({ windowStartAtMs, windowEndAtMs: windowStartAtMs + HOUR_MS - 1, opportunities, sample });
  });
  const inWindow = (surface: string | undefined) =>
    requests.filter((request) => request.day >= days - 10 && (surface === undefined || request.surface === surface));
  return {
    rows,
    listeners: (surface: string | undefined) => new Set(inWindow(surface).map(({ listener }) => listener)).size,
    visits: (surface: string | undefined) => inWindow(surface).length,
  };
}
