// What every reader of features promises. One log is shared: each case has a market of its own.
import assert from 'node:assert/strict';
import type { SupplyObserved } from '../../shared/contracts/outcomes.ts';
import type { SupplyForecast } from '../../shared/contracts/forecast-outcomes.ts';
import type { FeatureReader } from '../../shared/outcomes/feature-reader.ts';
import type { OutcomeLog } from '../../shared/outcomes/outcome-log.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../support/instants.ts';
import { observed, rowOf, supplyForecast } from '../support/observed-rows.ts';

export interface OpenedFeatures {
  log: OutcomeLog;
  features: FeatureReader;
  /** Closes complete days, where days are closed at all. */
  closeDays(nowMs: number): Promise<void>;
}

const FROM_DAY = '2026-03-02';
const MINUTE_MS = 60_000;

export function featureReaderContract(open: () => Promise<OpenedFeatures>): void {
  let opened: OpenedFeatures;
  let market: string;
  let markets = 0;
  let events = 0;
  before(async () => {
    opened = await open();
  });
  beforeEach(() => {
    market = `M${++markets}`;
  });

  const append = (
    reports: readonly (Partial<SupplyObserved> & Pick<SupplyObserved, 'windowStartAtMs'>)[],
    { copies = 1, lateMs = 0 } = {},
  ) => {
    const rows = reports.map((report) => {
      const outcome = observed({ market, ...report });
      return rowOf(outcome, `e${++events}`, outcome.windowEndAtMs + lateMs);
    });
    return opened.log.append(Array.from({ length: copies }, () => rows).flat());
  };
  const scope = (untilMs: number, fromDay = FROM_DAY) => ({ market, fromDay, untilMs });
  const at = (hours: number) => START_MS + hours * HOUR_MS;
  const home = (opportunities: number) => [{ segment: 'casual', surface: 'home', opportunities }];

  it('knows the markets with observations since a day', async () => {
    await append([{ windowStartAtMs: at(1) }]);
    assert((await opened.features.markets(FROM_DAY)).includes(market));
    assert(!(await opened.features.markets('2026-03-03')).includes(market));
  });

  describe('supplyHours', () => {
    it('adds up the reports of an hour, each once however often it was appended', async () => {
      await append(
        [
          { windowStartAtMs: at(1), group: 'a', opportunities: home(10) },
          { windowStartAtMs: at(1), group: 'b', opportunities: home(20) },
          {
            windowStartAtMs: at(3),
            opportunities: [...home(5), { segment: 'new', surface: 'search', opportunities: 7 }],
          },
        ],
        { copies: 3 },
      );
      assert.deepEqual(await opened.features.supplyHours(scope(at(9))), [
        { segment: 'casual', surface: 'home', hoursAtMs: [at(1), at(3)], opportunities: [30, 5] },
        { segment: 'new', surface: 'search', hoursAtMs: [at(3)], opportunities: [7] },
      ]);
    });

    it('divides a window over hours by time and loses no opportunity', async () => {
      const windowStartAtMs = at(1) + 50 * MINUTE_MS;
      await append([{ windowStartAtMs, windowEndAtMs: windowStartAtMs + 90 * MINUTE_MS, opportunities: home(100) }]);
      const [cell] = await opened.features.supplyHours(scope(at(9)));
      assert.deepEqual(cell?.hoursAtMs, [at(1), at(2), at(3)]);
      assert.deepEqual(cell.opportunities, [11, 66, 23]);
    });

    it('leaves out what is outside the scope: earlier days, the hour that is not over, other markets', async () => {
      const before = { windowStartAtMs: at(-1), windowEndAtMs: at(1), opportunities: home(10) };
      await append([before, { windowStartAtMs: at(2), opportunities: home(1) }]);
      const [cell] = await opened.features.supplyHours(scope(at(3) - 1));
      assert.deepEqual([cell?.hoursAtMs, cell?.opportunities], [[at(0)], [5]]);
      assert.deepEqual(await opened.features.supplyHours({ ...scope(at(9)), market: 'NOWHERE' }), []);
    });

    it('takes a cell that an observed hour does not name as 0, from the cell’s first hour on', async () => {
      const other = (opportunities: number) => [{ segment: 'new', surface: 'search', opportunities }];
      await append([
        { windowStartAtMs: at(0), opportunities: home(1) },
        { windowStartAtMs: at(1), opportunities: other(2) },
        { windowStartAtMs: at(3), opportunities: home(3) },
      ]);
      assert.deepEqual(await opened.features.supplyHours(scope(at(9))), [
        { segment: 'casual', surface: 'home', hoursAtMs: [at(0), at(1), at(3)], opportunities: [1, 0, 3] },
        { segment: 'new', surface: 'search', hoursAtMs: [at(1), at(3)], opportunities: [2, 0] },
      ]);
    });

    it('ignores a window of more than a day, and bears the largest counts', async () => {
      const most = Number.MAX_SAFE_INTEGER;
      await append([
        { windowStartAtMs: at(0), windowEndAtMs: at(1_000_000), opportunities: home(9) },
        ...Array.from({ length: 3 }, () => ({ windowStartAtMs: at(2), opportunities: home(most) })),
      ]);
      const [cell] = await opened.features.supplyHours(scope(at(9)));
      assert.deepEqual([cell?.hoursAtMs, cell?.opportunities], [[at(2)], [most * 3]]);
    });

    // The last of its kind: what other cases append to days that it has closed would be late for them.
    it('is the same before and after days are closed, and counts what came late', async () => {
      const days = [0, 24, 48].map((hours) => ({ windowStartAtMs: at(hours), opportunities: home(10) }));
      await append(days);
      const expected = [10, 10, 10];
      const counts = async () => (await opened.features.supplyHours(scope(at(60))))[0]?.opportunities;
      assert.deepEqual(await counts(), expected);
      await opened.closeDays(at(50));
      assert.deepEqual(await counts(), expected);
      await append([{ windowStartAtMs: at(24), opportunities: home(5) }]);
      await opened.closeDays(at(74));
      await opened.closeDays(at(74));
      assert.deepEqual(await counts(), [10, 15, 10]);
      await append([{ windowStartAtMs: at(0), opportunities: home(7) }], { lateMs: 3 * DAY_MS });
      assert.deepEqual(await counts(), [17, 15, 10]);
    });
  });

  describe('inputDays', () => {
    it('counts reports, groups and hours by day, and when the last window ended', async () => {
      await append([
        { windowStartAtMs: at(1), group: 'a', opportunities: home(1) },
        { windowStartAtMs: at(1), group: 'b', opportunities: home(1) },
        { windowStartAtMs: at(2), group: 'a' },
        { windowStartAtMs: at(30), group: 'a', windowEndAtMs: at(30) + MINUTE_MS, opportunities: home(1) },
      ]);
      assert.deepEqual(await opened.features.inputDays(scope(at(48))), [
        { day: FROM_DAY, reports: 3, groups: 2, hours: 2, repeatedWindows: 0, lastWindowEndAtMs: at(3) },
        {
          day: '2026-03-03',
          reports: 1,
          groups: 1,
          hours: 1,
          repeatedWindows: 0,
          lastWindowEndAtMs: at(30) + MINUTE_MS,
        },
      ]);
    });

    it('finds windows that two reports count, but no second copy of a row and no second piece of a report', async () => {
      const window = { windowStartAtMs: at(1), opportunities: home(1) };
      await append([window], { copies: 2 });
      await append([{ ...window, opportunities: [] }]);
      const repeated = async () => (await opened.features.inputDays(scope(at(48))))[0]?.repeatedWindows;
      assert.equal(await repeated(), 0);
      await append([window, window, { ...window, group: 'b' }]);
      assert.equal(await repeated(), 2);
    });

    it('sees nothing that came in after its time', async () => {
      await append([{ windowStartAtMs: at(1), opportunities: home(1) }], { lateMs: 3 * HOUR_MS });
      assert.deepEqual(await opened.features.inputDays(scope(at(5))), []);
      assert.equal((await opened.features.inputDays(scope(at(5) + 1))).length, 1);
    });
  });

  describe('listeners', () => {
    const sampled = (surface: string, visits: number, activeDays: number, allVisits = visits) => ({
      segment: 'casual',
      surface,
      responseMultiplier: 1,
      listener: { visits, activeDays, allVisits, allActiveDays: activeDays },
    });
    const rounded = async (untilMs: number) =>
      (await opened.features.listeners(scope(untilMs))).map((bin) => ({
        ...bin,
        listeners: Math.round(bin.listeners),
      }));

    it('weighs requests by what they stand for, by surface and over all, and brings days to ten', async () => {
      const opportunities = [...home(30), { segment: 'casual', surface: 'search', opportunities: 10 }];
      const sample = [sampled('home', 1, 1, 2), sampled('home', 2, 2), sampled('home', 1, 1), sampled('search', 1, 1)];
      const unknown = { segment: 'casual', surface: 'home', responseMultiplier: 1 };
      await append([
        { windowStartAtMs: at(1), opportunities, sample: [...sample, unknown] },
        { windowStartAtMs: at(30), opportunities: home(40), sample: [sampled('home', 1, 1)] },
        { windowStartAtMs: at(50), opportunities: home(1000), sample: [sampled('home', 9, 9)] },
      ]);
      assert.deepEqual(await rounded(at(51)), [
        // All surfaces: 10 + 10 + 40 first visits, 10 that were second ones of their day, 10 visits on a second day.
        { segment: 'casual', visits: 1, activeDays: 1, listeners: (60 - 10) * 5 },
        { segment: 'casual', visits: 2, activeDays: 1, listeners: 10 * 5 },
        { segment: 'casual', visits: 2, activeDays: 2, listeners: 25 },
        { segment: 'casual', surface: 'home', visits: 1, activeDays: 1, listeners: 60 * 5 },
        { segment: 'casual', surface: 'home', visits: 2, activeDays: 2, listeners: 25 },
        { segment: 'casual', surface: 'search', visits: 1, activeDays: 1, listeners: 10 * 5 },
      ]);
    });

    it('reads the ten complete days before its time', async () => {
      const day = (days: number) => ({
        windowStartAtMs: at(24 * days),
        opportunities: home(10),
        sample: [sampled('home', 1, 1)],
      });
      await append([day(0), day(1), day(10), day(11)]);
      const [all] = await rounded(at(24 * 11 + 5));
      assert.equal(all?.listeners, 10 * 10);
      assert.deepEqual(await rounded(at(5)), []);
    });

    it('knows none where no listener was sampled', async () => {
      await append([{ windowStartAtMs: at(1), opportunities: home(10) }]);
      assert.deepEqual(await opened.features.listeners(scope(at(48))), []);
    });
  });

  describe('responses and arrivals', () => {
    const response = (hours: number, impressions: number, clicks: number, more = {}) => ({
      segment: 'casual',
      surface: 'home',
      hourAtMs: at(hours),
      impressions,
      clicks,
      conversions: 0,
      ...more,
    });

    it('adds up responses by cell and format, of impressions that are a day old', async () => {
      await append([
        { windowStartAtMs: at(1), responses: [response(1, 100, 2), response(1, 50, 1, { format: 'video' })] },
        { windowStartAtMs: at(2), responses: [response(1, 0, 3, { conversions: 1 })] },
        { windowStartAtMs: at(3), responses: [response(3, 1000, 9)] },
      ]);
      const cell = { segment: 'casual', surface: 'home' };
      assert.deepEqual(await opened.features.responses(scope(at(26))), [
        { ...cell, impressions: 100, clicks: 5, conversions: 1 },
        { ...cell, format: 'video', impressions: 50, clicks: 1, conversions: 0 },
      ]);
      assert.deepEqual(await opened.features.responses(scope(at(26) - 1)), []);
    });

    it('takes neither clicks on impressions before the scope nor reports after it', async () => {
      await append([
        { windowStartAtMs: at(1), responses: [response(-1, 0, 5)] },
        { windowStartAtMs: at(40), responses: [response(1, 0, 7)] },
      ]);
      assert.deepEqual(await opened.features.responses(scope(at(40))), []);
      assert.deepEqual(await opened.features.arrivals(scope(at(40))), []);
    });

    it('says how old impressions were when their clicks were told', async () => {
      await append([
        { windowStartAtMs: at(1), windowEndAtMs: at(1) + MINUTE_MS, responses: [response(1, 9, 1), response(0, 0, 2)] },
        { windowStartAtMs: at(2), responses: [response(0, 0, 3, { conversions: 4 }), response(1, 5, 0)] },
        { windowStartAtMs: at(0), responses: [response(0, 0, 4)] },
        { windowStartAtMs: at(5), responses: [response(8, 5, 9)] },
      ]);
      assert.deepEqual(await opened.features.arrivals(scope(at(9))), [
        { ageHours: 0, clicks: 5, conversions: 0 },
        { ageHours: 1, clicks: 2, conversions: 0 },
        { ageHours: 2, clicks: 3, conversions: 4 },
      ]);
    });
  });

  describe('pastErrors', () => {
    const total = (q50: number, days = 1) => ({ days, q10: Math.floor(q50 / 2), q50, q90: q50 * 2 });
    const issue = (own: Partial<SupplyForecast>) => {
      const outcome = supplyForecast({ market, fromAtMs: START_MS, totals: [], issuedAtMs: START_MS, ...own });
      return opened.log.append([rowOf(outcome, `e${++events}`, outcome.issuedAtMs)]);
    };
    /** An hour each, 10 opportunities at home. */
    const observe = (fromHour: number, untilHour: number, missing: readonly number[] = []) =>
      append(
        Array.from({ length: untilHour - fromHour }, (_report, index) => fromHour + index)
          .filter((hour) => !missing.includes(hour))
          .map((hour) => ({ windowStartAtMs: at(hour), opportunities: home(10) })),
      );

    it('are the logarithm of what came over the middle, once the period is over', async () => {
      await observe(0, 72);
      await issue({
        totals: [total(120), total(960, 2), { ...total(1), segment: 'casual', surface: 'home' }, total(9, 7)],
      });
      await issue({ issuedAtMs: at(6), fromAtMs: at(7), totals: [total(240)] });
      await opened.closeDays(at(73));
      const errors = await opened.features.pastErrors(scope(at(72)));
      assert.deepEqual(
        errors.map(({ issuedAtMs, days, logError }) => ({
          issuedAtMs,
          days,
          logError: Math.round(logError * 1e9) / 1e9,
        })),
        [
          { issuedAtMs: START_MS, days: 1, logError: 0.693147181 },
          { issuedAtMs: START_MS, days: 2, logError: -0.693147181 },
          { issuedAtMs: at(6), days: 1, logError: 0 },
        ],
      );
      assert.deepEqual(
        (await opened.features.pastErrors(scope(at(31) - 1))).map(({ issuedAtMs }) => issuedAtMs),
        [START_MS],
      );
    });

    it('are none of periods that were not observed well enough', async () => {
      await observe(0, 48, [3, 4, 30]);
      await issue({ totals: [total(240)] });
      await issue({ fromAtMs: at(24), totals: [total(230)] });
      await opened.closeDays(at(96));
      assert.deepEqual(
        (await opened.features.pastErrors(scope(at(96)))).map(({ logError }) => logError),
        [0],
      );
    });

    it('take nothing as one', async () => {
      await append(
        Array.from({ length: 24 }, (_report, hour) => ({ windowStartAtMs: at(hour), opportunities: home(0) })),
      );
      await issue({ totals: [total(0), total(1, 1)] });
      await opened.closeDays(at(49));
      const errors = await opened.features.pastErrors(scope(at(48)));
      assert.deepEqual(
        errors.map(({ logError }) => logError),
        [0, 0],
      );
    });
  });
}
