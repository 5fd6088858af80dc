import assert from 'node:assert/strict';
import { quoteCampaign } from '../../../shared/campaign/quote-campaign.ts';
import { formatFigures, isMissed } from '../../bench/figure.ts';
import { protocolFigure, run } from '../../bench/season.ts';
import { createForecaster } from '../../bench/season-forecast.ts';
import { playSeason } from '../../bench/season-play.ts';
import { seasonShapes } from '../../bench/season-shapes.ts';
import { tierQuotes } from '../../bench/season-tiers.ts';
import { createTruth } from '../../bench/season-truth.ts';
import { UsageError } from '../../bench/usage-error.ts';

const small = { ...seasonShapes.usual, name: 'small', markets: 1, weeks: 2, listeners: 300, pastWeeks: 4 };

describe('A simulated season', () => {
  it('is the same again, another from another seed, and spends no more than was booked', () => {
    const settled = playSeason(small, 1);
    assert(settled.length > 1);
    assert.deepEqual(playSeason(small, 1), settled);
    assert.notDeepEqual(playSeason(small, 2), settled);
    for (const { quotes, spendMicros, clicks, impressions, reach } of settled) {
      assert(spendMicros <= (quotes[0]?.budgetMicros ?? 0));
      assert(clicks <= impressions && (reach ?? 0) <= impressions);
    }
  });

  it('asks each who quotes about the same booking, and reads the answer at its budget', () => {
    const { fast, exact } = tierQuotes();
    for (const { quotes } of playSeason(small, 1, [quoteCampaign, fast, exact])) {
      assert.equal(new Set(quotes.map(({ budgetMicros }) => budgetMicros)).size, 1);
      for (const { budgetMicros, spendMicros, clicks, fullSpendPpm } of quotes) {
        assert(spendMicros.low <= spendMicros.mid && spendMicros.high <= budgetMicros);
        assert(clicks.low <= clicks.high && fullSpendPpm <= 1e6);
      }
      const [booked, , exactly] = quotes.map(({ fullSpendPpm }) => fullSpendPpm / 1e6);
      assert(Math.abs((booked as number) - (exactly as number)) < 0.4, `${booked} ${exactly}`);
    }
  });

  it('misses the bar of the protocol where its schemas are not there, and says which are not', () => {
    const figure = protocolFigure([{}], undefined);
    assert(isMissed(figure));
    assert.match(formatFigures([figure]), /delivery-forecast\.json .*NaN .*no \.\.\/shared\/adcp .*MISSED/);
  });

  it('tells a quote nothing that comes later', () => {
    const truth = createTruth(small, 1, 0);
    const forecastUntil = (lastDay: number, later: number) => {
      const forecaster = createForecaster(truth.cells.length, -truth.pastDays);
      const known = { market: truth.market, cells: truth.cells, clicks: truth.clicks(0), listeners: [] };
      for (let day = -truth.pastDays; day < lastDay; day++) forecaster.observe(truth.expectedVisits(day));
      const issued = forecaster.issue(lastDay, known);
      forecaster.observe(truth.expectedVisits(lastDay).map((visits) => later * visits));
      return issued;
    };
    assert.deepEqual(forecastUntil(0, 1), forecastUntil(0, 5));
  });

  it('refuses a season and a seed that are none', async () => {
    await assert.rejects(run({ own: { season: 'none' } }), UsageError);
    await assert.rejects(run({ own: { seed: 'x' } }), UsageError);
  });
});
