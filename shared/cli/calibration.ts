// calibration: how well forecasts and quotes turned out, once what they were about is over.
import type { Calibration, ReliabilityBin } from '../outcomes/calibration-reader.ts';
import { pathPart, textOption, UsageError, type Command, type Conclusion } from './command.ts';
import { unknownMarket } from './nearest.ts';
import { reliabilityPlot, shareBars } from './plot.ts';
import { formatTable } from './table.ts';

/** Intervals are meant to hold so much of what comes. */
const MEANT_COVERAGE = 0.8;

export const calibration: Command = {
  name: 'calibration',
  summary: 'show how well forecasts and quotes turned out',
  usage: ['calibration [--market M] [--json]'],
  options: { market: { type: 'string', value: 'M', help: 'one market; without it, every market and whole campaigns' } },
  notes: [
    'bias is the mean logarithm of what came over what was said: 0.1 is 10% more than forecast. coverage is the share of',
    `what came that lay between low and high, ${MEANT_COVERAGE * 100}% is meant. Brier and ECE are of the probability that a budget is`,
    'spent in full: the smaller the better. A supply forecast is scored the day after its period, a quote when its campaign',
    'has ended. Rows without a market are of whole campaigns.',
  ],
  async run(args, context) {
    if (args.positionals.length > 0) throw new UsageError('calibration takes options only, such as --market SE');
    const market = textOption(args, 'market');
    if (market !== undefined) pathPart(market, 'a market');
    const { ports } = await context.connect();
    const [rows, bins] = await Promise.all([
      ports.calibration.calibration(market),
      ports.calibration.reliability(market),
    ]);
    const json = { calibration: rows, reliability: bins };
    if (rows.length > 0) return { exit: 'ok', text: describe(rows, bins, market), json };
    const known = market === undefined ? [] : await ports.store.markets();
    if (market !== undefined && !known.includes(market)) {
      const text = unknownMarket(market, known);
      return { exit: 'different', text, json: { ...json, error: { message: text } } };
    }
    return nothingYet(market, json);
  },
};

function nothingYet(market: string | undefined, json: Conclusion['json']): Conclusion {
  const text =
    `nothing ${market === undefined ? '' : `of ${market} `}has been scored yet: a supply forecast is scored when its ` +
    'period is over and at least 95% of its hours were reported, a quote when its campaign has ended';
  return { exit: 'ok', text, json };
}

function describe(rows: readonly Calibration[], bins: readonly ReliabilityBin[], market: string | undefined): string {
  const decimals = (value: number | undefined, digits = 3) => (value === undefined ? '-' : value.toFixed(digits));
  const table = formatTable(
    ['kind', 'market', 'model', 'n', 'bias', 'coverage', 'Brier', 'ECE', 'from', 'to'],
    rows.map((row) => [
      row.kind,
      row.market,
      row.modelId,
      row.n,
      decimals(row.bias),
      row.coverage === undefined ? '-' : `${(row.coverage * 100).toFixed(1)}%`,
      decimals(row.brier, 4),
      decimals(row.ece, 4),
      row.firstDay,
      row.lastDay,
    ]),
  );
  // Parts of a campaign are scored beside it: both in one plot would count it twice.
  const own = merge(bins.filter((bin) => bin.market === (market ?? '')));
  const bars = coverageByKind(rows);
  return [
    table,
    ...(own.length > 0 ? [`Spent in full, forecast against observed:\n${reliabilityPlot(own)}`] : []),
    ...(bars.length > 0
      ? [
          `Inside their intervals, | at the ${MEANT_COVERAGE * 100}% that are meant:\n${shareBars(bars, MEANT_COVERAGE)}`,
        ]
      : []),
  ].join('\n\n');
}

/** The same bin of several models as one. */
function merge(bins: readonly ReliabilityBin[]): Pick<ReliabilityBin, 'bin' | 'n' | 'observed'>[] {
  return [...Map.groupBy(bins, ({ bin }) => bin)].map(([bin, own]) => {
    const n = own.reduce((sum, one) => sum + one.n, 0);
    return { bin, n, observed: own.reduce((sum, one) => sum + one.n * one.observed, 0) / n };
  });
}

function coverageByKind(rows: readonly Calibration[]): { name: string; share: number; n: number }[] {
  const covered = rows.flatMap(({ kind, coverage, n }) => (coverage === undefined ? [] : [{ kind, coverage, n }]));
  return [...Map.groupBy(covered, ({ kind }) => kind)].map(([name, own]) => {
    const n = own.reduce((sum, one) => sum + one.n, 0);
    return { name, share: own.reduce((sum, one) => sum + one.n * one.coverage, 0) / n, n };
  });
}
