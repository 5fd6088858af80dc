// Quotes of a simulated season beside what came: do their ranges hold, and are their probabilities right?
import { createRandom } from '../../emulators/world/random.ts';
import { quoteCampaign } from '../../shared/campaign/quote-campaign.ts';
import type { BenchOptions } from './bench.ts';
import type { BenchResult, Figure } from './figure.ts';
import { protocolValidator } from './protocol-validator.ts';
import { sharedLuck } from './season-luck.ts';
import { playSeason, type SeasonPromise, type SettledCampaign } from './season-play.ts';
import { calibrationError, coverageOf, nullError, type SettledBand } from './season-score.ts';
import { tierQuotes } from './season-tiers.ts';
import { seasonShapes, type SeasonShape } from './season-shapes.ts';
import { UsageError } from './usage-error.ts';

/** Bars of the issue. */
const HELD = [{ atLeast: 0.75 }, { atMost: 0.85 }] as const;
const SURE = 0.9;
const LEAST_SHOCKS = 60;
/** Of a campaign's luck, what its market's weeks decide: `sharedLuck` of the usual seasons of seeds 101 to 103, which judge nothing. */
const SHARED_LUCK = 0.25;
/** What is less than the price of a click cannot be spent. */
const IN_FULL_SHARE = 0.99;

export async function run({ own = {} }: BenchOptions): Promise<BenchResult> {
  const name = typeof own['season'] === 'string' ? own['season'] : 'usual';
  const shape = (seasonShapes as Record<string, SeasonShape>)[name];
  if (!shape) throw new UsageError(`there is no season ${name}: choose one of ${Object.keys(seasonShapes).join(', ')}`);
  const seed = typeof own['seed'] === 'string' ? Number(own['seed']) : 1;
  if (!Number.isSafeInteger(seed)) throw new UsageError(`--seed takes a whole number, not ${own['seed']}`);
  return { figures: seasonFigures(shape, seed), notes: [SEASON_NOTE] };
}

export const SEASON_NOTE = [
  'Markets of a season (test/bench/season-*.ts) drift, have a week of their own, and each week a shock that all campaigns there share;',
  'what is forecast, booked and quoted on a day knows of no later one, and spreads are learned from settled forecasts.',
  'An outcome that ends at the budget is spread over the percentiles that its stated probability takes up. The null of the calibration',
  'error draws outcomes from the stated probabilities; of their luck their market’s weeks share as much as in other seasons',
  '(season-luck.ts); beside it, each alone. Booked: what is told with the booking; fast and exact: what the quote function answers just before.',
  'Conversions are few: a range of whole numbers holds more than it says.',
].join('\n');

/** Those who quote: what is told at the booking, and the quote function in its two tiers. */
export function seasonFigures(shape: SeasonShape, seed: number): Figure[] {
  console.error(`season: ${shape.name}, seed ${seed}`);
  const forecasts: unknown[] = [];
  const { fast, exact } = tierQuotes(({ forecast }) => forecasts.push(JSON.parse(JSON.stringify(forecast))));
  const settled = playSeason(shape, seed, [quoteCampaign, fast, exact]);
  return [
    { name: 'market shocks', measured: shape.markets * shape.weeks, unit: '', bar: { atLeast: LEAST_SHOCKS } },
    { name: 'quotes settled', measured: settled.length, unit: '' },
    protocolFigure(forecasts, protocolValidator()),
    ...['booked', 'fast', 'exact'].flatMap((label, which) => figuresOf(label, seed, settled.map(scoredBy(which)))),
  ];
}

/** A campaign with one of its quotes. */
type Scored = SettledCampaign & { quote: SeasonPromise };

function scoredBy(which: number): (settled: SettledCampaign) => Scored {
  return (settled) => ({ ...settled, quote: settled.quotes[which] as SeasonPromise });
}

/** Where the schemas are missing it is no number, which reaches no bar: nobody takes silence for a yes. */
export function protocolFigure(forecasts: readonly unknown[], validate: ReturnType<typeof protocolValidator>): Figure {
  const name = 'forecasts that validate as core/delivery-forecast.json';
  if (!validate) return { name, measured: NaN, unit: 'no ../shared/adcp', bar: { atLeast: 1 } };
  const valid = forecasts.filter((forecast) => validate(forecast)).length;
  return { name, measured: valid / forecasts.length, unit: '', bar: { atLeast: 1 } };
}

function figuresOf(label: string, seed: number, settled: readonly Scored[]): Figure[] {
  const chances = settled.map(({ quote, spendMicros, weeks }) => ({
    probability: quote.fullSpendPpm / 1e6,
    happened: spendMicros >= IN_FULL_SHARE * quote.budgetMicros,
    weeks,
  }));
  const sure = chances.filter(({ probability }) => probability >= SURE);
  const random = createRandom('season', 'null', seed);
  const held = Object.entries(bandsOf(settled)).flatMap(([what, bands]): Figure[] => {
    const measured = coverageOf(bands);
    const bars = what === 'conversions' ? HELD.slice(0, 1) : HELD;
    return bars.map((bar) => ({ name: `${label}: ${what} in their q10-q90`, measured, unit: '', bar }));
  });
  const raw = coverageOf(settled.map(({ quote, spendMicros }) => ({ range: quote.spendMicros, actual: spendMicros })));
  const most = nullError(chances, SHARED_LUCK, random);
  return [
    ...held,
    { name: `${label}: spend in q10-q90, ends counted whole`, measured: raw, unit: '' },
    {
      name: `${label}: ECE of full spend, bar: 95% of its null`,
      measured: calibrationError(chances),
      unit: '',
      bar: { atMost: most },
    },
    { name: `${label}: 95% of the null of quotes each alone`, measured: nullError(chances, 0, random), unit: '' },
    { name: `${label}: shared luck of this season`, measured: sharedLuck([chances]), unit: '' },
    { name: `${label}: quotes of .9 and more`, measured: sure.length, unit: '' },
    {
      name: `${label}: of these came true`,
      measured: sure.filter(({ happened }) => happened).length / sure.length,
      unit: '',
      bar: { atLeast: SURE },
    },
  ];
}

/** What each quote said of itself beside what came. */
function bandsOf(settled: readonly Scored[]): Record<string, SettledBand[]> {
  const withEnd = (of: (one: Scored) => Omit<SettledBand, 'probability'>) =>
    settled.map((one) => ({ ...of(one), probability: one.quote.fullSpendPpm / 1e6 }));
  return {
    spend: withEnd(({ quote, spendMicros }) => ({
      range: quote.spendMicros,
      actual: spendMicros,
      most: IN_FULL_SHARE * quote.budgetMicros,
    })),
    clicks: withEnd(({ quote, clicks, spendMicros }) => ({
      range: quote.clicks,
      actual: clicks,
      most: spendMicros >= IN_FULL_SHARE * quote.budgetMicros ? clicks : Infinity,
    })),
    impressions: settled.map(({ quote, impressions }) => ({ range: quote.impressions, actual: impressions })),
    conversions: settled.map(({ quote, conversions }) => ({
      range: quote.conversions,
      actual: conversions,
    })),
    reach: settled.flatMap(({ quote, reach }) =>
      quote.reach && reach !== undefined ? [{ range: quote.reach, actual: reach }] : [],
    ),
  };
}
