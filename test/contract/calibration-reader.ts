// What every reader of calibrations promises. One log is shared: each case has markets, a campaign and a model of its own.
import assert from 'node:assert/strict';
import type { QuoteIssued } from '../../shared/contracts/forecast-outcomes.ts';
import type { Outcome, SubcampaignEnded } from '../../shared/contracts/outcomes.ts';
import type { CalibrationReader } from '../../shared/outcomes/calibration-reader.ts';
import type { OutcomeLog } from '../../shared/outcomes/outcome-log.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../support/instants.ts';
import {
  budgetApplied,
  observed,
  promised,
  quoteIssued,
  rowOf,
  subcampaignEnded,
  supplyForecast,
} from '../support/observed-rows.ts';

export interface OpenedCalibration {
  log: OutcomeLog;
  calibration: CalibrationReader;
  /** Closes complete days, where days are closed at all. */
  closeDays(nowMs: number): Promise<void>;
}

export function calibrationReaderContract(open: () => Promise<OpenedCalibration>): void {
  let opened: OpenedCalibration;
  let own: { market: string; campaignId: string; modelId: string };
  let cases = 0;
  let events = 0;
  before(async () => {
    opened = await open();
  });
  beforeEach(() => {
    cases += 1;
    own = { market: `M${cases}`, campaignId: `c${cases}`, modelId: `model${cases}` };
  });

  const append = (outcomes: readonly Outcome[], atMs = START_MS) =>
    opened.log.append(outcomes.map((outcome) => rowOf(outcome, `e${++events}`, atMs)));
  const rounded = <T extends object>(rows: readonly T[]): T[] =>
    rows.map(
      (row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]: [string, unknown]) => [
            name,
            typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
          ]),
        ) as T,
    );
  const quote = (more: Partial<QuoteIssued> = {}) => {
    const { market, campaignId, modelId } = own;
    const subcampaigns = [{ subcampaignId: 's1', market, ...promised() }];
    return quoteIssued({ campaignId, modelId, subcampaigns, ...more });
  };
  const ended = (more: Partial<SubcampaignEnded> = {}) =>
    subcampaignEnded({ campaignId: own.campaignId, market: own.market, subcampaignId: 's1', ...more });
  const applied = (budgetMicros: number, splitVersion: number) =>
    budgetApplied({ campaignId: own.campaignId, budgetMicros, splitVersion });
  /** Kinds that were scored, of the part and of the whole campaign. */
  const scored = async () =>
    (await opened.calibration.calibration())
      .filter(({ modelId }) => modelId === own.modelId)
      .map(({ kind, market, n }) => `${kind}/${market}/${n}`);

  it('knows nothing of a market where nothing was scored', async () => {
    await append([quote()]);
    assert.deepEqual(await opened.calibration.calibration(own.market), []);
    assert.deepEqual(await opened.calibration.reliability(own.market), []);
    assert.deepEqual(await opened.calibration.coverage({ market: own.market, fromDay: '2026-03-01' }), []);
  });

  it('scores totals of markets and cells against what came', async () => {
    const { market, modelId } = own;
    const cell = { segment: 'casual', surface: 'home' };
    const hours = Array.from({ length: 48 }, (_hour, index) => START_MS + index * HOUR_MS);
    for (const windowStartAtMs of hours)
      await append(
        [observed({ market, windowStartAtMs, opportunities: [{ ...cell, opportunities: 10 }] })],
        windowStartAtMs,
      );
    const day = { days: 1, q10: 100, q50: 120, q90: 300 };
    await append([
      supplyForecast({ market, modelId, fromAtMs: START_MS, totals: [day, { ...day, ...cell, q90: 200 }] }),
      supplyForecast({ market, modelId, fromAtMs: START_MS + DAY_MS, totals: [{ ...day, q50: 480, q90: 230 }] }),
    ]);
    await opened.closeDays(START_MS + 3 * DAY_MS);
    const about = { market, modelId, firstDay: '2026-03-02', lastDay: '2026-03-02' };
    assert.deepEqual(rounded(await opened.calibration.calibration(market)), [
      { kind: 'cell-supply-1d', n: 1, bias: 0.693147, coverage: 0, ...about },
      { kind: 'market-supply-1d', n: 2, bias: 0, coverage: 0.5, ...about },
    ]);
    assert.deepEqual(rounded(await opened.calibration.coverage({ market, fromDay: '2026-03-02' })), [
      { kind: 'cell-supply-1d', n: 1, coverage: 0 },
      { kind: 'market-supply-1d', n: 2, coverage: 0.5 },
    ]);
    assert.deepEqual(await opened.calibration.coverage({ market, fromDay: '2026-03-03' }), []);
  });

  it('scores what a campaign and its parts were told against what they came to', async () => {
    const { market, modelId } = own;
    await append([quote(), applied(50_000_000, 1), ended({ clicks: 150, conversions: 0, billedMicros: 49_499_999 })]);
    const about = { market, modelId, n: 1, firstDay: '2026-03-02', lastDay: '2026-03-02' };
    const expected = [
      { kind: 'clicks', bias: 0.405465, coverage: 0, ...about },
      { kind: 'conversions', bias: -2.302585, coverage: 0, ...about },
      { kind: 'full-spend', brier: 0.7225, ece: 0.85, ...about },
      { kind: 'impressions', bias: 0, coverage: 1, ...about },
      { kind: 'spend', bias: -0.01005, coverage: 1, ...about },
    ];
    assert.deepEqual(rounded(await opened.calibration.calibration(market)), expected);
    const whole = (await opened.calibration.calibration('')).filter((row) => row.modelId === modelId);
    assert.deepEqual(
      rounded(whole),
      expected.map((row) => ({ ...row, market: '' })),
    );
  });

  it('takes 99% of a budget for all of it', async () => {
    await append([quote(), applied(50_000_000, 1), ended({ billedMicros: 49_500_000 })]);
    const [bin] = await opened.calibration.reliability(own.market);
    assert.equal(bin?.observed, 1);
  });

  it('bins probabilities by tenths and weighs the bins by what is in them', async () => {
    const { market, modelId } = own;
    const chances: [number, boolean][] = [
      [0, false],
      [50_000, true],
      [99_999, false],
      [100_000, false],
      [900_000, true],
      [999_999, true],
      [1_000_000, false],
    ];
    for (const [index, [fullSpendPpm, isSpent]] of chances.entries()) {
      const campaignId = `${own.campaignId}-${index}`;
      const subcampaigns = [{ subcampaignId: 's1', market, ...promised({ fullSpendPpm }) }];
      await append([
        quoteIssued({ campaignId, modelId, subcampaigns }),
        subcampaignEnded({ campaignId, market, subcampaignId: 's1', billedMicros: isSpent ? 50_000_000 : 10_000_000 }),
      ]);
    }
    const about = { market, modelId };
    assert.deepEqual(rounded(await opened.calibration.reliability(market)), [
      { ...about, bin: 0, n: 3, forecast: 0.05, observed: 0.333333 },
      { ...about, bin: 1, n: 1, forecast: 0.1, observed: 0 },
      { ...about, bin: 9, n: 3, forecast: 0.966666, observed: 0.666667 },
    ]);
    const rows = await opened.calibration.calibration(market);
    const spend = rows.find(({ kind }) => kind === 'full-spend');
    assert(Math.abs((spend?.ece ?? 0) - (3 * 0.283333 + 0.1 + 3 * 0.3) / 7) < 1e-5);
    const squares = [0, 0.95 ** 2, 0.1 ** 2, 0.1 ** 2, 0.1 ** 2, 0, 1];
    assert(Math.abs((spend?.brier ?? 0) - squares.reduce((sum, square) => sum + square, 0) / 7) < 1e-5);
  });

  describe('a quote is not scored', () => {
    it('before all parts of its campaign have ended, but its parts are', async () => {
      const { market } = own;
      const subcampaigns = ['s1', 's2'].map((subcampaignId) => ({ subcampaignId, market, ...promised() }));
      await append([quote({ subcampaigns, budgetMicros: 100_000_000 }), applied(100_000_000, 1), ended()]);
      assert((await scored()).every((line) => line.endsWith(`/${market}/1`)));
      await append([ended({ subcampaignId: 's2' })]);
      const lines = await scored();
      assert(lines.includes(`clicks/${market}/2`) && lines.includes('clicks//1'), lines.join());
    });

    it('when its budget was changed afterwards, and the quote of the new budget is', async () => {
      const { market } = own;
      await append([quote(), applied(50_000_000, 1), applied(80_000_000, 2), ended({ budgetMicros: 80_000_000 })]);
      assert.deepEqual(await scored(), []);
      const subcampaigns = [{ subcampaignId: 's1', market, ...promised({ budgetMicros: 80_000_000 }) }];
      await append([quote({ quoteId: 'q2', subcampaigns, budgetMicros: 80_000_000 })]);
      assert.equal((await scored()).length, 10);
    });

    it('when the owner paused or stopped the campaign', async () => {
      const statusVersion = 1;
      const { campaignId } = own;
      await append([
        quote(),
        applied(50_000_000, 1),
        ended(),
        { type: 'status-applied', tenantId: 't1', campaignId, statusVersion, requestedStatus: 'paused' },
      ]);
      assert.deepEqual(await scored(), []);
    });
  });
}
